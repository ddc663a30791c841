/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_CACHE_H
#define IP4_CACHE_H
/** @file The route cache, control side: its size, on and off, what it holds. */
#include "core/role.h"
#include "ip4/ip4_cache_dp.h"

/** Tell sysctl what there will be. */
void ip4_cache_declare(void) CTL_ONLY;
/** Register the tunables and give each worker its table. 0 or -errno. */
int ip4_cache_init(void) CTL_ONLY;
void ip4_cache_fini(void) CTL_ONLY;
/** Entries that would be believed now, and room for entries, of all workers together. */
struct ip4_cache_fill {
	uint64_t entries, max;
};
struct ip4_cache_fill ip4_cache_fill(void) CTL_ONLY;
#endif
