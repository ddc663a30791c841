/* SPDX-License-Identifier: BSD-3-Clause */
/* PROBE (RFC 8335): which interface an extended echo request asks about, and how it does. Names are
 * the control thread's to compare, so it answers. */
#include "ip4/ip4_priv.h"
#include "netdev/inetdev.h"
#include "netdev/netdev.h"

#define AFI_IP4 1 /* IANA's number */

int icmp_msg_probe = -1;

static struct net_device *
by_name(const struct sk_buff *skb, uint32_t at, uint32_t len) CTL_ONLY
{
	char name[IFNAMSIZ] = ""; /* which zeros fill up on the wire, too */

	skb_copy_bits(skb, at, name, len);
	return dev_get_by_name(name);
}

static struct net_device *
by_index(const struct sk_buff *skb, uint32_t at) CTL_ONLY
{
	rte_be32_t index = 0;

	skb_copy_bits(skb, at, &index, sizeof(index));
	return dev_get_by_index(rte_be_to_cpu_32(index));
}

/* The interface that the object behind the ICMP header identifies. *@p code: that of the answer
 * (RFC 8335 2.1, 4). */
static struct net_device *
asked_for(const struct sk_buff *skb, uint8_t *code) CTL_ONLY
{
	struct net_device *dev = NULL;
	struct icmp4_ext_addr a;
	struct icmp4_ext ext;
	uint32_t at = ICMP4_HDR_LEN + sizeof(ext), len;

	*code = ICMP4_EXT_MALFORMED;
	if (skb_copy_bits(skb, ICMP4_HDR_LEN, &ext, sizeof(ext)) != 0)
		return NULL;
	len = rte_be_to_cpu_16(ext.len) - 4u;
	if (ext.class_num != ICMP4_IIO_CLASS || len == 0 || len > skb_len(skb) - at)
		return NULL;
	if (ext.c_type == ICMP4_IIO_NAME && len < IFNAMSIZ) {
		dev = by_name(skb, at, len);
	} else if (ext.c_type == ICMP4_IIO_INDEX && len == sizeof(uint32_t)) {
		dev = by_index(skb, at);
	} else if (ext.c_type == ICMP4_IIO_ADDR && len == sizeof(a)) {
		skb_copy_bits(skb, at, &a, sizeof(a));
		if (a.afi != rte_cpu_to_be_16(AFI_IP4) || a.len != sizeof(a.addr))
			return NULL;
		dev = ip_dev_find(a.addr);
	} else {
		return NULL;
	}
	*code = dev != NULL ? ICMP4_EXT_OK : ICMP4_EXT_NO_IF;
	return dev;
}

/* A request for us, headers writable. */
static void
on_message(struct ctl_msg *msg)
{
	struct sk_buff *skb = msg->pkt;
	const struct net_device *dev;
	struct icmp4_hdr *icmph;
	uint16_t state = 0;

	role_enter_ctl();
	role_borrow_dp();
	if (!ip4_still_valid(skb))
		return;
	skb_pull(skb, ip_hdrlen(ip_hdr(skb)));
	icmph = (struct icmp4_hdr *)skb_data(skb);
	dev = asked_for(skb, &icmph->code);
	if (dev != NULL && (dev->flags & IFF_UP))
		state |= ICMP4_EXT_ACTIVE;
	if (dev != NULL && dev->ip_ptr != NULL && dev->ip_ptr->ifa_list != NULL)
		state |= ICMP4_EXT_IPV4;
	icmph->echo.sequence =
		(icmph->echo.sequence & rte_cpu_to_be_16(0xff00)) | rte_cpu_to_be_16(state);
	icmp_answer(worker_ctl(), skb, ICMP4_EXT_ECHO_REPLY);
}

int
icmp_probe_init(void)
{
	icmp_msg_probe = msg_register(MSG_OTHER, "icmp_probe", on_message);
	return icmp_msg_probe < 0 ? icmp_msg_probe : 0;
}
