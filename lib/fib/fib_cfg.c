/* SPDX-License-Identifier: BSD-3-Clause */
/* Sections "tables", "routes" and "routes_file". */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <rte_common.h>
#include "core/log.h"
#include "core/timer.h"
#include "ctl/cfg.h"
#include "fib/fib.h"
#include "netdev/netdev.h"

LOG_MODULE(fib_cfg);

#define FILE_SLICE	2048 /* lines: some milliseconds between which timers run */
#define FILE_ERRORS_MAX 20   /* told one by one; the rest is counted */

/* --- tables: { "isp2": 100 } --- */

/* One name for an id. */
static void
table_check_id(const struct cfg *c, const struct cfg *doc, uint32_t id)
{
	static const char *const own[] = { "default", "main", "local" };
	const char *key;
	json_t *v;

	if (id >= RT_TABLE_DEFAULT && id <= RT_TABLE_LOCAL) {
		if (strcmp(c->key, own[id - RT_TABLE_DEFAULT]) != 0)
			cfg_fail(c, NULL, "%u is table \"%s\", expected a number without a name",
				 id, own[id - RT_TABLE_DEFAULT]);
		return;
	}
	json_object_foreach(json_object_get(doc->node, "tables"), key, v) {
		if (strcmp(key, c->key) == 0)
			return; /* told once, at the later of the two */
		if (json_is_integer(v) && json_integer_value(v) == id) {
			cfg_fail(c, NULL, "%u is table \"%s\" already, expected another number", id,
				 key);
			return;
		}
	}
}

static void
table_check(const struct cfg *c, const struct cfg *doc)
{
	uint32_t id = 0, own;

	role_enter_ctl();
	if (!cfg_u32(c, NULL, 1, UINT32_MAX, &id))
		return;
	if (c->key[0] == '\0' || strlen(c->key) > 31 || strpbrk(c->key, " \t/") != NULL ||
	    (c->key[0] >= '0' && c->key[0] <= '9'))
		cfg_fail(c, NULL, "expected a name of 1 to 31 letters, digits, '-', '_' or '.'");
	if ((strcmp(c->key, "local") == 0 || strcmp(c->key, "main") == 0 ||
	     strcmp(c->key, "default") == 0) &&
	    fib_table_parse(c->key, &own) == 0 && own != id)
		cfg_fail(c, NULL, "table \"%s\" is %u", c->key, own);
	else
		table_check_id(c, doc, id);
}

static int
table_add(const struct cfg *c)
{
	int rc;

	role_enter_ctl();
	rc = fib_table_name_add(c->key, json_integer_value(c->node));
	if (rc < 0)
		cfg_fail(c, NULL, "%s", strerror(-rc));
	return rc;
}

static int
table_del(const struct cfg *c)
{
	role_enter_ctl();
	fib_table_name_del(c->key);
	return 0;
}

/* --- routes --- */

static const char *const route_keys[] = { "dst",      "type",	  "gateway", "dev", "onlink",
					  "nexthops", "table",	  "metric",  "tos", "mtu",
					  "prefsrc",  "protocol", "scope",   NULL };
static const char *const nexthop_keys[] = { "gateway", "dev", "weight", "onlink", NULL };

/* @p doc: only checking, devices are those of the document; NULL: they are looked up, false when
 * one is missing. */
static bool
parse_nexthop(const struct cfg *c, const struct cfg *doc, struct fib_nexthop_spec *nh)
{
	const char *dev = NULL;
	uint32_t weight = 1;

	role_enter_ctl();
	*nh = (struct fib_nexthop_spec){ 0 };
	cfg_ip4(c, "gateway", &nh->gateway);
	cfg_u32(c, "weight", 1, 256, &weight);
	cfg_bool(c, "onlink", &nh->onlink);
	nh->weight = weight;
	cfg_str(c, "dev", &dev);
	if (doc != NULL)
		cfg_need_device(c, "dev", doc, dev);
	if (dev == NULL || doc != NULL)
		return true;
	nh->dev = dev_get_by_name(dev);
	if (nh->dev == NULL)
		cfg_fail(c, "dev", "there is no interface \"%s\"", dev);
	return nh->dev != NULL;
}

