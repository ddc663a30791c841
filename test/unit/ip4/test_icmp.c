/* SPDX-License-Identifier: BSD-3-Clause */
/* What is answered and what is not. Each silence has its positive control beside it. */
#include "core/timer.h"
#include "fixture.h"
#include "ip4/ip4_hook.h"

/* A packet that would be answered: TTL 1 on its way to FAR. */
static const struct pkt dying = { .ttl = 1 };

static void
expect_silence(const struct pkt *p, enum drop_reason why)
{
	uint64_t before = drops(why);

	n_frames = 0;
	icmp_limits_reset();
	rx_pkt(p, true);
	settle();
	assert_int_equal(n_frames, 0);
	assert_int_equal(drops(why), before + 1);
	/* Positive control: the path from here to the answer works. */
	rx_pkt(&dying, true);
	assert_int_equal(n_frames, 1);
	assert_icmp(0, PEER0, ICMP4_TIME_EXCEEDED, 0);
	n_frames = 0;
}

/* RFC 1812 4.3: each field of an error. */
static void
test_time_exceeded(void **state)
{
	struct pkt p = { .ttl = 1, .tos = 0x2c, .id = 77, .payload = 1000 };
	uint8_t buf[2048];
	struct rte_ipv4_hdr *iph;

	pkt_build(&p, buf);
	rx_pkt(&p, true);
	assert_int_equal(n_frames, 1);
	assert_icmp(0, PEER0, ICMP4_TIME_EXCEEDED, ICMP4_EXC_TTL);
	iph = frame_ip(&frames[0]);
	assert_int_equal(iph->src_addr, OUR0);			    /* 4.3.2.4: where it leaves */
	assert_int_equal(iph->type_of_service, 0xcc);		    /* 4.3.2.5: precedence 6 */
	assert_int_equal(rte_be_to_cpu_16(iph->total_length), 576); /* 4.3.2.3 */
	assert_int_equal(frame_icmp(&frames[0])->word, 0);
	/* 4.3.2.2, and 5.3.1: as it came, TTL and checksum untouched. */
	assert_memory_equal(frames[0].bytes + 14 + 28, buf + 14, 576 - 28);
	assert_int_equal(drops(DROP_IP4_TTL_EXPIRED), 1);
	assert_int_equal(mib(&icmp_mib, ICMPMIB_OutMsgs), 1);
	assert_int_equal(mib(&icmp_mib, ICMPMIB_OutTimeExcds), 1);
	assert_int_equal(mib(&ip_mib, IP_InHdrErrors), 1);
	assert_int_equal(mib(&ip_mib, IP_OutRequests), 1);
	(void)state;
}

static void
test_short_quote(void **state)
{
	rx_pkt(&(struct pkt){ .ttl = 1, .payload = 8 }, true);
	assert_int_equal(rte_be_to_cpu_16(frame_ip(&frames[0])->total_length), 20 + 8 + 28);
	(void)state;
}

static void
test_unreachables(void **state)
{
	static const struct {
		rte_be32_t dst;
		uint8_t proto, code;
		enum drop_reason why;
	} t[] = {
		{ IP(8, 8, 8, 8), 17, ICMP4_NET_UNREACH, DROP_IP4_NO_ROUTE },
		{ IP(10, 67, 0, 1), 17, ICMP4_HOST_UNREACH, DROP_IP4_UNREACHABLE },
		{ IP(10, 68, 0, 1), 17, ICMP4_PKT_FILTERED, DROP_IP4_PROHIBIT },
		{ OUR0, 17, ICMP4_PORT_UNREACH, DROP_IP4_NO_SOCKET },
		{ OUR1, 17, ICMP4_PORT_UNREACH, DROP_IP4_NO_SOCKET },
		{ OUR0, 99, ICMP4_PROTO_UNREACH, DROP_IP4_UNKNOWN_PROTO },
		{ OUR0, 6, ICMP4_PROTO_UNREACH, DROP_IP4_UNKNOWN_PROTO },
	};

	for (unsigned int i = 0; i < RTE_DIM(t); i++) {
		uint64_t before = drops(t[i].why);

		n_frames = 0;
		icmp_limits_reset();
		rx_pkt(&(struct pkt){ .dst = t[i].dst, .proto = t[i].proto }, true);
		assert_int_equal(n_frames, 1);
		assert_icmp(0, PEER0, ICMP4_UNREACH, t[i].code);
		assert_int_equal(drops(t[i].why), before + 1);
		/* To us: from the address that was asked. */
		assert_int_equal(frame_ip(&frames[0])->src_addr, t[i].dst == OUR1 ? OUR1 : OUR0);
	}
	assert_int_equal(mib(&ip_mib, IP_InUnknownProtos), 2);
	assert_int_equal(mib(&ipext_mib, IPEXT_InNoRoutes), 1);
	(void)state;
}

