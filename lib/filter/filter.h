/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FILTER_H
#define FILTER_H
/**
 * @file
 * The packet filter, control side: a chain of ordered rules and a policy for each of IPv4's hooks.
 * A change builds the chain's search structures anew and publishes them in one step: a packet is
 * judged by the old chain or by the new one.
 */
#include <net/if.h>
#include "filter/filter_dp.h"
#include "ip4/ip4_hook.h"

#define FILTER_RULES_MAX   32768 /* of all chains together */
#define FILTER_COMMENT_MAX 64

enum filter_fragment {
	FILTER_FRAG_ANY,
	FILTER_FRAG_NO,	   /* whole datagrams */
	FILTER_FRAG_YES,   /* fragments */
	FILTER_FRAG_FIRST, /* the one at offset 0 */
	FILTER_FRAG_LATER, /* the others */
};

/** A rule as it is written. Zeroed, it matches everything. */
struct filter_rule {
	rte_be32_t src, dst;
	uint8_t src_plen, dst_plen;
	bool proto_set, sport_set, dport_set, icmp_type_set, icmp_code_set;
	uint8_t proto;
	uint16_t sport[2], dport[2]; /* lowest and highest, host order */
	uint8_t icmp_type, icmp_code;
	uint8_t tos, tos_mask;		   /* mask 0: any */
	uint8_t fragment;		   /* enum filter_fragment */
	char iif[IFNAMSIZ], oif[IFNAMSIZ]; /* "": any; a device that is not there matches nothing */
	uint8_t action;			   /* enum filter_action */
	uint8_t reject;			   /* of FILTER_REJECT: as in struct filter_verdict */
	uint32_t mark;			   /* of FILTER_MARK */
	char comment[FILTER_COMMENT_MAX];
};

int filter_init(void) CTL_ONLY;
void filter_fini(void) CTL_ONLY;

/**
 * Insert at position @p at (1: first; 0 or beyond the end: last). 0, -EINVAL (the rule does not
 * make sense in this chain: filter_rule_check()), -ENOSPC (FILTER_RULES_MAX), -E2BIG (too many mark
 * and count rules that match the same packets), -ENOMEM. On error nothing has changed.
 */
int filter_rule_add(enum ip4_hook_point chain, const struct filter_rule *r, uint32_t at) CTL_ONLY;
/** Remove the rule at position @p at. 0, -ENOENT, or as filter_rule_add(). */
int filter_rule_del(enum ip4_hook_point chain, uint32_t at) CTL_ONLY;
/** Replace the whole chain. 0 or as filter_rule_add(). */
int filter_chain_set(enum ip4_hook_point chain, bool drop, const struct filter_rule *rules,
		     uint32_t n) CTL_ONLY;
/** What happens to packets that no rule decides. 0 or as filter_rule_add(). */
int filter_policy_set(enum ip4_hook_point chain, bool drop) CTL_ONLY;
/** Remove all rules; the policy stays. 0 or as filter_rule_add(). */
int filter_flush(enum ip4_hook_point chain) CTL_ONLY;
/** Why a rule can not be in a chain: a sentence; NULL when it can. */
const char *filter_rule_check(enum ip4_hook_point chain, const struct filter_rule *r);

uint32_t filter_rules(enum ip4_hook_point chain) CTL_ONLY;
/** Rule @p at (from 1), or NULL. Good until the chain changes. */
const struct filter_rule *filter_rule_get(enum ip4_hook_point chain, uint32_t at) CTL_ONLY;
bool filter_policy_is_drop(enum ip4_hook_point chain) CTL_ONLY;
/** What rule @p at has counted since it was made or cleared; 0: the policy. */
struct filter_counter filter_count(enum ip4_hook_point chain, uint32_t at) CTL_ONLY;
void filter_clear(enum ip4_hook_point chain) CTL_ONLY;

/* --- words, as users write and read them (filter_words.c). Parsers: 0 or -EINVAL. --- */
int filter_parse_chain(const char *word, enum ip4_hook_point *at);
/** "tcp", "udp", ..., or a number. */
int filter_parse_proto(const char *word, uint8_t *proto);
/** "80", "1024-65535". */
int filter_parse_ports(const char *word, uint16_t ports[2]);
/** "echo-request", "3", "3/4": sets the icmp members of @p r. */
int filter_parse_icmp(const char *word, struct filter_rule *r);
/** "0x10", "16/0x1e". */
int filter_parse_tos(const char *word, uint8_t *tos, uint8_t *mask);
/** "no", "yes", "first", "later". */
int filter_parse_fragment(const char *word, uint8_t *fragment);
/** "port-unreachable", ..., "tcp-reset". */
int filter_parse_reject(const char *word, uint8_t *with);
int filter_parse_action(const char *word, uint8_t *action);
/* The words again; static buffers. */
const char *filter_proto_word(uint8_t proto);
const char *filter_icmp_word(const struct filter_rule *r);
const char *filter_fragment_word(uint8_t fragment);
const char *filter_reject_word(uint8_t with);
const char *filter_action_word(uint8_t action);
/** What `reject with` takes, for error messages. */
#define FILTER_REJECT_WORDS                                                                        \
	"port-unreachable, net-unreachable, host-unreachable, proto-unreachable, "                 \
	"net-prohibited, host-prohibited, admin-prohibited or tcp-reset"

/** Add the `filter` commands, and the config section "filter". */
void filter_cli_register(void) CTL_ONLY;
void filter_cfg_register(void) CTL_ONLY;
#endif