static bool
parse_nexthops(const struct cfg *c, const struct cfg *doc, struct fib_route_spec *r)
{
	struct cfg list = cfg_get(c, "nexthops");
	size_t n = json_array_size(list.node);
	bool ok = true;

	if (list.node == NULL) {
		if (cfg_get(c, "gateway").node == NULL && cfg_get(c, "dev").node == NULL)
			return true;
		r->n_nh = 1;
		return parse_nexthop(c, doc, &r->nh[0]);
	}
	if (!json_is_array(list.node) || n < 1 || n > FIB_NEXTHOPS_MAX) {
		cfg_fail(c, "nexthops", "expected a list of 1 to %d next hops", FIB_NEXTHOPS_MAX);
		return false;
	}
	if (cfg_get(c, "gateway").node != NULL || cfg_get(c, "dev").node != NULL)
		cfg_fail(c, "nexthops", "give \"nexthops\", or \"gateway\" and \"dev\", not both");
	for (size_t i = 0; i < n; i++) {
		struct cfg nh = cfg_at(&list, i);

		if (!json_is_object(nh.node)) {
			cfg_fail(&nh, NULL, "expected an object with gateway, dev, weight, onlink");
			continue;
		}
		cfg_only(&nh, nexthop_keys);
		ok = parse_nexthop(&nh, doc, &r->nh[i]) && ok;
		if (r->nh[i].gateway == 0 && cfg_get(&nh, "dev").node == NULL)
			cfg_fail(&nh, NULL, "a next hop needs \"gateway\" or \"dev\"");
	}
	r->n_nh = n;
	return ok;
}

static void
parse_table(const struct cfg *c, const struct cfg *doc, struct fib_route_spec *r)
{
	const json_t *node = cfg_get(c, "table").node;
	const char *name = NULL;

	role_enter_ctl();
	if (json_is_integer(node)) {
		cfg_u32(c, "table", 1, UINT32_MAX, &r->table);
		return;
	}
	if (!cfg_str(c, "table", &name))
		return;
	if (doc != NULL && json_object_get(json_object_get(doc->node, "tables"), name) != NULL)
		return;
	if (fib_table_parse(name, &r->table) < 0) {
		r->table = 0; /* refused where it is used */
		cfg_fail(c, "table", "there is no table \"%s\" in \"tables\"", name);
	}
}

/* A word that @p parse understands; @p valid lists some for who got it wrong. */
static void
parse_word(const struct cfg *c, const char *key, int (*parse)(const char *), const char *valid,
	   uint8_t *out)
{
	const char *word = NULL;
	int v;

	if (!cfg_str(c, key, &word))
		return;
	v = parse(word);
	if (v < 0)
		cfg_fail(c, key, "\"%s\" is no %s: expected %s", word, key, valid);
	else
		*out = v;
}

/* Everything of an entry. @p doc: only checking. False: a device is missing. */
static bool
parse_route(const struct cfg *c, const struct cfg *doc, struct fib_route_spec *r)
{
	uint32_t tos = 0;

	memset(r, 0, sizeof(*r));
	r->table = RT_TABLE_MAIN;
	r->protocol = FIB_PROT_STATIC;
	r->metric_set = r->tos_set = r->keep_dead = true;
	if (cfg_need(c, "dst"))
		cfg_prefix(c, "dst", &r->dst, &r->plen);
	cfg_u32(c, "metric", 0, UINT32_MAX, &r->metric);
	cfg_u32(c, "tos", 0, 255, &tos);
	if (tos & 0x03)
		cfg_fail(c, "tos", "%u has the ECN bits set", tos);
	r->tos = tos;
	cfg_u32(c, "mtu", 68, 65535, &r->mtu);
	cfg_ip4(c, "prefsrc", &r->prefsrc);
	parse_word(
		c, "type", fib_type_parse,
		"unicast, local, broadcast, multicast, blackhole, unreachable, prohibit or throw",
		&r->type);
	parse_word(c, "protocol", fib_protocol_parse, "kernel, boot, static or 0..255",
		   &r->protocol);
	r->scope_set = cfg_get(c, "scope").node != NULL;
	parse_word(c, "scope", rt_scope_parse, "global, site, link, host, nowhere or 0..255",
		   &r->scope);
	parse_table(c, doc, r);
	return parse_nexthops(c, doc, r);
}