static void
test_frag_needed(void **state)
{
	struct pkt p = { .payload = 1400, .frag = IP4_DF };

	role_enter_ctl();
	assert_int_equal(dev_set_mtu(p1, 1300), 0);
	settle();
	rx_pkt(&p, true);
	assert_int_equal(n_frames, 1);
	assert_icmp(0, PEER0, ICMP4_UNREACH, ICMP4_FRAG_NEEDED);
	assert_int_equal(rte_be_to_cpu_16(frame_icmp(&frames[0])->frag.mtu), 1300);
	assert_int_equal(drops(DROP_IP4_FRAG_NEEDED), 1);
	assert_int_equal(mib(&ip_mib, IP_FragFails), 1);
	p.payload = 1281; /* one too many, */
	n_frames = 0;
	rx_pkt(&p, true);
	assert_icmp(0, PEER0, ICMP4_UNREACH, ICMP4_FRAG_NEEDED);
	p.payload = 1280; /* exactly */
	n_frames = 0;
	rx_pkt(&p, true);
	assert_int_equal(n_frames, 1);
	assert_ptr_equal(frames[0].dev, p1);
	(void)state;
}

static void
test_inbound_address(void **state)
{
	/* From behind p1's gateway but by p0: the plain rule answers with p1's address. */
	struct pkt p = { .src = FAR, .dst = IP(10, 1, 0, 9), .ttl = 1 };

	rx_pkt(&p, true);
	assert_int_equal(frame_ip(&frames[0])->src_addr, OUR1);
	net_ipv4.icmp_errors_use_inbound_ifaddr = 1;
	icmp_limits_reset();
	rx_pkt(&p, true);
	net_ipv4.icmp_errors_use_inbound_ifaddr = 0;
	assert_int_equal(n_frames, 2);
	assert_int_equal(frame_ip(&frames[1])->src_addr, OUR0);
	(void)state;
}

/* --- RFC 1122 3.2.2, RFC 1812 4.3.2.7: the exclusions --- */

static void
test_no_error_about_errors(void **state)
{
	for (unsigned int type = 0; type < 256; type++) {
		uint8_t data[26] = { (uint8_t)type };
		struct pkt p = { .ttl = 1, .proto = IPPROTO_ICMP, .data = data };
		bool query = type <= 18 && type != 3 && type != 4 && type != 5 && type != 11 &&
			     type != 12;

		if (!query) {
			expect_silence(&p, DROP_IP4_TTL_EXPIRED);
			continue;
		}
		n_frames = 0;
		icmp_limits_reset();
		rx_pkt(&p, true);
		assert_int_equal(n_frames, 1);
		assert_icmp(0, PEER0, ICMP4_TIME_EXCEEDED, 0);
	}
	(void)state;
}

static void
test_no_error_to_groups(void **state)
{
	static const struct rte_ether_addr all = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };

	/* UDP to a broadcast or group: no port unreachable. */
	expect_silence(&(struct pkt){ .dst = IP(192, 0, 2, 255), .mac = &all }, DROP_IP4_BROADCAST);
	expect_silence(&(struct pkt){ .dst = IP(255, 255, 255, 255), .mac = &all },
		       DROP_IP4_BROADCAST);
	expect_silence(&(struct pkt){ .dst = IP(224, 0, 0, 1) }, DROP_IP4_MULTICAST);
	/* A directed broadcast sent to our MAC: IP broadcast all the same. */
	expect_silence(&(struct pkt){ .dst = IP(198, 51, 100, 255) }, DROP_IP4_BROADCAST);
	(void)state;
}

