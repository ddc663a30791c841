/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BR_CLI_H
#define BR_CLI_H
/** @file What the commands of bridges share. */
#include <jansson.h>
#include "bridge/br.h"

struct cli_ctx;

/* The parameters of a port in a command's syntax. */
#define BR_PORT_WORDS                                                                              \
	"[priority PRIORITY:str] [cost COST:str] [guard GUARD:str] [root_block ROOT_BLOCK:str] "   \
	"[hairpin HAIRPIN:str] [learning LEARNING:str] [flood FLOOD:str] "                         \
	"[mcast_flood MCAST_FLOOD:str] [bcast_flood BCAST_FLOOD:str] [isolated ISOLATED:str] "     \
	"[locked LOCKED:str] [neigh_suppress NEIGH_SUPPRESS:str] [(fastleave|mcast_fast_leave) "   \
	"FASTLEAVE:str] "                                                                          \
	"[mcast_router MCAST_ROUTER:str] [mcast_max_groups MCAST_MAX_GROUPS:str] "                 \
	"[group_fwd_mask GROUP_FWD_MASK:str] "                                                     \
	"[fdb_max_learned FDB_MAX_LEARNED:str] [storm_broadcast STORM_BROADCAST:str] "             \
	"[storm_multicast STORM_MULTICAST:str] [storm_unknown_unicast STORM_UNKNOWN_UNICAST:str]"

/** The bridge of argument @p arg; NULL after cli_error(). */
struct net_bridge *br_cli_bridge(struct cli_ctx *c, const char *arg) CTL_ONLY;
/** The port of argument DEV, or the bridge that DEV is (*port NULL). -errno after cli_error(). */
int br_cli_place(struct cli_ctx *c, struct net_bridge **br, struct br_port **port) CTL_ONLY;
/** The port of argument DEV; NULL after cli_error(). */
struct br_port *br_cli_port(struct cli_ctx *c) CTL_ONLY;
/** Set what the command line gives of the parameters of a bridge, or port; arguments have the names
 * of the parameters in upper case. 0, or -errno after cli_error(). */
int br_cli_set(struct cli_ctx *c, void *object, bool port) CTL_ONLY;
/** What the command line gives of the parameter of that name, or NULL. */
const char *br_cli_word(const struct cli_ctx *c, const char *name);
/** Read its value, which is in its range then. -EINVAL after cli_error(). */
int br_cli_value(struct cli_ctx *c, const struct br_opt *o, const char *word, uint32_t *v);
/** Add the parameters as members. */
void br_cli_opts(json_t *o, const void *object, bool port) CTL_ONLY;
/** "N" or "N-M". 0 or -EINVAL after cli_error(). */
int br_cli_vids(struct cli_ctx *c, const char *word, uint16_t *first, uint16_t *last);
/** A state by name or by Linux's number; -EINVAL after cli_error(). */
int br_cli_state(struct cli_ctx *c, const char *word);
json_t *br_cli_mac(const struct rte_ether_addr *mac);
/** netdev_cli_kind() of bridges. */
void br_cli_iplink(json_t *o, const struct net_device *dev, bool detail);
/** What is shown of @p dev: @p list, which is taken, under @p key; NULL when the list is empty. */
json_t *br_cli_row(const struct net_device *dev, const char *key, json_t *list);

/** An entry of the forwarding database, and of the multicast database; what happened to a tree: as
 * they are shown. New references. */
json_t *br_cli_fdb_json(const struct net_bridge *br, const struct br_fdb_entry *e,
			bool stats) CTL_ONLY;
json_t *br_cli_mdb_json(const struct cli_ctx *c, const struct net_bridge *br,
			const struct br_mdb_entry *e);
struct stp_transition;
json_t *br_cli_stp_json(const struct net_bridge *br, const struct stp_transition *tr);
/** Tree @p mstid as the bridge sees it, ports with all there is to see of them. NULL: none. */
json_t *br_cli_tree_json(const struct net_bridge *br, uint16_t mstid) CTL_ONLY;
/** VLANs that changed (@p gone: went) at a port or the bridge's device, or, of event.global, all
 * over the bridge: as rows of `bridge -d vlan`, `bridge vlan global`. */
json_t *br_cli_vlan_json(const struct cli_ctx *c, const struct br_vlan_event *ev,
			 bool gone) CTL_ONLY;
json_t *br_cli_vlan_global_json(const struct cli_ctx *c, const struct br_vlan_event *ev) CTL_ONLY;
/** As iproute2 writes a timer. */
json_t *br_cli_timer(uint32_t ms);
/** The same as lines of text. */
void br_cli_fdb_text(struct cli_ctx *c, const json_t *o);
void br_cli_mdb_text(struct cli_ctx *c, const json_t *o);
/** One VLAN, or several that have the same; @p ifname "": the row above says whose. */
void br_cli_vlan_text(struct cli_ctx *c, const char *ifname, const json_t *o);
void br_cli_vlan_global_text(struct cli_ctx *c, const char *ifname, const json_t *o);

void br_monitor_register(void) CTL_ONLY;
void br_link_cli_register(void) CTL_ONLY;
void br_fdb_cli_register(void) CTL_ONLY;
void br_vlan_cli_register(void) CTL_ONLY;
void br_vlan_global_cli_register(void) CTL_ONLY;
void br_mdb_cli_register(void) CTL_ONLY;
void br_mst_cli_register(void) CTL_ONLY;
void br_stp_cli_register(void) CTL_ONLY;
void br_tree_cli_register(void) CTL_ONLY;
#endif
