/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/explain.h"
#include <stdarg.h>
#include <stdio.h>

#define TEXT_MAX 256

void
explain_note(const struct worker *w, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	w->explain->note(w->explain, w, text);
}
