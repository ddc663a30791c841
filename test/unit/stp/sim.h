/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef STP_SIM_H
#define STP_SIM_H
/**
 * @file
 * Networks of bridges in virtual time, for the engines of lib/stp. Everything that happens follows
 * from the seed. Time is in microseconds.
 */
#include <stdbool.h>
#include <stdint.h>
#include "stp/stp.h"
#include "stp/stp_show.h"

#define SIM_BRIDGES 200
#define SIM_LANS    400
#define SIM_PORTS   16 /* of a bridge */
#define SIM_TAPS    6  /* of a LAN */
#define SIM_TREES   5  /* the CIST and MSTIs 1 to 4 */
#define SECOND	    1000000ULL

/** A bridge's port at a LAN. */
struct sim_port {
	int bridge, lan; /* lan: -1 unused */
	uint16_t number;
	struct stp_port *port;
	uint8_t state[SIM_TREES]; /* enum stp_state, as the engine said */
	unsigned int flushes[SIM_TREES], guards;
	bool dark;	       /* no light from the other end */
	bool deaf, mute;       /* it hears nothing, it says nothing: unidirectional faults */
	uint64_t next_arrival; /* frames do not overtake each other */
};

struct sim_bridge {
	struct sim *sim;
	struct stp_bridge *br;
	bool up;
	uint64_t mac;
	struct stp_bridge_conf conf;
	uint32_t priority[SIM_TREES];
	int region; /* bridges of one region have the same number; MSTP alone */
	struct sim_port port[SIM_PORTS];
	unsigned int n_ports;
	uint32_t cost[SIM_PORTS], internal_cost[SIM_PORTS];
	uint8_t port_priority[SIM_PORTS];
	struct stp_port_conf port_conf[SIM_PORTS];
	unsigned int life; /* counts its restarts: ticks of a former life are void */
	/* Where the host of each LAN was last seen: index of the port, -1 unknown. */
	int16_t fdb[SIM_LANS];
	uint64_t fdb_seen[SIM_LANS];
	unsigned int ageing_s;
};

struct sim_lan {
	bool up;
	struct sim_port *tap[SIM_TAPS];
	unsigned int n_taps;
	unsigned int loss; /* of 1,000 frames */
	uint64_t delay;
};

struct sim_event;

struct sim {
	uint64_t seed, rng;
	uint64_t now;
	struct sim_bridge bridge[SIM_BRIDGES];
	struct sim_lan lan[SIM_LANS];
	int n_bridges, n_lans;
	unsigned int n_trees;
	unsigned int hosts_tree; /* which instance has the hosts' VLAN */
	struct sim_event *heap;
	unsigned int n_heap, heap_size;
	uint64_t seq;
	uint64_t last_change; /* of a role or a state */
	uint64_t changes, frames, changes_told;
	bool dirty;	     /* a state changed: look for loops */
	uint64_t loop_since; /* 0: there is none */
	uint64_t loop_us;    /* time with a loop */
	unsigned int loops;
	bool verbose;
};

uint64_t sim_rand(struct sim *s);
/** 0 .. n - 1 */
unsigned int sim_below(struct sim *s, unsigned int n);

void sim_init(struct sim *s, uint64_t seed);
/** Leaves an empty network. */
void sim_free(struct sim *s);
/** A bridge that is off. */
int sim_add_bridge(struct sim *s, uint8_t version);
int sim_add_lan(struct sim *s);
/** Give a bridge a port at a LAN; -1: there is no room for it. */
int sim_plug(struct sim *s, int bridge, int lan);
/** A LAN of two bridges; returns it, or -1. */
int sim_connect(struct sim *s, int a, int b);

void sim_bridge_start(struct sim *s, int bridge);
void sim_bridge_stop(struct sim *s, int bridge);
void sim_start_all(struct sim *s);
void sim_lan_set(struct sim *s, int lan, bool up);
/** At wires of two, ports whose other end is off go down, if @p fail; where it is on, they come up.
 */
void sim_follow_light(struct sim *s, bool fail);
/** Let that much time pass. */
void sim_run(struct sim *s, uint64_t us);
/** Until nothing has changed for @p quiet or @p limit has passed. False: the limit. */
bool sim_settle(struct sim *s, uint64_t quiet, uint64_t limit);

/** Every host speaks: who is on the way learns where it is. VLANs of instance @p t. */
void sim_learn(struct sim *s, unsigned int t);

/* --- what must be true; each prints what is wrong, and returns how many things are --- */

/** Number of cycles in what forwards now for the VLANs of tree @p t. */
unsigned int sim_cycles(const struct sim *s, unsigned int t);
/** What forwards spans each part of the network that hangs together, and has no cycle. */
unsigned int sim_check_tree(const struct sim *s, unsigned int t);
/** Roots, roles and costs are those that the priority vectors alone make. */
unsigned int sim_check_roles(const struct sim *s);
/** Parts of the network that hang together, over the LANs and bridges that work. */
unsigned int sim_parts(const struct sim *s);
/** No bridge believes a host to be where it is not. */
unsigned int sim_check_fdb(const struct sim *s, unsigned int t);
/** The frames that were lost do not leave an engine that goes round. */
unsigned int sim_check_engines(const struct sim *s);

bool sim_port_works(const struct sim *s, const struct sim_port *p);
enum stp_role sim_role(const struct sim_port *p, uint16_t mstid);
#endif
