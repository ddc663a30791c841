/* SPDX-License-Identifier: BSD-3-Clause */
/* What there is to see, copied. */
#include <errno.h>
#include "stp/stp_priv.h"

void
stp_bridge_show(const struct stp_bridge *br, struct stp_bridge_info *out)
{
	*out = (struct stp_bridge_info){
		.enabled = br->enabled,
		.mac = br->mac,
		.mst_id = br->MstConfigId,
		.n_ports = br->n_ports,
		.n_trees = br->n_trees,
		.rapid_ageing = br->rapid,
		.unsettled = br->unsettled,
	};
}

int
stp_tree_show(const struct stp_bridge *br, unsigned int n, struct stp_tree_info *out)
{
	const struct stp_tree *tree;

	if (n >= br->n_trees)
		return -ENOENT;
	tree = &br->tree[n];
	*out = (struct stp_tree_info){
		.mstid = tree->mstid,
		.bridge_id = tree->BridgeIdentifier,
		.root = tree->rootPriority,
		.root_port = PORT_NUMBER(tree->rootPortId),
		.times = tree->rootTimes,
		.tc_count = tree->tc_count,
		.tc_ms = tree->tc_ms,
		.tc_port = tree->tc_port,
	};
	for (uint16_t vid = 1; vid < 4095; vid++)
		out->n_vlans += stp_vlan_mstid(br, vid) == tree->mstid;
	for (unsigned int i = 0; i < br->n_ports; i++)
		out->tc = out->tc || br->port[i]->tree[n].tcWhile != 0;
	return 0;
}

struct stp_port *
stp_port_nth(const struct stp_bridge *br, unsigned int n)
{
	return n < br->n_ports ? br->port[n] : NULL;
}

void
stp_port_show(const struct stp_port *p, struct stp_port_info *out)
{
	*out = (struct stp_port_info){
		.number = p->number,
		.link = p->link,
		.enabled = p->portEnabled,
		.guarded = p->guarded,
		.send_rstp = p->sendRSTP,
		.oper_edge = p->operEdge,
		.oper_point_to_point = p->operPointToPointMAC,
		.internal = p->infoInternal,
		.tc_ack = p->tcAck,
		.path_cost = p->ExternalPortPathCost,
		.hello_when = p->helloWhen,
		.edge_delay_while = p->edgeDelayWhile,
		.mdelay_while = p->mdelayWhile,
		.tx_count = p->txCount,
		.stats = p->stats,
	};
}

int
stp_port_tree_show(const struct stp_port *p, uint16_t mstid, struct stp_port_tree_info *out)
{
	static const char *const info_is[] = { [INFO_DISABLED] = "disabled",
					       [INFO_AGED] = "aged",
					       [INFO_MINE] = "mine",
					       [INFO_RECEIVED] = "received" };
	const struct stp_ptree *x = stp_port_tree(p, mstid);

	if (x == NULL)
		return -ENOENT;
	*out = (struct stp_port_tree_info){
		.mstid = mstid,
		.port_id = x->portId,
		.role = x->role,
		.state = x->state,
		.path_cost = p->br->conf.version >= STP_VERSION_MSTP ? x->InternalPortPathCost
								     : p->ExternalPortPathCost,
		.designated = x->portPriority,
		.times = x->portTimes,
		.info_is = info_is[x->infoIs],
		.fd_while = x->fdWhile,
		.rb_while = x->rbWhile,
		.rcvd_info_while = x->rcvdInfoWhile,
		.rr_while = x->rrWhile,
		.tc_while = x->tcWhile,
		.agree = x->agree,
		.agreed = x->agreed,
		.proposing = x->proposing,
		.proposed = x->proposed,
		.sync = x->sync,
		.synced = x->synced,
		.disputed = x->disputed,
		/* Better than what this bridge would say, and yet not the way to the root. */
		.root_guarded = p->conf.restricted_role && x->role == STP_ROLE_ALTERNATE,
		.loop_guarded = x->loopInconsistent,
		.forward_transitions = x->forward_transitions,
	};
	return 0;
}

int
stp_msti_get(const struct stp_bridge *br, unsigned int n, struct stp_msti_conf *out)
{
	const struct stp_tree *tree;

	if (n + 1 >= br->n_conf)
		return -ENOENT;
	tree = &br->tree[n + 1];
	*out = (struct stp_msti_conf){
		.mstid = tree->mstid,
		.priority = (uint32_t)(tree->BridgeIdentifier >> 48 & 0xf000),
	};
	for (unsigned int vid = 1; vid < 4095; vid++)
		if (br->vid2mstid[vid] == tree->mstid)
			out->vlans[vid / 8] |= (uint8_t)(1u << vid % 8);
	return 0;
}

int
stp_port_tree_get(const struct stp_port *p, uint16_t mstid, uint32_t *cost, uint32_t *priority)
{
	int t = stp_tree_index(p->br, mstid);

	if (t < 0)
		return -ENOENT;
	*cost = p->tree[t].adminInternalCost;
	*priority = p->tree[t].portId >> 8 & 0xf0;
	return 0;
}

void
stp_mst_default_name(const struct stp_bridge *br, char *name)
{
	stp_default_name(br->mac, name);
}
