/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef STP_SHOW_H
#define STP_SHOW_H
/**
 * @file
 * What can be seen of the engine: copies, in the units of struct stp_vec and seconds.
 */
#include "stp/stp.h"

struct stp_tree_info {
	uint16_t mstid;
	uint64_t bridge_id;
	struct stp_vec root; /* rootPriority: 17.18.6 */
	uint16_t root_port; /* its number; 0: this bridge is the root (of the region, in an MSTI) */
	struct stp_times times; /* rootTimes: 17.18.7 */
	unsigned int n_vlans;
	bool tc;	   /* some port's tcWhile runs */
	uint32_t tc_count; /* topology changes found or heard of */
	uint64_t tc_ms;	   /* when the last one was; 0: never */
	uint16_t tc_port;  /* where */
};

struct stp_bridge_info {
	bool enabled;
	uint64_t mac;
	struct stp_mst_id mst_id;
	unsigned int n_ports, n_trees;
	bool rapid_ageing;  /* STP: short ageing is on */
	uint32_t unsettled; /* times the machines did not come to rest: 0 */
};

struct stp_port_stats {
	uint64_t rx[STP_BPDU_MST + 1], tx[STP_BPDU_MST + 1]; /* by enum stp_bpdu_kind */
	uint64_t rx_bad[STP_RX_N];
	uint64_t mst_fault[STP_MST_FAULT_N]; /* those were taken for RST BPDUs */
};

struct stp_port_info {
	uint16_t number;
	bool link, enabled, guarded; /* guarded: closed by bpdu_guard */
	bool send_rstp, oper_edge, oper_point_to_point;
	bool internal; /* what was received last came from this bridge's region */
	bool tc_ack;
	uint32_t path_cost; /* external */
	uint16_t hello_when, edge_delay_while, mdelay_while, tx_count;
	struct stp_port_stats stats;
};

struct stp_port_tree_info {
	uint16_t mstid, port_id;
	enum stp_role role;
	enum stp_state state;
	uint32_t path_cost;	   /* internal; the external one for the CIST of STP and RSTP */
	struct stp_vec designated; /* portPriority: 17.19.21 */
	struct stp_times times;	   /* portTimes */
	const char *info_is;	   /* "received", "mine", "aged", "disabled" */
	uint16_t fd_while, rb_while, rcvd_info_while, rr_while, tc_while;
	bool agree, agreed, proposing, proposed, sync, synced, disputed;
	bool root_guarded; /* restricted_role keeps it from being the root port */
	bool loop_guarded; /* loop_guard keeps it discarding */
	uint32_t forward_transitions;
};

void stp_bridge_show(const struct stp_bridge *br, struct stp_bridge_info *out);
/** The @p n-th tree, 0 being the CIST, the others by MSTID. -ENOENT: there are fewer. */
int stp_tree_show(const struct stp_bridge *br, unsigned int n, struct stp_tree_info *out);
/** The @p n-th port by number, or NULL. */
struct stp_port *stp_port_nth(const struct stp_bridge *br, unsigned int n);
void stp_port_show(const struct stp_port *p, struct stp_port_info *out);
/** -ENOENT: no such instance. */
int stp_port_tree_show(const struct stp_port *p, uint16_t mstid, struct stp_port_tree_info *out);
/** An instance as it was set, also where MSTP does not run. */
struct stp_msti_conf {
	uint16_t mstid;
	uint32_t priority;
	uint8_t vlans[512]; /* bit v % 8 of vlans[v / 8] */
};
/** The @p n-th one by MSTID, from 0. -ENOENT: there are fewer. */
int stp_msti_get(const struct stp_bridge *br, unsigned int n, struct stp_msti_conf *out);
/** What stp_port_tree_set() has set. -ENOENT: no such instance. */
int stp_port_tree_get(const struct stp_port *p, uint16_t mstid, uint32_t *cost, uint32_t *priority);
/** The name of the region while none is set. @p name: STP_MST_NAME_LEN + 1 bytes. */
void stp_mst_default_name(const struct stp_bridge *br, char *name);
/** The last transitions, oldest first, @p max at the most. Returns how many. */
unsigned int stp_bridge_history(const struct stp_bridge *br, struct stp_transition *out,
				unsigned int max);

/** "root"; "unknown" for none of them. */
const char *stp_role_name(enum stp_role role);
/** "listening"; for a bridge of version 2 or 3 "discarding" in the place of the first three but
 * where the port is disabled. */
const char *stp_state_name(enum stp_state state, uint8_t version);
const char *stp_why_name(enum stp_why why);
const char *stp_what_name(enum stp_what what);
/** "8000.020000000001": priority and MSTID, address. @p buf: 18 bytes at least. */
const char *stp_id_format(uint64_t id, char *buf, size_t size);
#endif
