/* SPDX-License-Identifier: BSD-3-Clause */
/* IP options: what each asks of a hop, and what is malformed. */
#include "fixture.h"

static struct in_device *
cnf(struct net_device *dev)
{
	return dev->ip_ptr;
}

static void
send_opt(const uint8_t *opt, uint8_t len, rte_be32_t dst)
{
	uint8_t padded[40] = { 0 };

	memcpy(padded, opt, len);
	n_frames = 0;
	icmp_limits_reset();
	rx_pkt(&(struct pkt){ .dst = dst, .opt = padded, .optlen = RTE_ALIGN(len, 4) }, true);
}
#define SEND(dst, ...)                                                                             \
	send_opt((const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }), dst)

/* The options of the frame that was forwarded. */
static const uint8_t *
sent(void)
{
	assert_int_equal(n_frames, 1);
	assert_ptr_equal(frames[0].dev, p1);
	assert_int_equal(rte_raw_cksum(frame_ip(&frames[0]), ip_hdrlen(frame_ip(&frames[0]))),
			 0xffff);
	assert_int_equal(frame_ip(&frames[0])->time_to_live, 63);
	return frames[0].bytes + 34;
}

/* RFC 792: pointer at the octet at fault, counted from the start of the header. */
static void
expect_problem(unsigned int pointer)
{
	assert_int_equal(n_frames, 1);
	assert_icmp(0, PEER0, ICMP4_PARAM_PROBLEM, 0);
	assert_int_equal(frame_icmp(&frames[0])->word, rte_cpu_to_be_32(pointer << 24));
}

static void
test_nop_eol_unknown(void **state)
{
	static const uint8_t junk[] = { 1, 1, 0, 0xee };

	SEND(FAR, 1, 1, 1, 1);
	sent();
	send_opt(junk, 4, FAR); /* what stands behind EOL is nothing */
	assert_memory_equal(sent(), junk, 4);
	SEND(FAR, 0x5e, 4, 1, 2); /* unknown: passed on as it is */
	assert_memory_equal(sent(), ((uint8_t[]){ 0x5e, 4, 1, 2 }), 4);
	(void)state;
}

static void
test_record_route(void **state)
{
	SEND(FAR, 7, 7, 4, 0, 0, 0, 0, 0);
	assert_memory_equal(sent(), ((uint8_t[]){ 7, 7, 8, 198, 51, 100, 1, 0 }), 8);
	SEND(FAR, 7, 11, 8, 1, 2, 3, 4, 0, 0, 0, 0, 0);
	assert_memory_equal(sent(), ((uint8_t[]){ 7, 11, 12, 1, 2, 3, 4, 198, 51, 100, 1, 0 }), 12);
	SEND(FAR, 7, 7, 8, 1, 2, 3, 4, 0); /* full: goes on */
	assert_memory_equal(sent(), ((uint8_t[]){ 7, 7, 8, 1, 2, 3, 4, 0 }), 8);
	(void)state;
}

static void
test_timestamp(void **state)
{
	const uint8_t *o;

	SEND(FAR, 68, 8, 5, 0, 0, 0, 0, 0);
	o = sent();
	assert_int_equal(o[2], 9);
	assert_true(((uint32_t)o[4] << 24 | o[5] << 16 | o[6] << 8 | o[7]) < 86400000);
	SEND(FAR, 68, 12, 5, 1, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff);
	o = sent();
	assert_int_equal(o[2], 13);
	assert_memory_equal(o + 4, ((uint8_t[]){ 198, 51, 100, 1 }), 4);
	assert_int_not_equal(o[8], 0xff);
	/* Prescribed addresses: ours is stamped, another's is left. */
	SEND(FAR, 68, 12, 5, 3, 192, 0, 2, 1, 0xff, 0xff, 0xff, 0xff);
	o = sent();
	assert_int_equal(o[2], 13);
	assert_int_not_equal(o[8], 0xff);
	SEND(FAR, 68, 12, 5, 3, 192, 0, 2, 2, 0xff, 0xff, 0xff, 0xff);
	o = sent();
	assert_int_equal(o[2], 5);
	assert_int_equal(o[8], 0xff);
	/* Full: the overflow counts, until it overflows itself. */
	SEND(FAR, 68, 8, 9, 0x20, 1, 2, 3, 4);
	assert_memory_equal(sent(), ((uint8_t[]){ 68, 8, 9, 0x30, 1, 2, 3, 4 }), 8);
	SEND(FAR, 68, 8, 9, 0xf0, 1, 2, 3, 4);
	expect_problem(23);
	(void)state;
}

