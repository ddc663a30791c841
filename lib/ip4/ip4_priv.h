/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_PRIV_H
#define IP4_PRIV_H
/** @file What the files of ip4 share and nobody else needs. */
#include <string.h>
#include <rte_jhash.h>
#include "core/explain.h"
#include "core/msg.h"
#include "ip4/icmp_proto.h"
#include "ip4/inetpeer_dp.h"
#include "ip4/ip4_defrag_dp.h"
#include "ip4/ip4_dp.h"
#include "ip4/ip4_exc_dp.h"
#include "ip4/ip4_hook_dp.h"
#include "ip4/ip4_key_dp.h"
#include "ip4/ip4_mib_dp.h"
#include "ip4/ip4_mpath_dp.h"
#include "ip4/ip4_own_dp.h"
#include "ip4/ip4_pmtu_dp.h"
#include "ip4/ip4_proto.h"

#define ETHERTYPE_IP4 0x0800u

/** What the option parser found; offsets are from the IP header, 0: absent. In skb->cb while a
 * packet is in ip4's hands. */
struct ip_options {
	rte_be32_t nexthop; /* source route: where the packet goes next */
	uint8_t optlen;	    /* bytes of options */
	uint8_t srr, rr, ts, router_alert;
	uint8_t flags; /* IPOPT_F_* */
};
#define IPOPT_F_STRICT	   0x01 /* the source route is a strict one */
#define IPOPT_F_SRR_HIT	   0x02 /* we are its next stop: rewrite destination when forwarding */
#define IPOPT_F_RR_ADDR	   0x04 /* a record route slot is free */
#define IPOPT_F_TS_TIME	   0x08 /* timestamp slot: write the time ... */
#define IPOPT_F_TS_ADDR	   0x10 /* ... behind our address */
#define IPOPT_F_TS_FULL	   0x20 /* no slot: count the overflow */
#define IPOPT_F_TS_PRESPEC 0x40 /* the slot names an address: ours? */

_Static_assert(sizeof(struct ip_options) <= sizeof(((struct sk_buff *)0)->cb), "fits cb");
static inline struct ip_options *
ip_opt(struct sk_buff *skb)
{
	return (struct ip_options *)skb->cb;
}
static inline unsigned int
ip_hdrlen(const struct rte_ipv4_hdr *iph)
{
	return (unsigned int)(iph->version_ihl & 0x0f) * 4;
}

/** Compute and store the header checksum. */
static inline void
ip_send_check(struct rte_ipv4_hdr *iph)
{
	const struct {
		uint32_t v;
	} __rte_packed *word = (const void *)iph;
	unsigned int n = iph->version_ihl & 0x0f;
	uint64_t sum;

	sum = (uint64_t)word[0].v + word[1].v + word[2].v + word[3].v + word[4].v;
	for (unsigned int i = 5; i < n; i++)
		sum += word[i].v;
	sum += (uint16_t)~iph->hdr_checksum; /* what stands there comes to nothing */
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	iph->hdr_checksum = (uint16_t) ~(sum + (sum >> 16));
}

/** TTL - 1 and the checksum of it: RFC 1624 (eqn. 3) as RFC 1141 writes it; a stored 0xffff (minus
 * zero) comes out right too. */
static inline void
ip_decrease_ttl(struct rte_ipv4_hdr *iph)
{
	uint32_t check = iph->hdr_checksum + (uint32_t)rte_cpu_to_be_16(0x0100);

	iph->hdr_checksum = (uint16_t)(check + (check >= 0xffff));
	iph->time_to_live--;
}

/** Bytes of IP that fit through the adjacency. Only resolved ones carry it. */
static inline uint32_t
ip4_adj_mtu(const struct adj *a)
{
	if (likely(a->mtu != 0))
		return a->mtu;
	return a->unresolved_mtu == 0 ? a->dev->mtu : RTE_MIN(a->unresolved_mtu, a->dev->mtu);
}
/** What of it goes to @p dst in one piece: by link and route, and by the path where that is known.
 * What is forwarded is for link and route alone to bound, unless ip_forward_use_pmtu. */
