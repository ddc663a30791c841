/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands and config sections through the real engines, over fakes of the layers below. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "core/timer.h"
#include "ctl/cfg.h"
#include "ctl/cli.h"
#include "ctl/cli_exec.h"
#include "ctl/ctl.h"
#include "fake.h"

static char out[16384], err[4096];
static int status;

static void
on_out(void *arg, const char *data, size_t len)
{
	RTE_SET_USED(arg);
	snprintf(out + strlen(out), sizeof(out) - strlen(out), "%.*s", (int)len, data);
}

static void
on_err(void *arg, const char *data, size_t len)
{
	RTE_SET_USED(arg);
	snprintf(err + strlen(err), sizeof(err) - strlen(err), "%.*s", (int)len, data);
}

static void
on_done(void *arg, int rc, bool quit)
{
	RTE_SET_USED(arg);
	RTE_SET_USED(quit);
	status = rc;
}

static CTL_ONLY const char *
run(const char *line, unsigned int flags)
{
	static const struct cli_sink sink = { .out = on_out, .err = on_err, .done = on_done };

	out[0] = err[0] = '\0';
	status = -1;
	assert_null(cli_exec(line, flags, &sink, NULL));
	return status == CLI_DONE ? out : err;
}

static bool
dev_exists(const char *name)
{
	role_enter_ctl();
	return dev_get_by_name(name) != NULL;
}

static int
setup(void **state)
{
	RTE_SET_USED(state);
	role_enter_ctl();
	fake_reset(64);
	fake_addr_add(&fake_dev[0], "10.0.0.1", 24, NULL, false);
	fake_addr_add(&fake_dev[1], "10.0.1.1", 24, NULL, false);
	return 0;
}

static int
teardown(void **state)
{
	RTE_SET_USED(state);
	role_enter_ctl();
	fib_cfg_fini();
	cfg_fini();
	assert_int_equal(fib_check(NULL, NULL), 0);
	fake_done();
	return 0;
}

static void
text_as_iproute2(void **state)
{
	role_enter_ctl();
	assert_string_equal(run("ip route add default via 10.0.0.254 metric 100", 0), "");
	assert_string_equal(run("ip route add 192.0.2.0/24 via 10.0.1.9 proto static mtu 1400", 0),
			    "");
	assert_string_equal(run("ip route add blackhole 198.51.100.0/24", 0), "");
	assert_string_equal(run("ip route add 203.0.113.0/24 nexthop via 10.0.0.7 weight 2 "
				"nexthop via 10.0.1.8 dev p1",
				0),
			    "");
	assert_string_equal(run("ip route", 0),
			    "default via 10.0.0.254 dev p0 metric 100 \n"
			    "10.0.0.0/24 dev p0 proto kernel scope link src 10.0.0.1 \n"
			    "10.0.1.0/24 dev p1 proto kernel scope link src 10.0.1.1 \n"
			    "192.0.2.0/24 via 10.0.1.9 dev p1 proto static mtu 1400 \n"
			    "blackhole 198.51.100.0/24 \n"
			    "203.0.113.0/24 \n"
			    "\tnexthop via 10.0.0.7 dev p0 weight 2 \n"
			    "\tnexthop via 10.0.1.8 dev p1 weight 1 \n");
	assert_string_equal(run("ip route show 192.0.2.0/24", 0),
			    "192.0.2.0/24 via 10.0.1.9 dev p1 proto static mtu 1400 \n");
	assert_string_equal(run("ip route show type blackhole", 0), "blackhole 198.51.100.0/24 \n");
	assert_string_equal(run("ip route show root 198.0.0.0/8", 0),
			    "blackhole 198.51.100.0/24 \n");
	assert_string_equal(run("ip route show table local dev p1", 0),
			    "local 10.0.1.1 proto kernel scope host src 10.0.1.1 \n"
			    "broadcast 10.0.1.255 proto kernel scope link src 10.0.1.1 \n");
	assert_string_equal(
		run("ip route get 192.0.2.5", 0),
		"192.0.2.5 via 10.0.1.9 dev p1 src 10.0.1.1 uid 0 \n    cache mtu 1400 \n");
	assert_string_equal(run("ip route get 10.0.0.1", 0),
			    "local 10.0.0.1 dev lo src 10.0.0.1 uid 0 \n    cache <local> \n");
	fake_carrier(&fake_dev[1], false);
	assert_string_equal(
		run("ip route show 192.0.2.0/24", 0),
		"192.0.2.0/24 via 10.0.1.9 dev p1 proto static dead linkdown mtu 1400 \n");
	fake_dev[1].ip_ptr->cnf.ignore_routes_with_linkdown = 0;
	assert_string_equal(run("ip route show 192.0.2.0/24", 0),
			    "192.0.2.0/24 via 10.0.1.9 dev p1 proto static linkdown mtu 1400 \n");
}

