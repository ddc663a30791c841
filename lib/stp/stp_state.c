/* SPDX-License-Identifier: BSD-3-Clause */
/* Port state transition (17.30, 13.36) and topology change (17.31, 13.37). */
#include "stp/stp_priv.h"

/* --- 17.30: port state transition --- */

static enum stp_state
state_of(const struct stp_ptree *x)
{
	if (x->forwarding)
		return STP_FORWARDING;
	if (x->learning)
		return STP_LEARNING;
	if (x->role == STP_ROLE_DISABLED)
		return STP_DISABLED;
	/* 802.1D-1998 8.4: who will forward listens first. */
	if (x->role == STP_ROLE_ALTERNATE || x->role == STP_ROLE_BACKUP)
		return STP_BLOCKING;
	return STP_LISTENING;
}

void
stp_tell_state(struct stp_ptree *x)
{
	const struct stp_bridge *br = bridge_of(x);
	enum stp_state state = state_of(x);

	if (state == x->state)
		return;
	stp_note(x->port, tree_of(x)->mstid, STP_WHAT_STATE, x->state, (int)state, x->why);
	if (state == STP_FORWARDING)
		x->forward_transitions++;
	x->state = (uint8_t)state;
	x->why = STP_WHY_ROLE;
	br->ops->set_state(br->ctx, x->port->ctx, tree_of(x)->mstid, state);
}

static void
set_pst(struct stp_ptree *x, enum pst_state pst)
{
	x->pst = (uint8_t)pst;
	x->learning = pst != PST_DISCARDING;   /* 17.21.4, 17.21.6 */
	x->forwarding = pst == PST_FORWARDING; /* 17.21.3, 17.21.5 */
	stp_tell_state(x);
}

void
pst_begin(struct stp_ptree *x)
{
	set_pst(x, PST_DISCARDING);
}

bool
pst_run(struct stp_ptree *x)
{
	switch (x->pst) {
	case PST_DISCARDING:
		if (!x->learn)
			return false;
		set_pst(x, PST_LEARNING);
		return true;
	case PST_LEARNING:
		if (!x->learn)
			set_pst(x, PST_DISCARDING);
		else if (x->forward)
			set_pst(x, PST_FORWARDING);
		else
			return false;
		return true;
	default:
		if (x->forward)
			return false;
		set_pst(x, PST_DISCARDING);
		return true;
	}
}

/* --- 17.31: topology change --- */

static bool
is_active_role(const struct stp_ptree *x)
{
	return x->role == STP_ROLE_ROOT || x->role == STP_ROLE_DESIGNATED ||
	       x->role == STP_ROLE_MASTER;
}

/* 12.8.1.1.3: a topology change lasts while some tcWhile runs. Count those that begin. */
static void
count_change(struct stp_ptree *x)
{
	struct stp_bridge *br = bridge_of(x);
	struct stp_tree *tree = tree_of(x);

	for (unsigned int i = 0; i < br->n_ports; i++)
		if (br->port[i]->tree[x->t].tcWhile != 0)
			return;
	tree->tc_count++;
	tree->tc_ms = br->ops->now_ms(br->ctx);
}

static uint16_t
long_tc(const struct stp_ptree *x)
{
	const struct stp_times *t = &bridge_of(x)->tree[0].rootTimes;

	return (uint16_t)(t->max_age + t->forward_delay);
}

static void
newTcWhile(struct stp_ptree *x) /* 17.21.7, 13.27.10 */
{
	if (x->tcWhile != 0)
		return;
	count_change(x);
	if (!x->port->sendRSTP) {
		x->tcWhile = long_tc(x);
		/* 802.1D-1998 8.6.6.3: the first TCN at once, the others each Hello Time. */
		if (x->role == STP_ROLE_ROOT)
			x->port->newInfo = true;
		return;
	}
	x->tcWhile = (uint16_t)(HelloTime(x->port) + 1);
	newInfoXst(x);
}

void
stp_tc_again(struct stp_port *p)
{
	struct stp_ptree *x = &p->tree[0];

	if (x->tcm != TCM_ACTIVE)
		return;
	x->tcWhile = 0;
	newTcWhile(x);
	p->newInfo = true;
}

static void
newTcDetected(struct stp_ptree *x) /* 13.27.9 */
{
	if (x->tcDetected == 0)
		x->tcDetected = x->port->sendRSTP ? (uint16_t)(HelloTime(x->port) + 1) : long_tc(x);
}

