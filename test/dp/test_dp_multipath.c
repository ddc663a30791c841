/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Several next hops on the wire: shares, affinity, fragments, next hop objects, resilient groups.
 *
 *	10.0.1.0/24 p1 --- [router] --- p2 10.0.2.0/24
 *	                            --- p3 10.0.3.0/24
 */
#include "dp.h"
#include <stdio.h>
#include <string.h>

#define FLOWS 65536
#define SOME  200 /* flows that are followed one by one */

static unsigned int p1, p2, p3;

static int
setup(void **state)
{
	dp_setup(state);
	p1 = dp_port("p1");
	p2 = dp_port("p2");
	p3 = dp_port("p3");
	for (unsigned int i = 1; i <= 3; i++)
		dp_cmd("ip addr add 10.0.%u.1/24 dev p%u", i, i);
	dp_cmd("ip neigh add 10.0.2.2 lladdr 02:00:00:00:01:02 dev p2");
	dp_cmd("ip neigh add 10.0.3.2 lladdr 02:00:00:00:01:03 dev p3");
	dp_cmd("sysctl net.ipv4.fib_multipath_hash_seed=4711");
	dp_cmd("ip nexthop add id 1 via 10.0.2.2 dev p2");
	dp_cmd("ip nexthop add id 2 via 10.0.3.2 dev p3");
	dp_cmd("ip nexthop add id 10 group 1/2,2");
	dp_cmd("ip route add 198.18.0.0/16 nhid 10");
	return 0;
}

/* Flow @p i of many: other addresses, ports, and another packet inside. */
static struct dp_frame
flow(unsigned int i)
{
	struct dp_frame f = dp_udp(p1, 2, "10.0.1.2", "198.18.0.0", 60);
	struct rte_ipv4_hdr *ip = dp_ip4(&f), *in = (struct rte_ipv4_hdr *)(ip + 1);
	struct rte_udp_hdr *udp = (struct rte_udp_hdr *)(ip + 1);

	ip->src_addr = rte_cpu_to_be_32(0x0a000102 + i % 16);
	ip->dst_addr = rte_cpu_to_be_32(0xc6120000 + i);
	if (i % 2 == 0) {
		udp->src_port = rte_cpu_to_be_16((uint16_t)i);
	} else {
		ip->next_proto_id = IPPROTO_IPIP;
		*in = (struct rte_ipv4_hdr){ .version_ihl = 0x45,
					     .src_addr = rte_cpu_to_be_32(0x14000000 + i),
					     .dst_addr = rte_cpu_to_be_32(0x15000000 + i / 3),
					     .next_proto_id = IPPROTO_UDP };
	}
	dp_fix_checksum(&f);
	return f;
}

/* The port that @p f leaves by. */
static unsigned int
leaves_by(const struct dp_frame *f)
{
	struct dp_frame got;
	bool two, three;

	dp_inject(p1, f);
	dp_run();
	two = dp_out(p2, &got);
	three = dp_out(p3, &got);
	assert_true(two != three);
	return two ? p2 : p3;
}

static void
shares_by_weight(void **state)
{
	(void)state;
	for (unsigned int policy = 0; policy <= 5; policy++) {
		unsigned int by2 = 0, by3 = 0;

		dp_cmd("sysctl net.ipv4.fib_multipath_hash_policy=%u", policy);
		for (unsigned int i = 0; i < FLOWS; i++) {
			struct dp_frame f = flow(i);

			dp_inject(p1, &f);
			if (i % 128 != 127)
				continue;
			dp_run();
			by2 += dp_discard(p2);
			by3 += dp_discard(p3);
		}
		print_message("policy %u: %u and %u\n", policy, by2, by3);
		assert_int_equal(by2 + by3, FLOWS);
		assert_true(by2 * 3.0 > FLOWS * 0.98 && by2 * 3.0 < FLOWS * 1.02);
		assert_true(by3 * 1.5 > FLOWS * 0.98 && by3 * 1.5 < FLOWS * 1.02);
	}
}

