/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CORE_NOTIFIER_H
#define CORE_NOTIFIER_H
/**
 * @file
 * Notification chains: how a module hears of another's change without the other knowing it.
 * One owner raises events, any number of modules listen, in order of priority.
 */
#include <stddef.h>
#include <rte_common.h>
#include "core/role.h"

/** What a listener answers. */
enum notifier_verdict {
	NOTIFY_OK = 0,
	/* any negative errno: a veto. Only events that the owner documents as "may be vetoed"
	 * (the *_PRE_* ones) stop on it; for all others it is logged and the walk goes on. */
};

struct notifier {
	int (*fn)(struct notifier *self, unsigned int event, void *obj);
	int prio; /* higher runs first; equal priorities run in order of registration */
	struct notifier *next;
};

struct notifier_chain {
	const char *name;
	struct notifier *head;
};

#define NOTIFIER_CHAIN(n)                                                                          \
	{                                                                                          \
		.name = (n)                                                                        \
	}

/** Add @p n, which must stay alive until notifier_del(). Control. */
void notifier_add(struct notifier_chain *c, struct notifier *n) CTL_ONLY;
/** Remove @p n; absent is no error. Not from inside a call on the same chain. Control. */
void notifier_del(struct notifier_chain *c, struct notifier *n) CTL_ONLY;
/** Tell every listener; failures are logged. Control. */
void notifier_call(struct notifier_chain *c, unsigned int event, void *obj) CTL_ONLY;
/**
 * Ask every listener. The first negative answer stops the walk; the listeners asked before it
 * then hear @p undo_event, in reverse order. Returns 0 or that negative errno. Control.
 */
int notifier_ask(struct notifier_chain *c, unsigned int event, unsigned int undo_event,
		 void *obj) CTL_ONLY;

/* Priorities of the stack's own listeners, highest first: who must act before whom. */
enum notifier_prio {
	NOTIFIER_PRIO_TELL = 50,     /* `ip monitor`: a change before what follows from it */
	NOTIFIER_PRIO_INETADDR = 40, /* addresses follow the device */
	NOTIFIER_PRIO_FIB = 30,	     /* routes before neighbours: no leaf may name a dead one */
	NOTIFIER_PRIO_NEIGH = 20,
	NOTIFIER_PRIO_DRIVER = 10, /* VLAN devices over a port */
	NOTIFIER_PRIO_MONITOR = 0, /* observers see the finished state */
};
#endif
