/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/editdist.h"
#include <string.h>

#define WORD_MAX 127

static unsigned int
min3(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int m = a < b ? a : b;

	return m < c ? m : c;
}

unsigned int
edit_distance(const char *a, const char *b)
{
	size_t na = strnlen(a, WORD_MAX);
	size_t nb = strnlen(b, WORD_MAX);
	unsigned int row[WORD_MAX + 1];

	for (size_t j = 0; j <= nb; j++)
		row[j] = (unsigned int)j;
	for (size_t i = 1; i <= na; i++) {
		unsigned int diag = row[0];

		row[0] = (unsigned int)i;
		for (size_t j = 1; j <= nb; j++) {
			unsigned int up = row[j];

			row[j] = min3(up + 1, row[j - 1] + 1, diag + (a[i - 1] != b[j - 1]));
			diag = up;
		}
	}
	return row[nb];
}

int
edit_is_near(const char *word, unsigned int dist)
{
	size_t len = strlen(word);

	return dist <= 1 + len / 3 && dist < len;
}
