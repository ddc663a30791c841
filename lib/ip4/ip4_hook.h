/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_HOOK_H
#define IP4_HOOK_H
/** @file Registration at IPv4's hooks. */
#include "ip4/ip4_hook_dp.h"

/** One function at one place. The caller keeps it alive while it is registered. */
struct ip4_hook {
	ip4_hook_fn fn;
	const struct ip4_hook_transit *transit; /* its part in the fast lane; NULL: none */
	enum ip4_hook_point at;
	int prio; /* lower runs first, as netfilter's; equals in order of registration */
	struct ip4_hook *next;
};
/** Netfilter's priorities, for those who must stand before or behind each other. */
enum ip4_hook_prio {
	IP4_HOOK_PRIO_MANGLE = -150,
	IP4_HOOK_PRIO_FILTER = 0,
};

/**
 * Register. While anybody is registered where forwarded packets pass (prerouting, forward,
 * postrouting) without a part in the fast lane, every device's packets take the general lane. 0 or
 * -ENOMEM (nothing changed).
 */
int ip4_hook_register(struct ip4_hook *h) CTL_ONLY;
/** @p h->transit has changed. A look() that was registered may still be called for a while, and
 * fn from now on. */
void ip4_hook_changed(void) CTL_ONLY;
/** Take it away; not registered is no error. Workers may be inside @p h->fn until a grace period
 * has passed. */
void ip4_hook_unregister(struct ip4_hook *h) CTL_ONLY;

/** Listen for new devices; forget all hooks. ip4_init() and ip4_fini() call these. */
void ip4_hook_init(void) CTL_ONLY;
void ip4_hook_fini(void) CTL_ONLY;
#endif
