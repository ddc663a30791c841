/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IGMP to a bridge that snoops: what is said of groups, in any order, with any lengths and sources.
 * An input begins with a byte for the bridge; then records: a byte of flags, a byte of length, the
 * message. After each input nothing may be lost, and no group may be left.
 */
#include <string.h>
#include "../dp/dp.h"
#include "bridge/br_igmp_proto.h"
#include "fuzz.h"

enum {
	F_PORT2 = 1 << 0,    /* by p2, else by p1 */
	F_CHECKSUM = 1 << 1, /* made right */
	F_VLAN = 1 << 2,     /* in VLAN 10 */
	F_PIM = 1 << 3,
	F_DATA = 1 << 4,     /* a datagram to the group that the message names */
	F_SEGMENTS = 1 << 5, /* in a chain of small buffers */
	F_TIME = 1 << 6,     /* some pass first */
	F_FAST = 1 << 7,     /* p2 has one host */
};
#define MESSAGES_MAX 64

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fuzz_router_start();
	dp_cmd("ip link add br0 type bridge vlan_filtering 1");
	dp_cmd("ip link set br0 up");
	for (unsigned int n = 1; n <= 2; n++) {
		dp_cmd("ip link set p%u master br0", n);
		dp_cmd("bridge vlan add dev p%u vid 10", n);
	}
	dp_cmd("ip link set br0 type bridge mcast_query_response_interval 1 "
	       "mcast_last_member_interval 1 mcast_hash_max 32");
	return 0;
}

static void
one_message(struct fuzz_in *in)
{
	uint8_t flags = fuzz_u8(in), len = fuzz_u8(in), to = fuzz_u8(in);
	struct dp_frame f = { .len = RTE_ETHER_HDR_LEN + 20 };
	struct rte_ether_hdr *eh = (struct rte_ether_hdr *)f.b;
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(eh + 1);
	uint8_t *msg = (uint8_t *)(ip + 1);
	size_t n = fuzz_bytes(in, msg, len);
	uint16_t sum = 0;

	f.len += (uint32_t)n;
	memcpy(eh, (const uint8_t[]){ 1, 0, 0x5e, 0, 0, to, 2, 0, 0, 0, 1, 9, 8, 0 }, 14);
	*ip = (struct rte_ipv4_hdr){ .version_ihl = 0x45,
				     .total_length = rte_cpu_to_be_16((uint16_t)(20 + n)),
				     .time_to_live = 1,
				     .next_proto_id = flags & F_PIM ? IPPROTO_PIM_ : IPPROTO_IGMP_,
				     .src_addr = RTE_BE32(0x0a000009),
				     .dst_addr = RTE_BE32(0xe0000000) | (uint32_t)to << 24 };
	if (flags & F_DATA && n >= IGMP_LEN) {
		memcpy(&ip->dst_addr, msg + 4, 4);
		ip->next_proto_id = IPPROTO_UDP;
	}
	if (flags & F_CHECKSUM && n >= IGMP_LEN) {
		memcpy(msg + 2, &sum, 2);
		sum = (uint16_t)~rte_raw_cksum(msg, n);
		memcpy(msg + 2, &sum, 2);
	}
	if (flags & F_VLAN)
		dp_tag(&f, 10);
	if (flags & F_TIME)
		dp_run_ms(15);
	dp_cmd("bridge link set dev p2 fastleave %s", flags & F_FAST ? "on" : "off");
	if (flags & F_SEGMENTS)
		dp_inject_segments(flags & F_PORT2 ? 2 : 1, &f, 1 + f.len / 4);
	else
		dp_inject(flags & F_PORT2 ? 2 : 1, &f);
	dp_run();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = { data, size };
	uint8_t how = fuzz_u8(&in);

	dp_cmd("ip link set br0 type bridge mcast_igmp_version %d mcast_querier %d "
	       "mcast_vlan_snooping %d",
	       how & 1 ? 3 : 2, how >> 1 & 1, how >> 2 & 1);
	dp_cmd("bridge vlan global set dev br0 vid 10 mcast_igmp_version %d mcast_querier %d "
	       "mcast_snooping %d mcast_query_response_interval 1 mcast_last_member_interval 1",
	       how >> 3 & 1 ? 3 : 2, how >> 4 & 1, how >> 5 & 1);
	dp_cmd("bridge vlan set dev p2 vid 10 mcast_router %d mcast_max_groups %d",
	       how >> 6 & 1 ? 3 : 1, how >> 7 & 1 ? 3 : 0);
	for (unsigned int i = 0; i < MESSAGES_MAX && in.left > 0; i++)
		one_message(&in);
	dp_cmd("bridge mdb flush dev br0");
	dp_cmd("bridge mdb show");
	fuzz_require(strstr(dp_cmd_output(), "grp") == NULL, "a group stays");
	dp_cmd("ip link set br0 type bridge mcast_snooping 0");
	dp_cmd("ip link set br0 type bridge mcast_snooping 1");
	fuzz_router_settle();
	return 0;
}
