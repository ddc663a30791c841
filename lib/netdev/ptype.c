/* SPDX-License-Identifier: BSD-3-Clause */
/* Registration of protocol handlers: ethertypes, LLC service access points, SNAP protocols, taps.
 */
#include <errno.h>
#include <stdlib.h>
#include <linux/if_ether.h>
#include "netdev/netdev.h"
#include "netdev/netdev_priv.h"

#define PTYPE_MAX 256 /* handlers of ethertypes and SNAP protocols together */

struct ptype *ptype_tab[PTYPE_HASH];
ptype_fn ptype_llc[256];
ptype_fn ptype_all;
static unsigned int n_ptypes;

static int
add(uint32_t oui, uint16_t type, ptype_fn fn) CTL_ONLY
{
	struct ptype **at = &ptype_tab[ptype_hash(oui, type)], *p;

	for (p = *at; p != NULL; p = p->next)
		if (p->type == type && p->oui == oui)
			return -EEXIST;
	if (n_ptypes == PTYPE_MAX)
		return -ENOSPC;
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return -ENOSPC;
	*p = (struct ptype){ .next = *at, .oui = oui, .type = type, .fn = fn };
	n_ptypes++;
	rcu_assign_pointer(*at, p);
	return 0;
}

static void
del(uint32_t oui, uint16_t type) CTL_ONLY
{
	struct ptype **at = &ptype_tab[ptype_hash(oui, type)], *p;

	for (; (p = *at) != NULL; at = &p->next)
		if (p->type == type && p->oui == oui) {
			rcu_assign_pointer(*at, p->next);
			n_ptypes--;
			netdev_free_rcu(&p->rcu);
			return;
		}
}

static void
set_tap(ptype_fn fn) CTL_ONLY
{
	__atomic_store_n(&ptype_all, fn, __ATOMIC_RELEASE);
	for (struct net_device *d = dev_first(); d != NULL; d = d->ctl->next)
		netdev_rx_off(d, NETDEV_RXF_TAP, fn != NULL);
}

int
dev_add_pack(uint16_t ethertype, ptype_fn fn)
{
	if (ethertype != ETH_P_ALL)
		return add(PTYPE_ETHER, ethertype, fn);
	if (ptype_all != NULL)
		return -EEXIST;
	set_tap(fn);
	return 0;
}

void
dev_remove_pack(uint16_t ethertype)
{
	if (ethertype != ETH_P_ALL)
		del(PTYPE_ETHER, ethertype);
	else if (ptype_all != NULL)
		set_tap(NULL);
}

int
dev_add_llc(uint8_t dsap, ptype_fn fn)
{
	if (ptype_llc[dsap] != NULL)
		return -EEXIST;
	__atomic_store_n(&ptype_llc[dsap], fn, __ATOMIC_RELEASE);
	return 0;
}

int
dev_add_snap(uint32_t oui, uint16_t protocol, ptype_fn fn)
{
	/* RFC 1042: organisation code 0 carries ethertypes, which have their own door. */
	return oui == PTYPE_ETHER || oui > 0xffffff ? -EINVAL : add(oui, protocol, fn);
}

void
ptype_fini(void)
{
	for (unsigned int h = 0; h < PTYPE_HASH; h++)
		while (ptype_tab[h] != NULL)
			del(ptype_tab[h]->oui, ptype_tab[h]->type);
	for (unsigned int sap = 0; sap < RTE_DIM(ptype_llc); sap++)
		__atomic_store_n(&ptype_llc[sap], NULL, __ATOMIC_RELEASE);
	dev_remove_pack(ETH_P_ALL);
}
