/* SPDX-License-Identifier: BSD-3-Clause */
/* polluxd [EAL options] -- [-c FILE] [-i] [--check] [--safe] */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_version.h>
#include <systemd/sd-daemon.h>
#include "core/evloop.h"
#include "core/log.h"
#include "ctl/cfg.h"
#include "ctl/cli_server.h"
#include "ctl/ctl.h"
#include "ethdev/ethdev.h"
#include "fib/fib.h"
#include "polluxd/polluxd.h"

LOG_MODULE(main);

#define DRAIN_MS 500 /* packets in rings and queues at shutdown have this long to leave */

enum { EXIT_OK, EXIT_FAILED, EXIT_USAGE };

struct options {
	bool interactive, check, safe;
};

static const char usage[] =
	"usage: polluxd [EAL options] -- [-c FILE] [-i] [--check] [--safe]\n"
	"  -c FILE     JSON configuration (default /etc/pollux/pollux.json)\n"
	"  -i          interactive commands on this terminal\n"
	"  --check     validate the configuration and exit: 0 good, 1 refused\n"
	"  --safe      start with management only: no ports, addresses or routes\n"
	"  --version   show the version and exit\n"
	"  --help      show this and exit\n";

/* Words of ours. Returns -1 to go on, or the exit status. */
static int
parse_options(int argc, char **argv, struct options *opt)
{
	static const struct option longs[] = { { "check", no_argument, NULL, 'k' },
					       { "safe", no_argument, NULL, 's' },
					       { "version", no_argument, NULL, 'v' },
					       { "help", no_argument, NULL, 'h' },
					       { NULL, 0, NULL, 0 } };
	int o;

	while ((o = getopt_long(argc, argv, "c:ih", longs, NULL)) != -1)
		switch (o) {
		case 'c':
			config_path = optarg;
			break;
		case 'i':
			opt->interactive = true;
			break;
		case 'k':
			opt->check = true;
			break;
		case 's':
			opt->safe = true;
			break;
		case 'v':
			printf("polluxd %s, %s\n", POLLUX_VERSION, rte_version());
			return EXIT_OK;
		case 'h':
			fputs(usage, stdout);
			return EXIT_OK;
		default:
			fputs(usage, stderr);
			return EXIT_USAGE;
		}
	if (optind < argc) {
		fprintf(stderr, "polluxd: unexpected word \"%s\"\n%s", argv[optind], usage);
		return EXIT_USAGE;
	}
	return -1;
}

/* For --safe: what stands in @p doc about the daemon itself, if that much is good. */
static CTL_ONLY json_t *
management_only(const json_t *doc)
{
	static const char *const kept[] = { "version", "system", "dpdk" };
	json_t *less = json_object();
	char *report = NULL;

	for (size_t i = 0; i < RTE_DIM(kept); i++)
		if (json_object_get(doc, kept[i]) != NULL)
			json_object_set(less, kept[i], json_object_get(doc, kept[i]));
	if (json_object_get(less, "version") == NULL)
		json_object_set_new(less, "version", json_integer(1));
	if (cfg_check(less, &report) < 0) {
		fprintf(stderr, "polluxd: defaults are used, since\n%s", report);
		json_object_clear(less);
		json_object_set_new(less, "version", json_integer(1));
	}
	free(report);
	return less;
}

/* Load and check. NULL: refused, every error is on stderr. With --safe nothing is refused: a daemon
 * that can be talked to is what it is for. */
static CTL_ONLY json_t *
load_config(bool safe)
{
	char *report = NULL;
	json_t *doc = cfg_load_file(config_path, &report), *less;

	if (doc == NULL)
		fprintf(stderr, "polluxd: configuration %s refused:\n%s", config_path,
			report != NULL ? report : "out of memory\n");
	free(report);
	if (!safe)
		return doc;
	if (doc == NULL) /* refused, but perhaps well-formed */
		doc = json_load_file(config_path, 0, NULL);
	less = management_only(doc);
	json_decref(doc);
	return less;
}

