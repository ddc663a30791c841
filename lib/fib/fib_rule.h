/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FIB_RULE_H
#define FIB_RULE_H
/**
 * @file
 * Policy rules, control side: an ordered list that says which tables a packet is looked up in.
 * Semantics are those of Linux's fib_rules.
 */
#include "fib/fib.h"
#include "fib/fib_rule_dp.h"

#define FIB_RULES_MAX	  1024
#define FIB_RULE_PREF_MAX 32767 /* of the last rule that is there from the start */

enum fib_rule_action { /* numbers of Linux's FR_ACT_* */
		       FIB_RULE_TABLE = 1,
		       FIB_RULE_GOTO = 2,
		       FIB_RULE_NOP = 3,
		       FIB_RULE_BLACKHOLE = 6,
		       FIB_RULE_UNREACHABLE = 7,
		       FIB_RULE_PROHIBIT = 8,
};

/** What a rule says; a zero selector matches all. */
struct fib_rule {
	uint32_t priority;
	bool invert; /* it matches what the selectors do not */
	uint8_t src_plen, dst_plen;
	rte_be32_t src, dst;
	uint8_t tos;
	uint8_t ipproto;		   /* 0: any */
	uint16_t sport[2], dport[2];	   /* first and last, host order; 0 and 0: any */
	uint32_t mark, mask;		   /* mask 0: any */
	char iif[IFNAMSIZ], oif[IFNAMSIZ]; /* by name, there or not; "lo": made here */
	uint8_t action;			   /* enum fib_rule_action */
	uint8_t protocol;		   /* who made it, as of routes; 0: nobody says */
	uint32_t table;			   /* of FIB_RULE_TABLE */
	uint32_t target;		   /* of FIB_RULE_GOTO: the priority where to go on */
	uint32_t tclassid;		   /* realms of what it leads to a route; 0: none */
	int32_t suppress; /* answers with a prefix of at most this length are none; -1: all count */
};

/** Which members of a rule are given, where it is a key. */
enum {
	FIB_RULE_HAS_PRIORITY = 1 << 0,
	FIB_RULE_HAS_SRC = 1 << 1,
	FIB_RULE_HAS_DST = 1 << 2,
	FIB_RULE_HAS_TOS = 1 << 3,
	FIB_RULE_HAS_MARK = 1 << 4,
	FIB_RULE_HAS_IIF = 1 << 5,
	FIB_RULE_HAS_OIF = 1 << 6,
	FIB_RULE_HAS_IPPROTO = 1 << 7,
	FIB_RULE_HAS_SPORT = 1 << 8,
	FIB_RULE_HAS_DPORT = 1 << 9,
	FIB_RULE_HAS_ACTION = 1 << 10,
	FIB_RULE_HAS_TABLE = 1 << 11,
	FIB_RULE_HAS_SUPPRESS = 1 << 12,
	FIB_RULE_HAS_PROTOCOL = 1 << 13,
	FIB_RULE_HAS_INVERT = 1 << 14,
	FIB_RULE_HAS_TARGET = 1 << 15, /* of goto; not asked when a rule is deleted, as in Linux */
	FIB_RULE_HAS_REALMS = 1 << 16,
	FIB_RULE_HAS_ALL = (1 << 17) - 1,
	FIB_RULE_HAS_INSIDE = 1 << 17, /* with SRC, DST: its prefix begins inside the key's */
};

enum fib_rule_event { FIB_RULE_ADD = 1, FIB_RULE_DEL };
extern struct notifier_chain fib_rule_chain; /* obj: const struct fib_rule_view * */

/** The three rules that a router starts with. 0 or -ENOMEM. */
int fib_rule_init(void) CTL_ONLY;
void fib_rule_fini(void) CTL_ONLY;

/** Why a rule makes no sense: a sentence; NULL when it does. */
const char *fib_rule_check(const struct fib_rule *r);
/** Do they say the same, whoever made them? */
bool fib_rule_same(const struct fib_rule *a, const struct fib_rule *b);
/** The priority of a rule that names none: one less than that of the second rule. */
uint32_t fib_rule_default_priority(void) CTL_ONLY;
/**
 * Workers go by it when the call returns. 0, -EEXIST (the very same is there), -EINVAL
 * (fib_rule_check()), -ENOSPC (FIB_RULES_MAX, or too many tables), -ENOMEM; on error nothing has
 * changed.
 */
int fib_rule_add(const struct fib_rule *r) CTL_ONLY;
/** Delete the first rule with the members of @p key that @p given names. 0, -ENOENT, -ENOMEM. */
int fib_rule_del(const struct fib_rule *key, uint32_t given) CTL_ONLY;
/** Delete all of them but those of priority 0, as `ip rule flush`. How many, or -ENOMEM. */
int fib_rule_flush(const struct fib_rule *key, uint32_t given) CTL_ONLY;

/** A rule as shown. */
struct fib_rule_view {
	struct fib_rule rule;
	bool iif_detached, oif_detached; /* there is no device of that name */
	bool unresolved;		 /* no rule where goto leads to */
};
/** The rules with these members, in order. */
void fib_rule_walk(const struct fib_rule *key, uint32_t given,
		   void (*fn)(const struct fib_rule_view *v, void *arg), void *arg) CTL_ONLY;

/** "tcp", or a number; "80" or "1024-65535"; "0x10" or "0x10/0xff". 0 or -EINVAL. */
int fib_rule_parse_ipproto(const char *s, uint8_t *proto);
int fib_rule_parse_ports(const char *s, uint16_t ports[2]);
int fib_rule_parse_mark(const char *s, uint32_t *mark, uint32_t *mask);
/** "tcp", or as iproute2 "ipproto-99"; valid until the next call. */
const char *fib_rule_ipproto_name(uint8_t proto);

/** Commands, `ip monitor rule` and the section "rules". Once, at start. */
void fib_rule_cli_register(void) CTL_ONLY;
void fib_rule_cfg_register(void) CTL_ONLY;
#endif
