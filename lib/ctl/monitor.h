/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CTL_MONITOR_H
#define CTL_MONITOR_H
/**
 * @file
 * `ip monitor`: what happens, as it happens. A module registers a source for each kind of event; it
 * listens to its notifier chain only while somebody watches, and tells each event once. Every
 * client has a bounded queue: a slow one loses events, and is told how many, but holds nobody up.
 */
#include <jansson.h>
#include "ctl/cli.h"

#define MONITOR_QUEUE 1024 /* events that wait for one client */

struct monitor_source {
	const char *name; /* the word: "link" */
	/** The first client came, or the last one left. */
	void (*listen)(bool on);
	/** Print one event, as iproute2 does; ends the line. */
	void (*text)(struct cli_ctx *c, const json_t *event);
	struct monitor_source *next;
};
/** Once, at start, with the commands of the module. */
void monitor_register(struct monitor_source *s) CTL_ONLY;
/**
 * It happened. @p build makes the event as a client wants it (a new reference; its flags are behind
 * the command).
 * @param mark  NULL, or a member that is set: "deleted", "miss", "conflict"
 */
void monitor_tell(const struct monitor_source *s, const char *mark,
		  json_t *(*build)(struct cli_ctx *c, const void *obj), const void *obj) CTL_ONLY;
#endif
