/* SPDX-License-Identifier: BSD-3-Clause */
/* sysctl as a command and as a section of the configuration. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "core/sysctl.h"
#include "ctl/cfg.h"
#include "ctl/cli_exec.h"
#include "ctl/ctl.h"
#include "ctl/strbuf.h"

struct object {
	int ip_forward;
	int rp_filter;
	int version;
	int ports[2];
};
static struct object obj;
static const struct ctl_table table[] = {
	SYSCTL_INT(struct object, ip_forward, 0, 1, "Forward."),
	SYSCTL_INT(struct object, rp_filter, 0, 2, "Check."),
	{ .procname = "version",
	  .offset = offsetof(struct object, version),
	  .max = 9,
	  .mode = 0444 },
	{ .procname = NULL },
};
static const struct ctl_table ranges[] = {
	{ .procname = "ports",
	  .offset = offsetof(struct object, ports),
	  .min = 1,
	  .max = 65535,
	  .mode = 0644,
	  .range = true },
	{ .procname = NULL },
};

static struct strbuf out;
static int status;

static void
on_text(void *arg, const char *data, size_t len)
{
	strbuf_add(&out, data, len);
}

static void
on_done(void *arg, int st, bool quit)
{
	status = st;
}

static const struct cli_sink sink = { on_text, on_text, on_done, NULL, NULL, false };

static void
says(const char *line, unsigned int flags, int st, const char *text)
{
	role_enter_ctl();
	strbuf_free(&out);
	assert_null(cli_exec(line, flags, &sink, NULL));
	if (text != NULL)
		assert_string_equal(strbuf_str(&out), text);
	assert_int_equal(status, st);
}

static void
test_command(void **state)
{
	says("sysctl net.ipv4.rp_filter", 0, CLI_DONE, "net.ipv4.rp_filter = 1\n");
	says("sysctl net.ipv4.rp_filter=2 net.ipv4.ip_forward", 0, CLI_DONE,
	     "net.ipv4.rp_filter = 2\nnet.ipv4.ip_forward = 1\n");
	assert_int_equal(obj.rp_filter, 2);
	says("sysctl -w net/ipv4/rp_filter=1", 0, CLI_DONE, "net.ipv4.rp_filter = 1\n");
	assert_int_equal(obj.rp_filter, 1);
	says("sysctl -n net.ipv4.rp_filter", 0, CLI_DONE, "1\n");
	says("sysctl -n -a net.ipv4.r", 0, CLI_DONE, "1\n");
	says("sysctl -a -n net.ipv4.r", 0, CLI_DONE, "1\n");
	says("sysctl -x", 0, CLI_FAILED,
	     "Error: \"-x\": unknown option, valid ones are -a, -n, -w\n");
	says("sysctl net.ipv4.nosuch", 0, CLI_FAILED,
	     "Error: \"net.ipv4.nosuch\": no such key, `sysctl -a` lists them\n");
	says("show config runing", 0, CLI_FAILED,
	     "Error: \"runing\": did you mean running? expected running, startup, schema or a JSON "
	     "pointer (/ports/p0)\n");
	says("sysctl -a net.ipv4.r", 0, CLI_DONE, "net.ipv4.rp_filter = 1\n");
	says("sysctl -a", 0, CLI_DONE,
	     "net.ipv4.ip_forward = 1\nnet.ipv4.rp_filter = 1\nnet.ipv4.version = 4\n");
	says("sysctl -a nothing", CLI_F_JSON, CLI_DONE, "[]\n");
	says("sysctl net.ipv4.ip_forward", CLI_F_JSON, CLI_DONE,
	     "[{\"key\":\"net.ipv4.ip_forward\",\"value\":1}]\n");
}

static void
test_command_refused(void **state)
{
	says("sysctl net.ipv4.rp_filter=3", 0, CLI_FAILED,
	     "Error: \"3\": net.ipv4.rp_filter takes 0..2\n");
	says("sysctl net.ipv4.rp_filter=x", 0, CLI_FAILED,
	     "Error: \"x\": expected a number 0..2 for net.ipv4.rp_filter\n");
	says("sysctl net.ipv4.rp_fliter=1", 0, CLI_FAILED,
	     "Error: \"net.ipv4.rp_fliter\": no such key, the nearest is net.ipv4.rp_filter\n");
	says("sysctl net.ipv4.version=1", 0, CLI_FAILED, "Error: net.ipv4.version is read only\n");
	says("sysctl -w net.ipv4.version", 0, CLI_FAILED,
	     "Error: \"net.ipv4.version\": -w needs KEY=VALUE\n");
	says("sysctl net.ipv4.rp_filter=2", CLI_F_READONLY, CLI_DENIED,
	     "Error: not allowed: needs root or group pollux\n");
	says("sysctl net.ipv4.rp_filter", CLI_F_READONLY, CLI_DONE, "net.ipv4.rp_filter = 1\n");
	assert_int_equal(obj.rp_filter, 1);
}

static void
applies(const char *text, const char *refused)
{
	char *report = NULL;
	json_t *doc = json_loads(text, 0, NULL);
	int rc;

	role_enter_ctl();
	rc = cfg_apply(doc, &report);
	assert_int_equal(rc < 0, refused != NULL);
	if (refused != NULL)
		assert_string_equal(report, refused);
	free(report);
	json_decref(doc);
}

static void
test_config(void **state)
{
	applies("{\"sysctl\":{\"net.ipv4.rp_filter\":2,\"net/ipv4/ip_forward\":\"0\"}}", NULL);
	assert_int_equal(obj.rp_filter, 2);
	assert_int_equal(obj.ip_forward, 0);
	applies("{\"sysctl\":{\"net.ipv4.rp_filter\":0}}", NULL);
	assert_int_equal(obj.rp_filter, 0);
	assert_int_equal(obj.ip_forward, 1); /* as before the configuration */
	/* One that a command has set is part of what runs; the document is without it. */
	says("sysctl net.ipv4.ip_forward=0", 0, CLI_DONE, "net.ipv4.ip_forward = 0\n");
	says("show config running /sysctl", CLI_F_JSON, CLI_DONE,
	     "{\"net.ipv4.rp_filter\":0,\"net.ipv4.ip_forward\":0}\n");
	applies("{}", NULL);
	assert_int_equal(obj.rp_filter, 1);
	assert_int_equal(obj.ip_forward, 1);
	applies("{\"sysctl\":{\"net/ipv4/rp_filter\":2,\"net.ipv4.rp_filter\":2}}",
		"/sysctl/net.ipv4.rp_filter: is the same as \"net/ipv4/rp_filter\": "
		"net.ipv4.rp_filter\n");
}

