/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SKB_REALM_DP_H
#define SKB_REALM_DP_H
/** @file Realms of packets: what routes and policy rules say of where from and where to. */
#include "core/notifier.h"
#include "skb/skb_dp.h"

/** How many care for realms: routes, rules and filters that name one. While it is 0 no packet is
 * told any. */
extern uint32_t skb_realm_users;
static inline bool
skb_realms_wanted(void)
{
	return unlikely(__atomic_load_n(&skb_realm_users, __ATOMIC_RELAXED) != 0);
}

/** Bit of a mbuf's flags that says that its view has a tclassid; 0: there is no such bit. Drivers
 * and pools clear it with all others: a frame that never had a view does not have it. */
extern uint64_t skb_tclassid_flag;
/** One more, or one less, who cares. Who publishes something with realms holds first: a worker that
 * sees it tells them. */
void skb_realm_hold(void) CTL_ONLY;
void skb_realm_release(void) CTL_ONLY;
/** The first one who cares has come, or the last one has gone: skb_realm_users says which. */
extern struct notifier_chain skb_realm_chain;

/** @p realms: FROM in the upper 16 bits, TO in the lower ones (Linux's dst.tclassid). */
static inline void
skb_set_tclassid(struct sk_buff *skb, uint32_t realms)
{
	skb->tclassid = realms;
	skb_mbuf(skb)->ol_flags |= skb_tclassid_flag;
}
/** Was the frame routed while somebody cared? Then its view is good for tclassid and iif. */
static inline bool
skb_has_tclassid(const struct rte_mbuf *m)
{
	return (m->ol_flags & skb_tclassid_flag) != 0;
}
#endif
