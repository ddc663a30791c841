/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BRIDGE_LAN_H
#define BRIDGE_LAN_H
/**
 * @file
 * The network of the bridge tests: br0 of p1, p2, p3, with a routed port p4 beside it.
 *
 *   hosts --- p1 \
 *   hosts --- p2 - br0 [router] p4 10.0.4.1/24 --- host 4
 *   hosts --- p3 /
 */
#include <string.h>
#include "dp.h"

static unsigned int p1, p2, p3, p4;
static const struct rte_ether_addr all = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };

static inline int
setup(void **state)
{
	dp_setup(state);
	p1 = dp_port("p1");
	p2 = dp_port("p2");
	p3 = dp_port("p3");
	p4 = dp_port("p4");
	dp_cmd("ip addr add 10.0.4.1/24 dev p4");
	dp_cmd("ip neigh add 10.0.4.2 lladdr 02:00:00:00:01:04 dev p4");
	return 0;
}

/* Each test has a bridge of its own. */
static inline int
begin(void **state)
{
	(void)state;
	dp_cmd("ip link add br0 type bridge");
	dp_cmd("ip link set br0 up");
	for (unsigned int n = 1; n <= 3; n++)
		dp_cmd("ip link set p%u master br0", n);
	dp_drops_clear();
	return 0;
}

static inline int
end(void **state)
{
	struct dp_frame f;

	(void)state;
	dp_cmd("ip link del br0");
	for (unsigned int n = 1; n <= 4; n++)
		while (dp_out(n, &f))
			;
	dp_check_balance();
	return 0;
}

/* A frame between two hosts, of a protocol that nobody here speaks. */
static inline struct dp_frame
frame(const struct rte_ether_addr *dst, uint8_t src, uint8_t id)
{
	struct dp_frame f = { .len = 60 };
	struct rte_ether_hdr *eh = (struct rte_ether_hdr *)f.b;

	eh->dst_addr = *dst;
	eh->src_addr = dp_host_mac(src);
	eh->ether_type = RTE_BE16(0x88b5); /* local experimental */
	for (uint32_t i = RTE_ETHER_HDR_LEN; i < f.len; i++)
		f.b[i] = (uint8_t)(i + id);
	return f;
}

static inline struct dp_frame
to_host(uint8_t dst, uint8_t src, uint8_t id)
{
	struct rte_ether_addr mac = dp_host_mac(dst);

	return frame(&mac, src, id);
}

/* Let the bridge know that @p host is behind port @p n. */
static inline void
hear(unsigned int n, uint8_t host)
{
	struct dp_frame f = to_host(host, host, 0); /* to itself: filtered, but learned */

	dp_inject(n, &f);
	dp_run();
	dp_inject(n, &f); /* the entry is there: goes nowhere */
	dp_run();
	for (unsigned int p = 1; p <= 3; p++)
		while (dp_out(p, &f))
			;
}

static inline bool
shows(const char *cmd, const char *what)
{
	dp_cmd("%s", cmd);
	return strstr(dp_cmd_output(), what) != NULL;
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
#endif
