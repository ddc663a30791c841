/* SPDX-License-Identifier: BSD-3-Clause */
/* Words against the programs of all commands at once. A thread is one reading of the line so far;
 * after each word those readings live on that fit it best: a keyword as written, then a value
 * that has a form (number, address, device), then an abbreviated keyword, then any word. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/editdist.h"
#include "ctl/cli_priv.h"

enum fit { FIT_EXACT, FIT_TYPED, FIT_ABBREV, FIT_ANY, FIT_NONE };

static void follow(struct cli_matcher *m, struct cli_threads *to, const struct cli_thread *t,
		   uint16_t pc);

static void
push(struct cli_matcher *m, struct cli_threads *to, const struct cli_thread *t)
{
	struct cli_thread *p;

	/* Readings by one program stand together. */
	for (size_t i = to->n; i > 0 && to->t[i - 1].prog == t->prog; i--)
		if (to->t[i - 1].pc == t->pc && to->t[i - 1].rest == t->rest &&
		    memcmp(to->t[i - 1].used, t->used, sizeof(t->used)) == 0)
			return; /* the same place, read in another way: the first one stands */
	if (to->n == to->cap) {
		size_t cap = to->cap > 0 ? to->cap * 2 : 64;

		p = realloc(to->t, cap * sizeof(*p));
		if (p == NULL) {
			m->no_mem = true;
			return;
		}
		to->t = p;
		to->cap = cap;
	}
	to->t[to->n++] = *t;
}

static struct cli_arg *
bind(struct cli_matcher *m, struct cli_thread *t, int kind)
{
	struct cli_arg *a = arena_alloc(&m->arena, sizeof(*a));

	if (a == NULL) {
		m->no_mem = true;
		return NULL;
	}
	a->kind = kind;
	a->prev = t->args;
	t->args = a;
	return a;
}

/* May the next word be what @p op waits for? */
static bool
may_go_on(const struct cli_matcher *m, const struct cli_op *op)
{
	if (!m->ahead)
		return true;
	switch (op->code) {
	case CLI_OP_KEY:
		return op->initials & m->initial;
	case CLI_OP_VAL:
		return m->initial != 0;
	case CLI_OP_MATCH:
		return m->initial == 0;
	default:
		return true;
	}
}

static void
follow_set(struct cli_matcher *m, struct cli_threads *to, const struct cli_thread *t,
	   const struct cli_op *op)
{
	for (uint16_t i = 0; i + 1 < op->n_targets; i++) {
		unsigned int bit = op->first_bit + i;
		uint64_t mask = UINT64_C(1) << (bit % 64);
		struct cli_thread next;

		if (t->used[bit / 64] & mask || !may_go_on(m, &t->prog->ops[op->targets[i]]))
			continue;
		next = *t;
		if (!(op->repeats & (UINT64_C(1) << i)))
			next.used[bit / 64] |= mask;
		follow(m, to, &next, op->targets[i]);
	}
	follow(m, to, t, op->targets[op->n_targets - 1]);
}

/* Go on from @p pc until a word is needed, everywhere that leads to. */
static void
follow(struct cli_matcher *m, struct cli_threads *to, const struct cli_thread *t, uint16_t pc)
{
	const struct cli_op *op = &t->prog->ops[pc];
	struct cli_thread next;

	switch (op->code) {
	case CLI_OP_KEY:
	case CLI_OP_VAL:
	case CLI_OP_MATCH:
		if (!t->rest && !may_go_on(m, op))
			return;
		next = *t;
		next.pc = pc;
		push(m, to, &next);
		return;
	case CLI_OP_ALT:
	case CLI_OP_JMP:
		for (uint16_t i = 0; i < op->n_targets; i++)
			follow(m, to, t, op->targets[i]);
		return;
	case CLI_OP_SET:
		follow_set(m, to, t, op);
		return;
	case CLI_OP_ENTER: { /* the SET behind it: none of its groups is used */
		const struct cli_op *set = op + 1;

		next = *t;
		for (uint16_t i = 0; i + 1 < set->n_targets; i++) {
			unsigned int bit = set->first_bit + i;

			next.used[bit / 64] &= ~(UINT64_C(1) << (bit % 64));
		}
		break;
	}
	case CLI_OP_BEGIN:
		next = *t;
		bind(m, &next, CLI_A_BEGIN);
		break;
	case CLI_OP_END:
		next = *t;
		bind(m, &next, CLI_A_END);
		break;
	}
	follow(m, to, &next, (uint16_t)(pc + 1));
}