/* The gate itself, for callers that routing has not been through. */
static void
test_gate_looks_itself(void **state)
{
	static const struct {
		rte_be32_t src, dst;
		bool sent;
	} t[] = {
		{ PEER0, FAR, true },
		{ PEER0, IP(198, 51, 100, 255), false },
		{ PEER0, IP(224, 0, 0, 9), false },
		{ PEER0, IP(255, 255, 255, 255), false },
		{ IP(192, 0, 2, 255), FAR, false },
		{ IP(127, 0, 0, 1), FAR, true }, /* ourselves, by the loopback device */
		{ IP(224, 0, 0, 1), FAR, false },
		{ IP(240, 0, 0, 1), FAR, false },
		{ IP(8, 8, 8, 8), FAR, false },
	};

	role_borrow_dp();
	for (unsigned int i = 0; i < RTE_DIM(t); i++) {
		struct sk_buff *skb = alloc_skb(dp(), SKB_HEADROOM);

		assert_non_null(skb_put(skb, 46));
		pkt_build(&(struct pkt){ .src = t[i].src, .dst = t[i].dst }, skb_data(skb) - 14);
		skb_reset_network_header(skb);
		assert_int_equal(icmp_error(dp(), skb, ICMP4_TIME_EXCEEDED, 0, 0), t[i].sent);
		consume_skb(dp(), skb);
	}
	settle();
	/* Refused by the gate, not for want of a route. */
	assert_int_equal(mib(&icmp_mib, ICMPMIB_OutErrors), 0);
	(void)state;
}

static void
test_no_error_about_link_broadcast(void **state)
{
	static const struct rte_ether_addr all = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };
	static const struct rte_ether_addr group = { { 0x01, 0, 0x5e, 0, 0, 1 } };

	expect_silence(&(struct pkt){ .ttl = 1, .mac = &all }, DROP_IP4_LINK_BROADCAST);
	expect_silence(&(struct pkt){ .ttl = 1, .mac = &group }, DROP_IP4_LINK_BROADCAST);
	/* Delivered, and nothing is said about it. */
	expect_silence(&(struct pkt){ .dst = OUR0, .mac = &all }, DROP_IP4_BROADCAST);
	expect_silence(&(struct pkt){ .dst = OUR0, .mac = &group }, DROP_IP4_MULTICAST);
	(void)state;
}

static void
test_no_error_about_fragments(void **state)
{
	expect_silence(&(struct pkt){ .ttl = 1, .frag = 1 }, DROP_IP4_TTL_EXPIRED);
	expect_silence(&(struct pkt){ .ttl = 1, .frag = IP4_MF | 100 }, DROP_IP4_TTL_EXPIRED);
	/* The first one is told. */
	n_frames = 0;
	icmp_limits_reset();
	rx_pkt(&(struct pkt){ .ttl = 1, .frag = IP4_MF }, true);
	assert_icmp(0, PEER0, ICMP4_TIME_EXCEEDED, 0);
	(void)state;
}

static void
test_no_error_to_odd_sources(void **state)
{
	static const rte_be32_t src[] = { IP(127, 0, 0, 1),
					  IP(224, 0, 0, 1),
					  IP(240, 0, 0, 1),
					  IP(255, 255, 255, 255),
					  IP(0, 0, 0, 1),
					  IP(192, 0, 2, 255),
					  OUR0,
					  OUR1 };

	for (unsigned int i = 0; i < RTE_DIM(src); i++)
		expect_silence(&(struct pkt){ .src = src[i], .ttl = 1 }, DROP_IP4_MARTIAN_SOURCE);
	/* Nor where no route leads back to. */
	expect_silence(&(struct pkt){ .src = IP(8, 8, 8, 8), .ttl = 1 }, DROP_IP4_TTL_EXPIRED);
	(void)state;
}

static void
test_no_error_about_bad_headers(void **state)
{
	uint8_t buf[128];
	uint32_t len = pkt_build(&dying, buf);

	buf[24] ^= 0x55; /* checksum */
	rx_frame(p0, buf, len, true);
	assert_int_equal(n_frames, 0);
	assert_int_equal(drops(DROP_IP4_BAD_CHECKSUM), 1);
	buf[24] ^= 0x55;
	rx_frame(p0, buf, len, true);
	assert_int_equal(n_frames, 1);
	(void)state;
}

/* --- queries --- */

static uint32_t
make_icmp(uint8_t *data, uint8_t type, uint32_t len)
{
	struct icmp4_hdr *h = (struct icmp4_hdr *)data;

	for (uint32_t i = 0; i < len; i++)
		data[i] = (uint8_t)(i * 7);
	h->type = type;
	h->code = 0;
	h->checksum = 0;
	h->checksum = (uint16_t)~rte_raw_cksum(data, len);
	return len;
}

