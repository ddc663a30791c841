/* SPDX-License-Identifier: BSD-3-Clause */
/* Port information: 17.27, 13.33. What a port holds of its LAN, and whose it is. */
#include "stp/stp_priv.h"

static unsigned int
msg_role(const struct stp_ptree *x)
{
	return (x->msgFlags & STP_F_ROLE_MASK) >> STP_F_ROLE_SHIFT;
}

/* 17.6, 13.9: better, or from the port that the held vector names, whatever it says now. */
static bool
superior(const struct stp_vec *msg, const struct stp_vec *port)
{
	if ((msg->bridge & ID_ADDRESS) == (port->bridge & ID_ADDRESS) &&
	    PORT_NUMBER(msg->port) == PORT_NUMBER(port->port))
		return stp_vec_cmp(msg, port) != 0;
	return stp_vec_cmp(msg, port) < 0;
}

static bool
betterorsameInfo(const struct stp_ptree *x, enum info_is newInfoIs) /* 17.21.1 */
{
	if (newInfoIs == INFO_RECEIVED && x->infoIs == INFO_RECEIVED)
		return stp_vec_cmp(&x->msgPriority, &x->portPriority) <= 0;
	if (newInfoIs == INFO_MINE && x->infoIs == INFO_MINE)
		return stp_vec_cmp(&x->designatedPriority, &x->portPriority) <= 0;
	return false;
}

static enum rcvd_info
rcvInfo(const struct stp_ptree *x) /* 17.21.8 */
{
	int c = stp_vec_cmp(&x->msgPriority, &x->portPriority);

	switch (msg_role(x)) {
	case STP_MSG_ROLE_DESIGNATED:
		if (superior(&x->msgPriority, &x->portPriority))
			return RCVD_SUPERIOR_DESIGNATED;
		if (c == 0 && !stp_times_same(&x->msgTimes, &x->portTimes))
			return RCVD_SUPERIOR_DESIGNATED;
		if (c == 0 && x->infoIs == INFO_RECEIVED)
			return RCVD_REPEATED_DESIGNATED;
		return RCVD_INFERIOR_DESIGNATED;
	case STP_MSG_ROLE_ROOT:
	case STP_MSG_ROLE_ALT_BACKUP:
		return c >= 0 ? RCVD_INFERIOR_ROOT_ALTERNATE : RCVD_OTHER;
	default:
		return RCVD_OTHER;
	}
}

static void
recordProposal(struct stp_ptree *x) /* 17.21.11, 13.27.18 */
{
	struct stp_port *p = x->port;

	if (!(x->msgFlags & STP_F_PROPOSAL) || msg_role(x) != STP_MSG_ROLE_DESIGNATED)
		return;
	x->proposed = true;
	for (unsigned int t = 1; is_cist(x) && !p->rcvdInternal && t < p->br->n_trees; t++)
		p->tree[t].proposed = true;
}

static void
record_agreement_cist(struct stp_ptree *x)
{
	struct stp_port *p = x->port;

	x->agreed = rstpVersion(p->br) && p->operPointToPointMAC && (x->msgFlags & STP_F_AGREEMENT);
	if (x->agreed)
		x->proposing = false;
	for (unsigned int t = 1; !p->rcvdInternal && t < p->br->n_trees; t++) {
		p->tree[t].agreed = x->agreed;
		p->tree[t].proposing = x->proposing;
	}
}

static void
recordAgreement(struct stp_ptree *x) /* 17.21.9, 13.27.14 */
{
	const struct stp_ptree *cist = &x->port->tree[0];

	if (is_cist(x)) {
		record_agreement_cist(x);
		return;
	}
	/* It holds for the region that the CIST message names. */
	x->agreed = x->port->operPointToPointMAC && (x->msgFlags & STP_F_AGREEMENT) &&
		    cist->msgPriority.root == cist->portPriority.root &&
		    cist->msgPriority.ext_cost == cist->portPriority.ext_cost &&
		    cist->msgPriority.rroot == cist->portPriority.rroot;
	if (x->agreed)
		x->proposing = false;
}

static void
recordDispute(struct stp_ptree *x) /* 17.21.10, 13.27.15 */
{
	struct stp_port *p = x->port;

	if (!(x->msgFlags & STP_F_LEARNING))
		return;
	x->disputed = true;
	x->agreed = false;
	for (unsigned int t = 1; is_cist(x) && !p->rcvdInternal && t < p->br->n_trees; t++) {
		p->tree[t].disputed = true;
		p->tree[t].agreed = false;
	}
}

