/* SPDX-License-Identifier: BSD-3-Clause */
/* Port role transitions: 17.29, 13.35. A function for each role; each call makes one transition. */
#include "stp/stp_priv.h"

/* --- conditions and procedures over all ports of a tree --- */

/* 17.20.3, 13.26.2: whoever else could form a loop through this port has stopped or agreed. */
static bool
allSynced(const struct stp_ptree *x)
{
	const struct stp_bridge *br = bridge_of(x);
	bool but_itself = x->role == STP_ROLE_DESIGNATED || x->role == STP_ROLE_MASTER;

	for (unsigned int i = 0; i < br->n_ports; i++) {
		const struct stp_ptree *y = &br->port[i]->tree[x->t];

		if (!y->selected || y->role != y->selectedRole || y->updtInfo)
			return false;
		if (y->synced || (but_itself ? y == x : y->role == STP_ROLE_ROOT))
			continue;
		return false;
	}
	return true;
}

/* 17.20.10: no other port was root port a short while ago. */
static bool
reRooted(const struct stp_ptree *x)
{
	const struct stp_bridge *br = bridge_of(x);

	for (unsigned int i = 0; i < br->n_ports; i++) {
		const struct stp_ptree *y = &br->port[i]->tree[x->t];

		if (y != x && y->rrWhile != 0)
			return false;
	}
	return true;
}

static void
setSyncTree(const struct stp_ptree *x) /* 17.21.14 */
{
	const struct stp_bridge *br = bridge_of(x);

	for (unsigned int i = 0; i < br->n_ports; i++)
		br->port[i]->tree[x->t].sync = true;
}

static void
setReRootTree(const struct stp_ptree *x) /* 17.21.15 */
{
	const struct stp_bridge *br = bridge_of(x);

	for (unsigned int i = 0; i < br->n_ports; i++)
		br->port[i]->tree[x->t].reRoot = true;
}

/* --- what several roles do --- */

static void
set_role(struct stp_ptree *x, enum stp_role role)
{
	if (x->role != role)
		stp_note(x->port, tree_of(x)->mstid, STP_WHAT_ROLE, x->role, (int)role,
			 bridge_of(x)->why);
	x->role = (uint8_t)role;
}

static void
discard(struct stp_ptree *x, enum stp_why why)
{
	x->learn = x->forward = x->disputed = false;
	x->fdWhile = forwardDelay(x->port);
	x->why = (uint8_t)why;
}

static void
learn(struct stp_ptree *x, enum stp_why why)
{
	x->learn = true;
	x->fdWhile = forwardDelay(x->port);
	x->why = (uint8_t)why;
}

static void
forward(struct stp_ptree *x, enum stp_why why)
{
	x->forward = true;
	x->fdWhile = 0;
	x->why = (uint8_t)why;
}

/* _LEARN, then _FORWARD; a designated or master port then holds its neighbour for agreed. */
static bool
go_on(struct stp_ptree *x, enum stp_why why)
{
	if (!x->learn) {
		learn(x, why);
		return true;
	}
	forward(x, why);
	if (x->role != STP_ROLE_ROOT)
		x->agreed = x->port->sendRSTP;
	return true;
}

static void
agree(struct stp_ptree *x)
{
	x->proposed = x->sync = false;
	x->agree = true;
	newInfoXst(x);
}

/* _PROPOSED and _AGREED, which root, alternate, backup and master port share. */
static bool
answer_proposal(struct stp_ptree *x)
{
	if (x->proposed && !x->agree) {
		setSyncTree(x);
		x->proposed = false;
		return true;
	}
	if ((x->proposed && x->agree) || (!x->agree && allSynced(x))) {
		agree(x);
		return true;
	}
	return false;
}

/*
 * 13.12: at the boundary of a region all instances forward alike. Is it more than the CIST does, to
 * learn and to forward so?
 */
static bool
beyond_cist(const struct stp_ptree *x, bool learns, bool forwards)
{
	const struct stp_ptree *cist = &x->port->tree[0];

	return !is_cist(x) && !x->port->rcvdInternal &&
	       ((learns && !cist->learn) || (forwards && !cist->forward));
}

/* The next step is one that the CIST has not made. */
static bool
held_by_cist(const struct stp_ptree *x)
{
	return beyond_cist(x, true, x->learn);
}

/* Designated and master port: must it stop? Why, or STP_WHY_N. */
static enum stp_why
must_discard(const struct stp_ptree *x)
{
	if (x->port->operEdge)
		return STP_WHY_N;
	/* Also where it discards already: its wait begins anew. */
	if (x->disputed)
		return STP_WHY_INFERIOR;
	if (!x->learn && !x->forward)
		return STP_WHY_N;
	if (x->loopInconsistent)
		return STP_WHY_LOOP_GUARD;
	if (beyond_cist(x, x->learn, x->forward))
		return STP_WHY_ROLE;
	if (x->sync && !x->synced)
		return STP_WHY_SYNC;
	return x->reRoot && x->rrWhile != 0 ? STP_WHY_REROOT : STP_WHY_N;
}

