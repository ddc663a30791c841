/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where frames go, and the way there (802.1D-2004 7.7): to one port, to all that want them, to the
 * bridge itself. Frames with one kind of verdict that follow each other are a run; runs leave in
 * order of arrival, so no flow is overtaken when an address is learned or forgotten meanwhile.
 */
#include <string.h>
#include "bridge/br_burst_dp.h"

#define FRAME_SLACK                                                                                \
	(RTE_ETHER_HDR_LEN + RTE_VLAN_HLEN) /* of a frame of MTU bytes, as Linux has it */

/* --- verdicts --- */

enum drop_reason
br_may_leave(const struct br_port *src, const struct br_port *p, uint16_t vid)
{
	uint32_t flags = __atomic_load_n(&p->flags, __ATOMIC_RELAXED);

	if (unlikely(br_state_of(p, vid) != BR_STATE_FORWARDING))
		return DROP_BR_STP_BLOCKING;
	if (unlikely(src == p && !(flags & BR_PORT_HAIRPIN)))
		return DROP_BR_SAME_PORT;
	if (unlikely(flags & BR_PORT_ISOLATED && src != NULL &&
		     __atomic_load_n(&src->flags, __ATOMIC_RELAXED) & BR_PORT_ISOLATED))
		return DROP_BR_ISOLATED;
	if (vid != 0 && unlikely(!br_vlan_has(rcu_dereference(p->vlans)->member, vid)))
		return DROP_BR_VLAN_EGRESS;
	return DROP_MAX;
}

/* The verdict on frame @p i. */
static inline uint16_t
destination(const struct br_burst *b, const struct br_fdb *t, unsigned int i)
{
	const struct br_fdb_slot *s;

	if (unlikely(b->dst[i] & 1))
		return BR_OUT_FLOOD + br_class_of(b->dst[i]);
	s = br_fdb_find(t, br_fdb_key(b->dst[i], br_burst_vid(b, i)), b->hdst[i]);
	if (unlikely(s == NULL))
		return BR_OUT_FLOOD + BR_CLASS_UNICAST;
	return __atomic_load_n(&s->val, __ATOMIC_RELAXED) & BR_FDB_LOCAL
		       ? BR_OUT_LOCAL
		       : __atomic_load_n(&s->val, __ATOMIC_RELAXED) & BR_FDB_PORT;
}

/* --- one port --- */

/* 802.1D-2004 7.7.1: what is longer than the port's medium takes is not queued there. */
static uint16_t
drop_long(struct worker *w, const struct br_burst *b, const struct br_port *p, struct rte_mbuf **m,
	  uint16_t n) DP_ONLY
{
	uint32_t max = __atomic_load_n(&p->dev->mtu, __ATOMIC_RELAXED) + FRAME_SLACK;
	uint16_t k = 0;

	for (uint16_t i = 0; i < n; i++) {
		if (m[i]->pkt_len <= max)
			m[k++] = m[i];
		else
			br_drop(w, b, m[i], DROP_BR_MTU);
	}
	return k;
}

/* Frames in the form that they have where @p set holds: @p at tells which of the burst they are. */
static uint16_t
tag(struct worker *w, const struct br_burst *b, const struct br_vlans *set, struct rte_mbuf **m,
    const uint8_t *at, uint16_t n) DP_ONLY
{
	uint16_t k = 0;

	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *out = br_vlan_egress(w, b, at[i], set, m[i]);

		if (out == NULL)
			continue;
		br_vlan_count(w, b, at[i], out->pkt_len, true);
		m[k++] = out;
	}
	return k;
}

static void
send_frames(struct worker *w, const struct br_burst *b, struct br_port *p, struct rte_mbuf **m,
	    const uint8_t *at, uint16_t n) DP_ONLY
{
	if (unlikely(b->longest > __atomic_load_n(&p->dev->mtu, __ATOMIC_RELAXED) + FRAME_SLACK))
		n = drop_long(w, b, p, m, n);
	if (unlikely(b->filtering))
		n = tag(w, b, rcu_dereference(p->vlans), m, at, n);
	if (unlikely(n == 0))
		return;
	EXPLAIN(w, "out by port %s", p->dev->name);
	if (likely(b->linear && !b->filtering && !explaining(w)))
		dev_direct_xmit(w, p->dev, m, n, netif_burst_bytes(m, n));
	else
		dev_queue_xmit(w, p->dev, m, n);
}

/* --- a run of frames to known ports --- */

static void
drop_all(struct worker *w, const struct br_burst *b, struct rte_mbuf **m, uint16_t n,
	 enum drop_reason why) DP_ONLY
{
	for (uint16_t i = 0; i < n; i++)
		br_drop(w, b, m[i], why);
}

