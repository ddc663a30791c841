/* SPDX-License-Identifier: BSD-3-Clause */
/* Chains in the path of real packets: verdicts, answers, counters, devices, limits. */
#include "fixture.h"
#include <rte_tcp.h>
#include "filter/filter.h"

static int
setup(void **state)
{
	int rc = fixture_setup(state);

	role_enter_ctl();
	return rc != 0 ? rc : filter_init();
}

static int
teardown(void **state)
{
	role_enter_ctl();
	filter_fini();
	return fixture_teardown(state);
}

static void
add(enum ip4_hook_point at, const struct filter_rule *r)
{
	role_enter_ctl();
	assert_int_equal(filter_rule_add(at, r, 0), 0);
}

static uint64_t
counted(enum ip4_hook_point at, uint32_t pos)
{
	role_enter_ctl();
	return filter_count(at, pos).packets;
}

/* How many frames leave when @p p arrives. */
static unsigned int
leave(const struct pkt *p)
{
	n_frames = 0;
	icmp_limits_reset();
	rx_pkt(p, true);
	settle();
	return n_frames;
}

static void
test_verdicts_in_order(void **state)
{
	const struct filter_rule accept = { .dst = FAR, .dst_plen = 32, .action = FILTER_ACCEPT },
				 drop = { .dst = FAR, .dst_plen = 24, .action = FILTER_DROP },
				 count = { .action = FILTER_COUNT };

	(void)state;
	role_enter_ctl();
	add(IP4_HOOK_FORWARD, &count);
	add(IP4_HOOK_FORWARD, &drop);
	assert_int_equal(leave(&(struct pkt){ 0 }), 0);
	assert_int_equal(drops(DROP_FILTER_DROP), 1);
	assert_int_equal(filter_rule_add(IP4_HOOK_FORWARD, &accept, 2), 0);
	assert_int_equal(leave(&(struct pkt){ 0 }), 1);
	assert_int_equal(leave(&(struct pkt){ .dst = FAR + RTE_BE32(1) }), 0);
	assert_int_equal(leave(&(struct pkt){ .dst = IP(10, 1, 0, 9) }), 1); /* the policy */
	/* What a rule has counted stays with it when others come and go. */
	assert_int_equal(counted(IP4_HOOK_FORWARD, 1), 4);
	assert_int_equal(counted(IP4_HOOK_FORWARD, 2), 1);
	assert_int_equal(counted(IP4_HOOK_FORWARD, 3), 2);
	assert_int_equal(counted(IP4_HOOK_FORWARD, 0), 1);
	assert_int_equal(filter_count(IP4_HOOK_FORWARD, 3).bytes, 2 * 46);
	assert_int_equal(filter_rule_del(IP4_HOOK_FORWARD, 2), 0);
	assert_int_equal(leave(&(struct pkt){ 0 }), 0);
	assert_int_equal(counted(IP4_HOOK_FORWARD, 2), 3);
	assert_int_equal(filter_rule_del(IP4_HOOK_FORWARD, 3), -ENOENT);
	assert_int_equal(filter_rule_del(IP4_HOOK_FORWARD, 0), -ENOENT);
	filter_clear(IP4_HOOK_FORWARD);
	assert_int_equal(counted(IP4_HOOK_FORWARD, 2) + counted(IP4_HOOK_FORWARD, 0), 0);
	assert_int_equal(leave(&(struct pkt){ 0 }), 0);
	assert_int_equal(counted(IP4_HOOK_FORWARD, 2), 1);
}

/* A new rule gets the counter of one that went: it starts at zero. */
static void
test_counter_reuse(void **state)
{
	const struct filter_rule count = { .action = FILTER_COUNT };

	(void)state;
	role_enter_ctl();
	for (int i = 0; i < 3; i++) {
		add(IP4_HOOK_FORWARD, &count);
		assert_int_equal(counted(IP4_HOOK_FORWARD, 1), 0);
		leave(&(struct pkt){ 0 });
		assert_int_equal(counted(IP4_HOOK_FORWARD, 1), 1);
		assert_int_equal(filter_flush(IP4_HOOK_FORWARD), 0);
		rcu_worker_quiescent(1);
		settle();
	}
}

