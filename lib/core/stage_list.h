/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CORE_STAGE_LIST_H
#define CORE_STAGE_LIST_H
/** @file The stages of the data path, in the order packets meet them: enum, names, counters. */
/* clang-format off */
#define STAGES(X)                                                                    \
	X(IDLE,         "idle",         "empty polls and housekeeping")              \
	X(RX,           "rx",           "receive bursts from port queues")           \
	X(IP4_FAST,     "ip4_fast",     "classify, look up, rewrite: the good case") \
	X(NETIF_RX,     "netif_rx",     "taps, VLAN, bridge hook, protocol demux")   \
	X(BRIDGE,       "bridge",       "learn, look up, forward, flood")            \
	X(ARP_RCV,      "arp_rcv",      "ARP requests and replies")                  \
	X(IP4_RCV,      "ip4_rcv",      "header checks with every reason")           \
	X(IP4_ROUTE,    "ip4_route",    "route lookup and verdict")                  \
	X(IP4_FORWARD,  "ip4_forward",  "TTL, MTU, options")                         \
	X(IP4_LOCAL,    "ip4_local",    "local delivery")                            \
	X(ICMP,         "icmp",         "ICMP input, replies and errors")            \
	X(FILTER,       "filter",       "packet filter")                             \
	X(IP4_OUTPUT,   "ip4_output",   "output and fragmentation")                  \
	X(NEIGH_OUTPUT, "neigh_output", "adjacency rewrite or wait for it")          \
	X(SCHED,        "sched",        "queue disciplines")                         \
	X(XMIT,         "xmit",         "virtual devices' transmission")             \
	X(TX,           "tx",           "transmit bursts to port queues")            \
	X(SLEEP,        "sleep",        "sleeping in power auto")
/* clang-format on */
enum stage {
#define X(id, name, text) STAGE_##id,
	STAGES(X)
#undef X
		STAGE_MAX
};
#endif
