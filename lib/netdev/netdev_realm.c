/* SPDX-License-Identifier: BSD-3-Clause */
/* Does anybody care for realms? Then packets go where they are told theirs. */
#include "core/log.h"
#include "netdev/netdev.h"
#include "skb/skb_realm_dp.h"

LOG_MODULE(netdev);

static void
set_users(uint32_t n) CTL_ONLY
{
	__atomic_store_n(&skb_realm_users, n, __ATOMIC_RELEASE);
	for (struct net_device *d = dev_first(); d != NULL; d = d->ctl->next)
		netdev_rx_off(d, NETDEV_RXF_REALM, n > 0);
}

void
netdev_realm_hold(void)
{
	if (skb_realm_users > 0) {
		skb_realm_users++;
		return;
	}
	if (skb_tclassid_flag == 0 && skb_realm_register() != 0)
		log_warn("no bit left in a mbuf's flags: route filters will match nothing");
	set_users(1);
}

void
netdev_realm_release(void)
{
	if (skb_realm_users > 1)
		skb_realm_users--;
	else
		set_users(0);
}
