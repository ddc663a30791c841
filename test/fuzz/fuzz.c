/* SPDX-License-Identifier: BSD-3-Clause */
#include "fuzz.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../dp/dp.h"
#include "core/timer.h"
#include "ip4/ip4_defrag_dp.h"

uint8_t
fuzz_u8(struct fuzz_in *in)
{
	uint8_t b = 0;

	fuzz_bytes(in, &b, 1);
	return b;
}

size_t
fuzz_bytes(struct fuzz_in *in, void *to, size_t n)
{
	if (n > in->left)
		n = in->left;
	if (n > 0)
		memcpy(to, in->p, n);
	in->p += n;
	in->left -= n;
	return n;
}

void
fuzz_require(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

static void
stop(void)
{
	dp_teardown(NULL);
}

void
fuzz_router_start(void)
{
	static const char *const cmds[] = {
		"ip link add link p1 name p1.100 type vlan id 100",
		"ip link set p1.100 up",
		"ip addr add 10.0.1.1/24 dev p1",
		"ip addr add 10.0.2.1/24 dev p2",
		"ip addr add 10.1.0.1/24 dev p1.100",
		"ip neigh add 10.0.1.2 lladdr 02:00:00:00:01:02 dev p1",
		"ip neigh add 10.0.2.2 lladdr 02:00:00:00:01:03 dev p2",
		"ip route add 192.0.2.0/24 via 10.0.2.2",
		"ip route add 198.51.100.0/24 nexthop via 10.0.2.2 nexthop via 10.0.1.2",
		"ip route add 198.18.0.0/15 via 10.0.2.2 mtu 576",
		"ip route add 203.0.113.0/24 via 10.0.2.77", /* nobody answers there */
		"ip route add blackhole 203.0.114.0/24",
		"ip route add unreachable 203.0.115.0/24",
		"ip route add prohibit 203.0.116.0/24",
		"sysctl net.ipv4.icmp_ratelimit=0 net.ipv4.icmp_msgs_per_sec=100000000 "
		"net.ipv4.icmp_msgs_burst=100000000",
		"sysctl net.ipv4.icmp_echo_ignore_broadcasts=0",
		"sysctl net.ipv4.conf.p1.accept_source_route=1 "
		"net.ipv4.conf.all.accept_source_route=1",
		"sysctl net.ipv4.conf.p2.rp_filter=1 net.ipv4.conf.p1.proxy_arp=1 "
		"net.ipv4.conf.p1.arp_accept=1",
	};

	setenv("CMOCKA_TEST_ABORT", "1", 1); /* the harness's checks end the program */
	fuzz_require(dp_setup(NULL) == 0, "the router does not start");
	atexit(stop);
	dp_port("p1");
	dp_port("p2");
	for (size_t i = 0; i < RTE_DIM(cmds); i++)
		dp_cmd("%s", cmds[i]);
}

void
fuzz_router_settle(void)
{
	struct dp_frame sink;

	dp_run();
	role_enter_ctl();
	role_borrow_dp();
	/* An error to each source may follow. */
	ip4_defrag_expire(workers[1], clock_ms() + 3600 * 1000);
	dp_run();
	dp_cmd("ip neigh flush all");
	for (unsigned int p = 1; p <= 2; p++)
		while (dp_out(p, &sink))
			;
	dp_check_balance();
}
