/* SPDX-License-Identifier: BSD-3-Clause */
/* Port receive, port protocol migration, bridge detection: the machines that look at BPDUs alone.
 */
#include <string.h>
#include "stp/stp_priv.h"

/* --- 17.23, 13.29: port receive --- */

static void
clearAllRcvdMsgs(struct stp_port *p) /* 13.27.2 */
{
	for (unsigned int t = 0; t < p->br->n_trees; t++)
		p->tree[t].rcvdMsg = false;
}

static void
prx_discard(struct stp_port *p)
{
	p->rcvdBPDU = p->rcvdRSTP = p->rcvdSTP = false;
	clearAllRcvdMsgs(p);
	p->edgeDelayWhile = STP_MIGRATE_TIME;
}

void
prx_begin(struct stp_port *p)
{
	prx_discard(p);
}

static void
updtBPDUVersion(struct stp_port *p) /* 17.21.22 */
{
	if (p->br->rx->kind == STP_BPDU_RST || p->br->rx->kind == STP_BPDU_MST)
		p->rcvdRSTP = true;
	else
		p->rcvdSTP = true;
}

static bool
fromSameRegion(const struct stp_port *p) /* 13.27.8 */
{
	const struct stp_bridge *br = p->br;

	return br->conf.version >= STP_VERSION_MSTP && p->rcvdRSTP &&
	       br->rx->kind == STP_BPDU_MST &&
	       memcmp(&br->rx->mst_id, &br->MstConfigId, sizeof(br->MstConfigId)) == 0;
}

static void
rcv_cist(struct stp_port *p, const struct stp_bpdu *b)
{
	struct stp_ptree *x = &p->tree[0];

	x->msgPriority = b->vec;
	x->msgTimes = b->times;
	if (!p->rcvdInternal) {
		/*
		 * 13.9: another region is like one bridge. An MST BPDU names the very bridge all
		 * the same; kept, a port is known again whose region has got another regional root.
		 */
		x->msgPriority.int_cost = 0;
		x->msgTimes.remaining_hops = p->br->BridgeTimes.remaining_hops;
	}
	x->msgFlags = b->flags;
	x->rcvdMsg = true;
}

/* The message for an MSTI and the common parts of the CIST's: 13.27.13. */
static void
rcv_msti(struct stp_port *p, const struct stp_bpdu *b, const struct stp_bpdu_msti *m)
{
	struct stp_ptree *x = stp_port_tree(p, m->mstid);

	if (x == NULL || is_cist(x))
		return;
	x->msgPriority = (struct stp_vec){
		.rroot = m->rroot,
		.int_cost = m->int_cost,
		.bridge = (uint64_t)m->bridge_priority << 56 | (uint64_t)m->mstid << 48 |
			  (b->vec.bridge & ID_ADDRESS),
		.port = (uint16_t)(m->port_priority << 8 | PORT_NUMBER(b->vec.port)),
	};
	x->msgTimes = (struct stp_times){ .remaining_hops = m->remaining_hops };
	x->msgFlags = m->flags;
	x->rcvdMsg = true;
}

static void
rcvMsgs(struct stp_port *p) /* 13.27.13 */
{
	const struct stp_bpdu *b = p->br->rx;

	if (b->kind == STP_BPDU_TCN) {
		p->rcvdTcn = true;
		for (unsigned int t = 1; t < p->br->n_trees; t++)
			p->tree[t].rcvdTc = true;
		return;
	}
	rcv_cist(p, b);
	for (unsigned int i = 0; p->rcvdInternal && i < b->n_msti; i++)
		rcv_msti(p, b, &b->msti[i]);
}

static void
prx_receive(struct stp_port *p)
{
	updtBPDUVersion(p);
	p->rcvdInternal = fromSameRegion(p);
	rcvMsgs(p);
	if (p->operEdge)
		stp_note(p, STP_CIST, STP_WHAT_EDGE, 1, 0, STP_WHY_BPDU);
	p->operEdge = p->rcvdBPDU = false;
	p->edgeDelayWhile = STP_MIGRATE_TIME;
}

