/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef STP_H
#define STP_H
/**
 * @file
 * The spanning tree protocols as one pure engine: STP (802.1D-1998 8), RSTP (802.1D-2004 17) and
 * MSTP (802.1Q-2011 13), by the version that a bridge is told to run. Events come in by the
 * functions below, decisions go out by struct stp_ops. No clock, no packet buffer, no net device;
 * memory is taken where bridges, ports and instances are made and nowhere else.
 *
 * One thread at a time; no operation may call back into the engine.
 *
 * What can be refused returns 0 or -errno and leaves a sentence for the user in *why.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "stp/stp_bpdu.h"

struct stp_bridge;
struct stp_port;

#define STP_CIST	 0 /* the MSTID of the common and internal spanning tree: all of STP and RSTP */
#define STP_PORT_MAX	 4095
#define STP_COST_MAX	 200000000
#define STP_MIGRATE_TIME 3 /* 17.13.9, seconds */
#define STP_HISTORY	 64

/** 17.13.4 Force Protocol Version */
enum stp_version { STP_VERSION_STP = 0, STP_VERSION_RSTP = 2, STP_VERSION_MSTP = 3 };

enum stp_role {
	STP_ROLE_DISABLED,
	STP_ROLE_ROOT,
	STP_ROLE_DESIGNATED,
	STP_ROLE_ALTERNATE,
	STP_ROLE_BACKUP,
	STP_ROLE_MASTER,
};

/** In RSTP and MSTP the first three are one, "discarding"; the role tells them apart. */
enum stp_state { STP_DISABLED, STP_BLOCKING, STP_LISTENING, STP_LEARNING, STP_FORWARDING };

/** What an event or a machine had for a reason; see stp_why_name(). */
enum stp_why {
	STP_WHY_INIT,	    /* the bridge starts or starts over */
	STP_WHY_ADMIN,	    /* a parameter was changed */
	STP_WHY_LINK,	    /* a link came or went */
	STP_WHY_SUPERIOR,   /* better information, or the designated bridge spoke anew */
	STP_WHY_INFERIOR,   /* an inferior designated port that learns: dispute */
	STP_WHY_AGED,	    /* received information ran out */
	STP_WHY_TIMER,	    /* forward delay passed */
	STP_WHY_AGREEMENT,  /* the neighbour agreed */
	STP_WHY_EDGE,	    /* no bridge is there */
	STP_WHY_ROLE,	    /* the role asks for it */
	STP_WHY_SYNC,	    /* a new root port is about to forward: first discard */
	STP_WHY_REROOT,	    /* another port was root port a moment ago */
	STP_WHY_REROOTED,   /* the old root port discards: the new one may forward at once */
	STP_WHY_BPDU,	    /* a BPDU came */
	STP_WHY_BPDU_GUARD, /* a BPDU came where none may */
	STP_WHY_LOOP_GUARD, /* BPDUs ceased where a bridge must be */
	STP_WHY_N
};

/** What changed; see stp_what_name(). */
enum stp_what {
	STP_WHAT_ROLE,	  /* enum stp_role */
	STP_WHAT_STATE,	  /* enum stp_state */
	STP_WHAT_EDGE,	  /* operEdge: 0 or 1 */
	STP_WHAT_VERSION, /* sendRSTP: 0 or 1 */
	STP_WHAT_GUARD,	  /* closed by bpdu_guard: 0 or 1 */
	STP_WHAT_LOOP,	  /* held by loop_guard: 0 or 1 */
	STP_WHAT_TC,	  /* this port found a topology change: 1 */
	STP_WHAT_N
};

struct stp_transition {
	uint64_t ms; /* of the owner's clock */
	uint16_t port, mstid;
	uint8_t what, from, to, why;
};

/** What the engine asks of its owner. @p ctx and @p port are what he gave to create and add. */
struct stp_ops {
	/** Milliseconds of any monotonous clock: for records only, nothing is decided by it. */
	uint64_t (*now_ms)(void *ctx);
	/** From now on the port learns and forwards so for the VLANs of that instance. */
	void (*set_state)(void *ctx, void *port, uint16_t mstid, enum stp_state state);
	/** Send these octets behind an LLC header to 01-80-C2-00-00-00. */
	void (*transmit)(void *ctx, void *port, const uint8_t *bpdu, size_t len);
	/** Forget now what was learned at this port in the VLANs of that instance. */
	void (*flush)(void *ctx, void *port, uint16_t mstid);
	/** STP: let dynamic entries age after so many seconds; 0: after their usual time. */
	void (*set_ageing)(void *ctx, unsigned int seconds);
	/** bpdu_guard has closed the port: it stays disabled until stp_port_recover(). May be NULL.
	 */
	void (*guard)(void *ctx, void *port);
	/** May be NULL. */
	void (*log)(void *ctx, void *port, const struct stp_transition *tr);
};

/** Which table of recommended path costs is meant. */
enum stp_cost_style {
	STP_COST_AUTO,	/* short in STP, long otherwise */
	STP_COST_SHORT, /* 16 bits: 802.1D-1998 Table 8-5 */
	STP_COST_LONG	/* 32 bits: 802.1t, 802.1D-2004 Table 17-3 */
};

