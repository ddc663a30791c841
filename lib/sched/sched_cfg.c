/* SPDX-License-Identifier: BSD-3-Clause */
/* Section "qdisc": a queue discipline for each port or other device that is named. */
#include <errno.h>
#include <string.h>
#include "core/realm.h"
#include "ctl/cfg.h"
#include "sched/sched_filter.h"

static const char *const known[] = { "kind",	"rate",	 "burst",   "limit",
				     "latency", "bands", "filters", NULL };
static const char *const filter_keys[] = { "priority", "to", "from", "fromif", "class", NULL };

/* An entry. */
struct wanted {
	struct qdisc_spec spec;
	bool missing; /* a device that a filter names is not there */
	union {
		struct sched_filters filters;
		char room[sizeof(struct sched_filters) +
			  SCHED_FILTERS_MAX * sizeof(struct sched_filter)];
	};
};

static void
parse_tbf(const struct cfg *c, struct qdisc_spec *s)
{
	const char *rate = NULL, *burst = NULL, *limit = NULL, *latency = NULL;

	if (cfg_need(c, "rate") && cfg_str(c, "rate", &rate) &&
	    sched_parse_rate(rate, &s->rate) != 0)
		cfg_fail(c, "rate", "expected a rate as \"10mbit\"");
	if (cfg_need(c, "burst") && cfg_str(c, "burst", &burst) &&
	    sched_parse_size(burst, &s->burst) != 0)
		cfg_fail(c, "burst", "expected a size as \"32kb\"");
	if (cfg_str(c, "limit", &limit) && sched_parse_size(limit, &s->limit) != 0)
		cfg_fail(c, "limit", "expected a size as \"64kb\"");
	if (cfg_str(c, "latency", &latency) && sched_parse_time(latency, &s->latency_us) != 0)
		cfg_fail(c, "latency", "expected a time as \"50ms\"");
}

static const char *const kinds[] = { "noqueue", "pfifo_fast", "tbf", "prio",
				     NULL }; /* enum qdisc_kind */

/* --- route filters --- */

/* A number, or a name of a realm. */
static void
parse_realm(const struct cfg *c, const char *key, int16_t *realm)
{
	const json_t *node = cfg_get(c, key).node;
	const char *word = NULL;
	uint32_t v = 0;

	*realm = SCHED_REALM_ANY;
	if (json_is_integer(node)) {
		if (cfg_u32(c, key, 0, REALM_N - 1, &v))
			*realm = (int16_t)v;
		return;
	}
	if (!cfg_str(c, key, &word))
		return;
	if (realm_parse(word, &v) == 0)
		*realm = (int16_t)v;
	else
		cfg_fail(c, key, "expected 0 to 255, or a name of /etc/iproute2/rt_realms");
}

/* @p doc: only checking. */
static void
parse_filter(const struct cfg *c, const struct cfg *doc, struct wanted *w)
{
	struct sched_filter f = { .prio = 0 };
	uint32_t prio = SCHED_PRIO_FIRST, class = 1;
	const struct net_device *dev;
	const char *iif = NULL;

	role_enter_ctl();
	cfg_only(c, filter_keys);
	cfg_u32(c, "priority", 1, UINT16_MAX, &prio);
	parse_realm(c, "to", &f.to);
	parse_realm(c, "from", &f.from);
	if (cfg_need(c, "class"))
		cfg_u32(c, "class", 1, sched_spec_bands(&w->spec), &class);
	if (cfg_str(c, "fromif", &iif)) {
		if (f.from >= 0)
			cfg_fail(c, "fromif", "not with \"from\"");
		if (doc != NULL)
			cfg_need_device(c, "fromif", doc, iif);
		dev = dev_get_by_name(iif);
		w->missing = w->missing || dev == NULL;
		f.iif = dev != NULL ? (uint32_t)dev->ifindex : 0;
	}
	f.prio = (uint16_t)prio;
	f.band = (uint8_t)(class - 1);
	if (w->missing)
		return;
	if (sched_filters_have(&w->filters, &f))
		cfg_fail(c, NULL,
			 "there is a filter of that priority with these selectors already");
	else
		sched_filters_insert(&w->filters, &f);
}