static void
recordMastered(struct stp_ptree *x) /* 13.27.16 */
{
	struct stp_port *p = x->port;

	if (!is_cist(x))
		x->mastered = p->operPointToPointMAC && (x->msgFlags & STP_F_MASTER);
	for (unsigned int t = 1; is_cist(x) && !p->rcvdInternal && t < p->br->n_trees; t++)
		p->tree[t].mastered = false;
}

static void
setTcFlags(struct stp_ptree *x) /* 17.21.17, 13.27.23 */
{
	struct stp_port *p = x->port;

	if (is_cist(x) && (x->msgFlags & STP_F_TC_ACK))
		p->rcvdTcAck = true;
	if (is_cist(x))
		p->rootTc = x->msgFlags & STP_F_TC;
	if (!(x->msgFlags & STP_F_TC))
		return;
	x->rcvdTc = true;
	for (unsigned int t = 1; is_cist(x) && !p->rcvdInternal && t < p->br->n_trees; t++)
		p->tree[t].rcvdTc = true;
}

static void
recordTimes(struct stp_ptree *x) /* 17.21.13, 13.27.19 */
{
	x->portTimes = x->msgTimes;
}

/*
 * 17.21.23, 13.27.30: three Hello Times, if the information has not come too far. In an MSTI its
 * own hops count, which is what they are for; that of the CIST would let its information circulate
 * without end. STP: until its age reaches Max Age (802.1D-1998 8.6.2.3.1).
 */
static void
updtRcvdInfoWhile(struct stp_ptree *x)
{
	const struct stp_times *cist = &x->port->tree[0].portTimes;

	x->infoExpired = false;
	if (x->port->rcvdInternal)
		x->rcvdInfoWhile =
			(uint16_t)(x->portTimes.remaining_hops > 1 ? 3 * cist->hello_time : 0);
	else if (cist->message_age + 1 > cist->max_age)
		x->rcvdInfoWhile = 0;
	else if (stpVersion(bridge_of(x)))
		x->rcvdInfoWhile = (uint16_t)(cist->max_age - cist->message_age);
	else
		x->rcvdInfoWhile = (uint16_t)(3 * cist->hello_time);
}

/*
 * At the boundary of a region frames of all instances are forwarded alike (13.12): an agreement
 * that the CIST has lost holds for none.
 */
static void
follow_cist(const struct stp_port *p)
{
	const struct stp_ptree *cist = &p->tree[0];

	for (unsigned int t = 1; !p->rcvdInternal && t < p->br->n_trees; t++) {
		p->tree[t].agree = p->tree[t].agree && cist->agree;
		p->tree[t].agreed = p->tree[t].agreed && cist->agreed;
		p->tree[t].synced = p->tree[t].synced && cist->synced;
	}
}

/* 802.1D-1998 8.6.4: what the root says is passed on as it comes. */
static void
pass_on(const struct stp_ptree *x)
{
	const struct stp_bridge *br = bridge_of(x);

	if (!stpVersion(br) || x->role != STP_ROLE_ROOT)
		return;
	for (unsigned int i = 0; i < br->n_ports; i++)
		if (br->port[i]->tree[0].role == STP_ROLE_DESIGNATED)
			br->port[i]->newInfo = true;
}

static void
set_loop(struct stp_ptree *x, bool on)
{
	if (x->loopInconsistent == on)
		return;
	x->loopInconsistent = on;
	stp_note(x->port, tree_of(x)->mstid, STP_WHAT_LOOP, !on, on, STP_WHY_LOOP_GUARD);
}

/* --- the states --- */

static void
to_disabled(struct stp_ptree *x)
{
	x->pim = PIM_DISABLED;
	x->rcvdMsg = false;
	x->proposing = x->proposed = x->agree = x->agreed = false;
	x->rcvdInfoWhile = 0;
	x->infoIs = INFO_DISABLED;
	x->reselect = true;
	x->selected = false;
	set_loop(x, false);
}

static void
to_aged(struct stp_ptree *x)
{
	x->pim = PIM_AGED;
	x->infoIs = INFO_AGED;
	x->reselect = true;
	x->selected = false;
}

