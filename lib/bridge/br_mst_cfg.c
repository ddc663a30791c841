/* SPDX-License-Identifier: BSD-3-Clause */
/* "mst" and "tx_hold_count" of a bridge's "stp", and "mst" of a port: regions and instances. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bridge/br_cfg.h"
#include "stp/stp_show.h"

#define TX_HOLD_COUNT 6	    /* 802.1D-2004 17.14 */
#define PRIORITY      32768 /* of an instance */
#define PORT_PRIORITY 128

/* An instance's number as a key in its one spelling; 0: it is none. */
static uint16_t
mstid_of(const char *key)
{
	unsigned long n = strtoul(key, NULL, 10);
	char text[16];

	snprintf(text, sizeof(text), "%lu", n);
	return n >= 1 && n <= 4094 && strcmp(text, key) == 0 ? (uint16_t)n : 0;
}

static uint32_t
number(const json_t *o, const char *key, uint32_t absent)
{
	const json_t *v = json_object_get(o, key);

	return v != NULL ? (uint32_t)json_integer_value(v) : absent;
}

static void
put(json_t *o, const char *key, uint32_t v, uint32_t absent)
{
	if (v != absent)
		json_object_set_new(o, key, json_integer(v));
}

static void
check_steps(const struct cfg *c, const char *key, uint32_t max, uint32_t step)
{
	uint32_t v = 0;

	if (cfg_u32(c, key, 0, max, &v) && v % step != 0)
		cfg_fail(c, key, "expected a multiple of %u", step);
}

/* --- a bridge --- */

static void
check_instance(const struct cfg *c, uint64_t taken[BR_VLAN_N / 64])
{
	static const char *const keys[] = { "vlans", "priority", NULL };
	uint64_t set[BR_VLAN_N / 64] = { 0 };

	if (!json_is_object(c->node)) {
		cfg_fail(c, NULL, "expected an object");
		return;
	}
	cfg_only(c, keys);
	check_steps(c, "priority", 61440, 4096);
	br_cfg_check_vlans(c, "vlans");
	br_cfg_add_vlans(json_object_get(c->node, "vlans"), set);
	for (unsigned int i = 0; i < BR_VLAN_N / 64; i++) {
		if (taken[i] & set[i])
			cfg_fail(c, "vlans", "a VLAN of another instance is among them");
		taken[i] |= set[i];
	}
}

void
br_cfg_check_mst(const struct cfg *stp)
{
	static const char *const keys[] = { "name", "revision", "instances", NULL };
	struct cfg mst = cfg_get(stp, "mst"), list = cfg_get(&mst, "instances");
	uint64_t taken[BR_VLAN_N / 64] = { 0 };
	const char *name, *key;
	uint32_t v;
	json_t *i;

	cfg_u32(stp, "tx_hold_count", 1, 10, &v);
	if (mst.node == NULL)
		return;
	if (!json_is_object(mst.node) || (list.node != NULL && !json_is_object(list.node))) {
		cfg_fail(stp, "mst", "expected an object, \"instances\" another");
		return;
	}
	cfg_only(&mst, keys);
	if (cfg_str(&mst, "name", &name) && (strlen(name) > STP_MST_NAME_LEN || *name == '\0'))
		cfg_fail(&mst, "name", "expected 1 to %u octets", STP_MST_NAME_LEN);
	cfg_u32(&mst, "revision", 0, UINT16_MAX, &v);
	if (json_object_size(list.node) > BR_TREES_MAX - 1)
		cfg_fail(&mst, "instances", "there are %u at the most", BR_TREES_MAX - 1);
	json_object_foreach((json_t *)(uintptr_t)list.node, key, i) {
		struct cfg one = cfg_get(&list, key);

		if (mstid_of(key) == 0)
			cfg_fail(&list, key, "an instance is 1 to 4094");
		check_instance(&one, taken);
	}
}

static void
put_mst(json_t *stp, const char *name, uint32_t revision, json_t *instances)
{
	json_t *mst = json_object();

	if (name != NULL)
		json_object_set_new(mst, "name", json_string(name));
	put(mst, "revision", revision, 0);
	if (json_object_size(instances) > 0)
		json_object_set(mst, "instances", instances);
	if (json_object_size(mst) > 0)
		json_object_set(stp, "mst", mst);
	json_decref(instances);
	json_decref(mst);
}