/* Readings from here on are asked for word number @p word. */
static void
look_at(struct cli_matcher *m, size_t word)
{
	const struct cli_words *ws = m->words;

	if (word >= ws->n)
		m->initial = 0;
	else
		m->initial =
			ws->w[word].quoted ? CLI_INITIAL_QUOTED : cli_initial(ws->w[word].text);
}

/* Readings by all commands, or by those that may begin with a word: of many that is soon told. */
static void
begin(struct cli_matcher *m, const struct cli_word *with)
{
	for (size_t i = 0; i < cli_n_progs; i++) {
		const struct cli_op *first = &cli_progs[i]->ops[0];

		if (with == NULL || first->code != CLI_OP_KEY ||
		    (!with->quoted && first->initials & cli_initial(with->text) &&
		     keyword_fit(first->name, with->text) >= 0))
			follow(m, &m->now, &(struct cli_thread){ .prog = cli_progs[i] }, 0);
	}
}

void
match_init(struct cli_matcher *m, const struct cli_words *ws, bool ahead)
{
	*m = (struct cli_matcher){ .words = ws, .ahead = ahead };
	look_at(m, 0);
	if (ws->n > 0)
		begin(m, &ws->w[0]);
	if (m->now.n == 0) /* all, to say what would be right */
		begin(m, NULL);
}

void
match_free(struct cli_matcher *m)
{
	free(m->now.t);
	arena_free(&m->arena);
	*m = (struct cli_matcher){ 0 };
}

static const struct cli_op *
op_of(const struct cli_thread *t)
{
	return &t->prog->ops[t->pc];
}

static enum fit
fit_of(const struct cli_thread *t, const struct cli_word *w)
{
	const struct cli_op *op = op_of(t);
	struct cli_arg scratch;
	char why[64];
	int kw;

	if (t->rest)
		return FIT_ANY;
	if (op->code == CLI_OP_MATCH)
		return FIT_NONE;
	if (op->code == CLI_OP_KEY) {
		kw = w->quoted ? -1 : keyword_fit(op->name, w->text);
		return kw == 0 ? FIT_EXACT : kw > 0 ? FIT_ABBREV : FIT_NONE;
	}
	if (op->type == CLI_T_STR || op->type == CLI_T_REST)
		return FIT_ANY;
	return value_parse(op, w->text, &scratch, why, sizeof(why)) ? FIT_TYPED : FIT_NONE;
}

/* The different keywords here that @p w abbreviates. */
static size_t
abbreviated(const struct cli_matcher *m, const struct cli_word *w, const char **kw, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < m->now.n; i++) {
		const struct cli_op *op = op_of(&m->now.t[i]);
		size_t k = 0;

		if (op->code != CLI_OP_KEY || m->now.t[i].rest ||
		    keyword_fit(op->name, w->text) != 1)
			continue;
		while (k < n && strcmp(kw[k], op->name) != 0)
			k++;
		if (k == n && n < max)
			kw[n++] = op->name;
	}
	return n;
}

/* Is @p t at a word that may be the verb of `ip OBJECT VERB` or `bridge OBJECT VERB`? There only
 * verbs compete, whatever options of the default command begin with the same letters. */
static bool
is_verb(const struct cli_thread *t, const char *word)
{
	const struct cli_op *op = op_of(t), *first = &t->prog->ops[0];

	return op->code == CLI_OP_KEY && !t->rest && first->code == CLI_OP_KEY &&
	       (strcmp(first->name, "ip") == 0 || strcmp(first->name, "bridge") == 0) &&
	       verb_fits(op->name, word);
}

/* "s" of `ip link s`: iproute2 looks for set first, but with nothing to set only show makes sense:
 * nothing or a device alone follows, or what only show takes. */
static const char *
set_or_show(const struct cli_words *ws, size_t word)
{
	size_t at = word + 1;

	if (at < ws->n && strcmp(ws->w[at].text, "dev") == 0)
		at++;
	if (at + 1 >= ws->n || strcmp(ws->w[at].text, "up") == 0 ||
	    strcmp(ws->w[at].text, "type") == 0)
		return "show";
	return "set";
}

/* The verb that the word means here, or NULL. */
static const char *
verb_meant(const struct cli_matcher *m, size_t word)
{
	const struct cli_word *w = &m->words->w[word];
	bool set = false, show = false;
	const char *kw[16];
	size_t n = 0;

	if (word != 2 || w->quoted)
		return NULL;
	for (size_t i = 0; i < m->now.n; i++) {
		const char *name = op_of(&m->now.t[i])->name;
		size_t k = 0;

		if (!is_verb(&m->now.t[i], w->text))
			continue;
		set = set || strcmp(name, "set") == 0;
		show = show || strcmp(name, "show") == 0;
		while (k < n && strcmp(kw[k], name) != 0)
			k++;
		if (k == n && n < 16)
			kw[n++] = name;
	}
	return set && show ? set_or_show(m->words, word) : keyword_prefer(kw, n);
}

