/* SPDX-License-Identifier: BSD-3-Clause */
/* Tunnels (RFC 2003).
 *
 *   host 2: 10.0.1.2 --- p1 [router] p2 --- 10.0.2.2: the tunnel's other end, 192.168.9.0/24 behind
 * it
 */
#include "dp.h"
#include <stdlib.h>
#include <string.h>
#include "netdev/netdev.h"
#include "skb/skb_dp.h"

static unsigned int p1, p2, p3;

static int
setup(void **state)
{
	dp_setup(state);
	p1 = dp_lan(1);
	p2 = dp_lan(2);
	dp_cmd("sysctl net.ipv4.icmp_ratelimit=0");
	dp_cmd("ip tunnel add t0 mode ipip local 10.0.2.1 remote 10.0.2.2 ttl 77");
	dp_cmd("ip link set t0 up");
	dp_cmd("ip route add 192.168.9.0/24 dev t0");
	return 0;
}

static struct rte_ipv4_hdr *
inner_of(struct dp_frame *f)
{
	return dp_ip4(f) + 1;
}

/* What host 2 sends into the tunnel. */
static struct dp_frame
into(uint8_t tos, uint16_t frag, uint16_t payload)
{
	struct dp_frame f = dp_udp(p1, 2, "10.0.1.2", "192.168.9.9", payload);

	dp_ip4(&f)->type_of_service = tos;
	dp_ip4(&f)->fragment_offset = rte_cpu_to_be_16(frag);
	dp_fix_checksum(&f);
	return f;
}

static void
check_outer(struct dp_frame *got, const struct dp_frame *sent, uint8_t ttl, uint8_t tos,
	    uint16_t frag)
{
	struct dp_frame in = *sent;

	assert_int_equal(got->len, sent->len + 20);
	assert_int_equal(dp_ip4(got)->version_ihl, 0x45);
	assert_int_equal(rte_raw_cksum(dp_ip4(got), 20), 0xffff);
	assert_int_equal(rte_be_to_cpu_16(dp_ip4(got)->total_length), sent->len - 14 + 20);
	assert_int_equal(dp_ip4(got)->next_proto_id, 4);
	assert_int_equal(dp_ip4(got)->src_addr, dp_ip("10.0.2.1"));
	assert_int_equal(dp_ip4(got)->dst_addr, dp_ip("10.0.2.2"));
	assert_int_equal(dp_ip4(got)->time_to_live, ttl);
	assert_int_equal(dp_ip4(got)->type_of_service, tos);
	assert_int_equal(rte_be_to_cpu_16(dp_ip4(got)->fragment_offset), frag);
	dp_ip4(&in)->time_to_live--;
	dp_fix_checksum(&in);
	assert_memory_equal(inner_of(got), dp_ip4(&in), sent->len - 14);
}

static void
send_into(const struct dp_frame *f, struct dp_frame *got)
{
	dp_inject(p1, f);
	dp_run();
	assert_true(dp_out(p2, got));
	dp_expect_none(p1);
}

/* RFC 2003 3.1: the fields of the outer header. */
static void
encapsulation(void **state)
{
	struct dp_frame f = into(0x1a, 0, 100), got;

	(void)state;
	send_into(&f, &got);
	check_outer(&got, &f, 77, 0x02, 0x4000); /* ECN is copied, the rest is the tunnel's */
	f = into(0x03, 0x4000, 100);
	send_into(&f, &got);
	check_outer(&got, &f, 77, 0x02, 0x4000); /* CE stays inside */
	dp_cmd("ip tunnel change t0 ttl inherit tos inherit nopmtudisc");
	f = into(0xb8, 0, 100);
	send_into(&f, &got);
	check_outer(&got, &f, 63, 0xb8, 0);
	f = into(0xb8, 0x4000, 100); /* DF inside is DF outside */
	send_into(&f, &got);
	check_outer(&got, &f, 63, 0xb8, 0x4000);
	dp_cmd("ip tunnel change t0 ttl 77 tos 0x10 pmtudisc");
	f = into(0, 0, 100);
	send_into(&f, &got);
	check_outer(&got, &f, 77, 0x10, 0x4000);
	dp_cmd("ip tunnel change t0 tos 0");
}