static void
json_as_iproute2(void **state)
{
	role_enter_ctl();
	run("ip route add 203.0.113.0/24 nexthop via 10.0.0.7 weight 2 nexthop via 10.0.1.8", 0);
	run("ip route add 192.0.2.0/24 via 10.0.1.9 metric 5", 0);
	assert_string_equal(run("ip route show 192.0.2.0/24", CLI_F_JSON),
			    "[{\"dst\":\"192.0.2.0/24\",\"gateway\":\"10.0.1.9\",\"dev\":\"p1\","
			    "\"metric\":5,\"flags\":[]}]\n");
	assert_string_equal(run("ip route show 203.0.113.0/24", CLI_F_JSON),
			    "[{\"dst\":\"203.0.113.0/24\",\"flags\":[],\"nexthops\":[{\"gateway\":"
			    "\"10.0.0.7\",\"dev\":\"p0\",\"weight\":2,\"flags\":[]},{\"gateway\":"
			    "\"10.0.1.8\",\"dev\":\"p1\",\"weight\":1,\"flags\":[]}]}]\n");
	assert_string_equal(run("ip route show 1.2.3.0/24", CLI_F_JSON), "[]\n");
	assert_non_null(strstr(run("show fib check", CLI_F_JSON), "\"differences\":0"));
	assert_non_null(strstr(run("show fib summary", CLI_F_JSON), "\"routes\":8"));
}

static void
refusals(void **state)
{
	role_enter_ctl();
	run("ip route add 192.0.2.0/24 via 10.0.1.9", 0);
	assert_non_null(strstr(run("ip route add 192.0.2.0/24 via 10.0.1.8", 0), "File exists"));
	assert_int_equal(status, CLI_FAILED);
	assert_non_null(strstr(run("ip route add 1.0.0.0/8 via 9.9.9.9", 0),
			       "Nexthop has invalid gateway"));
	assert_non_null(strstr(run("ip route del 1.0.0.0/8", 0), "No such route"));
	assert_non_null(strstr(run("ip route add 1.0.0.0/8 dev p0 table nix", 0), "nix"));
	assert_non_null(strstr(run("ip route flush", 0), "say what to flush"));
	assert_non_null(strstr(run("ip route get 99.0.0.1", 0), "Network is unreachable"));
	assert_string_equal(run("ip route replace 192.0.2.0/24 via 10.0.0.8", 0), "");
	assert_string_equal(run("ip route show 192.0.2.0/24", 0),
			    "192.0.2.0/24 via 10.0.0.8 dev p0 \n");
	assert_string_equal(run("ip route flush proto boot", 0), "");
	assert_string_equal(run("ip route show 192.0.2.0/24", 0), "");
	assert_int_equal(fib_ctl.n_routes, 6);
}

/* The sections that routes are checked against; the fakes have the addresses. */
static struct cfg_section addresses = { .name = "addresses", .shape = CFG_MAP, .order = 40 };
static struct cfg_section ports = { .name = "ports", .shape = CFG_MAP, .order = 10 };
#define NETS                                                                                       \
	"\"version\":1,\"ports\":{\"p0\":1,\"p1\":1},\"addresses\":{\"p0\":[\"10.0.0.1/24\"],"     \
	"\"p1\":[\"10.0.1.1/24\"]}"

static CTL_ONLY int
apply(const char *text, char **report)
{
	json_t *doc = cfg_load_text(text, "test", report);
	int rc;

	if (doc == NULL)
		return -EINVAL;
	rc = cfg_apply(doc, report);
	json_decref(doc);
	return rc;
}

