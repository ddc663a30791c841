/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Receive: counting, the fast lane's door, and the general lane in the order Linux has it:
 * taps, VLAN demux, bridge hook, packet type, protocol demux.
 */
#include <string.h>
#include <linux/if_ether.h>
#include "core/explain.h"
#include "netdev/netdev_police_dp.h"
#include "netdev/netdev_priv.h"

#define DEMUX_GROUPS 4 /* protocols of one burst that are collected at a time */
#define RX_ROUNDS    8 /* devices a frame may pass through in one go */
#define TAGS_LOOK    4 /* tags looked at on one device: priority tags may stack */
#define SNAP_LEN     8 /* DSAP, SSAP, control, organisation code, protocol */

netif_fast_fn netif_fast_rx;
netif_police_fn netif_police;

/* Packets of one protocol, in order. */
struct demux_group {
	ptype_fn fn;
	rte_be16_t protocol;
	struct skb_vec vec;
};
struct demux {
	unsigned int n;
	struct demux_group g[DEMUX_GROUPS];
};

static void receive_vec(struct worker *w, struct net_device *dev, struct skb_vec *vec,
			unsigned int round) DP_ONLY;

static inline struct rte_ether_hdr *
eth_hdr(const struct sk_buff *skb)
{
	return skb_mac_header(skb);
}

static inline uint64_t
mac_u64(const struct rte_ether_addr *a)
{
	return ether_addr_to_u64(a);
}

/* --- what kind of frame is it --- */

static bool
is_extra_addr(const struct net_device *dev, uint64_t dst)
{
	const uint64_t *a = rcu_dereference(dev->extra_addrs);

	for (; a != NULL && *a != 0; a++)
		if (*a == dst)
			return true;
	return false;
}

static uint8_t
pkt_type(const struct net_device *dev, const struct rte_ether_hdr *eh)
{
	uint64_t dst = mac_u64(&eh->dst_addr);

	if (likely(dst == __atomic_load_n(&dev->dev_addr64, __ATOMIC_RELAXED)))
		return PACKET_HOST;
	if (rte_is_multicast_ether_addr(&eh->dst_addr))
		return rte_is_broadcast_ether_addr(&eh->dst_addr) ? PACKET_BROADCAST
								  : PACKET_MULTICAST;
	return is_extra_addr(dev, dst) ? PACKET_HOST : PACKET_OTHERHOST;
}

/* The reason to refuse the frame at sight, or DROP_MAX. */
static enum drop_reason
check_frame(const struct net_device *dev, struct sk_buff *skb)
{
	const struct rte_ether_hdr *eh;

	if (!pskb_may_pull(skb, RTE_ETHER_HDR_LEN))
		return DROP_NETDEV_RUNT;
	skb_reset_mac_header(skb);
	eh = eth_hdr(skb);
	/* IEEE 802-2014 8.2: a source address is an individual one. lo's own is zero. */
	if (unlikely(rte_is_multicast_ether_addr(&eh->src_addr) ||
		     (mac_u64(&eh->src_addr) == 0 && !(dev->flags & IFF_LOOPBACK))))
		return DROP_NETDEV_BAD_SOURCE_MAC;
	return DROP_MAX;
}

/* Drop what is no frame; fill in what every later stage wants to know. */
static void
classify(struct worker *w, struct net_device *dev, struct skb_vec *vec) DP_ONLY
{
	uint16_t n = vec->n;

	vec->n = 0;
	for (uint16_t i = 0; i < n; i++) {
		struct sk_buff *skb = vec->v[i];
		const struct rte_mbuf *m = skb_mbuf(skb);
		enum drop_reason why = check_frame(dev, skb);

		if (unlikely(why != DROP_MAX)) {
			kfree_skb_reason(w, skb, why);
			continue;
		}
		if (m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) {
			skb->flags |= SKB_F_VLAN;
			skb->vlan_tci = m->vlan_tci;
		}
		if ((m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) == RTE_MBUF_F_RX_IP_CKSUM_GOOD)
			skb->flags |= SKB_F_CSUM_OK;
		skb->protocol = eth_hdr(skb)->ether_type;
		skb->pkt_type = pkt_type(dev, eth_hdr(skb));
		skb_vec_push(vec, skb);
	}
}