/* A frame from the other end: @p in with an outer header in front. */
static struct dp_frame
wrap(const struct dp_frame *in, const char *src, uint8_t tos)
{
	struct dp_frame f = dp_udp(p2, 3, src, "10.0.2.1", 0);

	f.len = in->len + 20;
	dp_ip4(&f)->next_proto_id = 4;
	dp_ip4(&f)->type_of_service = tos;
	dp_ip4(&f)->total_length = rte_cpu_to_be_16((uint16_t)(in->len - 14 + 20));
	memcpy(inner_of(&f), in->b + 14, in->len - 14);
	dp_fix_checksum(&f);
	return f;
}

static struct dp_frame
from_behind(const char *src, uint8_t tos)
{
	struct dp_frame f = dp_udp(p2, 3, src, "10.0.1.2", 60);

	dp_ip4(&f)->type_of_service = tos;
	dp_fix_checksum(&f);
	return f;
}

static void
decapsulation(void **state)
{
	/* inner and outer ECN, and what leaves: RFC 6040 4.2; 9: nothing does. */
	static const uint8_t ecn[][3] = { { 0, 0, 0 }, { 2, 0, 2 }, { 2, 1, 1 }, { 1, 2, 1 },
					  { 2, 3, 3 }, { 1, 3, 3 }, { 3, 0, 3 }, { 0, 3, 9 } };

	/* a priority tag that the card took off the outer frame: none of the inner packet's */
	struct dp_mbuf tagged = { .vlan_tci = 0x2000,
				  .ol_flags = RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED };

	(void)state;
	dp_drops_clear();
	for (unsigned int i = 0; i < RTE_DIM(ecn); i++) {
		struct dp_frame in = from_behind("192.168.9.9", ecn[i][0]), want;
		struct dp_frame f = wrap(&in, "10.0.2.2", ecn[i][1]);

		dp_inject_as(p2, &f, i & 1 ? &tagged : &(struct dp_mbuf){ 0 });
		dp_run();
		if (ecn[i][2] == 9) {
			dp_expect_none(p1);
			continue;
		}
		dp_ip4(&in)->type_of_service = ecn[i][2];
		dp_fix_checksum(&in);
		want = dp_forwarded(&in, p1, 2);
		dp_expect(p1, &want);
	}
	assert_int_equal(dp_drops("ipip_ecn"), 1);
}

/* What comes out of a tunnel is judged like what comes off a wire. */
static void
strangers_and_martians(void **state)
{
	struct dp_frame in = from_behind("192.168.9.9", 0), f = wrap(&in, "10.0.2.7", 0), got;

	(void)state;
	dp_drops_clear();
	dp_cmd("ip neigh replace 10.0.2.7 lladdr 02:00:00:00:01:07 dev p2");
	dp_inject(p2, &f);
	dp_run();
	dp_expect_none(p1);
	assert_true(dp_out(p2, &got)); /* protocol unreachable */
	assert_int_equal(((uint8_t *)inner_of(&got))[0] << 8 | ((uint8_t *)inner_of(&got))[1],
			 0x0302);
	assert_int_equal(dp_drops("ipip_no_tunnel"), 1);
	in = from_behind("127.0.0.1", 0);
	f = wrap(&in, "10.0.2.2", 0);
	dp_inject(p2, &f);
	in = from_behind("10.0.1.1", 0); /* our own address */
	f = wrap(&in, "10.0.2.2", 0);
	dp_inject(p2, &f);
	in = from_behind("192.168.9.9", 0);
	dp_ip4(&in)->hdr_checksum ^= 1;
	f = wrap(&in, "10.0.2.2", 0); /* the card has checked the outer header only */
	dp_inject_as(p2, &f, &(struct dp_mbuf){ .ol_flags = RTE_MBUF_F_RX_IP_CKSUM_GOOD });
	dp_run();
	dp_expect_none(p1);
	assert_int_equal(dp_drops("ip4_martian_source"), 2);
	assert_int_equal(dp_drops("ip4_bad_checksum"), 1);
	dp_cmd("ip link set t0 down");
	in = from_behind("192.168.9.9", 0);
	f = wrap(&in, "10.0.2.2", 0);
	dp_inject(p2, &f);
	dp_run();
	dp_expect_none(p1);
	assert_int_equal(dp_drops("netdev_down"), 1);
	dp_cmd("ip link set t0 up");
	dp_cmd("ip route replace 192.168.9.0/24 dev t0");
}