static void
test_router_alert(void **state)
{
	SEND(FAR, 148, 4, 0, 0);
	assert_memory_equal(sent(), ((uint8_t[]){ 148, 4, 0, 0 }), 4);
	(void)state;
}

static void
test_malformed(void **state)
{
	SEND(FAR, 1, 1, 1, 7); /* no length */
	expect_problem(23);
	SEND(FAR, 7, 0, 4, 0);
	expect_problem(21);
	SEND(FAR, 7, 1, 4, 0);
	expect_problem(21);
	SEND(FAR, 7, 9, 4, 0, 0, 0, 0, 0); /* past the header */
	expect_problem(21);
	SEND(FAR, 7, 2, 1, 1); /* no pointer */
	expect_problem(21);
	SEND(FAR, 7, 7, 3, 0, 0, 0, 0, 0);
	expect_problem(22);
	SEND(FAR, 7, 7, 5, 0, 0, 0, 0, 0); /* half an address */
	expect_problem(22);
	SEND(FAR, 7, 3, 4, 7, 3, 4, 0, 0); /* twice */
	expect_problem(23);
	SEND(FAR, 68, 3, 5, 0);
	expect_problem(21);
	SEND(FAR, 68, 8, 4, 0, 0, 0, 0, 0);
	expect_problem(22);
	SEND(FAR, 68, 8, 5, 1, 0, 0, 0, 0); /* four octets for eight */
	expect_problem(22);
	SEND(FAR, 68, 8, 5, 2, 0, 0, 0, 0); /* no such flag */
	expect_problem(23);
	SEND(FAR, 131, 7, 3, 0, 0, 0, 0, 0);
	expect_problem(22);
	assert_int_equal(drops(DROP_IP4_BAD_OPTION), 13);
	(void)state;
}

/* Every pair of length and pointer for every known option: never a write outside the option. */
static void
test_all_pointers(void **state)
{
	static const uint8_t types[] = { 7, 68, 131, 137, 148 };
	uint8_t opt[40];

	ipv4_devconf_all.accept_source_route = 1;
	cnf(p0)->cnf.accept_source_route = 1;
	for (unsigned int t = 0; t < RTE_DIM(types); t++)
		for (unsigned int len = 0; len < 48; len++)
			for (unsigned int ptr = 0; ptr < 256; ptr += ptr < 48 ? 1 : 13) {
				memset(opt, 1, sizeof(opt));
				opt[4] = types[t];
				opt[5] = (uint8_t)len;
				opt[6] = (uint8_t)ptr;
				opt[7] = (uint8_t)(ptr % 4);
				send_opt(opt, 40, t % 2 ? FAR : OUR0);
				if (n_frames != 1 || frames[0].dev != p1)
					continue;
				assert_memory_equal(frames[0].bytes + 34, opt, 4);
				if (len >= 2 && 4 + len <= 40)
					assert_memory_equal(frames[0].bytes + 38 + len,
							    opt + 4 + len, 36 - len);
			}
	ipv4_devconf_all.accept_source_route = 0;
	(void)state;
}

static void
test_source_route_refused(void **state)
{
	SEND(OUR0, 131, 7, 4, 203, 0, 113, 5, 0);
	assert_int_equal(n_frames, 0);
	SEND(FAR, 137, 7, 4, 203, 0, 113, 5, 0);
	assert_int_equal(n_frames, 0);
	assert_int_equal(drops(DROP_IP4_SOURCE_ROUTE), 2);
	/* Both all's and the interface's must agree. */
	cnf(p0)->cnf.accept_source_route = 1;
	ipv4_devconf_all.accept_source_route = 0;
	SEND(OUR0, 131, 7, 4, 203, 0, 113, 5, 0);
	assert_int_equal(drops(DROP_IP4_SOURCE_ROUTE), 3);
	(void)state;
}

