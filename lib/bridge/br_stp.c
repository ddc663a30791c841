/* SPDX-License-Identifier: BSD-3-Clause */
/* What stands between the spanning tree's engine and the ports: time, BPDUs, states, flushes. */
#include <errno.h>
#include <string.h>
#include "bridge/br_priv.h"
#include "core/log.h"
#include "core/msg.h"
#include "stp/stp_show.h"

LOG_MODULE(bridge_stp);

struct notifier_chain br_stp_chain = NOTIFIER_CHAIN("br_stp");

#define TICK_MS	   1000 /* 802.1D-2004 17.22 */
#define RECOVERY_S 300
#define LLC_LEN	   3
#define HEADER_LEN (RTE_ETHER_HDR_LEN + LLC_LEN)
#define FRAME_MIN  60 /* without FCS: 802.3 4.2.3.3 */

/* 802.1D-2004 7.12.3: the bridge group address; 9.2: LLC of DSAP and SSAP 0x42. */
static const struct rte_ether_addr group = { { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x00 } };
static const uint8_t llc[LLC_LEN] = { 0x42, 0x42, 0x03 };

struct stp_bridge *
br_stp(const struct net_bridge *br)
{
	return br->ctl->stp;
}

unsigned int
br_stp_state(const struct net_bridge *br)
{
	return br->ctl->stp_state;
}

bool
br_stp_rules(const struct net_bridge *br)
{
	return br->ctl->stp_state != 0;
}

/* The MAC address as the engine has it: 48 bits, first byte highest. */
static uint64_t
host_mac(const struct net_device *dev)
{
	return rte_be_to_cpu_64(dev->dev_addr64) >> 16;
}

/* --- what the engine asks for --- */

static uint64_t
now_ms(void *ctx)
{
	(void)ctx;
	return clock_ms();
}

/* The index of an instance's tree; -1: there is none. */
static int
tree_of(const struct br_ctl *c, uint16_t mstid)
{
	for (int i = 0; i < BR_TREES_MAX; i++)
		if (c->tree_mstid[i] == mstid && (i == 0) == (mstid == STP_CIST))
			return i;
	return -1;
}

static void
set_state(void *ctx, void *port, uint16_t mstid, enum stp_state state)
{
	static const enum br_state states[] = { [STP_DISABLED] = BR_STATE_DISABLED,
						[STP_BLOCKING] = BR_STATE_BLOCKING,
						[STP_LISTENING] = BR_STATE_LISTENING,
						[STP_LEARNING] = BR_STATE_LEARNING,
						[STP_FORWARDING] = BR_STATE_FORWARDING };
	const struct net_bridge *br = ctx;
	int tree = tree_of(br_ctl(br), mstid);

	role_enter_ctl();
	/* 802.1D-2004 17.10: RSTP and MSTP do not tell blocking and listening apart. */
	if (br_stp_state(br) > 1 && state == STP_LISTENING)
		state = STP_BLOCKING;
	if (br_stp_rules(br) && tree >= 0)
		br_state_set(port, (unsigned int)tree, states[state]);
}

/* From slot 0: of control class, so that ports send it before all else. */
static void
transmit(void *ctx, void *port, const uint8_t *bpdu, size_t len)
{
	struct net_device *dev = ((struct br_port *)port)->dev;
	struct rte_ether_hdr *eh;
	struct sk_buff *skb;
	struct rte_mbuf *m;
	size_t pad = HEADER_LEN + len < FRAME_MIN ? FRAME_MIN - HEADER_LEN - len : 0;

	(void)ctx;
	role_borrow_dp();
	skb = alloc_skb(worker_ctl(), SKB_HEADROOM);
	if (skb == NULL)
		return; /* the next one follows in hello time */
	eh = skb_put(skb, (uint16_t)(HEADER_LEN + len + pad));
	if (eh == NULL) {
		kfree_skb_reason(worker_ctl(), skb, DROP_SKB_NO_MBUF);
		return;
	}
	eh->dst_addr = group;
	netdev_addr(dev, &eh->src_addr);
	eh->ether_type = rte_cpu_to_be_16((uint16_t)(LLC_LEN + len));
	memcpy(eh + 1, llc, LLC_LEN);
	memcpy((uint8_t *)eh + HEADER_LEN, bpdu, len);
	memset((uint8_t *)eh + HEADER_LEN + len, 0, pad);
	m = skb_mbuf(skb);
	dev_queue_xmit(worker_ctl(), dev, &m, 1);
}