bool
prx_run(struct stp_port *p)
{
	if (!p->portEnabled) {
		if (!p->rcvdBPDU && p->edgeDelayWhile == STP_MIGRATE_TIME)
			return false;
		prx_discard(p);
		return true;
	}
	/* One event at a time: the messages of the last BPDU are taken. */
	if (!p->rcvdBPDU)
		return false;
	prx_receive(p);
	return true;
}

/* --- 17.24, 13.30: port protocol migration --- */

static void
set_sendRSTP(struct stp_port *p, bool on, enum stp_why why)
{
	if (p->sendRSTP == on)
		return;
	stp_note(p, STP_CIST, STP_WHAT_VERSION, p->sendRSTP, on, why);
	p->sendRSTP = on;
	/* 13.9: what we say to an STP bridge has another RRootID. */
	p->tree[0].reselect = true;
}

static void
ppm_checking_rstp(struct stp_port *p)
{
	p->ppm = PPM_CHECKING_RSTP;
	p->mcheck = false;
	set_sendRSTP(p, rstpVersion(p->br), p->br->why);
	p->mdelayWhile = STP_MIGRATE_TIME;
}

static void
ppm_selecting_stp(struct stp_port *p)
{
	p->ppm = PPM_SELECTING_STP;
	set_sendRSTP(p, false, STP_WHY_BPDU);
	p->mdelayWhile = STP_MIGRATE_TIME;
	stp_tc_again(p);
}

static void
ppm_sensing(struct stp_port *p)
{
	p->ppm = PPM_SENSING;
	p->rcvdRSTP = p->rcvdSTP = false;
}

void
ppm_begin(struct stp_port *p)
{
	ppm_checking_rstp(p);
}

bool
ppm_run(struct stp_port *p)
{
	switch (p->ppm) {
	case PPM_CHECKING_RSTP:
		if (p->mdelayWhile == 0)
			ppm_sensing(p);
		else if (p->mdelayWhile != STP_MIGRATE_TIME && !p->portEnabled)
			ppm_checking_rstp(p);
		else
			return false;
		return true;
	case PPM_SELECTING_STP:
		if (p->mdelayWhile != 0 && p->portEnabled && !p->mcheck)
			return false;
		ppm_sensing(p);
		return true;
	default: /* SENSING */
		if (!p->portEnabled || p->mcheck ||
		    (rstpVersion(p->br) && !p->sendRSTP && p->rcvdRSTP))
			ppm_checking_rstp(p);
		else if (p->sendRSTP && p->rcvdSTP)
			ppm_selecting_stp(p);
		else
			return false;
		return true;
	}
}

/* --- 17.25, 13.31: bridge detection --- */

static bool
AdminEdge(const struct stp_port *p) /* 17.20.1 */
{
	return p->conf.edge == STP_ON;
}

static bool
AutoEdge(const struct stp_port *p) /* 17.20.2 */
{
	return p->conf.edge == STP_AUTO;
}

static void
set_operEdge(struct stp_port *p, bool on)
{
	p->bdm = on ? BDM_EDGE : BDM_NOT_EDGE;
	if (p->operEdge != on)
		stp_note(p, STP_CIST, STP_WHAT_EDGE, p->operEdge, on, p->br->why);
	p->operEdge = on;
}

void
bdm_begin(struct stp_port *p)
{
	set_operEdge(p, AdminEdge(p));
}

bool
bdm_run(struct stp_port *p)
{
	if (p->bdm == BDM_NOT_EDGE) {
		if (!((!p->portEnabled && AdminEdge(p)) || (p->edgeDelayWhile == 0 && AutoEdge(p) &&
							    p->sendRSTP && p->tree[0].proposing)))
			return false;
		set_operEdge(p, true);
		return true;
	}
	if (!(((!p->portEnabled || !AutoEdge(p)) && !AdminEdge(p)) || !p->operEdge))
		return false;
	set_operEdge(p, false);
	return true;
}
