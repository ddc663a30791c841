/* SPDX-License-Identifier: BSD-3-Clause */
#include "netns.h"
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static int own = -1, lab = -1;

void
dp_own_netns(const char *name)
{
	char text[64];

	mkdir("/run/netns", 0755);
	assert_int_equal(unshare(CLONE_NEWNET | CLONE_NEWNS), 0);
	assert_int_equal(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	assert_int_equal(mount("none", "/run/netns", "tmpfs", 0, NULL), 0);
	snprintf(text, sizeof(text), "ip netns add %s", name);
	assert_int_equal(system(text), 0);
	snprintf(text, sizeof(text), "/run/netns/%s", name);
	own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	lab = open(text, O_RDONLY | O_CLOEXEC);
	assert_true(own >= 0 && lab >= 0);
}

void
dp_enter_netns(bool in)
{
	assert_int_equal(setns(in ? lab : own, CLONE_NEWNET), 0);
}

void
dp_netns_send(const char *ifname, const void *frame, size_t len)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET };
	int s;

	dp_enter_netns(true);
	s = socket(AF_PACKET, SOCK_RAW, 0);
	to.sll_ifindex = (int)if_nametoindex(ifname);
	dp_enter_netns(false);
	assert_int_equal(sendto(s, frame, len, 0, (struct sockaddr *)&to, sizeof(to)), len);
	close(s);
}