static void
test_config_refused(void **state)
{
	applies("{}", NULL);
	applies("{\"sysctl\":{\"net.ipv4.rp_filter\":3,\"net.ipv4.rp_filtr\":1,"
		"\"net.ipv4.ip_forward\":true,\"net.ipv4.version\":4}}",
		"/sysctl/net.ipv4.rp_filter: expected an integer 0..2, found 3\n"
		"/sysctl/net.ipv4.rp_filtr: unknown key, the nearest valid one is "
		"\"net.ipv4.rp_filter\"\n"
		"/sysctl/net.ipv4.ip_forward: expected an integer\n"
		"/sysctl/net.ipv4.version: is read only\n");
	assert_int_equal(obj.rp_filter, 1);
}

/* Two numbers: a list in what commands say, a string in the configuration as in sysctl.conf. */
static void
test_range(void **state)
{
	role_enter_ctl();
	obj.ports[0] = 10;
	obj.ports[1] = 20;
	assert_int_equal(sysctl_register("net", ranges, &obj), 0);
	says("sysctl net.ports", 0, CLI_DONE, "net.ports = 10\t20\n");
	says("sysctl \"net.ports=30 40\"", CLI_F_JSON, CLI_DONE,
	     "[{\"key\":\"net.ports\",\"value\":[30,40]}]\n");
	says("show config running /sysctl", CLI_F_JSON, CLI_DONE, "{\"net.ports\":\"30 40\"}\n");
	says("sysctl \"net.ports=30 41\"", 0, CLI_DONE, "net.ports = 30\t41\n");
	says("sysctl net.ports=5", 0, CLI_FAILED,
	     "Error: \"5\": expected two numbers, the lower first, 1..65535 for net.ports\n");
	says("sysctl \"net.ports=6 5\"", 0, CLI_FAILED,
	     "Error: \"6 5\": expected two numbers, the lower first, 1..65535 for net.ports\n");
	says("sysctl \"net.ports=6 65536\"", 0, CLI_FAILED,
	     "Error: \"6 65536\": net.ports takes 1..65535\n");
	assert_int_equal(obj.ports[0], 30);
	applies("{\"sysctl\":{\"net.ports\":\"50\\t60\"}}", NULL);
	assert_int_equal(obj.ports[1], 60);
	says("show config running /sysctl", CLI_F_JSON, CLI_DONE, "{\"net.ports\":\"50 60\"}\n");
	applies("{\"sysctl\":{\"net.ports\":5}}",
		"/sysctl/net.ports: expected \"LOW HIGH\", the lower first, of 1..65535\n");
	applies("{\"sysctl\":{\"net.ports\":\"0 5\"}}",
		"/sysctl/net.ports: expected an integer 1..65535, found 0 5\n");
	applies("{}", NULL); /* what it was before anybody set it */
	assert_int_equal(obj.ports[0], 10);
	assert_int_equal(obj.ports[1], 20);
	sysctl_unregister("net", ranges);
}

