/* SPDX-License-Identifier: BSD-3-Clause */
/* A detached port's buffers may still be on their way through other ports, or wait for a neighbour:
 * its pool is freed when the last one is back. */
#include <stdlib.h>
#include <rte_mempool.h>
#include "core/log.h"
#include "ethdev/ethdev.h"

LOG_MODULE(ethdev_pool);

#define REAP_MS 100

struct retired {
	struct rte_mempool *pool;
	struct retired *next;
};
static struct retired *retired;
static struct ctl_timer timer;

static CTL_ONLY void
reap(bool all)
{
	struct retired **at = &retired;

	while (*at != NULL) {
		struct retired *r = *at;

		if (!all && !rte_mempool_full(r->pool)) {
			at = &r->next;
			continue;
		}
		*at = r->next;
		rte_mempool_free(r->pool);
		free(r);
	}
}

static void
on_timer(struct ctl_timer *t)
{
	role_enter_ctl();
	reap(false);
	if (retired != NULL)
		timer_mod(t, REAP_MS);
}

void
ethdev_pool_retire(struct rte_mempool *pool)
{
	struct retired *r;

	if (pool == NULL || rte_mempool_full(pool)) {
		rte_mempool_free(pool);
		return;
	}
	r = malloc(sizeof(*r));
	if (r == NULL)
		return; /* it stays: better than freeing it under a packet */
	if (retired == NULL)
		timer_setup(&timer, on_timer); /* never while it runs: that would tear its list */
	r->pool = pool;
	r->next = retired;
	retired = r;
	timer_mod(&timer, REAP_MS);
}

void
ethdev_pools_stop(void)
{
	if (retired != NULL)
		timer_del(&timer);
}

void
ethdev_pools_fini(void)
{
	for (const struct retired *r = retired; r != NULL; r = r->next)
		if (!rte_mempool_full(r->pool))
			log_err("pool %s: %u packet buffers did not come back", r->pool->name,
				rte_mempool_in_use_count(r->pool));
	reap(true);
}