/* The ICMP message that left by p1 for host 2. */
static void
expect_icmp(uint8_t type, uint8_t code, uint16_t mtu)
{
	struct dp_frame got;
	const uint8_t *icmp;

	assert_true(dp_out(p1, &got));
	icmp = (const uint8_t *)inner_of(&got);
	assert_int_equal(dp_ip4(&got)->dst_addr, dp_ip("10.0.1.2"));
	assert_int_equal(icmp[0], type);
	assert_int_equal(icmp[1], code);
	if (type == 3 && code == 4)
		assert_int_equal(icmp[6] << 8 | icmp[7], mtu);
	assert_int_equal(((const struct rte_ipv4_hdr *)(icmp + 8))->dst_addr, dp_ip("192.168.9.9"));
}

static void
too_large(void **state)
{
	struct dp_frame f = into(0, 0x4000, 1300), got;
	unsigned int n = 0;

	(void)state;
	dp_drops_clear();
	dp_cmd("ip link set p2 mtu 1200");
	dp_inject(p1, &f);
	dp_run();
	dp_expect_none(p2);
	expect_icmp(3, 4, 1180); /* RFC 2003 5.1 */
	assert_int_equal(dp_drops("ipip_frag_needed"), 1);
	f = into(0, 0, 1300);
	dp_inject(p1, &f);
	dp_run();
	for (; dp_out(p2, &got); n++)
		assert_int_equal(rte_be_to_cpu_16(dp_ip4(&got)->fragment_offset) & 0x4000, 0);
	assert_int_equal(n, 2);
	dp_cmd("ip link set p2 mtu 1500");
}

/* The way to the other end leads into the tunnel, or nowhere. */
static void
no_way_out(void **state)
{
	struct dp_frame f = into(0, 0, 10), got;

	(void)state;
	dp_drops_clear();
	dp_cmd("ip route add 10.0.2.2/32 dev t0");
	dp_inject(p1, &f);
	dp_run();
	dp_expect_none(p2);
	expect_icmp(3, 1, 0);
	assert_int_equal(dp_drops("ipip_recursion"), 1);
	dp_cmd("ip route replace 10.0.2.2/32 dev p2");
	send_into(&f, &got);
	dp_cmd("ip route del 10.0.2.2/32");
	dp_cmd("ip route add blackhole 10.0.2.2/32");
	dp_inject(p1, &f);
	dp_run();
	expect_icmp(3, 1, 0);
	assert_int_equal(dp_drops("ipip_no_route"), 1);
	dp_cmd("ip route del blackhole 10.0.2.2/32");
	send_into(&f, &got); /* the route is looked up anew each time */
}

/* A frame of something else, by whoever sends it. */
static void
only_ip4_enters(void **state)
{
	struct sk_buff *skb;
	struct rte_mbuf *m;

	(void)state;
	dp_drops_clear();
	role_enter_ctl();
	role_borrow_dp();
	skb = alloc_skb(worker_ctl(), SKB_HEADROOM);
	memset(skb_put(skb, 60), 0, 60);
	((struct rte_ether_hdr *)skb_data(skb))->ether_type = RTE_BE16(RTE_ETHER_TYPE_ARP);
	m = skb_mbuf(skb);
	dev_queue_xmit(worker_ctl(), dev_get_by_name("t0"), &m, 1);
	dp_run();
	assert_int_equal(dp_drops("ipip_not_ip4"), 1);
	dp_expect_none(p2);
	dp_check_balance();
}

/* An error of a router along the tunnel, about @p about, which quotes @p quote bytes of it. */
static void
error_about(const struct dp_frame *about, uint8_t type, uint8_t code, uint16_t mtu, uint16_t quote)
{
	struct dp_frame f = dp_echo(p2, 3, "10.0.2.66", "10.0.2.1", quote);
	uint8_t *icmp = (uint8_t *)inner_of(&f);
	uint16_t sum;

	memset(icmp, 0, 8);
	icmp[0] = type;
	icmp[1] = code;
	icmp[6] = (uint8_t)(mtu >> 8);
	icmp[7] = (uint8_t)mtu;
	memcpy(icmp + 8, about->b + 14, quote);
	sum = (uint16_t)~rte_raw_cksum(icmp, 8u + quote);
	memcpy(icmp + 2, &sum, 2);
	dp_inject(p2, &f);
	dp_run();
	dp_expect_none(p2);
}

