/* SPDX-License-Identifier: BSD-3-Clause */
/* VLANs of ports and of the bridge itself (802.1Q-2011 8.8): sets are replaced as a whole. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "bridge/br_priv.h"

static void
vlans_free(struct rcu_head *head)
{
	free(container_of(head, struct br_vlans, rcu));
}

struct br_vlans *
br_vlans_default(const struct net_bridge *br)
{
	struct br_vlans *set = calloc(1, sizeof(*set));
	uint16_t pvid = br_ctl(br)->default_pvid;

	if (set == NULL || pvid == 0)
		return set;
	set->pvid = pvid;
	br_vlan_mark(set->member, pvid, true);
	br_vlan_mark(set->untagged, pvid, true);
	return set;
}

static struct br_vlans *
vlans_copy(const struct br_vlans *old)
{
	struct br_vlans *set = malloc(sizeof(*set));

	if (set != NULL)
		*set = *old;
	return set;
}

static struct br_vlans **
place(struct net_bridge *br, struct br_port *port)
{
	return port != NULL ? &port->vlans : &br->vlans;
}

bool
br_vlan_used(const struct net_bridge *br, uint16_t vid)
{
	bool used = br_vlan_has(br->vlans->member, vid);

	for (unsigned int i = 0; i < br->ports->n && !used; i++)
		used = br_vlan_has(br->ports->p[i]->vlans->member, vid);
	return used;
}

/* Publish @p set; the addresses and entries of VLANs follow. */
static void
publish(struct net_bridge *br, struct br_port *port, struct br_vlans *set) CTL_ONLY
{
	uint64_t mac = port != NULL ? port->mac : br->dev->dev_addr64;
	struct br_vlans *old = *place(br, port);

	rcu_assign_pointer(*place(br, port), set);
	for (uint16_t v = 1; v < BR_VLAN_N - 1; v++) {
		bool had = br_vlan_has(old->member, v), has = br_vlan_has(set->member, v);

		if (had == has)
			continue;
		br_fdb_local_vlan(br, port, mac, v, has);
		if (had) {
			if (port != NULL) {
				br_vlan_state_leave(port, v);
				br_fdb_flush(br, &(struct br_fdb_filter){
							 .port = port, .vid = v, .tree = -1 });
			}
			br_mcast_flush(br, &(struct br_mcast_filter){
						   .port = port, .vid = v, .tree = -1 });
		}
		br_mcast_vlan(br, port, v, has);
	}
	br_vlan_tell_change(br, port, old, set);
	rcu_defer(&old->rcu, vlans_free);
}

static int
check_range(uint16_t first, uint16_t last, unsigned int flags, const char **why)
{
	if (first == 0 || last >= BR_VLAN_N - 1 || first > last) {
		*why = "expected VLANs of 1 to 4094, the lower one first";
		return -EINVAL;
	}
	if (flags & BR_VLAN_PVID && first != last) {
		*why = "only one VLAN can be the PVID";
		return -EINVAL;
	}
	return 0;
}

int
br_vlan_add(struct net_bridge *br, struct br_port *port, uint16_t first, uint16_t last,
	    unsigned int flags, const char **why)
{
	int rc = check_range(first, last, flags, why);
	struct br_vlans *set;

	if (rc != 0)
		return rc;
	*why = "out of memory";
	set = vlans_copy(*place(br, port));
	if (set == NULL)
		return -ENOMEM;
	for (uint16_t v = first; v <= last; v++) {
		br_vlan_mark(set->member, v, true);
		br_vlan_mark(set->untagged, v, flags & BR_VLAN_UNTAGGED);
	}
	if (flags & BR_VLAN_PVID)
		set->pvid = first;
	else if (set->pvid >= first && set->pvid <= last)
		set->pvid = 0; /* as Linux: said anew, without being the PVID */
	publish(br, port, set);
	return 0;
}