/* Ports that are behind the packet's end are none, in both lanes. */
static void
test_short(void **state)
{
	const struct filter_rule accept = { .proto_set = true,
					    .proto = 17,
					    .dport_set = true,
					    .dport = { 0, 65535 },
					    .action = FILTER_ACCEPT };

	(void)state;
	role_enter_ctl();
	add(IP4_HOOK_FORWARD, &accept);
	assert_int_equal(filter_policy_set(IP4_HOOK_FORWARD, true), 0);
	for (unsigned int off = 0; off < 2; off++) {
		netdev_rx_off(p0, NETDEV_RXF_HOOK, off > 0);
		assert_int_equal(leave(&(struct pkt){ .proto = 17, .payload = 3 }), 0);
		assert_int_equal(leave(&(struct pkt){ .proto = 17, .payload = 4 }), 1);
	}
	netdev_rx_off(p0, NETDEV_RXF_HOOK, false);
}

static void
test_policy_and_lane(void **state)
{
	uint64_t fast = mib(&route_mib, ROUTE_in_fast);
	const struct ip4_transit none = { .n = 0 };
	uint32_t note;

	(void)state;
	role_enter_ctl();
	assert_int_equal(p0->rx_off, 0);
	assert_int_equal(filter_policy_set(IP4_HOOK_FORWARD, true), 0);
	assert_true(filter_policy_is_drop(IP4_HOOK_FORWARD));
	assert_int_equal(p0->rx_off, 0);
	assert_int_equal(leave(&(struct pkt){ 0 }), 0);
	assert_int_equal(counted(IP4_HOOK_FORWARD, 0), 1);
	add(IP4_HOOK_FORWARD, &(struct filter_rule){ .action = FILTER_ACCEPT });
	assert_int_equal(leave(&(struct pkt){ 0 }), 1);
	assert_int_equal(counted(IP4_HOOK_FORWARD, 1), 1);
	assert_int_equal(mib(&route_mib, ROUTE_in_fast), ++fast);
	/* Rules that do not end the chain are the general lane's. */
	add(IP4_HOOK_FORWARD, &(struct filter_rule){ .action = FILTER_COUNT });
	assert_int_equal(p0->rx_off, NETDEV_RXF_HOOK);
	/* A worker that does not know yet asks, and is told nothing. */
	assert_int_equal(filter_transit.look(workers[1], IP4_HOOK_FORWARD, &none, &note),
			 UINT32_MAX);
	assert_int_equal(leave(&(struct pkt){ 0 }), 1);
	assert_int_equal(counted(IP4_HOOK_FORWARD, 1), 2);
	assert_int_equal(mib(&route_mib, ROUTE_in_fast), fast);
	assert_int_equal(filter_flush(IP4_HOOK_FORWARD), 0);
	assert_int_equal(p0->rx_off, 0);
	assert_int_equal(leave(&(struct pkt){ 0 }), 0); /* the policy outlives the rules */
	assert_int_equal(filter_policy_set(IP4_HOOK_FORWARD, false), 0);
	assert_int_equal(p0->rx_off, 0);
	assert_null(ip4_hooks[IP4_HOOK_FORWARD]);
	assert_int_equal(leave(&(struct pkt){ 0 }), 1);
	assert_int_equal(mib(&route_mib, ROUTE_in_fast), fast + 1);
	/* What only concerns ourselves leaves forwarding alone. */
	assert_int_equal(filter_policy_set(IP4_HOOK_INPUT, true), 0);
	assert_int_equal(p0->rx_off, 0);
	assert_int_equal(leave(&(struct pkt){ .dst = OUR0, .proto = 99 }), 0);
	assert_int_equal(leave(&(struct pkt){ 0 }), 1);
}

static void
test_reject_codes(void **state)
{
	static const uint8_t codes[] = { 0, 1, 2, 3, 9, 10, 13 };

	(void)state;
	role_enter_ctl();
	for (unsigned int i = 0; i < RTE_DIM(codes); i++) {
		struct filter_rule r = { .action = FILTER_REJECT, .reject = codes[i] };

		assert_int_equal(filter_chain_set(IP4_HOOK_FORWARD, false, &r, 1), 0);
		assert_int_equal(leave(&(struct pkt){ 0 }), 1);
		assert_icmp(0, PEER0, ICMP4_UNREACH, codes[i]);
		assert_int_equal(drops(DROP_FILTER_REJECT), i + 1);
	}
	/* The gate stands: nothing is said about a later fragment, nor about an error. */
	assert_int_equal(leave(&(struct pkt){ .frag = 3 }), 0);
	assert_int_equal(leave(&(struct pkt){ .proto = 1, .data = (const uint8_t[26]){ 3 } }), 0);
	assert_int_equal(drops(DROP_FILTER_REJECT), RTE_DIM(codes) + 2);
}

