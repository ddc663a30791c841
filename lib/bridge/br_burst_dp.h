/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BR_BURST_DP_H
#define BR_BURST_DP_H
/**
 * @file
 * A burst on its way through a bridge: plain arrays on the stack, filled by the input stage, read
 * by the forwarding stage.
 */
#include "bridge/br_dp.h"
#include "core/explain.h"

/* Where a frame goes: the index of a port, or one of these. */
#define BR_OUT_LOCAL 0
#define BR_OUT_GROUP (BR_PORTS_MAX)	/* br_burst.group says to whom */
#define BR_OUT_FLOOD (BR_PORTS_MAX + 1) /* + enum br_class */

struct br_burst {
	struct net_bridge *br;
	struct br_port *src; /* NULL: made by the bridge's own device */
	uint16_t n;
	bool filtering, linear; /* VLANs count; all frames are of one segment */
	bool spared;		/* not by ports with BR_PORT_NEIGH_SUPPRESS */
	uint32_t longest;	/* bytes of frame */
	struct rte_mbuf *m[SKB_BURST];
	uint64_t dst[SKB_BURST], from[SKB_BURST]; /* MAC addresses as they stand on the wire */
	uint32_t hdst[SKB_BURST], hfrom[SKB_BURST];
	uint16_t tci[SKB_BURST]; /* with filtering; the VLAN is never 0 */
	uint16_t out[SKB_BURST];
	uint8_t tagged[SKB_BURST];		    /* it stands so in the frame */
	const struct br_mdb_node *group[SKB_BURST]; /* BR_OUT_GROUP: NULL for routers alone */
};

static inline uint16_t
br_burst_vid(const struct br_burst *b, unsigned int i)
{
	return b->filtering ? b->tci[i] & 0xfff : 0;
}

static inline enum br_class
br_class_of(uint64_t dst)
{
	if (likely(!(dst & 1)))
		return BR_CLASS_UNICAST;
	return dst == UINT64_C(0xffffffffffff) ? BR_CLASS_BROADCAST : BR_CLASS_MULTICAST;
}

/** The same where VLANs have trees or states of their own. */
enum br_state br_vlan_state_of(const struct br_port *p, uint16_t vid);

/** What the port's state says about frames of VLAN @p vid. */
static inline enum br_state
br_state_of(const struct br_port *p, uint16_t vid)
{
	if (unlikely(__atomic_load_n(&p->br->flags, __ATOMIC_RELAXED) & (BR_MST | BR_VLAN_STATES)))
		return br_vlan_state_of(p, vid);
	return (enum br_state)__atomic_load_n(&p->state[0], __ATOMIC_RELAXED);
}

/** Why a frame of VLAN @p vid from @p src may not leave by @p p, or DROP_MAX. */
enum drop_reason br_may_leave(const struct br_port *src, const struct br_port *p, uint16_t vid);

/** Find out where the frames go, and send them there. Takes all of them. */
void br_forward(struct worker *w, struct br_burst *b) DP_ONLY;

/* --- VLANs (802.1Q-2011 8.6, 8.8) --- */
/** Sort each frame into its VLAN; those that may not come in die. */
void br_vlan_ingress(struct worker *w, struct br_burst *b) DP_ONLY;
/** Make the frame look as @p set says for its VLAN. NULL: it died. */
struct rte_mbuf *br_vlan_egress(struct worker *w, const struct br_burst *b, unsigned int i,
				const struct br_vlans *set, struct rte_mbuf *m) DP_ONLY;
/** Count frame @p i of @p bytes, sent or else received. */
void br_vlan_count(struct worker *w, const struct br_burst *b, unsigned int i, uint32_t bytes,
		   bool sent) DP_ONLY;
/** A tag that the port stripped goes back into the frame. NULL: it died. */
struct sk_buff *br_vlan_unstrip(struct worker *w, struct sk_buff *skb) DP_ONLY;

/** Learn the sources; on a locked port those that the table does not have there die. */
void br_learn(struct worker *w, struct br_burst *b) DP_ONLY;
/** Find out which multicasts go to the ports of a group; tell the control thread what hosts and
 * routers say of groups. What is malformed dies. */
void br_snoop(struct worker *w, struct br_burst *b) DP_ONLY;
/** What is known of routers and queriers for VLAN @p vid, or NULL. */
const struct br_mdb_node *br_snoop_routers(const struct net_bridge *br, uint16_t vid);
/** Hand ARP that is to be flooded to the control thread, on a bridge with BR_SUPPRESS. */
void br_suppress(struct worker *w, struct br_burst *b) DP_ONLY;
/** What is left to do for a frame that was handed over: flood it. Takes it. */
void br_flood_arp(struct worker *w, struct br_burst *b) DP_ONLY;
/** Drop what is more than the port's limits allow (after the destinations are known). */
void br_storm(struct worker *w, struct br_burst *b) DP_ONLY;

/** Frame @p i dies; the caller takes it out. */
static inline void
br_drop(struct worker *w, const struct br_burst *b, struct rte_mbuf *m,
	enum drop_reason why) DP_ONLY
{
	kfree_mbuf_reason(w, m, b->src != NULL ? b->src->dev : b->br->dev, why);
}

/** Move frame @p from to place @p to of the same burst. */
static inline void
br_burst_move(struct br_burst *b, unsigned int to, unsigned int from)
{
	b->m[to] = b->m[from];
	b->dst[to] = b->dst[from];
	b->from[to] = b->from[from];
	b->hdst[to] = b->hdst[from];
	b->hfrom[to] = b->hfrom[from];
	b->tci[to] = b->tci[from];
	b->out[to] = b->out[from];
	b->tagged[to] = b->tagged[from];
	b->group[to] = b->group[from];
}
#endif