/* Multicast reaches the general lane only: count it where it goes up. */
static void
count_multicast(struct worker *w, struct net_device *dev, const struct skb_vec *vec)
{
	uint64_t n = 0;

	for (uint16_t i = 0; i < vec->n; i++)
		n += vec->v[i]->pkt_type == PACKET_MULTICAST;
	netdev_stats(w, dev)->rx_multicast += n;
}

/* --- VLAN --- */

static inline bool
is_tag(rte_be16_t type)
{
	return type == RTE_BE16(RTE_ETHER_TYPE_VLAN) || type == RTE_BE16(RTE_ETHER_TYPE_QINQ);
}

/* The tag of a frame: the one that the port stripped, else the one that stands in it. */
static void
frame_tag(const struct sk_buff *skb, rte_be16_t *tpid, uint16_t *tci)
{
	const struct rte_vlan_hdr *vh;

	if (skb->flags & SKB_F_VLAN) {
		*tpid = RTE_BE16(RTE_ETHER_TYPE_VLAN);
		*tci = skb->vlan_tci;
		return;
	}
	vh = (const struct rte_vlan_hdr *)(eth_hdr(skb) + 1);
	*tpid = skb->protocol;
	*tci = rte_be_to_cpu_16(vh->vlan_tci);
}

/* Take the outer tag off the frame. NULL: no mbuf for a private head; skb stays. */
static struct sk_buff *
untag(struct worker *w, struct sk_buff *skb) DP_ONLY
{
	uint8_t *p;

	if (skb->flags & SKB_F_VLAN) {
		skb->flags &= ~SKB_F_VLAN;
		skb_mbuf(skb)->ol_flags &= ~(RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED);
		return skb;
	}
	skb = skb_cow_head(w, skb, 0, RTE_ETHER_HDR_LEN + RTE_VLAN_HLEN);
	if (skb == NULL)
		return NULL;
	p = skb_data(skb);
	memmove(p + RTE_VLAN_HLEN, p, 2 * RTE_ETHER_ADDR_LEN);
	skb_pull(skb, RTE_VLAN_HLEN);
	skb_reset_mac_header(skb);
	skb->protocol = eth_hdr(skb)->ether_type;
	return skb;
}

/* The VLAN device that a tagged frame on @p dev belongs to, or NULL. */
static struct net_device *
vlan_find(const struct net_device *dev, rte_be16_t tpid, uint16_t vid)
{
	const struct vlan_table *t = rcu_dereference(dev->vlan_tab);
	struct net_device *v = t != NULL ? rcu_dereference(t->dev[vid]) : NULL;

	return v != NULL && v->vlan_proto == tpid ? v : NULL;
}

/* Move a frame to VLAN device @p v. false: it died. */
static bool
vlan_enter(struct worker *w, struct net_device *v, struct sk_buff **pskb) DP_ONLY
{
	struct netdev_stats *st = netdev_stats(w, v);
	struct sk_buff *skb = *pskb, *plain;

	skb->dev = v;
	plain = untag(w, skb);
	if (plain == NULL) {
		kfree_skb_reason(w, skb, DROP_SKB_NO_MBUF);
		return false;
	}
	st->rx_packets++;
	st->rx_bytes += skb_len(plain);
	if (unlikely(!netif_running(v))) {
		kfree_skb_reason(w, plain, DROP_NETDEV_DOWN);
		return false;
	}
	EXPLAIN(w, "its VLAN tag says %s", v->name);
	*pskb = plain;
	return true;
}

/* What vlan_one() decided. */
enum vlan_verdict {
	VLAN_STAY,  /* goes on with this device; *pskb may be another packet now */
	VLAN_MOVED, /* belongs to (*pskb)->dev now */
	VLAN_DEAD,
};