static void
parse_filters(const struct cfg *c, const struct cfg *doc, struct wanted *w)
{
	struct cfg list = cfg_get(c, "filters");
	size_t n = json_array_size(list.node);

	if (list.node != NULL && (!json_is_array(list.node) || n > SCHED_FILTERS_MAX)) {
		cfg_fail(c, "filters", "expected a list of at most %d objects", SCHED_FILTERS_MAX);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		struct cfg f = cfg_at(&list, i);

		if (json_is_object(f.node))
			parse_filter(&f, doc, w);
		else
			cfg_fail(&f, NULL, "expected an object with \"to\", \"from\", \"class\"");
	}
}

/* --- entries --- */

static void
only_with(const struct cfg *c, const char *key, bool allowed, const char *which)
{
	if (!allowed && json_object_get(c->node, key) != NULL)
		cfg_fail(c, key, "only with kind %s", which);
}

/* @p doc: only checking. */
static void
parse(const struct cfg *c, const struct cfg *doc, struct wanted *w)
{
	unsigned int kind = QDISC_NOQUEUE;
	uint32_t bands = 0;
	bool tbf;

	w->spec = (struct qdisc_spec){ .kind = QDISC_NOQUEUE };
	w->missing = false;
	w->filters.n = 0;
	cfg_only(c, known);
	if (!cfg_need(c, "kind") || !cfg_word(c, "kind", kinds, &kind))
		return;
	w->spec.kind = (enum qdisc_kind)kind;
	tbf = w->spec.kind == QDISC_TBF;
	if (tbf)
		parse_tbf(c, &w->spec);
	for (unsigned int i = 1; strcmp(known[i], "bands") != 0; i++)
		only_with(c, known[i], tbf, "\"tbf\"");
	only_with(c, "bands", w->spec.kind == QDISC_PRIO, "\"prio\"");
	only_with(c, "filters", !tbf && w->spec.kind != QDISC_NOQUEUE,
		  "\"prio\" or \"pfifo_fast\"");
	cfg_u32(c, "bands", SCHED_BANDS_TOS, SCHED_BANDS, &bands);
	w->spec.bands = (uint16_t)bands;
	parse_filters(c, doc, w);
}

static void
check(const struct cfg *c, const struct cfg *doc)
{
	static struct wanted w;
	const char *why;

	if (!json_is_object(c->node)) {
		cfg_fail(c, NULL, "expected an object with \"kind\"");
		return;
	}
	if (strcmp(c->key, "lo") == 0)
		cfg_fail(c, NULL, "the loopback device has no queue");
	cfg_need_device(c, NULL, doc, c->key);
	parse(c, doc, &w);
	why = cfg_failed(c) ? NULL : sched_spec_check(&w.spec);
	if (why != NULL)
		cfg_fail(c, NULL, "%s", why);
}

/* --- what runs --- */

static json_t *
filters_json(const struct sched_filters *l)
{
	json_t *list = json_array();

	for (uint16_t i = 0; i < l->n; i++) {
		const struct sched_filter *f = &l->f[i];
		const struct net_device *dev = dev_get_by_index_rcu(f->iif);
		json_t *o = json_pack("{s:i, s:i}", "priority", (int)f->prio, "class", f->band + 1);

		if (f->to >= 0)
			json_object_set_new(o, "to", json_integer(f->to));
		if (f->from >= 0)
			json_object_set_new(o, "from", json_integer(f->from));
		if (f->iif != 0 && dev != NULL)
			json_object_set_new(o, "fromif", json_string(dev->name));
		json_array_append_new(list, o);
	}
	return list;
}

/* @p l: NULL: no filters. */
static json_t *
entry_json(const struct qdisc_spec *s, const struct sched_filters *l)
{
	json_t *o;

	if (s->kind == QDISC_NOQUEUE)
		return NULL;
	o = json_pack("{s:s}", "kind", kinds[s->kind]);
	if (s->kind == QDISC_PRIO && sched_spec_bands(s) != SCHED_BANDS_TOS)
		json_object_set_new(o, "bands", json_integer(s->bands));
	if (l != NULL && l->n > 0)
		json_object_set_new(o, "filters", filters_json(l));
	if (s->kind != QDISC_TBF)
		return o;
	json_object_set_new(o, "rate", json_string(sched_rate_word(s->rate)));
	json_object_set_new(o, "burst", json_string(sched_size_word(s->burst)));
	json_object_set_new(o, "limit", json_string(sched_size_word(sched_spec_limit(s))));
	return o;
}