/* RFC 2003 4: errors from inside the tunnel are for the inner packet's source. */
static void
errors_are_relayed(void **state)
{
	static const uint8_t said[][4] = { { 3, 0, 3, 0 },  { 3, 1, 3, 1 },  { 3, 2, 3, 0 },
					   { 3, 13, 3, 1 }, { 11, 0, 3, 1 }, { 3, 3, 0, 0 },
					   { 3, 5, 0, 0 },  { 12, 0, 0, 0 }, { 4, 0, 0, 0 } };
	struct dp_frame f = into(0, 0x4000, 100), outer, got;

	(void)state;
	send_into(&f, &outer);
	for (unsigned int i = 0; i < RTE_DIM(said); i++) {
		error_about(&outer, said[i][0], said[i][1], 0, 60);
		if (said[i][2] != 0)
			expect_icmp(said[i][2], said[i][3], 0);
		dp_expect_none(p1);
	}
	/* A quote without the inner ports names no packet: the next one hears of it, once. */
	dp_drops_clear();
	error_about(&outer, 3, 1, 0, 47);
	dp_expect_none(p1);
	dp_inject(p1, &f);
	dp_run();
	dp_expect_none(p2);
	expect_icmp(3, 1, 0);
	assert_int_equal(dp_drops("ipip_unreachable"), 1);
	send_into(&f, &got);
	/* An error about somebody else's tunnel is nobody's. */
	dp_ip4(&outer)->dst_addr = dp_ip("10.0.2.9");
	error_about(&outer, 3, 1, 0, 60);
	dp_expect_none(p1);
}

/* RFC 2003 5.1: the path's MTU is remembered, and told to those whose packets exceed it. */
static void
path_mtu_is_learned(void **state)
{
	struct dp_frame f = into(0, 0x4000, 1300), outer, got;

	(void)state;
	send_into(&f, &outer);
	error_about(&outer, 3, 4, 1000, 60);
	expect_icmp(3, 4, 980);
	dp_inject(p1, &f);
	dp_run();
	dp_expect_none(p2);
	expect_icmp(3, 4, 980);
	error_about(&outer, 3, 4, 1400, 60); /* wider by another way, of this packet: it fits */
	expect_icmp(3, 4, 1380);
	dp_inject(p1, &f);
	dp_run();
	expect_icmp(3, 4, 980);
	error_about(&outer, 3, 4, 100, 60); /* not below 552 */
	expect_icmp(3, 4, 532);
	f = into(0, 0x4000, 504); /* 552 with both headers */
	send_into(&f, &got);
	f = into(0, 0x4000, 505);
	dp_inject(p1, &f);
	dp_run();
	expect_icmp(3, 4, 532);
	dp_cmd("ip tunnel change t0 ttl 77"); /* starts from new */
	send_into(&f, &got);
}

/* A tunnel that moves to another end hears that one, and no longer the first. */
static void
ends_change(void **state)
{
	struct dp_frame in = from_behind("192.168.9.9", 0), there = wrap(&in, "10.0.2.7", 0), want;
	struct dp_frame here = wrap(&in, "10.0.2.2", 0);

	(void)state;
	dp_cmd("ip tunnel change t0 remote 10.0.2.7");
	dp_inject(p2, &there);
	dp_inject(p2, &here);
	dp_run();
	want = dp_forwarded(&in, p1, 2);
	dp_expect(p1, &want);
	dp_expect_none(p1);
	dp_cmd("ip tunnel change t0 remote 10.0.2.2");
	dp_inject(p2, &there);
	dp_inject(p2, &here);
	dp_run();
	dp_expect(p1, &want);
	dp_expect_none(p1);
	while (dp_out(p2, &in)) /* protocol unreachable */
		;
}

/* --- bound to a device --- */

/* The packet for 192.168.8.9, behind the bound tunnel, must leave by @p port to MAC address
 * 02::01:@p host. */
