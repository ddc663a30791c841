/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_EXC_H
#define IP4_EXC_H
/** @file Exceptions, control side: the one writer of the table, and those who tell it. */
#include "core/role.h"
#include "ip4/ip4_exc_dp.h"
#include "skb/skb_dp.h"

/** What is to be remembered of @p dst, whose route leads by @p way. */
struct ip4_exc_news {
	rte_be32_t dst;
	const struct adj *way; /* a unicast one, exceptions aside */
	uint32_t mtu;	       /* 0: nothing new */
	bool locked;
	struct neighbour *gw; /* NULL: nothing new */
	uint32_t expires_s;
};
/** Remember it from second @p now_s; what else is known of dst by that way stays. When there is no
 * room the one that ends first gives way. 0 or -ENOMEM. */
int ip4_exc_update(const struct ip4_exc_news *news, uint32_t now_s) CTL_ONLY;
/** What there is about @p dst by @p way, alive at second @p now_s; or NULL. */
const struct ip4_exc *ip4_exc_known(rte_be32_t dst, const struct adj *way, uint32_t now_s) CTL_ONLY;
/** Forget what is over at second @p now_s. @return how many are left. */
unsigned int ip4_exc_expire(uint32_t now_s) CTL_ONLY;
/** Forget all of a device; NULL: of all. */
void ip4_exc_flush(const struct net_device *dev) CTL_ONLY;
/** Listen to devices and addresses. 0 or -errno. */
int ip4_exc_init(void) CTL_ONLY;
void ip4_exc_fini(void) CTL_ONLY;

/* --- path MTUs (ip4_pmtu.c) --- */
/** A router on the path to @p dst lets only @p mtu bytes pass, it says at second @p now_s. Linux's
 * ip_rt_update_pmtu(): it only ever gets smaller; below min_pmtu it is locked there. */
void ip4_pmtu_update(rte_be32_t dst, const struct adj *way, uint32_t mtu, uint32_t now_s) CTL_ONLY;
/** Register message and tunables. 0 or -errno. */
int ip4_pmtu_init(void) CTL_ONLY;
void ip4_pmtu_fini(void) CTL_ONLY;
/** Tell sysctl what there will be. */
void ip4_pmtu_declare(void) CTL_ONLY;

/* --- redirects (ip4_redirect.c) --- */
/** An ICMP redirect for us, data pointer at its IP header, skb->dev the device that it came by:
 * follow it, if RFC 1122 3.2.2.2 and the tunables allow. Borrows the packet. Linux's
 * __ip_do_redirect(). */
void ip4_redirect_rcv(const struct sk_buff *skb) CTL_ONLY;
#endif
