/* SPDX-License-Identifier: BSD-3-Clause */
/* Port role selection: 17.28, 13.34. Who is root, and what each port is for. */
#include "stp/stp_priv.h"

/* An MSTI has hops alone; the other times are the CIST's. */
static bool
same_times(const struct stp_ptree *x)
{
	if (is_cist(x))
		return stp_times_same(&x->portTimes, &x->designatedTimes);
	return x->portTimes.remaining_hops == x->designatedTimes.remaining_hops;
}

/* 17.5 and 13.9, 13.10: what is held at a port, and the way to it. */
static struct stp_vec
root_path_priority(const struct stp_ptree *x)
{
	struct stp_vec v = x->portPriority;

	if (x->port->infoInternal) {
		v.int_cost += x->InternalPortPathCost;
	} else {
		v.ext_cost += x->port->ExternalPortPathCost;
		v.rroot = tree_of(x)->BridgeIdentifier;
		v.int_cost = 0;
	}
	return v;
}

/* 17.21.25 a), b): what a port offers may be chosen. */
static bool
is_candidate(const struct stp_ptree *x)
{
	if (x->infoIs != INFO_RECEIVED || x->port->conf.restricted_role)
		return false;
	if (!is_cist(x) && !x->port->infoInternal) /* a port at the boundary has the CIST's role */
		return false;
	return (x->portPriority.bridge & ID_ADDRESS) != x->port->br->mac;
}

static struct stp_ptree *
select_root(struct stp_bridge *br, unsigned int t)
{
	struct stp_tree *tree = &br->tree[t];
	struct stp_ptree *root = NULL;

	/* The bridge priority vector: 17.18.3 */
	tree->rootPriority = (struct stp_vec){
		.root = t == 0 ? tree->BridgeIdentifier : 0,
		.rroot = tree->BridgeIdentifier,
		.bridge = tree->BridgeIdentifier,
	};
	for (unsigned int i = 0; i < br->n_ports; i++) {
		struct stp_ptree *x = &br->port[i]->tree[t];
		struct stp_vec v;
		int c;

		if (!is_candidate(x))
			continue;
		v = root_path_priority(x);
		c = stp_vec_cmp(&v, &tree->rootPriority);
		if (c < 0 || (c == 0 && root != NULL && x->portId < root->portId)) {
			tree->rootPriority = v;
			root = x;
		}
	}
	tree->rootPortId = root ? root->portId : 0;
	return root;
}

/* 17.21.25 c), 13.27.31 c) */
static void
set_root_times(struct stp_bridge *br, struct stp_tree *tree, const struct stp_ptree *root)
{
	if (root == NULL) {
		tree->rootTimes = br->BridgeTimes;
		return;
	}
	tree->rootTimes = root->portTimes;
	if (root->port->infoInternal) {
		if (tree->rootTimes.remaining_hops > 0)
			tree->rootTimes.remaining_hops--;
	} else {
		tree->rootTimes.message_age++;
	}
}

/* 17.21.25 d), e) */
static void
set_designated(struct stp_ptree *x)
{
	const struct stp_bridge *br = bridge_of(x);
	const struct stp_tree *tree = tree_of(x);

	x->designatedPriority = tree->rootPriority;
	x->designatedPriority.bridge = tree->BridgeIdentifier;
	x->designatedPriority.port = x->portId;
	if (is_cist(x) && !x->port->sendRSTP) /* 13.9: STP bridges are attached */
		x->designatedPriority.rroot = tree->BridgeIdentifier;
	x->designatedTimes = tree->rootTimes;
	if (rstpVersion(br)) /* 17.21.25 e): each bridge says Hello at its own pace */
		x->designatedTimes.hello_time = br->BridgeTimes.hello_time;
}

/* 13.27.25: agreements that rested on the old regional root are void. */
static void
syncMaster(struct stp_bridge *br)
{
	for (unsigned int i = 0; i < br->n_ports; i++) {
		struct stp_port *p = br->port[i];

		for (unsigned int t = 1; p->infoInternal && t < br->n_trees; t++) {
			p->tree[t].agree = p->tree[t].agreed = p->tree[t].synced = false;
			p->tree[t].sync = true;
		}
	}
}

static bool
differs_from_designated(const struct stp_ptree *x)
{
	return stp_vec_cmp(&x->portPriority, &x->designatedPriority) != 0 || !same_times(x);
}

/* An MSTI at the boundary of the region does as the CIST does (13.12): f), g), h). */
static void
select_boundary_role(struct stp_ptree *x)
{
	uint8_t cist = x->port->tree[0].selectedRole;

	x->selectedRole = cist == STP_ROLE_ROOT ? STP_ROLE_MASTER : cist;
	x->updtInfo = differs_from_designated(x);
}

static void
select_received_role(struct stp_ptree *x, const struct stp_ptree *root)
{
	x->updtInfo = false;
	if (x == root) {
		x->selectedRole = STP_ROLE_ROOT;
	} else if (stp_vec_cmp(&x->designatedPriority, &x->portPriority) < 0) {
		x->selectedRole = STP_ROLE_DESIGNATED;
		x->updtInfo = true;
	} else if ((x->portPriority.bridge & ID_ADDRESS) != x->port->br->mac) {
		x->selectedRole = STP_ROLE_ALTERNATE;
	} else {
		x->selectedRole = STP_ROLE_BACKUP;
	}
}

static void
select_role(struct stp_ptree *x, const struct stp_ptree *root)
{
	const struct stp_ptree *cist = &x->port->tree[0];

	if (x->infoIs == INFO_DISABLED) {
		x->selectedRole = STP_ROLE_DISABLED;
	} else if (!is_cist(x) && cist->infoIs == INFO_RECEIVED && !x->port->infoInternal) {
		select_boundary_role(x);
	} else if (x->infoIs == INFO_RECEIVED) {
		select_received_role(x, root);
	} else {
		x->selectedRole = STP_ROLE_DESIGNATED;
		x->updtInfo = x->updtInfo || x->infoIs == INFO_AGED || differs_from_designated(x);
	}
}

static void
updtRolesTree(struct stp_bridge *br, unsigned int t) /* 17.21.25, 13.27.31 */
{
	struct stp_tree *tree = &br->tree[t];
	struct stp_vec old = tree->rootPriority;
	struct stp_ptree *root = select_root(br, t);

	set_root_times(br, tree, root);
	for (unsigned int i = 0; i < br->n_ports; i++)
		set_designated(&br->port[i]->tree[t]);
	if (t == 0 && old.rroot != tree->rootPriority.rroot &&
	    (old.ext_cost != 0 || tree->rootPriority.ext_cost != 0))
		syncMaster(br);
	for (unsigned int i = 0; i < br->n_ports; i++)
		select_role(&br->port[i]->tree[t], root);
}

/*
 * The machine has one state that lasts. The role of an MSTI follows that of the CIST at the
 * boundary, so a new choice for the CIST asks for one in each instance.
 */
bool
prs_run(struct stp_bridge *br, unsigned int t)
{
	bool reselect = false;

	for (unsigned int i = 0; i < br->n_ports; i++) {
		reselect = reselect || br->port[i]->tree[t].reselect;
		br->port[i]->tree[t].reselect = false; /* 17.21.2 */
	}
	if (!reselect)
		return false;
	updtRolesTree(br, t);
	for (unsigned int i = 0; i < br->n_ports; i++) {
		br->port[i]->tree[t].selected = true; /* 17.21.16 */
		for (unsigned int m = 1; t == 0 && m < br->n_trees; m++)
			br->port[i]->tree[m].reselect = true;
	}
	return true;
}