static enum vlan_verdict
bad_vlan(struct worker *w, struct sk_buff *skb) DP_ONLY
{
	kfree_skb_reason(w, skb, DROP_NETDEV_BAD_VLAN);
	return VLAN_DEAD;
}

/* Look at the outer tag. @p again: a priority tag was taken off, and another tag follows. */
static enum vlan_verdict
vlan_one(struct worker *w, struct net_device *dev, struct sk_buff **pskb, bool *again) DP_ONLY
{
	struct sk_buff *skb = *pskb, *plain;
	struct net_device *v;
	rte_be16_t tpid;
	uint16_t tci, vid;

	*again = false;
	if (!(skb->flags & SKB_F_VLAN) && !pskb_may_pull(skb, RTE_ETHER_HDR_LEN + RTE_VLAN_HLEN))
		return bad_vlan(w, skb);
	frame_tag(skb, &tpid, &tci);
	vid = tci & 0xfff;
	if (vid == 0xfff) /* 802.1Q 9.6: reserved, never on a wire */
		return bad_vlan(w, skb);
	v = vlan_find(dev, tpid, vid);
	if (v != NULL) {
		if (!vlan_enter(w, v, pskb))
			return VLAN_DEAD;
		return VLAN_MOVED;
	}
	/* 802.1Q 6.9: identifier 0 says priority only; the frame is untagged for all else. */
	if (vid == 0) {
		plain = untag(w, skb);
		if (plain == NULL) {
			kfree_skb_reason(w, skb, DROP_SKB_NO_MBUF);
			return VLAN_DEAD;
		}
		*pskb = plain;
		*again = is_tag(plain->protocol);
		return VLAN_STAY;
	}
	if (rcu_dereference(dev->rx_handler) != NULL)
		return VLAN_STAY; /* a bridge may know this VLAN: with its tag */
	kfree_skb_reason(w, skb, DROP_NETDEV_UNKNOWN_VLAN);
	return VLAN_DEAD;
}

/* No frame of honest origin has many priority tags: a bound on what one frame may cost. */
static enum vlan_verdict
vlan_tags(struct worker *w, struct net_device *dev, struct sk_buff **pskb) DP_ONLY
{
	bool again;

	for (unsigned int i = 0; i < TAGS_LOOK; i++) {
		enum vlan_verdict verdict = vlan_one(w, dev, pskb, &again);

		if (!again)
			return verdict;
	}
	return bad_vlan(w, *pskb);
}

/* The lane that takes bursts of @p dev as they are, or NULL. */
static inline netif_fast_fn
fast_lane(const struct net_device *dev, uint32_t off)
{
	/* A port without an address may have VLAN devices that have one. */
	if (off == 0 || (off == NETDEV_RXF_NO_IP && rcu_dereference(dev->vlan_tab) != NULL))
		return netif_fast_rx;
	/* Handler before address; but tagged frames of VLAN devices are theirs. */
	if (off & NETDEV_RXF_HANDLER && !(off & NETDEV_RXF_TAP) &&
	    rcu_dereference(dev->vlan_tab) == NULL)
		return rcu_dereference(dev->rx_burst);
	return NULL;
}

/* Give the frames to the fast lane; what it does not want stays in @p vec, its views made anew. */
static void
fast_vec(struct worker *w, struct net_device *dev, struct skb_vec *vec, netif_fast_fn fast) DP_ONLY
{
	struct rte_mbuf *pkts[SKB_BURST];
	uint16_t n = vec->n, left;
	uint64_t bytes; /* counted where the tag was taken off */

	if (n == 0 || fast == NULL)
		return;
	for (uint16_t i = 0; i < n; i++)
		pkts[i] = skb_mbuf(vec->v[i]);
	left = fast(w, dev, pkts, n, &bytes);
	vec->n = 0;
	for (uint16_t i = 0; i < left; i++) {
		struct sk_buff *skb = skb_init(pkts[i], dev);

		skb->iif = (uint32_t)dev->ifindex;
		skb_vec_push(vec, skb);
	}
}