/* @p at: with VLANs only. */
static void
send_known(struct worker *w, const struct br_burst *b, unsigned int idx, struct rte_mbuf **m,
	   const uint8_t *at, uint16_t n) DP_ONLY
{
	struct br_port *p = rcu_dereference(b->br->port[idx]);
	enum drop_reason all;
	uint16_t k = 0;
	uint8_t ok[SKB_BURST];

	if (unlikely(p == NULL)) { /* it went, and its entries are about to */
		drop_all(w, b, m, n, DROP_NETDEV_GONE);
		return;
	}
	if (likely(!b->filtering)) { /* what holds for one holds for all */
		all = br_may_leave(b->src, p, 0);
		if (likely(all == DROP_MAX))
			send_frames(w, b, p, m, at, n);
		else
			drop_all(w, b, m, n, all);
		return;
	}
	for (uint16_t i = 0; i < n; i++) {
		enum drop_reason why = br_may_leave(b->src, p, br_burst_vid(b, at[i]));

		if (unlikely(why != DROP_MAX)) {
			br_drop(w, b, m[i], why);
			continue;
		}
		m[k] = m[i];
		ok[k++] = at[i];
	}
	if (likely(k > 0))
		send_frames(w, b, p, m, ok, k);
}

static void
run_known(struct worker *w, struct br_burst *b, uint16_t first, uint16_t end) DP_ONLY
{
	struct rte_mbuf *m[SKB_BURST];
	uint8_t at[SKB_BURST];
	uint16_t left = end;

	/* By port, in order of arrival for each. */
	while (first < left) {
		uint16_t idx = b->out[first], n = 0, keep = first;

		for (uint16_t i = first; i < left; i++) {
			if (likely(b->out[i] == idx)) {
				m[n] = b->m[i];
				at[n++] = (uint8_t)i;
			}
		}
		send_known(w, b, idx, m, at, n);
		if (likely(n == left - first))
			return;
		for (uint16_t i = first; i < left; i++)
			if (b->out[i] != idx)
				br_burst_move(b, keep++, i);
		left = keep;
	}
}

/* --- to the bridge itself --- */

static void
deliver(struct worker *w, const struct br_burst *b, struct rte_mbuf **m, const uint8_t *at,
	uint16_t n) DP_ONLY
{
	struct net_bridge *br = b->br;
	const struct br_vlans *set = rcu_dereference(br->vlans);
	uint8_t ok[SKB_BURST];
	uint16_t k = 0;

	if (unlikely(b->filtering)) {
		for (uint16_t i = 0; i < n; i++) {
			if (br_vlan_has(set->member, br_burst_vid(b, at[i]))) {
				m[k] = m[i];
				ok[k++] = at[i];
			} else {
				br_drop(w, b, m[i], DROP_BR_VLAN_EGRESS);
			}
		}
		n = tag(w, b, set, m, ok, k);
	}
	EXPLAIN(w, "to %s itself", br->dev->name);
	if (n > 0)
		netif_rx_upper(w, br->dev, m, n);
}

static void
run_local(struct worker *w, struct br_burst *b, uint16_t first, uint16_t end) DP_ONLY
{
	struct rte_mbuf *m[SKB_BURST];
	uint8_t at[SKB_BURST];
	uint16_t n = 0;

	for (uint16_t i = first; i < end; i++) {
		if (unlikely(b->src == NULL)) { /* from us to us: no port is meant */
			br_drop(w, b, b->m[i], DROP_BR_SAME_PORT);
			continue;
		}
		m[n] = b->m[i];
		at[n++] = (uint8_t)i;
	}
	if (n > 0)
		deliver(w, b, m, at, n);
}

/* --- flooding --- */

/* What the bridge itself says to all is said to all. */
static bool
floods(const struct br_burst *b, const struct br_port *p, enum br_class class)
{
	static const uint32_t of[BR_CLASS_MAX] = { BR_PORT_FLOOD, BR_PORT_MCAST_FLOOD,
						   BR_PORT_BCAST_FLOOD };

	uint32_t flags = __atomic_load_n(&p->flags, __ATOMIC_RELAXED);

	if (unlikely(b->spared && flags & BR_PORT_NEIGH_SUPPRESS))
		return false;
	return (class != BR_CLASS_UNICAST && b->src == NULL) || flags & of[class];
}

/*
 * May @p p get another reference to a frame in the place of a clone? Its driver must take shared
 * frames, and nothing on the way may queue by the frame's view or write to it.
 */
