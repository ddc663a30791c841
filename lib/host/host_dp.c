/* SPDX-License-Identifier: BSD-3-Clause */
#include "host/host_dp.h"
#include "core/explain.h"
#include "core/msg.h"
#include "ip4/icmp_proto.h"

/* RFC 791 3.1, RFC 4271 and RFC 2328 A.1: routing protocols send with precedence "internetwork
 * control" or above. A flood of anything else does not take their place in the ring. */
#define TOS_CONTROL 0xc0

uint64_t host_ports_dp[NETDEV_MAX / 64];
int host_msg_control = -1, host_msg_other = -1;

/* What comes from ourselves is the router's own affair, but for errors about what programs sent. */
static bool
is_error(const struct sk_buff *skb)
{
	const struct rte_ipv4_hdr *iph = ip_hdr(skb);
	uint8_t type;

	return iph->next_proto_id == IPPROTO_ICMP &&
	       skb_copy_bits(skb, (iph->version_ihl & 0x0fu) * 4, &type, 1) == 0 &&
	       icmp4_type_is_error(type);
}

bool
host_offer(struct worker *w, struct sk_buff *skb)
{
	uint32_t i = (uint32_t)skb->dev->ifindex;
	bool control = ip_hdr(skb)->type_of_service >= TOS_CONTROL;
	struct ctl_msg msg = { .type = (uint16_t)(control ? host_msg_control : host_msg_other),
			       .pkt = skb };

	role_enter_dp();
	if (!(__atomic_load_n(&host_ports_dp[i / 64], __ATOMIC_RELAXED) >> (i % 64) & 1))
		return false;
	if (skb->dev->flags & IFF_LOOPBACK && !is_error(skb))
		return false;
	EXPLAIN(w, "nobody here claims it: for the host's programs");
	skb->dst = NULL; /* a reference to shared tables ends with this burst */
	if (msg_send(w, &msg) != 0)
		kfree_skb_reason(w, skb, msg_full_reason(msg.type));
	return true;
}
