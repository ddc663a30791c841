/* SPDX-License-Identifier: BSD-3-Clause */
/* The life of one command: line, match, function, output, end. */
#include "ctl/cli_exec.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "ctl/cli_priv.h"

#define TURNS_MAX    16	 /* slices or steps before other work has its turn */
#define ROWS_AT_ONCE 256 /* elements of a large array written between two looks at the sink */

static uid_t exec_uid;

void
cli_exec_as(uid_t uid)
{
	exec_uid = uid;
}

uid_t
cli_uid(void)
{
	return exec_uid;
}

static void
release_rows(struct cli_ctx *c)
{
	void (*release)(void *arg) = c->release;

	c->release = NULL;
	if (release != NULL)
		release(c->rows_arg);
}

static void
free_ctx(struct cli_ctx *c)
{
	if (c->gone != NULL)
		*c->gone = true;
	release_rows(c);
	json_decref(c->result);
	json_decref(c->rows_array);
	strbuf_free(&c->error);
	free(c->error_word);
	free(c->args);
	free(c->views);
	arena_free(&c->arena);
	free(c);
}

static void
end(struct cli_ctx *c, int status)
{
	struct cli_sink sink = c->sink;
	void *arg = c->sink_arg;
	bool quit = c->quit;

	free_ctx(c);
	if (sink.done != NULL)
		sink.done(arg, status, quit);
}

void
cli_report_error(struct cli_ctx *c)
{
	struct strbuf line = { 0 }, text = { 0 }, word = { 0 };
	json_t *e;
	char *s = NULL;

	if (c->sink.err == NULL)
		return;
	strbuf_plain(&text, strbuf_str(&c->error), c->error.len, "\n");
	if (c->flags & CLI_F_JSON) {
		e = json_pack("{s:{s:s#, s:i}}", "error", "message", strbuf_str(&text),
			      (int)text.len, "code", -c->rc);
		if (e != NULL && c->error_word != NULL) {
			strbuf_plain(&word, c->error_word, strlen(c->error_word), NULL);
			json_object_set_new(json_object_get(e, "error"), "word",
					    json_string(strbuf_str(&word)));
		}
		s = e != NULL ? json_dumps(e, JSON_COMPACT) : NULL;
		json_decref(e);
	}
	if (s != NULL)
		strbuf_printf(&line, "%s\n", s);
	else
		strbuf_printf(&line, "Error: %s\n", strbuf_str(&text));
	free(s);
	strbuf_free(&text);
	strbuf_free(&word);
	c->sink.err(c->sink_arg, strbuf_str(&line), line.len);
	strbuf_free(&line);
}

static void
end_failed(struct cli_ctx *c, int rc, int status)
{
	if (c->error.len == 0)
		cli_error(c, rc, "%s", strerror(-rc));
	cli_report_error(c);
	end(c, c->denied ? CLI_DENIED : status);
}

static size_t
json_flags(const struct cli_ctx *c)
{
	size_t flags =
		JSON_ENCODE_ANY | JSON_REAL_PRECISION(15); /* 0.119, not 0.11899999999999999 */

	return flags | (c->flags & CLI_F_PRETTY ? JSON_INDENT(4) : JSON_COMPACT);
}

static int
json_out(const char *data, size_t len, void *arg)
{
	strbuf_add(arg, data, len);
	return 0;
}

/* One slice of an array, in a listing that may have had others before. */
static void
write_json_rows(struct cli_ctx *c, const json_t *rows)
{
	struct strbuf b = { 0 };
	const json_t *row;
	size_t i;

	json_array_foreach((json_t *)rows, i, row) {
		strbuf_puts(&b, c->row++ == 0 ? "[" : ",");
		if (c->flags & CLI_F_PRETTY)
			strbuf_puts(&b, "\n");
		json_dump_callback(row, json_out, &b, json_flags(c));
	}
	cli_write(c, strbuf_str(&b), b.len);
	strbuf_free(&b);
}

static void
end_json_rows(struct cli_ctx *c)
{
	if (c->row == 0)
		cli_write(c, "[", 1);
	else if (c->flags & CLI_F_PRETTY)
		cli_write(c, "\n", 1);
	cli_write(c, "]\n", 2);
}

