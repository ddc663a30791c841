/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Neighbour suppression: ARP that would be flooded by ports that spare their hosts it is the
 * control thread's, which knows the neighbours; it answers, and floods what is left to flood.
 */
#include <rte_arp.h>
#include "bridge/br_burst_dp.h"
#include "core/msg.h"

/* Frame @p i is ARP. */
static bool
is_arp(const struct br_burst *b, unsigned int i)
{
	uint32_t at = 2 * RTE_ETHER_ADDR_LEN + (b->filtering && b->tagged[i] ? RTE_VLAN_HLEN : 0);
	rte_be16_t copy;
	const rte_be16_t *type = rte_pktmbuf_read(b->m[i], at, sizeof(copy), &copy);

	return type != NULL && *type == RTE_BE16(RTE_ETHER_TYPE_ARP);
}

/* false: its ring is full; the frame is still the caller's. */
static bool
hand_over(struct worker *w, const struct br_burst *b, unsigned int i) DP_ONLY
{
	struct ctl_msg msg = { .type = br_msg_arp,
			       .arg = (uint32_t)b->src->dev->ifindex,
			       .pkt = skb_init(b->m[i], b->src->dev) };

	if (b->filtering)
		msg.arg2 = BR_ARP_VLAN | (b->tagged[i] ? BR_ARP_TAGGED : 0) | b->tci[i];
	return msg_send(w, &msg) == 0;
}

void
br_suppress(struct worker *w, struct br_burst *b)
{
	uint16_t n = 0;

	if (b->src == NULL ||
	    __atomic_load_n(&b->src->flags, __ATOMIC_RELAXED) & BR_PORT_NEIGH_SUPPRESS)
		return;
	for (uint16_t i = 0; i < b->n; i++) {
		if (b->out[i] >= BR_OUT_FLOOD && is_arp(b, i) && hand_over(w, b, i))
			continue;
		if (n != i)
			br_burst_move(b, n, i);
		n++;
	}
	b->n = n;
}
