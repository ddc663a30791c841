/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any lines as commands of a running router: each ends by itself or when interrupted, and says what
 * is wrong in one line. What reaches outside of the process (new ports, files) is wrapped away by
 * the linker.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../dp/dp.h"
#include "ctl/cli_exec.h"
#include "ethdev/ethdev.h"
#include "fuzz.h"
#include "netdev/inetdev.h"
#include "netdev/netdev.h"

#define LINES_MAX  16
#define LINE_BYTES 1024

static bool started;
static struct {
	bool done;
	int status;
	size_t err_lines;
} now;

int __real_ethdev_attach(const char *name, const struct ethdev_conf *conf, struct net_device **dev,
			 const char **why) CTL_ONLY;
int __wrap_ethdev_attach(const char *name, const struct ethdev_conf *conf, struct net_device **dev,
			 const char **why) CTL_ONLY;
int __real_ethdev_detach(struct ethdev_port *port) CTL_ONLY;
int __wrap_ethdev_detach(struct ethdev_port *port) CTL_ONLY;
FILE *__real_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode);
FILE *__wrap_fdopen(int fd, const char *mode);

int
__wrap_ethdev_attach(const char *name, const struct ethdev_conf *conf, struct net_device **dev,
		     const char **why)
{
	if (!started)
		return __real_ethdev_attach(name, conf, dev, why);
	*why = "not here";
	return -EPERM;
}

int
__wrap_ethdev_detach(struct ethdev_port *port)
{
	return started ? -EPERM : __real_ethdev_detach(port);
}

FILE *
__wrap_fopen(const char *path, const char *mode)
{
	if (!started)
		return __real_fopen(path, mode);
	errno = EACCES;
	return NULL;
}

FILE *
__wrap_fdopen(int fd, const char *mode)
{
	(void)fd;
	(void)mode;
	errno = EACCES;
	return NULL;
}

static void
on_out(void *arg, const char *data, size_t len)
{
	(void)arg;
	(void)data;
	(void)len;
}

static void
on_err(void *arg, const char *data, size_t len)
{
	(void)arg;
	for (size_t i = 0; i < len; i++)
		now.err_lines += data[i] == '\n';
}

static void
on_done(void *arg, int status, bool quit)
{
	(void)arg;
	(void)quit;
	fuzz_require(!now.done, "a command ended twice");
	now.done = true;
	now.status = status;
}

static const struct cli_sink sink = { .out = on_out, .err = on_err, .done = on_done };

static void
on_cand(void *arg, enum cli_cand kind, const char *word, const char *help)
{
	(void)kind;
	*(size_t *)arg += strlen(word) + strlen(help);
}

/* Before the router is taken down: its ports may go now. */
static void
stop(void)
{
	started = false;
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fuzz_router_start();
	started = true;
	atexit(stop);
	return 0;
}

static void
one_line(const char *line, unsigned int flags)
{
	struct cli_ctx *c;
	size_t cands = 0;

	role_enter_ctl();
	cli_complete(line, on_cand, &cands);
	memset(&now, 0, sizeof(now));
	c = cli_exec(line, flags, &sink, NULL);
	dp_run();
	if (!now.done)
		cli_abort(c);
	dp_run();
	fuzz_require(now.done, "a command does not end when interrupted");
	fuzz_require((now.status == CLI_DONE) == (now.err_lines == 0),
		     "a failure without a message, or a message without failure");
}

/* The next input meets the same devices under their names. */
static void
restore(void)
{
	static const char *const names[] = { "p1", "p2" };
	struct net_device *dev, *next;

	role_enter_ctl();
	for (dev = dev_first(); dev != NULL; dev = next) {
		next = dev->ctl->next;
		if (dev->ctl->ops->dellink != NULL) {
			dev->ctl->ops->dellink(dev);
			next = dev_first(); /* it may have taken others along */
		}
	}
	for (unsigned int i = 0; i < RTE_DIM(names); i++) {
		dev = ethdev_by_id(i) != NULL ? ethdev_by_id(i)->dev : NULL;
		fuzz_require(dev != NULL, "a port went away");
		inet_addr_flush(dev);
		dev_change_name(dev, i == 0 ? "swap0" : "swap1");
	}
	for (unsigned int i = 0; i < RTE_DIM(names); i++) {
		dev = dev_get_by_name(i == 0 ? "swap0" : "swap1");
		fuzz_require(dev != NULL && dev_change_name(dev, names[i]) == 0,
			     "a port does not take its name back");
		dev_open(dev);
	}
	dp_cmd("ip route flush table main");
	dp_cmd("ip neigh flush nud all");
	dp_cmd("ip addr add 10.0.1.1/24 dev p1");
	dp_cmd("ip addr add 10.0.2.1/24 dev p2");
	dp_cmd("ip neigh add 10.0.2.2 lladdr 02:00:00:00:01:03 dev p2");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = { data, size };
	char line[LINE_BYTES];

	restore();
	for (unsigned int i = 0; i < LINES_MAX && in.left > 0; i++) {
		unsigned int flags = 0;
		size_t n = 0;
		char ch;

		while (in.left > 0 && n < sizeof(line) - 1 && (ch = (char)fuzz_u8(&in)) != '\n')
			line[n++] = ch;
		line[n] = '\0';
		if (i % 2 == 1)
			flags = CLI_F_JSON | CLI_F_STATS | CLI_F_DETAIL;
		one_line(line, flags);
	}
	fuzz_router_settle();
	return 0;
}
