/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HOST_LAB_H
#define HOST_LAB_H
/**
 * @file
 * A Linux host behind the router: a real kernel, in a network namespace "lab" that the test's
 * process makes for itself.
 *
 *	10.0.1.0/24 p1 --- [router] --- p2 10.0.2.0/24
 */
#include "dp.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/evloop.h"
#include "host/host.h"
#include "netns.h"

static unsigned int p1, p2;

/* The kernel has done a thing when the call that asked for it returns: look until nothing comes. */
static inline void
settle(void)
{
	for (int i = 0; i < 20; i++) {
		dp_run_ms(20);
		role_enter_ctl();
		while (ev_run_once(i < 2 ? 10 : 0) > 0)
			dp_run();
	}
}

static inline int
enable(void **state)
{
	(void)state;
	dp_cmd("host enable netns lab");
	settle();
	dp_discard(p1);
	dp_discard(p2);
	return 0;
}

static inline int
disable(void **state)
{
	(void)state;
	dp_cmd("host disable");
	settle();
	dp_discard(p1);
	dp_discard(p2);
	return 0;
}

/* Run a command in the namespace; what it says, without the last newline. */
static inline const char *
lab(const char *fmt, ...)
{
	static char out[8192];
	char args[400], cmd[512];
	va_list ap;
	size_t n;
	FILE *f;

	va_start(ap, fmt);
	vsnprintf(args, sizeof(args), fmt, ap);
	va_end(ap);
	snprintf(cmd, sizeof(cmd), "ip -n lab %s", args);
	f = popen(cmd, "r");
	assert_non_null(f);
	n = fread(out, 1, sizeof(out) - 1, f);
	if (pclose(f) != 0)
		fail_msg("%s fails", cmd);
	while (n > 0 && (out[n - 1] == '\n' || out[n - 1] == ' '))
		n--;
	out[n] = '\0';
	return out;
}

static inline int
setup(void **state)
{
	dp_own_netns("lab");
	dp_setup(state);
	p1 = dp_lan(1);
	p2 = dp_lan(2);
	/* Where the first one fails, nothing has begun that would have to end. */
	lab("link add p2 type veth peer name d1");
	dp_cmd_fails("host enable netns lab");
	settle();
	lab("link del p2");
	return enable(state);
}

static inline bool
router_has(const char *text)
{
	dp_cmd("ip route show table all");
	return strstr(dp_cmd_output(), text) != NULL;
}
#endif
