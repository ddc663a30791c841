/* SPDX-License-Identifier: BSD-3-Clause */
/* Members of a bridge and of a port in the configuration: a row for each parameter, and VLANs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bridge/br_rows_cfg.h"
#include "stp/stp.h"

static const char *const modes[] = { "off", "stp", "rstp", "mstp", NULL };
static const char *const tri[] = { "off", "on", "auto", NULL };

static const struct br_cfg_row bridge_members[] = {
	{ "ageing_time", "ageing_time", SECONDS, 30000, NULL },
	{ "vlan_protocol", "vlan_protocol", WORD, RTE_ETHER_TYPE_VLAN, br_cfg_protocols },
	{ "vlan_default_pvid", "vlan_default_pvid", NUMBER, 1, NULL },
	{ "vlan_stats", "vlan_stats_enabled", BOOL, 0, NULL },
	{ "vlan_filtering", "vlan_filtering", BOOL, 0, NULL },
	{ "group_fwd_mask", "group_fwd_mask", NUMBER, 0, NULL },
	{ "no_linklocal_learn", "no_linklocal_learn", BOOL, 0, NULL },
	{ "fdb_max_learned", "fdb_max_learned", NUMBER, 0, NULL },
	{ "errdisable_recovery", "errdisable_recovery", NUMBER, 300, NULL },
	{ "mcast_vlan_snooping", "mcast_vlan_snooping", BOOL, 0, NULL },
	{ "mcast_router", "mcast_router", NUMBER, 1, NULL },
	{ "mcast_query_use_ifaddr", "mcast_query_use_ifaddr", BOOL, 0, NULL },
	{ "mcast_hash_max", "mcast_hash_max", NUMBER, 4096, NULL },
	{ "mcast_stats", "mcast_stats_enabled", BOOL, 0, NULL },
	{ 0 },
};

static const struct br_cfg_row stp_members[] = {
	{ "priority", "priority", NUMBER, 32768, NULL },
	{ "mode", "stp_state", WORD, 0, modes },
	{ 0 },
};

/* Of what goes together only as a whole: the engine's times. */
static const struct br_cfg_row time_members[] = {
	{ "hello_time", "hello_time", SECONDS, 200, NULL },
	{ "max_age", "max_age", SECONDS, 2000, NULL },
	{ "forward_delay", "forward_delay", SECONDS, 1500, NULL },
	{ 0 },
};

static const struct br_cfg_row port_members[] = {
	{ "priority", "priority", NUMBER, 32, NULL },
	{ "path_cost", "cost", NUMBER, 0, NULL },
	{ "edge", "edge", WORD, STP_AUTO, tri },
	{ "point_to_point", "point_to_point", WORD, STP_AUTO, tri },
	{ "bpdu_guard", "guard", BOOL, 0, NULL },
	{ "bpdu_filter", "bpdu_filter", BOOL, 0, NULL },
	{ "loop_guard", "loop_guard", BOOL, 0, NULL },
	{ "restricted_role", "root_block", BOOL, 0, NULL },
	{ "restricted_tcn", "restricted_tcn", BOOL, 0, NULL },
	{ "learning", "learning", BOOL, 1, NULL },
	{ "flood", "flood", BOOL, 1, NULL },
	{ "mcast_flood", "mcast_flood", BOOL, 1, NULL },
	{ "bcast_flood", "bcast_flood", BOOL, 1, NULL },
	{ "hairpin", "hairpin", BOOL, 0, NULL },
	{ "isolated", "isolated", BOOL, 0, NULL },
	{ "locked", "locked", BOOL, 0, NULL },
	{ "neigh_suppress", "neigh_suppress", BOOL, 0, NULL },
	{ "fastleave", "fastleave", BOOL, 0, NULL },
	{ "mcast_router", "mcast_router", NUMBER, 1, NULL },
	{ "mcast_max_groups", "mcast_max_groups", NUMBER, 0, NULL },
	{ "group_fwd_mask", "group_fwd_mask", NUMBER, 0, NULL },
	{ "fdb_max_learned", "fdb_max_learned", NUMBER, 0, NULL },
	{ "storm_broadcast", "storm_broadcast", NUMBER, 0, NULL },
	{ "storm_multicast", "storm_multicast", NUMBER, 0, NULL },
	{ "storm_unknown_unicast", "storm_unknown_unicast", NUMBER, 0, NULL },
	{ 0 },
};

