/* SPDX-License-Identifier: BSD-3-Clause */
/* Bridges and their instances: what the owner sets. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "stp/stp_digest.h"
#include "stp/stp_priv.h"

/* --- what follows from the parameters --- */

static void
set_bridge_times(struct stp_bridge *br)
{
	br->BridgeTimes = (struct stp_times){
		.max_age = br->conf.max_age,
		.forward_delay = br->conf.forward_delay,
		.hello_time = br->conf.hello_time,
		.remaining_hops = br->conf.max_hops,
	};
}

static void
set_identifier(struct stp_bridge *br, struct stp_tree *tree, uint64_t priority)
{
	tree->BridgeIdentifier = priority << 48 | (uint64_t)tree->mstid << 48 | br->mac;
}

static uint64_t
priority_of(const struct stp_tree *tree)
{
	return tree->BridgeIdentifier >> 48 & 0xf000;
}

void
stp_default_name(uint64_t mac, char *name)
{
	snprintf(name, STP_MST_NAME_LEN + 1, "%012llX", (unsigned long long)mac);
}

void
stp_mst_id_update(struct stp_bridge *br)
{
	memset(&br->MstConfigId, 0, sizeof(br->MstConfigId));
	memcpy(br->MstConfigId.name, br->conf.mst_name, strlen(br->conf.mst_name));
	br->MstConfigId.revision = rte_cpu_to_be_16(br->conf.mst_revision);
	stp_config_digest(br->vid2mstid, br->MstConfigId.digest);
}

void
stp_reselect_tree(struct stp_bridge *br, unsigned int t)
{
	for (unsigned int i = 0; i < br->n_ports; i++) {
		br->port[i]->tree[t].reselect = true;
		br->port[i]->tree[t].selected = false;
	}
}

/* --- bridges --- */

struct stp_bridge *
stp_bridge_create(const struct stp_ops *ops, void *ctx, uint64_t mac)
{
	struct stp_bridge *br = calloc(1, sizeof(*br));

	if (br == NULL)
		return NULL;
	br->ops = ops;
	br->ctx = ctx;
	br->mac = mac & ID_ADDRESS;
	br->enabled = true;
	br->n_trees = br->n_conf = 1;
	br->conf = (struct stp_bridge_conf){
		.version = STP_VERSION_RSTP,
		.hello_time = 2,
		.max_age = 20,
		.forward_delay = 15,
		.tx_hold_count = 6,
		.max_hops = 20,
	};
	stp_default_name(br->mac, br->conf.mst_name);
	set_bridge_times(br);
	set_identifier(br, &br->tree[0], 0x8000);
	stp_mst_id_update(br);
	stp_begin(br, STP_WHY_INIT);
	return br;
}

void
stp_bridge_destroy(struct stp_bridge *br)
{
	for (unsigned int i = 0; i < br->n_ports; i++) {
		free(br->port[i]->tree);
		free(br->port[i]);
	}
	free(br->port);
	free(br);
}

void
stp_bridge_enable(struct stp_bridge *br, bool on)
{
	if (br->enabled == on)
		return;
	br->enabled = on;
	for (unsigned int i = 0; i < br->n_ports; i++)
		stp_port_update(br->port[i]);
	stp_run(br, STP_WHY_ADMIN);
}

void
stp_bridge_set_mac(struct stp_bridge *br, uint64_t mac)
{
	char old[STP_MST_NAME_LEN + 1];

	mac &= ID_ADDRESS;
	if (br->mac == mac)
		return;
	stp_default_name(br->mac, old);
	if (strcmp(old, br->conf.mst_name) == 0)
		stp_default_name(mac, br->conf.mst_name);
	br->mac = mac;
	for (unsigned int t = 0; t < br->n_conf; t++)
		set_identifier(br, &br->tree[t], priority_of(&br->tree[t]));
	stp_mst_id_update(br);
	stp_begin(br, STP_WHY_ADMIN);
}

void
stp_bridge_get(const struct stp_bridge *br, struct stp_bridge_conf *conf)
{
	*conf = br->conf;
}

