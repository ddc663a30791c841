/* SPDX-License-Identifier: BSD-3-Clause */
/* The cursor: what it takes, and what it says about what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <rte_byteorder.h>
#include "ctl/cfg_priv.h"
#include "ctl/ctl.h"

/* Take a document apart with a function and compare what was refused. */
static void
refuses(const char *text, void (*fn)(const struct cfg *c), const char *expected)
{
	struct cfg_errors e = { 0 };
	json_t *doc = json_loads(text, 0, NULL);
	struct cfg root = { .node = doc, .errs = &e };
	char *report;

	assert_non_null(doc);
	fn(&root);
	assert_int_equal(cfg_failed(&root), expected != NULL);
	cfg_errors_report(&e, &report);
	if (expected == NULL)
		assert_null(report);
	else
		assert_string_equal(report, expected);
	free(report);
	json_decref(doc);
}

static void
read_mtu(const struct cfg *c)
{
	uint32_t mtu = 7;
	bool ok = cfg_u32(c, "mtu", 68, 9000, &mtu);

	/* A refused or absent value leaves the default alone. */
	assert_true(ok ? mtu == 1500 : mtu == 7);
}

static void
test_u32(void **state)
{
	refuses("{\"mtu\":1500}", read_mtu, NULL);
	refuses("{}", read_mtu, NULL);
	refuses("{\"mtu\":67}", read_mtu, "/mtu: expected an integer 68..9000, found 67\n");
	refuses("{\"mtu\":9001}", read_mtu, "/mtu: expected an integer 68..9000, found 9001\n");
	refuses("{\"mtu\":-1}", read_mtu, "/mtu: expected an integer 68..9000, found -1\n");
	refuses("{\"mtu\":1500.0}", read_mtu, "/mtu: expected an integer 68..9000, found 1500.0\n");
	refuses("{\"mtu\":\"1500\"}", read_mtu,
		"/mtu: expected an integer 68..9000, found \"1500\"\n");
	refuses("{\"mtu\":[]}", read_mtu, "/mtu: expected an integer 68..9000, found an array\n");
}

static void
read_words(const struct cfg *c)
{
	static const char *const words[] = { "stp", "rstp", "mstp", NULL };
	unsigned int w = 9;
	bool b = true;
	const char *s = NULL;

	if (cfg_word(c, "mode", words, &w))
		assert_int_equal(w, 1);
	if (cfg_bool(c, "on", &b))
		assert_false(b);
	if (cfg_str(c, "name", &s))
		assert_string_equal(s, "x");
}

static void
test_words(void **state)
{
	refuses("{\"mode\":\"rstp\",\"on\":false,\"name\":\"x\"}", read_words, NULL);
	refuses("{\"mode\":\"rtsp\"}", read_words,
		"/mode: expected one of \"stp\", \"rstp\", \"mstp\" (did you mean \"stp\"?), "
		"found \"rtsp\"\n");
	refuses("{\"mode\":1,\"on\":0,\"name\":null}", read_words,
		"/mode: expected one of \"stp\", \"rstp\", \"mstp\", found 1\n"
		"/on: expected true or false, found 0\n"
		"/name: expected a string, found null\n");
}

static void
read_addresses(const struct cfg *c)
{
	struct rte_ether_addr mac;
	uint32_t addr = 0;
	uint8_t plen = 99;

	if (cfg_ip4(c, "ip", &addr))
		assert_int_equal(addr, rte_cpu_to_be_32(0xc0000201));
	if (cfg_prefix(c, "net", &addr, &plen)) {
		assert_int_equal(addr, rte_cpu_to_be_32(0x0a000001)); /* host bits are kept */
		assert_int_equal(plen, 8);
	}
	if (cfg_prefix(c, "host", &addr, &plen))
		assert_int_equal(plen, 32);
	if (cfg_prefix(c, "all", &addr, &plen)) {
		assert_int_equal(addr, 0);
		assert_int_equal(plen, 0);
	}
	if (cfg_mac(c, "mac", &mac))
		assert_memory_equal(mac.addr_bytes, "\x02\xab\0\0\0\x01", 6);
}