static void
to_update(struct stp_ptree *x)
{
	x->proposing = x->proposed = false;
	x->agreed = x->agreed && betterorsameInfo(x, INFO_MINE);
	x->synced = x->synced && x->agreed;
	x->portPriority = x->designatedPriority;
	x->portTimes = x->designatedTimes;
	x->updtInfo = false;
	x->infoIs = INFO_MINE;
	newInfoXst(x);
	if (is_cist(x))
		follow_cist(x->port);
	x->pim = PIM_CURRENT;
}

static void
superior_designated(struct stp_ptree *x)
{
	x->port->infoInternal = x->port->rcvdInternal;
	x->agreed = x->proposing = false;
	recordProposal(x);
	setTcFlags(x);
	x->agree = x->agree && betterorsameInfo(x, INFO_RECEIVED);
	recordAgreement(x);
	x->synced = x->synced && x->agreed;
	if (is_cist(x))
		follow_cist(x->port);
	x->portPriority = x->msgPriority; /* 17.21.12 recordPriority */
	recordTimes(x);
	updtRcvdInfoWhile(x);
	x->infoIs = INFO_RECEIVED;
	x->reselect = true;
	x->selected = false;
	bridge_of(x)->why = STP_WHY_SUPERIOR; /* if it changes what we say, UPDATE passes it on */
}

static void
repeated_designated(struct stp_ptree *x)
{
	x->port->infoInternal = x->port->rcvdInternal;
	recordProposal(x);
	setTcFlags(x);
	recordAgreement(x);
	updtRcvdInfoWhile(x);
	pass_on(x);
}

static void
inferior_designated(struct stp_ptree *x)
{
	recordDispute(x);
	bridge_of(x)->why = STP_WHY_INFERIOR;
	/* 802.1D-1998 8.6.1.3.3: an STP bridge answers, or the other one believed itself root until
	 * the next Hello. */
	if (!x->port->sendRSTP)
		x->port->newInfo = true;
}

static void
not_designated(struct stp_ptree *x)
{
	recordAgreement(x);
	setTcFlags(x);
}

static void
receive(struct stp_ptree *x)
{
	x->rcvdInfo = (uint8_t)rcvInfo(x);
	recordMastered(x);
	set_loop(x, false);
	switch (x->rcvdInfo) {
	case RCVD_SUPERIOR_DESIGNATED:
		superior_designated(x);
		break;
	case RCVD_REPEATED_DESIGNATED:
		repeated_designated(x);
		break;
	case RCVD_INFERIOR_DESIGNATED:
		inferior_designated(x);
		break;
	case RCVD_INFERIOR_ROOT_ALTERNATE:
		not_designated(x);
		break;
	default:
		break;
	}
	x->rcvdMsg = false;
}

/* rcvdCistMsg and rcvdMstiMsg, updtCistInfo and updtMstiInfo: an MSTI waits for the CIST. */
static bool
rcvdXstMsg(const struct stp_ptree *x)
{
	return x->rcvdMsg && (is_cist(x) || !x->port->tree[0].rcvdMsg);
}

static bool
updtXstInfo(const struct stp_ptree *x)
{
	return x->updtInfo || x->port->tree[0].updtInfo;
}

static bool
run_current(struct stp_ptree *x)
{
	if (x->selected && x->updtInfo) {
		to_update(x);
		return true;
	}
	if (x->infoIs == INFO_RECEIVED && x->rcvdInfoWhile == 0 && !x->updtInfo && !rcvdXstMsg(x)) {
		bridge_of(x)->why = STP_WHY_AGED;
		to_aged(x);
		if (x->infoExpired && x->port->conf.loop_guard && x->port->operPointToPointMAC)
			set_loop(x, true);
		return true;
	}
	if (rcvdXstMsg(x) && !updtXstInfo(x)) {
		receive(x);
		return true;
	}
	return false;
}

void
pim_begin(struct stp_ptree *x)
{
	to_disabled(x);
}

bool
pim_run(struct stp_ptree *x)
{
	if (!x->port->portEnabled && x->infoIs != INFO_DISABLED) {
		to_disabled(x);
		return true;
	}
	switch (x->pim) {
	case PIM_DISABLED:
		if (!x->port->portEnabled)
			return false;
		to_aged(x);
		return true;
	case PIM_AGED:
		if (!x->selected || !x->updtInfo)
			return false;
		to_update(x);
		return true;
	default:
		return run_current(x);
	}
}
