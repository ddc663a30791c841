/* SPDX-License-Identifier: BSD-3-Clause */
/* ip monitor: order, selection, what a slow client loses, how it ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "ctl/cli_exec.h"
#include "ctl/ctl.h"
#include "ctl/monitor.h"
#include "ctl/strbuf.h"

static int listeners[2];
static int last_status;
static bool is_ready = true;

static void
listen_a(bool on)
{
	listeners[0] += on ? 1 : -1;
}

static void
listen_b(bool on)
{
	listeners[1] += on ? 1 : -1;
}

static void
text(struct cli_ctx *c, const json_t *event)
{
	cli_printf(c, "%d\n", (int)json_integer_value(json_object_get(event, "n")));
}

/* The words of the command that the foundation has; their modules are not here. */
static struct monitor_source a = { "link", listen_a, text, NULL };
static struct monitor_source b = { "route", listen_b, text, NULL };

static json_t *
build(struct cli_ctx *c, const void *obj)
{
	int n = *(const int *)obj;

	if (n < 10)
		return json_pack("{s:i}", "n", n);
	return json_pack("{s:i, s:s}", "n", n, n < 20 ? "dev" : "ifname", n % 2 == 0 ? "p0" : "p1");
}

static void
tell(const struct monitor_source *s, int n, const char *mark)
{
	role_enter_ctl();
	monitor_tell(s, mark, build, &n);
}

static void
out(void *arg, const char *data, size_t len)
{
	strbuf_add(arg, data, len);
}

static void
done(void *arg, int status, bool quit)
{
	last_status = status;
}

static bool
ready(void *arg)
{
	return is_ready;
}

static const struct cli_sink sink = { out, out, done, ready, NULL, false };

static struct cli_ctx *
watch(const char *line, unsigned int flags, struct strbuf *to)
{
	struct cli_ctx *c;

	role_enter_ctl();
	last_status = -1;
	c = cli_exec(line, flags, &sink, to);
	assert_non_null(c);
	return c;
}

static void
holds(struct strbuf *to, const char *want)
{
	assert_string_equal(strbuf_str(to), want);
	strbuf_free(to);
}

static void
test_events(void **state)
{
	struct strbuf all = { 0 }, some = { 0 }, json = { 0 };
	struct cli_ctx *c, *d, *e;

	tell(&a, 0, NULL); /* nobody listens */
	c = watch("ip monitor all", 0, &all);
	d = watch("ip monitor route", 0, &some);
	e = watch("ip monitor", CLI_F_JSON, &json);
	assert_int_equal(listeners[0], 1);
	assert_int_equal(listeners[1], 1);
	tell(&a, 1, NULL);
	tell(&b, 2, "deleted");
	tell(&a, 3, "miss");
	holds(&all, "[LINK]1\n[ROUTE]Deleted 2\n[LINK]miss 3\n");
	holds(&some, "Deleted 2\n");
	holds(&json,
	      "{\"event\":\"link\",\"n\":1}\n{\"event\":\"route\",\"deleted\":true,\"n\":2}\n"
	      "{\"event\":\"link\",\"miss\":true,\"n\":3}\n");
	role_enter_ctl();
	cli_abort(c); /* ^C */
	assert_int_equal(last_status, CLI_DONE);
	cli_detach(e); /* gone */
	assert_int_equal(listeners[0], 0);
	assert_int_equal(listeners[1], 1);
	tell(&b, 4, NULL);
	holds(&some, "4\n");
	holds(&all, "");
	role_enter_ctl();
	cli_abort(d);
	assert_int_equal(listeners[1], 0);
	tell(&b, 5, NULL);
	holds(&some, "");
}

/* dev: what names that device, and not where it would say the same again and again. */
static void
test_device(void **state)
{
	struct strbuf one = { 0 };
	struct cli_ctx *c = watch("ip monitor dev p1", CLI_F_JSON, &one);

	tell(&a, 1, NULL);
	tell(&a, 10, NULL);
	tell(&a, 11, NULL);
	tell(&b, 20, NULL);
	tell(&b, 21, "deleted");
	holds(&one, "{\"event\":\"link\",\"n\":11}\n"
		    "{\"event\":\"route\",\"deleted\":true,\"n\":21,\"ifname\":\"p1\"}\n");
	role_enter_ctl();
	cli_abort(c);
}

/* One that does not read loses events and is told how many, at the place where; others do not. */
static void
test_slow_client(void **state)
{
	struct strbuf slow = { 0 };
	const char *at, *lost;
	struct cli_ctx *c;

	c = watch("ip monitor link", 0, &slow);
	is_ready = false;
	for (int i = 0; i < MONITOR_QUEUE + 10; i++)
		tell(&a, i, NULL);
	assert_string_equal(strbuf_str(&slow), "");
	is_ready = true;
	role_enter_ctl();
	cli_pump(c);
	lost = strstr(strbuf_str(&slow), "lost 10 events\n");
	assert_non_null(lost);
	assert_string_equal(lost, "lost 10 events\n");
	assert_memory_equal(strbuf_str(&slow), "0\n1\n2\n", 6);
	at = strstr(strbuf_str(&slow), "\n1023\n");
	assert_true(at != NULL && at < lost);
	assert_null(strstr(strbuf_str(&slow), "\n1024\n"));
	strbuf_free(&slow);
	tell(&a, 7, NULL);
	holds(&slow, "7\n");
	role_enter_ctl();
	cli_abort(c);
	strbuf_free(&slow);
}

/* Of one device: what others lose is not its loss. */
static void
test_slow_client_of_a_device(void **state)
{
	struct strbuf slow = { 0 };
	struct cli_ctx *c;

	c = watch("ip monitor dev p1", 0, &slow);
	is_ready = false;
	for (int i = 0; i < MONITOR_QUEUE; i++)
		tell(&a, 11, NULL);
	for (int i = 0; i < 100; i++)
		tell(&a, 10, NULL);
	is_ready = true;
	role_enter_ctl();
	cli_pump(c);
	assert_null(strstr(strbuf_str(&slow), "lost"));
	cli_abort(c);
	strbuf_free(&slow);
}

static int
setup(void **state)
{
	role_enter_ctl();
	ctl_init();
	monitor_register(&a);
	monitor_register(&b);
	return 0;
}

static int
teardown(void **state)
{
	role_enter_ctl();
	ctl_fini();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_events, setup, teardown),
		cmocka_unit_test_setup_teardown(test_device, setup, teardown),
		cmocka_unit_test_setup_teardown(test_slow_client, setup, teardown),
		cmocka_unit_test_setup_teardown(test_slow_client_of_a_device, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