static void
leaves_by(unsigned int port, uint8_t host)
{
	struct dp_frame f = dp_udp(p1, 2, "10.0.1.2", "192.168.8.9", 40), got;
	struct rte_ether_addr mac = dp_host_mac(host);

	dp_inject(p1, &f);
	dp_run();
	for (unsigned int p = p1; p <= p3; p++) {
		if (p != port) {
			dp_expect_none(p);
			continue;
		}
		assert_true(dp_out(p, &got));
		assert_memory_equal(got.b, &mac, 6);
		assert_int_equal(dp_ip4(&got)->next_proto_id, 4);
		assert_int_equal(dp_ip4(&got)->dst_addr, dp_ip("10.9.9.9"));
	}
}

/* It does not leave: host unreachable. */
static void
leaves_not(void)
{
	struct dp_frame f = dp_udp(p1, 2, "10.0.1.2", "192.168.8.9", 40);

	dp_drops_clear();
	dp_inject(p1, &f);
	dp_run();
	dp_expect_none(p2);
	dp_expect_none(p3);
	assert_true(dp_out(p1, &f));
	assert_int_equal(dp_drops("ipip_no_route"), 1);
}

/* As Linux with a flowi4_oif: routes by other devices are passed over, and without one by this
 * device the other end is on its link. */
static void
bound_to_a_device(void **state)
{
	struct dp_frame out;

	(void)state;
	p3 = dp_lan(3);
	dp_cmd("ip neigh replace 10.0.2.7 lladdr 02:00:00:00:01:07 dev p2");
	dp_cmd("ip tunnel add tb mode ipip local 10.0.2.1 remote 10.9.9.9");
	dp_cmd("ip link set tb up");
	dp_cmd("ip route add 192.168.8.0/24 dev tb");
	dp_cmd("ip route add 10.9.9.0/24 via 10.0.3.2 metric 1");
	dp_cmd("ip route add 10.9.9.0/24 via 10.0.2.2 metric 2");
	leaves_by(p3, 4);
	dp_cmd("ip tunnel change tb dev p2");
	leaves_by(p2, 3);
	dp_cmd("ip tunnel change tb dev p3");
	leaves_by(p3, 4);
	dp_cmd("ip tunnel change tb dev p2");
	/* a longer prefix by another device counts for nothing, one by this for more */
	dp_cmd("ip route add 10.9.9.9/32 via 10.0.3.2");
	leaves_by(p2, 3);
	dp_cmd("ip route replace 10.9.9.9/32 nexthop via 10.0.3.2 nexthop via 10.0.2.7");
	leaves_by(p2, 7);
	dp_cmd("ip route del 10.9.9.9/32");
	/* a rule for what leaves by it, and one that has no answer */
	dp_cmd("ip rule add pref 10 oif p3 blackhole");
	dp_cmd("ip rule add pref 11 oif p2 table 77 suppress_prefixlength 8");
	dp_cmd("ip route add 10.0.0.0/8 via 10.0.2.7 table 77");
	leaves_by(p2, 3);
	dp_cmd("ip route add 10.9.0.0/16 via 10.0.2.7 table 77");
	leaves_by(p2, 7);
	dp_cmd("ip route replace throw 10.9.0.0/16 table 77");
	leaves_by(p2, 3);
	dp_cmd("ip rule del pref 10");
	dp_cmd("ip rule del pref 11");
	/* no route by it, or one that refuses: on its link */
	dp_cmd("ip route del 10.9.9.0/24 metric 2");
	dp_cmd("ip neigh add 10.9.9.9 lladdr 02:00:00:00:01:09 dev p2");
	leaves_by(p2, 9);
	dp_cmd("ip route add prohibit 10.9.9.9/32");
	leaves_by(p2, 9);
	dp_cmd("ip neigh del 10.9.9.9 dev p2");
	out = dp_udp(p1, 2, "10.0.1.2", "192.168.8.9", 40);
	dp_inject(p1, &out);
	dp_run();
	assert_true(dp_out(p2, &out));
	assert_int_equal(out.b[12] << 8 | out.b[13], 0x0806);
	dp_cmd("ip link set p2 down");
	leaves_not();
	dp_cmd("ip link set p2 up");
	dp_cmd("ip route del prohibit 10.9.9.9/32");
	dp_cmd("ip tunnel del tb");
	dp_cmd("ip route del 10.9.9.0/24");
}

