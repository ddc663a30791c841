/* SPDX-License-Identifier: BSD-3-Clause */
#include "netns.h"
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <cmocka.h>

void
dp_own_netns(const char *name)
{
	char cmd[64];

	mkdir("/run/netns", 0755);
	assert_int_equal(unshare(CLONE_NEWNET | CLONE_NEWNS), 0);
	assert_int_equal(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	assert_int_equal(mount("none", "/run/netns", "tmpfs", 0, NULL), 0);
	snprintf(cmd, sizeof(cmd), "ip netns add %s", name);
	assert_int_equal(system(cmd), 0);
}
