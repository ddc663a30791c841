/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NETDEV_EXPLAIN_H
#define NETDEV_EXPLAIN_H
/** @file What would happen to a frame: see core/explain.h. */
#include "netdev/netdev.h"

#define NETDEV_EXPLAIN_MAX 2048 /* bytes of a frame */

/** What is told of the frame, in order. */
struct netdev_explained {
	enum {
		EXPLAINED_NOTE, /* text: what a stage decided */
		EXPLAINED_DROP, /* why: a packet died */
		EXPLAINED_TOLD, /* text: the control thread would be told, by a message of that type
				 */
		EXPLAINED_SENT, /* frame would leave by dev */
	} kind;
	enum stage stage;
	const char *text;
	enum drop_reason why;
	const struct net_device *dev;
	const uint8_t *frame; /* in one piece, len bytes */
	uint32_t len;
};

/**
 * Say what would happen to the frame if it came by @p dev now. Nothing is sent, counted, learned or
 * asked for, and nobody is told. At most one at a time.
 * @param fn  called for all that there is to say
 * @return 0, -EINVAL (shorter than an Ethernet header, or longer than NETDEV_EXPLAIN_MAX), -ENOMEM
 */
int netdev_explain(struct net_device *dev, const uint8_t *frame, uint32_t len,
		   void (*fn)(const struct netdev_explained *x, void *arg), void *arg) CTL_ONLY;
/** Register the command. Once, at start. */
void netdev_explain_cli_register(void) CTL_ONLY;
#endif
