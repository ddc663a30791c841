/* SPDX-License-Identifier: BSD-3-Clause */
/* Which of the fast lane's widths this processor takes. */
#define ALLOW_EXPERIMENTAL_API /* DPDK 22.11 calls rte_vect_get_max_simd_bitwidth() so */
#include <rte_cpuflags.h>
#include <rte_vect.h>
#include "ip4/ip4.h"

#if RTE_BYTE_ORDER == RTE_LITTLE_ENDIAN
const struct ip4_fast_lane ip4_fast_lanes[] = {
#ifdef IP4_FAST_8
	{ .name = "avx2", .bits = 256, .rx = ip4_fast_rx_8 },
#endif
	{ .name = "128 bits", .bits = 128, .rx = ip4_fast_rx_4 },
	{ .name = "scalar", .bits = 64, .rx = ip4_fast_rx_1 },
	{ .rx = NULL },
};
#else /* its loads are little-endian: elsewhere the general lane does it all */
static uint16_t
leave_all(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts, uint16_t n,
	  uint64_t *bytes)
{
	*bytes = netif_burst_bytes(pkts, n);
	return n;
}

const struct ip4_fast_lane ip4_fast_lanes[] = {
	{ .name = "none", .bits = 0, .rx = leave_all },
	{ .rx = NULL },
};
#endif

/* The code of 256 bits is compiled for more than the rest of the program. */
static bool
has_256(void)
{
#ifdef IP4_FAST_8
	return rte_cpu_get_flag_enabled(RTE_CPUFLAG_AVX2) > 0 &&
	       rte_cpu_get_flag_enabled(RTE_CPUFLAG_BMI1) > 0 &&
	       rte_cpu_get_flag_enabled(RTE_CPUFLAG_BMI2) > 0;
#else
	return false;
#endif
}

bool
ip4_fast_runs(const struct ip4_fast_lane *l)
{
	return l->bits <= rte_vect_get_max_simd_bitwidth() && (l->bits < 256 || has_256());
}

const struct ip4_fast_lane *
ip4_fast_select(void)
{
	const struct ip4_fast_lane *l = ip4_fast_lanes;

	while (l[1].rx != NULL && !ip4_fast_runs(l))
		l++;
	return l;
}
