/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/msg.h"
#include "core/explain.h"
#include <errno.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <rte_atomic.h>
#include <rte_branch_prediction.h>
#include <rte_ring_elem.h>

/*
 * Ring sizes bound what a flood may make the control thread work through. A BPDU or an ARP waits
 * behind at most its own class; LEARN may be large since one entry is cheap to handle.
 */
static const struct {
	const char *name;
	unsigned int limit; /* messages; a power of two minus one */
	enum drop_reason full;
} classes[MSG_CLASS_MAX] = {
	[MSG_BPDU] = { "bpdu", 1023, DROP_MSG_BPDU_FULL },
	[MSG_ARP] = { "arp", 2047, DROP_MSG_ARP_FULL },
	[MSG_LOCAL] = { "local", 2047, DROP_MSG_LOCAL_FULL },
	[MSG_RESOLVE] = { "resolve", 4095, DROP_MSG_RESOLVE_FULL },
	[MSG_ROUTING] = { "routing", 2047, DROP_MSG_ROUTING_FULL },
	[MSG_HOST] = { "host", 2047, DROP_MSG_HOST_FULL },
	[MSG_LEARN] = { "learn", 8191, DROP_MAX }, /* carries no packets */
	[MSG_OTHER] = { "other", 1023, DROP_MSG_OTHER_FULL },
};

#define MSG_TYPE_MAX 64
static struct {
	enum msg_class class;
	const char *name;
	msg_fn fn;
} types[MSG_TYPE_MAX];
static unsigned int n_types;

static struct rte_ring *rings[MSG_CLASS_MAX];
static int wake_fd = -1;
static bool asleep;

enum { CNT_SENT, CNT_REFUSED = MSG_CLASS_MAX, CNT_MAX = 2 * MSG_CLASS_MAX };
static const char *const counter_names[CNT_MAX] = {
	"sent_bpdu",	   "sent_arp",	   "sent_local",    "sent_resolve",
	"sent_routing",	   "sent_host",	   "sent_learn",    "sent_other",
	"refused_bpdu",	   "refused_arp",  "refused_local", "refused_resolve",
	"refused_routing", "refused_host", "refused_learn", "refused_other",
};
static struct counter_block counters = { .name = "msg", .names = counter_names, .n = CNT_MAX };

int
msg_init(void)
{
	wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (wake_fd < 0)
		return -errno;
	for (unsigned int c = 0; c < MSG_CLASS_MAX; c++) {
		char name[RTE_RING_NAMESIZE];

		snprintf(name, sizeof(name), "msg_%s", classes[c].name);
		rings[c] = rte_ring_create_elem(name, sizeof(struct ctl_msg), classes[c].limit + 1,
						SOCKET_ID_ANY, RING_F_SC_DEQ);
		if (rings[c] == NULL)
			return -ENOMEM;
	}
	return counter_register(&counters);
}

void
msg_fini(void)
{
	for (unsigned int c = 0; c < MSG_CLASS_MAX; c++) {
		rte_ring_free(rings[c]);
		rings[c] = NULL;
	}
	if (wake_fd >= 0)
		close(wake_fd);
	wake_fd = -1;
	n_types = 0;
}

int
msg_register(enum msg_class c, const char *name, msg_fn fn)
{
	if (n_types == MSG_TYPE_MAX)
		return -ENOSPC;
	types[n_types].class = c;
	types[n_types].name = name;
	types[n_types].fn = fn;
	return (int)n_types++;
}

void
msg_wake(void)
{
	const uint64_t one = 1;

	if (write(wake_fd, &one, sizeof(one)) < 0)
		return; /* full: then it is awake already */
}

int
msg_send(struct worker *w, struct ctl_msg *msg)
{
	enum msg_class c = types[msg->type].class;

	msg->worker = w->id;
	if (explaining(w)) {
		w->explain->msg(w->explain, w, msg, types[msg->type].name);
		return 0;
	}
	if (rte_ring_mp_enqueue_elem(rings[c], msg, sizeof(*msg)) != 0) {
		counter_inc(w, &counters, CNT_REFUSED + c);
		return -ENOBUFS;
	}
	counter_inc(w, &counters, CNT_SENT + c);
	/* The control thread sets asleep, then looks at the rings once more; we fill the ring,
	 * then look at asleep. With a full fence on both sides one of us sees the other. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (unlikely(__atomic_load_n(&asleep, __ATOMIC_RELAXED)) &&
	    __atomic_exchange_n(&asleep, false, __ATOMIC_RELAXED))
		msg_wake();
	return 0;
}

enum drop_reason
msg_full_reason(uint16_t type)
{
	return classes[types[type].class].full;
}

unsigned int
msg_poll(unsigned int budget)
{
	unsigned int done = 0;

	for (unsigned int c = 0; c < MSG_CLASS_MAX; c++) {
		struct ctl_msg burst[32];
		unsigned int left = budget, n;

		do {
			n = rte_ring_sc_dequeue_burst_elem(rings[c], burst, sizeof(burst[0]),
							   RTE_MIN(left, RTE_DIM(burst)), NULL);
			for (unsigned int i = 0; i < n; i++)
				types[burst[i].type].fn(&burst[i]);
			left -= n;
			done += n;
		} while (n > 0 && left > 0);
	}
	return done;
}

unsigned int
msg_waiting(enum msg_class c)
{
	return rte_ring_count(rings[c]);
}

unsigned int
msg_held(void)
{
	unsigned int n = 0;

	for (unsigned int c = 0; c < MSG_CLASS_MAX; c++)
		if (c != MSG_LEARN) /* learning carries no packets */
			n += msg_waiting(c);
	return n;
}

bool
msg_sleep_begin(void)
{
	__atomic_store_n(&asleep, true, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST); /* pairs with msg_send()'s */
	for (unsigned int c = 0; c < MSG_CLASS_MAX; c++)
		if (!rte_ring_empty(rings[c])) {
			msg_sleep_end();
			return false;
		}
	return true;
}

void
msg_sleep_end(void)
{
	uint64_t sink;

	__atomic_store_n(&asleep, false, __ATOMIC_RELAXED);
	if (read(wake_fd, &sink, sizeof(sink)) < 0)
		return; /* nobody woke us */
}

int
msg_wake_fd(void)
{
	return wake_fd;
}

void
msg_class_stats(enum msg_class c, struct msg_class_stat *st)
{
	st->name = classes[c].name;
	st->sent = counter_read_total(&counters, CNT_SENT + c);
	st->refused = counter_read_total(&counters, CNT_REFUSED + c);
	st->limit = classes[c].limit;
	st->now = msg_waiting(c);
}
