/* SPDX-License-Identifier: BSD-3-Clause */
/* Sections "system" and "dpdk". */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "core/log.h"
#include "ctl/cfg.h"
#include "ethdev/ethdev.h"
#include "polluxd/polluxd.h"

#define DEFAULT_SOCKET	"/run/pollux/pollux.sock"
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

static int
system_add(const struct cfg *c)
{
	struct cfg log = cfg_get(c, "log");
	unsigned int word;
	uint32_t us;

	role_enter_ctl();
	if (log.node != NULL && cfg_word(&log, "level", levels, &word))
		log_set_level(levels[word]);
	if (cfg_word(c, "power", powers, &word))
		workers_set_power((enum power_mode)word);
	if (cfg_u32(c, "max_sleep_us", 10, 100000, &us))
		workers_set_max_sleep(us);
	if (cfg_u32(c, "burst_pps", 1000, 1000000000, &us))
		ethdev_set_burst_pps(us);
	return 0;
}

static int
system_del(const struct cfg *c)
{
	(void)c;
	role_enter_ctl();
	log_set_level("info");
	workers_set_power(POWER_AUTO);
	workers_set_max_sleep(WORKERS_MAX_SLEEP_US);
	ethdev_set_burst_pps(ETHDEV_BURST_PPS);
	return 0;
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
	.add = system_add,
	.del = system_del,
	.restart_keys = system_restart,
	.schema = system_schema,
};

/* A CPU number that this machine has. */
static void
check_cpu(const struct cfg *c, const char *key)
{
	long n = sysconf(_SC_NPROCESSORS_CONF);
	uint32_t cpu;

	cfg_u32(c, key, 0, (uint32_t)(n > 0 ? n - 1 : 0), &cpu);
}

static void
dpdk_check(const struct cfg *c, const struct cfg *doc)
{
	static const char *const known[] = { "control",	  "workers", "memory_mb",
					     "hugepages", "eal",     NULL };
	struct cfg list = cfg_get(c, "workers"), eal = cfg_get(c, "eal");
	uint32_t mb;
	bool huge;

	(void)doc;
	cfg_only(c, known);
	check_cpu(c, "control");
	cfg_u32(c, "memory_mb", 64, 1u << 20, &mb);
	cfg_bool(c, "hugepages", &huge);
	if (list.node != NULL && (!json_is_array(list.node) || json_array_size(list.node) == 0 ||
				  json_array_size(list.node) >= WORKER_MAX))
		cfg_fail(c, "workers", "expected a list of 1 to %d CPU numbers", WORKER_MAX - 1);
	for (size_t i = 0; json_is_array(list.node) && i < json_array_size(list.node); i++) {
		struct cfg item = cfg_at(&list, i);

		check_cpu(&item, NULL);
	}
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
