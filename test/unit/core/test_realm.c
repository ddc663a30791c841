/* SPDX-License-Identifier: BSD-3-Clause */
/* Realms in words: what iproute2 takes and refuses, and names from a file. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>
#include <rte_common.h>
#include "core/realm.h"

static void
words(void **state)
{
	static const struct {
		const char *word;
		uint32_t realms;
	} good[] = { { "5", 5 },
		     { "0", 0 },
		     { "255", 255 },
		     { "0x10", 16 },
		     { "3/7", 0x30007 },
		     { "0/255", 255 },
		     { "3/", 0x30000 },
		     { "cosmos/9", 9 },
		     { "9/cosmos", 9 << 16 },
		     { "5000", 5000 },
		     { "0x30007", 0x30007 },
		     { "4294967295", UINT32_MAX } };
	static const char *const bad[] = { "",	    "/",      "/3",  "1/300", "300/1",
					   "1/2/3", "nosuch", "5x",  "-1",    "4294967296",
					   "cosmo", " 5",     "1/-1" };
	uint32_t v;

	(void)state;
	for (unsigned int i = 0; i < RTE_DIM(good); i++) {
		v = 77;
		assert_int_equal(realms_parse(good[i].word, &v), 0);
		assert_int_equal(v, good[i].realms);
	}
	for (unsigned int i = 0; i < RTE_DIM(bad); i++)
		assert_int_equal(realms_parse(bad[i], &v), -EINVAL);
	assert_int_equal(realm_parse("255", &v), 0);
	assert_int_equal(v, 255);
	assert_int_equal(realm_parse("256", &v), -EINVAL);
}

static void
filters(void **state)
{
	static const struct {
		const char *word;
		uint32_t realms, mask;
	} rows[] = { { "5", 5, 0xffff },
		     { "0", 0, 0xffff },
		     { "3/", 0x30000, 0xffff0000 },
		     { "3/7", 0x30007, 0xffffffff },
		     { "0/7", 7, 0xffffffff },
		     { "0x30007", 0x30007, 0xffffffff } };
	uint32_t v, mask;

	(void)state;
	for (unsigned int i = 0; i < RTE_DIM(rows); i++) {
		assert_int_equal(realms_parse_filter(rows[i].word, &v, &mask), 0);
		assert_int_equal(v, rows[i].realms);
		assert_int_equal(mask, rows[i].mask);
	}
	assert_int_equal(realms_parse_filter("x", &v, &mask), -EINVAL);
}

static void
names(void **state)
{
	char path[] = "/tmp/realms-XXXXXX";
	FILE *f = fdopen(mkstemp(path), "w");
	uint32_t v;

	(void)state;
	assert_string_equal(realm_name(0), "cosmos");
	assert_string_equal(realm_name(7), "7");
	fputs("# numbers and names\n0\tunknown\n7 uplink # the way out\n0x11 peers\n256 none\n#8 "
	      "x\n",
	      f);
	fclose(f);
	realm_names_read(path);
	unlink(path);
	assert_string_equal(realm_name(0), "unknown");
	assert_string_equal(realm_name(7), "uplink");
	assert_string_equal(realm_name(17), "peers");
	assert_string_equal(realm_name(8), "8");
	assert_string_equal(realm_name(256), "256");
	assert_int_equal(realms_parse("peers/uplink", &v), 0);
	assert_int_equal(v, 0x110007);
	assert_int_equal(realms_parse("cosmos", &v), -EINVAL);
	assert_int_equal(realms_parse("none", &v), -EINVAL);
	realm_names_read("/nosuch/file");
	assert_string_equal(realm_name(7), "7");
	assert_string_equal(realm_name(0), "cosmos");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words),
		cmocka_unit_test(filters),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
