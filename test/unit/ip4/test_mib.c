/* SPDX-License-Identifier: BSD-3-Clause */
/* Every MIB counter moves, by packets alone, and by what its name in RFC 4293 and RFC 2011 says. */
#include <rte_mempool.h>
#include "core/timer.h"
#include "fixture.h"
#include "ip4/ip4_probe.h"
#include "ip4/ip4_sock.h"

static const struct rte_ether_addr all = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };

/* What moved since the last call, by one block: exactly these names. */
static uint64_t seen[5][64];
static struct counter_block *const blocks[] = { &ip_mib, &ipext_mib, &icmp_mib, &udp_mib,
						&route_mib };

static void
mark(void)
{
	for (unsigned int b = 0; b < RTE_DIM(blocks); b++)
		for (unsigned int i = 0; i < blocks[b]->n; i++)
			seen[b][i] = mib(blocks[b], i);
}
static uint64_t
moved(const struct counter_block *b, unsigned int idx)
{
	for (unsigned int k = 0; k < RTE_DIM(blocks); k++)
		if (blocks[k] == b)
			return mib(b, idx) - seen[k][idx];
	return 0;
}
#define MOVED(block, name, n) assert_int_equal(moved(&block##_mib, name), n)

static void
set(const char *name, int value)
{
	struct sysctl_var v;

	role_enter_ctl();
	assert_int_equal(sysctl_find(name, &v), 0);
	assert_int_equal(sysctl_set(&v, value), 0);
}

static void
rx(const struct pkt *p)
{
	rx_pkt(p, true);
	settle();
}

static void
headers(void)
{
	uint8_t buf[128];
	uint32_t len = pkt_build(&(struct pkt){ 0 }, buf);

	mark();
	rx(&(struct pkt){ 0 });
	MOVED(route, ROUTE_in_fast, 1);
	MOVED(route, ROUTE_in_slow_tot, 0);
	MOVED(ip, IP_InReceives, 1);
	MOVED(ip, IP_ForwDatagrams, 1);
	MOVED(ipext, IPEXT_InOctets, 46);
	MOVED(ipext, IPEXT_OutOctets, 46);
	MOVED(ipext, IPEXT_InNoECTPkts, 1);
	for (unsigned int tos = 1; tos < 4; tos++)
		rx(&(struct pkt){ .tos = (uint8_t)tos });
	MOVED(ipext, IPEXT_InECT1Pkts, 1);
	MOVED(ipext, IPEXT_InECT0Pkts, 1);
	MOVED(ipext, IPEXT_InCEPkts, 1);
	mark();
	buf[24] ^= 1;
	rx_frame(p0, buf, len, true);
	MOVED(ip, IP_InHdrErrors, 1);
	MOVED(ipext, IPEXT_InCsumErrors, 1);
	buf[24] ^= 1;
	rx_frame(p0, buf, len - 10, true);
	MOVED(ipext, IPEXT_InTruncatedPkts, 1);
	rx(&(struct pkt){ .dst = IP(0, 1, 2, 3) });
	MOVED(ip, IP_InAddrErrors, 1);
	MOVED(route, ROUTE_in_martian_dst, 1);
	rx(&(struct pkt){ .src = IP(127, 0, 0, 1) });
	MOVED(route, ROUTE_in_martian_src, 1);
	rx(&(struct pkt){ .dst = IP(8, 8, 8, 8) });
	MOVED(ipext, IPEXT_InNoRoutes, 1);
	MOVED(route, ROUTE_in_no_route, 1);
	MOVED(route, ROUTE_in_slow_tot, 3);
	rx(&(struct pkt){ .dst = OUR0, .proto = 99 });
	MOVED(ip, IP_InUnknownProtos, 1);
	rx(&(struct pkt){ .dst = OUR0 });
	MOVED(ip, IP_InDelivers, 1);
	MOVED(udp, UDP_NoPorts, 1);
}

