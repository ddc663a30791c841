/* SPDX-License-Identifier: BSD-3-Clause */
/* What `ip -d link` says of bridges and their ports: parameters, and the CIST as Linux's bridge,
 * which has no other tree, tells it. */
#include "bridge/br_cli.h"
#include "netdev/netdev_cli.h"
#include "stp/stp_show.h"

#define GROUP_ADDR "01:80:c2:00:00:00" /* 802.1D-2004 Table 7-9 */

/* As iproute2 writes it: octets without leading zeros. */
static json_t *
id_json(uint64_t id)
{
	return json_sprintf("%04x.%x:%x:%x:%x:%x:%x", (unsigned int)(id >> 48),
			    (unsigned int)(id >> 40 & 0xff), (unsigned int)(id >> 32 & 0xff),
			    (unsigned int)(id >> 24 & 0xff), (unsigned int)(id >> 16 & 0xff),
			    (unsigned int)(id >> 8 & 0xff), (unsigned int)(id & 0xff));
}

/* What runs at the ports, in seconds. */
struct clocks {
	uint16_t hello, change; /* the next hello; the longest topology change */
	uint16_t root_change;	/* at the root port */
	bool root_is_old;	/* and it speaks STP: that is told by TCNs */
};

static void
read_clocks(struct clocks *t, const struct net_bridge *br, uint16_t root_port) CTL_ONLY
{
	*t = (struct clocks){ .hello = UINT16_MAX };
	for (unsigned int i = 0; i < br->ports->n; i++) {
		const struct stp_port *sp = br->ports->p[i]->stp;
		struct stp_port_tree_info tree;
		struct stp_port_info p;

		stp_port_show(sp, &p);
		if (!p.enabled || stp_port_tree_show(sp, STP_CIST, &tree) != 0)
			continue;
		t->hello = RTE_MIN(t->hello, p.hello_when);
		t->change = RTE_MAX(t->change, tree.tc_while);
		if (p.number == root_port) {
			t->root_change = tree.tc_while;
			t->root_is_old = !p.send_rstp;
		}
	}
	if (t->hello == UINT16_MAX)
		t->hello = 0;
}

static void
add_tree(json_t *o, const struct net_bridge *br) CTL_ONLY
{
	bool on = br_stp_state(br) != 0, root;
	struct stp_tree_info tree;
	struct clocks t = { 0 };

	stp_tree_show(br_stp(br), 0, &tree);
	if (on)
		read_clocks(&t, br, tree.root_port);
	root = !on || tree.root_port == 0;
	json_object_set_new(o, "bridge_id", id_json(tree.bridge_id));
	json_object_set_new(o, "root_id", id_json(root ? tree.bridge_id : tree.root.root));
	json_object_set_new(o, "root_port", json_integer(on ? tree.root_port : 0));
	json_object_set_new(o, "root_path_cost", json_integer(root ? 0 : tree.root.ext_cost));
	json_object_set_new(o, "topology_change", json_integer(on && tree.tc));
	json_object_set_new(o, "topology_change_detected",
			    json_integer(root ? t.change > 0 : t.root_change > 0));
	json_object_set_new(o, "hello_timer", json_real(root ? t.hello : 0));
	json_object_set_new(o, "tcn_timer", json_real(t.root_is_old ? t.root_change : 0));
	json_object_set_new(o, "topology_change_timer", json_real(root ? t.change : 0));
	json_object_set_new(o, "group_addr", json_string(GROUP_ADDR));
}

static void
add_port_tree(json_t *o, const struct br_port *p) CTL_ONLY
{
	bool on = br_stp_state(p->br) != 0;
	struct stp_port_tree_info t;
	struct stp_bridge_conf conf;
	struct stp_tree_info tree;
	struct stp_port_info port;
	unsigned int hold;

	stp_bridge_get(br_stp(p->br), &conf);
	stp_tree_show(br_stp(p->br), 0, &tree);
	stp_port_show(p->stp, &port);
	stp_port_tree_show(p->stp, STP_CIST, &t);
	/* STP: one BPDU in Hold Time (802.1D-1998 8.10.2). */
	hold = conf.version == STP_VERSION_STP ? 1 : conf.tx_hold_count;
	if (!on || !port.enabled) {
		t.designated = (struct stp_vec){ .root = tree.bridge_id,
						 .bridge = tree.bridge_id,
						 .port = t.port_id };
		t.fd_while = t.rcvd_info_while = 0;
	}
	json_object_set_new(o, "id", json_sprintf("0x%x", t.port_id));
	json_object_set_new(o, "no", json_sprintf("0x%x", p->idx));
	json_object_set_new(o, "designated_port", json_integer(t.designated.port));
	json_object_set_new(o, "designated_cost", json_integer(t.designated.ext_cost));
	json_object_set_new(o, "bridge_id", id_json(t.designated.bridge));
	json_object_set_new(o, "root_id", id_json(t.designated.root));
	json_object_set_new(o, "hold_timer", json_real(on && port.tx_count >= hold ? 1 : 0));
	json_object_set_new(o, "message_age_timer", json_real(t.rcvd_info_while));
	json_object_set_new(o, "forward_delay_timer", json_real(t.fd_while));
	json_object_set_new(o, "topology_change_ack", json_integer(on && port.tc_ack));
}

static void
add_port(json_t *o, const struct br_port *p) CTL_ONLY
{
	json_t *data = json_pack("{s:s}", "state", br_state_name((enum br_state)p->state[0]));
	json_t *info = json_object_get(o, "linkinfo");

	if (info == NULL) {
		info = json_object();
		json_object_set_new(o, "linkinfo", info);
	}
	br_cli_opts(data, p, true);
	add_port_tree(data, p);
	json_object_set(data, "multicast_router", json_object_get(data, "mcast_router"));
	json_object_del(data, "mcast_router"); /* as ip has it; bridge has the other */
	json_object_set_new(info, "info_slave_kind", json_string("bridge"));
	json_object_set_new(info, "info_slave_data", data);
}

void
br_cli_iplink(json_t *o, const struct net_device *dev, bool detail)
{
	const struct net_bridge *br = br_of(dev);
	struct br_fdb_count n;
	json_t *data;

	role_enter_ctl();
	if (!detail)
		return;
	if (br_port_of(dev) != NULL)
		add_port(o, br_port_of(dev));
	if (br == NULL)
		return;
	data = json_object();
	br_cli_opts(data, br, false);
	add_tree(data, br);
	br_fdb_counts(br, &n);
	json_object_set_new(data, "fdb_n_learned", json_integer(n.learned));
	json_object_set_new(json_object_get(o, "linkinfo"), "info_data", data);
}
