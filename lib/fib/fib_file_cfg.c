/* SPDX-License-Identifier: BSD-3-Clause */
/* Section "routes_file". */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <rte_common.h>
#include "core/log.h"
#include "core/timer.h"
#include "fib/fib_cfg.h"
#include "fib/fib_file.h"

LOG_MODULE(fib_cfg);

#define FILE_SLICE	2048 /* lines: some milliseconds between which timers run */
#define FILE_ERRORS_MAX 20   /* told one by one; the rest is counted */

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
	uint32_t routes;       /* that it set: fewer, and somebody has changed some since */
	char path[PATH_MAX];   /* of the section; "": there is none */
} job;

/* Whole: what is shown may be read from another folder. */
static void
file_path(const struct cfg *c, char path[PATH_MAX])
{
	const char *name = json_string_value(c->node);
	char *dir;

	role_enter_ctl();
	dir = name[0] != '/' ? realpath(cfg_dir(), NULL) : NULL;
	if (dir == NULL)
		snprintf(path, PATH_MAX, "%s", name);
	else
		snprintf(path, PATH_MAX, "%s/%s", dir, name);
	free(dir);
}

/* --- check --- */

struct vetting {
	const struct cfg *doc;
	struct fib_doc known;
	struct fib_seen seen;
};

static bool
vet_device(void *arg, const char *name)
{
	const struct vetting *v = arg;

	return cfg_has_device(v->doc, name);
}

static bool
vet_table(void *arg, const char *name, uint32_t *id)
{
	const struct vetting *v = arg;

	return fib_doc_table(v->doc, name, id);
}

static const char *
vet_route(void *arg, const struct fib_route_spec *r, const char *dev, uint32_t line)
{
	struct vetting *v = arg;
	static char text[64];
	uint32_t first = fib_seen_before(&v->seen, r, line);

	if (first != 0) {
		snprintf(text, sizeof(text), "the same prefix, table, tos and metric as line %u",
			 first);
		return text;
	}
	if (r->prefsrc != 0 && !fib_doc_is_own(&v->known, r->prefsrc))
		return "src is no address of \"addresses\"";
	if (r->nhid != 0 && !fib_doc_has_nhid(&v->known, r->nhid))
		return "nhid is no id of \"nexthops\"";
	if (r->n_nh == 0 || r->nh[0].gateway == 0)
		return NULL;
	if (r->nh[0].onlink)
		return dev != NULL ? NULL : "\"onlink\" needs \"dev\"";
	return fib_doc_refuse(&v->known, r->table, r->nh[0].gateway, dev);
}

static void
file_check(const struct cfg *c, const struct cfg *doc)
{
	struct vetting v = { .doc = doc };
	struct fib_file_vet vet = { vet_device, vet_table, vet_route, &v };
	const char *name = NULL, *why;
	char path[PATH_MAX];
	struct fib_file *f;
	int rc;

	role_enter_ctl();
	if (!cfg_str(c, NULL, &name))
		return;
	file_path(c, path);
	f = fib_file_open(path, 0, &vet, &why);
	if (f == NULL) {
		cfg_fail(c, NULL, "%s: %s", path, why);
		return;
	}
	fib_doc_build(&v.known, doc);
	while ((rc = fib_file_step(f, FILE_SLICE)) != 0)
		if (rc < 0)
			cfg_fail(c, NULL, "%s", fib_file_error(f));
	fib_file_close(f);
	fib_doc_free(&v.known);
	fib_seen_free(&v.seen);
}

/* --- load --- */

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
		job.routes = fib_file_routes();
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
	uint8_t load = job.last % (FIB_FILE_HOST - 1) + 1;
	struct fib_file *file;
	char path[PATH_MAX];
	const char *why;

	role_enter_ctl();
	file_path(c, path);
	file = fib_file_open(path, load, NULL, &why);
	if (file == NULL) {
		cfg_fail(c, NULL, "%s: %s", path, why);
		return -ENOENT;
	}
	job.last = load;
	job.id = fib_file_id(file);
	snprintf(job.path, sizeof(job.path), "%s", path);
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
	return !fib_file_same(path, &job.id) || (!job.active && fib_file_routes() != job.routes);
}

static int
file_del(const struct cfg *c)
{
	RTE_SET_USED(c);
	role_enter_ctl();
	job.path[0] = '\0';
	file_start(NULL, 0);
	return 0;
}

static json_t *
file_canon(const struct cfg *c)
{
	char path[PATH_MAX];

	file_path(c, path);
	return json_string(path);
}

static json_t *
file_show(void)
{
	return job.path[0] != '\0' ? json_string(job.path) : NULL;
}

static struct cfg_section file_section = {
	.name = "routes_file",
	.shape = CFG_OBJECT,
	.order = 61,
	.check = file_check,
	.show = file_show,
	.canon = file_canon,
	.add = file_add,
	.del = file_del,
	.change = file_change,
	.stale = file_stale,
	.schema = "{\"type\":\"string\"}",
};

void
fib_file_cfg_register(void)
{
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
