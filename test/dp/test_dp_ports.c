/* SPDX-License-Identifier: BSD-3-Clause */
/* Ports that come, stop, start and go while others forward. */
#include "dp.h"
#include <stdio.h>
#include <string.h>
#include "ctl/cli_exec.h"
#include "ethdev/ethdev.h"

static unsigned int p1, p2, p3;
static struct dp_frame g, want;

static int
setup(void **state)
{
	dp_setup(state);
	p1 = dp_lan(1);
	p2 = dp_lan(2);
	p3 = dp_port("p3");
	dp_cmd("ip addr add 10.0.3.1/24 dev p3");
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

/* The device takes nothing more: what waits is given up after a second, the worker rests before. */
static void
stuck_device_lets_go(void **state)
{
	struct dp_frame got;
	unsigned int out = 0;

	(void)state;
	dp_drops_clear();
	for (unsigned int i = 0; i < 1200; i++) { /* the wire holds 1023 */
		dp_inject(p1, &g);
		if (i % 64 == 63)
			dp_run();
	}
	dp_run();
	assert_true(ethdev_held() > 0);
	assert_int_equal(dp_drops("netdev_tx_full"), 0);
	dp_run_ms(1200);
	assert_int_equal(ethdev_held(), 0);
	while (dp_out(p2, &got))
		out++;
	assert_int_equal(out + dp_drops("netdev_tx_full"), 1200);
	dp_check_balance();
	forwards();
}

/* Nobody looks at a port that is down; what came meanwhile is not routed when it comes up. */
static void
down_port_is_left_alone(void **state)
{
	(void)state;
	dp_drops_clear();
	dp_cmd("ip link set p1 down");
	dp_inject(p1, &g);
	dp_run();
	assert_int_equal(dp_drops("netdev_down"), 0);
	dp_cmd("ip link set p1 up");
	assert_int_equal(dp_drops("netdev_down"), 1);
	dp_expect_none(p2);
	dp_cmd("ip neigh replace 10.0.1.2 lladdr 02:00:00:00:01:02 dev p1");
	forwards();
	dp_check_balance();
}

static void
reset_keeps_what_was_set(void **state)
{
	struct ethdev_port *port;
	struct net_device *dev;

	(void)state;
	role_enter_ctl();
	dev = dev_get_by_name("p2");
	port = ethdev_of(dev);
	dp_cmd("port config p2 promisc on");
	dp_cmd("ip link set p2 address 02:00:00:00:00:ab");
	dp_cmd("port reset p2");
	assert_int_equal(rte_eth_promiscuous_get(port->port_id), 1);
	assert_true(port->ctl->conf.mac_set && port->ctl->conf.mac.addr_bytes[5] == 0xab);
	assert_int_equal(dev->ctl->promiscuity, 1);
	dp_cmd("port config p2 promisc on"); /* the same wish again is no second one */
	dp_cmd("port config p2 promisc off");
	assert_int_equal(dev->ctl->promiscuity, 0);
	dp_cmd("ip link set p2 address 02:00:00:00:00:02");
	dp_cmd("ip neigh replace 10.0.2.2 lladdr 02:00:00:00:01:03 dev p2");
	forwards();
}

static void
stopped_port_stays_stopped(void **state)
{
	struct ethdev_port *port;

	(void)state;
	role_enter_ctl();
	port = ethdev_by_name("p2");
	dp_cmd("port stop p2");
	dp_cmd("port reset p2");
	assert_false(port->ctl->started);
	dp_cmd("port config p2 rxd 512");
	assert_false(port->ctl->started);
	dp_cmd("port start p2");
	dp_cmd("ip neigh replace 10.0.2.2 lladdr 02:00:00:00:01:03 dev p2");
	forwards();
}

static void
refused_queues_leave_the_port_as_it_was(void **state)
{
	struct ethdev_port *port;

	(void)state;
	role_enter_ctl();
	port = ethdev_by_name("p2");
	assert_non_null(strstr(dp_cmd_fails("port config p2 rxq 60"), "receive queues"));
	assert_true(port->ctl->started);
	assert_int_equal(port->ctl->n_rxq, 1);
	dp_cmd("ip neigh replace 10.0.2.2 lladdr 02:00:00:00:01:03 dev p2");
	forwards();
}

static void
attach_errors_say_what_to_check(void **state)
{
	(void)state;
	assert_non_null(strstr(dp_cmd_fails("port attach net_nosuch0"), "no DPDK driver"));
	assert_non_null(strstr(dp_cmd_fails("port attach net_af_packet7,iface=nosuch7"),
			       "no kernel interface \"nosuch7\""));
	assert_null(strstr(dp_cmd_error(), "permitted"));
}

static void
ethtool_answers_a_list(void **state)
{
	static const char *const flags[] = { "", "-i", "-S", "-k", "-g", "-l" };
	char line[64];

	(void)state;
	for (size_t i = 0; i < RTE_DIM(flags); i++) {
		snprintf(line, sizeof(line), "ethtool %s p1", flags[i]);
		assert_int_equal(dp_cmd_try(line, CLI_F_JSON), CLI_DONE);
		assert_int_equal(dp_cmd_output()[0], '[');
		assert_non_null(strstr(dp_cmd_output(), "\"ifname\":"));
	}
	dp_cmd("ethtool p1");
	assert_non_null(strstr(dp_cmd_output(), "ifname: p1"));
	dp_cmd("ethtool -k p1");
	assert_null(strstr(dp_cmd_output(), "ifname"));
	dp_cmd("ip link add link p1 name p1.9 type vlan id 9");
	dp_cmd("ethtool p1.9");
	assert_non_null(strstr(dp_cmd_output(), "ifname: p1.9"));
	dp_cmd_fails("ethtool -S p1.9");
	dp_cmd("ip link del p1.9");
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
		cmocka_unit_test(stuck_device_lets_go),
		cmocka_unit_test(down_port_is_left_alone),
		cmocka_unit_test(reset_keeps_what_was_set),
		cmocka_unit_test(stopped_port_stays_stopped),
		cmocka_unit_test(refused_queues_leave_the_port_as_it_was),
		cmocka_unit_test(attach_errors_say_what_to_check),
		cmocka_unit_test(ethtool_answers_a_list),
		cmocka_unit_test(detached_port_leaves_nothing),
	};

	return cmocka_run_group_tests_name("dp/ports", tests, setup, dp_teardown);
}
