/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BR_CFG_H
#define BR_CFG_H
/** @file Members of a bridge and of a port in section "bridges": checked, applied, told. */
#include "bridge/br.h"
#include "ctl/cfg.h"

/** The member at fault, and what is wrong with it. */
struct br_cfg_fault {
	const char *key, *why;
};

void br_cfg_check_bridge(const struct cfg *c);
void br_cfg_check_port(const struct cfg *c);
/** Without "ports". New references. */
json_t *br_cfg_canon_bridge(const struct cfg *c);
json_t *br_cfg_canon_port(const struct cfg *c);
json_t *br_cfg_show_bridge(const struct net_bridge *br) CTL_ONLY;
json_t *br_cfg_show_port(const struct br_port *p) CTL_ONLY;
/** What is not said goes back to its default. 0, or -errno after cfg_fail(). */
int br_cfg_apply_bridge(const struct cfg *c, struct net_bridge *br) CTL_ONLY;
/** 0, or -errno with *f. */
int br_cfg_apply_port(const json_t *entry, struct br_port *p, struct br_cfg_fault *f) CTL_ONLY;

/** A list of VLANs, 10 or "10-20": check it; its bits into @p set; the list of a set. */
void br_cfg_check_vlans(const struct cfg *c, const char *key);
void br_cfg_add_vlans(const json_t *list, uint64_t set[BR_VLAN_N / 64]);
json_t *br_cfg_ranges(const uint64_t set[BR_VLAN_N / 64]);

/** "10" or "10-20". false: neither. */
bool br_cfg_range(const char *word, uint16_t *first, uint16_t *last);
/** "vlan_default_pvid" of a bridge; the set that a bridge, or port, asks for. */
uint16_t br_cfg_default_pvid(const json_t *o);
void br_cfg_vlan_set(const json_t *o, uint16_t pvid, struct br_vlans *set);

/* "vlan_global" of a bridge; "vlan_options" of a bridge (port NULL) or of a port. */
void br_cfg_check_vlan_global(const struct cfg *c);
void br_cfg_canon_vlan_global(json_t *o, const json_t *from);
void br_cfg_show_vlan_global(json_t *o, const struct net_bridge *br) CTL_ONLY;
/** When ports have joined: of VLANs without members nothing can be set. */
int br_cfg_apply_vlan_global(const json_t *from, struct net_bridge *br,
			     struct br_cfg_fault *f) CTL_ONLY;
void br_cfg_check_vlan_options(const struct cfg *c, bool port);
void br_cfg_canon_vlan_options(json_t *o, const json_t *from);
void br_cfg_show_vlan_options(json_t *o, const struct net_bridge *br, struct br_port *p) CTL_ONLY;
int br_cfg_apply_vlan_options(const json_t *from, struct net_bridge *br, struct br_port *p,
			      struct br_cfg_fault *f) CTL_ONLY;

/* "mst" and "tx_hold_count" of "stp"; "mst" of a port. */
void br_cfg_check_mst(const struct cfg *stp);
void br_cfg_canon_mst(json_t *stp, const json_t *in);
void br_cfg_show_mst(json_t *stp, const struct net_bridge *br) CTL_ONLY;
int br_cfg_apply_mst(const json_t *stp, struct net_bridge *br, struct br_cfg_fault *f) CTL_ONLY;
void br_cfg_check_port_mst(const struct cfg *c);
void br_cfg_canon_port_mst(json_t *o, const json_t *in);
void br_cfg_show_port_mst(json_t *o, const struct br_port *p) CTL_ONLY;
int br_cfg_apply_port_mst(const json_t *entry, struct br_port *p, struct br_cfg_fault *f) CTL_ONLY;

/* "groups" of a bridge (port NULL) or of a port. */
void br_cfg_check_groups(const struct cfg *c);
/** @p set: the VLANs of a group that names none, with vlan_filtering; else NULL. */
void br_cfg_canon_groups(json_t *o, const json_t *from, const struct br_vlans *set);
void br_cfg_show_groups(json_t *o, const struct net_bridge *br,
			const struct br_port *port) CTL_ONLY;
int br_cfg_apply_groups(const json_t *from, struct net_bridge *br, struct br_port *port,
			struct br_cfg_fault *f) CTL_ONLY;

/** With the daemon's modules: listen for ports that come later. */
void br_cfg_init(void) CTL_ONLY;
void br_cfg_fini(void) CTL_ONLY;
#endif
