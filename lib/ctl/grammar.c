/* SPDX-License-Identifier: BSD-3-Clause */
/* Syntax strings into programs: recursive descent over the notation of ctl/cli.h, emitting the
 * instructions that match.c runs. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ctl/cli_priv.h"

#define OPS_MAX UINT16_MAX

struct compiler {
	struct cli_prog *prog;
	const char *at; /* what is still to be read */
	char *err;
	size_t err_len;
	bool failed;
};

static void sequence(struct compiler *c);

static void
fail(struct compiler *c, const char *what)
{
	if (!c->failed)
		snprintf(c->err, c->err_len, "%s at \"%s\"", what, c->at);
	c->failed = true;
}

static uint16_t
emit(struct compiler *c, enum cli_opcode code)
{
	struct cli_prog *p = c->prog;
	struct cli_op *ops;

	if (p->n_ops == OPS_MAX) {
		fail(c, "too long");
		return 0;
	}
	if ((p->n_ops & (p->n_ops - 1)) == 0) { /* full: capacities are powers of two */
		ops = realloc(p->ops, (p->n_ops > 0 ? p->n_ops * 2u : 1u) * sizeof(*ops));
		if (ops == NULL) {
			fail(c, "out of memory");
			return 0;
		}
		p->ops = ops;
	}
	p->ops[p->n_ops] = (struct cli_op){ .code = code };
	return p->n_ops++;
}

static void
add_target(struct compiler *c, uint16_t op, uint16_t target)
{
	struct cli_op *o = &c->prog->ops[op];
	uint16_t *t = realloc(o->targets, (o->n_targets + 1u) * sizeof(*t));

	if (t == NULL) {
		fail(c, "out of memory");
		return;
	}
	o->targets = t;
	t[o->n_targets++] = target;
}

static void
skip_space(struct compiler *c)
{
	while (isspace((unsigned char)*c->at))
		c->at++;
}

static const struct {
	const char *name;
	enum cli_type type;
} types[] = {
	{ "ip4", CLI_T_IP4 }, { "prefix", CLI_T_PREFIX }, { "mac", CLI_T_MAC },
	{ "dev", CLI_T_DEV }, { "port", CLI_T_PORT },	  { "u32", CLI_T_U32 },
	{ "str", CLI_T_STR }, { "rest", CLI_T_REST },
};

/* The type after "NAME:", with the bounds of u32(lo..hi). */
static void
value_type(struct compiler *c, struct cli_op *op)
{
	size_t n = 0;
	char *end;

	while (isalnum((unsigned char)c->at[n]))
		n++;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strlen(types[i].name) != n || strncmp(types[i].name, c->at, n) != 0)
			continue;
		op->type = types[i].type;
		op->lo = 0;
		op->hi = UINT32_MAX;
		c->at += n;
		if (op->type != CLI_T_U32 || *c->at != '(')
			return;
		op->lo = (uint32_t)strtoul(c->at + 1, &end, 0);
		if (strncmp(end, "..", 2) != 0) {
			fail(c, "bounds are (lo..hi)");
			return;
		}
		op->hi = (uint32_t)strtoul(end + 2, &end, 0);
		if (*end != ')' || op->lo > op->hi) {
			fail(c, "bounds are (lo..hi)");
			return;
		}
		c->at = end + 1;
		return;
	}
	fail(c, "unknown type");
}

/* A keyword or NAME:type. */
static void
word(struct compiler *c)
{
	size_t n = strcspn(c->at, " \t\n()[]|:");
	uint16_t op;

	if (n == 0) {
		fail(c, "a word is missing");
		return;
	}
	op = emit(c, CLI_OP_KEY);
	if (c->failed)
		return;
	c->prog->ops[op].name = strndup(c->at, n);
	if (c->prog->ops[op].name == NULL) {
		fail(c, "out of memory");
		return;
	}
	c->prog->ops[op].initials = keyword_initials(c->prog->ops[op].name);
	c->at += n;
	if (*c->at != ':')
		return;
	c->at++;
	c->prog->ops[op].code = CLI_OP_VAL;
	value_type(c, &c->prog->ops[op]);
}

/* a|b c|d, up to the bracket that closes. */
static void
alternatives(struct compiler *c)
{
	uint16_t first = emit(c, CLI_OP_ALT);
	uint16_t ends[64];
	size_t n = 0;

	for (;;) {
		add_target(c, first, c->prog->n_ops);
		sequence(c);
		if (c->failed)
			return;
		if (n == sizeof(ends) / sizeof(ends[0])) {
			fail(c, "too many alternatives");
			return;
		}
		ends[n++] = emit(c, CLI_OP_JMP);
		if (*c->at != '|')
			break;
		c->at++;
	}
	for (size_t i = 0; i < n; i++)
		add_target(c, ends[i], c->prog->n_ops);
}

