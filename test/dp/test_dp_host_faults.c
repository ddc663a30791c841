/* SPDX-License-Identifier: BSD-3-Clause */
/* When the kernel is interrupted or refuses, and when there is no memory: the linker leads libmnl's
 * two doors, and calloc(), past here. */
#include <errno.h>
#include <stdlib.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include "host/host_nl.h"
#include "host_lab.h"

#define ROUTES 3000 /* several buffers of a dump */
#define OWN    800  /* several slices */

static unsigned int torn_parts;	   /* of dumps */
static unsigned int refused_dumps; /* so many do not begin */
static unsigned int told;	   /* routes, to the kernel */
static bool no_addresses;	   /* no memory for lists of them */

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
ssize_t __real_mnl_socket_sendto(const struct mnl_socket *nl, const void *buf, size_t len);
ssize_t __wrap_mnl_socket_sendto(const struct mnl_socket *nl, const void *buf, size_t len);
ssize_t __real_mnl_socket_recvfrom(const struct mnl_socket *nl, void *buf, size_t len);
ssize_t __wrap_mnl_socket_recvfrom(const struct mnl_socket *nl, void *buf, size_t len);

void *
__wrap_calloc(size_t n, size_t size)
{
	return no_addresses && size == sizeof(struct host_nl_addr) ? NULL : __real_calloc(n, size);
}

ssize_t
__wrap_mnl_socket_sendto(const struct mnl_socket *nl, const void *buf, size_t len)
{
	const struct nlmsghdr *nlh = buf;

	told += nlh->nlmsg_type == RTM_NEWROUTE;
	if (nlh->nlmsg_type == RTM_GETROUTE && refused_dumps > 0) {
		refused_dumps--;
		errno = ENOBUFS;
		return -1;
	}
	return __real_mnl_socket_sendto(nl, buf, len);
}

/* The second message of a torn dump is missing, its first one says that some are. */
ssize_t
__wrap_mnl_socket_recvfrom(const struct mnl_socket *nl, void *buf, size_t len)
{
	ssize_t n = __real_mnl_socket_recvfrom(nl, buf, len);
	struct nlmsghdr *nlh = buf;
	int left = (int)n;

	if (torn_parts == 0 || n <= 0 || mnl_socket_get_fd(nl) != host_nl_dump_fd())
		return n;
	torn_parts--;
	nlh->nlmsg_flags |= NLM_F_DUMP_INTR;
	nlh = mnl_nlmsg_next(nlh, &left);
	assert_true(mnl_nlmsg_ok(nlh, left));
	nlh->nlmsg_type = NLMSG_NOOP;
	return n;
}

static void
add_routes(void)
{
	FILE *f = popen("ip -n lab -batch -", "w");

	assert_non_null(f);
	for (unsigned int i = 0; i < ROUTES; i++)
		fprintf(f, "route add 11.0.%u.%u/32 via 10.0.2.2 proto bgp\n", i >> 8, i & 255);
	assert_int_equal(pclose(f), 0);
}

static int
many_routes(void **state)
{
	if (setup(state) != 0)
		return -1;
	add_routes();
	settle();
	return 0;
}

static struct host_stats
stats(void)
{
	struct host_stats st;

	role_enter_ctl();
	host_get_stats(&st);
	return st;
}

/* A reading, as when a next hop object goes. */
static void
have_it_read(void)
{
	lab("nexthop add id 9 via 10.0.2.2 dev p2");
	lab("nexthop del id 9");
	settle();
}

static void
torn_dump(void **state)
{
	struct host_stats before = stats(), after;

	(void)state;
	have_it_read(); /* a control */
	assert_int_equal(stats().readings, before.readings + 1);
	torn_parts = 1;
	have_it_read();
	settle();
	after = stats();
	assert_int_equal(torn_parts, 0);
	/* It is read once more; until then nothing is taken for gone. */
	assert_int_equal(after.readings, before.readings + 3);
	assert_int_equal(after.withdrawn, before.withdrawn);
	assert_false(after.reading);
	lab("route del 11.0.0.0");
	settle();
	assert_int_equal(stats().withdrawn, before.withdrawn + 1);
	lab("route add 11.0.0.0 via 10.0.2.2 proto bgp");
	settle();
}

/* While it can not be read, the news are heard, and it is tried again. */
static void
refused_dump(void **state)
{
	uint64_t readings = stats().readings;

	(void)state;
	refused_dumps = 1;
	have_it_read();
	assert_int_equal(refused_dumps, 0);
	assert_int_equal(stats().readings, readings);
	assert_false(stats().reading);
	lab("route add 10.20.0.0/16 via 10.0.2.2 proto static");
	dp_run_ms(1);
	role_enter_ctl();
	while (ev_run_once(10) > 0)
		;
	assert_int_equal(stats().readings, readings);
	assert_true(router_has("10.20.0.0/16"));
	dp_run_ms(1000);
	settle();
	assert_int_equal(stats().readings, readings + 1);
	lab("route del 10.20.0.0/16");
	settle();
	assert_false(router_has("10.20.0.0/16"));
}