/* A tunnel outlives its device, and waits for another of that name. */
static void
bound_device_goes(void **state)
{
	(void)state;
	dp_cmd("ip link add link p2 name p2.5 type vlan id 5");
	dp_cmd("ip link set p2.5 up");
	dp_cmd("ip neigh add 10.9.9.9 lladdr 02:00:00:00:01:09 dev p2.5");
	dp_cmd("ip tunnel add tb mode ipip local 10.0.2.1 remote 10.9.9.9 dev p2.5");
	dp_cmd("ip link set tb up");
	dp_cmd("ip route add 192.168.8.0/24 dev tb");
	dp_cmd("ip route add 10.9.9.0/24 via 10.0.3.2");
	for (unsigned int round = 0; round < 2; round++) {
		struct dp_frame f = dp_udp(p1, 2, "10.0.1.2", "192.168.8.9", 40);

		dp_inject(p1, &f);
		dp_run();
		dp_expect_none(p3);
		assert_true(dp_out(p2, &f));
		assert_int_equal(f.b[12] << 8 | f.b[13], 0x8100);
		dp_cmd("ip link del p2.5");
		leaves_not();
		dp_cmd("ip tunnel show tb");
		assert_string_equal(dp_cmd_output(), "tb: ip/ip remote 10.9.9.9 local 10.0.2.1 dev "
						     "p2.5 ttl inherit\n");
		dp_cmd("ip link add link p2 name p2.5 type vlan id 5");
		dp_cmd("ip link set p2.5 up");
		dp_cmd("ip neigh add 10.9.9.9 lladdr 02:00:00:00:01:09 dev p2.5");
	}
	dp_cmd("ip link set p2.5 down");
	dp_cmd("ip link set p2.5 name five");
	dp_cmd("ip tunnel show tb");
	assert_non_null(strstr(dp_cmd_output(), "dev five ttl"));
	dp_cmd("ip link del five");
	dp_cmd("ip tunnel del tb");
	dp_cmd("ip route del 10.9.9.0/24");
}

/* Packets that came in by tunnel @p name. */
static unsigned long
received(const char *name)
{
	const char *rx;

	dp_cmd("ip -s link show %s", name);
	rx = strstr(dp_cmd_output(), "RX:");
	assert_non_null(rx);
	rx = strpbrk(strchr(rx, '\n'), "0123456789"); /* bytes, packets */
	return strtoul(strchr(rx, ' '), NULL, 10);
}

/* Between the same ends: the one that is bound to where it comes in, else the free one, else any.
 */
static void
whose_packet(void **state)
{
	struct dp_frame in = from_behind("192.168.8.9", 0), f;
	static const char *const add[][2] = { { "tb", "dev p2" },
					      { "tu", "" },
					      { "tc", "dev p3" } };
	static const struct {
		const char *left;
		unsigned int by;
	} want[] = { { "tb", 2 }, { "tc", 3 }, { "tu", 1 } };

	(void)state;
	for (unsigned int i = 0; i < RTE_DIM(add); i++) {
		dp_cmd("ip tunnel add %s local 10.0.2.1 remote 10.9.9.9 %s", add[i][0], add[i][1]);
		dp_cmd("ip link set %s up", add[i][0]);
	}
	assert_non_null(
		strstr(dp_cmd_fails("ip tunnel add x local 10.0.2.1 remote 10.9.9.9 dev p2"),
		       "between these two by p2"));
	dp_cmd("sysctl net.ipv4.conf.all.rp_filter=0");
	for (unsigned int i = 0; i < RTE_DIM(want); i++) {
		unsigned long before = received(want[i].left);

		f = wrap(&in, "10.9.9.9", 0);
		memcpy(f.b, &(struct rte_ether_addr){ { 2, 0, 0, 0, 0, (uint8_t)want[i].by } }, 6);
		dp_inject(want[i].by, &f);
		dp_run();
		assert_int_equal(received(want[i].left), before + 1);
	}
	dp_cmd("ip tunnel del tu");
	dp_cmd("ip tunnel del tc");
	f = wrap(&in, "10.9.9.9", 0);
	memcpy(f.b, &(struct rte_ether_addr){ { 2, 0, 0, 0, 0, (uint8_t)p3 } }, 6);
	dp_inject(p3, &f);
	dp_run();
	assert_int_equal(received("tb"), 2);
	dp_cmd("ip tunnel del tb");
	while (dp_out(p1, &f))
		;
}

