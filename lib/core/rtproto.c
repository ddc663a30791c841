/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/rtproto.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <rte_common.h>

static const struct {
	const char *name;
	uint8_t proto;
} protocols[] = {
	{ "unspec", 0 }, { "redirect", 1 }, { "kernel", 2 },	  { "boot", 3 },
	{ "static", 4 }, { "gated", 8 },    { "ra", 9 },	  { "mrt", 10 },
	{ "zebra", 11 }, { "bird", 12 },    { "dnrouted", 13 },	  { "xorp", 14 },
	{ "ntk", 15 },	 { "dhcp", 16 },    { "keepalived", 18 }, { "babel", 42 },
	{ "openr", 99 }, { "bgp", 186 },    { "isis", 187 },	  { "ospf", 188 },
	{ "rip", 189 },	 { "eigrp", 192 },
};

const char *
rtproto_name(uint8_t proto)
{
	static char number[4];

	for (size_t i = 0; i < RTE_DIM(protocols); i++)
		if (protocols[i].proto == proto)
			return protocols[i].name;
	snprintf(number, sizeof(number), "%u", proto);
	return number;
}

int
rtproto_parse(const char *s)
{
	unsigned long n;
	char *end;

	for (size_t i = 0; i < RTE_DIM(protocols); i++)
		if (strcmp(protocols[i].name, s) == 0)
			return protocols[i].proto;
	if (s[0] < '0' || s[0] > '9')
		return -EINVAL;
	n = strtoul(s, &end, 0);
	return *end != '\0' || n > UINT8_MAX ? -EINVAL : (int)n;
}