/* Our own packet is rejected: we are the one who is told. */
static void
test_reject_output(void **state)
{
	struct filter_rule r = {
		.dst = PEER1, .dst_plen = 32, .action = FILTER_REJECT, .reject = 13
	};
	struct ip_out o = { .daddr = PEER1, .proto = 17 };
	struct sk_buff *skb;

	(void)state;
	role_enter_dp();
	add(IP4_HOOK_OUTPUT, &r);
	skb = alloc_skb(dp(), SKB_HEADROOM);
	skb_put(skb, 8);
	ip_build_and_send_pkt(dp(), skb, &o);
	settle();
	assert_int_equal(n_frames, 0);
	assert_int_equal(drops(DROP_FILTER_REJECT), 1);
	assert_int_equal(mib(&icmp_mib, ICMPMIB_InDestUnreachs), 1);
	o.daddr = PEER0;
	ip_build_and_send_pkt(dp(), alloc_skb(dp(), SKB_HEADROOM), &o);
	assert_int_equal(n_frames, 1);
}

/* A segment of @p payload bytes with @p flags. */
static unsigned int
segment(uint8_t flags, uint16_t payload, rte_be32_t seq, rte_be32_t ack)
{
	uint8_t data[64] = { 0 };
	struct rte_tcp_hdr *th = (struct rte_tcp_hdr *)data;

	th->src_port = RTE_BE16(4000);
	th->dst_port = RTE_BE16(80);
	th->sent_seq = seq;
	th->recv_ack = ack;
	th->data_off = 5 << 4;
	th->tcp_flags = flags;
	return leave(
		&(struct pkt){ .proto = 6, .data = data, .payload = (uint16_t)(20 + payload) });
}

static const struct rte_tcp_hdr *
answer(void)
{
	struct rte_ipv4_hdr *iph = frame_ip(&frames[0]);
	struct rte_tcp_hdr *th = (struct rte_tcp_hdr *)(iph + 1), zeroed = *th;

	assert_ptr_equal(frames[0].dev, p0);
	assert_int_equal(iph->src_addr, FAR);
	assert_int_equal(iph->dst_addr, PEER0);
	assert_int_equal(iph->next_proto_id, 6);
	assert_int_equal(rte_be_to_cpu_16(iph->total_length), 40);
	assert_int_equal(th->src_port, RTE_BE16(80));
	assert_int_equal(th->dst_port, RTE_BE16(4000));
	assert_int_equal(th->data_off, 5 << 4);
	zeroed.cksum = 0;
	assert_int_equal(th->cksum, rte_ipv4_udptcp_cksum(iph, &zeroed));
	return th;
}

/* RFC 9293 3.5.2. */
static void
test_tcp_reset(void **state)
{
	struct filter_rule r = {
		.proto_set = true, .proto = 6, .action = FILTER_REJECT, .reject = FILTER_TCP_RESET
	};
	const struct rte_tcp_hdr *th;
	uint8_t data[20] = { 0 };

	(void)state;
	add(IP4_HOOK_FORWARD, &r);
	assert_int_equal(segment(RTE_TCP_SYN_FLAG, 0, RTE_BE32(1000), 0), 1);
	th = answer();
	assert_int_equal(th->tcp_flags, RTE_TCP_RST_FLAG | RTE_TCP_ACK_FLAG);
	assert_int_equal(rte_be_to_cpu_32(th->recv_ack), 1001);
	assert_int_equal(th->sent_seq, 0);
	assert_int_equal(segment(RTE_TCP_FIN_FLAG, 10, RTE_BE32(0xfffffffe), 0), 1);
	assert_int_equal(rte_be_to_cpu_32(answer()->recv_ack), 9);
	assert_int_equal(segment(RTE_TCP_ACK_FLAG, 5, RTE_BE32(7), RTE_BE32(4711)), 1);
	th = answer();
	assert_int_equal(th->tcp_flags, RTE_TCP_RST_FLAG);
	assert_int_equal(rte_be_to_cpu_32(th->sent_seq), 4711);
	assert_int_equal(th->recv_ack, 0);
	/* No reset about a reset, a fragment, a cut header or a wrong offset. */
	assert_int_equal(segment(RTE_TCP_RST_FLAG, 0, 1, 1), 0);
	data[12] = 5 << 4;
	assert_int_equal(leave(&(struct pkt){ .proto = 6, .data = data, .payload = 20 }), 1);
	assert_int_equal(
		leave(&(struct pkt){ .proto = 6, .frag = 0x2000, .data = data, .payload = 20 }), 0);
	assert_int_equal(leave(&(struct pkt){ .proto = 6, .data = data, .payload = 12 }), 0);
	data[12] = 4 << 4;
	assert_int_equal(leave(&(struct pkt){ .proto = 6, .data = data, .payload = 20 }), 0);
	data[12] = 6 << 4;
	assert_int_equal(leave(&(struct pkt){ .proto = 6, .data = data, .payload = 20 }), 0);
	assert_int_equal(drops(DROP_FILTER_REJECT), 9);
}