/* --- rows --- */

/* The value that was set; of a path cost, not the one that follows from the speed. */
static uint32_t
current(const struct br_opt *o, const void *object)
{
	struct stp_port_conf conf;

	if (!o->port || strcmp(o->name, "cost") != 0)
		return o->get(object);
	stp_port_get(((const struct br_port *)object)->stp, &conf);
	return conf.path_cost;
}

static void
show_rows(json_t *o, const struct br_cfg_row *table, const void *object, bool port) CTL_ONLY
{
	for (const struct br_cfg_row *m = table; m->key != NULL; m++)
		br_cfg_row_put(o, m, current(br_opt_find(m->opt, port), object));
}

static int
apply_rows(const json_t *from, const struct br_cfg_row *table, void *object, bool port,
	   struct br_cfg_fault *f) CTL_ONLY
{
	for (const struct br_cfg_row *m = table; m->key != NULL; m++) {
		const struct br_opt *o = br_opt_find(m->opt, port);
		uint32_t v = br_cfg_row_value(m, from);
		int rc = current(o, object) == v ? 0 : br_opt_set(o, object, v, &f->why);

		f->key = m->key;
		if (rc != 0)
			return rc;
	}
	return 0;
}

/* --- VLANs: "pvid", "vlans" tagged, "untagged" --- */

static bool
is_range(unsigned int a, unsigned int b, uint16_t *first, uint16_t *last)
{
	*first = (uint16_t)a;
	*last = (uint16_t)b;
	return a >= 1 && b <= 4094 && a <= b;
}

bool
br_cfg_range(const char *word, uint16_t *first, uint16_t *last)
{
	unsigned int a = 0, b = 0;
	char rest;

	if (sscanf(word, "%u-%u%c", &a, &b, &rest) == 2)
		return is_range(a, b, first, last);
	return sscanf(word, "%u%c", &a, &rest) == 1 && is_range(a, a, first, last);
}

static bool
parse_range(const json_t *v, uint16_t *first, uint16_t *last)
{
	json_int_t n = json_integer_value(v);

	if (json_is_string(v))
		return br_cfg_range(json_string_value(v), first, last);
	return n >= 1 && n <= 4094 && is_range((unsigned int)n, (unsigned int)n, first, last);
}

void
br_cfg_check_vlans(const struct cfg *c, const char *key)
{
	struct cfg list = cfg_get(c, key);
	uint16_t first, last;

	if (list.node != NULL && !json_is_array(list.node)) {
		cfg_fail(c, key, "expected a list of VLANs: 10 or \"10-20\"");
		return;
	}
	for (size_t i = 0; i < json_array_size(list.node); i++) {
		struct cfg v = cfg_at(&list, i);

		if (!parse_range(v.node, &first, &last))
			cfg_fail(&v, NULL, "expected a VLAN of 1 to 4094, or \"10-20\"");
	}
}

void
br_cfg_add_vlans(const json_t *list, uint64_t set[BR_VLAN_N / 64])
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		uint16_t first = 1, last = 0;

		if (!parse_range(json_array_get(list, i), &first, &last))
			continue;
		for (uint16_t n = first; n <= last; n++)
			set[n / 64] |= UINT64_C(1) << n % 64;
	}
}

json_t *
br_cfg_ranges(const uint64_t set[BR_VLAN_N / 64])
{
	json_t *list = json_array();

	for (uint16_t v = 1; v < 4095; v++) {
		uint16_t first = v;

		while (v < 4095 && br_vlan_has(set, v))
			v++;
		if (v == first)
			continue;
		json_array_append_new(list, v == first + 1 ? json_integer(first)
							   : json_sprintf("%u-%u", first, v - 1));
	}
	return list;
}

void
br_cfg_vlan_set(const json_t *o, uint16_t pvid, struct br_vlans *set)
{
	const json_t *v = json_object_get(o, "pvid");

	*set = (struct br_vlans){ .pvid = v != NULL ? (uint16_t)json_integer_value(v) : pvid };
	if (set->pvid > 4094) /* in a document that is being checked */
		set->pvid = 0;
	br_cfg_add_vlans(json_object_get(o, "vlans"), set->member);
	br_cfg_add_vlans(json_object_get(o, "untagged"), set->member);
	br_cfg_add_vlans(json_object_get(o, "untagged"), set->untagged);
	/* The PVID leaves untagged, unless it is among the tagged ones. */
	if (set->pvid != 0 && !br_vlan_has(set->member, set->pvid)) {
		set->member[set->pvid / 64] |= UINT64_C(1) << set->pvid % 64;
		set->untagged[set->pvid / 64] |= UINT64_C(1) << set->pvid % 64;
	}
}

