/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Multicast snooping (RFC 4541 2.1), on the way of a frame: what it says of groups goes to the
 * control thread, and it itself to the ports that want its group. Decides as Linux does:
 * - 224.0.0.0/24, leaves, queries and version 3 reports are flooded;
 * - reports of versions 1 and 2 go to routers only, so that hosts do not hold theirs back;
 * - other groups go to their ports and to routers where a querier is known, else everywhere.
 */
#include <string.h>
#include "bridge/br_burst_dp.h"
#include "bridge/br_igmp_proto.h"
#include "core/msg.h"

#define TYPE_AT (2 * RTE_ETHER_ADDR_LEN)

/* What was found in a frame. */
struct look {
	struct rte_ipv4_hdr ip;
	uint32_t l3, l4, len; /* offsets; bytes behind the IP header */
};

enum seen { SEEN_BAD, SEEN_DATA, SEEN_REPORT, SEEN_IGMP };

static uint16_t
type_at(const struct rte_mbuf *m, uint32_t at)
{
	rte_be16_t copy;
	const rte_be16_t *p = rte_pktmbuf_read(m, at, sizeof(copy), &copy);

	if (p == NULL)
		return 0;
	memcpy(&copy, p, sizeof(copy));
	return rte_be_to_cpu_16(copy);
}

/* The ethertype behind one tag, and where its protocol starts. */
static uint16_t
ether_type(const struct br_burst *b, unsigned int i, uint32_t *l3)
{
	uint16_t type = type_at(b->m[i], TYPE_AT);

	*l3 = RTE_ETHER_HDR_LEN;
	if (type != RTE_ETHER_TYPE_VLAN && type != RTE_ETHER_TYPE_QINQ)
		return type;
	*l3 += RTE_VLAN_HLEN;
	return type_at(b->m[i], TYPE_AT + RTE_VLAN_HLEN);
}

static bool
read_ip(const struct rte_mbuf *m, struct look *k)
{
	const void *p = rte_pktmbuf_read(m, k->l3, sizeof(k->ip), &k->ip);
	uint32_t hlen, total;

	if (p == NULL)
		return false;
	if (p != &k->ip)
		memcpy(&k->ip, p, sizeof(k->ip));
	hlen = (k->ip.version_ihl & 0xfu) * 4;
	total = rte_be_to_cpu_16(k->ip.total_length);
	k->l4 = k->l3 + hlen;
	k->len = total - hlen;
	return k->ip.version_ihl >> 4 == 4 && hlen >= sizeof(k->ip) && total >= hlen &&
	       k->l3 + total <= m->pkt_len;
}

/* The first bytes of an IGMP message whose length and checksum are right; false: they are not. */
static bool
read_igmp(const struct rte_mbuf *m, const struct look *k, struct igmp_hdr *h)
{
	uint16_t sum = 0;
	const void *p;

	if (k->len < IGMP_LEN)
		return false;
	p = rte_pktmbuf_read(m, k->l4, sizeof(*h), h);
	if (p != h)
		memcpy(h, p, sizeof(*h));
	return rte_raw_cksum_mbuf(m, k->l4, k->len, &sum) == 0 && sum == 0xffff;
}

/* RFC 3376 7.1: the version of a query is told by its length; 4.1.12: a general one is for all. */
static bool
is_good_query(const struct look *k, const struct igmp_hdr *h)
{
	return (k->len == IGMP_LEN || k->len >= IGMP_V3_QUERY_LEN) &&
	       (h->group != 0 || k->ip.dst_addr == IGMP_ALL_HOSTS);
}

/* A copy to the control thread, which reads it again. */
static void
tell(struct worker *w, const struct br_burst *b, unsigned int i, const struct look *k) DP_ONLY
{
	struct net_device *dev = b->src != NULL ? b->src->dev : b->br->dev;
	struct ctl_msg msg = { .type = br_msg_igmp,
			       .arg = (uint32_t)dev->ifindex,
			       .arg2 = br_burst_vid(b, i) | (uint64_t)k->l3 << 16 };
	struct rte_mbuf *c;

	if (explaining(w)) {
		EXPLAIN(w, "what it says of groups or routers at %s would be heard", dev->name);
		return;
	}
	c = rte_pktmbuf_clone(b->m[i], w->pool);
	counter_inc(w, &skb_counters, SKB_CNT_ORIGINATED);
	if (c == NULL) {
		counter_inc(w, &drop_counters, DROP_SKB_NO_MBUF);
		return;
	}
	msg.pkt = skb_init(c, dev);
	if (msg_send(w, &msg) != 0)
		kfree_skb_reason(w, msg.pkt, msg_full_reason(br_msg_igmp));
}