static void
test_source_route_followed(void **state)
{
	ipv4_devconf_all.accept_source_route = 1;
	cnf(p0)->cnf.accept_source_route = 1;
	SEND(OUR0, 131, 7, 4, 203, 0, 113, 5, 0);
	assert_memory_equal(sent(), ((uint8_t[]){ 131, 7, 8, 198, 51, 100, 1, 0 }), 8);
	assert_int_equal(frame_ip(&frames[0])->dst_addr, FAR);
	/* Loose and not for us: on its way, untouched. */
	SEND(FAR, 131, 7, 4, 1, 2, 3, 4, 0);
	assert_memory_equal(sent(), ((uint8_t[]){ 131, 7, 4, 1, 2, 3, 4, 0 }), 8);
	/* Strict: the next stop must be on a link of ours, */
	SEND(OUR0, 137, 7, 4, 203, 0, 113, 5, 0);
	assert_icmp(0, PEER0, ICMP4_UNREACH, ICMP4_SR_FAILED);
	SEND(OUR0, 137, 7, 4, 198, 51, 100, 9, 0);
	assert_memory_equal(sent(), ((uint8_t[]){ 137, 7, 8, 198, 51, 100, 1, 0 }), 8);
	/* and one that is not for us went astray. */
	SEND(FAR, 137, 7, 4, 198, 51, 100, 9, 0);
	assert_icmp(0, PEER0, ICMP4_PARAM_PROBLEM, 0);
	/* Used up: we are the last stop. */
	SEND(OUR0, 131, 7, 8, 192, 0, 2, 1, 0);
	assert_icmp(0, PEER0, ICMP4_UNREACH, ICMP4_PORT_UNREACH);
	/* A martian next stop. */
	SEND(OUR0, 131, 7, 4, 127, 0, 0, 1, 0);
	assert_int_equal(n_frames, 0);
	ipv4_devconf_all.accept_source_route = 0;
	(void)state;
}

/* RFC 1122 3.2.2.6: a route record comes back in the echo reply, ourselves added. */
static void
test_echo_with_record(void **state)
{
	uint8_t opt[] = { 7, 11, 8, 10, 0, 0, 1, 0, 0, 0, 0, 0 };
	uint8_t data[16] = { ICMP4_ECHO };
	struct rte_ipv4_hdr *iph;

	*(uint16_t *)(data + 2) = (uint16_t)~rte_raw_cksum(data, 16);
	rx_pkt(&(struct pkt){ .dst = OUR0,
			      .proto = IPPROTO_ICMP,
			      .opt = opt,
			      .optlen = 12,
			      .data = data,
			      .payload = 16 },
	       true);
	assert_icmp(0, PEER0, ICMP4_ECHO_REPLY, 0);
	iph = frame_ip(&frames[0]);
	assert_int_equal(ip_hdrlen(iph), 32);
	assert_memory_equal(iph + 1, ((uint8_t[]){ 7, 11, 12, 10, 0, 0, 1, 192, 0, 2, 1, 0 }), 12);
	(void)state;
}

static const uint8_t *
echo_with(const uint8_t *opt, uint32_t len)
{
	uint8_t data[16] = { ICMP4_ECHO };

	*(uint16_t *)(data + 2) = (uint16_t)~rte_raw_cksum(data, 16);
	n_frames = 0;
	rx_pkt(&(struct pkt){ .src = IP(10, 9, 9, 9),
			      .dst = OUR0,
			      .proto = IPPROTO_ICMP,
			      .opt = opt,
			      .optlen = len,
			      .data = data,
			      .payload = 16 },
	       true);
	assert_int_equal(n_frames, 1);
	assert_int_equal(frame_ip(&frames[0])->src_addr, OUR0);
	assert_int_equal(frame_icmp(&frames[0])->type, ICMP4_ECHO_REPLY);
	return frames[0].bytes + 34;
}

/* RFC 1122 3.2.2.6: the reply takes the source route backwards. */
static void
test_echo_reverses_route(void **state)
{
	uint8_t opt[] = { 131, 11, 12, 10, 9, 9, 8, 0, 0, 0, 0, 1 };
	const rte_be32_t last = PEER0;

	ipv4_devconf_all.accept_source_route = 1;
	cnf(p0)->cnf.accept_source_route = 1;
	memcpy(opt + 7, &last, 4);
	assert_memory_equal(echo_with(opt, 12),
			    ((uint8_t[]){ 131, 11, 4, 10, 9, 9, 8, 10, 9, 9, 9, 1 }), 12);
	assert_int_equal(frame_ip(&frames[0])->dst_addr, PEER0);
	opt[6] = 9; /* the source itself as first stop: once is enough (RFC 1812 5.2.4.1) */
	assert_memory_equal(echo_with(opt, 12),
			    ((uint8_t[]){ 131, 7, 4, 10, 9, 9, 9, 1, 1, 1, 1, 1 }), 12);
	assert_int_equal(frame_ip(&frames[0])->dst_addr, PEER0);
	/* No stop, or one that is none: the plain way. */
	assert_memory_equal(echo_with((const uint8_t[]){ 131, 3, 4, 1 }, 4),
			    ((uint8_t[]){ 1, 1, 1, 1 }), 4);
	assert_int_equal(frame_ip(&frames[0])->dst_addr, IP(10, 9, 9, 9));
	assert_memory_equal(echo_with((const uint8_t[]){ 131, 7, 8, 224, 0, 0, 5, 1 }, 8),
			    ((uint8_t[]){ 1, 1, 1, 1, 1, 1, 1, 1 }), 8);
	assert_int_equal(frame_ip(&frames[0])->dst_addr, IP(10, 9, 9, 9));
	ipv4_devconf_all.accept_source_route = 0;
	(void)state;
}