static CTL_ONLY void
refused(const char *text, const char *want)
{
	char *report = NULL;

	assert_true(apply(text, &report) < 0);
	assert_non_null(report);
	if (strstr(report, want) == NULL)
		print_error("%s\n", report);
	assert_non_null(strstr(report, want));
	free(report);
}

/* Word by word what iproute2 6.1 prints for the same routes. */
static void
get_as_iproute2(void **state)
{
	role_enter_ctl();
	run("ip route add 50.0.0.0/8 via inet 10.0.1.9 mtu lock 1400 advmss 1300 hoplimit 33", 0);
	assert_string_equal(
		run("ip route show 50.0.0.0/8", 0),
		"50.0.0.0/8 via 10.0.1.9 dev p1 mtu lock 1400 advmss 1300 hoplimit 33 \n");
	assert_string_equal(
		run("ip route get 50.1.1.1/32 fibmatch", 0),
		"50.0.0.0/8 via 10.0.1.9 dev p1 mtu lock 1400 advmss 1300 hoplimit 33 \n");
	assert_string_equal(
		run("ip route get 10.0.1.9 from 10.0.0.7 iif p0 mark 7", CLI_F_JSON),
		"[{\"dst\":\"10.0.1.9\",\"from\":\"10.0.0.7\",\"dev\":\"p1\",\"flags\":[],"
		"\"mark\":7,\"cache\":[],\"iif\":\"p0\"}]\n");
	assert_string_equal(
		run("ip route get 10.0.0.255", CLI_F_JSON),
		"[{\"type\":\"broadcast\",\"dst\":\"10.0.0.255\",\"dev\":\"p0\",\"prefsrc\":"
		"\"10.0.0.1\",\"flags\":[],\"uid\":0,\"cache\":[\"local\",\"brd\"]}]\n");
	assert_string_equal(run("ip route get 50.1.1.1 oif p0 ipproto udp sport 5 dport 6", 0),
			    "50.1.1.1 dev p0 src 10.0.0.1 uid 0 \n    cache \n");
	assert_non_null(strstr(run("ip route get 50.1.1.1 from 9.9.9.9", 0), "9.9.9.9"));
	assert_non_null(strstr(run("ip route get 50.1.1.1 iif p0", 0), "Invalid argument"));
	assert_non_null(strstr(run("ip route get 50.1.1.0/24", 0), "/32"));
	assert_non_null(strstr(run("ip route get 50.1.1.1 ipproto foo", 0), "foo"));
}

/* Metrics that iproute2 refuses, and what is said of them; none makes a route. */
static void
metrics_refused(void **state)
{
	static const struct {
		const char *words, *says;
	} t[] = {
		{ "quickack 2", "\"2\": quickack takes 0 or 1" },
		{ "quickack lock 1", "quickack takes 0 or 1, without lock" },
		{ "rto_min lock 5ms", "rto_min takes a time as 200ms or 1.5s, without lock" },
		{ "rtt abc", "\"abc\": rtt takes a time" },
		{ "rtt 2m", "\"2m\": rtt takes a time" },
		{ "rttvar -1", "\"-1\": rttvar takes a time" },
		{ "rto_min 99999999s", "rto_min takes a time" },
		{ "features foo", "\"foo\": features takes \"ecn\"" },
		{ "features lock ecn", "features takes \"ecn\", without lock" },
		{ "hoplimit 256", "\"256\": hoplimit takes 0..255" },
		{ "advmss 65536", "advmss takes 0..65535" },
		{ "mtu 67", "\"67\": mtu takes 68..65535" },
		{ "window -1", "\"-1\": window takes 0..4294967295" },
		{ "cwnd 4294967296", "cwnd takes" },
		{ "congctl a/b", "\"a/b\": congctl takes the name" },
		{ "congctl abcdefghijklmnop", "congctl takes the name" },
	};
	char line[128];

	role_enter_ctl();
	for (unsigned int i = 0; i < RTE_DIM(t); i++) {
		snprintf(line, sizeof(line), "ip route add 50.0.0.0/8 via 10.0.1.9 %s", t[i].words);
		if (strstr(run(line, 0), t[i].says) == NULL)
			fail_msg("%s: %s", t[i].words, run(line, 0));
	}
	assert_string_equal(run("ip route show 50.0.0.0/8", CLI_F_JSON), "[]\n");
	run("ip route add 50.0.0.0/8 via 10.0.1.9 congctl abcdefghijklmno rtt 0.1ms cwnd 5 cwnd 6",
	    0);
	assert_string_equal(run("ip route show 50.0.0.0/8", 0),
			    "50.0.0.0/8 via 10.0.1.9 dev p1 rtt 1ms cwnd 6 congctl "
			    "abcdefghijklmno \n");
}

