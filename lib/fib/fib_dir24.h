/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FIB_DIR24_H
#define FIB_DIR24_H
/**
 * @file
 * The writer's side of a DIR-24-8 table. It knows ranges and leaves, no routes: the owner says how
 * many prefixes longer than /24 each /24 holds (hold, put) and what each range reads (fill).
 *
 * A /24 has a tbl8 group exactly while it is held, whatever the entries read. So the groups in use
 * are the /24s that hold such prefixes: only a hold can fail, a put or a fill never needs one.
 */
#include <stdbool.h>
#include "core/rcu.h"
#include "fib/fib_dp.h"

struct dir24_group {
	uint32_t count; /* holds; 0: free, or waits for its grace period */
	uint32_t next;	/* in the one list that has it: free, waiting or leaving */
};

struct dir24 {
	struct fib_dp *dp;
	struct dir24_group *group; /* [max] */
	uint32_t max;
	uint32_t used, waiting; /* groups held; groups whose grace period is not over */
	uint32_t fresh;		/* groups that were never used start here */
	/* Lists of groups; max: none. One grace period runs for those that are leaving, those that
	 * come meanwhile wait for the next. */
	uint32_t free, leaving, next_leaving;
	bool graced; /* a grace period runs */
	struct rcu_head rcu;
};

/** 64 MiB of zeroes (no route) and room for @p max_tbl8 groups, reserved on NUMA node @p socket
 * (-1: anywhere). Pages come as they are written. 0 or -ENOMEM. */
int dir24_init(struct dir24 *d, struct fib_dp *dp, uint32_t max_tbl8, int socket) CTL_ONLY;
/** No reader may be left, and no group may wait. */
void dir24_fini(struct dir24 *d) CTL_ONLY;
/** One prefix longer than /24 more in the /24 of @p addr (host order). 0, or -ENOSPC: unchanged.
 * May wait for a grace period when every free group is in one. */
int dir24_hold(struct dir24 *d, uint32_t addr) CTL_ONLY;
/** One less. The last one: all 256 entries read the same, the group goes. Never fails. */
void dir24_put(struct dir24 *d, uint32_t addr) CTL_ONLY;
/** Addresses @p first .. @p last (both included) read @p leaf. Ends inside a /24 only where that
 * is held. A store per /24, or per address in held ones. */
void dir24_fill(struct dir24 *d, uint32_t first, uint32_t last, uint32_t leaf) CTL_ONLY;
/** Is there a group for this /24? */
bool dir24_held(const struct dir24 *d, uint32_t addr) CTL_ONLY;
/** Bytes of the address space that are backed by memory. */
uint64_t dir24_bytes(const struct dir24 *d) CTL_ONLY;
#endif