/* --- RFC 1812 4.3.2.6: the options of an error --- */

/* A packet with these options on its last legs; the options of the error about it. */
static const uint8_t *
error_with(const uint8_t *opt, uint8_t len, uint8_t ttl, rte_be32_t dst)
{
	n_frames = 0;
	icmp_limits_reset();
	rx_pkt(&(struct pkt){ .src = IP(10, 9, 9, 9),
			      .dst = dst,
			      .opt = opt,
			      .optlen = len,
			      .ttl = ttl,
			      .payload = 700 },
	       true);
	assert_int_equal(n_frames, 1);
	assert_int_equal(rte_raw_cksum(frame_ip(&frames[0]), ip_hdrlen(frame_ip(&frames[0]))),
			 0xffff);
	assert_int_equal(rte_be_to_cpu_16(frame_ip(&frames[0])->total_length), 576);
	/* What is quoted is what came. */
	assert_memory_equal((uint8_t *)frame_icmp(&frames[0]) + 8 + 20, opt, len);
	return frames[0].bytes + 34;
}

static void
test_error_reverses_route(void **state)
{
	/* Two stops made, one to come, which is FAR. */
	uint8_t opt[] = { 131, 15, 12, 10, 9, 9, 8, 192, 0, 2, 9, 203, 0, 113, 5, 1 };

	ipv4_devconf_all.accept_source_route = 1;
	cnf(p0)->cnf.accept_source_route = 1;
	assert_memory_equal(error_with(opt, 16, 1, FAR),
			    ((uint8_t[]){ 131, 11, 4, 10, 9, 9, 8, 10, 9, 9, 9, 1, 1, 1, 1, 1 }),
			    16);
	assert_int_equal(frame_icmp(&frames[0])->type, ICMP4_TIME_EXCEEDED);
	assert_int_equal(frame_ip(&frames[0])->dst_addr, PEER0);
	assert_int_equal(frame_ip(&frames[0])->src_addr, OUR0);
	/* By another interface than the source is behind: signed with that one's address. */
	memcpy(opt + 7, &(rte_be32_t){ PEER1 }, 4);
	error_with(opt, 16, 1, FAR);
	assert_int_equal(frame_ip(&frames[0])->dst_addr, PEER1);
	assert_int_equal(frame_ip(&frames[0])->src_addr, OUR1);
	assert_ptr_equal(frames[0].dev, p1);
	memcpy(opt + 7, &(rte_be32_t){ PEER0 }, 4);
	/* No way to the stop before us: straight to the source, without. */
	opt[7] = 8;
	opt[8] = 8;
	error_with((const uint8_t *)opt, 16, 1, FAR);
	assert_int_equal(ip_hdrlen(frame_ip(&frames[0])), 20);
	assert_int_equal(frame_ip(&frames[0])->dst_addr, IP(10, 9, 9, 9));
	/* The stop before was ourselves: the one before that. */
	memcpy(opt + 7, &(rte_be32_t){ OUR0 }, 4);
	memcpy(opt + 3, &(rte_be32_t){ PEER0 }, 4);
	assert_memory_equal(error_with(opt, 16, 1, FAR), ((uint8_t[]){ 131, 7, 4, 10, 9, 9, 9, 1 }),
			    8);
	assert_int_equal(frame_ip(&frames[0])->dst_addr, PEER0);
	/* None made yet: none to reverse. */
	opt[2] = 4;
	error_with(opt, 16, 1, FAR);
	assert_int_equal(ip_hdrlen(frame_ip(&frames[0])), 20);
	/* Nor in a complaint about options. */
	opt[2] = 12;
	opt[0] = 137;
	error_with(opt, 16, 64, FAR);
	assert_int_equal(frame_icmp(&frames[0])->type, ICMP4_PARAM_PROBLEM);
	assert_int_equal(ip_hdrlen(frame_ip(&frames[0])), 20);
	ipv4_devconf_all.accept_source_route = 0;
	(void)state;
}

