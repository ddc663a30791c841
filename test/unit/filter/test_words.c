/* SPDX-License-Identifier: BSD-3-Clause */
/* Rules in words: what is understood, what is not, and what is said back. */
#include "fixture.h"
#include "filter/filter.h"

static void
test_ports(void **state)
{
	static const char *const bad[] = {
		"", "x", "65536", "-1", "5-", "9-8", "1-65536", "1,2", "1 ", "99999999999999999999"
	};
	uint16_t p[2];

	(void)state;
	assert_int_equal(filter_parse_ports("0", p), 0);
	assert_int_equal(p[0] | p[1], 0);
	assert_int_equal(filter_parse_ports("080", p), 0); /* no octal here */
	assert_int_equal(p[0], 80);
	assert_int_equal(filter_parse_ports("1024-65535", p), 0);
	assert_int_equal(p[0], 1024);
	assert_int_equal(p[1], 65535);
	assert_int_equal(filter_parse_ports("5:5", p), 0);
	for (unsigned int i = 0; i < RTE_DIM(bad); i++)
		assert_int_equal(filter_parse_ports(bad[i], p), -EINVAL);
}

static void
test_protocols(void **state)
{
	uint8_t v;

	(void)state;
	assert_int_equal(filter_parse_proto("TCP", &v), 0);
	assert_int_equal(v, 6);
	assert_int_equal(filter_parse_proto("255", &v), 0);
	assert_int_equal(v, 255);
	assert_int_equal(filter_parse_proto("256", &v), -EINVAL);
	assert_int_equal(filter_parse_proto("tcpx", &v), -EINVAL);
	assert_string_equal(filter_proto_word(17), "udp");
	assert_string_equal(filter_proto_word(200), "200");
}

static void
test_icmp(void **state)
{
	struct filter_rule r = { 0 };

	(void)state;
	assert_int_equal(filter_parse_icmp("echo-request", &r), 0);
	assert_true(r.icmp_type_set && !r.icmp_code_set);
	assert_int_equal(r.icmp_type, 8);
	assert_string_equal(filter_icmp_word(&r), "echo-request");
	assert_int_equal(filter_parse_icmp("3/4", &r), 0);
	assert_true(r.icmp_type_set && r.icmp_code_set);
	assert_string_equal(filter_icmp_word(&r), "3/4");
	assert_int_equal(filter_parse_icmp("3/", &r), -EINVAL);
	assert_int_equal(filter_parse_icmp("3/256", &r), -EINVAL);
	assert_int_equal(filter_parse_icmp("300", &r), -EINVAL);
}

static void
test_tos_and_lists(void **state)
{
	enum ip4_hook_point at;
	uint8_t tos, mask, v;

	(void)state;
	assert_int_equal(filter_parse_tos("0x10", &tos, &mask), 0);
	assert_int_equal(tos, 0x10);
	assert_int_equal(mask, 0xff);
	assert_int_equal(filter_parse_tos("0x1f/0x1e", &tos, &mask), 0);
	assert_int_equal(tos, 0x1e);
	assert_int_equal(filter_parse_tos("1/0", &tos, &mask), -EINVAL);
	assert_int_equal(filter_parse_tos("0x100", &tos, &mask), -EINVAL);
	assert_int_equal(filter_parse_reject("tcp-reset", &v), 0);
	assert_int_equal(v, FILTER_TCP_RESET);
	assert_int_equal(filter_parse_reject("admin-prohibited", &v), 0);
	assert_int_equal(v, 13);
	assert_string_equal(filter_reject_word(10), "host-prohibited");
	assert_int_equal(filter_parse_reject("never", &v), -EINVAL);
	assert_int_equal(filter_parse_fragment("later", &v), 0);
	assert_string_equal(filter_fragment_word(v), "later");
	assert_int_equal(filter_parse_action("count", &v), 0);
	assert_string_equal(filter_action_word(v), "count");
	assert_int_equal(filter_parse_chain("postrouting", &at), 0);
	assert_int_equal(at, IP4_HOOK_POSTROUTING);
	assert_int_equal(filter_parse_chain("post", &at), -EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_protocols),
		cmocka_unit_test(test_icmp),
		cmocka_unit_test(test_tos_and_lists),
	};

	return cmocka_run_group_tests_name("filter/words", tests, NULL, NULL);
}
