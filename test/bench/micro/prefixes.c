/* SPDX-License-Identifier: BSD-3-Clause */
#include "prefixes.h"
#include <stdio.h>
#include <stdlib.h>

struct prefix *prefixes;
uint32_t n_prefixes;

int
prefixes_read(const char *path)
{
	FILE *f = fopen(path, "r");
	unsigned int a, b, c, d, plen;
	uint32_t max = 0;

	while (f != NULL && fscanf(f, "%u.%u.%u.%u/%u", &a, &b, &c, &d, &plen) == 5) {
		if (n_prefixes == max) {
			max = max != 0 ? 2 * max : 4096;
			prefixes = realloc(prefixes, max * sizeof(*prefixes));
			if (prefixes == NULL)
				return -1;
		}
		prefixes[n_prefixes++] = (struct prefix){ a << 24 | b << 16 | c << 8 | d, plen };
	}
	if (f != NULL)
		fclose(f);
	return n_prefixes > 0 ? 0 : -1;
}

uint64_t
rnd(void)
{
	static uint64_t x = 88172645463325252u;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

void
prefixes_shuffle(void)
{
	for (uint32_t i = n_prefixes - 1; i > 0; i--) {
		uint32_t k = (uint32_t)(rnd() % (i + 1));
		struct prefix tmp = prefixes[i];

		prefixes[i] = prefixes[k];
		prefixes[k] = tmp;
	}
}
