/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/evloop.h"
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define EVENTS_AT_ONCE 64

/* What is known of a descriptor, by its number. The generation tells an event that was fetched
 * before ev_del() from one of a new file that got the same number. */
struct ev_slot {
	void (*fn)(int fd, uint32_t events, void *arg);
	void *arg;
	uint32_t gen;
};

static int epoll_fd = -1;
static struct ev_slot *slots;
static int n_slots;

static int
grow(int fd)
{
	struct ev_slot *p;
	int n = n_slots > 0 ? n_slots : 64;

	if (fd < n_slots)
		return 0;
	while (n <= fd)
		n *= 2;
	p = realloc(slots, (size_t)n * sizeof(*p));
	if (p == NULL)
		return -ENOMEM;
	for (int i = n_slots; i < n; i++)
		p[i] = (struct ev_slot){ 0 };
	slots = p;
	n_slots = n;
	return 0;
}

static struct epoll_event
event_of(int fd, uint32_t events)
{
	return (struct epoll_event){
		.events = events,
		.data.u64 = (uint64_t)slots[fd].gen << 32 | (uint32_t)fd,
	};
}

int
ev_add(int fd, uint32_t events, void (*fn)(int fd, uint32_t events, void *arg), void *arg)
{
	struct epoll_event ev;
	int rc;

	if (fd < 0)
		return -EBADF;
	if (epoll_fd < 0) {
		epoll_fd = epoll_create1(EPOLL_CLOEXEC);
		if (epoll_fd < 0)
			return -errno;
	}
	rc = grow(fd);
	if (rc < 0)
		return rc;
	if (slots[fd].fn != NULL)
		return -EEXIST;
	slots[fd].gen++;
	ev = event_of(fd, events);
	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &ev) < 0)
		return -errno;
	slots[fd].fn = fn;
	slots[fd].arg = arg;
	return 0;
}

int
ev_mod(int fd, uint32_t events)
{
	struct epoll_event ev;

	if (fd < 0 || fd >= n_slots || slots[fd].fn == NULL)
		return -ENOENT;
	ev = event_of(fd, events);
	return epoll_ctl(epoll_fd, EPOLL_CTL_MOD, fd, &ev) < 0 ? -errno : 0;
}

void
ev_del(int fd)
{
	if (fd < 0 || fd >= n_slots || slots[fd].fn == NULL)
		return;
	(void)epoll_ctl(epoll_fd, EPOLL_CTL_DEL, fd, NULL);
	slots[fd].fn = NULL;
	slots[fd].arg = NULL;
}

int
ev_run_once(int timeout_ms)
{
	struct epoll_event evs[EVENTS_AT_ONCE];
	int called = 0;
	int n;

	if (epoll_fd < 0) {
		epoll_fd = epoll_create1(EPOLL_CLOEXEC);
		if (epoll_fd < 0)
			return -errno;
	}
	n = epoll_wait(epoll_fd, evs, EVENTS_AT_ONCE, timeout_ms);
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	for (int i = 0; i < n; i++) {
		int fd = (int)(uint32_t)evs[i].data.u64;
		const struct ev_slot *s = &slots[fd];

		if (s->fn == NULL || s->gen != (uint32_t)(evs[i].data.u64 >> 32))
			continue; /* deleted, or replaced, by a callback just now */
		s->fn(fd, evs[i].events, s->arg);
		called++;
	}
	return called;
}

void
ev_fini(void)
{
	if (epoll_fd >= 0)
		close(epoll_fd);
	epoll_fd = -1;
	free(slots);
	slots = NULL;
	n_slots = 0;
}