static void
flush(void *ctx, void *port, uint16_t mstid)
{
	struct net_bridge *br = ctx;
	int tree = tree_of(br_ctl(br), mstid);

	role_enter_ctl();
	/* An engine that is off begins anew, too: when the bridge's address changes. */
	if (br_stp_rules(br) && tree >= 0)
		br_fdb_flush(br, &(struct br_fdb_filter){ .port = port,
							  .vid = -1,
							  .tree = br->flags & BR_MST ? tree : -1,
							  .keep_static = true });
}

static void
set_ageing(void *ctx, unsigned int seconds)
{
	struct br_ctl *c = br_ctl(ctx);

	c->ageing_ms =
		seconds != 0 ? RTE_MIN(seconds * 1000, c->ageing_cs * 10) : c->ageing_cs * 10;
}

static void
close_port(struct br_port *p) CTL_ONLY
{
	if (p->errdisabled)
		return;
	p->errdisabled = true;
	log_warn("%s: %s is closed: a BPDU came, and guard is on", p->br->dev->name, p->dev->name);
	if (br_ctl(p->br)->recovery_s > 0)
		timer_mod(&p->recover, br_ctl(p->br)->recovery_s * 1000ull);
}

static void
guard(void *ctx, void *port)
{
	(void)ctx;
	role_enter_ctl();
	close_port(port);
}

static void
log_transition(void *ctx, void *port, const struct stp_transition *tr)
{
	const struct net_bridge *br = ctx;
	const struct br_port *p = port;
	struct br_stp_event ev = { .br = br, .port = p, .tr = tr };

	role_enter_ctl();
	notifier_call(&br_stp_chain, BR_EVENT_NEW, &ev);
	if (tr->what != STP_WHAT_ROLE && tr->what != STP_WHAT_STATE && tr->what != STP_WHAT_TC)
		return;
	if (tr->what == STP_WHAT_TC)
		log_info("%s: topology change at %s", br->dev->name,
			 p != NULL ? p->dev->name : "-");
	else
		log_info("%s: %s instance %u %s %s -> %s (%s)", br->dev->name,
			 p != NULL ? p->dev->name : "-", tr->mstid,
			 stp_what_name((enum stp_what)tr->what),
			 tr->what == STP_WHAT_ROLE ? stp_role_name((enum stp_role)tr->from)
						   : stp_state_name((enum stp_state)tr->from, 0),
			 tr->what == STP_WHAT_ROLE ? stp_role_name((enum stp_role)tr->to)
						   : stp_state_name((enum stp_state)tr->to, 0),
			 stp_why_name((enum stp_why)tr->why));
}

static const struct stp_ops ops = {
	.now_ms = now_ms,
	.set_state = set_state,
	.transmit = transmit,
	.flush = flush,
	.set_ageing = set_ageing,
	.guard = guard,
	.log = log_transition,
};

/* --- bridges --- */

static void
on_tick(struct ctl_timer *t)
{
	struct br_ctl *c = container_of(t, struct br_ctl, tick);

	role_enter_ctl();
	stp_bridge_tick(c->stp);
	timer_mod(t, TICK_MS);
}

int
br_stp_init(struct net_bridge *br)
{
	struct br_ctl *c = br_ctl(br);

	c->stp = stp_bridge_create(&ops, br, 0);
	if (c->stp == NULL)
		return -ENOMEM;
	stp_bridge_enable(c->stp, false);
	c->recovery_s = RECOVERY_S;
	timer_setup(&c->tick, on_tick);
	return 0;
}