static void
refused_at_start(void **state)
{
	(void)state;
	disable(NULL);
	refused_dumps = 2; /* the first one looks for what a killed daemon has left */
	assert_non_null(strstr(dp_cmd_fails("host enable netns lab"), "read the host's routes"));
	assert_string_equal(lab("-br link show type tun"), "");
	dp_cmd("host enable netns lab routes none");
	settle();
	refused_dumps = 1;
	dp_cmd_fails("host enable netns lab routes import");
	dp_cmd("show config running /host");
	assert_non_null(strstr(dp_cmd_output(), "none"));
	assert_non_null(strstr(lab("-br link show type tun"), "p1"));
	lab("route add 10.20.0.0/16 via 10.0.2.2 proto static");
	settle();
	assert_false(router_has("10.20.0.0/16"));
	enable(NULL);
	assert_true(router_has("10.20.0.0/16"));
	lab("route del 10.20.0.0/16");
	settle();
}

/* A load that begins the import, fails in a later section and takes it back, all in one turn:
 * nobody has read what the kernel had begun to say. */
static void
never_read(void **state)
{
	struct host_stats before, after;

	(void)state;
	dp_cmd("host enable netns lab routes export");
	add_routes(); /* which have gone with the counterparts */
	lab("route add 10.21.0.0/16 via 10.0.2.2 proto static");
	lab("route append 10.21.0.0/16 via 10.0.1.2 proto static");
	lab("route add 10.20.0.0/16 via 10.0.2.2 proto static");
	settle();
	before = stats();
	dp_cmd("host enable netns lab");
	dp_cmd("host enable netns lab routes export");
	settle();
	lab("route del 10.20.0.0/16");
	dp_cmd("host enable netns lab");
	settle();
	settle();
	after = stats();
	assert_int_equal(after.readings, before.readings + 2);
	assert_int_equal(after.imported, before.imported + ROUTES + 2);
	assert_int_equal(after.withdrawn, before.withdrawn);
	assert_false(router_has("10.20.0.0/16"));
	dp_cmd("ip route show 10.21.0.0/16");
	assert_string_equal(dp_cmd_output(), "10.21.0.0/16 via 10.0.2.2 dev p2 proto static \n"
					     "10.21.0.0/16 via 10.0.1.2 dev p1 proto static \n");
	lab("route flush proto static");
	settle();
}

static void
first_time_once(void **state)
{
	struct host_stats st;

	(void)state;
	disable(NULL);
	for (unsigned int i = 0; i < OWN; i++)
		dp_cmd("ip route add 12.0.%u.%u nexthop via 10.0.1.2 nexthop via 10.0.2.2", i >> 8,
		       i & 255);
	told = 0;
	enable(NULL);
	st = stats();
	assert_int_equal(st.exported, OWN);
	assert_int_equal(told, OWN);
	assert_int_equal(st.unexported, 0);
	/* What comes while they are taken back, is not told. */
	dp_cmd("host enable netns lab routes import");
	dp_run_ms(1);
	assert_in_range(stats().unexported, 1, OWN - 1);
	dp_cmd("ip route add 10.50.0.0/16 via 10.0.1.2");
	settle();
	assert_int_equal(stats().unexported, OWN);
	assert_string_equal(lab("route show proto 157"), "");
	dp_cmd("ip route del 10.50.0.0/16");
	dp_cmd("ip route flush root 12.0.0.0/8");
	enable(NULL);
}

static void
no_memory_for_addresses(void **state)
{
	(void)state;
	no_addresses = true;
	dp_cmd("ip addr add 10.0.9.1/24 dev p1");
	settle();
	assert_non_null(strstr(lab("-br addr show p1"), "10.0.1.1/24"));
	no_addresses = false;
	dp_cmd("ip addr add 10.0.8.1/24 dev p1");
	settle();
	assert_non_null(strstr(lab("-br addr show p1"), "10.0.1.1/24"));
	assert_non_null(strstr(lab("-br addr show p1"), "10.0.9.1/24"));
	assert_non_null(strstr(lab("-br addr show p1"), "10.0.8.1/24"));
	dp_cmd("ip addr del 10.0.8.1/24 dev p1");
	dp_cmd("ip addr del 10.0.9.1/24 dev p1");
	settle();
	assert_null(strstr(lab("-br addr show p1"), "10.0.9.1/24"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(torn_dump),	    cmocka_unit_test(refused_dump),
		cmocka_unit_test(refused_at_start), cmocka_unit_test(never_read),
		cmocka_unit_test(first_time_once),  cmocka_unit_test(no_memory_for_addresses),
	};

	return cmocka_run_group_tests_name("dp/host_faults", tests, many_routes, dp_teardown);
}