static bool
takes_shared(const struct br_burst *b, const struct br_port *p)
{
	const struct net_device *dev = p->dev;

	return !b->filtering && dev->features & NETIF_F_SHARED &&
	       rcu_dereference(dev->ops_dp) == dev->drv_dp &&
	       !(__atomic_load_n(&dev->rx_off, __ATOMIC_ACQUIRE) & NETDEV_RXF_TAP);
}

/* Real clones, as many as there are mbufs for. */
static uint16_t
clones_of(struct worker *w, const struct br_burst *b, struct rte_mbuf **to, uint8_t *at,
	  uint16_t first, uint16_t n) DP_ONLY
{
	uint16_t k = 0;

	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *c = rte_pktmbuf_clone(b->m[first + i], w->pool);

		counter_inc(w, &skb_counters, SKB_CNT_ORIGINATED);
		if (unlikely(c == NULL)) {
			counter_inc(w, &drop_counters, DROP_SKB_NO_MBUF);
			continue;
		}
		to[k] = c;
		at[k++] = (uint8_t)(first + i);
	}
	return k;
}

/* Who gets the frames of a run: ports that need frames of their own in front, ports that may share
 * them at the end. */
struct audience {
	unsigned int n_own, shared; /* index of the first that shares */
	struct br_port *p[BR_PORTS_MAX];
};

static void
gather(struct audience *a, const struct br_burst *b, uint16_t first,
       const struct br_mdb_node *routers)
{
	const struct br_ports *ports = rcu_dereference(b->br->ports);
	bool group = b->out[first] == BR_OUT_GROUP;
	uint16_t vid = br_burst_vid(b, first);

	a->n_own = 0;
	a->shared = BR_PORTS_MAX;
	for (unsigned int i = ports->n; i-- > 0;) {
		struct br_port *p = ports->p[i];
		bool wants = group ? br_mdb_has_port(b->group[first], p->idx) ||
					     br_mdb_has_port(routers, p->idx)
				   : floods(b, p, b->out[first] - BR_OUT_FLOOD);

		if (!wants || br_may_leave(b->src, p, vid) != DROP_MAX)
			continue;
		if (takes_shared(b, p))
			a->p[--a->shared] = p;
		else
			a->p[a->n_own++] = p;
	}
}

/* The frames themselves, by one port. */
static void
send_run(struct worker *w, const struct br_burst *b, struct br_port *p, uint16_t first,
	 uint16_t n) DP_ONLY
{
	struct rte_mbuf *m[SKB_BURST];
	uint8_t at[SKB_BURST];

	for (uint16_t i = 0; i < n; i++) {
		m[i] = b->m[first + i];
		at[i] = (uint8_t)(first + i);
	}
	send_frames(w, b, p, m, at, n);
}

/* Clones for those that need them, then as many owners of the frames as there are others. The last
 * of all gets what is ours. */
static void
send_all(struct worker *w, const struct br_burst *b, const struct audience *a, uint16_t first,
	 uint16_t n) DP_ONLY
{
	unsigned int n_shared = BR_PORTS_MAX - a->shared;
	unsigned int clones = a->n_own - (n_shared == 0);
	struct rte_mbuf *m[SKB_BURST];
	uint8_t at[SKB_BURST];

	for (unsigned int j = 0; j < clones; j++) {
		uint16_t k = clones_of(w, b, m, at, first, n);

		if (k > 0)
			send_frames(w, b, a->p[j], m, at, k);
	}
	if (n_shared == 0) {
		send_run(w, b, a->p[clones], first, n);
		return;
	}
	for (uint16_t i = 0; n_shared > 1 && i < n; i++)
		rte_pktmbuf_refcnt_update(b->m[first + i], (int16_t)(n_shared - 1));
	counter_add(w, &skb_counters, SKB_CNT_ORIGINATED, (uint64_t)(n_shared - 1) * n);
	for (unsigned int j = a->shared; j < BR_PORTS_MAX; j++)
		send_run(w, b, a->p[j], first, n);
}

/* Group frames, and in promiscuous mode all, are the bridge's own, too; those of a group that is
 * known if it has joined, or is a router. */
static bool
is_for_us(const struct br_burst *b, uint16_t first, const struct br_mdb_node *routers)
{
	uint32_t flags = __atomic_load_n(&b->br->dev->flags, __ATOMIC_RELAXED);

	if (b->src == NULL || !(flags & IFF_UP))
		return false;
	if (flags & IFF_PROMISC)
		return true;
	if (b->out[first] == BR_OUT_GROUP)
		return (b->group[first] != NULL && b->group[first]->host) ||
		       (routers != NULL && routers->host);
	return b->out[first] != BR_OUT_FLOOD + BR_CLASS_UNICAST;
}

/* 802.1D-2004 7.7.2: to every port that may have them; RFC 4541 2.1.2: or to those of a group and
 * to routers. */