/* Members of @p set that leave so, the PVID's own left out, as ranges. */
static json_t *
ranges(const struct br_vlans *set, bool untagged)
{
	uint64_t some[BR_VLAN_N / 64];

	for (unsigned int i = 0; i < BR_VLAN_N / 64; i++)
		some[i] = set->member[i] & (untagged ? set->untagged[i] : ~set->untagged[i]);
	if (untagged)
		some[set->pvid / 64] &= ~(UINT64_C(1) << set->pvid % 64);
	return br_cfg_ranges(some);
}

static void
put_set(json_t *o, const struct br_vlans *set, uint16_t pvid)
{
	if (set->pvid != pvid)
		json_object_set_new(o, "pvid", json_integer(set->pvid));
	json_object_set_new(o, "vlans", ranges(set, false));
	json_object_set_new(o, "untagged", ranges(set, true));
	for (const char *const *k = (const char *const[]){ "vlans", "untagged", NULL }; *k != NULL;
	     k++)
		if (json_array_size(json_object_get(o, *k)) == 0)
			json_object_del(o, *k);
}

static int
apply_set(const json_t *o, struct net_bridge *br, struct br_port *p,
	  struct br_cfg_fault *f) CTL_ONLY
{
	const struct br_opt *def = br_opt_find("vlan_default_pvid", false);
	const struct br_vlans *now;
	struct br_vlans want;
	int rc = 0;

	f->key = "vlans";
	br_cfg_vlan_set(o, (uint16_t)def->get(br), &want);
	for (uint16_t v = 1; v < 4095 && rc == 0; v++) {
		bool in = br_vlan_has(want.member, v);
		unsigned int flags = (br_vlan_has(want.untagged, v) ? BR_VLAN_UNTAGGED : 0) |
				     (want.pvid == v ? BR_VLAN_PVID : 0);

		now = p != NULL ? p->vlans : br->vlans;
		if (in == br_vlan_has(now->member, v) &&
		    (!in || (br_vlan_has(now->untagged, v) == br_vlan_has(want.untagged, v) &&
			     (now->pvid == v) == (want.pvid == v))))
			continue;
		rc = in ? br_vlan_add(br, p, v, v, flags, &f->why)
			: br_vlan_del(br, p, v, v, &f->why);
	}
	return rc;
}

/* --- a bridge --- */

void
br_cfg_check_bridge(const struct cfg *c)
{
	static const char *const more[] = { "ports",   "stp",	      "mac",	      "mtu",
					    "enabled", "vlans",	      "pvid",	      "untagged",
					    "groups",  "vlan_global", "vlan_options", NULL };
	static const char *const stp_more[] = { "mst", "tx_hold_count", NULL };
	struct cfg stp = cfg_get(c, "stp");
	struct rte_ether_addr mac;
	uint32_t v;
	bool on;

	br_cfg_known(c, bridge_members, br_cfg_mcast_rows, more);
	br_cfg_rows_check(c, bridge_members, false);
	br_cfg_rows_check(c, br_cfg_mcast_rows, false);
	if (stp.node != NULL && !json_is_object(stp.node)) {
		cfg_fail(c, "stp", "expected an object");
	} else if (stp.node != NULL) {
		br_cfg_known(&stp, stp_members, time_members, stp_more);
		br_cfg_check_mst(&stp);
		br_cfg_rows_check(&stp, stp_members, false);
		br_cfg_rows_check(&stp, time_members, false);
	}
	if (cfg_mac(c, "mac", &mac) && !rte_is_valid_assigned_ether_addr(&mac))
		cfg_fail(c, "mac", "expected a unicast address");
	cfg_u32(c, "mtu", 68, UINT16_MAX, &v);
	cfg_bool(c, "enabled", &on);
	cfg_u32(c, "pvid", 0, 4094, &v);
	br_cfg_check_vlans(c, "vlans");
	br_cfg_check_vlans(c, "untagged");
	br_cfg_check_vlan_global(c);
	br_cfg_check_vlan_options(c, false);
	br_cfg_check_groups(c);
}

