/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CTL_STRBUF_H
#define CTL_STRBUF_H
/**
 * @file
 * A string that grows. When memory runs out it stops growing and remembers that.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct strbuf {
	char *s; /* NUL terminated, or NULL while empty */
	size_t len;
	size_t cap;
	bool failed;
};

void strbuf_add(struct strbuf *b, const char *data, size_t len);
void strbuf_puts(struct strbuf *b, const char *s);
void strbuf_printf(struct strbuf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/** Append text for people to read: control characters (a terminal would obey them) become \u001b
 * and the like, bytes that are no UTF-8 \x9b. What is in @p keep stays as it is; NULL: nothing. */
void strbuf_plain(struct strbuf *b, const char *s, size_t len, const char *keep);
void strbuf_vprintf(struct strbuf *b, const char *fmt, va_list ap);
/** The text so far, "" when there is none; stays the buffer's. */
const char *strbuf_str(const struct strbuf *b);
/** Hand the text over (malloc'ed, never NULL unless out of memory) and start empty. */
char *strbuf_steal(struct strbuf *b);
/** Drop the first @p n bytes. */
void strbuf_consume(struct strbuf *b, size_t n);
void strbuf_free(struct strbuf *b);
#endif
