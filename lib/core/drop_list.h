/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CORE_DROP_LIST_H
#define CORE_DROP_LIST_H
/**
 * @file
 * Every reason a packet can die, in one list: X(id, module, sentence). The enum, the counters, the
 * names (lower case of the id) and docs/drops.md are generated from it; test/lint/gen_drops.py
 * checks that each id is used and starts with its module's prefix.
 */
/* clang-format off */
#define DROP_REASONS(X)                                                                                      \
	X(SKB_NO_MBUF,             "skb",    "no mbuf left for a copy, a clone or a new packet")             \
	X(SKB_TOO_SHORT,           "skb",    "a header does not fit into the data (underrun)")               \
	X(NETDEV_DOWN,             "netdev", "the device is administratively down")                          \
	X(NETDEV_NO_CARRIER,       "netdev", "the device has no carrier")                                    \
	X(NETDEV_TX_FULL,          "netdev", "the port's transmit queue and its buffer are full")            \
	X(NETDEV_SPREAD_FULL,      "netdev", "the ring to the worker of its flow is full (port config spread)") \
	X(NETDEV_TX_OVERSIZE,      "netdev", "frame longer than the device's MTU allows")                    \
	X(NETDEV_RUNT,             "netdev", "frame shorter than an Ethernet header")                        \
	X(NETDEV_OTHERHOST,        "netdev", "unicast to another station's MAC address (RFC 1812 5.2.1.2)")  \
	X(NETDEV_BAD_SOURCE_MAC,   "netdev", "source MAC address is a group address or zero (IEEE 802-2014 8.2)") \
	X(NETDEV_UNKNOWN_PROTO,    "netdev", "no handler for this ethertype, LLC SAP or SNAP protocol")      \
	X(NETDEV_BAD_LLC,          "netdev", "802.3 length or LLC/SNAP header does not fit the frame")       \
	X(NETDEV_UNKNOWN_VLAN,     "netdev", "VLAN tag without a VLAN device on this port")                  \
	X(NETDEV_BAD_VLAN,         "netdev", "VLAN tag cut short or VLAN identifier 4095 (802.1Q 9.6)")      \
	X(NETDEV_LOOP,             "netdev", "packet passed too many virtual devices")                       \
	X(NETDEV_BACKLOG_FULL,     "netdev", "loopback backlog is full")                                     \
	X(NETDEV_GONE,             "netdev", "the device was removed while the packet was in flight")        \
	X(MSG_BPDU_FULL,           "msg",    "ring to the control thread full: BPDUs")                       \
	X(MSG_ARP_FULL,            "msg",    "ring to the control thread full: what was heard in ARP")       \
	X(MSG_RESOLVE_FULL,        "msg",    "ring to the control thread full: packets without a neighbour") \
	X(MSG_LOCAL_FULL,          "msg",    "ring to the control thread full: local delivery")              \
	X(MSG_ROUTING_FULL,        "msg",    "ring to the control thread full: packets for the host's routing daemons") \
	X(MSG_HOST_FULL,           "msg",    "ring to the control thread full: packets for the host's programs") \
	X(MSG_OTHER_FULL,          "msg",    "ring to the control thread full: everything else")             \
	X(BR_STP_BLOCKING,         "br",     "the port's state does not forward (802.1D-2004 7.5, 7.7)")      \
	X(BR_SAME_PORT,            "br",     "the destination is where the frame came from (802.1D-2004 7.7.2)") \
	X(BR_ISOLATED,             "br",     "both ports are isolated")                                      \
	X(BR_LOCKED,               "br",     "source unknown at a locked port")                              \
	X(BR_NO_PVID,              "br",     "untagged frame, and the port has no PVID (802.1Q-2011 6.9)")   \
	X(BR_VLAN_INGRESS,         "br",     "the port is no member of the frame's VLAN (802.1Q-2011 8.6.2)") \
	X(BR_VLAN_EGRESS,          "br",     "the destination is no member of the VLAN (802.1Q-2011 8.8.2)") \
	X(BR_MTU,                  "br",     "frame longer than the port it leaves by takes (802.1D-2004 6.3.8)") \
	X(BR_NO_PORT,              "br",     "no port to flood to")                                          \
	X(BR_NO_MEMBER,            "br",     "group that no port has joined, and no router (RFC 4541 2.1.2 (3))") \
	X(BR_BAD_IGMP,             "br",     "multicast with a malformed IPv4 or IGMP header, or a wrong IGMP checksum (RFC 3376 4)") \
	X(BR_STORM,                "br",     "more broadcasts, multicasts or unknown unicasts than the port's limit") \
	X(BR_NO_STP,               "br",     "BPDU, and the bridge runs no spanning tree (802.1D-2004 7.12.6)") \
	X(BR_BAD_BPDU,             "br",     "frame to the bridge group address that is no BPDU (802.1D-2004 9.2)") \
	X(BR_PAUSE,                "br",     "PAUSE frame (802.3 annex 31B): for the link, not for the bridge") \
	X(ARP_RUNT,                "arp",    "shorter than an ARP header with Ethernet and IPv4 addresses")  \
	X(ARP_BAD_HTYPE,           "arp",    "hardware type (ar$hrd) is not Ethernet (RFC 826)")             \
	X(ARP_BAD_PTYPE,           "arp",    "protocol type (ar$pro) is not IPv4 (RFC 826)")                 \
	X(ARP_BAD_HLEN,            "arp",    "hardware address length (ar$hln) is not 6 (RFC 826)")          \
	X(ARP_BAD_PLEN,            "arp",    "protocol address length (ar$pln) is not 4 (RFC 826)")          \
	X(ARP_BAD_OP,              "arp",    "operation is neither request nor reply")                       \
	X(ARP_BAD_SENDER_MAC,      "arp",    "sender hardware address is a group address or zero")           \
	X(ARP_BAD_SENDER_IP,       "arp",    "sender protocol address is multicast, broadcast or loopback")  \
	X(ARP_BAD_TARGET_IP,       "arp",    "target protocol address is multicast, broadcast or loopback")  \
	X(ARP_NOARP,               "arp",    "the device does not do ARP (IFF_NOARP, loopback)")            \
	X(ARP_RP_FILTER,           "arp",    "packets to the sender would not leave by this device (rp_filter)") \
	X(ARP_LOOPED,              "arp",    "sender hardware address is our own: our frame came back")      \
	X(ARP_IGNORED,             "arp",    "a tunable says not to answer (arp_ignore, arp_filter, ...)")   \
	X(ARP_NOT_FOR_US,          "arp",    "target address is not ours")                                   \
	X(ARP_OWN_ADDRESS,         "arp",    "another station claims one of our addresses (RFC 5227 2.4)")   \
	X(ARP_PROXY_FULL,          "arp",    "proxy_qlen requests wait for their delayed answer already")    \
	X(ARP_OVER_BUDGET,         "arp",    "more ARP from this port than its budget of a round of the worker")\
	X(NEIGH_UNRESOLVED,        "neigh",  "queue of packets that wait for resolution overflowed")         \
	X(NEIGH_OVER_BUDGET,       "neigh",  "packet for an unresolved neighbour, beside other traffic, over the worker's budget") \
	X(NEIGH_FAILED,            "neigh",  "next hop did not answer ARP (RFC 1122 2.3.2.2)")               \
	X(NEIGH_TABLE_FULL,        "neigh",  "neighbour table is at gc_thresh3 and nothing could go")        \
	X(IP4_TRUNCATED,           "ip4",    "frame is shorter than an IPv4 header")                         \
	X(IP4_BAD_VERSION,         "ip4",    "version is not 4 (RFC 1812 5.2.2 (3))")                        \
	X(IP4_BAD_IHL,             "ip4",    "IHL below 5, or past the data (RFC 1812 5.2.2 (4))")           \
	X(IP4_BAD_LENGTH,          "ip4",    "total length below the header, or past the frame (RFC 1812 5.2.2 (5))") \
	X(IP4_BAD_CHECKSUM,        "ip4",    "header checksum is wrong (RFC 1812 5.2.2 (2))")                \
	X(IP4_MARTIAN_SOURCE,      "ip4",    "source address can not be a host's (RFC 1812 5.3.7)")          \
	X(IP4_MARTIAN_DESTINATION, "ip4",    "destination may not be on a wire (RFC 1812 5.3.7)")            \
	X(IP4_RP_FILTER,           "ip4",    "reverse path filter (RFC 3704 2.2)")                           \
	X(IP4_BAD_OPTION,          "ip4",    "malformed IP option (RFC 1122 3.2.1.8)")                       \
	X(IP4_SOURCE_ROUTE,        "ip4",    "source route refused by accept_source_route (RFC 7126 4.3)")   \
	X(IP4_LINK_BROADCAST,      "ip4",    "link-layer broadcast with a unicast destination (RFC 1122 3.3.6)") \
	X(IP4_FORWARDING_OFF,      "ip4",    "not ours, and forwarding is off on the device")                \
	X(IP4_TTL_EXPIRED,         "ip4",    "TTL expired in transit (RFC 1812 5.3.1)")                      \
	X(IP4_NO_ROUTE,            "ip4",    "no route to the destination (RFC 1812 5.2.7.1)")               \
	X(IP4_BLACKHOLE,           "ip4",    "route of type blackhole")                                      \
	X(IP4_UNREACHABLE,         "ip4",    "route of type unreachable")                                    \
	X(IP4_PROHIBIT,            "ip4",    "route of type prohibit")                                       \
	X(IP4_MULTICAST,           "ip4",    "multicast that nobody here has joined")                        \
	X(IP4_BROADCAST,           "ip4",    "broadcast that nobody here listens to")                        \
	X(IP4_FRAG_NEEDED,         "ip4",    "larger than the MTU with DF set (RFC 1191 4)")                 \
	X(IP4_FRAG_FAILED,         "ip4",    "MTU leaves no room for a fragment")                            \
	X(IP4_REASM_OVERLAP,       "ip4",    "fragment overlaps another (RFC 5722 4, applied to IPv4)")      \
	X(IP4_REASM_DUPLICATE,     "ip4",    "fragment that was here already (RFC 791 3.2)")                 \
	X(IP4_REASM_TIMEOUT,       "ip4",    "fragments did not complete in ipfrag_time (RFC 1122 3.3.2)")   \
	X(IP4_REASM_OVERSIZE,      "ip4",    "fragments add up to more than 65535 bytes")                    \
	X(IP4_REASM_MEMORY,        "ip4",    "reassembly is at its memory limit")                            \
	X(IP4_REASM_BAD,           "ip4",    "fragment of zero length, or not a multiple of 8 (RFC 791 3.2)") \
	X(IP4_REASM_TOO_FAR,       "ip4",    "too many fragments of the source since the last of the datagram (ipfrag_max_dist)") \
	X(IP4_FRAG_TINY,           "ip4",    "TCP fragment that hides the flags from filters (RFC 1858 3, RFC 3128)") \
	X(IP4_UNKNOWN_PROTO,       "ip4",    "no handler for this IP protocol (RFC 1122 3.2.2.1)")           \
	X(IP4_NO_SOCKET,           "ip4",    "no listener on this port (RFC 1122 4.1.3.1)")                  \
	X(IP4_SOCKET_FULL,         "ip4",    "the consumer's queue is full (net.core.rmem_default)")         \
	X(IP4_SOCKET_CLOSED,       "ip4",    "the consumer went away before it read this")                   \
	X(UDP_TRUNCATED,           "udp",    "shorter than a UDP header")                                    \
	X(UDP_BAD_LENGTH,          "udp",    "UDP length below the header, or past the datagram (RFC 768)")  \
	X(UDP_BAD_CHECKSUM,        "udp",    "UDP checksum is wrong (RFC 1122 4.1.3.4)")                     \
	X(ICMP_TRUNCATED,          "icmp",   "shorter than an ICMP header")                                  \
	X(ICMP_BAD_CHECKSUM,       "icmp",   "ICMP checksum is wrong")                                       \
	X(ICMP_BAD_TYPE,           "icmp",   "unknown ICMP type, discarded silently (RFC 1122 3.2.2)")       \
	X(ICMP_IGNORED,            "icmp",   "a tunable says not to answer (icmp_echo_ignore_all, ...)")      \
	X(ICMP_BOGUS_ERROR,        "icmp",   "error about a packet to a broadcast (RFC 1122 3.2.2)")         \
	X(FILTER_DROP,             "filter", "a rule of the packet filter, or a chain's policy, says drop")  \
	X(SCHED_FULL,              "sched",  "the queue discipline holds as much as it may")                 \
	X(SCHED_BURST,             "sched",  "frame longer than the token bucket is deep")                   \
	X(SCHED_RESET,             "sched",  "the queue discipline went while the frame waited in it")       \
	X(IPIP_RECURSION,          "ipip",   "the tunnel's other end is reached through the tunnel itself (RFC 2003 3.1)") \
	X(IPIP_NO_ROUTE,           "ipip",   "no route to the tunnel's other end")                           \
	X(IPIP_NOT_IP4,            "ipip",   "not an IPv4 packet: the tunnel carries nothing else")          \
	X(IPIP_NO_TUNNEL,          "ipip",   "no tunnel between these two addresses")                        \
	X(IPIP_FRAG_NEEDED,        "ipip",   "larger than the tunnel's path carries, with DF set (RFC 2003 5.1)") \
	X(IPIP_UNREACHABLE,        "ipip",   "an earlier packet did not reach the tunnel's other end (RFC 2003 5)") \
	X(IPIP_ECN,                "ipip",   "congestion along the tunnel, and a packet that can not say so (RFC 6040 4.2)") \
	X(HOST_REFUSED,            "host",   "the host's kernel does not take the packet (its device is down)") \
	X(FILTER_REJECT,           "filter", "a rule of the packet filter says reject; the source is told")
/* clang-format on */
#endif
