/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CORE_EVLOOP_H
#define CORE_EVLOOP_H
/**
 * @file
 * The control thread's event loop: one epoll(7) set, callbacks by file descriptor. Sockets of
 * the CLI, TAPs of the host, netlink: whoever has a descriptor registers it here. Events are level
 * triggered, so a callback may do a slice of its work and be called again. A callback starts with
 * role_enter_ctl(); it may add, change and delete any descriptor, its own included.
 */
#include <stdint.h>
#include <sys/epoll.h>
#include "core/role.h"

/**
 * Watch @p fd for @p events (EPOLLIN, EPOLLOUT, ...; errors and hang-ups are always told). The
 * descriptor stays the caller's: ev_del() it before close(). 0, -EEXIST when it is watched
 * already, or the negative errno of epoll_ctl() (-EPERM: a regular file, which is always ready).
 */
int ev_add(int fd, uint32_t events, void (*fn)(int fd, uint32_t events, void *arg),
	   void *arg) CTL_ONLY;
/** Watch for other events from now on; 0 pauses all but errors. 0 or -ENOENT. */
int ev_mod(int fd, uint32_t events) CTL_ONLY;
/** Forget @p fd; its callback is not called again, not even for events that were already
 * fetched. Unknown ones are ignored. */
void ev_del(int fd) CTL_ONLY;
/**
 * Wait up to @p timeout_ms (0: do not wait, -1: for ever) and call what is ready, at most 64
 * descriptors. Returns how many were called; an interrupting signal ends the wait with 0.
 */
int ev_run_once(int timeout_ms) CTL_ONLY;
/** Close the epoll set and forget everything; a later ev_add() starts anew. */
void ev_fini(void) CTL_ONLY;
#endif