static void
test_echo(void **state)
{
	uint8_t data[3000];
	struct pkt p = { .dst = OUR1, .proto = IPPROTO_ICMP, .data = data, .tos = 0x48, .ttl = 3 };
	static const uint16_t sizes[] = { 8, 9, 64, 1480 };

	for (unsigned int i = 0; i < RTE_DIM(sizes); i++) {
		n_frames = 0;
		p.payload = (uint16_t)make_icmp(data, ICMP4_ECHO, sizes[i]);
		rx_pkt(&p, true);
		assert_int_equal(n_frames, 1);
		assert_icmp(0, PEER0, ICMP4_ECHO_REPLY, 0);
		assert_int_equal(frame_ip(&frames[0])->src_addr, OUR1);
		assert_int_equal(frame_ip(&frames[0])->type_of_service, 0x48);
		assert_memory_equal(frames[0].bytes + 38, data + 4, sizes[i] - 4);
	}
	assert_int_equal(mib(&icmp_mib, ICMPMIB_InEchos), 4);
	assert_int_equal(mib(&icmp_mib, ICMPMIB_OutEchoReps), 4);
	assert_int_equal(mib(&ip_mib, IP_InDelivers), 4);
	assert_int_equal(counter_read_total(&skb_counters, SKB_CNT_ORIGINATED), 0);
	(void)state;
}

/* All sums: the incremental update must be right for each. */
static void
test_echo_checksums(void **state)
{
	uint8_t data[16];
	struct pkt p = { .dst = OUR0, .proto = IPPROTO_ICMP, .data = data, .payload = 16 };

	for (uint32_t v = 0; v < 65536; v += 7) {
		n_frames = 0;
		memset(data, 0, sizeof(data));
		data[0] = ICMP4_ECHO;
		data[4] = (uint8_t)(v >> 8);
		data[5] = (uint8_t)v;
		*(uint16_t *)(data + 2) = (uint16_t)~rte_raw_cksum(data, 16);
		rx_pkt(&p, true);
		assert_icmp(0, PEER0, ICMP4_ECHO_REPLY, 0);
	}
	(void)state;
}

static void
test_echo_ignored(void **state)
{
	static const struct rte_ether_addr all = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };
	uint8_t data[64];
	struct pkt p = { .dst = OUR0, .proto = IPPROTO_ICMP, .data = data };

	p.payload = (uint16_t)make_icmp(data, ICMP4_ECHO, 40);
	net_ipv4.icmp_echo_ignore_all = 1;
	rx_pkt(&p, true);
	net_ipv4.icmp_echo_ignore_all = 0;
	assert_int_equal(n_frames, 0);
	p.dst = IP(192, 0, 2, 255);
	p.mac = &all;
	rx_pkt(&p, true);
	p.dst = IP(224, 0, 0, 1);
	p.mac = &(struct rte_ether_addr){ { 1, 0, 0x5e, 0, 0, 1 } };
	rx_pkt(&p, true);
	assert_int_equal(n_frames, 0);
	assert_int_equal(drops(DROP_ICMP_IGNORED), 3);
	net_ipv4.icmp_echo_ignore_broadcasts = 0;
	rx_pkt(&p, true);
	net_ipv4.icmp_echo_ignore_broadcasts = 1;
	assert_int_equal(n_frames, 1);
	assert_icmp(0, PEER0, ICMP4_ECHO_REPLY, 0);
	assert_int_equal(frame_ip(&frames[0])->src_addr, OUR0);
	(void)state;
}

static void
test_timestamp(void **state)
{
	uint8_t data[64];
	struct pkt p = { .dst = OUR0, .proto = IPPROTO_ICMP, .data = data };
	rte_be32_t t[2];

	p.payload = (uint16_t)make_icmp(data, ICMP4_TIMESTAMP, 20);
	rx_pkt(&p, true);
	assert_icmp(0, PEER0, ICMP4_TIMESTAMP_REPLY, 0);
	assert_memory_equal(frames[0].bytes + 38, data + 4, 8); /* id, sequence, originate */
	memcpy(t, frames[0].bytes + 34 + 12, 8);
	assert_true(rte_be_to_cpu_32(t[0]) < 86400000);
	assert_int_equal(t[0], t[1]);
	p.payload = (uint16_t)make_icmp(data, ICMP4_TIMESTAMP, 19);
	rx_pkt(&p, true);
	assert_int_equal(n_frames, 1);
	assert_int_equal(drops(DROP_ICMP_TRUNCATED), 1);
	(void)state;
}