static json_t *
instance_json(const uint64_t set[BR_VLAN_N / 64], uint32_t priority)
{
	json_t *o = json_object(), *vlans = br_cfg_ranges(set);

	if (json_array_size(vlans) > 0)
		json_object_set(o, "vlans", vlans);
	json_decref(vlans);
	put(o, "priority", priority, PRIORITY);
	return o;
}

void
br_cfg_canon_mst(json_t *stp, const json_t *in)
{
	const json_t *mst = json_object_get(in, "mst");
	json_t *all = json_object(), *v;
	const char *key;

	json_object_foreach(json_object_get(mst, "instances"), key, v) {
		uint64_t set[BR_VLAN_N / 64] = { 0 };

		br_cfg_add_vlans(json_object_get(v, "vlans"), set);
		json_object_set_new(all, key, instance_json(set, number(v, "priority", PRIORITY)));
	}
	put(stp, "tx_hold_count", number(in, "tx_hold_count", TX_HOLD_COUNT), TX_HOLD_COUNT);
	put_mst(stp, json_string_value(json_object_get(mst, "name")), number(mst, "revision", 0),
		all);
}

void
br_cfg_show_mst(json_t *stp, const struct net_bridge *br)
{
	char def[STP_MST_NAME_LEN + 1], key[8];
	struct stp_bridge_conf conf;
	json_t *all = json_object();
	struct stp_msti_conf i;

	for (unsigned int n = 0; stp_msti_get(br_stp(br), n, &i) == 0; n++) {
		uint64_t set[BR_VLAN_N / 64] = { 0 };

		for (unsigned int v = 0; v < BR_VLAN_N; v++)
			set[v / 64] |= (uint64_t)(i.vlans[v / 8] >> v % 8 & 1) << v % 64;
		snprintf(key, sizeof(key), "%u", i.mstid);
		json_object_set_new(all, key, instance_json(set, i.priority));
	}
	stp_bridge_get(br_stp(br), &conf);
	stp_mst_default_name(br_stp(br), def);
	put(stp, "tx_hold_count", conf.tx_hold_count, TX_HOLD_COUNT);
	put_mst(stp, strcmp(conf.mst_name, def) != 0 ? conf.mst_name : NULL, conf.mst_revision,
		all);
}

/* An instance as the document wants it. */
static int
apply_instance(struct net_bridge *br, uint16_t mstid, const json_t *o, const char **why) CTL_ONLY
{
	uint64_t set[BR_VLAN_N / 64] = { 0 };
	uint8_t vlans[512] = { 0 };
	int rc;

	br_cfg_add_vlans(json_object_get(o, "vlans"), set);
	for (unsigned int v = 0; v < BR_VLAN_N; v++)
		vlans[v / 8] |= (uint8_t)((set[v / 64] >> v % 64 & 1) << v % 8);
	rc = br_stp_set_vlans(br, mstid, vlans, why);
	return rc != 0 ? rc
		       : stp_tree_set_priority(br_stp(br), mstid, number(o, "priority", PRIORITY),
					       why);
}

/* Only what differs: an instance that changes starts the protocol anew. */
static int
apply_instances(const json_t *want, struct net_bridge *br, const char **why) CTL_ONLY
{
	json_t *has = json_object(), *now, *v;
	const char *key;
	int rc = 0;

	br_cfg_show_mst(has, br);
	now = json_object_get(json_object_get(has, "mst"), "instances");
	json_object_foreach(now, key, v)
		if (rc == 0 && json_object_get(want, key) == NULL)
			rc = br_stp_del_instance(br, mstid_of(key), why);
	json_object_foreach((json_t *)(uintptr_t)want, key, v)
		if (rc == 0 && !json_equal(json_object_get(now, key), v))
			rc = apply_instance(br, mstid_of(key), v, why);
	json_decref(has);
	return rc;
}

int
br_cfg_apply_mst(const json_t *stp, struct net_bridge *br, struct br_cfg_fault *f)
{
	const json_t *mst = json_object_get(stp, "mst");
	const char *name = json_string_value(json_object_get(mst, "name"));
	struct stp_bridge_conf conf;
	json_t *want = json_object();
	int rc;

	f->key = "stp";
	stp_bridge_get(br_stp(br), &conf);
	conf.tx_hold_count = (uint8_t)number(stp, "tx_hold_count", TX_HOLD_COUNT);
	conf.mst_revision = (uint16_t)number(mst, "revision", 0);
	if (name != NULL)
		snprintf(conf.mst_name, sizeof(conf.mst_name), "%s", name);
	else
		stp_mst_default_name(br_stp(br), conf.mst_name);
	rc = stp_bridge_set(br_stp(br), &conf, &f->why);
	br_cfg_canon_mst(want, stp);
	if (rc == 0)
		rc = apply_instances(json_object_get(json_object_get(want, "mst"), "instances"), br,
				     &f->why);
	json_decref(want);
	return rc;
}