static void
run_flood(struct worker *w, const struct br_burst *b, uint16_t first, uint16_t n) DP_ONLY
{
	bool group = b->out[first] == BR_OUT_GROUP;
	const struct br_mdb_node *routers =
		group ? br_snoop_routers(b->br, br_burst_vid(b, first)) : NULL;
	bool local = is_for_us(b, first, routers);
	struct rte_mbuf *mine[SKB_BURST];
	struct audience a;
	uint8_t at[SKB_BURST];
	uint16_t k = 0;

	gather(&a, b, first, routers);
	EXPLAIN(w, group ? "to %u ports of its group and of routers" : "flooded to %u ports",
		a.n_own + (BR_PORTS_MAX - a.shared));
	if (a.n_own == 0 && a.shared == BR_PORTS_MAX) {
		for (uint16_t i = 0; i < n; i++) {
			mine[i] = b->m[first + i];
			at[i] = (uint8_t)(first + i);
			if (!local)
				br_drop(w, b, mine[i], group ? DROP_BR_NO_MEMBER : DROP_BR_NO_PORT);
		}
		if (local)
			deliver(w, b, mine, at, n);
		return;
	}
	if (local)
		k = clones_of(w, b, mine, at, first, n);
	send_all(w, b, &a, first, n);
	if (k > 0)
		deliver(w, b, mine, at, k);
}

/* --- runs --- */

enum run { RUN_KNOWN, RUN_LOCAL, RUN_FLOOD };

static inline enum run
kind(uint16_t out)
{
	if (likely(out != BR_OUT_LOCAL && out < BR_PORTS_MAX))
		return RUN_KNOWN;
	return out == BR_OUT_LOCAL ? RUN_LOCAL : RUN_FLOOD;
}

/* The end of the run that begins at @p first. */
static uint16_t
run_end(const struct br_burst *b, uint16_t first)
{
	enum run k = kind(b->out[first]);
	uint16_t out = b->out[first], vid = br_burst_vid(b, first), i = first;

	while (++i < b->n && kind(b->out[i]) == k)
		if (k == RUN_FLOOD && (b->out[i] != out || br_burst_vid(b, i) != vid ||
				       (out == BR_OUT_GROUP && b->group[i] != b->group[first])))
			break;
	return i;
}

enum verdict { BY_ONE_PORT, BY_KNOWN_PORTS, MIXED };

static enum verdict
decide(struct br_burst *b)
{
	const struct br_fdb t = *rcu_dereference(b->br->fdb); /* in registers */
	bool known = true;
	uint16_t odd = 0;

	for (uint16_t i = 0; i < b->n; i++) {
		b->out[i] = destination(b, &t, i);
		known = known && kind(b->out[i]) == RUN_KNOWN;
		odd |= b->out[i] ^ b->out[0];
	}
	if (unlikely(!known))
		return MIXED;
	return odd == 0 && !b->filtering ? BY_ONE_PORT : BY_KNOWN_PORTS;
}

void
br_forward(struct worker *w, struct br_burst *b)
{
	enum verdict v = decide(b);

	if (likely(v == BY_ONE_PORT)) {
		send_known(w, b, b->out[0], b->m, NULL, b->n);
		return;
	}
	if (v == BY_KNOWN_PORTS) {
		run_known(w, b, 0, b->n);
		return;
	}
	if (__atomic_load_n(&b->br->flags, __ATOMIC_RELAXED) & BR_MCAST)
		br_snoop(w, b);
	if (b->src != NULL &&
	    unlikely(__atomic_load_n(&b->src->flags, __ATOMIC_RELAXED) & BR_PORT_STORM))
		br_storm(w, b);
	if (unlikely(__atomic_load_n(&b->br->flags, __ATOMIC_RELAXED) & BR_SUPPRESS))
		br_suppress(w, b);
	for (uint16_t i = 0, end; i < b->n; i = end) {
		end = run_end(b, i);
		switch (kind(b->out[i])) {
		case RUN_KNOWN:
			run_known(w, b, i, end);
			break;
		case RUN_LOCAL:
			run_local(w, b, i, end);
			break;
		case RUN_FLOOD:
			run_flood(w, b, i, end - i);
			break;
		}
	}
}

void
br_flood_arp(struct worker *w, struct br_burst *b)
{
	uint64_t dst;

	memcpy(&dst, rte_pktmbuf_mtod(b->m[0], const void *), RTE_ETHER_ADDR_LEN);
	b->out[0] = BR_OUT_FLOOD + br_class_of(dst & UINT64_C(0xffffffffffff));
	b->linear = b->m[0]->nb_segs == 1;
	run_flood(w, b, 0, 1);
}