/* RFC 1122 3.3.6, as drop_unicast_in_l2_multicast decides: for us, by a link's broadcast. */
static void
test_unicast_by_link_broadcast(void **state)
{
	static const struct rte_ether_addr all = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };
	struct in_device *in_dev = p0->ip_ptr;
	uint8_t data[64];
	struct pkt echo = { .dst = OUR0, .proto = IPPROTO_ICMP, .data = data, .mac = &all };

	echo.payload = (uint16_t)make_icmp(data, ICMP4_ECHO, 40);
	rx_pkt(&echo, true);
	assert_int_equal(n_frames, 1);
	assert_icmp(0, PEER0, ICMP4_ECHO_REPLY, 0);
	assert_int_equal(frame_ip(&frames[0])->src_addr, OUR0);
	in_dev->cnf.drop_unicast_in_l2_multicast = 1;
	expect_silence(&echo, DROP_IP4_LINK_BROADCAST);
	in_dev->cnf.drop_unicast_in_l2_multicast = 0;
	ipv4_devconf_all.drop_unicast_in_l2_multicast = 1;
	expect_silence(&echo, DROP_IP4_LINK_BROADCAST);
	echo.mac = NULL; /* in a frame of its own it is answered */
	rx_pkt(&echo, true);
	assert_int_equal(n_frames, 1);
	ipv4_devconf_all.drop_unicast_in_l2_multicast = 0;
	(void)state;
}

static uint8_t
answer_to(uint8_t type, uint32_t len, rte_be32_t src)
{
	static uint8_t data[64];

	n_frames = 0;
	make_icmp(data, type, len);
	rx_pkt(&(struct pkt){ .src = src,
			      .dst = OUR0,
			      .proto = IPPROTO_ICMP,
			      .data = data,
			      .payload = (uint16_t)len },
	       true);
	if (n_frames == 0)
		return 0xff;
	assert_memory_equal(frames[0].bytes + 38, data + 4, 4); /* identifier, sequence */
	assert_int_equal(rte_raw_cksum(frame_icmp(&frames[0]),
				       rte_be_to_cpu_16(frame_ip(&frames[0])->total_length) - 20),
			 0xffff);
	return frame_icmp(&frames[0])->type;
}

/* --- extended echo (RFC 8335) --- */

/* A request about the interface that @p len bytes of @p object identify. @p word: identifier,
 * sequence number, and the L bit. */
static uint32_t
make_probe(uint8_t *data, uint8_t c_type, const void *object, uint8_t len)
{
	static const uint8_t head[] = { ICMP4_EXT_ECHO, 0, 0, 0, 0x12, 0x34, 7, 1, 0x20, 0, 0, 0 };

	memcpy(data, head, sizeof(head));
	data[12] = 0;
	data[13] = (uint8_t)(4 + len);
	data[14] = 3;
	data[15] = c_type;
	memcpy(data + 16, object, len);
	return 16u + len;
}

/* Send the @p n bytes; the code and state of the answer, or -1: none came. */
static int
probe(uint8_t *data, uint32_t n, const struct rte_ether_addr *mac)
{
	struct pkt p = { .dst = OUR0, .proto = IPPROTO_ICMP, .data = data, .mac = mac };
	const uint8_t *icmp;

	memset(data + 2, 0, 2);
	*(uint16_t *)(data + 2) = (uint16_t)~rte_raw_cksum(data, n);
	p.payload = (uint16_t)n;
	n_frames = 0;
	rx_pkt(&p, true);
	settle();
	if (n_frames == 0)
		return -1;
	assert_icmp(0, PEER0, ICMP4_EXT_ECHO_REPLY, frame_icmp(&frames[0])->code);
	icmp = (const uint8_t *)frame_icmp(&frames[0]);
	assert_memory_equal(icmp + 4, ((uint8_t[]){ 0x12, 0x34, 7 }), 3);
	return icmp[1] << 8 | icmp[7];
}