static void
route_check(const struct cfg *c, const struct cfg *doc)
{
	static struct fib_route_spec r;
	bool takes_nh;

	if (!json_is_object(c->node)) {
		cfg_fail(c, NULL, "expected an object with dst and gateway, dev, nexthops or type");
		return;
	}
	cfg_only(c, route_keys);
	parse_route(c, doc, &r);
	if (r.plen < 32 && (rte_be_to_cpu_32(r.dst) & (UINT32_MAX >> r.plen)) != 0)
		cfg_fail(c, "dst", "bits are set past the prefix length");
	takes_nh = r.type == 0 || r.type < FIB_BLACKHOLE;
	if (takes_nh && r.n_nh == 0)
		cfg_fail(c, NULL,
			 "a route needs \"gateway\", \"dev\", \"nexthops\" or a \"type\" "
			 "without next hops");
	if (!takes_nh && r.n_nh > 0)
		cfg_fail(c, "type", "a route of type %s has no next hops", fib_type_name(r.type));
}

static int
route_add(const struct cfg *c)
{
	static struct fib_route_spec r;
	const char *why;
	int rc;

	role_enter_ctl();
	/* Not cfg_failed(): this may be the way back after another entry's failure. */
	if (!parse_route(c, NULL, &r))
		return -ENODEV;
	rc = fib_route_add(&r, FIB_ADD, &why);
	if (rc < 0)
		cfg_fail(c, NULL, "%s", why);
	return rc;
}

static int
route_del(const struct cfg *c)
{
	static struct fib_route_spec r;
	int rc;

	role_enter_ctl();
	if (!parse_route(c, NULL, &r))
		return 0; /* gone with its device */
	rc = fib_route_del(&r);
	/* Gone with its device or by hand: then it is as it should be. */
	return rc == -ESRCH ? 0 : rc;
}

/* --- routes_file --- */

/* A load in slices, then the end of what earlier loads set and this one did not: a route that
 * stays never goes. */
static struct {
	struct fib_file *file; /* NULL: read to its end */
	struct ctl_timer timer;
	uint64_t start_ms;
	unsigned int errors, gone;
	bool active;
	uint8_t last; /* number of the last load */
	uint8_t keep; /* the load whose routes stay; 0: none, the section has gone */
	struct fib_cursor cursor;
	struct fib_file_id id; /* of the file that was opened last */
} job;

static void
file_path(const struct cfg *c, char path[PATH_MAX])
{
	const char *name = json_string_value(c->node), *dir;

	role_enter_ctl();
	dir = cfg_dir();
	if (name[0] == '/' || dir == NULL)
		snprintf(path, PATH_MAX, "%s", name);
	else
		snprintf(path, PATH_MAX, "%s/%s", dir, name);
}

static void
file_check(const struct cfg *c, const struct cfg *doc)
{
	const char *name = NULL;
	char path[PATH_MAX];
	struct fib_file *f;
	const char *why;
	int rc;

	role_enter_ctl();
	if (!cfg_str(c, NULL, &name))
		return;
	file_path(c, path);
	f = fib_file_open(path, 0, &why);
	if (f == NULL) {
		cfg_fail(c, NULL, "%s: %s", path, why);
		return;
	}
	while ((rc = fib_file_step(f, FILE_SLICE)) != 0)
		if (rc < 0) {
			cfg_fail(c, NULL, "%s", fib_file_error(f));
			break;
		}
	fib_file_close(f);
}

static CTL_ONLY void
file_stop(void)
{
	if (job.active)
		timer_del(&job.timer);
	if (job.file != NULL)
		fib_file_close(job.file);
	job.file = NULL;
	job.active = false;
}

static CTL_ONLY void
read_slice(void)
{
	int rc = fib_file_step(job.file, FILE_SLICE);

	if (rc < 0 && job.errors++ < FILE_ERRORS_MAX)
		log_err("%s", fib_file_error(job.file));
	if (rc != 0)
		return;
	log_notice("routes_file: %u routes in %llu ms, %u lines refused", fib_file_count(job.file),
		   (unsigned long long)(clock_ms() - job.start_ms), job.errors);
	fib_file_close(job.file);
	job.file = NULL;
}

