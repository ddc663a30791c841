/* SPDX-License-Identifier: BSD-3-Clause */
/* The list of commands, and the arguments of one as its function sees them. */
#include "ctl/cli.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ctl/cli_priv.h"

struct cli_prog **cli_progs;
size_t cli_n_progs;
void (*cli_complete_dev)(void (*add)(void *arg, const char *word), void *arg);
void (*cli_complete_port)(void (*add)(void *arg, const char *word), void *arg);
bool (*cli_dev_exists)(const char *name);

void
cli_register(const struct cli_cmd *cmds)
{
	struct cli_prog **p;
	char err[256];

	for (; cmds->syntax != NULL; cmds++) {
		p = realloc(cli_progs, (cli_n_progs + 1) * sizeof(struct cli_prog *));
		if (p != NULL) {
			cli_progs = p;
			p[cli_n_progs] = grammar_compile(cmds, err, sizeof(err));
		}
		if (p == NULL || p[cli_n_progs] == NULL) {
			fprintf(stderr, "command \"%s\": %s\n", cmds->syntax,
				p == NULL ? "out of memory" : err);
			abort(); /* a mistake in the program, seen at its first start */
		}
		cli_n_progs++;
	}
}

void
cli_unregister_all(void)
{
	for (size_t i = 0; i < cli_n_progs; i++)
		grammar_free(cli_progs[i]);
	free(cli_progs);
	cli_progs = NULL;
	cli_n_progs = 0;
}

/* Step over @p i-th argument: tells whether it is visible here, that is outside of repeated groups
 * or the first word of one. */
static bool
is_visible(const struct cli_ctx *c, size_t i, int *depth)
{
	switch (c->args[i]->kind) {
	case CLI_A_BEGIN:
		(*depth)++;
		return false;
	case CLI_A_END:
		(*depth)--;
		return false;
	default:
		return *depth == 0 || (*depth == 1 && c->args[i - 1]->kind == CLI_A_BEGIN);
	}
}

/* The first argument of that name; a value goes before a keyword ("dev dev:dev"). */
static const struct cli_arg *
find(const struct cli_ctx *c, const char *name)
{
	const struct cli_arg *keyword = NULL;
	int depth = 0;

	for (size_t i = 0; i < c->n_args; i++) {
		if (!is_visible(c, i, &depth) || strcmp(c->args[i]->name, name) != 0)
			continue;
		if (c->args[i]->kind == CLI_A_VAL)
			return c->args[i];
		if (keyword == NULL)
			keyword = c->args[i];
	}
	return keyword;
}

static const struct cli_arg *
find_type(const struct cli_ctx *c, const char *name, enum cli_type type)
{
	const struct cli_arg *a = find(c, name);

	return a != NULL && a->kind == CLI_A_VAL && a->type == type ? a : NULL;
}

bool
cli_has(const struct cli_ctx *c, const char *name)
{
	return find(c, name) != NULL;
}

const char *
cli_arg_str(const struct cli_ctx *c, const char *name)
{
	const struct cli_arg *a = find(c, name);

	return a != NULL ? a->word : NULL;
}

uint32_t
cli_arg_u32(const struct cli_ctx *c, const char *name, uint32_t absent)
{
	const struct cli_arg *a = find_type(c, name, CLI_T_U32);

	return a != NULL ? a->num : absent;
}

bool
cli_arg_ip4(const struct cli_ctx *c, const char *name, uint32_t *addr)
{
	const struct cli_arg *a = find_type(c, name, CLI_T_IP4);

	if (a != NULL)
		*addr = a->num;
	return a != NULL;
}

bool
cli_arg_prefix(const struct cli_ctx *c, const char *name, uint32_t *addr, uint8_t *plen)
{
	const struct cli_arg *a = find_type(c, name, CLI_T_PREFIX);

	if (a != NULL) {
		*addr = a->num;
		*plen = a->plen;
	}
	return a != NULL;
}

bool
cli_arg_mac(const struct cli_ctx *c, const char *name, struct rte_ether_addr *mac)
{
	const struct cli_arg *a = find_type(c, name, CLI_T_MAC);

	if (a != NULL)
		*mac = a->mac;
	return a != NULL;
}

const char *
cli_arg_dev(const struct cli_ctx *c, const char *name)
{
	const struct cli_arg *a = find_type(c, name, CLI_T_DEV);

	return a != NULL ? a->word : NULL;
}

/* The k-th repeated group right here that holds @p name: its first argument and how many. */
static bool
nth_group(const struct cli_ctx *c, const char *name, unsigned int k, size_t *first, size_t *len)
{
	size_t begin = 0;
	bool holds = false;
	int depth = 0;

	for (size_t i = 0; i < c->n_args; i++) {
		const struct cli_arg *a = c->args[i];

		if (a->kind == CLI_A_BEGIN && depth++ == 0) {
			begin = i + 1;
			holds = false;
		} else if (a->kind == CLI_A_END && --depth == 0) {
			if (!holds || k-- > 0)
				continue;
			*first = begin;
			*len = i - begin;
			return true;
		} else if (depth == 1 && a->name != NULL && strcmp(a->name, name) == 0) {
			holds = true;
		}
	}
	return false;
}

