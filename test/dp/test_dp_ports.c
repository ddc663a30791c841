/* SPDX-License-Identifier: BSD-3-Clause */
/* Ports that come, stop, start and go while others forward. */
#include "dp.h"
#include <string.h>
#include "ethdev/ethdev.h"

static unsigned int p1, p2, p3;
static struct dp_frame g, want;

static int
setup(void **state)
{
	dp_setup(state);
	p1 = dp_port("p1");
	p2 = dp_port("p2");
	p3 = dp_port("p3");
	dp_cmd("ip addr add 10.0.1.1/24 dev p1");
	dp_cmd("ip addr add 10.0.2.1/24 dev p2");
	dp_cmd("ip addr add 10.0.3.1/24 dev p3");
	dp_cmd("ip neigh add 10.0.2.2 lladdr 02:00:00:00:01:03 dev p2");
	dp_cmd("ip neigh add 10.0.1.2 lladdr 02:00:00:00:01:02 dev p1");
	g = dp_udp(p1, 2, "10.0.1.2", "10.0.2.2", 100);
	want = dp_forwarded(&g, p2, 3);
	return 0;
}

static void
forwards(void)
{
	dp_inject(p1, &g);
	dp_run();
	dp_expect(p2, &want);
}

static void
unreachable(void)
{
	struct dp_frame got;

	dp_inject(p1, &g);
	dp_run();
	dp_expect_none(p2);
	while (dp_out(p1, &got)) /* net unreachable, as long as the limit allows */
		assert_int_equal(((uint8_t *)(dp_ip4(&got) + 1))[0], 3);
}

static void
down_withdraws_and_up_restores(void **state)
{
	(void)state;
	forwards();
	dp_cmd("ip link set p2 down");
	unreachable();
	dp_cmd("ip link set p2 up");
	dp_cmd("ip neigh replace 10.0.2.2 lladdr 02:00:00:00:01:03 dev p2");
	forwards();
}

static void
stopped_port_starts_again(void **state)
{
	(void)state;
	dp_cmd("port stop p2");
	unreachable();
	dp_cmd("port start p2");
	dp_cmd("ip neigh replace 10.0.2.2 lladdr 02:00:00:00:01:03 dev p2");
	forwards();
}

static void
address_change_of_the_port_shows_at_once(void **state)
{
	struct dp_frame other = want;

	(void)state;
	dp_cmd("ip link set p2 address 02:00:00:00:00:aa");
	other.b[6 + 5] = 0xaa;
	dp_inject(p1, &g);
	dp_run();
	dp_expect(p2, &other);
	dp_cmd("ip link set p2 address 02:00:00:00:00:02");
	forwards();
}

static void
rename_keeps_everything(void **state)
{
	(void)state;
	dp_cmd("ip link set p2 name wan");
	forwards();
	dp_cmd("ip link set wan name p2");
	forwards();
}

static void
removed_address_takes_its_routes(void **state)
{
	(void)state;
	dp_cmd("ip route add 198.51.100.0/24 via 10.0.2.2");
	dp_cmd("ip addr del 10.0.2.1/24 dev p2");
	unreachable();
	dp_cmd("ip addr add 10.0.2.1/24 dev p2");
	dp_cmd("ip neigh replace 10.0.2.2 lladdr 02:00:00:00:01:03 dev p2");
	forwards();
}

static void
detached_port_leaves_nothing(void **state)
{
	struct dp_frame back = dp_udp(p1, 2, "10.0.1.2", "10.0.3.7", 40), got;

	(void)state;
	dp_inject(p1, &back); /* waits for an ARP answer on p3 */
	dp_run();
	assert_true(dp_out(p3, &got));
	dp_cmd("port detach p3");
	while (dp_out(p1, &got))
		;
	forwards();
	dp_inject(p1, &back);
	dp_run();
	assert_true(dp_out(p1, &got)); /* net unreachable: the route is gone */
	assert_int_equal(((uint8_t *)(dp_ip4(&got) + 1))[1], 0);
	assert_non_null(strstr(dp_cmd_fails("port detach p3"), "p3"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(down_withdraws_and_up_restores),
		cmocka_unit_test(stopped_port_starts_again),
		cmocka_unit_test(address_change_of_the_port_shows_at_once),
		cmocka_unit_test(rename_keeps_everything),
		cmocka_unit_test(removed_address_takes_its_routes),
		cmocka_unit_test(detached_port_leaves_nothing),
	};

	return cmocka_run_group_tests_name("dp/ports", tests, setup, dp_teardown);
}
