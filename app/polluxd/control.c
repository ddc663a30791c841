/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control loop: timers, messages from the workers by class, retired memory, descriptors
 * (CLI, signals). Each round does a bounded slice of each, so none starves another.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <systemd/sd-daemon.h>
#include "core/evloop.h"
#include "core/held.h"
#include "core/log.h"
#include "core/msg.h"
#include "core/rcu.h"
#include "core/timer.h"
#include "ctl/cfg.h"
#include "ethdev/ethdev.h"
#include "netdev/netdev_dp.h"
#include "polluxd/polluxd.h"

LOG_MODULE(control);

#define MSG_BUDGET  256	 /* messages of each class per round */
#define MAX_WAIT_MS 1000 /* the loop looks around at least this often */

const char *config_path = "/etc/pollux/pollux.json";

static bool stop;
static int signal_fd = -1;

unsigned int
control_poll(void)
{
	unsigned int work;

	timer_run();
	work = msg_poll(MSG_BUDGET);
	role_borrow_dp();
	work += netif_backlog_run(worker_ctl());
	ethdev_link_poll();
	rcu_poll();
	return work;
}

int
control_run(void)
{
	while (!stop) {
		int wait = 0;

		if (control_poll() == 0) {
			/* Retired memory waits for workers that will not wake us: look again soon.
			 */
			wait = timer_next_ms(rcu_pending() > 0 ? 2 : MAX_WAIT_MS);
			if (wait > 0 && !msg_sleep_begin())
				wait = 0;
		}
		ev_run_once(wait);
		if (wait > 0)
			msg_sleep_end();
	}
	return 0;
}

bool
control_stopping(void)
{
	return stop;
}

void
control_shutdown(void)
{
	stop = true;
}

int
control_reload(void)
{
	char *report = NULL;
	json_t *doc = cfg_load_file(config_path, &report);
	bool whole = true;
	int rc = -EINVAL;

	sd_notify(0, "RELOADING=1");
	if (doc != NULL) {
		rc = cfg_apply(doc, &report);
		whole = cfg_undone();
		json_decref(doc);
	}
	if (rc == 0)
		log_notice("configuration %s reloaded", config_path);
	else
		log_err("configuration %s refused, %s:\n%s", config_path,
			whole ? "nothing changed" : "but not all of it could be taken back",
			report != NULL ? report : "out of memory");
	free(report);
	sd_notify(0, "READY=1");
	return rc;
}

static void
on_signal(int fd, uint32_t events, void *arg)
{
	struct signalfd_siginfo si;

	(void)events;
	(void)arg;
	role_enter_ctl();
	while (read(fd, &si, sizeof(si)) == sizeof(si)) {
		if (si.ssi_signo == SIGHUP) {
			control_reload();
			continue;
		}
		log_notice("%s: shutting down", strsignal((int)si.ssi_signo));
		stop = true;
	}
}

static void
on_wake(int fd, uint32_t events, void *arg)
{
	/* Being awake is all that was wanted: msg_sleep_end() empties the descriptor. */
	(void)fd;
	(void)events;
	(void)arg;
}

int
control_signals(void)
{
	sigset_t set;
	int rc;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (signal_fd < 0)
		return -errno;
	rc = ev_add(signal_fd, EPOLLIN, on_signal, NULL);
	return rc < 0 ? rc : ev_add(msg_wake_fd(), EPOLLIN, on_wake, NULL);
}

void
control_drain(unsigned int ms)
{
	uint64_t deadline = clock_ms() + ms;

	while (clock_ms() < deadline) {
		control_poll();
		if (held_total() == 0)
			return;
		usleep(200);
	}
}
