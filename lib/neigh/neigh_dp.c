/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include "core/explain.h"
#include "core/msg.h"
#include "core/stage_dp.h"
#include "netdev/inetdev_dp.h"
#include "neigh/neigh_dp.h"
#include "neigh/neigh_priv.h"
#include "neigh/police_priv.h"

#define COW_LEN 64 /* bytes that a private head gets: the headers somebody may still write */

/* Frames of one burst that leave by the same port. */
struct tx_run {
	struct net_device *lower;
	uint16_t n;
	struct rte_mbuf *pkts[SKB_BURST];
};

/* By way of the device layer, for one test of flags and of listeners a burst. */
static DP_ONLY void
run_flush(struct worker *w, struct tx_run *run)
{
	if (run->n > 0)
		dev_queue_xmit(w, run->lower, run->pkts, run->n);
	run->n = 0;
}

/* The driver counts for the port; devices over it count here, each with the frame as
 * it is at its level: without the tags that are put on below. */
static DP_ONLY void
count_upper(struct worker *w, const struct adj *a, uint32_t ip_len)
{
	uint32_t len = ip_len + RTE_ETHER_HDR_LEN;

	for (struct net_device *dev = a->dev; dev != a->lower; dev = dev->real_dev) {
		struct netdev_stats *st = netdev_stats(w, dev);

		st->tx_packets++;
		st->tx_bytes += len;
		len += netdev_tag_len(dev);
	}
}

static DP_ONLY void
rewrite(struct worker *w, struct sk_buff *skb, const struct adj *a, struct tx_run *run)
{
	uint32_t ip_len = skb_len(skb);
	struct sk_buff *own = skb;
	uint8_t *hdr;

	if (unlikely(skb_cloned(skb) || skb_headroom(skb) < a->hdr_len)) {
		own = skb_cow_head(w, skb, a->hdr_len, RTE_MIN(skb_headlen(skb), COW_LEN));
		if (own == NULL) {
			kfree_skb_reason(w, skb, DROP_SKB_NO_MBUF);
			return;
		}
	}
	hdr = skb_push(own, a->hdr_len);
	if (unlikely(hdr == NULL)) {
		kfree_skb_reason(w, own, DROP_SKB_TOO_SHORT);
		return;
	}
	memcpy(hdr, a->hdr + ADJ_HDR_MAX - a->hdr_len, a->hdr_len);
	if (unlikely(a->dev != a->lower))
		count_upper(w, a, ip_len);
	if (unlikely(run->lower != a->lower)) {
		run_flush(w, run);
		run->lower = a->lower;
	}
	run->pkts[run->n++] = skb_mbuf(own);
}

/* Hand over to the control thread as the budget allows, or be it. */
static DP_ONLY void
resolve(struct worker *w, struct sk_buff *skb, const struct adj *a, rte_be32_t nexthop)
{
	struct ctl_msg msg = { .type = (uint16_t)neigh_msg_resolve,
			       .arg = (uint32_t)a->dev->ifindex,
			       .arg2 = nexthop,
			       .pkt = skb };

	if (explaining(w))
		neigh_explain(w, a, nexthop);
	skb->dev = a->dev;
	skb->dst = NULL;
	if (worker_is_ctl(w)) {
		role_enter_ctl(); /* slot 0 is used by the control thread only */
		neigh_output_ctl(skb, msg.arg, nexthop);
	} else if (neigh_police(w, a, skb) && msg_send(w, &msg) < 0) {
		kfree_skb_reason(w, skb, msg_full_reason(msg.type));
	}
}

static bool
is_broadcast(const struct net_device *dev, rte_be32_t dst)
{
	const struct in_device *in_dev = in_dev_get_rcu(dev);
	const struct in_ifaddr *ifa;

	if (dst == INADDR_BROADCAST)
		return true;
	if (in_dev == NULL)
		return false;
	for (ifa = rcu_dereference(in_dev->ifa_list); ifa != NULL;
	     ifa = rcu_dereference(ifa->ifa_next))
		if (ifa->ifa_broadcast != 0 && ifa->ifa_broadcast == dst)
			return true;
	return false;
}

/* On-link: groups and broadcasts have their MAC address by rule, all others are asked for. */
static DP_ONLY void
glean(struct worker *w, struct sk_buff *skb, const struct adj *a)
{
	struct rte_ether_addr mac;
	rte_be32_t dst;

	if (skb_headlen(skb) < sizeof(struct rte_ipv4_hdr)) {
		kfree_skb_reason(w, skb, DROP_SKB_TOO_SHORT);
		return;
	}
	dst = ((const struct rte_ipv4_hdr *)skb_data(skb))->dst_addr;
	if ((rte_be_to_cpu_32(dst) & 0xf0000000) == 0xe0000000) {
		neigh_mc_map(dst, &mac);
	} else if (is_broadcast(a->dev, dst)) {
		memset(&mac, 0xff, sizeof(mac));
	} else {
		resolve(w, skb, a, dst);
		return;
	}
	skb->dev = a->dev;
	skb->protocol = rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4);
	dev_hard_xmit(w, skb, &mac);
}

static DP_ONLY void
output_rare(struct worker *w, struct sk_buff *skb, const struct adj *a)
{
	switch (a->type) {
	case ADJ_INCOMPLETE:
	case ADJ_FAILED:
		resolve(w, skb, a, a->gw);
		break;
	case ADJ_GLEAN:
		glean(w, skb, a);
		break;
	default: /* nothing to send by: a route of another kind does not come here */
		kfree_skb_reason(w, skb, DROP_NEIGH_FAILED);
	}
}

void
neigh_output(struct worker *w, struct skb_vec *vec)
{
	enum stage from = stage_enter(w, STAGE_NEIGH_OUTPUT, vec->n);
	const struct adj *last = NULL;
	struct tx_run run;

	run.lower = NULL;
	run.n = 0;
	for (unsigned int i = 0; i < vec->n; i++) {
		struct sk_buff *skb = vec->v[i];
		const struct adj *a = skb->dst;

		if (unlikely(a->type != ADJ_REWRITE)) {
			output_rare(w, skb, a);
			continue;
		}
		if (explaining(w)) {
			neigh_explain(w, a, a->gw);
		} else if (a != last) {
			adj_touch(a);
			last = a;
		}
		rewrite(w, skb, a, &run);
	}
	run_flush(w, &run);
	vec->n = 0;
	stage_leave(w, from);
}