/* Frames that now belong to device @p dev over the port: its fast lane, then its general lane. */
static void
upper_receive(struct worker *w, struct net_device *dev, struct skb_vec *vec,
	      unsigned int round) DP_ONLY
{
	netif_fast_fn fast = fast_lane(dev, __atomic_load_n(&dev->rx_off, __ATOMIC_ACQUIRE));

	if (fast != NULL && !explaining(w))
		fast_vec(w, dev, vec, fast);
	if (vec->n > 0)
		receive_vec(w, dev, vec, round);
}

/* Sort out the tagged frames: runs of one VLAN go up together, in order of arrival. */
static void
vlan_demux(struct worker *w, struct net_device *dev, struct skb_vec *vec,
	   unsigned int round) DP_ONLY
{
	struct skb_vec run;
	uint16_t n = vec->n;

	skb_vec_init(&run);
	vec->n = 0;
	for (uint16_t i = 0; i < n; i++) {
		struct sk_buff *skb = vec->v[i];
		enum vlan_verdict verdict = VLAN_STAY;

		if (skb->flags & SKB_F_VLAN || is_tag(skb->protocol))
			verdict = vlan_tags(w, dev, &skb);
		if (verdict == VLAN_STAY)
			skb_vec_push(vec, skb);
		if (verdict != VLAN_MOVED)
			continue;
		if (run.n > 0 && run.v[0]->dev != skb->dev) {
			upper_receive(w, run.v[0]->dev, &run, round + 1);
			run.n = 0;
		}
		skb->iif = (uint32_t)skb->dev->ifindex;
		skb_vec_push(&run, skb);
	}
	if (run.n > 0)
		upper_receive(w, run.v[0]->dev, &run, round + 1);
}

/* --- the bridge hook --- */

/* Frames that the handler moves to a device go up there together while they are of one. */
static void
run_handler(struct worker *w, struct net_device *dev, struct skb_vec *vec,
	    unsigned int round) DP_ONLY
{
	enum rx_handler_result (*fn)(struct worker *, struct sk_buff *) =
		rcu_dereference(dev->rx_handler);
	struct skb_vec run;
	uint16_t n = vec->n;

	skb_vec_init(&run);
	if (likely(fn == NULL))
		return;
	vec->n = 0;
	for (uint16_t i = 0; i < n; i++) {
		struct sk_buff *skb = vec->v[i];
		enum rx_handler_result r = fn(w, skb);

		if (r == RX_HANDLER_PASS)
			skb_vec_push(vec, skb);
		if (r != RX_HANDLER_ANOTHER)
			continue;
		if (run.n > 0 && run.v[0]->dev != skb->dev) {
			upper_receive(w, run.v[0]->dev, &run, round + 1);
			run.n = 0;
		}
		skb_vec_push(&run, skb);
	}
	if (run.n > 0)
		upper_receive(w, run.v[0]->dev, &run, round + 1);
	/* What the handler left to the device may be plain traffic. */
	if (__atomic_load_n(&dev->rx_off, __ATOMIC_ACQUIRE) == NETDEV_RXF_HANDLER &&
	    !explaining(w)) {
		fast_vec(w, dev, vec, netif_fast_rx);
		classify(w, dev, vec);
	}
}

/* --- protocols --- */

static ptype_fn
find_ptype(uint32_t oui, uint16_t type)
{
	const struct ptype *p = rcu_dereference(ptype_tab[ptype_hash(oui, type)]);

	for (; p != NULL; p = rcu_dereference(p->next))
		if (p->type == type && p->oui == oui)
			return p->fn;
	return NULL;
}

/* A frame with a length in place of an ethertype (IEEE 802.3-2018 3.2.6); data pointer behind the
 * MAC header. Stores its handler; the reason to drop it, or DROP_MAX. */