/* At start one bad key is reported and left out, the rest is set. */
static void
test_config_at_start(void **state)
{
	char *report = NULL;
	json_t *doc = json_loads("{\"sysctl\":{\"net.ipv4.rp_filter\":3,\"net.ipv4.typo\":1,"
				 "\"net.ipv4.ip_forward\":0}}",
				 0, NULL);

	role_enter_ctl();
	assert_int_equal(cfg_apply(doc, &report), 0);
	assert_string_equal(report,
			    "/sysctl/net.ipv4.rp_filter: expected an integer 0..2, found 3\n"
			    "/sysctl/net.ipv4.typo: unknown key, `sysctl -a` lists the valid "
			    "ones\n");
	assert_int_equal(obj.ip_forward, 0);
	assert_int_equal(obj.rp_filter, 1);
	free(report);
	json_decref(doc);
}

static const struct ctl_table conf_table[] = {
	SYSCTL_INT(struct object, rp_filter, 0, 2, "Check."),
	{ .procname = NULL },
};

/* As `polluxd --check`: nothing is registered yet, but declared. */
static void
checks(const char *text, const char *refused)
{
	char *report = NULL;
	json_t *doc;

	role_enter_ctl();
	doc = cfg_load_text(text, "text", &report);
	if (refused != NULL) {
		assert_null(doc);
		assert_string_equal(report, refused);
	} else if (doc == NULL) {
		fail_msg("refused: %s", report);
	}
	free(report);
	json_decref(doc);
}

static struct cfg_section vlans = { .name = "vlans", .shape = CFG_MAP, .order = 20 };

static void
test_check_declared(void **state)
{
	role_enter_ctl();
	sysctl_unregister("net.ipv4", table);
	cfg_register(&vlans);
	assert_int_equal(sysctl_declare("net.ipv4.conf.*", conf_table), 0);
	assert_int_equal(sysctl_declare("net.ipv4.conf.*", conf_table), 0);
	assert_int_equal(sysctl_declare("net.ipv4", table), 0);
	checks("{\"vlans\":{\"p0.100\":1},\"sysctl\":{\"net.ipv4.conf.p0.100.rp_filter\":2,"
	       "\"net/ipv4/conf/all/rp_filter\":1,\"net.ipv4.conf.lo.rp_filter\":0,"
	       "\"net.ipv4.conf.default.rp_filter\":\"1\",\"net.ipv4.ip_forward\":1}}",
	       NULL);
	checks("{\"vlans\":{\"p0.100\":1},\"sysctl\":{\"net.ipv4.conf.p0.rp_filter\":1,"
	       "\"net.ipv4.conf.p0.100.rp_filtr\":1,\"net.ipv4.conf.p0.100.rp_filter\":3,"
	       "\"net.ipv4.version\":4,\"net.ipv4.conf.rp_filter\":1,"
	       "\"net.ipv4.ip_forwad\":1,\"ip_forward\":1}}",
	       "/sysctl/net.ipv4.conf.p0.rp_filter: there is no interface \"p0\" in the document\n"
	       "/sysctl/net.ipv4.conf.p0.100.rp_filtr: unknown key, the nearest valid one is "
	       "\"net.ipv4.conf.p0.100.rp_filter\"\n"
	       "/sysctl/net.ipv4.conf.p0.100.rp_filter: expected an integer 0..2, found 3\n"
	       "/sysctl/net.ipv4.version: is read only\n"
	       "/sysctl/net.ipv4.conf.rp_filter: unknown key, the nearest valid one is "
	       "\"net.ipv4.rp_filter\"\n"
	       "/sysctl/net.ipv4.ip_forwad: unknown key, the nearest valid one is "
	       "\"net.ipv4.ip_forward\"\n"
	       "/sysctl/ip_forward: unknown key, the nearest valid one is "
	       "\"net.ipv4.ip_forward\"\n");
}

