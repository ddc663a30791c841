/* SPDX-License-Identifier: BSD-3-Clause */
/* Forgetting what was decided: see fib_genid_dp.h. Tables, rules and next hops bump themselves;
 * here is what comes from below. */
#include "core/sysctl.h"
#include "fib/fib_priv.h"
#include "fib/fib_genid_dp.h"

struct fib_genid fib_genid = { .now = 1 };

void
fib_genid_bump(void)
{
	__atomic_store_n(&fib_genid.now, fib_genid.now + 1, __ATOMIC_RELEASE); /* one writer */
}

static CTL_ONLY int
on_event(struct notifier *self, unsigned int event, void *obj)
{
	RTE_SET_USED(self);
	RTE_SET_USED(event);
	RTE_SET_USED(obj);
	fib_genid_bump();
	return NOTIFY_OK;
}

/* Behind all that follow the same event: they publish what came of it. */
#define PRIO_LAST (NOTIFIER_PRIO_MONITOR - 1)
static struct notifier netdev_nb = { .fn = on_event, .prio = PRIO_LAST };
static struct notifier sysctl_nb = { .fn = on_event, .prio = PRIO_LAST };

void
fib_genid_init(void)
{
	notifier_add(&netdev_chain, &netdev_nb);
	notifier_add(&sysctl_chain, &sysctl_nb);
}

void
fib_genid_fini(void)
{
	notifier_del(&netdev_chain, &netdev_nb);
	notifier_del(&sysctl_chain, &sysctl_nb);
}
