/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FIB_RULE_PRIV_H
#define FIB_RULE_PRIV_H
/** @file Compiled rules: shared by their compiler and their readers. */
#include "fib/fib_priv.h"
#include "fib/fib_rule.h"

/** Fields that any rule looks at: the others are not even read. */
enum {
	FIB_RULES_SRC = 1 << 0,
	FIB_RULES_DST = 1 << 1,
	FIB_RULES_TOS = 1 << 2,
	FIB_RULES_MARK = 1 << 3,
	FIB_RULES_IPPROTO = 1 << 4,
	FIB_RULES_SPORT = 1 << 5,
	FIB_RULES_DPORT = 1 << 6,
	FIB_RULES_IIF = 1 << 7,
	FIB_RULES_OIF = 1 << 8,
};

/** What happens to a packet that a rule matches. */
struct fib_rule_dp {
	enum {
		RULE_LOOKUP, /* in table */
		RULE_LOCAL,  /* the same, and the compiled table may know */
		RULE_MAIN,
		RULE_ANSWER, /* idx */
		RULE_GOTO,   /* on with rule number idx */
	} kind;
	uint32_t idx;
	int32_t suppress;
	uint32_t tclassid;
	const struct fib_table_dp *table;
};

/** Values of a field in classes: those of one class match the same rules. */
struct fib_rule_map {
	uint16_t *class; /* by value */
	uint64_t *vec;	 /* [class][words] */
};

struct fib_rules {
	struct rcu_head rcu;
	uint32_t n,
		words; /* rules; 64-bit words in a vector: an even number, they are read in pairs */
	uint32_t fields; /* FIB_RULES_* */
	struct fib_rule_dp *rule;
	/* Vectors: by octet, most significant first, and its value. */
	uint64_t *src, *dst, *mark; /* [4][256][words] */
	uint64_t *tos, *ipproto;    /* [256][words] */
	struct fib_rule_map sport, dport, iif, oif;
	uint64_t *invert; /* rules with "not" */
	uint64_t *valid;  /* rules that do something */
	/* Of the first pair: lookups in table local, and those in main that any route answers. */
	uint64_t local[2], main[2];
};

/** A rule in the list. */
struct fib_rule_entry {
	struct fib_rule r;
	uint32_t iif, oif; /* of the devices that are there; 0: none is */
	int32_t target;	   /* of goto: number of the rule; -1: there is none */
};
/** Compile @p n rules. NULL: no memory, or too many tables. */
struct fib_rules *fib_rules_compile(const struct fib_rule_entry *e, unsigned int n) CTL_ONLY;
void fib_rules_free(struct fib_rules *r);
/** Does the rule match? What the compiled form must agree with. */
bool fib_rule_matches(const struct fib_rule_entry *e, const struct fib_key *k);
/** The rules in order. */
const struct fib_rule_entry *fib_rule_list(unsigned int *n) CTL_ONLY;
#endif
