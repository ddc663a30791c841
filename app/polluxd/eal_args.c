/* SPDX-License-Identifier: BSD-3-Clause */
/* The "dpdk" section as EAL options. What the user gave on the command line wins. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <numa.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <rte_common.h>
#include "polluxd/polluxd.h"

#define ARGS_MAX   256
#define MEMORY_MB  512 /* without hugepages EAL wants to be told; enough for a dozen ports */
#define LCORES_LEN 1024

struct builder {
	struct eal_args *args;
	bool failed;
};

static void __attribute__((format(printf, 2, 3))) add(struct builder *b, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (b->args->argc >= ARGS_MAX - 1 || vasprintf(&text, fmt, ap) < 0)
		b->failed = true;
	else
		b->args->argv[b->args->argc++] = text;
	va_end(ap);
}

/* Did the user give one of these options (NULL-terminated list) himself? */
static bool
user_gave(int argc, char **argv, const char *const *options)
{
	for (int i = 1; i < argc; i++)
		for (const char *const *o = options; *o != NULL; o++) {
			size_t n = strlen(*o);

			/* "-l", "-l0-3", "--lcores", "--lcores=0-3" */
			if (strncmp(argv[i], *o, n) == 0 &&
			    (argv[i][n] == '\0' || argv[i][n] == '=' || (*o)[1] != '-'))
				return true;
		}
	return false;
}

/* Megabytes in free hugepages of all sizes. */
static uint64_t
free_hugepages_mb(void)
{
	static const char dir[] = "/sys/kernel/mm/hugepages";
	DIR *d = opendir(dir);
	struct dirent *e;
	uint64_t mb = 0;

	while (d != NULL && (e = readdir(d)) != NULL) {
		unsigned long long kb, n = 0;
		char path[512];
		FILE *f;

		if (sscanf(e->d_name, "hugepages-%llukB", &kb) != 1)
			continue;
		snprintf(path, sizeof(path), "%s/%s/free_hugepages", dir, e->d_name);
		f = fopen(path, "r");
		if (f != NULL && fscanf(f, "%llu", &n) == 1)
			mb += kb * n / 1024;
		if (f != NULL)
			fclose(f);
	}
	if (d != NULL)
		closedir(d);
	return mb;
}

/* "0@2,1@3,2@4": lcore 0 is the control thread's; CPUs may repeat. */
static void
add_lcores(struct builder *b, const json_t *dpdk)
{
	const json_t *workers_ = json_object_get(dpdk, "workers"), *v;
	int control = (int)json_integer_value(json_object_get(dpdk, "control"));
	char list[LCORES_LEN];
	size_t i;
	int n = snprintf(list, sizeof(list), "0@%d", control);

	json_array_foreach((json_t *)(uintptr_t)workers_, i, v)
		n += snprintf(list + n, sizeof(list) - (size_t)n, ",%zu@%d", i + 1,
			      (int)json_integer_value(v));
	if (json_array_size(workers_) == 0) /* the next CPU, or the same one where there is one */
		snprintf(list + n, sizeof(list) - (size_t)n, ",1@%ld",
			 (control + 1) % RTE_MAX(1L, sysconf(_SC_NPROCESSORS_ONLN)));
	add(b, "--lcores");
	add(b, "%s", list);
	add(b, "--main-lcore");
	add(b, "0");
}

static void
add_memory(struct builder *b, const json_t *dpdk)
{
	const json_t *mb = json_object_get(dpdk, "memory_mb");
	const json_t *huge = json_object_get(dpdk, "hugepages");
	uint64_t want = mb != NULL ? (uint64_t)json_integer_value(mb) : MEMORY_MB;
	bool use = huge != NULL ? json_is_true(huge) : free_hugepages_mb() >= want;

	/* No files, no second process: nothing is left behind, instances do not meet. */
	if (use) {
		add(b, "--in-memory");
		return;
	}
	add(b, "--no-huge"); /* EAL refuses --in-memory beside it */
	add(b, "--no-shconf");
	add(b, "-m");
	add(b, "%" PRIu64, want);
}

