/* SPDX-License-Identifier: BSD-3-Clause */
/* What the administrator wants to read about single packets (log_martians and the like). A worker
 * never logs: it sends the packet here, at most as often as net.core.message_cost says. */
#include <arpa/inet.h>
#include <stdio.h>
#include "core/log.h"
#include "ip4/ip4.h"
#include "ip4/ip4_priv.h"
#include "netdev/netdev.h"

LOG_MODULE(ip4_packet);

#define HEAD_SHOWN 48u /* bytes of the frame */

static const char *
what_of(enum drop_reason why)
{
	switch (why) {
	case DROP_IP4_MARTIAN_DESTINATION:
		return "martian destination";
	case DROP_IP4_RP_FILTER:
		return "martian source (reverse path)";
	case DROP_IP4_SOURCE_ROUTE:
		return "source route refused";
	case DROP_ICMP_BOGUS_ERROR:
		return "ICMP error about a broadcast";
	default:
		return "martian source";
	}
}

/* "02 00 00 ..." of the link header and what follows. */
static void
head_text(const struct sk_buff *skb, char *text, size_t len)
{
	const struct rte_mbuf *m = skb_mbuf(skb);
	uint16_t from =
		skb->mac_header <= skb->network_header ? skb->mac_header : skb->network_header;
	unsigned int end = m->data_off + m->data_len, n;

	n = RTE_MIN(end - from, HEAD_SHOWN);
	text[0] = '\0';
	for (unsigned int i = 0; i < n && i * 3 + 3 < len; i++)
		snprintf(text + i * 3, len - i * 3, "%02x ", ((uint8_t *)m->buf_addr)[from + i]);
}

static void
on_message(struct ctl_msg *msg)
{
	char from[INET_ADDRSTRLEN], to[INET_ADDRSTRLEN], head[HEAD_SHOWN * 3 + 1];
	enum drop_reason why = (enum drop_reason)msg->arg;
	struct sk_buff *skb = msg->pkt;

	role_enter_ctl();
	role_borrow_dp();
	if (!ip4_still_valid(skb))
		return;
	inet_ntop(AF_INET, &ip_hdr(skb)->src_addr, from, sizeof(from));
	inet_ntop(AF_INET, &ip_hdr(skb)->dst_addr, to, sizeof(to));
	head_text(skb, head, sizeof(head));
	log_warn("%s: from %s to %s, on dev %s (%u not shown), head: %s", what_of(why), from, to,
		 skb->dev->name, (unsigned int)msg->arg2, head);
	kfree_skb_reason(worker_ctl(), skb, why);
}

int
ip4_log_init(void)
{
	ip4_msg_log = msg_register(MSG_OTHER, "ip4_log", on_message);
	return ip4_msg_log < 0 ? ip4_msg_log : 0;
}
