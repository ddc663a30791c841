/* SPDX-License-Identifier: BSD-3-Clause */
/* Keywords and values of the command language: which word fits, and what it means. */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmdline_parse.h>
#include <cmdline_parse_etheraddr.h>
#include <cmdline_parse_ipaddr.h>
#include <cmdline_parse_num.h>
#include "ctl/cli_priv.h"

/* What iproute2 calls the same. A prefix of the long ones will do; "list" and its kin must be
 * written out where other words compete with them, which is anywhere but at a verb. */
static const struct {
	const char *keyword, *alias;
	bool whole;
} aliases[] = {
	{ "addr", "address", false },	{ "neigh", "neighbour", false },
	{ "neigh", "neighbor", false }, { "del", "delete", false },
	{ "show", "list", true },	{ "show", "lst", true },
	{ "show", "ls", true },		{ "neighbours", "neighbors", false },
	{ "change", "chg", true },
};

/* "a" stands before "b" in iproute2's tables, so it takes the abbreviation that fits both. And
 * show goes before shutdown, which stops the daemon: that one is to be spelt out. */
static const struct {
	const char *wins, *over;
} preferences[] = {
	{ "route", "rule" }, { "neigh", "nexthop" }, { "add", "append" }, { "show", "shutdown" },
	{ "dev", "detail" }, { "link", "load" },     { "del", "detail" },
};

/* What iproute2 and bridge(8) do with an object. */
static const char *const verbs[] = { "show",   "set",	 "add",	    "del",   "replace",
				     "change", "append", "prepend", "flush", "get" };

static int
fit(const char *keyword, const char *word, bool at_verb)
{
	size_t len = strlen(word);
	int fits = -1;

	if (len == 0)
		return keyword[0] == '\0' ? 0 : -1;
	/* Of hundreds of keywords most differ in the first letter. */
	if (keyword[0] == word[0] && strncmp(keyword, word, len) == 0) {
		if (keyword[len] == '\0')
			return 0;
		fits = 1;
	}
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
		if (aliases[i].alias[0] != word[0] || strcmp(aliases[i].keyword, keyword) != 0)
			continue;
		if (strcmp(aliases[i].alias, word) == 0)
			return 0;
		if ((at_verb || !aliases[i].whole) && strncmp(aliases[i].alias, word, len) == 0)
			fits = 1;
	}
	return fits;
}

uint32_t
keyword_initials(const char *keyword)
{
	uint32_t initials = cli_initial(keyword);

	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
		if (strcmp(aliases[i].keyword, keyword) == 0)
			initials |= cli_initial(aliases[i].alias);
	return initials;
}

int
keyword_fit(const char *keyword, const char *word)
{
	return fit(keyword, word, false);
}

bool
verb_fits(const char *keyword, const char *word)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i], keyword) == 0)
			return fit(keyword, word, true) >= 0;
	return false;
}

static bool
is_beaten(const char *word, const char *const *kw, size_t n)
{
	for (size_t p = 0; p < sizeof(preferences) / sizeof(preferences[0]); p++) {
		if (strcmp(preferences[p].over, word) != 0)
			continue;
		for (size_t i = 0; i < n; i++)
			if (strcmp(kw[i], preferences[p].wins) == 0)
				return true;
	}
	return false;
}

const char *
keyword_prefer(const char *const *kw, size_t n)
{
	const char *left = NULL;

	for (size_t i = 0; i < n; i++) {
		if (is_beaten(kw[i], kw, n))
			continue;
		if (left != NULL)
			return NULL;
		left = kw[i];
	}
	return left;
}

static bool
parse_u32(const struct cli_op *op, const char *word, struct cli_arg *arg, char *why, size_t len)
{
	struct cmdline_token_num tok = { .num_data.type = RTE_UINT64 };
	uint64_t v = 0;
	int n = cmdline_parse_num((cmdline_parse_token_hdr_t *)&tok, word, &v, sizeof(v));

	if (n <= 0 || (size_t)n != strlen(word)) {
		snprintf(why, len, "is not a number");
		return false;
	}
	if (v < op->lo || v > op->hi) {
		snprintf(why, len, "is outside %u..%u", op->lo, op->hi);
		return false;
	}
	arg->num = (uint32_t)v;
	return true;
}

static bool
parse_ip(const char *word, uint32_t *addr)
{
	struct cmdline_token_ipaddr tok = { .ipaddr_data.flags = CMDLINE_IPADDR_V4 };
	cmdline_ipaddr_t ip;
	int n = cmdline_parse_ipaddr((cmdline_parse_token_hdr_t *)&tok, word, &ip, sizeof(ip));

	if (n <= 0 || (size_t)n != strlen(word))
		return false;
	*addr = ip.addr.ipv4.s_addr;
	return true;
}