static void
groups(void)
{
	struct sk_buff *skb;

	mark();
	rx(&(struct pkt){ .dst = IP(224, 0, 0, 1) });
	MOVED(route, ROUTE_in_slow_mc, 1);
	MOVED(ipext, IPEXT_InMcastPkts, 1);
	MOVED(ipext, IPEXT_InMcastOctets, 46);
	rx(&(struct pkt){ .dst = IP(192, 0, 2, 255), .mac = &all });
	MOVED(route, ROUTE_in_brd, 1);
	MOVED(ipext, IPEXT_InBcastPkts, 1);
	MOVED(ipext, IPEXT_InBcastOctets, 46);
	MOVED(udp, UDP_IgnoredMulti, 2);
	role_borrow_dp();
	for (unsigned int i = 0; i < 2; i++) {
		skb = alloc_skb(dp(), SKB_HEADROOM);
		skb_put(skb, 8);
		skb->dev = p0;
		ip_build_and_send_pkt(
			dp(), skb,
			&(struct ip_out){ .daddr = i ? IP(224, 0, 0, 9) : IP(192, 0, 2, 255),
					  .proto = 99 });
	}
	MOVED(ipext, IPEXT_OutMcastPkts, 1);
	MOVED(ipext, IPEXT_OutMcastOctets, 28);
	MOVED(ipext, IPEXT_OutBcastPkts, 1);
	MOVED(ipext, IPEXT_OutBcastOctets, 28);
	MOVED(ip, IP_OutRequests, 2);
	MOVED(route, ROUTE_out_slow_tot, 2);
}

static void
output(void)
{
	struct sk_buff *skb;
	struct ip4_sock sk = { .type = IP4_SOCK_UDP, .lport = RTE_BE16(515) };

	mark();
	role_enter_ctl();
	role_borrow_dp();
	skb = alloc_skb(dp(), SKB_HEADROOM);
	ip_build_and_send_pkt(dp(), skb, &(struct ip_out){ .daddr = IP(8, 8, 8, 8) });
	MOVED(ip, IP_OutNoRoutes, 1);
	skb = ip4_probe_alloc(&(struct ip4_probe){ .dst = PEER0 }, 0, 65515);
	ip_build_and_send_pkt(dp(), skb, &(struct ip_out){ .daddr = PEER0, .optlen = 4 });
	MOVED(ip, IP_OutDiscards, 1);
	/* More than the ring to the control thread holds. */
	assert_int_equal(ip4_sock_open(&sk), 0);
	for (unsigned int i = 0; i < 100000 && moved(&ip_mib, IP_InDiscards) == 0; i++)
		rx_pkt(&(struct pkt){ .dst = OUR0 }, true);
	MOVED(ip, IP_InDiscards, 1);
	settle();
	assert_true(moved(&udp_mib, UDP_InDatagrams) == IP4_SOCK_QUEUE);
	assert_true(moved(&udp_mib, UDP_RcvbufErrors) > 0);
	skb = alloc_skb(dp(), SKB_HEADROOM);
	udp_sendmsg(&sk, skb, &(struct ip_out){ .daddr = PEER0 }, RTE_BE16(9));
	MOVED(udp, UDP_OutDatagrams, 1);
	ip4_sock_close(&sk);
	rx(&(struct pkt){ .dst = OUR0, .payload = 3 });
	MOVED(udp, UDP_InErrors, 1);
	rx(&(struct pkt){
		.dst = OUR0, .payload = 8, .data = (const uint8_t *)"\0\1\0\2\0\10\1\1" });
	MOVED(udp, UDP_InCsumErrors, 1);
}

