/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/log.h"
#include "skb/skb_realm_dp.h"
#include <rte_errno.h>
#include <rte_mbuf_dyn.h>

LOG_MODULE(skb);

uint32_t skb_realm_users;
uint64_t skb_tclassid_flag;
struct notifier_chain skb_realm_chain = NOTIFIER_CHAIN("skb_realm");

/* 0, or -errno: no bit is left. */
static int
register_flag(void)
{
	static const struct rte_mbuf_dynflag flag = { .name = "pollux_tclassid" };
	int bit = rte_mbuf_dynflag_register(&flag);

	if (bit < 0)
		return -rte_errno;
	skb_tclassid_flag = UINT64_C(1) << bit;
	return 0;
}

static void
set_users(uint32_t n) CTL_ONLY
{
	bool turned = (n > 0) != (skb_realm_users > 0);

	__atomic_store_n(&skb_realm_users, n, __ATOMIC_RELEASE);
	if (turned)
		notifier_call(&skb_realm_chain, 0, NULL);
}

void
skb_realm_hold(void)
{
	if (skb_realm_users == 0 && skb_tclassid_flag == 0 && register_flag() != 0)
		log_warn("no bit left in a mbuf's flags: route filters will match nothing");
	set_users(skb_realm_users + 1);
}

void
skb_realm_release(void)
{
	set_users(skb_realm_users - 1);
}