/* RFC 4541 2.1.1: who speaks PIM, or says so by multicast router discovery, is a router. */
static bool
is_router(const struct rte_mbuf *m, const struct look *k)
{
	uint8_t copy;
	const uint8_t *type = k->len > 0 ? rte_pktmbuf_read(m, k->l4, 1, &copy) : NULL;

	if (type == NULL)
		return false;
	if (k->ip.dst_addr == IGMP_ALL_PIM)
		return k->ip.next_proto_id == IPPROTO_PIM_ && *type == PIM_V2_HELLO;
	return k->ip.dst_addr == IGMP_ALL_SNOOPERS && k->ip.next_proto_id == IPPROTO_IGMP_ &&
	       *type == IGMP_MRD_ADVERT;
}

static enum seen
look_at(struct worker *w, const struct br_burst *b, unsigned int i, struct look *k) DP_ONLY
{
	struct igmp_hdr h;

	if (!read_ip(b->m[i], k))
		return SEEN_BAD;
	if (k->ip.next_proto_id == IPPROTO_IGMP_) {
		if (!read_igmp(b->m[i], k, &h) || (h.type == IGMP_QUERY && !is_good_query(k, &h)))
			return SEEN_BAD;
		switch (h.type) {
		case IGMP_V1_REPORT:
		case IGMP_V2_REPORT:
			tell(w, b, i, k);
			return SEEN_REPORT;
		case IGMP_QUERY:
		case IGMP_LEAVE:
		case IGMP_V3_REPORT:
			tell(w, b, i, k);
			return SEEN_IGMP;
		}
	}
	if (is_router(b->m[i], k))
		tell(w, b, i, k);
	return SEEN_DATA;
}

/* --- verdicts --- */

const struct br_mdb_node *
br_snoop_routers(const struct net_bridge *br, uint16_t vid)
{
	bool by_vlan = __atomic_load_n(&br->flags, __ATOMIC_RELAXED) & BR_MCAST_VLAN;
	struct br_mdb_key key = { .kind = BR_MDB_ROUTERS, .vid = by_vlan ? vid : 0 };

	return br_mdb_find(rcu_dereference(br->mdb), &key);
}

static void
to_group(struct br_burst *b, unsigned int i, const struct br_mdb_node *n)
{
	b->out[i] = BR_OUT_GROUP;
	b->group[i] = n;
}

/* RFC 4541 2.1.2: the ports of the group, or of that source in the group. */
static const struct br_mdb_node *
group_of(const struct br_burst *b, unsigned int i, const struct look *k)
{
	struct br_mdb *t = rcu_dereference(b->br->mdb);
	struct br_mdb_key key = { .kind = BR_MDB_IP4,
				  .vid = br_burst_vid(b, i),
				  .dst = k->ip.dst_addr,
				  .src = k->ip.src_addr };
	const struct br_mdb_node *n = NULL;

	if (t != NULL && __atomic_load_n(&t->n_src, __ATOMIC_RELAXED) > 0)
		n = br_mdb_find(t, &key);
	key.src = 0;
	return n != NULL ? n : br_mdb_find(t, &key);
}

static void
snoop_mac(struct br_burst *b, unsigned int i)
{
	struct br_mdb_key key = { .kind = BR_MDB_MAC, .vid = br_burst_vid(b, i), .dst = b->dst[i] };
	const struct br_mdb_node *n = br_mdb_find(rcu_dereference(b->br->mdb), &key);

	if (unlikely(n != NULL))
		to_group(b, i, n);
}

/* Look into multicast frame @p i and say where it goes. false: it has to die. */
static bool
snoop(struct worker *w, struct br_burst *b, unsigned int i) DP_ONLY
{
	const struct br_mdb_node *routers = br_snoop_routers(b->br, br_burst_vid(b, i));
	struct look k;
	enum seen seen;
	uint16_t type = ether_type(b, i, &k.l3);

	if (routers != NULL && routers->off)
		return true;
	if (type != RTE_ETHER_TYPE_IPV4) {
		if (type != RTE_ETHER_TYPE_IPV6)
			snoop_mac(b, i);
		return true;
	}
	seen = look_at(w, b, i, &k);
	if (seen == SEEN_BAD)
		return false;
	if (seen == SEEN_IGMP || (seen == SEEN_DATA && igmp_is_link_local(k.ip.dst_addr)))
		return true;
	if (routers != NULL && routers->querier)
		to_group(b, i, seen == SEEN_DATA ? group_of(b, i, &k) : NULL);
	return true;
}

void
br_snoop(struct worker *w, struct br_burst *b)
{
	uint16_t n = 0;

	for (uint16_t i = 0; i < b->n; i++) {
		if (b->out[i] == BR_OUT_FLOOD + BR_CLASS_MULTICAST && !snoop(w, b, i)) {
			br_drop(w, b, b->m[i], DROP_BR_BAD_IGMP);
			continue;
		}
		if (n != i)
			br_burst_move(b, n, i);
		n++;
	}
	b->n = n;
}
