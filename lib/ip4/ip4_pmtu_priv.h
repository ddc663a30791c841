/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_PMTU_PRIV_H
#define IP4_PMTU_PRIV_H
/** @file How an exception stands in its word. */
#include "core/siphash.h"
#include "ip4/ip4_pmtu_dp.h"

#define PMTU_STAMP 0x7fffu /* seconds, modulo */

extern struct siphash_key ip4_pmtu_secret;
extern int ip4_pmtu_msg;

static inline uint32_t
pmtu_set(rte_be32_t dst)
{
	return siphash13(&ip4_pmtu_secret, dst, 0) % PMTU_SETS;
}
static inline uint64_t
pmtu_word(rte_be32_t dst, uint32_t mtu, bool locked, uint32_t now_s)
{
	return (uint64_t)dst << 32 | (uint64_t)mtu << 16 | (locked ? 0x8000u : 0) |
	       (now_s & PMTU_STAMP);
}
static inline rte_be32_t
pmtu_dst(uint64_t v)
{
	return (rte_be32_t)(v >> 32);
}
static inline uint32_t
pmtu_mtu(uint64_t v)
{
	return (uint32_t)(v >> 16) & 0xffff;
}
static inline bool
pmtu_locked(uint64_t v)
{
	return v & 0x8000;
}
static inline uint32_t
pmtu_age(uint64_t v, uint32_t now_s)
{
	return (now_s - (uint32_t)v) & PMTU_STAMP;
}
static inline bool
pmtu_expired(uint64_t v, uint32_t now_s)
{
	return pmtu_age(v, now_s) >= (uint32_t)ip4_pmtu_conf.mtu_expires;
}
#endif
