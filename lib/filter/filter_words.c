/* SPDX-License-Identifier: BSD-3-Clause */
/* Rules in words. Pure. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "core/ipproto.h"
#include "filter/filter.h"
#include "ip4/icmp_proto.h"

struct word {
	const char *name;
	uint8_t value;
};

static const struct word icmp_types[] = { { "echo-reply", ICMP4_ECHO_REPLY },
					  { "destination-unreachable", ICMP4_UNREACH },
					  { "source-quench", ICMP4_SOURCE_QUENCH },
					  { "redirect", ICMP4_REDIRECT },
					  { "echo-request", ICMP4_ECHO },
					  { "router-advertisement", 9 },
					  { "router-solicitation", 10 },
					  { "time-exceeded", ICMP4_TIME_EXCEEDED },
					  { "parameter-problem", ICMP4_PARAM_PROBLEM },
					  { "timestamp-request", ICMP4_TIMESTAMP },
					  { "timestamp-reply", ICMP4_TIMESTAMP_REPLY },
					  { NULL, 0 } };
static const struct word fragments[] = {
	{ "any", FILTER_FRAG_ANY },	{ "no", FILTER_FRAG_NO },	{ "yes", FILTER_FRAG_YES },
	{ "first", FILTER_FRAG_FIRST }, { "later", FILTER_FRAG_LATER }, { NULL, 0 }
};
/* RFC 792, RFC 1122 3.2.2.1, RFC 1812 5.2.7.1: what a filter may say. */
static const struct word rejects[] = {
	{ "net-unreachable", 0 },   { "host-unreachable", 1 },	       { "proto-unreachable", 2 },
	{ "port-unreachable", 3 },  { "net-prohibited", 9 },	       { "host-prohibited", 10 },
	{ "admin-prohibited", 13 }, { "tcp-reset", FILTER_TCP_RESET }, { NULL, 0 }
};
static const struct word actions[] = { { "accept", FILTER_ACCEPT }, { "drop", FILTER_DROP },
				       { "reject", FILTER_REJECT }, { "mark", FILTER_MARK },
				       { "count", FILTER_COUNT },   { NULL, 0 } };

static int
find(const struct word *list, const char *name, uint8_t *value)
{
	for (; list->name != NULL; list++) {
		if (strcasecmp(list->name, name) != 0)
			continue;
		*value = list->value;
		return 0;
	}
	return -EINVAL;
}

/* A number up to @p max at *@p s, which moves behind it. */
static int
number(const char **s, unsigned long max, unsigned long *value)
{
	char *end;

	if (**s < '0' || **s > '9')
		return -EINVAL;
	errno = 0;
	*value = strtoul(*s, &end, (*s)[0] == '0' && (*s)[1] == 'x' ? 16 : 10);
	*s = end;
	return errno != 0 || *value > max ? -EINVAL : 0;
}

/* The whole word is a number. */
static int
u8_word(const char *s, uint8_t *value)
{
	unsigned long v;

	if (number(&s, UINT8_MAX, &v) != 0 || *s != '\0')
		return -EINVAL;
	*value = (uint8_t)v;
	return 0;
}

static const char *
number_word(uint8_t value)
{
	static char buf[8];

	snprintf(buf, sizeof(buf), "%u", value);
	return buf;
}

/* The word of a value, or its number. */
static const char *
name_of(const struct word *list, uint8_t value)
{
	for (; list->name != NULL; list++)
		if (list->value == value)
			return list->name;
	return number_word(value);
}

int
filter_parse_chain(const char *word, enum ip4_hook_point *at)
{
	for (unsigned int i = 0; i < IP4_HOOK_MAX; i++) {
		if (strcmp(word, ip4_hook_name(i)) != 0)
			continue;
		*at = i;
		return 0;
	}
	return -EINVAL;
}

int
filter_parse_proto(const char *word, uint8_t *proto)
{
	return ipproto_parse(word, proto) == 0 ? 0 : u8_word(word, proto);
}

int
filter_parse_ports(const char *word, uint16_t ports[2])
{
	unsigned long low, high;

	if (number(&word, UINT16_MAX, &low) != 0)
		return -EINVAL;
	high = low;
	if (*word == '-' || *word == ':') {
		word++;
		if (number(&word, UINT16_MAX, &high) != 0)
			return -EINVAL;
	}
	if (*word != '\0' || high < low)
		return -EINVAL;
	ports[0] = (uint16_t)low;
	ports[1] = (uint16_t)high;
	return 0;
}

int
filter_parse_icmp(const char *word, struct filter_rule *r)
{
	unsigned long type, code;

	r->icmp_type_set = r->icmp_code_set = false;
	if (find(icmp_types, word, &r->icmp_type) == 0) {
		r->icmp_type_set = true;
		return 0;
	}
	if (number(&word, UINT8_MAX, &type) != 0)
		return -EINVAL;
	if (*word == '/') {
		word++;
		if (number(&word, UINT8_MAX, &code) != 0)
			return -EINVAL;
		r->icmp_code = (uint8_t)code;
		r->icmp_code_set = true;
	}
	r->icmp_type = (uint8_t)type;
	r->icmp_type_set = *word == '\0';
	return *word == '\0' ? 0 : -EINVAL;
}

int
filter_parse_tos(const char *word, uint8_t *tos, uint8_t *mask)
{
	unsigned long value, bits = UINT8_MAX;

	if (number(&word, UINT8_MAX, &value) != 0)
		return -EINVAL;
	if (*word == '/') {
		word++;
		if (number(&word, UINT8_MAX, &bits) != 0)
			return -EINVAL;
	}
	if (*word != '\0' || bits == 0)
		return -EINVAL;
	*tos = (uint8_t)(value & bits);
	*mask = (uint8_t)bits;
	return 0;
}

int
filter_parse_fragment(const char *word, uint8_t *fragment)
{
	return find(fragments, word, fragment);
}

int
filter_parse_reject(const char *word, uint8_t *with)
{
	return find(rejects, word, with);
}

int
filter_parse_action(const char *word, uint8_t *action)
{
	return find(actions, word, action);
}

const char *
filter_proto_word(uint8_t proto)
{
	return ipproto_name(proto) != NULL ? ipproto_name(proto) : number_word(proto);
}

const char *
filter_icmp_word(const struct filter_rule *r)
{
	static char buf[16];

	if (!r->icmp_code_set)
		return name_of(icmp_types, r->icmp_type);
	snprintf(buf, sizeof(buf), "%u/%u", r->icmp_type, r->icmp_code);
	return buf;
}

const char *
filter_fragment_word(uint8_t fragment)
{
	return name_of(fragments, fragment);
}

const char *
filter_reject_word(uint8_t with)
{
	return name_of(rejects, with);
}

const char *
filter_action_word(uint8_t action)
{
	return name_of(actions, action);
}