static bool
must_be_synced(const struct stp_ptree *x)
{
	return (!x->learning && !x->forwarding && !x->synced) || (x->agreed && !x->synced) ||
	       (x->port->operEdge && !x->synced) || (x->sync && x->synced);
}

static void
synced(struct stp_ptree *x)
{
	x->rrWhile = 0;
	x->synced = true;
	x->sync = false;
}

/* --- disabled --- */

/*
 * 17.29.1: a port that comes up listens for Max Age, lest it miss a bridge behind a slow one. STP:
 * for Forward Delay (802.1D-1998 8.4.2).
 */
static uint16_t
listen_time(const struct stp_port *p)
{
	return rstpVersion(p->br) ? MaxAge(p) : FwdDelay(p);
}

static void
disabled_port(struct stp_ptree *x)
{
	x->prt = PRT_DISABLED_PORT;
	x->fdWhile = listen_time(x->port);
	x->synced = true;
	x->rrWhile = 0;
	x->sync = x->reRoot = false;
}

static bool
run_disabled(struct stp_ptree *x)
{
	if (x->prt == PRT_DISABLE_PORT) {
		if (x->learning || x->forwarding)
			return false;
		disabled_port(x);
		return true;
	}
	if (x->fdWhile == listen_time(x->port) && !x->sync && !x->reRoot && x->synced)
		return false;
	disabled_port(x);
	return true;
}

/* --- alternate and backup: 17.29.4 --- */

static void
alternate_port(struct stp_ptree *x)
{
	x->prt = PRT_ACTIVE;
	x->fdWhile = forwardDelay(x->port);
	x->synced = true;
	x->rrWhile = 0;
	x->sync = x->reRoot = false;
	x->disputed = false; /* what was said of another role */
}

static bool
run_alternate(struct stp_ptree *x)
{
	uint16_t backup = (uint16_t)(2 * HelloTime(x->port));

	if (x->prt == PRT_BLOCK_PORT) {
		if (x->learning || x->forwarding)
			return false;
		alternate_port(x);
		return true;
	}
	if (answer_proposal(x))
		return true;
	if (x->fdWhile != forwardDelay(x->port) || x->sync || x->reRoot || !x->synced ||
	    x->disputed) {
		alternate_port(x);
		return true;
	}
	if (x->role == STP_ROLE_BACKUP && x->rbWhile != backup) {
		x->rbWhile = backup;
		return true;
	}
	return false;
}

/* --- root: 17.29.2 --- */

/* 13.35: someone on the LAN does not hear its designated bridge. RSTP does not ask. */
static void
root_disputed(struct stp_ptree *x)
{
	if (bridge_of(x)->conf.version < STP_VERSION_MSTP) {
		x->disputed = false;
		return;
	}
	x->rbWhile = (uint16_t)(3 * HelloTime(x->port));
	discard(x, STP_WHY_INFERIOR);
	x->fdWhile = FwdDelay(x->port);
}

/* Why the root port may go on at once or now; STP_WHY_N: it may not yet. */
static enum stp_why
root_may_go(const struct stp_ptree *x)
{
	if (x->fdWhile == 0)
		return STP_WHY_TIMER;
	if (rstpVersion(bridge_of(x)) && x->rbWhile == 0 && reRooted(x))
		return STP_WHY_REROOTED;
	return STP_WHY_N;
}

static bool
run_root_forwarding(struct stp_ptree *x)
{
	enum stp_why why;

	if (x->disputed) {
		root_disputed(x);
		return true;
	}
	if (x->reRoot && x->forward) {
		x->reRoot = false; /* REROOTED */
		return true;
	}
	if (x->learn && x->forward)
		return false;
	why = root_may_go(x);
	if (why == STP_WHY_N)
		return false;
	return go_on(x, why);
}

static bool
run_root(struct stp_ptree *x)
{
	if (answer_proposal(x))
		return true;
	if ((x->agreed && !x->synced) || (x->sync && x->synced)) {
		x->synced = true; /* ROOT_SYNCED */
		x->sync = false;
		return true;
	}
	/* In STP nothing is won by it: the new root port waits for its timer anyway. */
	if (!x->forward && x->rbWhile == 0 && !x->reRoot && rstpVersion(bridge_of(x))) {
		setReRootTree(x);
		return true;
	}
	if (x->rrWhile != FwdDelay(x->port)) {
		x->rrWhile = FwdDelay(x->port);
		return true;
	}
	return run_root_forwarding(x);
}

/* --- designated: 17.29.3 --- */

/* Why a designated port may learn and forward; STP_WHY_N: it may not. */
static enum stp_why
designated_may_go(const struct stp_ptree *x)
{
	if (x->sync || (x->reRoot && x->rrWhile != 0) || x->loopInconsistent || held_by_cist(x))
		return STP_WHY_N;
	if (x->port->operEdge)
		return STP_WHY_EDGE;
	if (x->agreed)
		return STP_WHY_AGREEMENT;
	return x->fdWhile == 0 ? STP_WHY_TIMER : STP_WHY_N;
}