static void
fragments(void)
{
	mark();
	role_enter_ctl();
	set("net.ipv4.ipfrag_time", 1);
	assert_int_equal(dev_set_mtu(p1, 600), 0);
	settle();
	rx(&(struct pkt){ .payload = 1000 });
	MOVED(ip, IP_FragOKs, 1);
	MOVED(ip, IP_FragCreates, 2);
	rx(&(struct pkt){ .payload = 1000, .frag = IP4_DF });
	MOVED(ip, IP_FragFails, 1);
	assert_int_equal(dev_set_mtu(p1, 1500), 0);
	settle();
	rx(&(struct pkt){ .dst = OUR0, .proto = 99, .id = 1, .frag = IP4_MF, .payload = 16 });
	rx(&(struct pkt){ .dst = OUR0, .proto = 99, .id = 1, .frag = 2, .payload = 16 });
	MOVED(ip, IP_ReasmReqds, 2);
	MOVED(ip, IP_ReasmOKs, 1);
	rx(&(struct pkt){ .dst = OUR0, .proto = 99, .id = 2, .frag = IP4_MF, .payload = 16 });
	rx(&(struct pkt){ .dst = OUR0, .proto = 99, .id = 2, .frag = IP4_MF | 1, .payload = 16 });
	MOVED(ipext, IPEXT_ReasmOverlaps, 1);
	assert_true(moved(&ip_mib, IP_ReasmFails) > 0);
	icmp_limits_reset();
	rx(&(struct pkt){ .dst = OUR0, .proto = 99, .id = 3, .frag = IP4_MF, .payload = 16 });
	for (uint64_t end = clock_ms() + 20000;
	     moved(&icmp_mib, ICMPMIB_OutTimeExcds) == 0 && clock_ms() < end;) {
		vtime_tick();
		settle();
	}
	set("net.ipv4.ipfrag_time", 30);
	assert_true(moved(&ip_mib, IP_ReasmTimeout) > 0);
	MOVED(icmp, ICMPMIB_OutTimeExcds, 1);
}

/* One of each type comes in. */
static void
icmp_in(void)
{
	static const struct {
		uint8_t type, counter;
	} t[] = {
		{ 0, ICMPMIB_InEchoReps },	 { 3, ICMPMIB_InDestUnreachs },
		{ 4, ICMPMIB_InSrcQuenchs },	 { 5, ICMPMIB_InRedirects },
		{ 8, ICMPMIB_InEchos },		 { 11, ICMPMIB_InTimeExcds },
		{ 12, ICMPMIB_InParmProbs },	 { 13, ICMPMIB_InTimestamps },
		{ 14, ICMPMIB_InTimestampReps }, { 17, ICMPMIB_InAddrMasks },
		{ 18, ICMPMIB_InAddrMaskReps },
	};
	uint8_t d[8 + 28] = { 0 };

	for (unsigned int i = 0; i < RTE_DIM(t); i++) {
		mark();
		memset(d, 0, sizeof(d));
		d[0] = t[i].type;
		d[8] = 0x45;
		*(uint16_t *)(d + 2) = (uint16_t)~rte_raw_cksum(d, sizeof(d));
		rx(&(struct pkt){ .dst = OUR0, .proto = 1, .data = d, .payload = sizeof(d) });
		MOVED(icmp, t[i].counter, 1);
		MOVED(icmp, ICMPMIB_InMsgs, 1);
		MOVED(icmp, ICMPMIB_InErrors, 0);
		assert_int_equal(mib(&icmpmsg_mib, ICMPMSG_IN + t[i].type), 1);
	}
	mark();
	d[0] = 200;
	*(uint16_t *)(d + 2) = 0;
	*(uint16_t *)(d + 2) = (uint16_t)~rte_raw_cksum(d, sizeof(d));
	rx(&(struct pkt){ .dst = OUR0, .proto = 1, .data = d, .payload = sizeof(d) });
	MOVED(icmp, ICMPMIB_InErrors, 1);
	assert_int_equal(mib(&icmpmsg_mib, ICMPMSG_IN + 200), 1);
	d[30] ^= 1;
	rx(&(struct pkt){ .dst = OUR0, .proto = 1, .data = d, .payload = sizeof(d) });
	MOVED(icmp, ICMPMIB_InCsumErrors, 1);
	assert_int_equal(mib(&icmpmsg_mib, ICMPMSG_IN + 200), 1);
}