/* --- a port --- */

#define CIST "0" /* as a key: its path cost within the region; its priority is the port's own */

void
br_cfg_check_port_mst(const struct cfg *c)
{
	static const char *const keys[] = { "path_cost", "priority", NULL };
	static const char *const cist_keys[] = { "path_cost", NULL };
	const json_t *stp = json_object_get(c->up->up->node, "stp"),
		     *instances = json_object_get(json_object_get(stp, "mst"), "instances");
	struct cfg mst = cfg_get(c, "mst");
	const char *key;
	uint32_t v;
	json_t *i;

	if (mst.node != NULL && !json_is_object(mst.node))
		cfg_fail(c, "mst", "expected an object with a member for each instance");
	json_object_foreach((json_t *)(uintptr_t)mst.node, key, i) {
		struct cfg one = cfg_get(&mst, key);

		if (!json_is_object(i)) {
			cfg_fail(&mst, key, "expected an object");
			continue;
		}
		if (strcmp(key, CIST) != 0 && json_object_get(instances, key) == NULL)
			cfg_fail(&mst, key, "the bridge has no such instance");
		cfg_only(&one, strcmp(key, CIST) == 0 ? cist_keys : keys);
		cfg_u32(&one, "path_cost", 0, STP_COST_MAX, &v);
		check_steps(&one, "priority", 240, 16);
	}
}

static void
put_port_instance(json_t *all, const char *key, uint32_t cost, uint32_t priority)
{
	json_t *o = json_object();

	put(o, "path_cost", cost, 0);
	put(o, "priority", priority, PORT_PRIORITY);
	if (json_object_size(o) > 0)
		json_object_set(all, key, o);
	json_decref(o);
}

static void
put_all(json_t *o, json_t *all)
{
	if (json_object_size(all) > 0)
		json_object_set(o, "mst", all);
	json_decref(all);
}

void
br_cfg_canon_port_mst(json_t *o, const json_t *in)
{
	json_t *all = json_object(), *v;
	const char *key;

	json_object_foreach(json_object_get(in, "mst"), key, v)
		put_port_instance(all, key, number(v, "path_cost", 0),
				  number(v, "priority", PORT_PRIORITY));
	put_all(o, all);
}

void
br_cfg_show_port_mst(json_t *o, const struct br_port *p)
{
	json_t *all = json_object();
	struct stp_msti_conf i;
	uint32_t cost, priority;
	char key[8];

	stp_port_tree_get(p->stp, STP_CIST, &cost, &priority);
	put_port_instance(all, CIST, cost, PORT_PRIORITY);
	for (unsigned int n = 0; stp_msti_get(br_stp(p->br), n, &i) == 0; n++) {
		if (stp_port_tree_get(p->stp, i.mstid, &cost, &priority) != 0)
			continue;
		snprintf(key, sizeof(key), "%u", i.mstid);
		put_port_instance(all, key, cost, priority);
	}
	put_all(o, all);
}

int
br_cfg_apply_port_mst(const json_t *entry, struct br_port *p, struct br_cfg_fault *f)
{
	const json_t *mst = json_object_get(entry, "mst");
	uint32_t cost, priority, want, prio;
	struct stp_msti_conf i;
	char key[8];
	int rc = 0;

	f->key = "mst";
	stp_port_tree_get(p->stp, STP_CIST, &cost, &priority);
	want = number(json_object_get(mst, CIST), "path_cost", 0);
	if (cost != want)
		rc = stp_port_tree_set(p->stp, STP_CIST, want, priority, &f->why);
	for (unsigned int n = 0; stp_msti_get(br_stp(p->br), n, &i) == 0 && rc == 0; n++) {
		snprintf(key, sizeof(key), "%u", i.mstid);
		want = number(json_object_get(mst, key), "path_cost", 0);
		prio = number(json_object_get(mst, key), "priority", PORT_PRIORITY);
		if (stp_port_tree_get(p->stp, i.mstid, &cost, &priority) == 0 &&
		    (cost != want || priority != prio))
			rc = stp_port_tree_set(p->stp, i.mstid, want, prio, &f->why);
	}
	return rc;
}
