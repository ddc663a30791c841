/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/held.h"
#include <errno.h>

#define HELD_MAX 16

static struct {
	const char *name;
	unsigned int (*fn)(void);
} gauges[HELD_MAX];
static unsigned int n_gauges;

int
held_register(const char *name, unsigned int (*fn)(void))
{
	if (n_gauges == HELD_MAX)
		return -ENOSPC;
	gauges[n_gauges].name = name;
	gauges[n_gauges++].fn = fn;
	return 0;
}

unsigned int
held_total(void)
{
	unsigned int sum = 0;

	for (unsigned int i = 0; i < n_gauges; i++)
		sum += gauges[i].fn();
	return sum;
}

void
held_walk(void (*fn)(const char *name, unsigned int held, void *arg), void *arg)
{
	for (unsigned int i = 0; i < n_gauges; i++)
		fn(gauges[i].name, gauges[i].fn(), arg);
}

void
held_fini(void)
{
	n_gauges = 0;
}
