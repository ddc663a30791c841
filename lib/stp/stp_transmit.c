/* SPDX-License-Identifier: BSD-3-Clause */
/* Port transmit: 17.26, 13.32. */
#include <string.h>
#include "stp/stp_priv.h"

static struct stp_port *
root_port(const struct stp_bridge *br)
{
	for (unsigned int i = 0; i < br->n_ports; i++)
		if (br->port[i]->tree[0].portId == br->tree[0].rootPortId)
			return br->port[i];
	return NULL;
}

static void
send_bpdu(struct stp_port *p, const struct stp_bpdu *b)
{
	uint8_t buf[STP_BPDU_MAX];
	size_t len = stp_bpdu_build(b, buf);

	p->stats.tx[b->kind]++;
	p->br->ops->transmit(p->br->ctx, p->ctx, buf, len);
}

/*
 * The parts of a configuration message that are not the bridge's own. A bridge that runs STP
 * answers for the age of what it tells (802.1D-1998 8.6.1.3.3): the time since it was heard counts,
 * and the Topology Change flag is the root's.
 */
static void
config_1998(const struct stp_port *p, struct stp_bpdu *b)
{
	const struct stp_port *root = root_port(p->br);

	b->times = p->tree[0].designatedTimes;
	if (p->tree[0].tcWhile != 0)
		b->flags |= STP_F_TC;
	if (root == NULL || !stpVersion(p->br))
		return;
	b->flags &= (uint8_t)~STP_F_TC;
	if (root->rootTc)
		b->flags |= STP_F_TC;
	b->times.message_age = (uint16_t)(1 + b->times.max_age - root->tree[0].rcvdInfoWhile);
}

static void
txConfig(struct stp_port *p) /* 17.21.19 */
{
	struct stp_bpdu b = {
		.kind = STP_BPDU_CONFIG,
		.flags = p->tcAck ? STP_F_TC_ACK : 0,
		.vec = p->tree[0].designatedPriority,
	};

	config_1998(p, &b);
	b.times.hello_time = HelloTime(p);
	/* Nobody would take it (9.3.4 a). */
	if (b.times.message_age < b.times.max_age)
		send_bpdu(p, &b);
}

static void
txTcn(struct stp_port *p) /* 17.21.21 */
{
	send_bpdu(p, &(struct stp_bpdu){ .kind = STP_BPDU_TCN });
}

static uint8_t
msg_role(const struct stp_ptree *x)
{
	switch (x->role) {
	case STP_ROLE_ROOT:
		return STP_MSG_ROLE_ROOT;
	case STP_ROLE_DESIGNATED:
		return STP_MSG_ROLE_DESIGNATED;
	case STP_ROLE_MASTER:
		return STP_MSG_ROLE_UNKNOWN; /* reads Master in an MSTI */
	default:
		return STP_MSG_ROLE_ALT_BACKUP;
	}
}

static uint8_t
msg_flags(const struct stp_ptree *x)
{
	return (uint8_t)(msg_role(x) << STP_F_ROLE_SHIFT | (x->tcWhile != 0 ? STP_F_TC : 0) |
			 (x->proposing ? STP_F_PROPOSAL : 0) | (x->learning ? STP_F_LEARNING : 0) |
			 (x->forwarding ? STP_F_FORWARDING : 0) | (x->agree ? STP_F_AGREEMENT : 0));
}

/* 13.25.23: a way out of the region is behind this port, at this bridge or another one. */
static bool
master(const struct stp_ptree *x)
{
	const struct stp_bridge *br = bridge_of(x);

	if (x->role != STP_ROLE_ROOT && x->role != STP_ROLE_DESIGNATED)
		return false;
	for (unsigned int i = 0; i < br->n_ports; i++) {
		const struct stp_ptree *y = &br->port[i]->tree[x->t];

		if (y->role == STP_ROLE_MASTER)
			return true;
		if (y != x && y->mastered &&
		    (y->role == STP_ROLE_ROOT || y->role == STP_ROLE_DESIGNATED))
			return true;
	}
	return false;
}

