/* SPDX-License-Identifier: BSD-3-Clause */
#include "skb/skb_realm_dp.h"
#include <rte_errno.h>
#include <rte_mbuf_dyn.h>

uint32_t skb_realm_users;
uint64_t skb_tclassid_flag;

int
skb_realm_register(void)
{
	static const struct rte_mbuf_dynflag flag = { .name = "pollux_tclassid" };
	int bit = rte_mbuf_dynflag_register(&flag);

	if (bit < 0)
		return -rte_errno;
	skb_tclassid_flag = UINT64_C(1) << bit;
	return 0;
}
