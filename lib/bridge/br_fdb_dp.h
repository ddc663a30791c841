/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BR_FDB_DP_H
#define BR_FDB_DP_H
/**
 * @file
 * The forwarding database (802.1D-2004 7.9) as workers read it: lines of four entries, one cache
 * line each, found by a secret multiplier. An entry whose line is full stands in a line behind it,
 * and every line that it passed counts it.
 *
 * One writer, the control thread; readers take no lock and never wait. Why that is right:
 * - A slot is published by its key, stored last; key 0 is free.
 * - While any reader can hold a slot, it has at most one key: a removed entry's key becomes
 *   BR_FDB_DEAD, and the slot is free for another key after a grace period only. So whatever a
 *   reader loads from a slot after its key belongs to that key.
 * - What a reader wants of an entry is one 4-byte word (port and flags), changed in place.
 * - Workers write one word of an entry, its stamp, when it changes. Lost stamps cost nothing: the
 *   next frame writes it again.
 */
#include <rte_branch_prediction.h>
#include <rte_common.h>
#include "core/rcu.h"
#include "core/worker.h"

#define BR_PORTS_MAX 1024 /* index 0 is the bridge itself */
#define BR_FDB_WAYS  4
#define BR_FDB_PROBE 8 /* lines that an entry may be behind its own */
#define BR_FDB_DEAD  1 /* 01:00:00:00:00:00, a group address: nobody's key */

/* br_fdb_slot.val */
#define BR_FDB_PORT	 0x000003ff
#define BR_FDB_LOCAL	 0x00000400 /* the bridge's own, of the port or of the bridge */
#define BR_FDB_STATIC	 0x00000800 /* does not age */
#define BR_FDB_STICKY	 0x00001000 /* does not move */
#define BR_FDB_EXT	 0x00002000 /* extern_learn: another's, does not age */
#define BR_FDB_USER	 0x00004000 /* put there by hand */
#define BR_FDB_SPILL	 20	    /* of slot 0: entries that passed its line, from this bit on */
#define BR_FDB_SPILL_MAX 0xfff

struct br_fdb_slot {
	uint64_t key; /* MAC address as it stands on the wire, VLAN above it */
	uint32_t val; /* BR_FDB_* */
	uint32_t stamp;
};

struct br_fdb_line {
	struct br_fdb_slot slot[BR_FDB_WAYS];
} __rte_aligned(64);

struct br_fdb {
	struct rcu_head rcu;
	uint64_t mul;  /* secret, odd */
	uint32_t mask; /* lines - 1 */
	uint8_t shift;
	struct br_fdb_line *line;
};

static inline uint64_t
br_fdb_key(uint64_t mac, uint16_t vid)
{
	return mac | (uint64_t)vid << 48;
}

/** Coarse time: 2^30 cycles, some 0.3 s. */
static inline uint32_t
br_fdb_stamp(uint64_t tsc)
{
	return (uint32_t)(tsc >> 30);
}

/** Multiply-shift hashing: for two keys, two in a line with probability 2/lines at most. */
static inline uint32_t
br_fdb_hash(const struct br_fdb *t, uint64_t key)
{
	return (uint32_t)((key * t->mul) >> t->shift);
}

/** The entry, or NULL. @p h: br_fdb_hash(). */
static inline struct br_fdb_slot *
br_fdb_find(const struct br_fdb *t, uint64_t key, uint32_t h)
{
	for (unsigned int n = 0; n <= BR_FDB_PROBE; n++) {
		struct br_fdb_line *l = &t->line[(h + n) & t->mask];

#pragma GCC unroll 4
		for (unsigned int i = 0; i < BR_FDB_WAYS; i++)
			if (__atomic_load_n(&l->slot[i].key, __ATOMIC_ACQUIRE) == key)
				return &l->slot[i];
		if (likely(__atomic_load_n(&l->slot[0].val, __ATOMIC_RELAXED) >> BR_FDB_SPILL == 0))
			return NULL;
	}
	return NULL;
}

/** Another number whenever an entry, of any bridge, has gone or moved: what workers have told of
 * sources until then may have to be told again. */
extern uint32_t br_fdb_gone;

/** Used at @p now. */
static inline void
br_fdb_touch(struct br_fdb_slot *s, uint32_t now)
{
	if (unlikely(__atomic_load_n(&s->stamp, __ATOMIC_RELAXED) != now))
		__atomic_store_n(&s->stamp, now, __ATOMIC_RELAXED);
}
#endif