/* Table 17-1 (Hello Time, Max Age: also 802.1D-1998 Table 8-3), Table 13-5, and 17.14. */
static const char *
check_conf(const struct stp_bridge_conf *c)
{
	if (c->version != STP_VERSION_STP && c->version != STP_VERSION_RSTP &&
	    c->version != STP_VERSION_MSTP)
		return "version is 0 (STP), 2 (RSTP) or 3 (MSTP)";
	if (c->hello_time < 1 || c->hello_time > 10)
		return "hello_time is 1 to 10 seconds";
	if (c->max_age < 6 || c->max_age > 40)
		return "max_age is 6 to 40 seconds";
	if (c->forward_delay < 4 || c->forward_delay > 30)
		return "forward_delay is 4 to 30 seconds";
	if (2 * (c->forward_delay - 1) < c->max_age)
		return "max_age is at most 2 * (forward_delay - 1)";
	if (c->max_age < 2 * (c->hello_time + 1))
		return "max_age is at least 2 * (hello_time + 1)";
	if (c->tx_hold_count < 1 || c->tx_hold_count > 10)
		return "tx_hold_count is 1 to 10";
	if (c->max_hops < 6 || c->max_hops > 40)
		return "max_hops is 6 to 40";
	if (c->cost_style > STP_COST_LONG)
		return "path costs are auto, short or long";
	if (memchr(c->mst_name, '\0', sizeof(c->mst_name)) == NULL)
		return "an MST name has at most 32 characters";
	return NULL;
}

static bool
starts_over(const struct stp_bridge_conf *a, const struct stp_bridge_conf *b)
{
	return a->version != b->version || a->mst_revision != b->mst_revision ||
	       strcmp(a->mst_name, b->mst_name) != 0;
}

int
stp_bridge_set(struct stp_bridge *br, const struct stp_bridge_conf *conf, const char **why)
{
	const char *wrong = check_conf(conf);
	bool over;

	if (wrong != NULL)
		return stp_refuse(-EINVAL, why, wrong);
	over = starts_over(&br->conf, conf);
	/* 17.13.12: a changed Transmit Hold Count counts from now. */
	for (unsigned int i = 0; br->conf.tx_hold_count != conf->tx_hold_count && i < br->n_ports;
	     i++)
		br->port[i]->txCount = 0;
	br->conf = *conf;
	set_bridge_times(br);
	stp_mst_id_update(br);
	for (unsigned int i = 0; i < br->n_ports; i++)
		stp_port_update(br->port[i]);
	if (over) {
		stp_begin(br, STP_WHY_ADMIN);
		return 0;
	}
	for (unsigned int t = 0; t < br->n_trees; t++)
		stp_reselect_tree(br, t);
	stp_run(br, STP_WHY_ADMIN);
	return 0;
}

/* --- trees --- */

int
stp_tree_index(const struct stp_bridge *br, uint16_t mstid)
{
	for (unsigned int t = 0; t < br->n_conf; t++)
		if (br->tree[t].mstid == mstid)
			return (int)t;
	return -1;
}

int
stp_tree_set_priority(struct stp_bridge *br, uint16_t mstid, uint32_t priority, const char **why)
{
	int t = stp_tree_index(br, mstid);

	if (t < 0)
		return stp_refuse(-ENOENT, why, "there is no such instance");
	if (priority > 61440 || priority % 4096 != 0)
		return stp_refuse(-EINVAL, why, "a bridge priority is 0 to 61440 in steps of 4096");
	set_identifier(br, &br->tree[t], priority);
	if ((unsigned int)t < br->n_trees)
		stp_reselect_tree(br, (unsigned int)t);
	stp_run(br, STP_WHY_ADMIN);
	return 0;
}

/* Room for @p n trees in each port, those it has unchanged. */
static int
reserve_trees(struct stp_bridge *br, unsigned int n)
{
	for (unsigned int i = 0; i < br->n_ports; i++) {
		struct stp_ptree *tree = realloc(br->port[i]->tree, n * sizeof(*tree));

		if (tree == NULL)
			return -ENOMEM;
		br->port[i]->tree = tree;
	}
	return 0;
}