/* What is sent here: by a raw socket, for types that only a program asks for; and by the stack. */
static void
icmp_out(void)
{
	static const struct {
		uint8_t type, counter;
	} t[] = {
		{ 0, ICMPMIB_OutEchoReps },	  { 3, ICMPMIB_OutDestUnreachs },
		{ 4, ICMPMIB_OutSrcQuenchs },	  { 5, ICMPMIB_OutRedirects },
		{ 8, ICMPMIB_OutEchos },	  { 11, ICMPMIB_OutTimeExcds },
		{ 12, ICMPMIB_OutParmProbs },	  { 13, ICMPMIB_OutTimestamps },
		{ 14, ICMPMIB_OutTimestampReps }, { 17, ICMPMIB_OutAddrMasks },
		{ 18, ICMPMIB_OutAddrMaskReps },
	};
	struct ip4_sock sk = { .type = IP4_SOCK_RAW,
			       .proto = IPPROTO_ICMP,
			       .icmp_types = 1u << 30 };

	role_enter_ctl();
	role_borrow_dp();
	assert_int_equal(ip4_sock_open(&sk), 0);
	for (unsigned int i = 0; i < RTE_DIM(t); i++) {
		struct sk_buff *skb = alloc_skb(worker_ctl(), SKB_HEADROOM);
		uint64_t before = mib(&icmpmsg_mib, ICMPMSG_OUT + t[i].type);

		mark();
		memset(skb_put(skb, 8), 0, 8);
		skb_data(skb)[0] = t[i].type;
		assert_int_equal(raw_sendmsg(&sk, skb, &(struct ip_out){ .daddr = PEER0 }), 0);
		MOVED(icmp, t[i].counter, 1);
		MOVED(icmp, ICMPMIB_OutMsgs, 1);
		assert_int_equal(mib(&icmpmsg_mib, ICMPMSG_OUT + t[i].type), before + 1);
	}
	ip4_sock_close(&sk);
}

static void
icmp_limits(void)
{
	static struct rte_mbuf *taken[4096];
	struct rte_mbuf *m;
	uint8_t buf[128];
	unsigned int n = 0;
	uint32_t len = pkt_build(&(struct pkt){ .ttl = 1 }, buf);

	icmp_limits_reset();
	mark();
	set("net.ipv4.icmp_ratelimit", 1000000);
	for (unsigned int i = 0; i < 7; i++)
		rx(&(struct pkt){ .ttl = 1 });
	MOVED(icmp, ICMPMIB_OutRateLimitHost, 1);
	set("net.ipv4.icmp_msgs_per_sec", 0);
	rx(&(struct pkt){ .ttl = 1 });
	MOVED(icmp, ICMPMIB_OutRateLimitGlobal, 1);
	set("net.ipv4.icmp_msgs_per_sec", 1000);
	set("net.ipv4.icmp_ratelimit", 0);
	icmp_limits_reset();
	/* No buffer is left for the error. */
	m = make_mbuf(buf, len);
	while (n < RTE_DIM(taken) && (taken[n] = rte_pktmbuf_alloc(m->pool)) != NULL)
		n++;
	role_borrow_dp();
	netif_rx_burst(dp(), p0, &m, 1);
	MOVED(icmp, ICMPMIB_OutErrors, 1);
	rte_pktmbuf_free_bulk(taken, n);
	set("net.ipv4.icmp_ratelimit", 1000);
}

/* Of the route cache and of exceptions: test_cache.c, test_redirect.c, test_output.c. */
static bool
has_its_own_test(const char *name)
{
	static const char *const others[] = { "in_hit",	    "in_miss",		"in_stale",
					      "in_evicted", "redirect_learned", "redirect_refused",
					      "exc_evicted" };

	for (unsigned int i = 0; i < RTE_DIM(others); i++)
		if (strcmp(name, others[i]) == 0)
			return true;
	return false;
}

static void
test_every_counter(void **state)
{
	unsigned int still = 0;

	headers();
	groups();
	output();
	fragments();
	icmp_in();
	icmp_out();
	icmp_limits();
	for (unsigned int b = 0; b < RTE_DIM(blocks); b++)
		for (unsigned int i = 0; i < blocks[b]->n; i++)
			if (mib(blocks[b], i) == 0 && !has_its_own_test(blocks[b]->names[i])) {
				print_error("%s.%s never moved\n", blocks[b]->name,
					    blocks[b]->names[i]);
				still++;
			}
	assert_int_equal(still, 0);
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_every_counter, fixture_setup,
						fixture_teardown),
	};

	if (fixture_eal() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