uint16_t
br_cfg_default_pvid(const json_t *o)
{
	return (uint16_t)br_cfg_row_value(&bridge_members[2], o);
}

static bool
is_filtering(const json_t *bridge)
{
	return json_is_true(json_object_get(bridge, "vlan_filtering"));
}

json_t *
br_cfg_canon_bridge(const struct cfg *c)
{
	json_t *o = json_object(), *stp = json_object();
	const json_t *in = json_object_get(c->node, "stp");
	struct rte_ether_addr mac;
	struct br_vlans set;

	br_cfg_rows_canon(o, bridge_members, c->node);
	br_cfg_rows_canon(o, br_cfg_mcast_rows, c->node);
	br_cfg_rows_canon(stp, stp_members, in);
	br_cfg_rows_canon(stp, time_members, in);
	br_cfg_canon_mst(stp, in);
	if (json_object_size(stp) > 0)
		json_object_set(o, "stp", stp);
	json_decref(stp);
	br_cfg_vlan_set(c->node, br_cfg_default_pvid(c->node), &set);
	put_set(o, &set, br_cfg_default_pvid(c->node));
	br_cfg_canon_vlan_global(o, c->node);
	br_cfg_canon_vlan_options(o, c->node);
	br_cfg_canon_groups(o, c->node, is_filtering(c->node) ? &set : NULL);
	if (cfg_mac(c, "mac", &mac))
		json_object_set_new(
			o, "mac",
			json_sprintf("%02x:%02x:%02x:%02x:%02x:%02x", RTE_ETHER_ADDR_BYTES(&mac)));
	if (json_object_get(c->node, "mtu") != NULL)
		json_object_set(o, "mtu", json_object_get(c->node, "mtu"));
	if (json_is_false(json_object_get(c->node, "enabled")))
		json_object_set_new(o, "enabled", json_false());
	return o;
}

json_t *
br_cfg_show_bridge(const struct net_bridge *br)
{
	json_t *o = json_object(), *stp = json_object();
	const struct br_opt *pvid = br_opt_find("vlan_default_pvid", false);
	struct br_wish w = br_wish(br);
	struct rte_ether_addr mac;

	show_rows(o, bridge_members, br, false);
	show_rows(o, br_cfg_mcast_rows, br, false);
	show_rows(stp, stp_members, br, false);
	show_rows(stp, time_members, br, false);
	br_cfg_show_mst(stp, br);
	if (json_object_size(stp) > 0)
		json_object_set(o, "stp", stp);
	json_decref(stp);
	put_set(o, br->vlans, (uint16_t)pvid->get(br));
	br_cfg_show_vlan_global(o, br);
	br_cfg_show_vlan_options(o, br, NULL);
	br_cfg_show_groups(o, br, NULL);
	netdev_addr(br->dev, &mac);
	if (w.mac)
		json_object_set_new(
			o, "mac",
			json_sprintf("%02x:%02x:%02x:%02x:%02x:%02x", RTE_ETHER_ADDR_BYTES(&mac)));
	if (w.mtu)
		json_object_set_new(o, "mtu", json_integer(br->dev->mtu));
	if (!netif_running(br->dev))
		json_object_set_new(o, "enabled", json_false());
	return o;
}

/* The engine's times together: one after the other they might not fit each other. */
static int
apply_times(const json_t *stp, struct net_bridge *br, struct br_cfg_fault *f) CTL_ONLY
{
	struct stp_bridge_conf conf;

	stp_bridge_get(br_stp(br), &conf);
	conf.hello_time = (uint8_t)(br_cfg_row_value(&time_members[0], stp) / 100);
	conf.max_age = (uint8_t)(br_cfg_row_value(&time_members[1], stp) / 100);
	conf.forward_delay = (uint8_t)(br_cfg_row_value(&time_members[2], stp) / 100);
	f->key = "stp";
	return stp_bridge_set(br_stp(br), &conf, &f->why);
}