static enum drop_reason
demux_8023(struct sk_buff *skb, uint16_t len, ptype_fn *fn)
{
	const uint8_t *llc;
	uint32_t oui;

	if (len > RTE_ETHER_MTU || len < 3 || skb_trim(skb, len) != 0 || !pskb_may_pull(skb, 3))
		return DROP_NETDEV_BAD_LLC;
	llc = skb_data(skb);
	if (llc[0] != 0xaa || llc[1] != 0xaa || llc[2] != 0x03) {
		skb->protocol = RTE_BE16(ETH_P_802_2);
		*fn = __atomic_load_n(&ptype_llc[llc[0]], __ATOMIC_ACQUIRE);
		return DROP_MAX;
	}
	if (!pskb_may_pull(skb, SNAP_LEN))
		return DROP_NETDEV_BAD_LLC;
	llc = skb_data(skb);
	oui = (uint32_t)llc[3] << 16 | (uint32_t)llc[4] << 8 | llc[5];
	memcpy(&skb->protocol, llc + 6, sizeof(skb->protocol));
	*fn = find_ptype(oui, rte_be_to_cpu_16(skb->protocol));
	skb_pull(skb, SNAP_LEN);
	return DROP_MAX;
}

static void
flush_group(struct worker *w, struct demux_group *g) DP_ONLY
{
	if (g->vec.n > 0)
		g->fn(w, &g->vec);
	g->vec.n = 0;
}

static void
demux_push(struct worker *w, struct demux *d, ptype_fn fn, struct sk_buff *skb) DP_ONLY
{
	struct demux_group *g = d->g;
	unsigned int i = 0;

	while (i < d->n && (d->g[i].fn != fn || d->g[i].protocol != skb->protocol))
		i++;
	g = &d->g[i < DEMUX_GROUPS ? i : 0];
	if (i == d->n) { /* a protocol not seen in this burst: a new group, or the oldest's place */
		if (d->n < DEMUX_GROUPS)
			d->n++;
		else
			flush_group(w, g);
		g->fn = fn;
		g->protocol = skb->protocol;
		g->vec.n = 0;
	}
	skb_vec_push(&g->vec, skb);
}

static void
demux_one(struct worker *w, struct demux *d, struct sk_buff *skb) DP_ONLY
{
	uint16_t type = rte_be_to_cpu_16(skb->protocol);
	enum drop_reason why = DROP_MAX;
	ptype_fn fn = NULL;

	/* RFC 1812 5.2.1.2 and Linux's handlers: what is addressed to another station is seen by
	 * taps and bridges only, promiscuous or not. */
	if (unlikely(skb->pkt_type == PACKET_OTHERHOST)) {
		kfree_skb_reason(w, skb, DROP_NETDEV_OTHERHOST);
		return;
	}
	/* A tag that survived so far is nobody's. */
	if (unlikely(skb->flags & SKB_F_VLAN || is_tag(skb->protocol))) {
		kfree_skb_reason(w, skb, DROP_NETDEV_UNKNOWN_VLAN);
		return;
	}
	skb_pull(skb, RTE_ETHER_HDR_LEN);
	if (likely(type >= ETH_P_802_3_MIN))
		fn = find_ptype(PTYPE_ETHER, type);
	else
		why = demux_8023(skb, type, &fn);
	if (why == DROP_MAX && fn == NULL)
		why = DROP_NETDEV_UNKNOWN_PROTO;
	if (unlikely(why != DROP_MAX)) {
		kfree_skb_reason(w, skb, why);
		return;
	}
	skb_reset_network_header(skb);
	demux_push(w, d, fn, skb);
}

static void
demux(struct worker *w, const struct skb_vec *vec) DP_ONLY
{
	struct demux d;

	d.n = 0; /* its groups are large: nothing is written that is not used */
	for (uint16_t i = 0; i < vec->n; i++)
		demux_one(w, &d, vec->v[i]);
	for (unsigned int i = 0; i < d.n; i++)
		flush_group(w, &d.g[i]);
}

/* --- the general lane --- */

/* Is there anybody to ask, and has nobody been asked yet about frames that reach the general lane
 * of
 * @p dev in this round? */
static inline bool
is_to_police(const struct net_device *dev, uint32_t off, unsigned int round)
{
	if (netif_police == NULL || !netif_is_policed(dev))
		return false;
	if (round == 0) /* a tap has seen them first */
		return off & NETDEV_RXF_TAP;
	return dev->vlan_proto != 0 && !netif_is_policed(dev->real_dev);
}