static inline uint32_t
ip4_mtu_to(rte_be32_t dst, const struct adj *a, bool forwarded)
{
	uint32_t mtu = ip4_adj_mtu(a), path;
	bool locked;

	if (forwarded && likely(!ip4_pmtu_conf.ip_forward_use_pmtu))
		return mtu;
	path = ip4_pmtu(dst, a, &locked);
	return path != 0 ? RTE_MIN(mtu, path) : mtu;
}
/** Does a packet that ends here leave by a device? */
static inline bool
ip4_adj_is_unicast(const struct adj *a)
{
	return a->type == ADJ_REWRITE || adj_is_unresolved(a);
}
/** The address that the packet is handed to on the link. */
static inline rte_be32_t
ip4_adj_nexthop(const struct adj *a, rte_be32_t dst)
{
	return a->gw != 0 ? a->gw : dst;
}
/** For an explained packet: what of rules, tables and routes led to adjacency @p idx, of several
 * next hops the one that @p hash chooses. */
void ip4_explain_route(struct worker *w, const struct sk_buff *skb, uint32_t idx, uint32_t hash);
/** Where such packets go, groups as they are: what neigh_route() is. */
const struct adj *ip4_route_adj(rte_be32_t src, rte_be32_t dst, uint32_t iif);
/** The adjacency for a packet that is made here. 127/8 is ourselves: the compiled table, which is
 * for packets off the wire, calls it martian. */
static inline const struct adj *
ip4_route_output(const struct fib_key *k)
{
	const struct adj *a;

	if (unlikely(ip4_is_loopback(k->dst)))
		return adj_get(ADJ_IDX_LOCAL);
	a = adj_get(fib_route_dp(k));
	return likely(a->type != ADJ_GROUP) ? a : adj_resolve_group(a, ip4_key_hash(k));
}
/** The same by addresses and tos alone. */
static inline const struct adj *
ip4_lookup_tos(rte_be32_t src, rte_be32_t dst, uint8_t tos)
{
	struct fib_key k = { .src = rte_be_to_cpu_32(src),
			     .dst = rte_be_to_cpu_32(dst),
			     .iif = FIB_IIF_LOCAL,
			     .tos = tos };

	return ip4_route_output(&k);
}
static inline const struct adj *
ip4_lookup(rte_be32_t src, rte_be32_t dst)
{
	return ip4_lookup_tos(src, dst, 0);
}

/** Does the way back to a source, @p back, allow it to come by @p dev? @p rpf: the value of
 * rp_filter, 1 strict or 2 loose (RFC 3704 2.2, 2.4). */
bool ip4_reverse_path(const struct adj *back, const struct net_device *dev, int rpf);

/** Table main alone: where a subnet's link is. */
extern const struct fib_table_dp *ip4_main_table;
/** The loopback device, where packets to ourselves go; RCU, NULL while there is none. */
extern struct net_device *ip4_loopback;
/** Message types of packets to the control thread; -1 before ip4_init(). */
extern int ip4_msg_sock, ip4_msg_log;
/** Handlers by protocol number. */
extern inet_proto_fn inet_protos[256];
extern inet_error_fn inet_errors[256]; /* those that hear of errors */