/* -o as ip has it: a line that goes on is parted by a backslash. */
void
cli_write_text(struct cli_ctx *c, void (*text)(struct cli_ctx *c, const json_t *v), const json_t *v)
{
	struct strbuf b = { 0 };

	if (!(c->flags & CLI_F_ONELINE)) {
		text(c, v);
		return;
	}
	c->collect = &b;
	text(c, v);
	c->collect = NULL;
	for (size_t i = 0; i + 1 < b.len; i++)
		if (b.s[i] == '\n' && (b.s[i + 1] == ' ' || b.s[i + 1] == '\t'))
			b.s[i] = '\\';
	cli_write(c, strbuf_str(&b), b.len);
	strbuf_free(&b);
}

static void
write_value(struct cli_ctx *c, const json_t *v)
{
	struct strbuf b = { 0 };

	if (!(c->flags & CLI_F_JSON)) {
		cli_write_text(c, c->cmd->text != NULL ? c->cmd->text : cli_print_generic, v);
		return;
	}
	json_dump_callback(v, json_out, &b, json_flags(c));
	strbuf_puts(&b, "\n");
	cli_write(c, strbuf_str(&b), b.len);
	strbuf_free(&b);
}

/* The next slice of a large array that a command set as its result. */
static json_t *
next_of_array(struct cli_ctx *c, void *arg)
{
	size_t n = json_array_size(c->rows_array);
	json_t *rows;

	if (c->rows_at >= n)
		return NULL;
	rows = json_array();
	for (size_t i = 0; i < ROWS_AT_ONCE && c->rows_at < n; i++)
		json_array_append(rows, json_array_get(c->rows_array, c->rows_at++));
	return rows;
}

/* One slice. false at the end. */
static bool
pump_rows(struct cli_ctx *c)
{
	json_t *rows = c->next(c, c->rows_arg);

	if (rows == NULL) {
		if (c->flags & CLI_F_JSON)
			end_json_rows(c);
		return false;
	}
	if (c->flags & CLI_F_JSON)
		write_json_rows(c, rows);
	else
		write_value(c, rows);
	c->slice++;
	json_decref(rows);
	return true;
}

void
cli_pump(struct cli_ctx *c)
{
	unsigned int turns = 0;
	int rc;

	while (c->streaming && !c->paused) {
		if (c->sink.ready != NULL && !c->sink.ready(c->sink_arg))
			return;
		/* Slices may be empty, steps say nothing: the rest of the thread's work comes first
		 * now and then. */
		if (c->sink.takes_turns && turns++ == TURNS_MAX) {
			c->sink.wake(c->sink_arg);
			return;
		}
		if (c->step == NULL) {
			if (pump_rows(c))
				continue;
			end(c, CLI_DONE);
			return;
		}
		c->in_fn = true;
		rc = c->step(c, c->rows_arg);
		c->in_fn = false;
		if (rc > 0)
			continue;
		if (rc < 0)
			end_failed(c, rc, CLI_FAILED);
		else
			end(c, CLI_DONE);
		return;
	}
}

void
cli_wake(struct cli_ctx *c)
{
	c->paused = false;
	if (c->in_fn)
		return; /* the pump is below us on the stack and goes on by itself */
	if (c->sink.wake != NULL)
		c->sink.wake(c->sink_arg);
	else
		cli_pump(c);
}

/* The function is done: its output. */
static void
output(struct cli_ctx *c) CTL_ONLY
{
	if (c->next == NULL && (c->flags & CLI_F_JSON) && json_is_array(c->result) &&
	    json_array_size(c->result) > ROWS_AT_ONCE) {
		c->rows_array = c->result;
		c->result = NULL;
		c->next = next_of_array;
	}
	if (c->next != NULL || c->step != NULL) {
		c->streaming = true;
		cli_pump(c);
		return;
	}
	if (c->result != NULL)
		write_value(c, c->result);
	end(c, CLI_DONE);
}

void
cli_finish(struct cli_ctx *c, int rc)
{
	c = c->root;
	if (c->in_fn) { /* before its function returned: call() ends it */
		c->finished = true;
		c->status = rc;
		return;
	}
	if (rc < 0)
		end_failed(c, rc, CLI_FAILED);
	else
		output(c);
}