static void
txRstp(struct stp_port *p) /* 17.21.20, 13.27.27 */
{
	const struct stp_bridge *br = p->br;
	const struct stp_ptree *cist = &p->tree[0];
	struct stp_bpdu b;

	b.kind = br->conf.version >= STP_VERSION_MSTP ? STP_BPDU_MST : STP_BPDU_RST;
	b.flags = msg_flags(cist);
	b.vec = cist->designatedPriority;
	b.times = cist->designatedTimes;
	b.times.hello_time = HelloTime(p);
	b.mst_id = br->MstConfigId;
	b.n_msti = b.kind == STP_BPDU_MST ? br->n_trees - 1 : 0;
	for (unsigned int i = 0; i < b.n_msti; i++) {
		const struct stp_ptree *x = &p->tree[i + 1];

		b.msti[i] = (struct stp_bpdu_msti){
			.flags = (uint8_t)(msg_flags(x) | (master(x) ? STP_F_MASTER : 0)),
			.rroot = x->designatedPriority.rroot,
			.int_cost = x->designatedPriority.int_cost,
			.bridge_priority = (x->designatedPriority.bridge >> 56) & 0xf0,
			.port_priority = (x->designatedPriority.port >> 8) & 0xf0,
			.remaining_hops = (uint8_t)x->designatedTimes.remaining_hops,
		};
	}
	send_bpdu(p, &b);
}

static bool
allTransmitReady(const struct stp_port *p) /* 13.26.3 */
{
	for (unsigned int t = 0; t < p->br->n_trees; t++)
		if (!p->tree[t].selected || p->tree[t].updtInfo)
			return false;
	return true;
}

static bool
mstiMasterPort(const struct stp_port *p)
{
	for (unsigned int t = 1; t < p->br->n_trees; t++)
		if (p->tree[t].role == STP_ROLE_MASTER)
			return true;
	return false;
}

static bool
mstiDesignatedOrTCpropagatingRootPort(const struct stp_port *p)
{
	for (unsigned int t = 1; t < p->br->n_trees; t++) {
		const struct stp_ptree *x = &p->tree[t];

		if (x->role == STP_ROLE_DESIGNATED || (x->role == STP_ROLE_ROOT && x->tcWhile != 0))
			return true;
	}
	return false;
}

/* 802.1D-1998 8.6.4: in STP the root alone speaks by the clock; the others pass on what it says. */
static bool
speaks_by_clock(const struct stp_port *p)
{
	return rstpVersion(p->br) || p->br->tree[0].rootPortId == 0;
}

static void
transmit_periodic(struct stp_port *p)
{
	const struct stp_ptree *cist = &p->tree[0];

	if ((cist->role == STP_ROLE_DESIGNATED && speaks_by_clock(p)) ||
	    (cist->role == STP_ROLE_ROOT && cist->tcWhile != 0))
		p->newInfo = true;
	if (mstiDesignatedOrTCpropagatingRootPort(p))
		p->newInfoMsti = true;
}

/* 17.13.12; in STP one in a second: 802.1D-1998 8.5.3.14 Hold Time. */
static uint16_t
TxHoldCount(const struct stp_bridge *br)
{
	return rstpVersion(br) ? br->conf.tx_hold_count : 1;
}

static void
transmit_init(struct stp_port *p)
{
	p->newInfo = p->newInfoMsti = true;
	p->txCount = 0;
	p->helloWhen = 0;
}

void
ptx_begin(struct stp_port *p)
{
	transmit_init(p);
}

/* TRANSMIT_CONFIG, TRANSMIT_TCN, TRANSMIT_RSTP; false: there is nothing to say. */
static bool
transmit(struct stp_port *p)
{
	uint8_t role = p->tree[0].role;

	if (p->txCount >= TxHoldCount(p->br))
		return false;
	if (p->sendRSTP) {
		if (!p->newInfo && !(p->newInfoMsti && !mstiMasterPort(p)))
			return false;
		p->newInfo = p->newInfoMsti = false;
		txRstp(p);
		p->tcAck = false;
	} else if (p->newInfo && role == STP_ROLE_DESIGNATED) {
		p->newInfo = false;
		txConfig(p);
		p->tcAck = false;
	} else if (p->newInfo && role == STP_ROLE_ROOT) {
		p->newInfo = false;
		txTcn(p);
	} else {
		return false;
	}
	p->txCount++;
	p->helloWhen = HelloTime(p); /* IDLE */
	return true;
}

bool
ptx_run(struct stp_port *p)
{
	if (!p->portEnabled || p->conf.bpdu_filter) { /* 13.25.8 enableBPDUtx */
		if (p->newInfo && p->newInfoMsti && p->txCount == 0 && p->helloWhen == 0)
			return false;
		transmit_init(p);
		return true;
	}
	if (!allTransmitReady(p))
		return false;
	if (p->helloWhen == 0) {
		transmit_periodic(p);
		p->helloWhen = HelloTime(p); /* IDLE */
		return true;
	}
	return transmit(p);
}
