/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef STP_PRIV_H
#define STP_PRIV_H
/**
 * @file
 * The engine's inside. Variables, procedures and conditions carry the standard's names; a comment
 * has the clause of 802.1D-2004 (17...) or 802.1Q-2011 (13...). The three kinds of state: per
 * bridge, per port, and per tree of each port. RSTP and STP are the CIST alone.
 */
#include "stp/stp.h"
#include "stp/stp_show.h"

#define STP_TREES (1 + STP_MSTI_MAX)

#define ID_ADDRESS	0xffffffffffffULL
#define PORT_NUMBER(id) ((id)&0xfff)

enum info_is { INFO_DISABLED, INFO_AGED, INFO_MINE, INFO_RECEIVED }; /* 17.19.10 */
enum rcvd_info {						     /* 17.19.26 */
		 RCVD_OTHER,
		 RCVD_SUPERIOR_DESIGNATED,
		 RCVD_REPEATED_DESIGNATED,
		 RCVD_INFERIOR_DESIGNATED,
		 RCVD_INFERIOR_ROOT_ALTERNATE,
};

/* States in which the machines wait. Those that end at once (UCT) are functions. */
enum ppm_state { PPM_CHECKING_RSTP, PPM_SELECTING_STP, PPM_SENSING };
enum bdm_state { BDM_NOT_EDGE, BDM_EDGE };
enum pim_state { PIM_DISABLED, PIM_AGED, PIM_CURRENT };
enum prt_state { PRT_DISABLE_PORT, PRT_DISABLED_PORT, PRT_BLOCK_PORT, PRT_ACTIVE };
enum pst_state { PST_DISCARDING, PST_LEARNING, PST_FORWARDING };
enum tcm_state { TCM_INACTIVE, TCM_LEARNING, TCM_ACTIVE };

/** Per port and tree. */
struct stp_ptree {
	struct stp_port *port;
	unsigned int t; /* index of the tree */
	/* 17.17, 13.23: seconds */
	uint16_t fdWhile, rbWhile, rcvdInfoWhile, rrWhile, tcWhile, tcDetected;
	uint16_t portId;	       /* 17.19.19 */
	uint32_t adminInternalCost;    /* 0: by speed */
	uint32_t InternalPortPathCost; /* 13.25.18 */
	uint8_t infoIs, rcvdInfo, role, selectedRole;
	uint8_t pim, prt, pst, tcm; /* states of the machines */
	uint8_t state;		    /* enum stp_state, as the owner knows it */
	uint8_t why;		    /* for the change of state to come */
	uint8_t msgFlags;	    /* of the message: 9.2.9, 14.6.1 */
	/* 17.19, 13.25 */
	bool agree, agreed, disputed, fdbFlush, forward, forwarding, learn, learning, proposed,
		proposing;
	bool rcvdMsg, rcvdTc, reRoot, reselect, selected, sync, synced, tcProp, updtInfo;
	bool mastered;
	bool infoExpired;      /* ours: rcvdInfoWhile ran out; it was not set to 0 */
	bool loopInconsistent; /* ours: loop_guard */
	uint32_t forward_transitions;
	struct stp_vec designatedPriority, msgPriority, portPriority;
	struct stp_times designatedTimes, msgTimes, portTimes;
};

/** Per port. */
struct stp_port {
	struct stp_bridge *br;
	void *ctx;
	uint16_t number;
	struct stp_port_conf conf;
	bool link, full_duplex, guarded;
	uint32_t speed_mbps;
	/* 17.17, 13.23: seconds */
	uint16_t edgeDelayWhile, helloWhen, mdelayWhile;
	uint16_t rapidAgeingWhile; /* 17.19.1 */
	uint16_t txCount;
	uint32_t ExternalPortPathCost; /* 17.19.20, 13.25.12 */
	uint8_t ppm, bdm;	       /* states of the machines */
	bool portEnabled, operPointToPointMAC, operEdge;
	bool mcheck, newInfo, newInfoMsti, sendRSTP, tcAck;
	bool rcvdBPDU, rcvdRSTP, rcvdSTP, rcvdTcAck, rcvdTcn;
	bool infoInternal, rcvdInternal;
	bool rootTc; /* 802.1D-1998 8.5.3.12: the flag in the last configuration message */
	struct stp_port_stats stats;
	struct stp_ptree *tree; /* one for each of the bridge's trees */
};

/** Per bridge and tree. */
struct stp_tree {
	uint16_t mstid;
	uint16_t rootPortId;	     /* 17.18.5; 0: none */
	uint64_t BridgeIdentifier;   /* 17.18.2 */
	struct stp_vec rootPriority; /* 17.18.6 */
	struct stp_times rootTimes;  /* 17.18.7 */
	uint32_t tc_count;
	uint64_t tc_ms;
	uint16_t tc_port;
};