static void
test_extended_echo(void **state)
{
	static const struct rte_ether_addr all = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };
	static const uint8_t our1[] = { 0, 1, 4, 0, 198, 51, 100, 1 };
	static const uint8_t theirs[] = { 0, 1, 4, 0, 198, 51, 100, 9 };
	static const uint8_t six[] = { 0, 2, 4, 0, 198, 51, 100, 1 };
	uint8_t index[4] = { 0, 0, 0, (uint8_t)p1->ifindex }, none[4] = { 0, 1, 0, 0 };
	const struct {
		uint8_t c_type;
		const void *object;
		uint8_t len;
		int want; /* code and state: 4 active, 2 with IPv4 */
	} t[] = {
		{ 1, "p1\0", 4, 0x006 }, { 2, index, 4, 0x006 },
		{ 3, our1, 8, 0x006 },	 { 1, "p9\0", 4, 0x200 },
		{ 2, none, 4, 0x200 },	 { 3, theirs, 8, 0x200 },
		{ 1, "p1", 0, 0x100 },	 { 1, "0123456789abcdef", 16, 0x100 },
		{ 2, index, 3, 0x100 },	 { 3, our1, 7, 0x100 },
		{ 3, six, 8, 0x100 },	 { 4, index, 4, 0x100 },
	};
	uint8_t data[64];
	uint32_t n = make_probe(data, 1, "p1\0", 4);

	assert_int_equal(probe(data, n, NULL), -1); /* RFC 8335 8: not unless it is wanted */
	assert_int_equal(drops(DROP_ICMP_BAD_TYPE), 1);
	net_ipv4.icmp_echo_enable_probe = 1;
	for (unsigned int i = 0; i < RTE_DIM(t); i++) {
		n = make_probe(data, t[i].c_type, t[i].object, t[i].len);
		assert_int_equal(probe(data, n, NULL), t[i].want);
	}
	/* An object that ends behind the packet; no object; one of another class. */
	n = make_probe(data, 2, index, 4);
	assert_int_equal(probe(data, n - 1, NULL), 0x100);
	assert_int_equal(probe(data, 8, NULL), 0x100);
	data[14] = 2;
	assert_int_equal(probe(data, n, NULL), 0x100);
	/* Down, and without an address. */
	role_enter_ctl();
	dev_close(p1);
	n = make_probe(data, 2, index, 4);
	assert_int_equal(probe(data, n, NULL), 0x002);
	inet_addr_flush(p1);
	assert_int_equal(probe(data, n, NULL), 0x000);
	/* Not to all, not about others' interfaces, not when no echo is wanted. */
	assert_int_equal(probe(data, n, &all), 0x000); /* to us, in a frame to all */
	data[7] = 0;
	assert_int_equal(probe(data, n, NULL), -1);
	data[7] = 1;
	net_ipv4.icmp_echo_ignore_all = 1;
	assert_int_equal(probe(data, n, NULL), -1);
	net_ipv4.icmp_echo_ignore_all = 0;
	assert_int_equal(drops(DROP_ICMP_IGNORED), 2);
	net_ipv4.icmp_echo_enable_probe = 0;
	(void)state;
}

/* RFC 1122 3.2.2.8 and 3.2.2.9, RFC 1812 4.3.3.7 and 4.3.3.9, as tunables decide. */
static void
test_queries_by_tunable(void **state)
{
	struct in_device *in_dev = p0->ip_ptr;

	assert_int_equal(answer_to(ICMP4_TIMESTAMP, 20, PEER0), ICMP4_TIMESTAMP_REPLY);
	net_ipv4.icmp_timestamp_reply = 0;
	assert_int_equal(answer_to(ICMP4_TIMESTAMP, 20, PEER0), 0xff);
	net_ipv4.icmp_timestamp_reply = 1;

	assert_int_equal(answer_to(ICMP4_INFO_REQUEST, 8, PEER0), 0xff);
	net_ipv4.icmp_information_reply = 1;
	assert_int_equal(answer_to(ICMP4_INFO_REQUEST, 8, PEER0), ICMP4_INFO_REPLY);
	net_ipv4.icmp_information_reply = 0;

	assert_int_equal(answer_to(ICMP4_MASK_REQUEST, 12, PEER0), 0xff);
	in_dev->cnf.icmp_mask_reply = 1;
	assert_int_equal(answer_to(ICMP4_MASK_REQUEST, 12, PEER0), ICMP4_MASK_REPLY);
	assert_memory_equal(frames[0].bytes + 42, ((uint8_t[]){ 255, 255, 255, 0 }), 4);
	/* What stands behind the message does not come back. */
	assert_int_equal(answer_to(ICMP4_MASK_REQUEST, 40, PEER0), ICMP4_MASK_REPLY);
	assert_int_equal(frames[0].len, 14 + 20 + 12);
	/* Who is on no subnet of ours is told nothing. */
	assert_int_equal(answer_to(ICMP4_MASK_REQUEST, 12, IP(10, 9, 9, 9)), 0xff);
	assert_int_equal(answer_to(ICMP4_MASK_REQUEST, 11, PEER0), 0xff);
	in_dev->cnf.icmp_mask_reply = 0;
	ipv4_devconf_all.icmp_mask_reply = 1;
	assert_int_equal(answer_to(ICMP4_MASK_REQUEST, 12, PEER0), ICMP4_MASK_REPLY);
	ipv4_devconf_all.icmp_mask_reply = 0;
	assert_int_equal(drops(DROP_ICMP_IGNORED), 4);
	assert_int_equal(drops(DROP_ICMP_TRUNCATED), 1);
	assert_int_equal(mib(&icmp_mib, ICMPMIB_OutAddrMaskReps), 3);
	(void)state;
}