/* Does the group whose '[' is at c->at end in "]..."? */
static bool
repeats(const struct compiler *c)
{
	int depth = 0;

	for (const char *p = c->at; *p != '\0'; p++) {
		depth += (*p == '[') - (*p == ']');
		if (depth == 0)
			return strncmp(p + 1, "...", 3) == 0;
	}
	return false;
}

static void
close_bracket(struct compiler *c, char bracket)
{
	skip_space(c);
	if (*c->at != bracket)
		fail(c, "a bracket is not closed");
	else
		c->at++;
}

static void
one_group(struct compiler *c, uint16_t set, unsigned int i)
{
	bool many = repeats(c);
	uint16_t from = c->prog->n_ops;
	uint16_t jmp;

	add_target(c, set, from);
	if (many)
		emit(c, CLI_OP_BEGIN);
	c->at++; /* [ */
	alternatives(c);
	close_bracket(c, ']');
	if (c->failed)
		return;
	if (many) {
		c->at += 3; /* ... */
		c->prog->ops[set].repeats |= UINT64_C(1) << i;
		emit(c, CLI_OP_END);
		if (grammar_is_nullable(c->prog, from, c->prog->n_ops)) {
			fail(c, "a group that may be empty repeats");
			return;
		}
	}
	jmp = emit(c, CLI_OP_JMP);
	add_target(c, jmp, set);
}

/* [a] [b] [c]... */
static void
optionals(struct compiler *c)
{
	uint16_t enter = emit(c, CLI_OP_ENTER);
	uint16_t set = emit(c, CLI_OP_SET);
	uint16_t first_bit;
	unsigned int count = 0;
	int depth = 0;

	/* The bits come first, so that nested groups get theirs after them: count the groups. */
	for (const char *p = c->at; *p != '\0'; p++) {
		if (depth == 0 && *p != '[' && *p != '.' && !isspace((unsigned char)*p))
			break;
		count += depth == 0 && *p == '[';
		depth += (*p == '[') - (*p == ']');
	}
	first_bit = c->prog->n_bits;
	if (count > 64 || first_bit + count > CLI_OPT_WORDS * 64) {
		fail(c, "too many optional groups");
		return;
	}
	c->prog->n_bits = (uint16_t)(first_bit + count);
	for (unsigned int i = 0; i < count && !c->failed; i++) {
		skip_space(c);
		one_group(c, set, i);
	}
	if (c->failed)
		return;
	add_target(c, set, c->prog->n_ops); /* and after the last */
	c->prog->ops[enter].first_bit = first_bit;
	c->prog->ops[enter].n_targets = 0;
	c->prog->ops[set].first_bit = first_bit;
	skip_space(c);
}

static void
sequence(struct compiler *c)
{
	while (!c->failed) {
		skip_space(c);
		if (*c->at == '\0' || *c->at == ')' || *c->at == ']' || *c->at == '|')
			return;
		if (*c->at == '[') {
			optionals(c);
		} else if (*c->at == '(') {
			c->at++;
			alternatives(c);
			close_bracket(c, ')');
		} else {
			word(c);
		}
	}
}

static bool
nullable(const struct cli_prog *p, uint16_t from, uint16_t to, unsigned int depth)
{
	const struct cli_op *op;

	if (from == to)
		return true;
	if (from > to || depth > p->n_ops)
		return false; /* left the stretch backwards is a loop: no way through there */
	op = &p->ops[from];
	switch (op->code) {
	case CLI_OP_KEY:
	case CLI_OP_VAL:
	case CLI_OP_MATCH:
		return false;
	case CLI_OP_SET: /* all its groups are optional */
		return nullable(p, op->targets[op->n_targets - 1], to, depth + 1);
	case CLI_OP_ALT:
	case CLI_OP_JMP:
		for (uint16_t i = 0; i < op->n_targets; i++)
			if (nullable(p, op->targets[i], to, depth + 1))
				return true;
		return false;
	default:
		return nullable(p, from + 1, to, depth + 1);
	}
}

bool
grammar_is_nullable(const struct cli_prog *p, uint16_t from, uint16_t to)
{
	return nullable(p, from, to, 0);
}

struct cli_prog *
grammar_compile(const struct cli_cmd *cmd, char *err, size_t len)
{
	struct compiler c = { .at = cmd->syntax, .err = err, .err_len = len };

	c.prog = calloc(1, sizeof(*c.prog));
	if (c.prog == NULL) {
		snprintf(err, len, "out of memory");
		return NULL;
	}
	c.prog->cmd = cmd;
	sequence(&c);
	if (!c.failed && *c.at != '\0')
		fail(&c, "unexpected");
	if (!c.failed && grammar_is_nullable(c.prog, 0, c.prog->n_ops))
		fail(&c, "the command may be empty");
	emit(&c, CLI_OP_MATCH);
	if (c.failed) {
		grammar_free(c.prog);
		return NULL;
	}
	return c.prog;
}

void
grammar_free(struct cli_prog *p)
{
	for (uint16_t i = 0; i < p->n_ops; i++) {
		free(p->ops[i].name);
		free(p->ops[i].targets);
	}
	free(p->ops);
	free(p);
}