static CTL_ONLY int
start_eal(const json_t *doc, int argc, char **argv)
{
	static struct eal_args args; /* EAL keeps pointers into them */
	int rc = eal_args_build(doc, argc, argv, &args);

	if (rc == 0) {
		eal_args_bind_memory(doc);
		rc = rte_eal_init(args.argc, args.argv);
		if (rc < 0)
			fprintf(stderr,
				"polluxd: DPDK does not start: %s (see \"dpdk\" in %s: hugepages, "
				"memory_mb, workers)\n",
				strerror(rte_errno), config_path);
	}
	return rc < 0 ? -1 : 0;
}

static CTL_ONLY void
apply_config(json_t *doc)
{
	char *report = NULL;

	if (cfg_apply(doc, &report) < 0)
		log_err("the configuration could not be applied");
	if (report != NULL && report[0] != '\0')
		log_err("left out of the configuration:\n%s", report);
	free(report);
}

static CTL_ONLY int
serve(json_t *doc, const struct options *opt)
{
	const char *socket = system_socket(doc);
	int rc;

	workers_start();
	watchdog_start();
	apply_config(doc);
	while (fib_cfg_loading() && !control_stopping()) { /* ready means: with all routes */
		control_poll();
		ev_run_once(0);
	}
	rc = cli_server_open(socket);
	if (rc < 0) {
		log_err("socket %s: %s", socket, strerror(-rc));
		watchdog_stop();
		workers_stop();
		return EXIT_FAILED;
	}
	if (opt->interactive) {
		cli_console_closed = control_shutdown;
		rc = cli_console_start(STDIN_FILENO, STDOUT_FILENO);
		if (rc < 0)
			log_err("no commands on this terminal: %s", strerror(-rc));
	}
	log_notice("ready: %u worker%s, socket %s", n_workers - 1, n_workers == 2 ? "" : "s",
		   socket);
	sd_notify(0, "READY=1");
	rc = control_run();
	sd_notify(0, "STOPPING=1");
	cli_console_stop();
	cli_server_close();
	ethdev_forwarding(false); /* nothing new comes in; what is inside may leave */
	control_drain(DRAIN_MS);
	watchdog_stop();
	workers_stop();
	return rc;
}

static CTL_ONLY int
run(json_t *doc, int argc, char **argv, const struct options *opt)
{
	int rc;

	if (start_eal(doc, argc, argv) < 0)
		return EXIT_FAILED;
	if (workers_alloc() < 0 || n_workers < 2) {
		fprintf(stderr,
			"polluxd: no worker lcore: name at least one CPU in dpdk.workers\n");
		rte_eal_cleanup();
		return EXIT_FAILED;
	}
	rc = EXIT_FAILED;
	if (modules_init() == 0) {
		if (control_signals() == 0)
			rc = serve(doc, opt);
		modules_fini();
	}
	worker_free_all();
	rte_eal_cleanup();
	return rc;
}

static bool
socket_is_alive(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool alive;

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	alive = fd >= 0 && connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) == 0;
	if (fd >= 0)
		close(fd);
	return alive;
}

/* Signals go to the event loop; blocked before any thread starts, so that all inherit it. */
static void
block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int
main(int argc, char **argv)
{
	struct options opt = { 0 };
	int eal_argc = 1, rc;
	json_t *doc;

	role_enter_ctl();
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--") == 0)
			eal_argc = i;
	if (eal_argc > 1 || (argc > 1 && strcmp(argv[1], "--") == 0)) {
		argv[eal_argc] = argv[0]; /* our own words begin behind "--" */
		rc = parse_options(argc - eal_argc, argv + eal_argc, &opt);
	} else {
		rc = parse_options(argc, argv, &opt);
		eal_argc = 1;
	}
	if (rc >= 0)
		return rc;
	ctl_init();
	modules_register();
	cfg_startup_path = config_path;
	doc = load_config(opt.safe);
	if (doc == NULL)
		return EXIT_FAILED;
	if (opt.check) {
		printf("configuration %s is good\n", config_path);
		rc = EXIT_OK;
	} else {
		block_signals();
		rc = EXIT_FAILED; /* before it touches a port */
		if (socket_is_alive(system_socket(doc)))
			fprintf(stderr, "polluxd: another daemon is alive at %s\n",
				system_socket(doc));
		else
			rc = run(doc, eal_argc, argv, &opt);
	}
	json_decref(doc);
	ctl_fini();
	ev_fini();
	return rc;
}