static void
number_trees(struct stp_bridge *br)
{
	for (unsigned int i = 0; i < br->n_ports; i++)
		for (unsigned int t = 0; t < br->n_conf; t++)
			br->port[i]->tree[t].t = t;
}

int
stp_msti_add(struct stp_bridge *br, uint16_t mstid, const char **why)
{
	unsigned int at, n = br->n_conf;

	if (mstid < 1 || mstid > 4094)
		return stp_refuse(-EINVAL, why, "an instance is 1 to 4094");
	if (stp_tree_index(br, mstid) >= 0)
		return stp_refuse(-EEXIST, why, "the instance exists");
	if (n == STP_TREES)
		return stp_refuse(-ENOSPC, why, "there are 64 instances at the most");
	if (reserve_trees(br, n + 1) < 0)
		return stp_refuse(-ENOMEM, why, "out of memory");
	for (at = n; br->tree[at - 1].mstid > mstid; at--)
		;
	memmove(&br->tree[at + 1], &br->tree[at], (n - at) * sizeof(br->tree[0]));
	br->tree[at] = (struct stp_tree){ .mstid = mstid };
	set_identifier(br, &br->tree[at], 0x8000);
	br->n_conf++;
	for (unsigned int i = 0; i < br->n_ports; i++) {
		struct stp_port *p = br->port[i];

		memmove(&p->tree[at + 1], &p->tree[at], (n - at) * sizeof(p->tree[0]));
		p->tree[at] = (struct stp_ptree){
			.port = p,
			.portId = p->tree[0].portId,
			.InternalPortPathCost = p->ExternalPortPathCost,
		};
		stp_port_update(p);
	}
	number_trees(br);
	stp_begin(br, STP_WHY_ADMIN);
	return 0;
}

int
stp_msti_del(struct stp_bridge *br, uint16_t mstid, const char **why)
{
	int at = mstid != STP_CIST ? stp_tree_index(br, mstid) : -1;
	size_t left;

	if (at < 0)
		return stp_refuse(-ENOENT, why, "there is no such instance");
	left = br->n_conf - (size_t)at - 1;
	memmove(&br->tree[at], &br->tree[at + 1], left * sizeof(br->tree[0]));
	for (unsigned int i = 0; i < br->n_ports; i++) {
		struct stp_ptree *tree = br->port[i]->tree;

		memmove(&tree[at], &tree[at + 1], left * sizeof(tree[0]));
	}
	br->n_conf--;
	number_trees(br);
	for (unsigned int vid = 0; vid < 4096; vid++)
		if (br->vid2mstid[vid] == mstid)
			br->vid2mstid[vid] = STP_CIST;
	stp_mst_id_update(br);
	stp_begin(br, STP_WHY_ADMIN);
	return 0;
}

int
stp_msti_set_vlans(struct stp_bridge *br, uint16_t mstid, const uint8_t vlans[512],
		   const char **why)
{
	bool changed = false;

	if (mstid == STP_CIST || stp_tree_index(br, mstid) < 0)
		return stp_refuse(-ENOENT, why, "there is no such instance");
	if ((vlans[0] & 0x01) || (vlans[511] & 0x80))
		return stp_refuse(-EINVAL, why, "a VLAN is 1 to 4094");
	for (unsigned int vid = 1; vid < 4095; vid++) {
		bool in = vlans[vid / 8] & 1u << vid % 8;

		if (in == (br->vid2mstid[vid] == mstid))
			continue;
		br->vid2mstid[vid] = in ? mstid : STP_CIST;
		changed = true;
	}
	if (!changed)
		return 0;
	stp_mst_id_update(br);
	if (br->conf.version >= STP_VERSION_MSTP)
		stp_begin(br, STP_WHY_ADMIN);
	return 0;
}

uint16_t
stp_vlan_mstid(const struct stp_bridge *br, uint16_t vid)
{
	return br->conf.version >= STP_VERSION_MSTP && vid < 4096 ? br->vid2mstid[vid] : STP_CIST;
}