/* What is over the budget goes now. */
static __rte_noinline void
police_vec(struct worker *w, struct net_device *dev, struct skb_vec *vec) DP_ONLY
{
	struct rte_mbuf *m[SKB_BURST];
	uint64_t bytes = 0; /* counted */
	uint16_t n = vec->n;

	for (uint16_t i = 0; i < n; i++)
		m[i] = skb_mbuf(vec->v[i]);
	n = netif_police(w, dev, m, n, &bytes);
	vec->n = 0;
	for (uint16_t i = 0; i < n; i++)
		skb_vec_push(vec, skb_of(m[i]));
}

static void
receive_vec(struct worker *w, struct net_device *dev, struct skb_vec *vec, unsigned int round)
{
	uint32_t off = __atomic_load_n(&dev->rx_off, __ATOMIC_ACQUIRE);

	if (unlikely(round >= RX_ROUNDS)) {
		kfree_vec_reason(w, vec, DROP_NETDEV_LOOP);
		return;
	}
	classify(w, dev, vec);
	count_multicast(w, dev, vec);
	if (unlikely(off & NETDEV_RXF_TAP) && !explaining(w))
		netdev_tap_rx(w, vec);
	if (vec->n > 0 && is_to_police(dev, off, round) && !explaining(w))
		police_vec(w, dev, vec);
	vlan_demux(w, dev, vec, round);
	run_handler(w, dev, vec, round);
	demux(w, vec);
}

void
netif_receive_burst(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts, uint16_t n)
{
	enum stage from = stage_enter(w, STAGE_NETIF_RX, n);
	struct skb_vec vec;

	skb_vec_init(&vec);
	for (uint16_t i = 0; i < n; i++) {
		struct sk_buff *skb = skb_init(pkts[i], dev);

		skb->iif = (uint32_t)dev->ifindex;
		skb_vec_push(&vec, skb);
	}
	receive_vec(w, dev, &vec, 0);
	stage_leave(w, from);
}

static void
count_rx(struct worker *w, struct net_device *dev, uint16_t n, uint64_t bytes) DP_ONLY
{
	struct netdev_stats *st = netdev_stats(w, dev);

	st->rx_packets += n;
	st->rx_bytes += bytes;
	counter_add(w, &skb_counters, SKB_CNT_RX, n);
}

void
netif_rx_drop(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts, uint16_t n,
	      enum drop_reason why)
{
	count_rx(w, dev, n, netif_burst_bytes(pkts, n));
	for (uint16_t i = 0; i < n; i++)
		kfree_mbuf_reason(w, pkts[i], dev, why);
}

/* May frames be refused unseen? A tap sees them first: is_to_police(). */
static inline bool
may_police(const struct net_device *dev, uint32_t off)
{
	return netif_police != NULL && !(off & NETDEV_RXF_TAP) && netif_is_policed(dev);
}

/* rx_chunk() in a flood: what is over the budget goes before the fast lane looks at it. */
static __rte_noinline uint64_t
rx_flooded(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts, uint16_t n,
	   uint32_t off) DP_ONLY
{
	uint64_t bytes = 0, some = 0;
	netif_fast_fn fast;

	n = netif_police(w, dev, pkts, n, &bytes);
	if (n == 0)
		return bytes;
	fast = fast_lane(dev, off);
	if (fast != NULL)
		n = fast(w, dev, pkts, n, &some);
	else
		some = netif_burst_bytes(pkts, n);
	if (n > 0)
		netif_receive_burst(w, dev, pkts, n);
	return bytes + some;
}

/* Up to SKB_BURST frames of a device that is up, @p off its rx_off; returns their bytes. */
static inline uint64_t
rx_chunk(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts, uint16_t n,
	 uint32_t off) DP_ONLY
{
	netif_fast_fn fast = fast_lane(dev, off);
	uint64_t bytes, refused = 0; /* these are among them */
	uint16_t left = n;

	if (unlikely(netif_is_flooded(w, dev)) && may_police(dev, off))
		return rx_flooded(w, dev, pkts, n, off);
	if (likely(fast != NULL))
		left = fast(w, dev, pkts, n, &bytes);
	else
		bytes = netif_burst_bytes(pkts, n);
	if (left > 0 && may_police(dev, off))
		left = netif_police(w, dev, pkts, left, &refused);
	if (left > 0)
		netif_receive_burst(w, dev, pkts, left);
	return bytes;
}