/* Records come back, ourselves added, as in Linux; all else does not. */
static void
test_error_with_records(void **state)
{
	static const uint8_t rr[] = { 7, 11, 8, 10, 0, 0, 1, 0, 0, 0, 0, 0 };
	static const uint8_t ts[] = { 68, 8, 5, 0, 0xff, 0xff, 0xff, 0xff };
	static const uint8_t other[] = { 148, 4, 0, 0, 0x5e, 4, 1, 2 };
	static const uint8_t both[] = { 0x5e, 4, 1, 2, 7, 7, 4, 0, 0, 0, 0, 0 };

	assert_memory_equal(error_with(rr, 12, 1, FAR),
			    ((uint8_t[]){ 7, 11, 12, 10, 0, 0, 1, 192, 0, 2, 1, 0 }), 12);
	assert_int_equal(error_with(ts, 8, 1, FAR)[2], 9);
	assert_int_not_equal(frames[0].bytes[38], 0xff);
	error_with(other, 8, 1, FAR);
	assert_int_equal(ip_hdrlen(frame_ip(&frames[0])), 20);
	assert_memory_equal(error_with(both, 12, 1, FAR),
			    ((uint8_t[]){ 1, 1, 1, 1, 7, 7, 8, 192, 0, 2, 1, 0 }), 12);
	(void)state;
}

/* --- options of what is made here --- */

static void
test_origination(void **state)
{
	static const uint8_t rr[] = { 7, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
	static const uint8_t ts[] = { 68, 12, 5, 1, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff };
	struct ip_out o = { .daddr = FAR, .proto = 99, .opt = rr, .optlen = 12, .df = true };
	struct sk_buff *skb;

	role_borrow_dp();
	n_frames = 0;
	skb = alloc_skb(dp(), SKB_HEADROOM);
	memset(skb_put(skb, 4), 0xaa, 4);
	assert_int_equal(ip_build_and_send_pkt(dp(), skb, &o), 0);
	o.opt = ts;
	skb = alloc_skb(dp(), SKB_HEADROOM);
	assert_int_equal(ip_build_and_send_pkt(dp(), skb, &o), 0);
	assert_int_equal(n_frames, 2);
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(rte_raw_cksum(frame_ip(&frames[i]), 32), 0xffff);
		assert_int_equal(ip_hdrlen(frame_ip(&frames[i])), 32);
		assert_int_equal(frame_ip(&frames[i])->fragment_offset, RTE_BE16(IP4_DF));
	}
	assert_memory_equal(frames[0].bytes + 34,
			    ((uint8_t[]){ 7, 11, 8, 198, 51, 100, 1, 0, 0, 0, 0, 0, 0xaa }), 13);
	assert_memory_equal(frames[1].bytes + 34, ((uint8_t[]){ 68, 12, 13, 1, 198, 51, 100, 1 }),
			    8);
	assert_int_not_equal(frames[1].bytes[42], 0xff);
	(void)state;
}

/* The first piece has more options than the last: together they are too much (RFC 791 3.1). 47
 * pieces, the last one merged. */
static void
test_options_make_it_too_long(void **state)
{
	static const uint8_t opt[40] = { [0 ... 39] = 1 };

	for (unsigned int with = 0; with < 2; with++) {
		for (uint32_t off = 0; off < 65515; off += 1424)
			rx_pkt(&(struct pkt){ .dst = OUR0,
					      .proto = 99,
					      .id = (uint16_t)with,
					      .opt = opt,
					      .optlen = with && off == 0 ? 40 : 0,
					      .payload = (uint16_t)RTE_MIN(1424u, 65515 - off),
					      .frag = (uint16_t)(off / 8 |
								 (off + 1424 < 65515 ? IP4_MF
										     : 0)) },
			       true);
		settle();
		assert_int_equal(mib(&ip_mib, IP_ReasmOKs), 1);
		assert_int_equal(drops(DROP_IP4_REASM_OVERSIZE), with ? 46 : 0);
	}
	(void)state;
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(test_nop_eol_unknown),
		T(test_record_route),
		T(test_timestamp),
		T(test_router_alert),
		T(test_malformed),
		T(test_all_pointers),
		T(test_source_route_refused),
		T(test_source_route_followed),
		T(test_echo_with_record),
		T(test_echo_reverses_route),
		T(test_error_reverses_route),
		T(test_error_with_records),
		T(test_origination),
		T(test_options_make_it_too_long),
	};

	if (fixture_eal() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