/** What sockets wait for: written by the control thread, word by word. */
struct ip4_wanted {
	uint64_t port[65536 / 64]; /* UDP ports */
	uint64_t raw[4], alert[4]; /* protocols with a raw socket; those that want router alerts */
	uint32_t icmp_types;	   /* of ICMP, these types; with type 31 all above it */
	uint32_t ping, any;	   /* is there a socket for echo replies? any socket at all? */
};
extern struct ip4_wanted ip4_wanted;
static inline bool
ip4_wants_bit(const uint64_t *bits, unsigned int n)
{
	return __atomic_load_n(&bits[n / 64], __ATOMIC_RELAXED) >> (n % 64) & 1;
}
static inline bool
ip4_wants_port(rte_be16_t port)
{
	return ip4_wants_bit(ip4_wanted.port, rte_be_to_cpu_16(port));
}
/** What a message to the sockets is about. */
enum { IP4_TO_UDP, IP4_TO_PING, IP4_TO_ERROR, IP4_TO_RAW, IP4_TO_ALERT };
/** Hand the packet to the sockets. */
void ip4_to_sock(struct worker *w, struct sk_buff *skb, uint32_t kind) DP_ONLY;
/** Drop what was sent to a group: nobody answers for one (RFC 1122 3.2.2). Was it? */
bool ip4_drop_group(struct worker *w, struct sk_buff *skb) DP_ONLY;
/** Nobody is here for the packet's protocol: protocol unreachable, or silence. */
void ip4_no_proto(struct worker *w, struct sk_buff *skb) DP_ONLY;
/** A packet that waited in a ring: its device may have gone, its adjacency surely has. false: so is
 * the packet. */
bool ip4_still_valid(struct sk_buff *skb) CTL_ONLY;

/** InNoECTPkts ... InCEPkts of one packet (RFC 3168 5). */
static inline void
ip4_count_ecn(struct worker *w, uint8_t tos)
{
	counter_inc(w, &ipext_mib, IPEXT_InNoECTPkts + (tos & 3));
}

/* --- options (ip4_options_dp.c) --- */
/** Parse the options of the header at the network header into ip_opt(skb). DROP_MAX, or the
 * reason with *@p pointer the octet at fault (RFC 792). Writes nothing to the packet. */
enum drop_reason ip_options_compile(struct sk_buff *skb, uint8_t *pointer);
/** As ip_options_compile() for any sound header, whatever the tunables say. */
enum drop_reason ip_options_parse(const struct rte_ipv4_hdr *iph, struct ip_options *opt,
				  uint8_t *pointer);
/** Make the options of @p iph, parsed into @p opt, those of an answer to it: records stay to be
 * filled in, a source route is reversed as far as it was followed, all else becomes no-operation
 * (RFC 1122 3.2.2.6, RFC 1812 4.3.2.6). Addresses stay. @return where the answer goes first. */
rte_be32_t ip_options_echo(struct rte_ipv4_hdr *iph, struct ip_options *opt);
/** Follow a source route whose destination is ours. @return DROP_MAX to go on (nexthop is set when
 * it leads elsewhere), or the reason. */
enum drop_reason ip_options_rcv_srr(struct sk_buff *skb, uint8_t *pointer);
/** Fill in what the options ask of a hop: route record, time, source route. The header must be
 * writable; the checksum is computed anew. @p addr our address on the way out. */
void ip_options_fill(struct sk_buff *skb, rte_be32_t addr);
/** Milliseconds since midnight UT (RFC 791 3.1, RFC 792). */
rte_be32_t ip4_current_timestamp(void);

/* --- reassembly (ip4_defrag_dp.c) --- */
extern const struct reasm_ops ip4_defrag_ops;
extern ip_defrag_fn ip4_defrag_fns[IP_DEFRAG_USERS];

/* --- output (ip4_output_dp.c, ip4_frag_dp.c) --- */
struct fib_query; /* fib/fib.h */
/** As ip_local_out() for a vector. */
void ip_local_out_vec(struct worker *w, struct skb_vec *vec) DP_ONLY;
/** Sends what is in the vector and empties it: neigh_output(), or by a link without neighbours. */
typedef void (*ip4_send_fn)(struct worker *w, struct skb_vec *vec);
/** Cut @p skb, which leaves by skb->dev, into fragments of at most @p mtu bytes of IP, appended to
 * @p out, for which @p send makes room. Payload is shared where the port takes chains
 * (NETIF_F_SG), else copied. All or nothing, up to SKB_BURST fragments. Takes the packet. RFC 791
 * 3.2. */
void ip_fragment(struct worker *w, struct sk_buff *skb, uint32_t mtu, ip4_send_fn send,
		 struct skb_vec *out) DP_ONLY;