/** Times in seconds. */
struct stp_bridge_conf {
	uint8_t version;		     /* enum stp_version; RSTP */
	uint8_t hello_time;		     /* 1..10; 2 */
	uint8_t max_age;		     /* 6..40; 20 */
	uint8_t forward_delay;		     /* 4..30; 15 */
	uint8_t tx_hold_count;		     /* 1..10; 6 */
	uint8_t max_hops;		     /* 6..40; 20 */
	uint8_t cost_style;		     /* enum stp_cost_style; auto */
	uint16_t mst_revision;		     /* 0 */
	char mst_name[STP_MST_NAME_LEN + 1]; /* the MAC address in hexadecimal digits */
};

enum stp_tri { STP_OFF, STP_ON, STP_AUTO };

struct stp_port_conf {
	uint8_t edge;		/* enum stp_tri: AdminEdge (17.13.1), AutoEdge (17.13.3); auto */
	uint8_t point_to_point; /* enum stp_tri: adminPointToPointMAC (6.4.3); auto: full duplex */
	bool restricted_role;	/* root guard: never the root port */
	bool restricted_tcn;	/* topology changes heard here are not passed on */
	bool bpdu_guard;	/* a BPDU closes the port */
	bool bpdu_filter;	/* none is sent, none is taken */
	bool loop_guard;	/* does not become designated because BPDUs ceased */
	uint32_t path_cost;	/* external; 0: by speed */
};

/* --- bridges --- */

/** A bridge that is enabled and has no ports. @p mac: 48 bits, host order. NULL: no memory. */
struct stp_bridge *stp_bridge_create(const struct stp_ops *ops, void *ctx, uint64_t mac);
/** With its ports. Operations are no longer called. */
void stp_bridge_destroy(struct stp_bridge *br);
/** Disabled, all ports are. */
void stp_bridge_enable(struct stp_bridge *br, bool on);
void stp_bridge_set_mac(struct stp_bridge *br, uint64_t mac);
void stp_bridge_get(const struct stp_bridge *br, struct stp_bridge_conf *conf);
/** Ranges and relations of 17.14. Another version or MST identifier starts all over. */
int stp_bridge_set(struct stp_bridge *br, const struct stp_bridge_conf *conf, const char **why);
/** To be called each second (17.22). */
void stp_bridge_tick(struct stp_bridge *br);

/* --- trees: the CIST and the MSTIs --- */

/** 17.13.7: 0 to 61440 in steps of 4096; -ENOENT: no such instance. */
int stp_tree_set_priority(struct stp_bridge *br, uint16_t mstid, uint32_t priority,
			  const char **why);
/** Make an instance, 1..4094, of which there are 64 at the most. Starts all over. */
int stp_msti_add(struct stp_bridge *br, uint16_t mstid, const char **why);
/** Its VLANs go back to the CIST. Starts all over. */
int stp_msti_del(struct stp_bridge *br, uint16_t mstid, const char **why);
/**
 * The instance carries exactly these VLANs from now on: bit v % 8 of @p vlans[v / 8], 1..4094.
 * Those it had and are not named go back to the CIST. Starts all over where that changes the table.
 */
int stp_msti_set_vlans(struct stp_bridge *br, uint16_t mstid, const uint8_t vlans[512],
		       const char **why);
/** The instance that carries a VLAN. In STP and RSTP that is the CIST. */
uint16_t stp_vlan_mstid(const struct stp_bridge *br, uint16_t vid);

/* --- ports --- */

/**
 * A port without link. @p number: 1..4095, unique in the bridge; of two equal offers that of the
 * lower one wins. NULL and *why: the number is taken or out of range, or there is no memory.
 */
struct stp_port *stp_port_add(struct stp_bridge *br, uint16_t number, void *ctx, const char **why);
void stp_port_del(struct stp_port *p);
void stp_port_get(const struct stp_port *p, struct stp_port_conf *conf);
int stp_port_set(struct stp_port *p, const struct stp_port_conf *conf, const char **why);
/** @p cost: internal, 0 by speed, up to STP_COST_MAX; @p priority: 0 to 240 in steps of 16. */
int stp_port_tree_set(struct stp_port *p, uint16_t mstid, uint32_t cost, uint32_t priority,
		      const char **why);
/** @p speed_mbps: 0 when unknown, which counts as 10. */
void stp_port_link(struct stp_port *p, bool up, uint32_t speed_mbps, bool full_duplex);
/** The @p len octets behind the LLC header of a frame to the bridge group address. */
enum stp_rx stp_port_rx(struct stp_port *p, const uint8_t *bpdu, size_t len);
/** 17.19.13: ask whether there are still STP bridges. Nothing in STP. */
void stp_port_mcheck(struct stp_port *p);
/** Open what bpdu_guard closed. */
void stp_port_recover(struct stp_port *p);

/* What there is to see stands in stp_show.h. */
#endif