/* The text of a "rest" argument: the line from here on, or the one quoted word that it is. */
static const char *
rest_of_line(struct cli_matcher *m, size_t word)
{
	const struct cli_words *ws = m->words;
	char *s;
	size_t len;

	if (word + 1 == ws->n)
		return ws->w[word].text;
	s = arena_strdup(&m->arena, ws->line + ws->w[word].start);
	if (s == NULL) {
		m->no_mem = true;
		return "";
	}
	for (len = strlen(s); len > 0 && strchr(" \t\r\n", s[len - 1]) != NULL; len--)
		s[len - 1] = '\0';
	return s;
}

static void
advance(struct cli_matcher *m, struct cli_threads *to, struct cli_thread t, size_t word)
{
	const struct cli_op *op = op_of(&t);
	struct cli_arg *a;
	char why[64];

	if (t.rest) {
		push(m, to, &t);
		return;
	}
	a = bind(m, &t, op->code == CLI_OP_KEY ? CLI_A_KEY : CLI_A_VAL);
	if (a == NULL)
		return;
	a->name = op->name;
	a->word = op->name;
	if (op->code == CLI_OP_VAL) {
		a->type = op->type;
		a->word = m->words->w[word].text;
		value_parse(op, a->word, a, why, sizeof(why));
	}
	if (op->code == CLI_OP_VAL && op->type == CLI_T_REST) {
		a->word = rest_of_line(m, word);
		t.rest = true;
	}
	follow(m, to, &t, (uint16_t)(t.pc + 1));
}

bool
match_step(struct cli_matcher *m, size_t word)
{
	const struct cli_word *w = &m->words->w[word];
	struct cli_threads next = { 0 };
	const char *kw[128];
	const char *taken = NULL, *verb = NULL;
	enum fit best = FIT_NONE;
	size_t n;

	for (size_t i = 0; i < m->now.n; i++) {
		struct cli_thread *t = &m->now.t[i];

		t->fit = (uint8_t)fit_of(t, w);
		best = t->fit < best ? t->fit : best;
	}
	if (best != FIT_EXACT)
		verb = verb_meant(m, word);
	if (verb == NULL && best == FIT_ABBREV) {
		n = abbreviated(m, w, kw, 128);
		taken = keyword_prefer(kw, n);
		if (taken == NULL)
			return false;
	}
	if (verb == NULL && best == FIT_NONE)
		return false;
	look_at(m, word + 1);
	for (size_t i = 0; i < m->now.n; i++) {
		const struct cli_thread *t = &m->now.t[i];

		if (verb != NULL && (!is_verb(t, w->text) || strcmp(op_of(t)->name, verb) != 0))
			continue;
		if (verb == NULL && t->fit != best)
			continue;
		if (taken != NULL && strcmp(op_of(t)->name, taken) != 0)
			continue;
		advance(m, &next, *t, word);
	}
	free(m->now.t);
	m->now = next;
	return next.n > 0;
}

const struct cli_thread *
match_done(const struct cli_matcher *m)
{
	for (size_t i = 0; i < m->now.n; i++)
		if (op_of(&m->now.t[i])->code == CLI_OP_MATCH)
			return &m->now.t[i];
	return NULL;
}

/* The places where a word is expected, each once. */
static size_t
expected(const struct cli_matcher *m, const struct cli_op **ops, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < m->now.n; i++) {
		const struct cli_op *op = op_of(&m->now.t[i]);
		size_t k = 0;

		if (op->code == CLI_OP_MATCH || m->now.t[i].rest)
			continue;
		while (k < n && (ops[k]->code != op->code || strcmp(ops[k]->name, op->name) != 0))
			k++;
		if (k == n && n < max)
			ops[n++] = op;
	}
	return n;
}

static void
list_devices(void *arg, const char *word)
{
	struct strbuf *out = arg;

	strbuf_printf(out, "%s%s", out->len > 0 ? ", " : "", word);
}

/* The names that would do, when they are not too many to read; the caller frees @p devs. */
static bool
known_devices(const struct cli_op *op, struct strbuf *devs)
{
	*devs = (struct strbuf){ 0 };
	if (op->type == CLI_T_DEV && cli_complete_dev != NULL)
		cli_complete_dev(list_devices, devs);
	if (op->type == CLI_T_PORT && cli_complete_port != NULL)
		cli_complete_port(list_devices, devs);
	if (op->type == CLI_T_PORT && devs->len > 0)
		strbuf_puts(devs, ", all");
	return devs->len > 0 && devs->len < 400;
}