void
netif_rx_burst(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts, uint16_t n)
{
	uint32_t off = __atomic_load_n(&dev->rx_off, __ATOMIC_ACQUIRE);

	if (unlikely(off & NETDEV_RXF_DOWN)) {
		netif_rx_drop(w, dev, pkts, n, DROP_NETDEV_DOWN);
		return;
	}
	for (uint16_t chunk; n > 0; pkts += chunk, n -= chunk) {
		chunk = RTE_MIN(n, (uint16_t)SKB_BURST);
		count_rx(w, dev, chunk, rx_chunk(w, dev, pkts, chunk, off));
	}
}

void
netif_rx_upper(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts, uint16_t n)
{
	uint32_t off = __atomic_load_n(&dev->rx_off, __ATOMIC_ACQUIRE);
	struct netdev_stats *st = netdev_stats(w, dev);
	enum drop_reason why = DROP_NETDEV_DOWN;

	st->rx_packets += n;
	if (likely(!(off & NETDEV_RXF_DOWN))) {
		why = DROP_NETDEV_LOOP;
		if (likely(w->loop_depth < RX_ROUNDS)) {
			w->loop_depth++;
			if (explaining(w))
				netif_receive_burst(w, dev, pkts, n);
			else
				st->rx_bytes += rx_chunk(w, dev, pkts, n, off);
			w->loop_depth--;
			return;
		}
	}
	st->rx_bytes += netif_burst_bytes(pkts, n);
	for (uint16_t i = 0; i < n; i++)
		kfree_mbuf_reason(w, pkts[i], dev, why);
}

/* --- backlog: frames that come back through virtual devices --- */

struct sk_buff_head netif_backlog[WORKER_SLOTS];

void
netif_rx(struct worker *w, struct sk_buff *skb)
{
	struct sk_buff_head *q = &netif_backlog[w->id];
	struct net_device *dev = skb->dev;
	struct netdev_stats *st = netdev_stats(w, dev);

	st->rx_packets++;
	st->rx_bytes += skb_len(skb);
	if (unlikely(!netif_running(dev))) {
		kfree_skb_reason(w, skb, DROP_NETDEV_DOWN);
		return;
	}
	skb_reset_mac_header(skb);
	skb->dst = NULL;
	/* The packet waits past this burst: name the device by index, not by pointer. */
	skb->iif = (uint32_t)dev->ifindex;
	q->max_len = (uint32_t)__atomic_load_n(&netdev_max_backlog, __ATOMIC_RELAXED);
	if (unlikely(skb_queue_tail(q, skb) != 0))
		kfree_skb_reason(w, skb, DROP_NETDEV_BACKLOG_FULL);
}

unsigned int
netif_backlog_run(struct worker *w)
{
	struct sk_buff_head *q = &netif_backlog[w->id];
	unsigned int n = q->qlen, done = 0;
	enum stage from;

	if (likely(n == 0))
		return 0;
	from = stage_enter(w, STAGE_NETIF_RX, n);
	while (done < n) {
		struct net_device *dev = dev_get_by_index_rcu(q->first->iif);
		uint32_t iif = q->first->iif;
		struct skb_vec vec;

		skb_vec_init(&vec);
		for (; done < n && vec.n < SKB_BURST && q->first->iif == iif; done++) {
			struct sk_buff *skb = skb_dequeue(q);

			skb->dev = dev;
			skb_vec_push(&vec, skb);
		}
		if (likely(dev != NULL))
			receive_vec(w, dev, &vec, 0);
		else
			kfree_vec_reason(w, &vec, DROP_NETDEV_GONE);
	}
	stage_leave(w, from);
	return n;
}