static void
test_addresses(void **state)
{
	refuses("{\"ip\":\"192.0.2.1\",\"net\":\"10.0.0.1/8\",\"host\":\"10.0.0.1\","
		"\"all\":\"default\",\"mac\":\"02:ab:00:00:00:01\"}",
		read_addresses, NULL);
	refuses("{\"ip\":\"192.0.2\",\"mac\":\"02:ab:00:00:00:0g\"}", read_addresses,
		"/ip: expected an IPv4 address, found \"192.0.2\"\n"
		"/mac: expected a MAC address (\"02:00:00:00:00:01\"), found "
		"\"02:ab:00:00:00:0g\"\n");
	static const char *const bad[] = { "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8x", "10.0.0.0/-1",
					   "10/8",	  "",	       "10.0.0.0/008" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[64], want[160];

		snprintf(text, sizeof(text), "{\"net\":\"%s\"}", bad[i]);
		snprintf(want, sizeof(want),
			 "/net: expected an IPv4 prefix (\"192.0.2.0/24\", \"default\"), found "
			 "\"%s\"\n",
			 bad[i]);
		refuses(text, read_addresses, want);
	}
}

static void
read_nested(const struct cfg *c)
{
	static const char *const known[] = { "mtu", "enabled", NULL };
	struct cfg ports = cfg_get(c, "p/o~rts");
	struct cfg list = cfg_get(&ports, "list");
	struct cfg second = cfg_at(&list, 1);
	uint32_t v = 0;

	cfg_only(&second, known);
	cfg_u32(&second, "mtu", 1, 2, &v);
	cfg_need(&second, "enabled");
	second = cfg_at(&list, 0);
	cfg_u32(&second, NULL, 1, 2, &v); /* the node itself */
	cfg_need(&second, "enabled");
}

static void
test_pointer(void **state)
{
	refuses("{\"p/o~rts\":{\"list\":[5,{\"mtuu\":1,\"zzzzzzz\":2,\"mtu\":3}]}}", read_nested,
		"/p~1o~0rts/list/1/mtuu: unknown key, the nearest valid one is \"mtu\"\n"
		"/p~1o~0rts/list/1/zzzzzzz: unknown key, valid ones are mtu, enabled\n"
		"/p~1o~0rts/list/1/mtu: expected an integer 1..2, found 3\n"
		"/p~1o~0rts/list/1/enabled: is missing\n"
		"/p~1o~0rts/list/0: expected an integer 1..2, found 5\n"
		"/p~1o~0rts/list/0: expected an object, found 5\n");
}

static void
fail_often(const struct cfg *c)
{
	for (int i = 0; i < 150; i++)
		cfg_fail(c, "k", "no");
}

static void
test_limit(void **state)
{
	struct strbuf want = { 0 };

	for (int i = 0; i < 100; i++)
		strbuf_puts(&want, "/k: no\n");
	strbuf_puts(&want, "and 50 errors more\n");
	refuses("{}", fail_often, strbuf_str(&want));
	strbuf_free(&want);
}

static void
no_zero(const struct cfg *entry, const struct cfg *doc)
{
	uint32_t v = 1;

	cfg_u32(entry, NULL, 1, 10, &v);
	if (json_object_get(doc->node, "lone") != NULL && v == 9)
		cfg_fail(entry, NULL, "contradicts /lone");
}

static struct cfg_section map = { .name = "map", .shape = CFG_MAP, .order = 2, .check = no_zero };
static struct cfg_section list = { .name = "list",
				   .shape = CFG_LIST,
				   .order = 1,
				   .schema = "{\"type\":\"integer\"}",
				   .check = no_zero };
static struct cfg_section lone = { .name = "lone", .shape = CFG_OBJECT, .order = 3 };

static void
loads(const char *text, const char *expected)
{
	char *report = NULL;
	json_t *doc = cfg_load_text(text, "f.json", &report);

	if (expected == NULL) {
		assert_null(report);
		assert_non_null(doc);
	} else {
		assert_null(doc);
		assert_non_null(report);
		assert_string_equal(report, expected);
	}
	json_decref(doc);
	free(report);
}