static void
list_expected(struct strbuf *out, const struct cli_op *const *ops, size_t n)
{
	struct strbuf devs;
	char buf[64];

	for (size_t i = 0; i < n; i++) {
		strbuf_puts(out, i == 0 ? "" : ", ");
		if (ops[i]->code == CLI_OP_KEY) {
			strbuf_puts(out, ops[i]->name);
			continue;
		}
		strbuf_printf(out, "%s (%s", ops[i]->name,
			      value_describe(ops[i], buf, sizeof(buf)));
		if (known_devices(ops[i], &devs))
			strbuf_printf(out, ": %s", strbuf_str(&devs));
		strbuf_puts(out, ")");
		strbuf_free(&devs);
	}
}

/* The keyword that was probably meant, or NULL. */
static const char *
nearest(const struct cli_op *const *ops, size_t n, const char *word)
{
	const char *best = NULL;
	unsigned int dist = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned int d;

		if (ops[i]->code != CLI_OP_KEY)
			continue;
		d = edit_distance(ops[i]->name, word);
		if (edit_is_near(word, d) && (best == NULL || d < dist)) {
			best = ops[i]->name;
			dist = d;
		}
	}
	return best;
}

/* What is wrong with the word as the value that it was probably meant to be: the reason of a
 * single candidate, else nothing. Sets *dev for a device that does not exist. */
static void
explain_value(const struct cli_op *const *ops, size_t n, const char *word, char *why, size_t len,
	      const struct cli_op **dev)
{
	struct cli_arg scratch;
	size_t values = 0;

	why[0] = '\0';
	*dev = NULL;
	for (size_t i = 0; i < n; i++) {
		if (ops[i]->code != CLI_OP_VAL)
			continue;
		value_parse(ops[i], word, &scratch, why, len);
		*dev = ops[i]->type == CLI_T_DEV || ops[i]->type == CLI_T_PORT ? ops[i] : NULL;
		values++;
	}
	if (values != 1) {
		why[0] = '\0';
		*dev = NULL;
	}
}

static int
explain_dev(const struct cli_op *op, const char *word, struct strbuf *out)
{
	struct strbuf devs;

	strbuf_printf(out, "\"%s\": cannot find %s", word,
		      op->type == CLI_T_PORT ? "port" : "device");
	if (known_devices(op, &devs))
		strbuf_printf(out, "; there are %s", strbuf_str(&devs));
	strbuf_free(&devs);
	return CLI_FAILED;
}

static int
explain_word(const struct cli_matcher *m, const struct cli_op *const *ops, size_t n,
	     const char *word, struct strbuf *out)
{
	const char *near = nearest(ops, n, word);
	const char *kw[128];
	char why[64];
	const struct cli_op *dev;
	size_t k = abbreviated(m, &(struct cli_word){ .text = word }, kw, 128);

	if (k > 1) {
		strbuf_printf(out, "\"%s\": ambiguous: ", word);
		for (size_t i = 0; i < k; i++)
			strbuf_printf(out, "%s%s", i > 0 ? ", " : "", kw[i]);
		return CLI_USAGE;
	}
	if (n == 0) {
		strbuf_printf(out, "\"%s\": unexpected, the command ends before it", word);
		return CLI_USAGE;
	}
	explain_value(ops, n, word, why, sizeof(why), &dev);
	if (dev != NULL && near == NULL && why[0] == 'c')
		return explain_dev(dev, word, out);
	strbuf_printf(out, "\"%s\": ", word);
	if (near != NULL)
		strbuf_printf(out, "did you mean %s? ", near);
	else if (why[0] != '\0' && n == 1)
		strbuf_printf(out, "%s, ", why);
	strbuf_puts(out, n == 1 ? "expected " : "expected one of ");
	list_expected(out, ops, n);
	return CLI_USAGE;
}

int
match_explain(struct cli_matcher *m, size_t at, struct strbuf *out)
{
	const struct cli_op *ops[256];
	size_t n = expected(m, ops, 256);

	if (m->no_mem) {
		strbuf_puts(out, "out of memory");
		return CLI_FAILED;
	}
	if (at < m->words->n)
		return explain_word(m, ops, n, m->words->w[at].text, out);
	strbuf_puts(out, "incomplete after \"");
	for (size_t i = 0; i < m->words->n; i++)
		strbuf_printf(out, "%s%s", i > 0 ? " " : "", m->words->w[i].text);
	strbuf_puts(out, n == 1 ? "\": expected " : "\": expected one of ");
	list_expected(out, ops, n);
	return CLI_USAGE;
}