int
br_vlan_del(struct net_bridge *br, struct br_port *port, uint16_t first, uint16_t last,
	    const char **why)
{
	int rc = check_range(first, last, 0, why);
	struct br_vlans *set;
	bool any = false;

	if (rc != 0)
		return rc;
	*why = "out of memory";
	set = vlans_copy(*place(br, port));
	if (set == NULL)
		return -ENOMEM;
	for (uint16_t v = first; v <= last; v++) {
		any = any || br_vlan_has(set->member, v);
		br_vlan_mark(set->member, v, false);
		br_vlan_mark(set->untagged, v, false);
	}
	if (!any) {
		*why = "it is no member of that VLAN";
		free(set);
		return -ENOENT;
	}
	if (set->pvid >= first && set->pvid <= last)
		set->pvid = 0;
	publish(br, port, set);
	return 0;
}

/* A port whose PVID is still the old default gets the new one. */
static int
change_default(struct net_bridge *br, struct br_port *port, uint16_t old, uint16_t pvid) CTL_ONLY
{
	struct br_vlans *set = *place(br, port);

	if (set->pvid != old || (old != 0 && !br_vlan_has(set->untagged, old)) ||
	    (old == 0 && pvid != 0 && br_vlan_has(set->member, pvid)))
		return 0;
	set = vlans_copy(set);
	if (set == NULL)
		return -ENOMEM;
	if (old != 0) {
		br_vlan_mark(set->member, old, false);
		br_vlan_mark(set->untagged, old, false);
	}
	set->pvid = pvid;
	if (pvid != 0) {
		br_vlan_mark(set->member, pvid, true);
		br_vlan_mark(set->untagged, pvid, true);
	}
	publish(br, port, set);
	return 0;
}

int
br_vlan_set_default_pvid(struct net_bridge *br, uint16_t pvid, const char **why)
{
	uint16_t old = br_ctl(br)->default_pvid;
	int rc;

	*why = "out of memory";
	if (pvid == old)
		return 0;
	rc = change_default(br, NULL, old, pvid);
	for (unsigned int i = 0; i < br->ports->n && rc == 0; i++)
		rc = change_default(br, br->ports->p[i], old, pvid);
	if (rc == 0)
		br_ctl(br)->default_pvid = pvid;
	return rc;
}

/* --- statistics --- */

void
br_vlan_stats_free(struct rcu_head *head)
{
	struct br_vlan_stats *st = container_of(head, struct br_vlan_stats, rcu);

	for (unsigned int i = 0; i < WORKER_MAX; i++)
		free(st->of[i]);
	free(st);
}

int
br_vlan_set_stats(struct net_bridge *br, bool on)
{
	struct br_vlan_stats *old = br->vlan_stats, *st;

	if (on == (old != NULL))
		return 0;
	if (!on) {
		rcu_assign_pointer(br->vlan_stats, NULL);
		rcu_defer(&old->rcu, br_vlan_stats_free);
		return 0;
	}
	st = calloc(1, sizeof(*st));
	for (unsigned int i = 0; st != NULL && i < n_workers; i++) {
		st->of[i] = calloc(BR_VLAN_N, sizeof(*st->of[i]));
		if (st->of[i] == NULL) {
			br_vlan_stats_free(&st->rcu);
			st = NULL;
		}
	}
	if (st == NULL)
		return -ENOMEM;
	rcu_assign_pointer(br->vlan_stats, st);
	return 0;
}

bool
br_vlan_stat(const struct net_bridge *br, uint16_t vid, struct br_vlan_stat *sum)
{
	memset(sum, 0, sizeof(*sum));
	for (unsigned int i = 0; br->vlan_stats != NULL && i < n_workers; i++) {
		const struct br_vlan_stat *st = &br->vlan_stats->of[i][vid];

		sum->rx_packets += __atomic_load_n(&st->rx_packets, __ATOMIC_RELAXED);
		sum->rx_bytes += __atomic_load_n(&st->rx_bytes, __ATOMIC_RELAXED);
		sum->tx_packets += __atomic_load_n(&st->tx_packets, __ATOMIC_RELAXED);
		sum->tx_bytes += __atomic_load_n(&st->tx_bytes, __ATOMIC_RELAXED);
	}
	return br->vlan_stats != NULL;
}