void
br_stp_free(struct net_bridge *br)
{
	if (br->ctl != NULL && br->ctl->stp != NULL)
		stp_bridge_destroy(br->ctl->stp);
}

void
br_stp_address(struct net_bridge *br)
{
	stp_bridge_set_mac(br_ctl(br)->stp, host_mac(br->dev));
}

/* Which tree each VLAN is in, for workers; instances count in MSTP only. */
static void
map_vlans(struct net_bridge *br) CTL_ONLY
{
	struct br_ctl *c = br_ctl(br);
	bool mst = c->stp_state == 3;

	for (uint16_t v = 0; v < BR_VLAN_N; v++) {
		uint16_t mstid = mst && v > 0 && v < 4095 ? stp_vlan_mstid(c->stp, v) : STP_CIST;
		int tree = tree_of(c, mstid);

		__atomic_store_n(&br->vlan_tree[v], (uint8_t)RTE_MAX(tree, 0), __ATOMIC_RELAXED);
	}
	br_set_flags(br, BR_MST, mst);
}

int
br_stp_set_state(struct net_bridge *br, unsigned int state, const char **why)
{
	static const uint8_t version[] = { 0, STP_VERSION_STP, STP_VERSION_RSTP, STP_VERSION_MSTP };
	struct br_ctl *c = br_ctl(br);
	struct stp_bridge_conf conf;
	int rc;

	if (state == c->stp_state)
		return 0;
	if (state != 0) {
		stp_bridge_get(c->stp, &conf);
		conf.version = version[state];
		rc = stp_bridge_set(c->stp, &conf, why);
		if (rc != 0)
			return rc;
	}
	c->stp_state = (uint8_t)state;
	br_set_flags(br, BR_STP, state != 0);
	map_vlans(br);
	for (unsigned int i = 0; i < br->ports->n; i++)
		br->ports->p[i]->manual = false;
	if (state == 0) {
		timer_del(&c->tick);
		stp_bridge_enable(c->stp, false);
		c->ageing_ms = c->ageing_cs * 10;
	} else {
		/* Closed until the engine says otherwise. */
		for (unsigned int i = 0; i < br->ports->n; i++) {
			br_vlan_states_forget(br->ports->p[i]);
			for (unsigned int t = 0; t < BR_TREES_MAX; t++)
				br_state_set(br->ports->p[i], t, BR_STATE_DISABLED);
		}
		stp_bridge_enable(c->stp, false);
		stp_bridge_enable(c->stp, true);
		timer_mod(&c->tick, TICK_MS);
	}
	for (unsigned int i = 0; i < br->ports->n; i++)
		br_state_link(br->ports->p[i]);
	return 0;
}

int
br_stp_set_vlans(struct net_bridge *br, uint16_t mstid, const uint8_t vlans[512], const char **why)
{
	struct br_ctl *c = br_ctl(br);
	int tree = tree_of(c, mstid), rc;
	uint16_t was[BR_VLAN_N];

	*why = "out of memory";
	if (br_vlan_states_prepare(br) != 0)
		return -ENOMEM;
	br_mst_vlans(br, was);
	if (tree < 0) {
		for (tree = 1; tree < BR_TREES_MAX && c->tree_mstid[tree] != 0; tree++)
			;
		*why = "there are 64 instances at the most";
		if (tree == BR_TREES_MAX)
			return -ENOSPC;
		c->tree_mstid[tree] = mstid; /* the engine asks for states at once */
		rc = stp_msti_add(c->stp, mstid, why);
		if (rc != 0) {
			c->tree_mstid[tree] = 0;
			return rc;
		}
	}
	rc = stp_msti_set_vlans(c->stp, mstid, vlans, why);
	map_vlans(br);
	br_vlan_states_moved(br, was);
	return rc;
}

