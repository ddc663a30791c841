/* SPDX-License-Identifier: BSD-3-Clause */
/* The machines together: BEGIN, an event until nothing moves, and the tick (17.22, 13.28). */
#include <assert.h>
#include "stp/stp_priv.h"

/* An event moves each machine a few times. What is still moving then, is going round. */
#define PASSES_MAX 1000

void
stp_port_begin(struct stp_port *p)
{
	const struct stp_bridge *br = p->br;

	for (unsigned int t = 0; t < br->n_trees; t++) {
		struct stp_ptree *x = &p->tree[t];

		x->designatedTimes = br->tree[t].rootTimes;
		x->portTimes = br->BridgeTimes;
		x->portPriority = br->tree[t].rootPriority;
		x->updtInfo = x->rcvdTc = x->tcProp = x->mastered = x->disputed = false;
	}
	p->infoInternal = p->rcvdInternal = p->rootTc = false;
	p->rcvdTcAck = p->rcvdTcn = false;
	prx_begin(p);
	ppm_begin(p);
	bdm_begin(p);
	ptx_begin(p);
	for (unsigned int t = 0; t < br->n_trees; t++) {
		prt_begin(&p->tree[t]);
		pim_begin(&p->tree[t]);
		pst_begin(&p->tree[t]);
		tcm_begin(&p->tree[t]);
	}
}

void
stp_begin(struct stp_bridge *br, enum stp_why why)
{
	br->why = (uint8_t)why;
	br->n_trees = br->conf.version >= STP_VERSION_MSTP ? br->n_conf : 1;
	for (unsigned int t = 0; t < br->n_trees; t++)
		br->tree[t].rootTimes = br->BridgeTimes;
	for (unsigned int i = 0; i < br->n_ports; i++)
		stp_port_begin(br->port[i]);
	stp_run(br, why);
}

/* What is heard, and who is what. The CIST comes before the instances, which depend on it. */
static bool
inform(struct stp_bridge *br)
{
	bool moved = false;

	for (unsigned int i = 0; i < br->n_ports; i++) {
		struct stp_port *p = br->port[i];

		moved |= prx_run(p);
		moved |= ppm_run(p);
		moved |= bdm_run(p);
		for (unsigned int t = 0; t < br->n_trees; t++)
			moved |= pim_run(&p->tree[t]);
	}
	for (unsigned int t = 0; t < br->n_trees; t++)
		moved |= prs_run(br, t);
	return moved;
}

/* What follows for roles and states. */
static bool
act(struct stp_bridge *br)
{
	bool moved = false;

	for (unsigned int i = 0; i < br->n_ports; i++)
		for (unsigned int t = 0; t < br->n_trees; t++) {
			struct stp_ptree *x = &br->port[i]->tree[t];

			moved |= prt_run(x);
			moved |= pst_run(x);
			moved |= tcm_run(x);
		}
	return moved;
}

/*
 * Each machine makes a step if it can. Nobody acts before all is known: an instance might take a
 * port for synced that the CIST is about to release.
 */
static bool
pass(struct stp_bridge *br)
{
	return inform(br) || act(br);
}

/* Only now, so that one BPDU says all that came of the event. */
static bool
transmit(struct stp_bridge *br)
{
	bool moved = false;

	for (unsigned int i = 0; i < br->n_ports; i++)
		moved |= ptx_run(br->port[i]);
	return moved;
}

void
stp_run(struct stp_bridge *br, enum stp_why why)
{
	unsigned int n = 0;

	br->why = (uint8_t)why;
	while (n < PASSES_MAX && (pass(br) || transmit(br)))
		n++;
	assert(n < PASSES_MAX);
	if (n == PASSES_MAX)
		br->unsettled++;
	for (unsigned int i = 0; i < br->n_ports; i++)
		for (unsigned int t = 0; t < br->n_trees; t++)
			stp_tell_state(&br->port[i]->tree[t]);
}

static void
down(uint16_t *timer)
{
	if (*timer > 0)
		--*timer;
}

static void
tick_tree(struct stp_ptree *x)
{
	if (x->rcvdInfoWhile == 1)
		x->infoExpired = true;
	down(&x->fdWhile);
	down(&x->rbWhile);
	down(&x->rcvdInfoWhile);
	down(&x->rrWhile);
	down(&x->tcWhile);
	down(&x->tcDetected);
}

static void
tick_ageing(struct stp_bridge *br)
{
	bool rapid = false;

	for (unsigned int i = 0; i < br->n_ports; i++) {
		down(&br->port[i]->rapidAgeingWhile);
		rapid = rapid || br->port[i]->rapidAgeingWhile != 0;
	}
	if (br->rapid && !rapid)
		br->ops->set_ageing(br->ctx, 0);
	br->rapid = rapid;
}

void
stp_bridge_tick(struct stp_bridge *br)
{
	for (unsigned int i = 0; i < br->n_ports; i++) {
		struct stp_port *p = br->port[i];

		down(&p->helloWhen);
		down(&p->edgeDelayWhile);
		down(&p->mdelayWhile);
		down(&p->txCount);
		for (unsigned int t = 0; t < br->n_trees; t++)
			tick_tree(&p->tree[t]);
	}
	tick_ageing(br);
	stp_run(br, STP_WHY_TIMER);
}
