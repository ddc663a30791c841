/* SPDX-License-Identifier: BSD-3-Clause */
/* A line into words, and the memory that one match lives in. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "ctl/cli_priv.h"

#define WORDS_MAX  4096
#define CHUNK_SIZE 4096

struct cli_chunk {
	struct cli_chunk *next;
	size_t used, size;
	char data[] __attribute__((aligned(16)));
};

void *
arena_alloc(struct cli_arena *a, size_t size)
{
	struct cli_chunk *k = a->chunks;
	void *p;

	size = (size + 15) & ~(size_t)15;
	if (k == NULL || k->size - k->used < size) {
		size_t room = size > CHUNK_SIZE ? size : CHUNK_SIZE;

		k = malloc(sizeof(*k) + room);
		if (k == NULL)
			return NULL;
		k->used = 0;
		k->size = room;
		k->next = a->chunks;
		a->chunks = k;
	}
	p = k->data + k->used;
	k->used += size;
	memset(p, 0, size);
	return p;
}

char *
arena_strdup(struct cli_arena *a, const char *s)
{
	size_t len = strlen(s) + 1;
	char *p = arena_alloc(a, len);

	if (p != NULL)
		memcpy(p, s, len);
	return p;
}

void
arena_free(struct cli_arena *a)
{
	while (a->chunks != NULL) {
		struct cli_chunk *k = a->chunks;

		a->chunks = k->next;
		free(k);
	}
}

static int
add_word(struct cli_words *ws, struct cli_word w)
{
	struct cli_word *p;

	if (ws->n == WORDS_MAX)
		return -E2BIG;
	if ((ws->n & (ws->n - 1)) == 0) {
		p = realloc(ws->w, (ws->n > 0 ? ws->n * 2 : 8) * sizeof(*p));
		if (p == NULL)
			return -ENOMEM;
		ws->w = p;
	}
	ws->w[ws->n++] = w;
	return 0;
}

int
cli_split(struct cli_words *ws, const char *line)
{
	const char *p = line;
	char *to;
	int rc = 0;

	*ws = (struct cli_words){ .line = line, .copy = malloc(strlen(line) + 2) };
	if (ws->copy == NULL)
		return -ENOMEM;
	to = ws->copy;
	while (rc == 0) {
		struct cli_word w = { 0 };
		bool in_quotes = false;

		while (isspace((unsigned char)*p))
			p++;
		if (*p == '\0' || *p == '#')
			break;
		w.text = to;
		w.start = (size_t)(p - line);
		for (; *p != '\0' && (in_quotes || !isspace((unsigned char)*p)); p++) {
			if (*p == '"') {
				in_quotes = !in_quotes;
				w.quoted = true;
				continue;
			}
			if (in_quotes && *p == '\\' && (p[1] == '"' || p[1] == '\\'))
				p++;
			*to++ = *p;
		}
		*to++ = '\0';
		ws->open_quote = in_quotes;
		ws->ends_in_word = *p == '\0';
		rc = add_word(ws, w);
	}
	return rc;
}

void
cli_words_free(struct cli_words *ws)
{
	free(ws->w);
	free(ws->copy);
	*ws = (struct cli_words){ 0 };
}