static void
call(struct cli_ctx *c) CTL_ONLY
{
	int rc;

	c->in_fn = true;
	rc = c->cmd->fn(c);
	c->in_fn = false;
	if (rc == CLI_ASYNC && c->finished)
		rc = c->status;
	if (rc < 0)
		end_failed(c, rc, CLI_FAILED);
	else if (rc != CLI_ASYNC)
		output(c);
}

/* iproute2's users write `ip -j -d route`: take the options off and note what they say. */
static void
strip_options(struct cli_ctx *c, struct cli_words *ws)
{
	static const struct {
		const char *word;
		unsigned int flag;
	} options[] = {
		{ "-j", CLI_F_JSON },
		{ "-json", CLI_F_JSON },
		{ "-p", CLI_F_PRETTY },
		{ "-s", CLI_F_STATS },
		{ "-stats", CLI_F_STATS },
		{ "-statistics", CLI_F_STATS },
		{ "-pretty", CLI_F_PRETTY },
		{ "-d", CLI_F_DETAIL },
		{ "-details", CLI_F_DETAIL },
		{ "-br", CLI_F_BRIEF },
		{ "-brief", CLI_F_BRIEF },
		{ "-t", CLI_F_STAMP },
		{ "-timestamp", CLI_F_STAMP },
		{ "-ts", CLI_F_STAMP | CLI_F_STAMP_SHORT },
		{ "-tshort", CLI_F_STAMP | CLI_F_STAMP_SHORT },
		{ "-4", CLI_F_IP4 },
		{ "-o", CLI_F_ONELINE },
		{ "-oneline", CLI_F_ONELINE },
		{ "-n", 0 },
		{ "-jp", CLI_F_JSON | CLI_F_PRETTY },
	};
	size_t n = 0;

	if (ws->n < 2 || (strcmp(ws->w[0].text, "ip") != 0 && strcmp(ws->w[0].text, "bridge") != 0))
		return;
	for (bool known = true; known && n + 1 < ws->n;) {
		known = false;
		for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
			if (strcmp(ws->w[n + 1].text, options[i].word) != 0)
				continue;
			if (c->flags & options[i].flag & CLI_F_STATS)
				c->flags |= CLI_F_STATS_MORE;
			c->flags |= options[i].flag;
			known = true;
		}
		n += known;
	}
	memmove(ws->w + 1, ws->w + 1 + n, (ws->n - 1 - n) * sizeof(*ws->w));
	ws->n -= n;
}

/* The thread's arguments, in the order of the line. */
static int
take_args(struct cli_ctx *c, struct cli_matcher *m, const struct cli_thread *t)
{
	size_t n = 0;
	char *word;

	for (const struct cli_arg *a = t->args; a != NULL; a = a->prev)
		n++;
	c->args = calloc(n + 1, sizeof(*c->args));
	if (c->args == NULL)
		return -ENOMEM;
	c->n_args = n;
	for (struct cli_arg *a = t->args; a != NULL; a = a->prev)
		c->args[--n] = a;
	c->arena = m->arena; /* they live there */
	m->arena.chunks = NULL;
	for (size_t i = 0; i < c->n_args; i++) {
		if (c->args[i]->kind != CLI_A_VAL)
			continue;
		word = arena_strdup(&c->arena, c->args[i]->word);
		if (word == NULL)
			return -ENOMEM;
		c->args[i]->word = word;
	}
	c->cmd = t->prog->cmd;
	return 0;
}

/* Say why; quoted words may hold line ends, the sentence is one line all the same. */
static int
explain(struct cli_ctx *c, struct cli_matcher *m, size_t at)
{
	struct strbuf raw = { 0 };
	int status = match_explain(m, at, &raw);

	strbuf_plain(&c->error, strbuf_str(&raw), raw.len, NULL);
	strbuf_free(&raw);
	return status;
}