static bool
run_designated_forwarding(struct stp_ptree *x)
{
	enum stp_why why;

	if (x->learn && x->forward)
		return false;
	why = designated_may_go(x);
	if (why == STP_WHY_N)
		return false;
	return go_on(x, why);
}

static void
propose(struct stp_ptree *x)
{
	x->proposing = true;
	if (is_cist(x))
		x->port->edgeDelayWhile = EdgeDelay(x->port);
	newInfoXst(x);
}

static bool
run_designated(struct stp_ptree *x)
{
	enum stp_why why;

	if (!x->forward && !x->agreed && !x->proposing && !x->port->operEdge) {
		propose(x);
		return true;
	}
	if ((x->proposed || !x->agree) && allSynced(x)) { /* 13.35 */
		agree(x);
		return true;
	}
	if (must_be_synced(x)) {
		synced(x);
		return true;
	}
	if (x->reRoot && x->rrWhile == 0) {
		x->reRoot = false; /* DESIGNATED_RETIRED */
		return true;
	}
	why = must_discard(x);
	if (why != STP_WHY_N) {
		discard(x, why);
		return true;
	}
	return run_designated_forwarding(x);
}

/* --- master: 13.35 --- */

static bool
run_master_forwarding(struct stp_ptree *x)
{
	enum stp_why why = x->fdWhile == 0 ? STP_WHY_TIMER : STP_WHY_REROOTED;

	if ((x->learn && x->forward) || held_by_cist(x) || (x->fdWhile != 0 && !allSynced(x)))
		return false;
	return go_on(x, why);
}

static bool
run_master(struct stp_ptree *x)
{
	enum stp_why why = must_discard(x);

	if (why != STP_WHY_N) {
		discard(x, why);
		return true;
	}
	if (answer_proposal(x))
		return true;
	/* Before it learns: else a port that is to be synced began and stopped for ever. */
	if (must_be_synced(x)) {
		synced(x);
		return true;
	}
	if (x->reRoot && x->rrWhile == 0) {
		x->reRoot = false; /* MASTER_RETIRED */
		return true;
	}
	return run_master_forwarding(x);
}

/* --- the machine --- */

void
prt_begin(struct stp_ptree *x) /* INIT_PORT, DISABLE_PORT */
{
	set_role(x, STP_ROLE_DISABLED);
	x->selectedRole = STP_ROLE_DISABLED; /* 17.21.24 */
	x->learn = x->forward = x->synced = false;
	x->sync = x->reRoot = true;
	x->rrWhile = FwdDelay(x->port);
	x->fdWhile = MaxAge(x->port);
	x->rbWhile = 0;
	x->prt = PRT_DISABLE_PORT;
}

static void
change_role(struct stp_ptree *x)
{
	uint8_t old = x->role;

	set_role(x, x->selectedRole);
	x->prt = PRT_ACTIVE;
	switch (x->role) {
	case STP_ROLE_DISABLED:
		x->prt = PRT_DISABLE_PORT;
		x->learn = x->forward = false;
		x->why = bridge_of(x)->why;
		break;
	case STP_ROLE_ALTERNATE:
	case STP_ROLE_BACKUP:
		x->prt = PRT_BLOCK_PORT;
		x->learn = x->forward = false;
		x->why = STP_WHY_ROLE;
		break;
	case STP_ROLE_ROOT:
		x->rrWhile = FwdDelay(x->port);
		break;
	case STP_ROLE_MASTER:
		/* The root port of this instance does not stop for a sync, as the CIST's would have
		 * become designated and done. So the new way out of the region stops until all are
		 * synced; another bridge may still think itself the way out. */
		x->agreed = x->synced = false;
		discard(x, STP_WHY_SYNC);
		break;
	case STP_ROLE_DESIGNATED:
		/* The bridge has become the root. The standard lets its old root port go on while
		 * others begin on an agreement, which may close a loop: it stops as if there were a
		 * new root port, until the neighbour agrees. */
		if (old == STP_ROLE_ROOT && tree_of(x)->rootPortId == 0 && x->port->sendRSTP)
			x->reRoot = true;
		break;
	default:
		break;
	}
}

bool
prt_run(struct stp_ptree *x)
{
	if (!x->selected || x->updtInfo)
		return false;
	if (x->role != x->selectedRole) {
		change_role(x);
		return true;
	}
	switch (x->role) {
	case STP_ROLE_ROOT:
		return run_root(x);
	case STP_ROLE_DESIGNATED:
		return run_designated(x);
	case STP_ROLE_MASTER:
		return run_master(x);
	case STP_ROLE_DISABLED:
		return run_disabled(x);
	default:
		return run_alternate(x);
	}
}