/* "24", or a netmask: ones, then zeros. */
static bool
parse_length(const char *word, uint8_t *plen)
{
	size_t digits = strspn(word, "0123456789");
	uint32_t mask;

	if (digits == strlen(word) && digits > 0) {
		unsigned long v = strtoul(word, NULL, 10);

		*plen = (uint8_t)v;
		return v <= 32;
	}
	if (!parse_ip(word, &mask))
		return false;
	mask = ntohl(mask);
	*plen = (uint8_t)__builtin_popcount(mask);
	return (~mask & (~mask + 1)) == 0;
}

/* 10/8 is 10.0.0.0/8 to iproute2, and a bare address a host. */
static bool
parse_prefix(const char *word, uint32_t *addr, uint8_t *plen)
{
	static const char *const everything[] = { "default", "any", "all", "0/0" };
	const char *slash = strchr(word, '/');
	char full[32];
	unsigned int dots = 0;

	for (size_t i = 0; i < sizeof(everything) / sizeof(everything[0]); i++)
		if (strcmp(word, everything[i]) == 0) {
			*addr = 0;
			*plen = 0;
			return true;
		}
	if (slash == NULL) {
		*plen = 32;
		return parse_ip(word, addr);
	}
	for (const char *p = word; p < slash; p++)
		dots += *p == '.';
	if (slash == word || slash - word > INET_ADDRSTRLEN || dots > 3)
		return false;
	snprintf(full, sizeof(full), "%.*s%s", (int)(slash - word), word, &".0.0.0"[dots * 2]);
	return parse_ip(full, addr) && parse_length(slash + 1, plen);
}

/* Six numbers as iproute2 has them, leading zeros or not; or another form that DPDK knows. */
static bool
parse_mac(const char *word, struct rte_ether_addr *mac)
{
	static const char hex[] = "0123456789abcdefABCDEF";
	const char *p = word;
	size_t len;
	int i, n;

	for (i = 0; i < RTE_ETHER_ADDR_LEN; i++, p += len + 1) {
		len = strspn(p, hex);
		if (len < 1 || len > 2 || p[len] != (i + 1 < RTE_ETHER_ADDR_LEN ? ':' : '\0'))
			break;
		mac->addr_bytes[i] = (uint8_t)strtoul(p, NULL, 16);
	}
	if (i == RTE_ETHER_ADDR_LEN)
		return true;
	n = cmdline_parse_etheraddr(NULL, word, mac, sizeof(*mac));
	return n > 0 && (size_t)n == strlen(word);
}

static bool
dev_known(const char *word, char *why, size_t len)
{
	if (cli_dev_exists == NULL || cli_dev_exists(word))
		return true;
	snprintf(why, len, "cannot find device");
	return false;
}

static bool
parse_port(const char *word, struct cli_arg *arg, char *why, size_t len)
{
	static const struct cli_op number = { .hi = UINT16_MAX };

	if (word[0] >= '0' && word[0] <= '9' && parse_u32(&number, word, arg, why, len))
		return true;
	if (word[0] != '\0' && strncmp("all", word, strlen(word)) == 0 &&
	    (strlen(word) == 3 || cli_dev_exists == NULL || !cli_dev_exists(word))) {
		arg->word = "all";
		return true;
	}
	return dev_known(word, why, len);
}

bool
value_parse(const struct cli_op *op, const char *word, struct cli_arg *arg, char *why, size_t len)
{
	why[0] = '\0';
	switch (op->type) {
	case CLI_T_IP4:
		return parse_ip(word, &arg->num);
	case CLI_T_PREFIX:
		return parse_prefix(word, &arg->num, &arg->plen);
	case CLI_T_MAC:
		return parse_mac(word, &arg->mac);
	case CLI_T_DEV:
		return dev_known(word, why, len);
	case CLI_T_PORT:
		return parse_port(word, arg, why, len);
	case CLI_T_U32:
		return parse_u32(op, word, arg, why, len);
	case CLI_T_STR:
	case CLI_T_REST:
		break;
	}
	return true;
}

const char *
value_describe(const struct cli_op *op, char *buf, size_t len)
{
	switch (op->type) {
	case CLI_T_IP4:
		return "an IPv4 address";
	case CLI_T_PREFIX:
		return "an IPv4 prefix (192.0.2.0/24, 192.0.2.1 or default)";
	case CLI_T_MAC:
		return "a MAC address";
	case CLI_T_DEV:
		return "a net device";
	case CLI_T_PORT:
		return "a port number, name or all";
	case CLI_T_U32:
		if (op->lo == 0 && op->hi == UINT32_MAX)
			return "a number";
		snprintf(buf, len, "a number %u..%u", op->lo, op->hi);
		return buf;
	case CLI_T_STR:
		return "a word";
	case CLI_T_REST:
		break;
	}
	return "text up to the end of the line";
}