/* By policies that know flows, a flow stays; by the others, the fragments of a datagram do. */
static void
what_stays_together(void **state)
{
	(void)state;
	for (unsigned int policy = 0; policy <= 5; policy++) {
		unsigned int seen[2] = { 0 }, moved = 0;

		dp_cmd("sysctl net.ipv4.fib_multipath_hash_policy=%u", policy);
		for (unsigned int i = 0; i < SOME; i++) {
			struct dp_frame f = flow(i);
			unsigned int port = leaves_by(&f);

			moved += leaves_by(&f) != port;
			/* all pieces of a datagram, whatever stands where ports would */
			dp_ip4(&f)->packet_id = rte_cpu_to_be_16((uint16_t)i);
			dp_ip4(&f)->fragment_offset = RTE_BE16(0x2000);
			dp_fix_checksum(&f);
			port = leaves_by(&f);
			seen[port == p2]++;
			for (unsigned int k = 1; k < 4; k++) {
				dp_ip4(&f)->fragment_offset =
					rte_cpu_to_be_16((uint16_t)(k == 3 ? 24 : 0x2000 + k * 8));
				memset(dp_ip4(&f) + 1, (int)(17 * k), 20);
				dp_fix_checksum(&f);
				assert_int_equal(leaves_by(&f), port);
			}
		}
		assert_true(seen[0] > SOME / 10 && seen[1] > SOME / 10);
		if (policy < 4)
			assert_int_equal(moved, 0);
		else
			assert_true(moved > SOME / 10);
	}
	dp_cmd("sysctl net.ipv4.fib_multipath_hash_policy=0");
}

/* An error goes the way of the packets that it is about, which came from behind the group. */
static void
errors_follow_their_packets(void **state)
{
	unsigned int seen[2] = { 0 };

	(void)state;
	for (unsigned int i = 0; i < SOME; i++) {
		struct dp_frame f = flow(i), e = dp_udp(p1, 3, "10.0.1.3", "198.18.0.1", 60);
		uint8_t *icmp = (uint8_t *)(dp_ip4(&e) + 1);
		struct rte_ipv4_hdr *about = (struct rte_ipv4_hdr *)(icmp + 8);
		unsigned int port = leaves_by(&f);

		dp_ip4(&e)->next_proto_id = IPPROTO_ICMP;
		dp_ip4(&e)->dst_addr = rte_cpu_to_be_32(0xc612ff00 + i); /* a router behind it */
		memset(icmp, 0, 8);
		icmp[0] = i % 2 == 0 ? 3 : 11;
		*about = *dp_ip4(&f);
		about->src_addr = dp_ip4(&f)->dst_addr;
		about->dst_addr = dp_ip4(&f)->src_addr;
		dp_fix_checksum(&e);
		assert_int_equal(leaves_by(&e), port);
		for (unsigned int k = 0; k < 9; k++) /* as many are looked at side by side */
			dp_inject(p1, k == 4 ? &f : &e);
		dp_run();
		assert_int_equal(dp_discard(port), 9);
		seen[port == p2]++;
	}
	assert_true(seen[0] > SOME / 10 && seen[1] > SOME / 10);
}

/* Packet @p k of burst @p i: of another kind, and another flow. */
static struct dp_frame
kind(unsigned int i, unsigned int k)
{
	static const uint8_t protos[] = { IPPROTO_UDP, IPPROTO_TCP, IPPROTO_SCTP, IPPROTO_ICMP,
					  IPPROTO_UDP, IPPROTO_UDP, IPPROTO_ESP,  IPPROTO_TCP };
	struct dp_frame f = flow(2 * (i * RTE_DIM(protos) + k));
	struct rte_ipv4_hdr *ip = dp_ip4(&f);
	uint8_t *l4 = (uint8_t *)(ip + 1);

	ip->packet_id = rte_cpu_to_be_16((uint16_t)k);
	ip->next_proto_id = protos[k];
	memcpy(l4 + 2, &(rte_be16_t){ rte_cpu_to_be_16((uint16_t)(i * 4001)) }, 2);
	if (k == 3) { /* an error */
		l4[0] = 3;
		memcpy(l4 + 8, ip, sizeof(*ip));
		memset(l4 + 8 + 12, (int)i, 8); /* about other addresses */
	} else if (k == 4) {
		ip->fragment_offset = RTE_BE16(0x2000);
	} else if (k == 5) { /* no room for ports */
		ip->total_length = RTE_BE16(sizeof(*ip) + 3);
	}
	dp_fix_checksum(&f);
	return f;
}

