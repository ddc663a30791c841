/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef ARP_PROBE_H
#define ARP_PROBE_H
/** @file Addresses that are probed for before they are used (RFC 5227 2.1). */
#include "netdev/inetdev.h"

void arp_probe_init(void) CTL_ONLY;
void arp_probe_fini(void) CTL_ONLY;
/** Somebody at @p sha has @p addr, or wants it: is it one that is not ours yet? */
bool arp_probe_heard(struct net_device *dev, rte_be32_t addr,
		     const struct rte_ether_addr *sha) CTL_ONLY;
/** Is @p addr announced by those who probed for it? */
bool arp_probe_announces(const struct net_device *dev, rte_be32_t addr) CTL_ONLY;
#endif
