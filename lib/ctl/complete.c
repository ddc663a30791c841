/* SPDX-License-Identifier: BSD-3-Clause */
/* What may come next, for TAB and '?'. */
#include <stdio.h>
#include <string.h>
#include "ctl/cli_exec.h"
#include "ctl/cli_priv.h"

struct offer {
	void (*add)(void *arg, enum cli_cand kind, const char *word, const char *help);
	void *arg;
	const char *begun; /* the word under the cursor so far */
	const char *help;
	bool typed; /* a word that can be typed was offered */
};

static bool
begins(const char *word, const char *begun)
{
	return strncmp(word, begun, strlen(begun)) == 0;
}

static void
offer_word(void *arg, const char *word)
{
	struct offer *o = arg;

	if (!begins(word, o->begun))
		return;
	o->typed = true;
	o->add(o->arg, CLI_CAND_WORD, word, o->help);
}

/* The sentence for a keyword: the command's, when it leads to one command only. */
static const char *
keyword_help(const struct cli_matcher *m, const char *keyword)
{
	const struct cli_cmd *only = NULL;

	for (size_t i = 0; i < m->now.n; i++) {
		const struct cli_thread *t = &m->now.t[i];
		const struct cli_op *op = &t->prog->ops[t->pc];

		if (op->code != CLI_OP_KEY || strcmp(op->name, keyword) != 0)
			continue;
		if (only != NULL && only != t->prog->cmd)
			return "";
		only = t->prog->cmd;
	}
	/* Deep inside a command its sentence says nothing about this word. */
	for (size_t i = 0; only != NULL && i < m->now.n; i++)
		if (m->now.t[i].prog->cmd == only && m->now.n > 1 &&
		    strcmp(m->now.t[i].prog->ops[m->now.t[i].pc].name != NULL
				   ? m->now.t[i].prog->ops[m->now.t[i].pc].name
				   : "",
			   keyword) != 0)
			return "";
	return only != NULL && only->help != NULL ? only->help : "";
}

static bool
seen_before(const struct cli_matcher *m, size_t i)
{
	const struct cli_op *op = &m->now.t[i].prog->ops[m->now.t[i].pc];

	for (size_t k = 0; k < i; k++) {
		const struct cli_op *o = &m->now.t[k].prog->ops[m->now.t[k].pc];

		if (o->code == op->code && o->name != NULL && op->name != NULL &&
		    strcmp(o->name, op->name) == 0)
			return true;
	}
	return false;
}

static void
offer_value(struct offer *o, const struct cli_op *op)
{
	char buf[64];

	o->help = value_describe(op, buf, sizeof(buf));
	o->typed = false;
	if (op->type == CLI_T_DEV && cli_complete_dev != NULL)
		cli_complete_dev(offer_word, o);
	if (op->type == CLI_T_PORT && cli_complete_port != NULL)
		cli_complete_port(offer_word, o);
	if (op->type == CLI_T_PORT)
		offer_word(o, "all");
	if (op->type == CLI_T_PREFIX && o->begun[0] != '\0')
		offer_word(o, "default");
	if (!o->typed)
		o->add(o->arg, CLI_CAND_VALUE, op->name, o->help);
}

static void
offer_all(struct cli_matcher *m, struct offer *o)
{
	const struct cli_thread *done = match_done(m);

	for (size_t i = 0; i < m->now.n; i++) {
		const struct cli_thread *t = &m->now.t[i];
		const struct cli_op *op = &t->prog->ops[t->pc];

		if (op->code == CLI_OP_MATCH || t->rest || seen_before(m, i))
			continue;
		if (op->code == CLI_OP_VAL) {
			offer_value(o, op);
			continue;
		}
		o->help = keyword_help(m, op->name);
		if (o->begun[0] == '\0' || keyword_fit(op->name, o->begun) >= 0)
			o->add(o->arg, CLI_CAND_WORD, op->name, o->help);
	}
	if (done != NULL && o->begun[0] == '\0')
		o->add(o->arg, CLI_CAND_END, "",
		       done->prog->cmd->help != NULL ? done->prog->cmd->help : "");
}

void
cli_complete(const char *line,
	     void (*add)(void *arg, enum cli_cand kind, const char *word, const char *help),
	     void *arg)
{
	struct offer o = { .add = add, .arg = arg, .begun = "" };
	struct cli_matcher m;
	struct cli_words ws;
	size_t n, i = 0;

	if (cli_split(&ws, line) < 0) {
		cli_words_free(&ws);
		return;
	}
	n = ws.n;
	if (n > 0 && ws.ends_in_word)
		o.begun = ws.w[--n].text;
	match_init(&m, &ws, false);
	while (i < n && match_step(&m, i))
		i++;
	if (i == n)
		offer_all(&m, &o);
	match_free(&m);
	cli_words_free(&ws);
}
