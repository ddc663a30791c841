/* SPDX-License-Identifier: BSD-3-Clause */
/* Names of address and route scopes, as iproute2 reads and writes them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "netdev/inetdev.h"

static const struct {
	uint8_t scope;
	const char *name;
} scopes[] = { { SCOPE_UNIVERSE, "global" },
	       { SCOPE_SITE, "site" },
	       { SCOPE_LINK, "link" },
	       { SCOPE_HOST, "host" },
	       { SCOPE_NOWHERE, "nowhere" } };

const char *
rt_scope_name(uint8_t scope)
{
	static char number[8];

	for (unsigned int i = 0; i < RTE_DIM(scopes); i++)
		if (scopes[i].scope == scope)
			return scopes[i].name;
	snprintf(number, sizeof(number), "%u", scope);
	return number;
}

int
rt_scope_parse(const char *word)
{
	char *end;
	unsigned long v;

	for (unsigned int i = 0; i < RTE_DIM(scopes); i++)
		if (strcmp(scopes[i].name, word) == 0)
			return scopes[i].scope;
	v = strtoul(word, &end, 0);
	if (word[0] < '0' || word[0] > '9' || *end != '\0' || v > UINT8_MAX)
		return -EINVAL;
	return (int)v;
}
