/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CORE_RCU_H
#define CORE_RCU_H
/**
 * @file
 * The one way to share a table between the control thread and the workers:
 * build, publish with rcu_assign_pointer(), retire the old with rcu_defer().
 * Workers pass a quiescent state once per loop; a retired object is handed back
 * when every online worker has passed one since. Built on rte_rcu_qsbr.
 */
#include "core/role.h"

#define rcu_dereference(p)	 __atomic_load_n(&(p), __ATOMIC_ACQUIRE)
#define rcu_assign_pointer(p, v) __atomic_store_n(&(p), (v), __ATOMIC_RELEASE)

struct rcu_head {
	struct rcu_head *next;
	void (*fn)(struct rcu_head *);
};

/** Create the QSBR variable for @p max_workers readers. 0 or -ENOMEM. Control, once, after EAL. */
int rcu_init(unsigned int max_workers) CTL_ONLY;
/** Run every retired object's callback (no reader may be left) and free the variable. Control. */
void rcu_fini(void) CTL_ONLY;

/**
 * Run fn(head) on the control thread once every online worker has passed a quiescent state.
 * Never blocks, cannot fail: the head lives in the object. @p fn may call rcu_defer() again.
 */
void rcu_defer(struct rcu_head *head, void (*fn)(struct rcu_head *)) CTL_ONLY;
/** Run the callbacks whose grace period is over. Returns how many objects still wait. Control. */
unsigned int rcu_poll(void) CTL_ONLY;
/** Block until all workers have passed a quiescent state. Runs no callback: whoever is further up
 * the stack may still hold a retired object. Control; rare paths. */
void rcu_synchronize(void) CTL_ONLY;
/** Block until every object that is retired now has been handed back. From the top of the stack
 * only: at start, at the end, by a command. */
void rcu_barrier(void) CTL_ONLY;
/** Objects that wait for a grace period now. */
unsigned int rcu_pending(void) CTL_ONLY;

/* Worker side. id: the worker's slot, below max_workers. */
/** This thread starts to read; it holds no reference yet. */
void rcu_worker_online(unsigned int id) DP_ONLY;
/** This thread stops reading (it sleeps or ends); it must not touch shared objects until online. */
void rcu_worker_offline(unsigned int id) DP_ONLY;
/** This thread holds no reference to any shared object at this moment. A load and a store. */
void rcu_worker_quiescent(unsigned int id) DP_ONLY;
#endif
