/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctl/strbuf.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool
reserve(struct strbuf *b, size_t more)
{
	size_t cap = b->cap > 0 ? b->cap : 128;
	char *p;

	if (b->failed)
		return false;
	if (b->len + more + 1 <= b->cap)
		return true;
	while (cap < b->len + more + 1)
		cap *= 2;
	p = realloc(b->s, cap);
	if (p == NULL) {
		b->failed = true;
		return false;
	}
	b->s = p;
	b->cap = cap;
	return true;
}

void
strbuf_add(struct strbuf *b, const char *data, size_t len)
{
	if (!reserve(b, len))
		return;
	memcpy(b->s + b->len, data, len);
	b->len += len;
	b->s[b->len] = '\0';
}

void
strbuf_puts(struct strbuf *b, const char *s)
{
	strbuf_add(b, s, strlen(s));
}

void
strbuf_vprintf(struct strbuf *b, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	if (n >= 0 && reserve(b, (size_t)n)) {
		vsnprintf(b->s + b->len, (size_t)n + 1, fmt, again);
		b->len += (size_t)n;
	}
	va_end(again);
}

void
strbuf_printf(struct strbuf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strbuf_vprintf(b, fmt, ap);
	va_end(ap);
}

/* How many bytes the UTF-8 character at @p s has (RFC 3629, 3); 0 when it is none. */
static size_t
utf8_len(const unsigned char *s, size_t left)
{
	size_t n = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

	if (n > left || s[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

void
strbuf_plain(struct strbuf *b, const char *s, size_t len, const char *keep)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t n;

	for (size_t i = 0; i < len; i += n) {
		n = utf8_len(p + i, len - i);
		if (n == 0) {
			n = 1;
			strbuf_printf(b, "\\x%02x", p[i]);
		} else if (n == 2 && p[i] == 0xc2 && p[i + 1] < 0xa0) {
			strbuf_printf(b, "\\u%04x", p[i + 1]);
		} else if ((p[i] < 0x20 || p[i] == 0x7f) &&
			   (keep == NULL || p[i] == '\0' || strchr(keep, p[i]) == NULL)) {
			strbuf_printf(b, "\\u%04x", p[i]);
		} else {
			strbuf_add(b, s + i, n);
		}
	}
}

const char *
strbuf_str(const struct strbuf *b)
{
	return b->s != NULL ? b->s : "";
}

char *
strbuf_steal(struct strbuf *b)
{
	char *s = b->s != NULL ? b->s : strdup("");

	*b = (struct strbuf){ 0 };
	return s;
}

void
strbuf_consume(struct strbuf *b, size_t n)
{
	if (n >= b->len) {
		b->len = 0;
		if (b->s != NULL)
			b->s[0] = '\0';
		return;
	}
	memmove(b->s, b->s + n, b->len - n + 1);
	b->len -= n;
}

void
strbuf_free(struct strbuf *b)
{
	free(b->s);
	*b = (struct strbuf){ 0 };
}