/* Side by side in a burst, packets go where each goes by itself. */
static void
a_burst_goes_as_each_of_it(void **state)
{
	(void)state;
	for (unsigned int policy = 0; policy < 4; policy++) {
		unsigned int seen[2] = { 0 };

		dp_cmd("sysctl net.ipv4.fib_multipath_hash_policy=%u", policy);
		for (unsigned int i = 0; i < SOME; i++) {
			unsigned int alone[8], n = 0;
			struct dp_frame f;

			for (unsigned int k = 0; k < 8; k++) {
				f = kind(i, k);
				alone[k] = leaves_by(&f);
			}
			for (unsigned int k = 0; k < 8; k++) {
				f = kind(i, k);
				dp_inject(p1, &f);
			}
			dp_run();
			for (unsigned int port = p2; port <= p3; port++)
				for (; dp_out(port, &f); n++) {
					assert_int_equal(alone[dp_ip4(&f)->packet_id >> 8], port);
					seen[port == p2]++;
				}
			assert_int_equal(n, 8);
		}
		assert_true(seen[0] > SOME && seen[1] > SOME);
	}
	dp_cmd("sysctl net.ipv4.fib_multipath_hash_policy=0");
}

static void
an_object_is_its_neighbour(void **state)
{
	struct dp_frame f = dp_udp(p1, 2, "10.0.1.2", "198.19.0.1", 20), want;

	(void)state;
	dp_cmd("ip route add 198.19.0.0/16 nhid 1");
	want = dp_forwarded(&f, p2, 2);
	dp_inject(p1, &f);
	dp_run();
	dp_expect(p2, &want);
	/* another MAC address */
	dp_cmd("ip neigh replace 10.0.2.2 lladdr 02:00:00:00:01:22 dev p2");
	want = dp_forwarded(&f, p2, 0x22);
	dp_inject(p1, &f);
	dp_run();
	dp_expect(p2, &want);
	/* one that is not known yet: the packet waits for ARP */
	dp_cmd("ip nexthop replace id 1 via 10.0.2.9 dev p2");
	dp_inject(p1, &f);
	dp_run();
	assert_true(dp_out(p2, &want));
	assert_int_equal(want.b[13], 0x06); /* who has 10.0.2.9? */
	dp_cmd("ip neigh replace 10.0.2.9 lladdr 02:00:00:00:01:09 dev p2");
	dp_run();
	want = dp_forwarded(&f, p2, 9);
	dp_expect(p2, &want);
	dp_cmd("ip nexthop replace id 1 via 10.0.2.2 dev p2");
	want = dp_forwarded(&f, p2, 0x22);
	dp_inject(p1, &f);
	dp_run();
	dp_expect(p2, &want);
	/* on-link: the destination is the neighbour */
	dp_cmd("ip nexthop add id 3 dev p2");
	dp_cmd("ip route add 198.20.0.0/16 nhid 3");
	dp_cmd("ip neigh add 198.20.0.7 lladdr 02:00:00:00:01:07 dev p2");
	f = dp_udp(p1, 2, "10.0.1.2", "198.20.0.7", 20);
	want = dp_forwarded(&f, p2, 7);
	dp_inject(p1, &f);
	dp_run();
	dp_expect(p2, &want);
	dp_cmd("ip nexthop del id 3");
	dp_cmd("ip route del 198.19.0.0/16");
	dp_expect_none(p3);
}