/* Every protocol that has ports where UDP has them, also behind options. */
static void
test_ports_of_protocols(void **state)
{
	static const uint8_t protos[] = { 6, 17, 33, 132, 136 },
			     nops[8] = { 1, 1, 1, 1, 1, 1, 1, 0 };
	uint8_t data[26] = { 0, 7, 0, 9, 0, 26 };

	(void)state;
	for (unsigned int i = 0; i < RTE_DIM(protos); i++) {
		struct filter_rule r = { .proto_set = true,
					 .proto = protos[i],
					 .dport_set = true,
					 .dport = { 9, 9 },
					 .action = FILTER_DROP };

		assert_int_equal(filter_chain_set(IP4_HOOK_FORWARD, false, &r, 1), 0);
		for (uint8_t optlen = 0; optlen <= sizeof(nops); optlen += 4) {
			struct pkt p = {
				.proto = protos[i], .data = data, .opt = nops, .optlen = optlen
			};

			data[3] = 9;
			assert_int_equal(leave(&p), 0);
			data[3] = 8;
			assert_int_equal(leave(&p), 1);
		}
	}
}

/* RFC 1858 3: what stands where ports would be is no port, in a later fragment or a short packet.
 */
static void
test_ports_of_fragments(void **state)
{
	static const uint8_t ports[26] = { 0, 9, 0, 9 };
	struct filter_rule r = { .proto_set = true,
				 .proto = 17,
				 .dport_set = true,
				 .dport = { 9, 9 },
				 .action = FILTER_DROP };
	struct pkt p = { .data = ports };

	(void)state;
	add(IP4_HOOK_FORWARD, &r);
	assert_int_equal(leave(&p), 0);
	p.frag = 0x2000; /* the first one has them */
	p.payload = 24;
	assert_int_equal(leave(&p), 0);
	p.frag = 2;
	assert_int_equal(leave(&p), 1);
	p.frag = 0;
	p.payload = 3; /* cut inside the ports */
	assert_int_equal(leave(&p), 1);
	p.payload = 4;
	assert_int_equal(leave(&p), 0);
}

static void
test_devices(void **state)
{
	struct filter_rule in = { .iif = "p0", .oif = "p1", .action = FILTER_DROP },
			   later = { .iif = "new", .action = FILTER_DROP };
	struct net_device *dev;

	(void)state;
	role_enter_ctl();
	add(IP4_HOOK_FORWARD, &later);
	assert_int_equal(leave(&(struct pkt){ 0 }), 1); /* not there: matches nothing */
	add(IP4_HOOK_FORWARD, &in);
	assert_int_equal(leave(&(struct pkt){ 0 }), 0);
	assert_int_equal(leave(&(struct pkt){ .dst = IP(10, 1, 0, 9) }), 1); /* by p2 */
	assert_int_equal(dev_change_name(p0, "pX"), 0);
	assert_int_equal(leave(&(struct pkt){ 0 }), 1);
	assert_int_equal(dev_change_name(p0, "new"), 0);
	assert_int_equal(leave(&(struct pkt){ 0 }), 0);
	assert_int_equal(counted(IP4_HOOK_FORWARD, 1), 1);
	assert_int_equal(dev_change_name(p0, "p0"), 0);
	assert_int_equal(leave(&(struct pkt){ 0 }), 0);
	assert_int_equal(counted(IP4_HOOK_FORWARD, 2), 2);
	/* A device of the name comes: the rule means it; it goes, and its number may be another's.
	 */
	dev = alloc_netdev("fake", NULL, p0->ops_dp, NULL);
	assert_int_equal(register_netdevice(dev, "new"), 0);
	assert_int_equal(filter_chains[IP4_HOOK_FORWARD]->n_searches, 1);
	unregister_netdevice(dev);
	assert_int_equal(filter_rule_del(IP4_HOOK_FORWARD, 2), 0);
	assert_int_equal(filter_chains[IP4_HOOK_FORWARD]->n_searches, 0);
}