struct stp_bridge {
	const struct stp_ops *ops;
	void *ctx;
	uint64_t mac;
	bool enabled;
	bool rapid; /* short ageing was asked for */
	struct stp_bridge_conf conf;
	struct stp_times BridgeTimes;  /* 17.18.4 */
	struct stp_mst_id MstConfigId; /* 13.24.8 */
	const struct stp_bpdu *rx;     /* what is being received */
	uint8_t why;		       /* of the event in progress */
	uint32_t unsettled;
	struct stp_port **port; /* by number */
	unsigned int n_ports;
	unsigned int n_trees;		 /* that run: the CIST alone but in MSTP */
	unsigned int n_conf;		 /* that are configured */
	struct stp_tree tree[STP_TREES]; /* the CIST, then by MSTID */
	uint16_t vid2mstid[4096];
	uint32_t n_history;
	struct stp_transition history[STP_HISTORY];
};

static inline struct stp_bridge *
bridge_of(const struct stp_ptree *x)
{
	return x->port->br;
}

static inline struct stp_tree *
tree_of(const struct stp_ptree *x)
{
	return &x->port->br->tree[x->t];
}

static inline bool
is_cist(const struct stp_ptree *x)
{
	return x->t == 0;
}

static inline bool
rstpVersion(const struct stp_bridge *br) /* 17.20.11 */
{
	return br->conf.version >= STP_VERSION_RSTP;
}

static inline bool
stpVersion(const struct stp_bridge *br) /* 17.20.12 */
{
	return !rstpVersion(br);
}

static inline uint16_t
FwdDelay(const struct stp_port *p) /* 17.20.6 */
{
	return p->tree[0].designatedTimes.forward_delay;
}

static inline uint16_t
MaxAge(const struct stp_port *p) /* 17.20.8 */
{
	return p->tree[0].designatedTimes.max_age;
}

static inline uint16_t
HelloTime(const struct stp_port *p) /* 17.20.7 */
{
	return p->tree[0].portTimes.hello_time;
}

static inline uint16_t
forwardDelay(const struct stp_port *p) /* 17.20.5 */
{
	return p->sendRSTP ? HelloTime(p) : FwdDelay(p);
}

static inline uint16_t
EdgeDelay(const struct stp_port *p) /* 17.20.4 */
{
	return p->operPointToPointMAC ? STP_MIGRATE_TIME : MaxAge(p);
}

/** Leave the sentence, return the error. */
static inline int
stp_refuse(int err, const char **why, const char *sentence)
{
	if (why != NULL)
		*why = sentence;
	return err;
}

static inline void
newInfoXst(struct stp_ptree *x)
{
	if (is_cist(x))
		x->port->newInfo = true;
	else
		x->port->newInfoMsti = true;
}

/* stp_run.c */
/** Let the machines run until none moves; then transmit; until nothing is left to do. */
void stp_run(struct stp_bridge *br, enum stp_why why);
/** The machines of one port to their first states: BEGIN. */
void stp_port_begin(struct stp_port *p);
/** All of them; then run. */
void stp_begin(struct stp_bridge *br, enum stp_why why);

/* stp_log.c */
void stp_note(struct stp_port *p, uint16_t mstid, enum stp_what what, int from, int to,
	      enum stp_why why);

/* stp_receive.c: 17.23, 17.24, 17.25. Each machine: one step; true: it moved. */
void prx_begin(struct stp_port *p);
bool prx_run(struct stp_port *p);
void ppm_begin(struct stp_port *p);
bool ppm_run(struct stp_port *p);
void bdm_begin(struct stp_port *p);
bool bdm_run(struct stp_port *p);

/* stp_transmit.c: 17.26 */
void ptx_begin(struct stp_port *p);
bool ptx_run(struct stp_port *p);

/* stp_info.c: 17.27 */
void pim_begin(struct stp_ptree *x);
bool pim_run(struct stp_ptree *x);

/* stp_select.c: 17.28 */
bool prs_run(struct stp_bridge *br, unsigned int t);

/* stp_transit.c: 17.29 */
void prt_begin(struct stp_ptree *x);
bool prt_run(struct stp_ptree *x);

/* stp_state.c: 17.30, 17.31 */
void pst_begin(struct stp_ptree *x);
bool pst_run(struct stp_ptree *x);
void tcm_begin(struct stp_ptree *x);
bool tcm_run(struct stp_ptree *x);
/** The LAN turned out to be STP's: a change told in RST BPDUs was not heard. Tell it again. */
void stp_tc_again(struct stp_port *p);
/** Tell the owner the state that role, learning and forwarding make, where it is another. */
void stp_tell_state(struct stp_ptree *x);

/** A tree of that port that runs, or NULL. */
struct stp_ptree *stp_port_tree(const struct stp_port *p, uint16_t mstid);

/* stp_port.c */
/** portEnabled, operPointToPointMAC and costs from what they follow; asks for new roles. */
void stp_port_update(struct stp_port *p);

/* stp_bridge.c */
void stp_reselect_tree(struct stp_bridge *br, unsigned int t);
void stp_mst_id_update(struct stp_bridge *br);
/** 13.24.8: the MAC address in hexadecimal digits. */
void stp_default_name(uint64_t mac, char *name);
/** Index of a configured instance, or -1. */
int stp_tree_index(const struct stp_bridge *br, uint16_t mstid);
#endif
