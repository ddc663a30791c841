/* SPDX-License-Identifier: BSD-3-Clause */
/* From document to document: what is called, in which order, and what undoes it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "ctl/cfg_priv.h"
#include "ctl/ctl.h"

static struct strbuf trace;
static const char *fails; /* the calls that fail, as the trace has them */
static bool in_place;

/* "<verb> <pointer>=<value>;" */
static int
called(const char *verb, const struct cfg *entry)
{
	struct strbuf b = { 0 };
	char *v = json_dumps(entry->node, JSON_COMPACT | JSON_ENCODE_ANY);
	int rc;

	assert_false(cfg_failed(entry)); /* what other entries did is not this one's */
	strbuf_printf(&b, "%s ", verb);
	cfg_pointer(entry, NULL, &b);
	strbuf_printf(&b, "=%s;", v);
	rc = fails != NULL && strstr(fails, strbuf_str(&b)) != NULL ? -EIO : 0;
	strbuf_puts(&trace, strbuf_str(&b));
	strbuf_free(&b);
	free(v);
	return rc;
}

static int
add(const struct cfg *entry)
{
	return called("add", entry);
}

static int
del(const struct cfg *entry)
{
	return called("del", entry);
}

static int
change(const struct cfg *old, const struct cfg *entry)
{
	if (!in_place)
		return -EOPNOTSUPP;
	assert_false(json_equal(old->node, entry->node));
	return called("change", entry);
}

static struct cfg_section ports = {
	.name = "ports", .shape = CFG_MAP, .order = 10, .add = add, .del = del, .change = change
};
static struct cfg_section addresses = {
	.name = "addresses", .shape = CFG_MAP, .order = 40, .add = add, .del = del
};
static struct cfg_section routes = {
	.name = "routes", .shape = CFG_LIST, .order = 60, .add = add, .del = del
};
static struct cfg_section engine = { .name = "engine",
				     .shape = CFG_OBJECT,
				     .order = 1,
				     .add = add,
				     .del = del,
				     .restart_only = true };

static const char *const fixed[] = { "sock", NULL };
static struct cfg_section lone = { .name = "lone",
				   .shape = CFG_OBJECT,
				   .order = 2,
				   .add = add,
				   .del = del,
				   .restart_keys = fixed };

static int
apply(const char *text, char **report)
{
	json_t *doc = json_loads(text, 0, NULL);
	int rc;

	assert_non_null(doc);
	strbuf_free(&trace);
	rc = cfg_apply(doc, report);
	json_decref(doc);
	return rc;
}

static void
applies(const char *text, const char *calls)
{
	char *report;

	assert_int_equal(apply(text, &report), 0);
	assert_null(report);
	assert_string_equal(strbuf_str(&trace), calls);
}