/* What is sent to ourselves leaves by lo. */
static void
test_output_devices(void **state)
{
	struct filter_rule by_lo = { .oif = "lo", .action = FILTER_COUNT },
			   by_p1 = { .oif = "p1", .action = FILTER_COUNT };
	const rte_be32_t to[] = { OUR0, PEER1 };

	(void)state;
	role_enter_dp();
	for (unsigned int at = IP4_HOOK_OUTPUT; at <= IP4_HOOK_POSTROUTING; at++) {
		add(at, &by_lo);
		add(at, &by_p1);
	}
	for (unsigned int i = 0; i < 2; i++) {
		struct ip_out o = { .daddr = to[i], .proto = 99 };

		ip_build_and_send_pkt(dp(), alloc_skb(dp(), SKB_HEADROOM), &o);
		for (unsigned int at = IP4_HOOK_OUTPUT; at <= IP4_HOOK_POSTROUTING; at++) {
			assert_int_equal(counted(at, 1), 1);
			assert_int_equal(counted(at, 2), i);
		}
	}
	n_frames = 0;
	role_enter_ctl();
	filter_flush(IP4_HOOK_OUTPUT); /* let the answer out uncounted */
	filter_flush(IP4_HOOK_POSTROUTING);
	add(IP4_HOOK_POSTROUTING,
	    &(struct filter_rule){ .iif = "p0", .oif = "p1", .action = FILTER_DROP });
	assert_int_equal(leave(&(struct pkt){ 0 }), 0);
	assert_int_equal(counted(IP4_HOOK_POSTROUTING, 1), 1);
}

static void
test_marks(void **state)
{
	const struct filter_rule rules[] = {
		{ .action = FILTER_MARK, .mark = 1 },
		{ .dst = FAR, .dst_plen = 32, .action = FILTER_MARK, .mark = 2 },
		{ .dst = FAR, .dst_plen = 32, .action = FILTER_ACCEPT },
		{ .action = FILTER_MARK, .mark = 3 },
	};
	struct skb_vec vec = { .n = 1 };
	uint8_t buf[128];
	uint32_t len = pkt_build(&(struct pkt){ 0 }, buf);

	(void)state;
	role_enter_ctl();
	role_enter_dp();
	assert_int_equal(filter_chain_set(IP4_HOOK_PREROUTING, false, rules, 4), 0);
	vec.v[0] = skb_init(make_mbuf(buf + 14, len - 14), p0);
	counter_inc(dp(), &skb_counters, SKB_CNT_ORIGINATED);
	skb_reset_network_header(vec.v[0]);
	filter_hook(dp(), IP4_HOOK_PREROUTING, &vec);
	assert_int_equal(vec.n, 1);
	assert_int_equal(vec.v[0]->mark, 2); /* the last before the end of the chain */
	assert_int_equal(counted(IP4_HOOK_PREROUTING, 1), 1);
	assert_int_equal(counted(IP4_HOOK_PREROUTING, 4), 0);
	assert_int_equal(counted(IP4_HOOK_PREROUTING, 0), 0);
	consume_skb(dp(), vec.v[0]);
}

