/* SPDX-License-Identifier: BSD-3-Clause */
/* What is said in the log about single packets, and how often. */
#include <stdio.h>
#include <rte_log.h>
#include "fixture.h"

static FILE *log_file;
static char *log_text;
static size_t log_len;

static void
log_start(void)
{
	log_file = open_memstream(&log_text, &log_len);
	assert_non_null(log_file);
	assert_int_equal(rte_openlog_stream(log_file), 0);
	ip4_log_reset();
}
/* How often @p what was said since. */
static unsigned int
log_end(const char *what)
{
	unsigned int n = 0;

	settle();
	rte_openlog_stream(NULL);
	fclose(log_file);
	for (const char *p = log_text; (p = strstr(p, what)) != NULL; p++)
		n++;
	free(log_text);
	return n;
}

static void
test_log_martians(void **state)
{
	struct in_device *in_dev = p0->ip_ptr;
	struct pkt source = { .src = IP(127, 0, 0, 1) }, dest = { .dst = IP(0, 1, 2, 3) };

	log_start();
	rx_pkt(&source, true);
	rx_pkt(&dest, true);
	assert_int_equal(log_end("martian"), 0);
	in_dev->cnf.log_martians = 1;
	log_start();
	rx_pkt(&source, true);
	/* The head of the frame is shown: both MAC addresses, the type, and what follows. */
	assert_int_equal(log_end("martian source: from 127.0.0.1 to 203.0.113.5, on dev p0 (0 not "
				 "shown), head: 02 00 00 00 00 01 02 00 00 00 99 00 08 00 45 00"),
			 1);
	log_start();
	rx_pkt(&dest, true);
	assert_int_equal(log_end("martian destination: from 192.0.2.9 to 0.1.2.3, on dev p0"), 1);
	/* A burst, then silence; how many were not shown is said with the next one. */
	log_start();
	for (unsigned int i = 0; i < 50; i++)
		rx_pkt(&source, true);
	assert_int_equal(log_end("martian source"), 10);
	net_core.message_burst = 3;
	log_start();
	for (unsigned int i = 0; i < 50; i++)
		rx_pkt(&source, true);
	assert_int_equal(log_end("martian source"), 3);
	net_core.message_burst = 10;
	net_core.message_cost = 0;
	log_start();
	for (unsigned int i = 0; i < 50; i++)
		rx_pkt(&source, true);
	assert_int_equal(log_end("martian source"), 50);
	net_core.message_cost = 5;
	in_dev->cnf.log_martians = 0;
	assert_int_equal(drops(DROP_IP4_MARTIAN_SOURCE), 152);
	assert_int_equal(drops(DROP_IP4_MARTIAN_DESTINATION), 2);
	(void)state;
}

/* RFC 1122 3.2.2: an error about a packet to a broadcast; never given to anybody, logged if wanted.
 */
static void
test_bogus_errors(void **state)
{
	uint8_t d[8 + 28] = { ICMP4_UNREACH, 1 };
	struct pkt p = { .dst = OUR0, .proto = IPPROTO_ICMP, .data = d, .payload = sizeof(d) };

	d[8] = 0x45;
	memcpy(d + 8 + 16, &(rte_be32_t){ IP(192, 0, 2, 255) }, 4);
	*(uint16_t *)(d + 2) = (uint16_t)~rte_raw_cksum(d, sizeof(d));
	log_start();
	rx_pkt(&p, true);
	assert_int_equal(log_end("about a broadcast"), 0);
	net_ipv4.icmp_ignore_bogus_error_responses = 0;
	log_start();
	rx_pkt(&p, true);
	net_ipv4.icmp_ignore_bogus_error_responses = 1;
	assert_int_equal(log_end("ICMP error about a broadcast: from 192.0.2.9"), 1);
	assert_int_equal(drops(DROP_ICMP_BOGUS_ERROR), 2);
	(void)state;
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(test_log_martians),
		T(test_bogus_errors),
	};

	if (fixture_eal() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