int
br_stp_del_instance(struct net_bridge *br, uint16_t mstid, const char **why)
{
	struct br_ctl *c = br_ctl(br);
	int tree = tree_of(c, mstid), rc;
	uint16_t was[BR_VLAN_N];

	br_mst_vlans(br, was);
	rc = stp_msti_del(c->stp, mstid, why);
	if (rc != 0)
		return rc;
	map_vlans(br);
	br_vlan_states_moved(br, was);
	if (tree > 0) {
		c->tree_mstid[tree] = 0;
		for (unsigned int i = 0; i < br->ports->n; i++)
			br_state_set(br->ports->p[i], (unsigned int)tree, BR_STATE_DISABLED);
	}
	return 0;
}

/* --- ports --- */

static void
on_recover(struct ctl_timer *t)
{
	struct br_port *p = container_of(t, struct br_port, recover);

	role_enter_ctl();
	br_stp_recover(p);
}

int
br_stp_port_add(struct br_port *p, const char **why)
{
	timer_setup(&p->recover, on_recover);
	p->stp = stp_port_add(br_ctl(p->br)->stp, p->idx, p, why);
	return p->stp != NULL ? 0 : -ENOMEM;
}

void
br_stp_port_del(struct br_port *p)
{
	timer_del(&p->recover);
	stp_port_del(p->stp);
	p->stp = NULL;
}

void
br_stp_link(struct br_port *p, bool up)
{
	const struct net_device *dev = p->dev;

	while (dev->real_dev != dev)
		dev = dev->real_dev;
	stp_port_link(p->stp, up, dev->ctl->speed_mbps, !dev->ctl->half_duplex);
}

void
br_stp_recover(struct br_port *p)
{
	if (!p->errdisabled)
		return;
	timer_del(&p->recover);
	p->errdisabled = false;
	log_notice("%s: %s is opened again", p->br->dev->name, p->dev->name);
	stp_port_recover(p->stp);
	br_state_link(p);
}

/* --- BPDUs --- */

/* The octets behind the LLC header; NULL: it is none of ours. */
static const uint8_t *
bpdu_of(struct sk_buff *skb, uint8_t *copy, uint32_t *len)
{
	const uint8_t *p = rte_pktmbuf_read(skb_mbuf(skb), 0, HEADER_LEN, copy);
	uint16_t length;

	if (p == NULL || memcmp(p + RTE_ETHER_HDR_LEN, llc, LLC_LEN) != 0)
		return NULL;
	length = (uint16_t)(p[12] << 8 | p[13]);
	/* 802.3 3.2.6: a length; what is behind is padding. */
	if (length > RTE_ETHER_MTU || length < LLC_LEN ||
	    length + (uint32_t)RTE_ETHER_HDR_LEN > skb_len(skb))
		return NULL;
	*len = length - LLC_LEN;
	return rte_pktmbuf_read(skb_mbuf(skb), HEADER_LEN, *len, copy);
}

static void
receive(struct br_port *p, const uint8_t *bpdu, uint32_t len) CTL_ONLY
{
	if (br_stp_rules(p->br)) {
		stp_port_rx(p->stp, bpdu, len);
		return;
	}
	if (p->flags & BR_PORT_BPDU_GUARD) {
		close_port(p);
		br_state_link(p);
	}
}

void
br_bpdu_msg(struct ctl_msg *msg)
{
	uint8_t copy[RTE_ETHER_MTU];
	struct sk_buff *skb = msg->pkt;
	struct net_device *dev;
	struct br_port *p;
	const uint8_t *bpdu;
	uint32_t len;

	role_enter_ctl();
	role_borrow_dp();
	dev = dev_get_by_index(msg->arg);
	p = dev != NULL ? br_port_of(dev) : NULL;
	skb->dev = dev;
	if (p == NULL) {
		kfree_skb_reason(worker_ctl(), skb, DROP_NETDEV_GONE);
		return;
	}
	bpdu = bpdu_of(skb, copy, &len);
	if (bpdu == NULL) {
		kfree_skb_reason(worker_ctl(), skb, DROP_BR_BAD_BPDU);
		return;
	}
	receive(p, bpdu, len);
	consume_skb(worker_ctl(), skb);
}