/* Read the words. The reading of the whole line, or NULL: word number *@p at did not fit. */
static const struct cli_thread *
read_words(struct cli_matcher *m, const struct cli_words *ws, bool ahead, size_t *at)
{
	match_init(m, ws, ahead);
	for (*at = 0; *at < ws->n && match_step(m, *at); ++*at)
		;
	return *at == ws->n ? match_done(m) : NULL;
}

/* Find the command. 0, or the exit status after filling in c->error. */
static int
match_line(struct cli_ctx *c, const struct cli_words *ws)
{
	const struct cli_thread *t;
	struct cli_matcher m;
	int status = CLI_DONE;
	size_t i;

	t = read_words(&m, ws, true, &i);
	if (t == NULL) { /* what would have been right */
		match_free(&m);
		t = read_words(&m, ws, false, &i);
	}
	if (t == NULL || m.no_mem) {
		status = explain(c, &m, i);
		c->rc = status == CLI_FAILED ? -ENODEV : -EINVAL;
		if (i < ws->n)
			c->error_word = strdup(ws->w[i].text);
	} else if (take_args(c, &m, t) < 0) {
		c->rc = -ENOMEM;
		strbuf_puts(&c->error, "out of memory");
		status = CLI_FAILED;
	}
	match_free(&m);
	return status;
}

static struct cli_ctx *
new_ctx(unsigned int flags, const struct cli_sink *sink, void *arg)
{
	struct cli_ctx *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->root = c;
	c->flags = flags & CLI_F_PRETTY ? flags | CLI_F_JSON : flags;
	c->sink = *sink;
	c->sink_arg = arg;
	return c;
}

/* Up to the point where the function may be called; else the exit status after an error. */
static int
prepare(struct cli_ctx *c, const char *line, bool *empty)
{
	struct cli_words ws;
	int status = CLI_DONE;
	int rc = cli_split(&ws, line);

	*empty = false;
	if (rc < 0) {
		status = rc == -E2BIG ? CLI_USAGE : CLI_FAILED;
		cli_error(c, rc, "%s", rc == -E2BIG ? "too many words" : strerror(-rc));
	} else if (ws.n == 0) {
		*empty = true;
	} else if (ws.open_quote) {
		status = CLI_USAGE;
		cli_error_at(c, -EINVAL, ws.w[ws.n - 1].text, "\"%s\": a quote is not closed",
			     ws.w[ws.n - 1].text);
	} else {
		strip_options(c, &ws);
		if (c->flags & CLI_F_PRETTY)
			c->flags |= CLI_F_JSON;
		status = match_line(c, &ws);
	}
	cli_words_free(&ws);
	if (status == CLI_DONE && !*empty && !c->cmd->read_only && !cli_may_write(c)) {
		cli_denied(c);
		status = CLI_DENIED;
	}
	return status;
}

struct cli_ctx *
cli_exec(const char *line, unsigned int flags, const struct cli_sink *sink, void *arg)
{
	struct cli_ctx *c = new_ctx(flags, sink, arg);
	bool gone = false;
	bool empty;
	int status;

	if (c == NULL) {
		sink->done(arg, CLI_FAILED, false);
		return NULL;
	}
	status = prepare(c, line, &empty);
	if (status != CLI_DONE) {
		cli_report_error(c);
		end(c, status);
		return NULL;
	}
	if (empty) {
		end(c, CLI_DONE);
		return NULL;
	}
	c->gone = &gone;
	call(c);
	if (gone)
		return NULL;
	c->gone = NULL;
	return c;
}

void
cli_abort(struct cli_ctx *c)
{
	void (*fn)(struct cli_ctx * c, void *arg) = c->on_abort;

	c->on_abort = NULL;
	if (fn != NULL) {
		fn(c, c->abort_arg);
	} else if (c->streaming) {
		cli_error(c, -EINTR, "interrupted");
		end_failed(c, -EINTR, CLI_FAILED);
	} else if (c->sink.done != NULL) { /* it goes on by itself: nobody listens any more */
		struct cli_sink sink = c->sink;

		c->sink = (struct cli_sink){ 0 };
		sink.done(c->sink_arg, CLI_FAILED, false);
	}
}

void
cli_detach(struct cli_ctx *c)
{
	c->sink = (struct cli_sink){ 0 };
	cli_abort(c);
}
