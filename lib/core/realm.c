/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/realm.h"
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <rte_common.h>

#define NAMES_FILE "/etc/iproute2/rt_realms"
#define NAME_MAX_  32

static char names[REALM_N][NAME_MAX_]; /* "": it has none */
static bool names_known;

void
realm_names_read(const char *path)
{
	FILE *f = fopen(path, "r");
	char line[256], name[NAME_MAX_];
	unsigned int id;

	memset(names, 0, sizeof(names));
	snprintf(names[0], NAME_MAX_, "cosmos");
	names_known = true;
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "%i %31[^ \t\n#]", (int *)&id, name) == 2 && id < REALM_N)
			memcpy(names[id], name, NAME_MAX_);
	if (f != NULL)
		fclose(f);
}

static const char *
name_of(uint32_t realm)
{
	if (!names_known)
		realm_names_read(NAMES_FILE);
	return realm < REALM_N && names[realm][0] != '\0' ? names[realm] : NULL;
}

const char *
realm_name(uint32_t realm)
{
	static char number[4][12];
	static unsigned int turn;
	char *buf = number[turn % RTE_DIM(number)];

	if (name_of(realm) != NULL)
		return name_of(realm);
	turn++;
	snprintf(buf, sizeof(number[0]), "%u", realm);
	return buf;
}

static bool
parse_number(const char *word, uint32_t max, uint32_t *v)
{
	unsigned long n;
	char *end;

	if (word[0] < '0' || word[0] > '9')
		return false;
	errno = 0;
	n = strtoul(word, &end, 0);
	if (*end != '\0' || errno != 0 || n > max)
		return false;
	*v = (uint32_t)n;
	return true;
}

int
realm_parse(const char *word, uint32_t *realm)
{
	for (uint32_t i = 0; i < REALM_N; i++) {
		if (name_of(i) == NULL || strcmp(name_of(i), word) != 0)
			continue;
		*realm = i;
		return 0;
	}
	return parse_number(word, REALM_N - 1, realm) ? 0 : -EINVAL;
}

int
realms_parse(const char *word, uint32_t *realms)
{
	const char *slash = strchr(word, '/');
	uint32_t from = 0, to = 0;
	char first[NAME_MAX_];

	if (slash == NULL && parse_number(word, UINT32_MAX, realms))
		return 0;
	if (slash != NULL) {
		snprintf(first, sizeof(first), "%.*s", (int)(slash - word), word);
		if ((size_t)(slash - word) >= sizeof(first) || realm_parse(first, &from) != 0)
			return -EINVAL;
		word = slash + 1;
	}
	if ((slash == NULL || *word != '\0') && realm_parse(word, &to) != 0)
		return -EINVAL;
	*realms = from << 16 | to;
	return 0;
}

int
realms_parse_filter(const char *word, uint32_t *realms, uint32_t *mask)
{
	size_t len = strlen(word);

	if (realms_parse(word, realms) != 0)
		return -EINVAL;
	*mask = UINT32_MAX;
	if (realm_to(*realms) == 0 && len > 0 && word[len - 1] == '/')
		*mask &= ~(uint32_t)UINT16_MAX;
	if (realm_from(*realms) == 0 && strchr(word, '/') == NULL)
		*mask &= UINT16_MAX;
	return 0;
}
