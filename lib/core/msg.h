/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CORE_MSG_H
#define CORE_MSG_H
/**
 * @file
 * Messages from workers to the control thread: bounded rings, one per class, so that a flood of
 * one kind can not delay another. A full ring is a counted refusal; the sender keeps the packet
 * and drops it under drop reason DROP_MSG_<class>_FULL.
 */
#include <stdbool.h>
#include <stdint.h>
#include "core/drop.h"
#include "core/worker.h"

enum msg_class { /* in the order the control thread serves them */
		 MSG_BPDU,
		 MSG_ARP,
		 MSG_LOCAL,
		 MSG_RESOLVE, /* behind MSG_ARP: answers are heard before more is asked */
		 MSG_ROUTING, /* what the host's routing daemons are sent */
		 MSG_HOST,    /* what the host's own programs are sent */
		 MSG_LEARN,
		 MSG_OTHER,
		 MSG_CLASS_MAX
};

/** 24 bytes, copied into the ring: no allocation. What the fields mean is the type's business. */
struct ctl_msg {
	uint16_t type;	 /* from msg_register() */
	uint16_t worker; /* sender's slot: set by msg_send() */
	uint32_t arg;
	uint64_t arg2;
	void *pkt; /* a packet that changes owner with the message, or NULL */
};

/** Handles a message on the control thread and owns msg->pkt. */
typedef void (*msg_fn)(struct ctl_msg *msg);

/** Create the rings. 0 or a negative errno. Control, once, after EAL. */
int msg_init(void) CTL_ONLY;
/** Free the rings, after the workers ended and msg_poll() has emptied them. */
void msg_fini(void) CTL_ONLY;
/** Register a handler; returns the type (>= 0) or -ENOSPC. Control, at start. */
int msg_register(enum msg_class c, const char *name, msg_fn fn) CTL_ONLY;

/**
 * Send; wakes the control thread if it sleeps (one write() per such sleep, so a flood pays it
 * rarely). Callable by every worker and by the control thread itself.
 * @return 0, or -ENOBUFS: the ring of the type's class is full, counted; msg->pkt stays yours.
 */
int msg_send(struct worker *w, struct ctl_msg *msg) DP_ONLY;
/** The reason to drop a packet that msg_send() refused. */
enum drop_reason msg_full_reason(uint16_t type);

/** Handle up to @p budget messages of each class, in order of class. Returns how many. Control. */
unsigned int msg_poll(unsigned int budget) CTL_ONLY;
/** Messages in the ring of a class now. Control. */
unsigned int msg_waiting(enum msg_class c) CTL_ONLY;
/** Packets in the rings now: part of the balance's "held". */
unsigned int msg_held(void) CTL_ONLY;

/** The control thread is about to block: from now on msg_send() writes to msg_wake_fd().
 * Returns false when messages wait already and it must not block. */
bool msg_sleep_begin(void) CTL_ONLY;
void msg_sleep_end(void) CTL_ONLY;
int msg_wake_fd(void) CTL_ONLY;
/** Wake the control thread. Any thread; async-signal-safe. */
void msg_wake(void);

struct msg_class_stat {
	const char *name;
	uint64_t sent, refused;
	unsigned int limit, now;
};
void msg_class_stats(enum msg_class c, struct msg_class_stat *st) CTL_ONLY;
#endif
