/* SPDX-License-Identifier: BSD-3-Clause */
/* "groups" of a bridge or of a port in the configuration: multicast groups joined by hand. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "bridge/br_cfg.h"

/* What an element asks for. false: it is no group. */
static bool
parse(const json_t *v, struct br_mdb_entry *e)
{
	const char *group = json_string_value(json_object_get(v, "group")),
		   *source = json_string_value(json_object_get(v, "source"));

	*e = (struct br_mdb_entry){ .permanent = true };
	e->vid = (uint16_t)json_integer_value(json_object_get(v, "vid"));
	if (group == NULL)
		return false;
	e->mac = rte_ether_unformat_addr(group, &e->addr) == 0;
	if (!e->mac && inet_pton(AF_INET, group, &e->group) != 1)
		return false;
	return source == NULL || (inet_pton(AF_INET, source, &e->source) == 1 && e->source != 0);
}

static json_t *
build(const struct br_mdb_entry *e, rte_be32_t source)
{
	char text[INET_ADDRSTRLEN];
	json_t *o = json_object();

	inet_ntop(AF_INET, &e->group, text, sizeof(text));
	json_object_set_new(o, "group", e->mac ? cfg_mac_json(&e->addr) : json_string(text));
	if (e->vid != 0)
		json_object_set_new(o, "vid", json_integer(e->vid));
	if (source != 0)
		json_object_set_new(o, "source",
				    json_string(inet_ntop(AF_INET, &source, text, sizeof(text))));
	return o;
}

static int
by_key(const void *a, const void *b)
{
	const char *const keys[] = { "group", "source" };
	const json_t *x = *(const json_t *const *)a, *y = *(const json_t *const *)b;
	long long v = json_integer_value(json_object_get(x, "vid")) -
		      json_integer_value(json_object_get(y, "vid"));

	for (unsigned int i = 0; i < 2 && v == 0; i++) {
		const char *s = json_string_value(json_object_get(x, keys[i])),
			   *t = json_string_value(json_object_get(y, keys[i]));

		v = strcmp(s != NULL ? s : "", t != NULL ? t : "");
	}
	return v < 0 ? -1 : v > 0;
}

/* Into @p o, in one order, each once; nothing when there is none. Takes @p list. */
static void
put(json_t *o, json_t *list)
{
	size_t n = json_array_size(list);
	json_t **v = calloc(n + 1, sizeof(*v)), *out = json_array();

	for (size_t i = 0; v != NULL && i < n; i++)
		v[i] = json_array_get(list, i);
	if (v != NULL)
		qsort(v, n, sizeof(*v), by_key);
	for (size_t i = 0; v != NULL && i < n; i++)
		if (i == 0 || by_key(&v[i - 1], &v[i]) != 0)
			json_array_append(out, v[i]);
	if (json_array_size(out) > 0)
		json_object_set(o, "groups", out);
	json_decref(out);
	json_decref(list);
	free(v);
}

void
br_cfg_check_groups(const struct cfg *c)
{
	static const char *const keys[] = { "group", "vid", "source", NULL };
	struct cfg list = cfg_get(c, "groups");

	if (list.node != NULL && !json_is_array(list.node)) {
		cfg_fail(c, "groups", "expected a list of {\"group\": ...}");
		return;
	}
	for (size_t i = 0; i < json_array_size(list.node); i++) {
		struct cfg v = cfg_at(&list, i);
		struct br_mdb_entry e;
		const char *why;
		uint32_t vid;

		if (!json_is_object(v.node)) {
			cfg_fail(&v, NULL, "expected an object with \"group\"");
			continue;
		}
		cfg_only(&v, keys);
		cfg_u32(&v, "vid", 1, 4094, &vid);
		if (!parse(v.node, &e))
			cfg_fail(&v, "group",
				 "expected a group's address, IPv4 or MAC, and the "
				 "address of a source or none");
		else if (br_mdb_refused(&e, &why))
			cfg_fail(&v, "group", "%s", why);
	}
}

void
br_cfg_canon_groups(json_t *o, const json_t *from, const struct br_vlans *set)
{
	const json_t *in = json_object_get(from, "groups");
	json_t *list = json_array();
	struct br_mdb_entry e;

	for (size_t i = 0; i < json_array_size(in); i++) {
		if (!parse(json_array_get(in, i), &e))
			continue;
		if (set == NULL || e.vid != 0) {
			json_array_append_new(list, build(&e, e.source));
			continue;
		}
		while (++e.vid < BR_VLAN_N - 1)
			if (br_vlan_has(set->member, e.vid))
				json_array_append_new(list, build(&e, e.source));
	}
	put(o, list);
}

/* Which entries are meant, and where they go to. */
struct pick {
	const struct br_port *port;
	bool filtering; /* what is in no VLAN gets nothing: left over from before */
	json_t *list;
};

static void
collect(const struct br_mdb_entry *e, void *arg)
{
	struct pick *p = arg;

	if (!e->permanent || e->port != p->port || (p->filtering && e->vid == 0))
		return;
	if (e->exclude)
		json_array_append_new(p->list, build(e, 0));
	for (unsigned int i = 0; i < e->n_sources; i++)
		json_array_append_new(p->list, build(e, e->sources[i].addr));
}

void
br_cfg_show_groups(json_t *o, const struct net_bridge *br, const struct br_port *port)
{
	struct pick p = { .port = port,
			  .filtering = br->flags & BR_VLAN_FILTERING,
			  .list = json_array() };

	br_mdb_walk(br, collect, &p);
	put(o, p.list);
}

static bool
has(const json_t *list, const json_t *v)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (json_equal(json_array_get(list, i), v))
			return true;
	return false;
}

int
br_cfg_apply_groups(const json_t *from, struct net_bridge *br, struct br_port *port,
		    struct br_cfg_fault *f)
{
	const struct br_vlans *set = port != NULL ? port->vlans : br->vlans;
	json_t *want = json_object(), *now = json_object(), *v;
	const json_t *wanted, *there;
	struct br_mdb_entry e;
	int rc = 0;
	size_t i;

	br_cfg_canon_groups(want, from, br->flags & BR_VLAN_FILTERING ? set : NULL);
	br_cfg_show_groups(now, br, port);
	wanted = json_object_get(want, "groups");
	there = json_object_get(now, "groups");
	f->key = "groups";
	json_array_foreach((json_t *)(uintptr_t)there, i, v) {
		if (has(wanted, v) || !parse(v, &e))
			continue;
		e.port = port;
		br_mdb_del(br, &e);
	}
	json_array_foreach((json_t *)(uintptr_t)wanted, i, v) {
		if (rc != 0 || has(there, v) || !parse(v, &e))
			continue;
		e.port = port;
		rc = br_mdb_add(br, &e, &f->why);
		if (rc == -EEXIST) { /* a host has joined it: from now on for good */
			br_mdb_del(br, &e);
			rc = br_mdb_add(br, &e, &f->why);
		}
	}
	json_decref(want);
	json_decref(now);
	return rc;
}