static void
test_limits(void **state)
{
	static struct filter_rule many[FILTER_RULES_MAX + 1];
	const struct filter_rule count = { .action = FILTER_COUNT };

	(void)state;
	role_enter_ctl();
	for (unsigned int i = 0; i < FILTER_COLOURS; i++)
		many[i] = count;
	assert_int_equal(filter_chain_set(IP4_HOOK_FORWARD, false, many, FILTER_COLOURS), 0);
	assert_int_equal(filter_chains[IP4_HOOK_FORWARD]->n_searches, FILTER_SEARCHES);
	assert_int_equal(filter_rule_add(IP4_HOOK_FORWARD, &count, 0), -E2BIG);
	assert_int_equal(filter_rules(IP4_HOOK_FORWARD), FILTER_COLOURS);
	leave(&(struct pkt){ 0 });
	for (unsigned int i = 1; i <= FILTER_COLOURS; i++)
		assert_int_equal(counted(IP4_HOOK_FORWARD, i), 1);
	/* A final rule makes no difference, nor one that meets none of them. */
	assert_int_equal(filter_rule_add(IP4_HOOK_FORWARD, &(struct filter_rule){ 0 }, 1), 0);
	/* Refused as a whole, and nothing has changed. */
	assert_int_equal(filter_chain_set(IP4_HOOK_INPUT, true, many, FILTER_RULES_MAX), -ENOSPC);
	assert_int_equal(filter_rules(IP4_HOOK_INPUT), 0);
	assert_false(filter_policy_is_drop(IP4_HOOK_INPUT));
}

/* Mark and count rules that no packet matches together share a colour: any number of them fits. */
static void
test_disjoint_colours(void **state)
{
	static struct filter_rule many[400];

	(void)state;
	role_enter_ctl();
	for (unsigned int i = 0; i < RTE_DIM(many); i++)
		many[i] = (struct filter_rule){ .src = IP(10, 9, i / 250, 1 + i % 250),
						.src_plen = 32,
						.action = FILTER_MARK,
						.mark = i };
	assert_int_equal(filter_chain_set(IP4_HOOK_FORWARD, false, many, RTE_DIM(many)), 0);
	assert_int_equal(filter_chains[IP4_HOOK_FORWARD]->n_searches, 1);
	assert_int_equal(filter_chains[IP4_HOOK_FORWARD]->search[0].categories, 4);
}

static void
test_refused_rules(void **state)
{
	static const struct {
		enum ip4_hook_point at;
		struct filter_rule r;
	} bad[] = {
		{ IP4_HOOK_FORWARD, { .dport_set = true } },
		{ IP4_HOOK_FORWARD, { .sport_set = true, .proto_set = true, .proto = 1 } },
		{ IP4_HOOK_FORWARD, { .icmp_type_set = true, .proto_set = true, .proto = 6 } },
		{ IP4_HOOK_FORWARD, { .action = FILTER_REJECT, .reject = FILTER_TCP_RESET } },
		{ IP4_HOOK_POSTROUTING, { .action = FILTER_REJECT, .reject = 3 } },
		{ IP4_HOOK_FORWARD,
		  { .dport_set = true,
		    .proto_set = true,
		    .proto = 6,
		    .fragment = FILTER_FRAG_LATER } },
		{ IP4_HOOK_OUTPUT, { .iif = "p0" } },
		{ IP4_HOOK_PREROUTING, { .oif = "p0" } },
		{ IP4_HOOK_INPUT, { .oif = "p0" } },
	};

	(void)state;
	role_enter_ctl();
	for (unsigned int i = 0; i < RTE_DIM(bad); i++) {
		assert_int_equal(filter_rule_add(bad[i].at, &bad[i].r, 0), -EINVAL);
		assert_int_equal(filter_chain_set(bad[i].at, true, &bad[i].r, 1), -EINVAL);
		assert_int_equal(filter_rules(bad[i].at), 0);
	}
	assert_int_equal(
		filter_rule_add(
			IP4_HOOK_FORWARD,
			&(struct filter_rule){ .dport_set = true, .proto_set = true, .proto = 132 },
			0),
		0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_verdicts_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_counter_reuse, setup, teardown),
		cmocka_unit_test_setup_teardown(test_short, setup, teardown),
		cmocka_unit_test_setup_teardown(test_policy_and_lane, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reject_codes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reject_output, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tcp_reset, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ports_of_protocols, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ports_of_fragments, setup, teardown),
		cmocka_unit_test_setup_teardown(test_devices, setup, teardown),
		cmocka_unit_test_setup_teardown(test_output_devices, setup, teardown),
		cmocka_unit_test_setup_teardown(test_marks, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_disjoint_colours, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused_rules, setup, teardown),
	};

	if (fixture_eal() != 0)
		return 1;
	return cmocka_run_group_tests_name("filter/rules", tests, NULL, NULL);
}
