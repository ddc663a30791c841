/* SPDX-License-Identifier: BSD-3-Clause */
/* Files of routes, read in slices. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include <rte_common.h>
#include "core/realm.h"
#include "fib/fib_file.h"
#include "core/rtproto.h"
#include "fib/fib_priv.h"

struct fib_file {
	FILE *f;
	struct fib_file_id id;
	uint8_t load; /* 0: only checking, by vet */
	struct fib_file_vet vet;
	const char *dev; /* that the line names */
	uint32_t line, count;
	char *buf;
	size_t size;
	char path[256];
	char error[512];
};

static struct fib_file_id
id_of(const struct stat *st)
{
	return (struct fib_file_id){ .dev = st->st_dev,
				     .ino = st->st_ino,
				     .size = st->st_size,
				     .modified = st->st_mtim,
				     .changed = st->st_ctim };
}

/* A FIFO or a device has no end, or none in time. */
static FILE *
open_regular(const char *path, struct fib_file_id *id, const char **why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	FILE *f = NULL;
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0) {
		*why = S_ISDIR(st.st_mode) ? "is a directory, expected a file of routes"
					   : "is no regular file, expected a file of routes";
		if (!S_ISREG(st.st_mode)) {
			close(fd);
			return NULL;
		}
		*id = id_of(&st);
		f = fdopen(fd, "r");
	}
	if (f == NULL)
		*why = strerror(errno);
	if (f == NULL && fd >= 0)
		close(fd);
	return f;
}

struct fib_file *
fib_file_open(const char *path, uint8_t load, const struct fib_file_vet *vet, const char **why)
{
	struct fib_file *f = calloc(1, sizeof(*f));

	*why = "out of memory";
	if (f == NULL)
		return NULL;
	snprintf(f->path, sizeof(f->path), "%s", path);
	f->load = load;
	if (vet != NULL)
		f->vet = *vet;
	f->f = open_regular(path, &f->id, why);
	if (f->f == NULL) {
		free(f);
		return NULL;
	}
	return f;
}

struct fib_file_id
fib_file_id(const struct fib_file *f)
{
	return f->id;
}

static bool
same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

bool
fib_file_same(const char *path, const struct fib_file_id *id)
{
	struct fib_file_id now;
	struct stat st;

	if (stat(path, &st) < 0)
		return false;
	now = id_of(&st);
	return now.dev == id->dev && now.ino == id->ino && now.size == id->size &&
	       same_time(&now.modified, &id->modified) && same_time(&now.changed, &id->changed);
}

void
fib_file_close(struct fib_file *f)
{
	fclose(f->f);
	free(f->buf);
	free(f);
}

const char *
fib_file_error(const struct fib_file *f)
{
	return f->error;
}

uint32_t
fib_file_count(const struct fib_file *f)
{
	return f->count;
}

static bool
parse_u32(const char *s, uint32_t *v)
{
	char *end;
	unsigned long n;

	if (s == NULL || s[0] < '0' || s[0] > '9')
		return false;
	n = strtoul(s, &end, 0);
	*v = n;
	return *end == '\0' && n <= UINT32_MAX;
}

static bool
parse_ip4(const char *s, rte_be32_t *addr)
{
	struct in_addr a;

	if (s == NULL || inet_pton(AF_INET, s, &a) != 1)
		return false;
	*addr = a.s_addr;
	return true;
}

static bool
parse_prefix(char *s, struct fib_route_spec *r)
{
	char *slash = strchr(s, '/');
	uint32_t plen = 32;

	if (strcmp(s, "default") == 0) {
		r->dst = 0;
		r->plen = 0;
		return true;
	}
	if (slash != NULL) {
		*slash = '\0';
		if (!parse_u32(slash + 1, &plen) || plen > 32)
			return false;
	}
	r->plen = plen;
	return parse_ip4(s, &r->dst);
}