static json_t *
canon(const struct cfg *c)
{
	static struct wanted w;

	parse(c, NULL, &w);
	return w.missing ? json_incref((json_t *)(uintptr_t)c->node)
			 : entry_json(&w.spec, &w.filters);
}

static json_t *
show(void)
{
	json_t *all = json_object();

	role_enter_ctl();
	for (const struct net_device *d = dev_first(); d != NULL; d = d->ctl->next) {
		struct qdisc_spec s = sched_spec_of(d);
		json_t *entry =
			entry_json(&s, sched_of(d) != NULL ? sched_filters_of(sched_of(d)) : NULL);

		if (entry != NULL)
			json_object_set_new(all, d->name, entry);
	}
	return all;
}

/* --- apply --- */

/* Frames that wait stay where they are when only the filters differ. */
static bool
is_there(const struct net_device *dev, const struct qdisc_spec *s) CTL_ONLY
{
	struct qdisc_spec now = sched_spec_of(dev);
	json_t *a = entry_json(&now, NULL), *b = entry_json(s, NULL);
	bool same = a != NULL && json_equal(a, b);

	json_decref(a);
	json_decref(b);
	return same;
}

static int
add(const struct cfg *c)
{
	static struct wanted w;
	struct net_device *dev;
	int rc = 0;

	role_enter_ctl();
	parse(c, NULL, &w);
	dev = dev_get_by_name(c->key);
	if (dev == NULL || w.missing) {
		cfg_fail(c, NULL, "there is no device \"%s\"",
			 dev == NULL ? c->key : "of a filter's fromif");
		return -ENODEV;
	}
	if (!is_there(dev, &w.spec))
		rc = sched_set(dev, &w.spec);
	if (rc == 0 && sched_of(dev) != NULL)
		rc = sched_filters_put(sched_of(dev), &w.filters);
	if (rc != 0)
		cfg_fail(c, NULL, "%s", strerror(-rc));
	return rc;
}

static int
del(const struct cfg *c)
{
	struct net_device *dev;

	role_enter_ctl();
	dev = dev_get_by_name(c->key);
	return dev == NULL ? 0 : sched_set(dev, &(struct qdisc_spec){ .kind = QDISC_NOQUEUE });
}

/* In one step: frames that wait in the old one are lost, none passes unqueued. */
static int
change(const struct cfg *old, const struct cfg *c)
{
	(void)old;
	return add(c);
}

static const char schema[] =
	"{\"type\":\"object\",\"required\":[\"kind\"],\"additionalProperties\":false,"
	"\"properties\":{\"kind\":{\"enum\":[\"noqueue\",\"pfifo_fast\",\"tbf\",\"prio\"]},"
	"\"rate\":{\"type\":\"string\"},\"burst\":{\"type\":\"string\"},"
	"\"limit\":{\"type\":\"string\"},\"latency\":{\"type\":\"string\"},"
	"\"bands\":{\"type\":\"integer\",\"minimum\":3,\"maximum\":16},"
	"\"filters\":{\"type\":\"array\",\"maxItems\":256,\"items\":{\"type\":\"object\","
	"\"required\":[\"class\"],\"additionalProperties\":false,\"properties\":{"
	"\"priority\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":65535},"
	"\"to\":{\"type\":[\"string\",\"integer\"]},\"from\":{\"type\":[\"string\",\"integer\"]},"
	"\"fromif\":{\"type\":\"string\"},"
	"\"class\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":16}}}}}}";

static struct cfg_section section = {
	.name = "qdisc",
	.shape = CFG_MAP,
	.order = 35,
	.check = check,
	.show = show,
	.canon = canon,
	.add = add,
	.del = del,
	.change = change,
	.schema = schema,
};

void
sched_cfg_register(void)
{
	cfg_register(&section);
}