unsigned int
cli_count(const struct cli_ctx *c, const char *name)
{
	unsigned int n = 0;
	size_t first, len;

	while (nth_group(c, name, n, &first, &len))
		n++;
	return n > 0 ? n : find(c, name) != NULL;
}

const struct cli_ctx *
cli_group(const struct cli_ctx *c, const char *name, unsigned int k)
{
	struct cli_ctx *root = c->root;
	struct cli_ctx **views;
	struct cli_ctx *v;
	size_t first, len;

	if (!nth_group(c, name, k, &first, &len))
		return NULL;
	for (size_t i = 0; i < root->n_views; i++)
		if (root->views[i]->args == c->args + first && root->views[i]->n_args == len)
			return root->views[i];
	views = realloc(root->views, (root->n_views + 1) * sizeof(struct cli_ctx *));
	if (views == NULL)
		return NULL;
	root->views = views;
	v = arena_alloc(&root->arena, sizeof(*v));
	if (v == NULL)
		return NULL;
	v->root = root;
	v->args = c->args + first;
	v->n_args = len;
	views[root->n_views++] = v;
	return v;
}

void
cli_set_result(struct cli_ctx *c, json_t *result)
{
	json_decref(c->root->result);
	c->root->result = result;
}

void
cli_set_rows(struct cli_ctx *c, json_t *(*next)(struct cli_ctx *c, void *arg),
	     void (*release)(void *arg), void *arg)
{
	c = c->root;
	c->next = next;
	c->release = release;
	c->rows_arg = arg;
}

void
cli_set_steps(struct cli_ctx *c, int (*step)(struct cli_ctx *c, void *arg),
	      void (*release)(void *arg), void *arg)
{
	c->step = step;
	c->release = release;
	c->rows_arg = arg;
}

unsigned int
cli_slice(const struct cli_ctx *c)
{
	return c->root->slice;
}

static int
refuse(struct cli_ctx *c, int rc, const char *word, const char *fmt, va_list ap)
{
	c = c->root;
	if (c->error.len > 0)
		return rc; /* the first says what is wrong, the rest what followed from it */
	strbuf_vprintf(&c->error, fmt, ap);
	if (word != NULL)
		c->error_word = strdup(word);
	c->rc = rc;
	return rc;
}

int
cli_error(struct cli_ctx *c, int rc, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	refuse(c, rc, NULL, fmt, ap);
	va_end(ap);
	return rc;
}

int
cli_error_at(struct cli_ctx *c, int rc, const char *word, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	refuse(c, rc, word, fmt, ap);
	va_end(ap);
	return rc;
}

int
cli_denied(struct cli_ctx *c)
{
	c->root->denied = true;
	return cli_error(c, -EPERM, "not allowed: needs root or group pollux");
}

bool
cli_wants_brief(const struct cli_ctx *c)
{
	return c->root->flags & CLI_F_BRIEF;
}

bool
cli_wants_oneline(const struct cli_ctx *c)
{
	return c->root->flags & CLI_F_ONELINE;
}

bool
cli_may_write(const struct cli_ctx *c)
{
	return !(c->root->flags & CLI_F_READONLY);
}

bool
cli_wants_json(const struct cli_ctx *c)
{
	return c->root->flags & CLI_F_JSON;
}

bool
cli_wants_stats(const struct cli_ctx *c)
{
	return c->root->flags & CLI_F_STATS;
}

bool
cli_wants_detail(const struct cli_ctx *c)
{
	return c->root->flags & CLI_F_DETAIL;
}

bool
cli_wants_more_stats(const struct cli_ctx *c)
{
	return c->root->flags & CLI_F_STATS_MORE;
}

bool
cli_wants_ip4(const struct cli_ctx *c)
{
	return c->root->flags & CLI_F_IP4;
}

void
cli_on_abort(struct cli_ctx *c, void (*fn)(struct cli_ctx *c, void *arg), void *arg)
{
	c->root->on_abort = fn;
	c->root->abort_arg = arg;
}

void
cli_write(struct cli_ctx *c, const char *data, size_t len)
{
	c = c->root;
	if (c->collect != NULL)
		strbuf_add(c->collect, data, len);
	else if (c->sink.out != NULL && len > 0)
		c->sink.out(c->sink_arg, data, len);
}

void
cli_printf(struct cli_ctx *c, const char *fmt, ...)
{
	struct strbuf b = { 0 };
	char small[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(small, sizeof(small), fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof(small)) {
		cli_write(c, small, (size_t)n);
		return;
	}
	va_start(ap, fmt);
	strbuf_vprintf(&b, fmt, ap);
	va_end(ap);
	cli_write(c, strbuf_str(&b), b.len);
	strbuf_free(&b);
}