static void
file_slice(struct ctl_timer *t)
{
	role_enter_ctl();
	if (job.file != NULL) {
		read_slice();
	} else if (!fib_file_sweep(&job.cursor, FILE_SLICE, job.keep, &job.gone)) {
		if (job.gone > 0)
			log_notice("routes_file: %u routes of an earlier file deleted", job.gone);
		job.active = false;
		return;
	}
	timer_mod(t, 0);
}

/* From now on, load @p file (NULL: nothing) and keep what load @p keep sets. */
static CTL_ONLY void
file_start(struct fib_file *file, uint8_t keep)
{
	file_stop();
	job.file = file;
	job.keep = keep;
	job.errors = job.gone = 0;
	job.cursor = (struct fib_cursor){ 0 };
	job.start_ms = clock_ms();
	job.active = true;
	timer_setup(&job.timer, file_slice);
	timer_mod(&job.timer, 0);
}

static int
file_add(const struct cfg *c)
{
	uint8_t load = job.last % UINT8_MAX + 1;
	struct fib_file *file;
	char path[PATH_MAX];
	const char *why;

	role_enter_ctl();
	file_path(c, path);
	file = fib_file_open(path, load, &why);
	if (file == NULL) {
		cfg_fail(c, NULL, "%s: %s", path, why);
		return -ENOENT;
	}
	job.last = load;
	job.id = fib_file_id(file);
	file_start(file, load);
	return 0;
}

/* The new file's routes take the place of the old one's. */
static int
file_change(const struct cfg *old, const struct cfg *c)
{
	RTE_SET_USED(old);
	return file_add(c);
}

static bool
file_stale(const struct cfg *c)
{
	char path[PATH_MAX];

	role_enter_ctl();
	file_path(c, path);
	return !fib_file_same(path, &job.id);
}

static int
file_del(const struct cfg *c)
{
	RTE_SET_USED(c);
	role_enter_ctl();
	file_start(NULL, 0);
	return 0;
}

static const char route_schema[] =
	"{\"type\":\"object\",\"required\":[\"dst\"],\"properties\":{\"dst\":{\"type\":\"string\"},"
	"\"type\":{\"type\":\"string\"},\"gateway\":{\"type\":\"string\"},\"dev\":{\"type\":"
	"\"string\"},\"onlink\":{\"type\":\"boolean\"},\"nexthops\":{\"type\":\"array\"},\"table\":"
	"{\"type\":[\"string\",\"integer\"]},\"metric\":{\"type\":\"integer\"},\"tos\":{\"type\":"
	"\"integer\"},\"mtu\":{\"type\":\"integer\"},\"prefsrc\":{\"type\":\"string\"},"
	"\"protocol\":{\"type\":\"string\"},\"scope\":{\"type\":\"string\"}},"
	"\"additionalProperties\":false}";

static struct cfg_section tables_section = {
	.name = "tables",
	.shape = CFG_MAP,
	.order = 50,
	.check = table_check,
	.add = table_add,
	.del = table_del,
	.schema = "{\"type\":\"integer\",\"minimum\":1,\"maximum\":4294967295}",
};
static struct cfg_section routes_section = {
	.name = "routes",
	.shape = CFG_LIST,
	.order = 60,
	.check = route_check,
	.add = route_add,
	.del = route_del,
	.schema = route_schema,
};
static struct cfg_section file_section = {
	.name = "routes_file",
	.shape = CFG_OBJECT,
	.order = 61,
	.check = file_check,
	.add = file_add,
	.del = file_del,
	.change = file_change,
	.stale = file_stale,
	.schema = "{\"type\":\"string\"}",
};

void
fib_cfg_register(void)
{
	cfg_register(&tables_section);
	cfg_register(&routes_section);
	cfg_register(&file_section);
}

bool
fib_cfg_loading(void)
{
	return job.active;
}

void
fib_cfg_fini(void)
{
	file_stop();
}
