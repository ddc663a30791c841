/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CORE_EXPLAIN_H
#define CORE_EXPLAIN_H
/**
 * @file
 * A packet that is only explained. It goes through the general lane by the same functions as any
 * other, but with a worker of its own: slot WORKER_MAX, whose counters are in no sum. What would
 * leave the router, be handed to the control thread or be remembered goes to a listener in its
 * place; what a stage decides it says by EXPLAIN(). Runs on the control thread.
 */
#include <rte_branch_prediction.h>
#include "core/drop.h"
#include "core/worker.h"

struct ctl_msg;
struct net_device;
struct rte_mbuf;

/** Who listens. */
struct explain {
	/** A stage (w->stage) has decided something. */
	void (*note)(struct explain *e, const struct worker *w, const char *text);
	/** A packet died. */
	void (*drop)(struct explain *e, const struct worker *w, enum drop_reason why);
	/** In the place of msg_send(): takes msg->pkt; @p what: the name of the type. */
	void (*msg)(struct explain *e, struct worker *w, struct ctl_msg *msg, const char *what);
	/** In the place of the driver of @p dev: takes the frames. */
	void (*xmit)(struct explain *e, struct worker *w, struct net_device *dev,
		     struct rte_mbuf **pkts, uint16_t n);
};

/** Is the packet that @p w carries only explained? Then nothing may change but the packet. */
static inline bool
explaining(const struct worker *w)
{
	return unlikely(w->explain != NULL);
}
void explain_note(const struct worker *w, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/** Say what was decided: one test when nobody listens. */
#define EXPLAIN(w, ...)                                                                            \
	do {                                                                                       \
		if (explaining(w))                                                                 \
			explain_note(w, __VA_ARGS__);                                              \
	} while (0)

#define EXPLAIN_IP4 "%u.%u.%u.%u"
#define EXPLAIN_IP4_OF(be)                                                                         \
	((const uint8_t *)&(be))[0], ((const uint8_t *)&(be))[1], ((const uint8_t *)&(be))[2],     \
		((const uint8_t *)&(be))[3]
#endif
