/* SPDX-License-Identifier: BSD-3-Clause */
/* Names of types, protocols and tables, as iproute2 prints and reads them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <rte_common.h>
#include "fib/fib_priv.h"

struct name {
	const char *s;
	uint32_t v;
};
static const struct name types[] = {
	{ "unicast", FIB_UNICAST },
	{ "local", FIB_LOCAL },
	{ "broadcast", FIB_BROADCAST },
	{ "anycast", FIB_ANYCAST },
	{ "multicast", FIB_MULTICAST },
	{ "blackhole", FIB_BLACKHOLE },
	{ "unreachable", FIB_UNREACHABLE },
	{ "prohibit", FIB_PROHIBIT },
	{ "throw", FIB_THROW },
};
#define TABLE_NAMES_MAX 1024
static struct {
	char name[32];
	uint32_t id;
} * table_names;
static unsigned int n_table_names;
static const struct name own_tables[] = {
	{ "local", RT_TABLE_LOCAL },
	{ "main", RT_TABLE_MAIN },
	{ "default", RT_TABLE_DEFAULT },
};

/* A number for what has no name; the next call but three reuses it. */
static const char *
number(uint32_t v)
{
	static char buf[4][12];
	static unsigned int turn;
	char *b = buf[turn++ % RTE_DIM(buf)];

	snprintf(b, sizeof(buf[0]), "%u", v);
	return b;
}

static const char *
name_of(const struct name *n, unsigned int count, uint32_t v)
{
	for (unsigned int i = 0; i < count; i++)
		if (n[i].v == v)
			return n[i].s;
	return number(v);
}

static int
parse_number(const char *s, uint32_t max, uint32_t *v)
{
	char *end;
	unsigned long n;

	if (s[0] < '0' || s[0] > '9')
		return -EINVAL;
	errno = 0;
	n = strtoul(s, &end, 0);
	if (*end != '\0' || errno != 0 || n > max)
		return -EINVAL;
	*v = n;
	return 0;
}

static int
value_of(const struct name *n, unsigned int count, const char *s)
{
	uint32_t v;

	for (unsigned int i = 0; i < count; i++)
		if (strcmp(n[i].s, s) == 0)
			return n[i].v;
	return parse_number(s, UINT8_MAX, &v) < 0 ? -EINVAL : (int)v;
}

const char *
fib_type_name(uint8_t type)
{
	return name_of(types, RTE_DIM(types), type);
}

int
fib_type_parse(const char *s)
{
	int v = value_of(types, RTE_DIM(types), s);

	return v < FIB_UNICAST || v > FIB_THROW ? -EINVAL : v;
}

static CTL_ONLY int
table_find(const char *name)
{
	for (unsigned int i = 0; i < n_table_names; i++)
		if (strcmp(table_names[i].name, name) == 0)
			return i;
	return -1;
}

int
fib_table_name_add(const char *name, uint32_t id)
{
	size_t len = strlen(name);
	int i = table_find(name);
	void *p;

	if (id == 0 || len == 0 || len >= sizeof(table_names->name) ||
	    strpbrk(name, " \t/") != NULL)
		return -EINVAL;
	for (unsigned int k = 0; k < RTE_DIM(own_tables); k++)
		if (strcmp(own_tables[k].s, name) == 0)
			return own_tables[k].v == id ? 0 : -EEXIST;
	if (i >= 0)
		return table_names[i].id == id ? 0 : -EEXIST;
	if (n_table_names >= TABLE_NAMES_MAX)
		return -ENOSPC;
	p = realloc(table_names, (n_table_names + 1) * sizeof(*table_names));
	if (p == NULL)
		return -ENOMEM;
	table_names = p;
	memcpy(table_names[n_table_names].name, name, len + 1);
	table_names[n_table_names++].id = id;
	return 0;
}

int
fib_table_name_del(const char *name)
{
	int i = table_find(name);

	if (i < 0)
		return -ENOENT;
	table_names[i] = table_names[--n_table_names];
	return 0;
}

int
fib_table_parse(const char *s, uint32_t *id)
{
	int i = table_find(s);

	for (unsigned int k = 0; k < RTE_DIM(own_tables); k++)
		if (strcmp(own_tables[k].s, s) == 0) {
			*id = own_tables[k].v;
			return 0;
		}
	if (i >= 0) {
		*id = table_names[i].id;
		return 0;
	}
	return parse_number(s, UINT32_MAX, id) < 0 || *id == 0 ? -EINVAL : 0;
}

const char *
fib_table_name(uint32_t id)
{
	for (unsigned int i = 0; i < n_table_names; i++)
		if (table_names[i].id == id)
			return table_names[i].name;
	return name_of(own_tables, RTE_DIM(own_tables), id);
}

void
fib_table_names(void (*fn)(const char *name, uint32_t id, void *arg), void *arg)
{
	for (unsigned int i = 0; i < n_table_names; i++)
		fn(table_names[i].name, table_names[i].id, arg);
}

void
fib_names_fini(void)
{
	free(table_names);
	table_names = NULL;
	n_table_names = 0;
}