static void
words_and_errors(void **state)
{
	(void)state;
	dp_cmd("ip tunnel show");
	assert_string_equal(dp_cmd_output(), "t0: ip/ip remote 10.0.2.2 local 10.0.2.1 ttl 77\n");
	dp_cmd("ip link add name t1 type ipip local 10.0.2.1 remote 10.0.2.8 ttl inherit "
	       "nopmtudisc");
	dp_cmd("ip tunnel show t1");
	assert_string_equal(dp_cmd_output(),
			    "t1: ip/ip remote 10.0.2.8 local 10.0.2.1 ttl inherit nopmtudisc\n");
	dp_cmd("ip link show t1");
	assert_non_null(strstr(dp_cmd_output(), "<POINTOPOINT,NOARP> mtu 1480"));
	assert_non_null(strstr(dp_cmd_output(), "link/ipip 10.0.2.1 peer 10.0.2.8"));
	assert_non_null(strstr(dp_cmd_fails("ip tunnel add t2 local 10.0.2.1 remote 10.0.2.8"),
			       "between these two"));
	assert_non_null(strstr(dp_cmd_fails("ip tunnel change t1 remote 10.0.2.2"), "between"));
	assert_non_null(strstr(dp_cmd_fails("ip tunnel add t2 local 10.0.2.1"), "remote"));
	assert_non_null(
		strstr(dp_cmd_fails("ip tunnel add t2 local 10.0.2.1 remote 10.0.2.1"), "one"));
	assert_non_null(
		strstr(dp_cmd_fails("ip tunnel add t2 local 10.0.2.1 remote 224.0.0.1"), "remote"));
	assert_non_null(strstr(dp_cmd_fails("ip tunnel change t1 ttl 5"), "nopmtudisc"));
	assert_non_null(strstr(dp_cmd_fails("ip tunnel change t1 ttl 256"), "255"));
	assert_non_null(strstr(dp_cmd_fails("ip tunnel del p1"), "no tunnel"));
	assert_non_null(strstr(dp_cmd_fails("ip tunnel change t1 dev nope"), "nope"));
	assert_non_null(strstr(dp_cmd_fails("ip tunnel change t1 dev t1"), "by itself"));
	dp_cmd("ip link show t1");
	assert_non_null(strstr(dp_cmd_output(), ": t1@NONE: <"));
	dp_cmd("ip tunnel change t1 dev p2");
	dp_cmd("ip tunnel show t1");
	assert_string_equal(dp_cmd_output(), "t1: ip/ip remote 10.0.2.8 local 10.0.2.1 dev p2 ttl "
					     "inherit nopmtudisc\n");
	dp_cmd("ip -d link show t1");
	assert_non_null(strstr(dp_cmd_output(), ": t1@p2: <"));
	dp_cmd("ip link add t9 type ipip local 10.0.2.1 remote 10.0.2.8 dev p1 ttl 9");
	dp_cmd("ip tunnel del t9");
	dp_cmd_fails("ip link add link t1 name t1.5 type vlan id 5");
	dp_cmd("ip tunnel change t1 remote 10.0.2.9");
	dp_cmd("ip tunnel add t2 local 10.0.2.1 remote 10.0.2.8");
	dp_cmd("ip link del t1");
	dp_cmd("ip tunnel del t2");
	dp_cmd("ip tunnel show");
	assert_null(strstr(dp_cmd_output(), "t1"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encapsulation),
		cmocka_unit_test(decapsulation),
		cmocka_unit_test(strangers_and_martians),
		cmocka_unit_test(too_large),
		cmocka_unit_test(no_way_out),
		cmocka_unit_test(only_ip4_enters),
		cmocka_unit_test(errors_are_relayed),
		cmocka_unit_test(path_mtu_is_learned),
		cmocka_unit_test(ends_change),
		cmocka_unit_test(bound_to_a_device),
		cmocka_unit_test(bound_device_goes),
		cmocka_unit_test(whose_packet),
		cmocka_unit_test(words_and_errors),
	};

	return cmocka_run_group_tests_name("dp/ipip", tests, setup, dp_teardown);
}