static char *
running(void)
{
	json_t *is;
	char *text;

	role_enter_ctl();
	is = cfg_running();
	text = json_dumps(is, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(is);
	return text;
}

static void
runs(const char *text)
{
	char *is = running();

	assert_string_equal(is, text);
	free(is);
}

static void
refuses(const char *text, const char *calls, const char *why)
{
	char *before = running(), *report, *after;

	assert_true(apply(text, &report) < 0);
	assert_string_equal(report, why);
	assert_string_equal(strbuf_str(&trace), calls);
	after = running();
	assert_string_equal(before, after);
	free(before);
	free(after);
	free(report);
}

#define BASE "{\"addresses\":{\"p0\":1},\"ports\":{\"p0\":1,\"p1\":1},\"routes\":[\"a\",\"b\"]}"

static void
test_order(void **state)
{
	applies(BASE, "add /ports/p0=1;add /ports/p1=1;add /addresses/p0=1;"
		      "add /routes/0=\"a\";add /routes/1=\"b\";");
	applies(BASE, ""); /* the same again: nothing */
	/* A list has no order; deletion goes backwards, and before what comes. */
	applies("{\"ports\":{\"p1\":1,\"p2\":3},\"routes\":[\"c\",\"b\"]}",
		"del /routes/0=\"a\";del /addresses/p0=1;del /ports/p0=1;"
		"add /ports/p2=3;add /routes/0=\"c\";");
	/* The list is as it runs: what came last stands last. */
	applies("{}", "del /routes/1=\"c\";del /routes/0=\"b\";del /ports/p2=3;del /ports/p1=1;");
}

static void
test_change(void **state)
{
	applies(BASE, "add /ports/p0=1;add /ports/p1=1;add /addresses/p0=1;"
		      "add /routes/0=\"a\";add /routes/1=\"b\";");
	in_place = true;
	applies("{\"addresses\":{\"p0\":2},\"ports\":{\"p0\":5,\"p1\":1},\"routes\":[\"a\",\"b\"]}",
		"change /ports/p0=5;del /addresses/p0=1;add /addresses/p0=2;");
}

/* Addresses of a port that goes are gone too, as of a device. */
static json_t *world; /* what there is, by section */
static bool goes_along;

static json_t *
addresses_show(void)
{
	return json_deep_copy(json_object_get(world, "addresses"));
}

static int
world_add(const struct cfg *entry)
{
	json_object_set(json_object_get(world, "addresses"), entry->key, (json_t *)entry->node);
	return called("add", entry);
}

static int
world_del(const struct cfg *entry)
{
	int rc = called("del", entry);

	json_object_del(json_object_get(world, "addresses"), entry->key);
	return rc;
}

static int
port_del(const struct cfg *entry)
{
	if (goes_along)
		json_object_del(json_object_get(world, "addresses"), entry->key);
	return called("del", entry);
}

static void
other_hand(const char *key, json_t *value)
{
	json_object_set_new(json_object_get(world, "addresses"), key, value);
}

static void
test_what_is(void **state)
{
	const char *base = "{\"addresses\":{\"p0\":1,\"p1\":1},\"ports\":{\"p0\":1}}";
	const char *then = "{\"addresses\":{\"p0\":1,\"p1\":1},\"ports\":{\"p0\":2}}";

	world = json_pack("{s:{}}", "addresses");
	addresses.show = addresses_show;
	addresses.add = world_add;
	addresses.del = world_del;
	ports.del = port_del;
	goes_along = true;
	applies(base, "add /ports/p0=1;add /addresses/p0=1;add /addresses/p1=1;");
	/* p0 cannot change in place: its addresses go and come with it. */
	applies(then, "del /ports/p0=1;add /ports/p0=2;add /addresses/p0=1;");
	/* Changed, deleted, added by another hand: the same document sets it right. */
	other_hand("p0", json_integer(7));
	json_object_del(json_object_get(world, "addresses"), "p1");
	other_hand("p9", json_integer(9));
	applies(then, "del /addresses/p9=9;del /addresses/p0=7;add /addresses/p0=1;"
		      "add /addresses/p1=1;");
	applies(then, "");
	/* A load that fails leaves what ran before it, not what was loaded last. */
	other_hand("p1", json_integer(5));
	fails = "add /routes/0=\"x\";";
	refuses("{\"addresses\":{\"p0\":1,\"p1\":1},\"ports\":{\"p0\":2},\"routes\":[\"x\"]}",
		"del /addresses/p1=5;add /addresses/p1=1;add /routes/0=\"x\";"
		"del /addresses/p1=1;add /addresses/p1=5;",
		"/routes/0: cannot be added: Input/output error\n");
	assert_true(cfg_undone());
	json_decref(world);
	addresses.show = NULL;
	addresses.add = add;
	ports.del = addresses.del = del;
}

/* Elements by key: one that is otherwise changes in place; those that stand on others come last. */
static bool
first_letter(const struct cfg *entry, char *key, size_t len)
{
	snprintf(key, len, "%c", json_string_value(entry->node)[0]);
	return true;
}

static bool
is_late(const struct cfg *entry)
{
	return json_string_value(entry->node)[0] == 'l';
}

static void
test_keys(void **state)
{
	routes.key = first_letter;
	routes.later = is_late;
	routes.change = change;
	in_place = true;
	applies("{\"routes\":[\"l1\",\"a1\"]}", "add /routes/1=\"a1\";add /routes/0=\"l1\";");
	applies("{\"routes\":[\"a2\",\"l1\"]}", "change /routes/0=\"a2\";");
	refuses("{\"routes\":[\"a2\",\"l1\",\"a3\"]}", "",
		"/routes/2: is the same as element 0: a\n");
	routes.key = NULL;
	routes.later = NULL;
	routes.change = NULL;
}

/* Two that run with one key: the document has one of them. */
static json_t *
two_of_a_key(void)
{
	return json_pack("[s, s, s]", "a1", "a2", "b");
}

static void
test_second_of_a_key(void **state)
{
	routes.key = first_letter;
	routes.show = two_of_a_key;
	applies("{\"routes\":[\"a2\",\"b\"]}", "del /routes/0=\"a1\";");
	routes.key = NULL;
	routes.show = NULL;
}

static json_t *
no_zero(const struct cfg *entry)
{
	return json_integer_value(entry->node) == 0 ? NULL : json_incref((json_t *)entry->node);
}

/* What asks for nothing is nothing, and deletes what is there. */
static void
test_asks_for_nothing(void **state)
{
	ports.canon = no_zero;
	applies("{\"ports\":{\"p0\":0,\"p1\":1}}", "add /ports/p1=1;");
	applies("{\"ports\":{\"p0\":0,\"p1\":0}}", "del /ports/p1=1;");
	ports.canon = NULL;
}

static bool
always(const struct cfg *entry)
{
	return true;
}

/* Equal, but what it refers to has changed. */
static void
test_stale(void **state)
{
	applies("{\"addresses\":{\"p0\":1}}", "add /addresses/p0=1;");
	addresses.stale = always;
	applies("{\"addresses\":{\"p0\":1}}", "del /addresses/p0=1;add /addresses/p0=1;");
	addresses.stale = NULL;
}

static void
test_merged(void **state)
{
	json_t *over = json_loads("{\"ports\":{\"p0\":{\"b\":[2,3]},\"p2\":1},"
				  "\"routes\":[\"a9\",\"c\"]}",
				  0, NULL);
	json_t *all;
	char *text;

	role_enter_ctl();
	routes.key = first_letter;
	applies("{\"ports\":{\"p0\":{\"a\":1,\"b\":[1,2]}},\"routes\":[\"a1\",\"b\"]}",
		"add /ports/p0={\"a\":1,\"b\":[1,2]};add /routes/0=\"a1\";add /routes/1=\"b\";");
	all = cfg_merged(over);
	text = json_dumps(all, JSON_COMPACT);
	assert_string_equal(text, "{\"version\":1,\"ports\":{\"p0\":{\"a\":1,\"b\":[1,2,3]},"
				  "\"p2\":1},\"routes\":[\"a9\",\"b\",\"c\"]}");
	free(text);
	json_decref(all);
	json_decref(over);
	routes.key = NULL;
}

static void
test_undo(void **state)
{
	applies(BASE, "add /ports/p0=1;add /ports/p1=1;add /addresses/p0=1;"
		      "add /routes/0=\"a\";add /routes/1=\"b\";");
	in_place = true;
	fails = "add /routes/1=\"d\";";
	refuses("{\"ports\":{\"p0\":7,\"p1\":1},\"routes\":[\"c\",\"d\"]}",
		"del /routes/1=\"b\";del /routes/0=\"a\";del /addresses/p0=1;change /ports/p0=7;"
		"add /routes/0=\"c\";add /routes/1=\"d\";"
		/* and back */
		"del /routes/0=\"c\";change /ports/p0=1;add /addresses/p0=1;add /routes/0=\"a\";"
		"add /routes/1=\"b\";",
		"/routes/1: cannot be added: Input/output error\n");
	assert_true(cfg_undone());
	fails = NULL;
	applies(BASE, "");
}

/* What cannot be taken back is named, and the running document is what runs. */
static void
test_undo_fails(void **state)
{
	char *report, *is;

	applies(BASE, "add /ports/p0=1;add /ports/p1=1;add /addresses/p0=1;"
		      "add /routes/0=\"a\";add /routes/1=\"b\";");
	fails = "add /routes/1=\"d\";add /routes/1=\"b\";del /routes/0=\"c\";"
		"del /addresses/p1=2;add /addresses/p0=1;";
	assert_int_equal(apply("{\"addresses\":{\"p1\":2},\"ports\":{\"p0\":1,\"p1\":1},"
			       "\"routes\":[\"c\",\"d\"]}",
			       &report),
			 -EIO);
	assert_false(cfg_undone());
	assert_string_equal(report, "/routes/1: cannot be added: Input/output error\n"
				    "/routes/0: cannot be taken back: Input/output error\n"
				    "/addresses/p1: cannot be taken back: Input/output error\n"
				    "/addresses/p0: cannot be restored: Input/output error\n"
				    "/routes/1: cannot be restored: Input/output error\n"
				    "/: not all could be taken back, what runs differs in "
				    "/addresses/p0 (is missing), /addresses/p1 (is new), "
				    "/routes/1 (is missing), /routes/0 (is new)\n");
	free(report);
	is = running();
	assert_string_equal(is, "{\"addresses\":{\"p1\":2},\"ports\":{\"p0\":1,\"p1\":1},"
				"\"routes\":[\"c\",\"a\"],\"version\":1}");
	free(is);
	/* From there on, it is a difference as any other. */
	fails = NULL;
	applies(BASE, "del /routes/0=\"c\";del /addresses/p1=2;add /addresses/p0=1;"
		      "add /routes/1=\"b\";");
	assert_true(cfg_undone());
}

/* Changed back in place, or not: the new value stays where it was not. */
static void
test_change_back_fails(void **state)
{
	char *report, *is;

	applies("{\"ports\":{\"p0\":1}}", "add /ports/p0=1;");
	in_place = true;
	fails = "add /routes/0=\"x\";change /ports/p0=1;";
	assert_true(apply("{\"ports\":{\"p0\":2},\"routes\":[\"x\"]}", &report) < 0);
	assert_false(cfg_undone());
	assert_non_null(strstr(report, "what runs differs in /ports/p0 (is otherwise)\n"));
	free(report);
	is = running();
	assert_string_equal(is, "{\"ports\":{\"p0\":2},\"version\":1}");
	free(is);
}

static void
test_start_skips(void **state)
{
	char *report;

	fails = "add /ports/p0=1;";
	assert_int_equal(apply(BASE, &report), 0);
	assert_string_equal(report, "/ports/p0: cannot be added: Input/output error\n");
	free(report);
	assert_string_equal(strbuf_str(&trace),
			    "add /ports/p0=1;add /ports/p1=1;add /addresses/p0=1;"
			    "add /routes/0=\"a\";add /routes/1=\"b\";");
	runs("{\"addresses\":{\"p0\":1},\"ports\":{\"p1\":1},\"routes\":[\"a\",\"b\"],\"version\":"
	     "1}");
	fails = NULL;
	applies(BASE, "add /ports/p0=1;"); /* a reload tries what failed again */
}

static void
test_start_skips_in_list(void **state)
{
	char *report;

	fails = "add /routes/0=\"a\";";
	assert_int_equal(apply(BASE, &report), 0);
	free(report);
	runs("{\"addresses\":{\"p0\":1},\"ports\":{\"p0\":1,\"p1\":1},\"routes\":[\"b\"],"
	     "\"version\":1}");
	fails = NULL;
	applies(BASE, "add /routes/0=\"a\";");
}

static void
test_restart_only(void **state)
{
	applies("{\"engine\":1}", "add /engine=1;");
	refuses("{\"engine\":2}", "", "/engine: a change here needs a restart of the daemon\n");
	refuses("{}", "", "/engine: a change here needs a restart of the daemon\n");
	applies("{\"engine\":1,\"ports\":{\"x\":1}}", "add /ports/x=1;");
}

/* Members of a section that stay as they are while others change. */
static void
test_restart_keys(void **state)
{
	static const char why[] = "/lone/sock: a change here needs a restart of the daemon\n";

	applies("{\"lone\":{\"sock\":\"a\",\"x\":1}}", "add /lone={\"sock\":\"a\",\"x\":1};");
	refuses("{\"lone\":{\"sock\":\"b\",\"x\":1}}", "", why);
	refuses("{\"lone\":{\"x\":1}}", "", why);
	refuses("{}", "", why);
	applies("{\"lone\":{\"sock\":\"a\"}}",
		"del /lone={\"sock\":\"a\",\"x\":1};add /lone={\"sock\":\"a\"};");
}

static void
test_check_first(void **state)
{
	applies(BASE, "add /ports/p0=1;add /ports/p1=1;add /addresses/p0=1;"
		      "add /routes/0=\"a\";add /routes/1=\"b\";");
	refuses("{\"ports\":{\"p9\":1},\"route\":[]}", "",
		"/route: unknown key, the nearest valid one is \"routes\"\n");
}

static void
test_diff(void **state)
{
	json_t *from = json_loads(BASE, 0, NULL);
	json_t *to =
		json_loads("{\"ports\":{\"p0\":2,\"p1\":1},\"routes\":[\"b\",\"c\"]}", 0, NULL);
	char *d = cfg_diff(from, to);

	assert_string_equal(d, "~ /ports/p0 2\n- /addresses/p0 1\n- /routes/0 \"a\"\n"
			       "+ /routes/1 \"c\"\n");
	free(d);
	d = cfg_diff(from, from);
	assert_string_equal(d, "");
	free(d);
	json_decref(from);
	json_decref(to);
}

static int
setup(void **state)
{
	role_enter_ctl();
	fails = NULL;
	in_place = false;
	cfg_register(&routes); /* in any order */
	cfg_register(&engine);
	cfg_register(&lone);
	cfg_register(&addresses);
	cfg_register(&ports);
	return 0;
}

static int
teardown(void **state)
{
	role_enter_ctl();
	ctl_fini();
	strbuf_free(&trace);
	return 0;
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_order),
		T(test_change),
		T(test_what_is),
		T(test_keys),
		T(test_second_of_a_key),
		T(test_stale),
		T(test_asks_for_nothing),
		T(test_merged),
		T(test_undo),
		T(test_start_skips),
		T(test_undo_fails),
		T(test_change_back_fails),
		T(test_start_skips_in_list),
		T(test_restart_only),
		T(test_restart_keys),
		T(test_check_first),
		T(test_diff),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