/* fwmark_reflect and ip_forward_update_priority, as hooks see them. */
static uint32_t mark_out, priority_out;

static void
paint(struct worker *w, enum ip4_hook_point at, struct skb_vec *vec)
{
	for (uint16_t i = 0; i < vec->n; i++) {
		vec->v[i]->mark = 7;
		vec->v[i]->priority = 5;
	}
	(void)w;
	(void)at;
}
static void
look(struct worker *w, enum ip4_hook_point at, struct skb_vec *vec)
{
	mark_out = vec->v[0]->mark;
	priority_out = vec->v[0]->priority;
	(void)w;
	(void)at;
}

static void
test_mark_and_priority(void **state)
{
	uint8_t data[64];
	struct pkt echo = { .dst = OUR0, .proto = IPPROTO_ICMP, .data = data };
	struct ip4_hook painter = { .fn = paint, .at = IP4_HOOK_PREROUTING };
	struct ip4_hook looker = { .fn = look, .at = IP4_HOOK_POSTROUTING };

	echo.payload = (uint16_t)make_icmp(data, ICMP4_ECHO, 40);
	role_enter_ctl();
	assert_int_equal(ip4_hook_register(&painter), 0);
	assert_int_equal(ip4_hook_register(&looker), 0);
	for (int on = 0; on < 2; on++) {
		net_ipv4.fwmark_reflect = net_ipv4.ip_forward_update_priority = on;
		mark_out = 99;
		rx_pkt(&echo, true);
		assert_int_equal(mark_out, on ? 7 : 0);
		mark_out = 99;
		rx_pkt(&dying, true);
		assert_int_equal(mark_out, on ? 7 : 0);
		rx_pkt(&(struct pkt){ .tos = 0x10 }, true);
		assert_int_equal(mark_out, 7); /* what is only passing keeps its own */
		assert_int_equal(priority_out, on ? 6 : 5);
	}
	net_ipv4.fwmark_reflect = 0;
	ip4_hook_unregister(&looker);
	ip4_hook_unregister(&painter);
	(void)state;
}

/* Every type and length: nothing unknown is answered, nothing breaks. */
static void
test_every_type(void **state)
{
	uint8_t data[64];
	struct pkt p = { .dst = OUR0, .proto = IPPROTO_ICMP, .data = data };

	for (unsigned int type = 0; type < 256; type++)
		for (unsigned int n = 1; n <= 40; n++) {
			n_frames = 0;
			p.payload = (uint16_t)make_icmp(data, (uint8_t)type, n < 8 ? 8 : n);
			p.payload = (uint16_t)n;
			rx_pkt(&p, true);
			assert_int_equal(n_frames, (type == ICMP4_ECHO && n >= 8) ||
							   (type == ICMP4_TIMESTAMP && n >= 20));
		}
	assert_true(drops(DROP_ICMP_BAD_TYPE) >= (255 - 18) * 33);
	(void)state;
}

static void
test_bad_icmp_checksum(void **state)
{
	uint8_t data[64];
	struct pkt p = { .dst = OUR0, .proto = IPPROTO_ICMP, .data = data };

	p.payload = (uint16_t)make_icmp(data, ICMP4_ECHO, 40);
	data[39] ^= 1;
	rx_pkt(&p, true);
	assert_int_equal(n_frames, 0);
	assert_int_equal(drops(DROP_ICMP_BAD_CHECKSUM), 1);
	assert_int_equal(mib(&icmp_mib, ICMPMIB_InCsumErrors), 1);
	data[39] ^= 1;
	rx_pkt(&p, true);
	assert_int_equal(n_frames, 1);
	(void)state;
}

