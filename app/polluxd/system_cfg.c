/* SPDX-License-Identifier: BSD-3-Clause */
/* Sections "system" and "dpdk". */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "core/log.h"
#include "ctl/cfg.h"
#include "ethdev/ethdev.h"
#include "polluxd/polluxd.h"

#define DEFAULT_SOCKET	"/run/pollux/pollux.sock"
#define DEFAULT_LEVEL	"info"
#define SOCKET_PATH_MAX 107 /* sun_path less its NUL */

static const char *const levels[] = { "error", "warning", "notice", "info", "debug", NULL };
static const char *const powers[] = { "poll", "auto", NULL };

const char *
system_socket(const json_t *doc)
{
	const char *path =
		json_string_value(json_object_get(json_object_get(doc, "system"), "socket"));

	return path != NULL ? path : DEFAULT_SOCKET;
}

static void
system_check(const struct cfg *c, const struct cfg *doc)
{
	static const char *const known[] = { "hostname",     "socket",	  "log", "power",
					     "max_sleep_us", "burst_pps", NULL };
	static const char *const log_known[] = { "level", NULL };
	struct cfg log = cfg_get(c, "log");
	unsigned int word;
	const char *s;
	uint32_t us;

	(void)doc;
	cfg_only(c, known);
	if (cfg_str(c, "hostname", &s) && (s[0] == '\0' || strlen(s) > 64))
		cfg_fail(c, "hostname", "expected 1 to 64 characters, found %zu", strlen(s));
	if (cfg_str(c, "socket", &s) && (s[0] != '/' || strlen(s) > SOCKET_PATH_MAX))
		cfg_fail(c, "socket", "expected an absolute path of at most %d bytes, found \"%s\"",
			 SOCKET_PATH_MAX, s);
	cfg_word(c, "power", powers, &word);
	cfg_u32(c, "max_sleep_us", 10, 100000, &us);
	cfg_u32(c, "burst_pps", 1000, 1000000000, &us);
	if (log.node == NULL)
		return;
	if (!json_is_object(log.node)) {
		cfg_fail(c, "log", "expected an object");
		return;
	}
	cfg_only(&log, log_known);
	cfg_word(&log, "level", levels, &word);
}

/* Names are for showing only: they are remembered here. The rest is asked from who has it. */
static char hostname[65], socket_path[SOCKET_PATH_MAX + 1];

struct system_entry {
	const char *host, *path, *level;
	unsigned int power;
	uint32_t max_sleep_us, burst_pps;
};

static json_t *
system_json(const struct system_entry *e)
{
	json_t *o = json_object();

	if (e->host[0] != '\0')
		json_object_set_new(o, "hostname", json_string(e->host));
	if (e->path[0] != '\0')
		json_object_set_new(o, "socket", json_string(e->path));
	if (strcmp(e->level, DEFAULT_LEVEL) != 0)
		json_object_set_new(o, "log", json_pack("{s:s}", "level", e->level));
	if (e->power != POWER_AUTO)
		json_object_set_new(o, "power", json_string(powers[e->power]));
	if (e->max_sleep_us != WORKERS_MAX_SLEEP_US)
		json_object_set_new(o, "max_sleep_us", json_integer(e->max_sleep_us));
	if (e->burst_pps != ETHDEV_BURST_PPS)
		json_object_set_new(o, "burst_pps", json_integer(e->burst_pps));
	if (json_object_size(o) > 0)
		return o;
	json_decref(o);
	return NULL;
}

static json_t *
system_show(void)
{
	struct system_entry e;

	role_enter_ctl();
	e = (struct system_entry){ .host = hostname,
				   .path = socket_path,
				   .level = log_get_level(),
				   .power = workers_power(),
				   .max_sleep_us = workers_max_sleep(),
				   .burst_pps = ethdev_burst_pps() };
	return system_json(&e);
}

static void
system_parse(const struct cfg *c, struct system_entry *e)
{
	struct cfg log = cfg_get(c, "log");
	unsigned int level;

	*e = (struct system_entry){ .host = "",
				    .path = "",
				    .level = DEFAULT_LEVEL,
				    .power = POWER_AUTO,
				    .max_sleep_us = WORKERS_MAX_SLEEP_US,
				    .burst_pps = ETHDEV_BURST_PPS };
	cfg_str(c, "hostname", &e->host);
	cfg_str(c, "socket", &e->path);
	if (log.node != NULL && cfg_word(&log, "level", levels, &level))
		e->level = levels[level];
	cfg_word(c, "power", powers, &e->power);
	cfg_u32(c, "max_sleep_us", 10, 100000, &e->max_sleep_us);
	cfg_u32(c, "burst_pps", 1000, 1000000000, &e->burst_pps);
}

static json_t *
system_canon(const struct cfg *c)
{
	struct system_entry e;

	system_parse(c, &e);
	return system_json(&e);
}

static void
system_set(const struct system_entry *e) CTL_ONLY
{
	snprintf(hostname, sizeof(hostname), "%s", e->host);
	snprintf(socket_path, sizeof(socket_path), "%s", e->path);
	if (strcmp(e->level, log_get_level()) != 0) /* else: as EAL was told */
		log_set_level(e->level);
	workers_set_power((enum power_mode)e->power);
	workers_set_max_sleep(e->max_sleep_us);
	ethdev_set_burst_pps(e->burst_pps);
}