/* One word with its value. False: not understood. */
static CTL_ONLY bool
parse_pair(struct fib_file *f, struct fib_route_spec *r, const char *word, const char *v)
{
	struct fib_nexthop_spec *nh = &r->nh[0];
	int n;

	if (v == NULL)
		return false;
	if (strcmp(word, "via") == 0) {
		r->n_nh = 1;
		return parse_ip4(v, &nh->gateway);
	}
	if (strcmp(word, "dev") == 0) {
		r->n_nh = 1;
		f->dev = v;
		if (f->load == 0)
			return f->vet.has_device(f->vet.arg, v);
		nh->dev = dev_get_by_name(v);
		return nh->dev != NULL;
	}
	if (strcmp(word, "metric") == 0) {
		r->metric_set = true;
		return parse_u32(v, &r->metric);
	}
	if (strcmp(word, "nhid") == 0)
		return parse_u32(v, &r->nhid) && r->nhid != 0;
	if (strcmp(word, "realm") == 0 || strcmp(word, "realms") == 0)
		return realms_parse(v, &r->tclassid) == 0;
	if (strcmp(word, "src") == 0)
		return parse_ip4(v, &r->prefsrc);
	if (strcmp(word, "table") == 0)
		return (f->load == 0 && f->vet.table(f->vet.arg, v, &r->table)) ||
		       fib_table_parse(v, &r->table) == 0;
	if (strcmp(word, "proto") == 0) {
		n = rtproto_parse(v);
		r->protocol = n < 0 ? 0 : n;
		return n >= 0;
	}
	if (strcmp(word, "scope") == 0) {
		n = rt_scope_parse(v);
		r->scope = n < 0 ? 0 : n;
		r->scope_set = true;
		return n >= 0;
	}
	return false;
}

/* 1: a route, 0: nothing on this line, -EINVAL with *bad. */
static CTL_ONLY int
parse_line(struct fib_file *f, struct fib_route_spec *r, const char **bad)
{
	static const char *const flags[] = { "dead", "linkdown", "offload", "pervasive" };
	char *save = NULL, *w, *v;
	char *line = f->buf;
	int metric;
	bool lock;
	int type;

	f->dev = NULL;
	fib_route_spec_clear(r);
	r->table = RT_TABLE_MAIN;
	r->protocol = FIB_PROT_STATIC;
	r->metric_set = r->tos_set = true;
	line[strcspn(line, "#\r\n")] = '\0';
	w = strtok_r(line, " \t", &save);
	if (w == NULL)
		return 0;
	type = w[0] >= 'a' && w[0] <= 'z' ? fib_type_parse(w) : -EINVAL;
	*bad = w;
	if (type > 0) {
		r->type = type;
		w = strtok_r(NULL, " \t", &save);
	}
	if (w == NULL || !parse_prefix(w, r))
		return -EINVAL;
	while ((w = strtok_r(NULL, " \t", &save)) != NULL) {
		bool flag = strcmp(w, "onlink") == 0;

		r->nh[0].onlink |= flag;
		for (unsigned int i = 0; i < RTE_DIM(flags) && !flag; i++)
			flag = strcmp(w, flags[i]) == 0;
		*bad = w;
		if (flag)
			continue;
		v = strtok_r(NULL, " \t", &save);
		metric = fib_metric_parse(w);
		lock = metric >= 0 && v != NULL && strcmp(v, "lock") == 0;
		if (lock)
			v = strtok_r(NULL, " \t", &save);
		if (metric < 0 ? !parse_pair(f, r, w, v)
			       : v == NULL || fib_metric_set(&r->metrics, (enum fib_metric)metric,
							     v, lock) != 0)
			return -EINVAL;
	}
	return 1;
}

static CTL_ONLY int
one_line(struct fib_file *f)
{
	static struct fib_route_spec r;
	const char *why = NULL;
	int rc = parse_line(f, &r, &why);

	if (rc == 0)
		return 0;
	if (rc < 0) {
		snprintf(f->error, sizeof(f->error), "%s:%u: \"%s\" is not understood", f->path,
			 f->line, why);
		return rc;
	}
	if (f->load != 0) {
		r.keep_dead = true;
		r.file = f->load;
		rc = fib_route_add(&r, FIB_REPLACE, &why);
	} else {
		why = (rte_be_to_cpu_32(r.dst) & ~fib_mask(r.plen)) != 0
			      ? "bits are set past the prefix length"
			      : f->vet.route(f->vet.arg, &r, f->dev, f->line);
		rc = why != NULL ? -EINVAL : 0;
	}
	if (rc < 0)
		snprintf(f->error, sizeof(f->error), "%s:%u: %s", f->path, f->line, why);
	else
		f->count++;
	return rc;
}

int
fib_file_step(struct fib_file *f, unsigned int n)
{
	for (; n > 0; n--) {
		int rc;

		if (getline(&f->buf, &f->size, f->f) < 0)
			return 0;
		f->line++;
		rc = one_line(f);
		if (rc < 0)
			return rc;
	}
	return 1;
}