/** Bytes from the network header to the end of the packet. */
static inline uint32_t
ip4_skb_total(const struct sk_buff *skb)
{
	return skb_len(skb) + skb_mbuf(skb)->data_off - skb->network_header;
}
/** Hand the packet to the control thread by message @p type. */
void ip4_to_control(struct worker *w, struct sk_buff *skb, int type, uint32_t arg) DP_ONLY;
/** Send by @p dev, where no neighbour is looked for: to all, to a group, to ourselves. Cut where it
 * is too long. Takes the packet. */
void ip_output_link(struct worker *w, struct sk_buff *skb, struct net_device *dev) DP_ONLY;
/** OutBcastPkts and OutBcastOctets. */
static inline void
ip4_count_broadcast(struct worker *w, const struct sk_buff *skb)
{
	IPEXT_INC_STATS(w, OutBcastPkts);
	IPEXT_ADD_STATS(w, OutBcastOctets, skb_len(skb));
}
/** What is bound to a device (@p q->oif) goes by rules for what leaves by it and by routes that
 * lead there, or else straight to its link. Sets the way of @p o, and its source where it has none.
 * 0, -EADDRNOTAVAIL, or as fib_lookup_query(). */
int ip4_bound_way(struct ip_out *o, const struct fib_query *q) CTL_ONLY;
/** Put the header in front, options signed; length and checksum are still to come. 0 or -EMSGSIZE
 * (untouched). */
int ip_push_header(struct worker *w, struct sk_buff *skb, const struct ip_out *o) DP_ONLY;
/** The source of datagram @p o between these ports, which names none, or 0. @p skb: its payload. */
rte_be32_t ip4_source_for(const struct sk_buff *skb, const struct ip_out *o, rte_be16_t sport,
			  rte_be16_t dport) DP_ONLY;

/* --- UDP (udp_dp.c) --- */
void udp_rcv(struct worker *w, struct skb_vec *vec) DP_ONLY;
/** Internet sum over the pseudo header and @p len bytes at the data pointer, the UDP header; raw,
 * folded. 0xffff when the checksum in it is right. */
uint16_t udp_sum(const struct sk_buff *skb, rte_be32_t saddr, rte_be32_t daddr, uint32_t len);
/** No socket for this datagram, data pointer at the UDP header: port unreachable, or silence. */
void udp_no_port(struct worker *w, struct sk_buff *skb) DP_ONLY;

/* --- what is worth a line in the log (ip4_log.c, ip4_log_dp.c) --- */
/** Have the control thread say, not too often, why this packet is dropped, and drop it. false:
 * there is nothing to say now, and the packet is still yours. */
bool ip4_log_drop(struct worker *w, struct sk_buff *skb, enum drop_reason why) DP_ONLY;
int ip4_log_init(void) CTL_ONLY;
/** Forget what was said (tests). */
void ip4_log_reset(void);

/* --- ICMP (icmp_error_dp.c) --- */
/** Tell the source of @p skb of the better gateway @p gw, at a bounded rate. */
void ip_rt_send_redirect(struct worker *w, struct sk_buff *skb, rte_be32_t gw) DP_ONLY;
/** May a host be told now that a packet of its has no route? error_cost, error_burst. */
bool icmp_unrouted_allow(struct worker *w, rte_be32_t src) DP_ONLY;
/** Send a query back as the reply of @p type that the caller has made of it: data pointer at its
 * ICMP header, headers writable. Takes the packet. */
void icmp_answer(struct worker *w, struct sk_buff *skb, uint8_t type) DP_ONLY;
/** Extended echo requests (RFC 8335) to the control thread; -1 before ip4_init(). */
extern int icmp_msg_probe;
int icmp_probe_init(void) CTL_ONLY;
/** OutMsgs and the type's own counter. */
void icmp_out_count(struct worker *w, uint8_t type);
/** Forget all rate limits (tests). */
void icmp_limits_reset(void);

/** Tell sysctl what there will be (ip4_ctl.c). Needs no EAL. */
void ip4_declare(void) CTL_ONLY;
#endif