static void
test_document(void **state)
{
	loads("{\"version\":1,\"map\":{\"a\":1},\"list\":[1,2],\"lone\":\"x\"}", NULL);
	loads("{}", NULL);
	loads("[]", "/: expected an object\n");
}

static void
test_document_refused(void **state)
{
	loads("{\"version\":2,\"mapp\":{}}",
	      "/mapp: unknown key, the nearest valid one is \"map\"\n"
	      "/version: expected an integer 1..1, found 2\n");
	/* What the documentation has but this release has not; "map" is no near "mst". */
	loads("{\"bridges\":{\"br0\":{}},\"stp\":1,\"bridge\":1}",
	      "/bridges: not in this release\n/stp: not in this release\n"
	      "/bridge: unknown key, valid ones are version, list, map, lone\n");
	/* All errors of all sections, in their order. */
	loads("{\"map\":{\"a\":0,\"b\":11},\"list\":[1,0,1],\"lone\":1}",
	      "/list/2: is the same as element 0\n"
	      "/list/1: expected an integer 1..10, found 0\n"
	      "/map/a: expected an integer 1..10, found 0\n"
	      "/map/b: expected an integer 1..10, found 11\n");
	loads("{\"map\":[],\"list\":{}}", "/list: expected an array\n"
					  "/map: expected an object with an entry per name\n");
	loads("{\"map\":{\"a\":9},\"lone\":1}", "/map/a: contradicts /lone\n");
}

static void
test_syntax(void **state)
{
	char *report;

	assert_null(cfg_load_text("{\"map\":{\n \"a\":1,\n \"a\":2}}", "f.json", &report));
	assert_non_null(strstr(report, "f.json:3:"));
	assert_non_null(strstr(report, "duplicate"));
	free(report);
	assert_null(cfg_load_text("{\n\"map\" 1}", "f.json", &report));
	assert_non_null(strstr(report, "f.json:2:7: "));
	free(report);
	assert_null(cfg_load_text("{\"a\\u001b[1m\":1}", "f.json", &report));
	assert_string_equal(report, "/a\\u001b[1m: unknown key, valid ones are version, list, map, "
				    "lone\n");
	free(report);
	assert_null(cfg_load_file("/nonexistent/x.json", &report));
	assert_string_equal(report, "/nonexistent/x.json: No such file or directory\n");
	free(report);
}

static void
test_file_dir(void **state)
{
	char dir[] = "/tmp/test_cfg.XXXXXX";
	char path[64];
	char *report;
	json_t *doc;
	FILE *f;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/a.json", dir);
	f = fopen(path, "w");
	fputs("{\"version\":1}", f);
	fclose(f);
	doc = cfg_load_file(path, &report);
	assert_non_null(doc);
	assert_string_equal(cfg_dir(), dir);
	json_decref(doc);
	assert_null(cfg_load_file("/nonexistent/x.json", &report));
	free(report);
	assert_string_equal(cfg_dir(), dir); /* refused: as before */
	unlink(path);
	rmdir(dir);
}

static void
test_schema(void **state)
{
	json_t *s = cfg_schema();
	const char *type = NULL;
	int strict = 1;

	assert_int_equal(json_unpack(s, "{s:b, s:{s:{s:{s:s}}}}", "additionalProperties", &strict,
				     "properties", "list", "items", "type", &type),
			 0);
	assert_false(strict);
	assert_string_equal(type, "integer");
	json_decref(s);
}

static int
setup(void **state)
{
	role_enter_ctl();
	cfg_register(&map);
	cfg_register(&list);
	cfg_register(&lone);
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
		cmocka_unit_test(test_u32),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_pointer),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_document),
		cmocka_unit_test(test_document_refused),
		cmocka_unit_test(test_syntax),
		cmocka_unit_test(test_file_dir),
		cmocka_unit_test(test_schema),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
