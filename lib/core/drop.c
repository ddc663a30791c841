/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/drop.h"
#include <errno.h>
#include <string.h>

static const char *const names[] = {
#define X(id, module, text) #id,
	DROP_REASONS(X)
#undef X
};
static const char *const modules[] = {
#define X(id, module, text) module,
	DROP_REASONS(X)
#undef X
};
static const char *const texts[] = {
#define X(id, module, text) text,
	DROP_REASONS(X)
#undef X
};
_Static_assert(RTE_DIM(names) == DROP_MAX, "one name for each reason");

static char lower[DROP_MAX][40];
static const char *lower_ptr[DROP_MAX];
struct counter_block drop_counters = { .name = "drops", .names = lower_ptr, .n = DROP_MAX };

int
drop_init(void)
{
	for (unsigned int r = 0; r < DROP_MAX; r++) {
		size_t i = 0;

		for (; names[r][i] != '\0' && i < sizeof(lower[r]) - 1; i++)
			lower[r][i] = (char)(names[r][i] >= 'A' && names[r][i] <= 'Z'
						     ? names[r][i] + ('a' - 'A')
						     : names[r][i]);
		lower[r][i] = '\0';
		lower_ptr[r] = lower[r];
	}
	return counter_register(&drop_counters);
}

const char *
drop_name(enum drop_reason r)
{
	return r < DROP_MAX ? lower[r] : "unknown";
}

const char *
drop_module(enum drop_reason r)
{
	return r < DROP_MAX ? modules[r] : "unknown";
}

const char *
drop_text(enum drop_reason r)
{
	return r < DROP_MAX ? texts[r] : "unknown";
}

int
drop_find(const char *name)
{
	for (unsigned int r = 0; r < DROP_MAX; r++)
		if (strcmp(lower[r], name) == 0)
			return (int)r;
	return -ENOENT;
}
