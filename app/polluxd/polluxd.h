/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef POLLUXD_H
#define POLLUXD_H
/** @file What the daemon's own files share: start-up settings, the loops, the list of modules. */
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include "core/role.h"
#include "core/worker.h"

/* --- eal_args.c: the "dpdk" section as EAL options --- */
struct eal_args {
	int argc;
	char **argv;  /* for EAL, which keeps and changes it */
	char **owned; /* the same strings */
};
/**
 * Join program name, options made from the configuration and the user's own, which win.
 * @param doc   checked configuration; its "dpdk" and "ports" sections are read
 * @param argc  words before "--", the program's name first
 * @return 0, or -ENOMEM
 */
int eal_args_build(const json_t *doc, int argc, char **argv, struct eal_args *out) CTL_ONLY;
/** Bind the daemon's memory to the NUMA nodes of the configured CPUs. Before EAL. */
void eal_args_bind_memory(const json_t *doc) CTL_ONLY;

/* --- modules.c --- */
/** Register all commands and config sections. Needs no EAL. */
void modules_register(void) CTL_ONLY;
/** Start every module in order; undoes on failure. 0 or -errno, said in the log. */
int modules_init(void) CTL_ONLY;
void modules_fini(void) CTL_ONLY;

/* --- worker.c --- */
#define WORKERS_MAX_SLEEP_US 2000 /* a wake-up measured 28 us of CPU time in a virtual machine */
enum power_mode { POWER_POLL, POWER_AUTO };
/** Allocate the control thread's context and one for each worker lcore. 0 or -ENOMEM. */
int workers_alloc(void) CTL_ONLY;
/** A pool for each NUMA node that has a worker: packets made here come from it. 0 or -ENOMEM. */
int workers_pools(void) CTL_ONLY;
/** Launch the loops on their lcores. */
void workers_start(void) CTL_ONLY;
/** End the loops and wait. */
void workers_stop(void) CTL_ONLY;
void workers_set_power(enum power_mode mode) CTL_ONLY;
enum power_mode workers_power(void) CTL_ONLY;
/** Longest nap of an idle worker in power auto, microseconds; queues may want shorter ones. */
void workers_set_max_sleep(uint32_t us) CTL_ONLY;
uint32_t workers_max_sleep(void) CTL_ONLY;

/* --- watchdog.c --- */
/** Look after the workers, which run. */
void watchdog_start(void) CTL_ONLY;
void watchdog_stop(void) CTL_ONLY;
/** One look; told in the log. */
void watchdog_check(void) CTL_ONLY;
/** Has the worker made no round for a while? */
bool watchdog_stalled(unsigned int slot) CTL_ONLY;

/* --- control.c --- */
/** Run until shutdown. Returns the exit status. */
int control_run(void) CTL_ONLY;
/** One round of the control thread's work without waiting; returns how much was done. */
unsigned int control_poll(void) CTL_ONLY;
/** End control_run() after the current round. */
void control_shutdown(void) CTL_ONLY;
/** Has the end been asked for? */
bool control_stopping(void) CTL_ONLY;
/** Let signals arrive in the event loop. 0 or -errno. */
int control_signals(void) CTL_ONLY;
/** Load the configuration file anew and apply the difference. */
int control_reload(void) CTL_ONLY;
/** Give packets that are on their way up to @p ms milliseconds to leave. */
void control_drain(unsigned int ms) CTL_ONLY;

/** The configuration file of -c. */
extern const char *config_path;
/** Where the socket is: the config's "socket", or the default. */
const char *system_socket(const json_t *doc) CTL_ONLY;

void system_cfg_register(void) CTL_ONLY;
void system_cli_register(void) CTL_ONLY;
#endif