static void
config_routes(void **state)
{
	char *report = NULL;

	role_enter_ctl();
	assert_int_equal(
		apply("{" NETS ",\"tables\":{\"isp2\":100},\"routes\":["
		      "{\"dst\":\"default\",\"gateway\":\"10.0.0.254\"},"
		      "{\"dst\":\"198.51.100.0/24\",\"nexthops\":[{\"gateway\":\"10.0.0.7\","
		      "\"weight\":2},{\"gateway\":\"10.0.1.8\"}]},"
		      "{\"dst\":\"203.0.113.0/24\",\"type\":\"blackhole\"},"
		      "{\"dst\":\"default\",\"gateway\":\"10.0.1.254\",\"table\":\"isp2\"}]}",
		      &report),
		0);
	free(report);
	report = NULL;
	assert_string_equal(run("ip route show table isp2", 0),
			    "default via 10.0.1.254 dev p1 proto static \n");
	assert_int_equal(leaf("203.0.113.1"), ADJ_IDX_BLACKHOLE);
	assert_int_equal(fib_ctl.n_routes, 10);
	assert_int_equal(apply("{" NETS ",\"routes\":[{\"dst\":\"203.0.113.0/24\","
			       "\"type\":\"prohibit\"}]}",
			       &report),
			 0);
	free(report);
	assert_int_equal(leaf("203.0.113.1"), ADJ_IDX_PROHIBIT);
	assert_int_equal(fib_ctl.n_routes, 7);
	refused("{" NETS ",\"routes\":[{\"dst\":\"1.2.3.4/8\",\"gateway\":\"10.0.0.9\"}]}",
		"/routes/0/dst");
	refused("{" NETS ",\"routes\":[{\"dst\":\"1.0.0.0/8\"}]}", "/routes/0");
	refused("{" NETS ",\"routes\":[{\"dst\":\"1.0.0.0/8\",\"gatway\":\"10.0.0.9\"}]}",
		"gateway");
	refused("{" NETS ",\"routes\":[{\"dst\":\"1.0.0.0/8\",\"gateway\":\"10.0.0.9\","
		"\"table\":\"isp3\"}]}",
		"isp3");
	refused("{" NETS ",\"tables\":{\"main\":7}}", "/tables/main");
	refused("{" NETS ",\"tables\":{\"a\":254}}", "/tables/a: 254 is table \"main\"");
	refused("{" NETS ",\"tables\":{\"a\":9,\"b\":9}}", "/tables/b: 9 is table \"a\" already");
	refused("{" NETS ",\"routes\":[{\"dst\":\"1.0.0.0/8\",\"gateway\":\"9.9.9.9\"}]}",
		"/routes/0/gateway: 9.9.9.9 is on no subnet of an interface in \"addresses\"");
	assert_int_equal(fib_ctl.n_routes, 7);
}

/* 20.x.y.0/24 numbers @p from to @p to by @p gw. */
static void
write_routes(const char *path, unsigned int from, unsigned int to, const char *gw)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	for (unsigned int i = from; i < to; i++)
		fprintf(f, "20.%u.%u.0/24 via %s\n", i / 256, i % 256, gw);
	fclose(f);
}

static CTL_ONLY void
apply_file(const char *path)
{
	char doc[256], *report = NULL;

	snprintf(doc, sizeof(doc), "{" NETS ",\"routes_file\":\"%s\"}", path);
	assert_int_equal(apply(path == NULL ? "{" NETS "}" : doc, &report), 0);
	free(report);
}

static CTL_ONLY void
settle(uint32_t routes)
{
	for (unsigned int i = 0; i < 10000 && fib_cfg_loading(); i++) {
		usleep(100);
		timer_run();
	}
	assert_false(fib_cfg_loading());
	assert_int_equal(fib_ctl.n_routes, routes);
}