/* A way back by a group is one by each of its members. */
static void
reverse_path_by_members(void **state)
{
	struct dp_frame f = dp_udp(p2, 2, "198.18.0.7", "10.0.3.2", 20), got;

	(void)state;
	for (unsigned int i = 1; i <= 3; i++)
		dp_cmd("sysctl net.ipv4.conf.p%u.rp_filter=1", i);
	for (unsigned int t = 0; t < 2; t++) {
		if (t == 1) {
			dp_cmd("ip nexthop add id 12 group 1/2 type resilient buckets 999");
			dp_cmd("ip route replace 198.18.0.0/16 nhid 12");
		}
		dp_inject(p2, &f);
		dp_run();
		assert_true(dp_out(p3, &got));
		f = dp_udp(p1, 2, "198.18.0.7", "10.0.3.2", 20);
		dp_drops_clear();
		dp_inject(p1, &f);
		dp_run();
		dp_expect_none(p3);
		assert_int_equal(dp_drops("ip4_rp_filter"), 1);
		f = dp_udp(p3, 2, "198.18.0.7", "10.0.2.2", 20);
		dp_inject(p3, &f);
		dp_run();
		assert_true(dp_out(p2, &got));
		f = dp_udp(p2, 2, "198.18.0.7", "10.0.3.2", 20);
	}
	for (unsigned int i = 1; i <= 3; i++)
		dp_cmd("sysctl net.ipv4.conf.p%u.rp_filter=0", i);
	dp_cmd("ip route replace 198.18.0.0/16 nhid 10");
	dp_cmd("ip nexthop del id 12");
}

static unsigned int at[SOME];

/* How many flows leave by another port than before; how many of all by p3. */
static unsigned int
count_moved(unsigned int *by3)
{
	unsigned int moved = 0;

	*by3 = 0;
	for (unsigned int i = 0; i < SOME; i++) {
		struct dp_frame f = flow(i);
		unsigned int port = leaves_by(&f);

		moved += port != at[i];
		*by3 += port == p3;
		at[i] = port;
	}
	return moved;
}

/* How many buckets of resilient groups lead by object @p id. */
static unsigned int
buckets_of(unsigned int id)
{
	unsigned int n = 0;

	dp_cmd("ip nexthop bucket show nhid %u", id);
	for (const char *p = dp_cmd_output(); *p != '\0'; p++)
		n += *p == '\n';
	return n;
}

static void
resilient_groups_keep_flows(void **state)
{
	unsigned int by3, moved, k;

	(void)state;
	dp_cmd("ip nexthop add id 11 group 1/2 type resilient buckets 200 idle_timer 2");
	dp_cmd("ip route replace 198.18.0.0/16 nhid 11");
	count_moved(&by3);
	assert_true(by3 > SOME / 4 && by3 < SOME * 3 / 4);
	assert_int_equal(count_moved(&k), 0);
	/* Its member by p3 goes: so do its flows, and no other. */
	dp_cmd("ip link set p3 down");
	moved = count_moved(&k);
	assert_int_equal(k, 0);
	assert_int_equal(moved, by3);
	/* There again: flows that go on stay, for as long as they do. */
	dp_cmd("ip link set p3 up");
	dp_cmd("ip neigh replace 10.0.3.2 lladdr 02:00:00:00:01:03 dev p3");
	dp_cmd("ip nexthop add id 2 via 10.0.3.2 dev p3");
	dp_cmd("ip nexthop replace id 11 group 1/2 type resilient");
	for (unsigned int i = 0; i < 8; i++) {
		assert_int_equal(count_moved(&k), 0);
		dp_run_ms(500);
	}
	/* Those that pause may find another way when they go on; but buckets that nobody used went
	 * first, so it takes few of them. */
	assert_true(buckets_of(2) > 0 && buckets_of(2) < 100);
	dp_run_ms(4000);
	assert_int_equal(buckets_of(2), 100);
	moved = count_moved(&by3);
	assert_int_equal(moved, by3);
	assert_true(by3 > 0 && by3 < SOME / 2);
	/* In balance again: nothing moves any more. */
	dp_run_ms(4000);
	assert_int_equal(count_moved(&k), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shares_by_weight),
		cmocka_unit_test(what_stays_together),
		cmocka_unit_test(errors_follow_their_packets),
		cmocka_unit_test(a_burst_goes_as_each_of_it),
		cmocka_unit_test(an_object_is_its_neighbour),
		cmocka_unit_test(reverse_path_by_members),
		cmocka_unit_test(resilient_groups_keep_flows),
	};

	return cmocka_run_group_tests_name("dp/multipath", tests, setup, dp_teardown);
}