static int
apply_device(const struct cfg *c, struct net_device *dev, struct br_cfg_fault *f) CTL_ONLY
{
	struct rte_ether_addr mac;
	uint32_t mtu = 0;
	bool on = true;
	int rc = 0;

	f->key = "mac";
	f->why = "refused";
	if (cfg_mac(c, "mac", &mac))
		rc = dev_set_mac_address(dev, &mac);
	if (rc == 0) {
		f->key = "mtu";
		cfg_u32(c, "mtu", 68, UINT16_MAX, &mtu);
		rc = br_set_own_mtu(br_of(dev), mtu);
	}
	if (rc != 0)
		return rc;
	f->key = "enabled";
	cfg_bool(c, "enabled", &on);
	if (!on)
		dev_close(dev);
	return on ? dev_open(dev) : 0;
}

int
br_cfg_apply_bridge(const struct cfg *c, struct net_bridge *br)
{
	const json_t *stp = json_object_get(c->node, "stp");
	struct br_cfg_fault f = { "", "refused" };
	int rc = apply_rows(c->node, bridge_members, br, false, &f);

	if (rc == 0)
		rc = apply_rows(c->node, br_cfg_mcast_rows, br, false, &f);
	if (rc == 0)
		rc = apply_set(c->node, br, NULL, &f);
	if (rc == 0)
		rc = br_cfg_apply_vlan_options(c->node, br, NULL, &f);
	if (rc == 0)
		rc = br_cfg_apply_groups(c->node, br, NULL, &f);
	if (rc == 0)
		rc = apply_times(stp, br, &f);
	if (rc == 0)
		rc = br_cfg_apply_mst(stp, br, &f);
	if (rc == 0)
		rc = apply_rows(stp, stp_members, br, false, &f);
	if (rc == 0)
		rc = apply_device(c, br->dev, &f);
	if (rc != 0)
		cfg_fail(c, f.key, "%s", f.why);
	return rc;
}

/* --- a port --- */

void
br_cfg_check_port(const struct cfg *c)
{
	static const char *const more[] = { "pvid", "vlans",	    "untagged", "groups",
					    "mst",  "vlan_options", NULL };
	uint32_t v;

	if (!json_is_object(c->node)) {
		cfg_fail(c, NULL, "expected an object, {} for a port like any other");
		return;
	}
	br_cfg_known(c, port_members, NULL, more);
	br_cfg_check_port_mst(c);
	br_cfg_rows_check(c, port_members, true);
	cfg_u32(c, "pvid", 0, 4094, &v);
	br_cfg_check_vlans(c, "vlans");
	br_cfg_check_vlans(c, "untagged");
	br_cfg_check_vlan_options(c, true);
	br_cfg_check_groups(c);
}

json_t *
br_cfg_canon_port(const struct cfg *c)
{
	uint16_t pvid = br_cfg_default_pvid(c->up->up->node);
	json_t *o = json_object();
	struct br_vlans set;

	br_cfg_rows_canon(o, port_members, c->node);
	br_cfg_vlan_set(c->node, pvid, &set);
	put_set(o, &set, pvid);
	br_cfg_canon_vlan_options(o, c->node);
	br_cfg_canon_groups(o, c->node, is_filtering(c->up->up->node) ? &set : NULL);
	br_cfg_canon_port_mst(o, c->node);
	return o;
}

json_t *
br_cfg_show_port(const struct br_port *p)
{
	const struct br_opt *pvid = br_opt_find("vlan_default_pvid", false);
	json_t *o = json_object();

	show_rows(o, port_members, p, true);
	put_set(o, p->vlans, (uint16_t)pvid->get(p->br));
	br_cfg_show_vlan_options(o, p->br, (struct br_port *)(uintptr_t)p);
	br_cfg_show_groups(o, p->br, p);
	br_cfg_show_port_mst(o, p);
	return o;
}

int
br_cfg_apply_port(const json_t *entry, struct br_port *p, struct br_cfg_fault *f)
{
	int rc;

	*f = (struct br_cfg_fault){ "", "refused" };
	rc = apply_rows(entry, port_members, p, true, f);
	if (rc == 0)
		rc = apply_set(entry, p->br, p, f);
	if (rc == 0)
		rc = br_cfg_apply_vlan_options(entry, p->br, p, f);
	if (rc == 0)
		rc = br_cfg_apply_port_mst(entry, p, f);
	return rc == 0 ? br_cfg_apply_groups(entry, p->br, p, f) : rc;
}