static void
config_routes_file(void **state)
{
	char path[] = "/tmp/fib_cfg_XXXXXX", other[] = "/tmp/fib_cfg_XXXXXX";
	char text[256], doc[256];
	uint64_t changes;
	FILE *f;

	RTE_SET_USED(state);
	role_enter_ctl();
	close(mkstemp(path));
	close(mkstemp(other));
	write_routes(path, 0, 5000, "10.0.0.9");
	apply_file(path);
	assert_true(fib_ctl.n_routes < 5000); /* in slices, between which timers run */
	settle(5006);
	run("ip route add 21.0.0.0/8 via 10.0.0.9", 0);
	apply_file(path); /* the same: nothing to do, but what the document lacks goes */
	assert_false(fib_cfg_loading());
	assert_int_equal(leaf("21.0.0.1"), ADJ_IDX_NO_ROUTE);
	/* One of the file's deleted, one set otherwise: it is read again. */
	run("ip route del 20.1.1.0/24", 0);
	run("ip route replace blackhole 20.1.2.0/24 proto static", 0);
	run("ip route replace 20.1.3.0/24 via 10.0.1.9 proto bird", 0);
	apply_file(path);
	assert_true(fib_cfg_loading());
	settle(5006);
	assert_int_equal(leaf("20.1.1.1"), leaf("20.0.0.1"));
	assert_int_equal(leaf("20.1.2.1"), leaf("20.0.0.1"));
	assert_int_equal(leaf("20.1.3.1"), leaf("20.0.0.1"));
	/* New content: what stays is never gone, what went goes, what came comes. */
	write_routes(path, 1000, 6000, "10.0.1.9");
	changes = fib_ctl.changes;
	apply_file(path);
	while (fib_cfg_loading() && fib_ctl.changes < changes + 4000) {
		timer_run();
		assert_int_not_equal(leaf("20.10.0.1"), ADJ_IDX_NO_ROUTE);
	}
	settle(5006);
	assert_int_equal(fib_ctl.changes, changes + 4000);
	assert_int_equal(leaf("20.0.9.1"), ADJ_IDX_NO_ROUTE);
	assert_int_equal(leaf("20.10.0.1"), leaf("20.23.0.1"));
	/* Another path. */
	write_routes(other, 3000, 3010, "10.0.1.9");
	apply_file(other);
	assert_int_equal(fib_ctl.n_routes, 5006); /* not all at once */
	settle(16);
	/* Metrics as `ip route` writes them. */
	f = fopen(other, "w");
	fprintf(f, "20.0.0.0/8 via 10.0.1.9 mtu lock 1400 rtt 300ms rto_min lock 5ms\n");
	fclose(f);
	snprintf(doc, sizeof(doc), "{" NETS ",\"routes_file\":\"%s\"}", other);
	refused(doc, "\"rto_min\" is not understood");
	f = fopen(other, "w");
	fprintf(f, "20.0.0.0/8 via 10.0.1.9 mtu lock 1400 rtt 300ms congctl lock bbr\n");
	fclose(f);
	apply_file(other);
	settle(7);
	assert_non_null(strstr(run("ip route show 20.0.0.0/8", 0),
			       " mtu lock 1400 rtt 300ms congctl lock bbr \n"));
	/* None any more; also while it is being read. */
	apply_file(path);
	apply_file(NULL);
	settle(6);
	f = fopen(path, "a");
	fprintf(f, "nonsense here\n");
	fclose(f);
	snprintf(text, sizeof(text), "%s:5001", path);
	snprintf(doc, sizeof(doc), "{" NETS ",\"routes_file\":\"%s\"}", path);
	refused(doc, text);
	refused("{" NETS ",\"routes_file\":\"/dev/zero\"}",
		"/routes_file: /dev/zero: is no regular file");
	unlink(path);
	unlink(other);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(text_as_iproute2), T(get_as_iproute2), T(json_as_iproute2),	T(metrics_refused),
		T(refusals),	     T(config_routes),	 T(config_routes_file),
	};

	role_enter_ctl();
	fake_start();
	cli_dev_exists = dev_exists;
	ctl_init();
	cfg_register(&ports);
	cfg_register(&addresses);
	fib_cli_register();
	fib_cfg_register();
	return cmocka_run_group_tests_name("fib/bind", tests, NULL, NULL);
}