static void
setTcPropTree(struct stp_ptree *x) /* 17.21.18, 13.27.24 */
{
	const struct stp_bridge *br = bridge_of(x);

	if (x->port->conf.restricted_tcn)
		return;
	for (unsigned int i = 0; i < br->n_ports; i++)
		if (br->port[i] != x->port)
			br->port[i]->tree[x->t].tcProp = true;
}

/*
 * 17.19.1: dynamic entries age in Forward Delay, for so long and two seconds: what was learned just
 * before is to go, too, and the owner looks for it once a second. The tick ends it.
 */
static void
age_rapidly(struct stp_ptree *x)
{
	struct stp_bridge *br = bridge_of(x);

	x->port->rapidAgeingWhile = (uint16_t)(FwdDelay(x->port) + 2);
	if (!br->rapid)
		br->ops->set_ageing(br->ctx, FwdDelay(x->port));
	br->rapid = true;
}

/* 17.19.7: at once, or by short ageing in STP. */
static void
flush(struct stp_ptree *x)
{
	const struct stp_bridge *br = bridge_of(x);

	if (rstpVersion(br) || !x->port->portEnabled)
		br->ops->flush(br->ctx, x->port->ctx, tree_of(x)->mstid);
	else
		age_rapidly(x);
}

static void
tcm_inactive(struct stp_ptree *x)
{
	x->tcm = TCM_INACTIVE;
	flush(x);
	x->tcDetected = 0;
	x->tcWhile = 0;
	if (is_cist(x))
		x->port->tcAck = false;
}

static void
tcm_learning(struct stp_ptree *x)
{
	x->tcm = TCM_LEARNING;
	if (is_cist(x))
		x->port->rcvdTcn = x->port->rcvdTcAck = false;
	x->rcvdTc = x->tcProp = false;
}

static void
tcm_detected(struct stp_ptree *x)
{
	x->tcm = TCM_ACTIVE;
	newTcWhile(x);
	setTcPropTree(x);
	newTcDetected(x);
	newInfoXst(x);
	tree_of(x)->tc_port = x->port->number;
	stp_note(x->port, tree_of(x)->mstid, STP_WHAT_TC, 0, 1, STP_WHY_ROLE);
}

/* NOTIFIED_TCN, which ends in NOTIFIED_TC */
static void
tcm_notified(struct stp_ptree *x, bool tcn)
{
	if (tcn)
		newTcWhile(x);
	tree_of(x)->tc_port = x->port->number;
	/* 802.1D-1998 8.5.1.10: in the whole bridge, whether it is passed on or not. */
	if (stpVersion(bridge_of(x)) && !x->port->conf.restricted_tcn)
		age_rapidly(x);
	if (is_cist(x))
		x->port->rcvdTcn = false;
	x->rcvdTc = false;
	if (is_cist(x) && x->role == STP_ROLE_DESIGNATED) {
		x->port->tcAck = true;
		/* 802.1D-1998 8.6.16: the acknowledgement goes at once. */
		if (!x->port->sendRSTP)
			x->port->newInfo = true;
	}
	setTcPropTree(x);
}

static void
tcm_propagating(struct stp_ptree *x)
{
	newTcWhile(x);
	flush(x);
	x->tcProp = false;
}

static bool
run_active(struct stp_ptree *x)
{
	if (!is_active_role(x)) {
		tcm_learning(x);
	} else if (x->port->operEdge) {
		/* No change will flush it from now on; what it learned is of another life. */
		flush(x);
		tcm_learning(x);
	} else if (is_cist(x) && x->port->rcvdTcn) {
		tcm_notified(x, true);
	} else if (x->rcvdTc) {
		tcm_notified(x, false);
	} else if (x->tcProp) {
		tcm_propagating(x);
	} else if (is_cist(x) && x->port->rcvdTcAck) {
		x->tcWhile = 0; /* ACKNOWLEDGED */
		x->port->rcvdTcAck = false;
	} else {
		return false;
	}
	return true;
}

void
tcm_begin(struct stp_ptree *x)
{
	tcm_inactive(x);
}

bool
tcm_run(struct stp_ptree *x)
{
	bool heard =
		x->rcvdTc || x->tcProp || (is_cist(x) && (x->port->rcvdTcn || x->port->rcvdTcAck));

	switch (x->tcm) {
	case TCM_INACTIVE:
		if (!x->learn)
			return false;
		tcm_learning(x);
		return true;
	case TCM_LEARNING:
		if (is_active_role(x) && x->forward && !x->port->operEdge)
			tcm_detected(x);
		else if (!is_active_role(x) && !x->learn && !x->learning && !heard)
			tcm_inactive(x);
		else if (heard)
			tcm_learning(x);
		else
			return false;
		return true;
	default:
		return run_active(x);
	}
}
