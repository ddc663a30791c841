/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CORE_DROP_H
#define CORE_DROP_H
/**
 * @file
 * Why a packet died. The door itself is kfree_skb_reason() in skb/skb_dp.h: nothing in lib/ or
 * drivers/ frees a packet by another way.
 */
#include "core/counter.h"
#include "core/drop_list.h"

enum drop_reason {
#define X(id, module, text) DROP_##id,
	DROP_REASONS(X)
#undef X
		DROP_MAX
};

extern struct counter_block drop_counters;

/** Register the counters. 0 or a negative errno. Control, at start. */
int drop_init(void) CTL_ONLY;
/** "ip4_ttl_expired". */
const char *drop_name(enum drop_reason r);
/** The module that owns the reason, and its sentence. */
const char *drop_module(enum drop_reason r);
const char *drop_text(enum drop_reason r);
/** The reason of that name, or -ENOENT. */
int drop_find(const char *name);
#endif