/* The config commands, over this section. */
static char file[] = "/tmp/test_sysctl_bind.XXXXXX";

static void
file_holds(const char *text)
{
	FILE *f = fopen(file, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void
config(const char *verb, const char *after, int st, const char *text)
{
	char line[128], want[512];

	snprintf(line, sizeof(line), "config %s %s%s", verb, file, after);
	snprintf(want, sizeof(want), text, file);
	says(line, 0, st, want);
}

static void
test_config_commands(void **state)
{
	int fd = mkstemp(file);

	assert_true(fd >= 0);
	close(fd);
	applies("{\"sysctl\":{\"net.ipv4.rp_filter\":2}}", NULL);
	file_holds("{\"sysctl\":{\"net.ipv4.ip_forward\":0}}");
	config("check", "", CLI_DONE, "%s is good\n");
	config("diff", "", CLI_DONE,
	       "- /sysctl/net.ipv4.rp_filter 2\n+ /sysctl/net.ipv4.ip_forward 0\n");
	assert_int_equal(obj.ip_forward, 1); /* nothing was done yet */
	config("load", " merge", CLI_DONE, "");
	assert_int_equal(obj.rp_filter, 2);
	assert_int_equal(obj.ip_forward, 0);
	says("show config running /sysctl/net.ipv4.rp_filter", CLI_F_JSON, CLI_DONE, "2\n");
	config("load", "", CLI_DONE, "");
	assert_int_equal(obj.rp_filter, 1);
	says("show config", CLI_F_JSON, CLI_DONE,
	     "{\"version\":1,\"sysctl\":{\"net.ipv4.ip_forward\":0}}\n");
	says("show config running /no/where", 0, CLI_FAILED,
	     "Error: \"/no/where\": there is no such place, expected running, startup, schema or a "
	     "JSON "
	     "pointer (/ports/p0)\n");
	says("show config schema /properties/version/const", CLI_F_JSON, CLI_DONE, "1\n");
	file_holds("{\"sysctl\":{\"net.ipv4.ip_forward\":2,\"net.ipv4.rp_filter\":9}}");
	config("check", "", CLI_FAILED,
	       "Error: %s refused: /sysctl/net.ipv4.ip_forward: expected an integer 0..1, found "
	       "2; /sysctl/net.ipv4.rp_filter: expected an integer 0..2, found 9\n");
	/* Saved, what runs is what the daemon starts with. */
	cfg_startup_path = file;
	says("config diff", 0, CLI_FAILED, NULL);
	says("sysctl net.ipv4.rp_filter=2", 0, CLI_DONE, NULL);
	says("config save", 0, CLI_DONE, "");
	says("config diff", 0, CLI_DONE, "");
	says("show config startup /sysctl", CLI_F_JSON, CLI_DONE,
	     "{\"net.ipv4.ip_forward\":0,\"net.ipv4.rp_filter\":2}\n");
	says("sysctl net.ipv4.rp_filter=0", 0, CLI_DONE, NULL);
	says("config diff", 0, CLI_DONE, "~ /sysctl/net.ipv4.rp_filter 2\n");
	says("config save", CLI_F_READONLY, CLI_DENIED, NULL);
	unlink(file);
	says("show config startup", 0, CLI_FAILED, NULL);
	cfg_startup_path = NULL;
	says("config save", 0, CLI_FAILED, "Error: the daemon was started without a file\n");
}

static int
setup(void **state)
{
	role_enter_ctl();
	obj = (struct object){ .ip_forward = 1, .rp_filter = 1, .version = 4 };
	ctl_init();
	assert_int_equal(sysctl_register("net.ipv4", table, &obj), 0);
	return 0;
}

static int
teardown(void **state)
{
	role_enter_ctl();
	sysctl_unregister("net.ipv4", table);
	ctl_fini();
	strbuf_free(&out);
	return 0;
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_command),	T(test_command_refused), T(test_config),
		T(test_config_refused), T(test_config_at_start), T(test_config_commands),
		T(test_check_declared), T(test_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