static int
system_add(const struct cfg *c)
{
	struct system_entry e;

	role_enter_ctl();
	system_parse(c, &e);
	system_set(&e);
	return 0;
}

static int
system_change(const struct cfg *old, const struct cfg *c)
{
	(void)old;
	return system_add(c);
}

static int
system_del(const struct cfg *c)
{
	static const struct cfg nothing;

	(void)c;
	return system_add(&nothing);
}

static const char system_schema[] =
	"{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"
	"\"hostname\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":64},"
	"\"socket\":{\"type\":\"string\"},"
	"\"power\":{\"enum\":[\"poll\",\"auto\"]},"
	"\"max_sleep_us\":{\"type\":\"integer\",\"minimum\":10,\"maximum\":100000},"
	"\"burst_pps\":{\"type\":\"integer\",\"minimum\":1000,\"maximum\":1000000000},"
	"\"log\":{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"
	"\"level\":{\"enum\":[\"error\",\"warning\",\"notice\",\"info\",\"debug\"]}}}}}";

static const char *const system_restart[] = { "socket", NULL };

static struct cfg_section system_section = {
	.name = "system",
	.shape = CFG_OBJECT,
	.order = 0,
	.check = system_check,
	.show = system_show,
	.canon = system_canon,
	.add = system_add,
	.del = system_del,
	.change = system_change,
	.restart_keys = system_restart,
	.schema = system_schema,
};

/* A CPU number that this machine has. */
static bool
check_cpu(const struct cfg *c, const char *key, uint32_t *cpu)
{
	long n = sysconf(_SC_NPROCESSORS_CONF);

	return cfg_u32(c, key, 0, (uint32_t)(n > 0 ? n - 1 : 0), cpu);
}

/* Each worker its CPU. The control thread may share one's if that sleeps when it is idle. */
static void
check_workers(const struct cfg *list, const struct cfg *doc, uint32_t control)
{
	const json_t *power = json_object_get(json_object_get(doc->node, "system"), "power");
	bool poll = json_is_string(power) && strcmp(json_string_value(power), "poll") == 0;
	uint32_t cpu[WORKER_MAX];
	size_t n = json_array_size(list->node);

	if (!json_is_array(list->node) || n == 0 || n >= WORKER_MAX) {
		cfg_fail(list, NULL, "expected a list of 1 to %d CPU numbers", WORKER_MAX - 1);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		struct cfg item = cfg_at(list, i);

		cpu[i] = UINT32_MAX;
		if (!check_cpu(&item, NULL, &cpu[i]))
			continue;
		if (cpu[i] == control && poll)
			cfg_fail(&item, NULL,
				 "CPU %u is the control thread's, and system.power is \"poll\": "
				 "expected another one",
				 cpu[i]);
		for (size_t k = 0; k < i; k++)
			if (cpu[k] == cpu[i]) {
				cfg_fail(&item, NULL,
					 "CPU %u is the worker's of element %zu already, expected "
					 "another one",
					 cpu[i], k);
				break;
			}
	}
}

static void
dpdk_check(const struct cfg *c, const struct cfg *doc)
{
	static const char *const known[] = { "control",	  "workers", "memory_mb",
					     "hugepages", "eal",     NULL };
	struct cfg list = cfg_get(c, "workers"), eal = cfg_get(c, "eal");
	uint32_t mb, control = 0;
	bool huge;

	cfg_only(c, known);
	check_cpu(c, "control", &control);
	cfg_u32(c, "memory_mb", 64, 1u << 20, &mb);
	cfg_bool(c, "hugepages", &huge);
	if (list.node != NULL)
		check_workers(&list, doc, control);
	if (eal.node != NULL && !json_is_array(eal.node))
		cfg_fail(c, "eal", "expected a list of EAL options, each a string");
	for (size_t i = 0; json_is_array(eal.node) && i < json_array_size(eal.node); i++) {
		struct cfg item = cfg_at(&eal, i);
		const char *s;

		cfg_str(&item, NULL, &s);
	}
}

/* EAL has read the section before any module started: nothing is left to do. */
static int
dpdk_nothing(const struct cfg *c)
{
	(void)c;
	return 0;
}

static const char dpdk_schema[] =
	"{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"
	"\"control\":{\"type\":\"integer\",\"minimum\":0},"
	"\"workers\":{\"type\":\"array\",\"minItems\":1,\"items\":{\"type\":\"integer\","
	"\"minimum\":0}},"
	"\"memory_mb\":{\"type\":\"integer\",\"minimum\":64},"
	"\"hugepages\":{\"type\":\"boolean\"},"
	"\"eal\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}}}";

static struct cfg_section dpdk_section = {
	.name = "dpdk",
	.shape = CFG_OBJECT,
	.order = 0,
	.check = dpdk_check,
	.add = dpdk_nothing,
	.del = dpdk_nothing,
	.restart_only = true,
	.schema = dpdk_schema,
};

void
system_cfg_register(void)
{
	cfg_register(&system_section);
	cfg_register(&dpdk_section);
}