/* Only the PCI devices that are ports of ours: EAL would take every device bound to vfio. */
static void
add_devices(struct builder *b, const json_t *ports)
{
	unsigned int n = 0;
	const char *key;
	json_t *port;

	json_object_foreach((json_t *)(uintptr_t)ports, key, port) {
		const char *device = json_string_value(json_object_get(port, "device"));

		if (device == NULL || !isxdigit((unsigned char)device[0]) ||
		    strchr(device, ':') == NULL || strspn(device, "0123456789abcdefABCDEF:.") < 7)
			continue;
		add(b, "-a");
		add(b, "%s", device);
		n++;
	}
	/* None now: scan the bus all the same, so that one can be attached later, but take none. */
	if (n == 0) {
		add(b, "-a");
		add(b, "0000:00:00.0");
	}
}

int
eal_args_build(const json_t *doc, int argc, char **argv, struct eal_args *out)
{
	static const char *const lcore_opts[] = { "-l", "-c", "--lcores", "-s", NULL };
	static const char *const mem_opts[] = {
		"-m", "--no-huge", "--in-memory", "--socket-mem", "--huge-dir", "--legacy-mem", NULL
	};
	static const char *const dev_opts[] = {
		"-a", "--allow", "-b", "--block", "--no-pci", NULL
	};
	static const char *const prefix_opts[] = { "--file-prefix", NULL };
	static const char *const log_opts[] = { "--log-level", NULL };
	const json_t *dpdk = json_object_get(doc, "dpdk"), *v;
	struct builder b = { .args = out };
	size_t i;

	out->argc = 0;
	out->argv = calloc(ARGS_MAX, sizeof(char *));
	if (out->argv == NULL)
		return -ENOMEM;
	add(&b, "%s", argv[0]);
	if (!user_gave(argc, argv, lcore_opts))
		add_lcores(&b, dpdk);
	if (!user_gave(argc, argv, mem_opts))
		add_memory(&b, dpdk);
	if (!user_gave(argc, argv, dev_opts))
		add_devices(&b, json_object_get(doc, "ports"));
	if (!user_gave(argc, argv, prefix_opts)) {
		add(&b, "--file-prefix");
		add(&b, "pollux");
	}
	if (!user_gave(argc, argv, log_opts))
		for (i = 0; i < 3; i++) {
			static const char *const quiet[] = { "lib.*:warning", "pmd.*:warning",
							     "bus.*:warning" };

			add(&b, "--log-level");
			add(&b, "%s", quiet[i]);
		}
	json_array_foreach(json_object_get(dpdk, "eal"), i, v)
		add(&b, "%s", json_string_value(v));
	for (int k = 1; k < argc; k++)
		add(&b, "%s", argv[k]);
	/* EAL writes into the list it is given; the strings stay reachable by ours. */
	out->owned = malloc(ARGS_MAX * sizeof(char *));
	if (out->owned == NULL || b.failed)
		return -ENOMEM;
	memcpy(out->owned, out->argv, ARGS_MAX * sizeof(char *));
	return 0;
}

void
eal_args_bind_memory(const json_t *doc)
{
	const json_t *dpdk = json_object_get(doc, "dpdk"), *v;
	struct bitmask *nodes;
	size_t i;

	if (numa_available() < 0 || numa_max_node() == 0)
		return; /* one node: nothing to choose */
	nodes = numa_allocate_nodemask();
	json_array_foreach(json_object_get(dpdk, "workers"), i, v) {
		int node = numa_node_of_cpu((int)json_integer_value(v));

		if (node >= 0)
			numa_bitmask_setbit(nodes, (unsigned int)node);
	}
	if (numa_bitmask_weight(nodes) > 0) {
		numa_set_bind_policy(0); /* prefer, do not fail when a node is full */
		numa_set_membind(nodes);
	}
	numa_free_nodemask(nodes);
}
