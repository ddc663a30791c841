/* SPDX-License-Identifier: BSD-3-Clause */
/* Section "qdisc": a queue discipline for each port or other device that is named. */
#include <errno.h>
#include <string.h>
#include "ctl/cfg.h"
#include "sched/sched.h"

static const char *const known[] = { "kind", "rate", "burst", "limit", "latency", NULL };

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

static const char *const kinds[] = { "noqueue", "pfifo_fast", "tbf", NULL }; /* enum qdisc_kind */

static void
parse(const struct cfg *c, struct qdisc_spec *s)
{
	unsigned int kind = QDISC_NOQUEUE;

	*s = (struct qdisc_spec){ .kind = QDISC_NOQUEUE };
	cfg_only(c, known);
	if (!cfg_need(c, "kind") || !cfg_word(c, "kind", kinds, &kind))
		return;
	s->kind = (enum qdisc_kind)kind;
	if (s->kind == QDISC_TBF) {
		parse_tbf(c, s);
		return;
	}
	for (unsigned int i = 1; known[i] != NULL; i++)
		if (json_object_get(c->node, known[i]) != NULL)
			cfg_fail(c, known[i], "only with kind \"tbf\"");
}

static void
check(const struct cfg *c, const struct cfg *doc)
{
	struct qdisc_spec s;
	const char *why;

	if (!json_is_object(c->node)) {
		cfg_fail(c, NULL, "expected an object with \"kind\"");
		return;
	}
	if (strcmp(c->key, "lo") == 0)
		cfg_fail(c, NULL, "the loopback device has no queue");
	cfg_need_device(c, NULL, doc, c->key);
	parse(c, &s);
	why = cfg_failed(c) ? NULL : sched_spec_check(&s);
	if (why != NULL)
		cfg_fail(c, NULL, "%s", why);
}

/* --- what runs --- */

static json_t *
entry_json(const struct qdisc_spec *s)
{
	json_t *o;

	if (s->kind == QDISC_NOQUEUE)
		return NULL;
	o = json_pack("{s:s}", "kind", kinds[s->kind]);
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
	struct qdisc_spec s;

	parse(c, &s);
	return entry_json(&s);
}

static json_t *
show(void)
{
	json_t *all = json_object();

	role_enter_ctl();
	for (const struct net_device *d = dev_first(); d != NULL; d = d->ctl->next) {
		struct qdisc_spec s = sched_spec_of(d);
		json_t *entry = entry_json(&s);

		if (entry != NULL)
			json_object_set_new(all, d->name, entry);
	}
	return all;
}

/* --- apply --- */

static int
set(const struct cfg *c, const struct qdisc_spec *s)
{
	struct net_device *dev;
	int rc;

	role_enter_ctl();
	dev = dev_get_by_name(c->key);
	if (dev == NULL) {
		cfg_fail(c, NULL, "there is no device \"%s\"", c->key);
		return -ENODEV;
	}
	rc = sched_set(dev, s);
	if (rc != 0)
		cfg_fail(c, NULL, "%s", strerror(-rc));
	return rc;
}

static int
add(const struct cfg *c)
{
	struct qdisc_spec s;

	parse(c, &s);
	return set(c, &s);
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
	"\"properties\":{\"kind\":{\"enum\":[\"noqueue\",\"pfifo_fast\",\"tbf\"]},"
	"\"rate\":{\"type\":\"string\"},\"burst\":{\"type\":\"string\"},"
	"\"limit\":{\"type\":\"string\"},\"latency\":{\"type\":\"string\"}}}";

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