static void
test_redirect(void **state)
{
	/* By p0 to 10/8, whose gateway is on p0: the sender could go there itself. */
	struct pkt p = { .src = IP(192, 0, 2, 77), .dst = IP(10, 2, 3, 4) };
	unsigned int redirects = 0;

	role_enter_ctl();
	neigh_admin_set(p.src, p0, &peer0, NUD_PERMANENT);
	rx_pkt(&p, true);
	assert_int_equal(n_frames, 2); /* told, and forwarded all the same */
	assert_icmp(0, p.src, ICMP4_REDIRECT, ICMP4_REDIRECT_HOST);
	assert_int_equal(frame_icmp(&frames[0])->gateway, PEER0);
	assert_ptr_equal(frames[1].dev, p0);
	assert_int_equal(frame_ip(&frames[1])->time_to_live, 63);
	/* Not again at once; not to a source of another subnet; not when it is turned off. */
	for (unsigned int i = 0; i < 20; i++)
		rx_pkt(&p, true);
	for (unsigned int i = 2; i < n_frames; i++)
		redirects += frame_ip(&frames[i])->next_proto_id == IPPROTO_ICMP;
	assert_true(redirects < 9);
	n_frames = 0;
	icmp_limits_reset();
	rx_pkt(&(struct pkt){ .src = FAR, .dst = IP(10, 2, 3, 4) }, true);
	assert_int_equal(n_frames, 1);
	/* A gateway on another subnet of the link: only where the medium is shared. */
	inet_addr_add(p0, &(struct inet_addr_spec){ .local = IP(10, 200, 0, 1), .prefixlen = 24 });
	neigh_admin_set(IP(10, 200, 0, 9), p0, &peer1, NUD_PERMANENT);
	settle();
	n_frames = 0;
	icmp_limits_reset();
	p.dst = IP(10, 200, 0, 9);
	rx_pkt(&p, true);
	assert_int_equal(n_frames, 2);
	assert_int_equal(frame_icmp(&frames[0])->gateway, IP(10, 200, 0, 9));
	n_frames = 0;
	icmp_limits_reset();
	ipv4_devconf_all.shared_media = ((struct in_device *)p0->ip_ptr)->cnf.shared_media = 0;
	rx_pkt(&p, true);
	assert_int_equal(n_frames, 1);
	ipv4_devconf_all.shared_media = 1;
	p.dst = IP(10, 2, 3, 4);
	ipv4_devconf_all.send_redirects = 0;
	((struct in_device *)p0->ip_ptr)->cnf.send_redirects = 0;
	icmp_limits_reset();
	rx_pkt(&p, true);
	ipv4_devconf_all.send_redirects = 1;
	assert_int_equal(n_frames, 2);
	(void)state;
}

/* redirect_load, redirect_number, redirect_silence. */
static void
test_redirect_limits(void **state)
{
	struct pkt p = { .src = IP(192, 0, 2, 77), .dst = IP(10, 2, 3, 4) };
	unsigned int redirects = 0;

	role_enter_ctl();
	neigh_admin_set(p.src, p0, &peer0, NUD_PERMANENT);
	net_ipv4.redirect_load = 0;
	net_ipv4.redirect_number = 4;
	for (unsigned int i = 0; i < 200; i++) {
		n_frames = 0;
		rx_pkt(&p, true);
		redirects += n_frames == 2;
		vtime_tick();
	}
	assert_int_equal(redirects, 4);
	net_ipv4.redirect_silence = 0; /* it was quiet for longer than that */
	n_frames = 0;
	rx_pkt(&p, true);
	assert_int_equal(n_frames, 2);
	net_ipv4.redirect_load = 60000; /* and now it waits */
	net_ipv4.redirect_silence = 20480;
	vtime_pass_us(100000);
	n_frames = 0;
	rx_pkt(&p, true);
	assert_int_equal(n_frames, 1);
	net_ipv4.redirect_load = 20;
	net_ipv4.redirect_number = 9;
	(void)state;
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(test_time_exceeded),
		T(test_short_quote),
		T(test_unreachables),
		T(test_frag_needed),
		T(test_inbound_address),
		T(test_no_error_about_errors),
		T(test_no_error_to_groups),
		T(test_gate_looks_itself),
		T(test_no_error_about_link_broadcast),
		T(test_no_error_about_fragments),
		T(test_no_error_to_odd_sources),
		T(test_no_error_about_bad_headers),
		T(test_echo),
		T(test_echo_checksums),
		T(test_echo_ignored),
		T(test_timestamp),
		T(test_every_type),
		T(test_bad_icmp_checksum),
		T(test_redirect),
		T(test_redirect_limits),
		T(test_queries_by_tunable),
		T(test_mark_and_priority),
		T(test_unicast_by_link_broadcast),
		T(test_extended_echo),
	};

	if (fixture_eal() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
