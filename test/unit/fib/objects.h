/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TEST_FIB_OBJECTS_H
#define TEST_FIB_OBJECTS_H
/** @file Next hop objects in words, and what buckets of groups lead to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "fib/fib_nexthop_priv.h"
#include "fake.h"

#define P0	 (&fake_dev[0])
#define P1	 (&fake_dev[1])
#define P2	 (&fake_dev[2])
#define GLEAN(d) ((uint32_t)neigh_glean_adj(d))

static const char *why;

static inline int
setup(void **state)
{
	role_enter_ctl();
	fake_setup(state);
	fake_addr_add(P2, "10.0.2.1", 24, NULL, false);
	return 0;
}

static inline void
parse_group(struct fib_nhobj_spec *s, char *text)
{
	char *save = NULL;

	for (char *w = strtok_r(text, "/", &save); w != NULL; w = strtok_r(NULL, "/", &save)) {
		char *comma = strchr(w, ',');

		s->member[s->n_member].id = strtoul(w, NULL, 10);
		s->member[s->n_member++].weight = comma != NULL ? atoi(comma + 1) : 1;
	}
}

/* "ID [via A] [dev D] [onlink] [blackhole] [group G] [buckets N] [idle N] [unbalanced N] [keep]".
 */
static inline CTL_ONLY int
object(const char *text, bool replace)
{
	struct fib_nhobj_spec s = { 0 };
	char buf[512], *save = NULL, *w;

	snprintf(buf, sizeof(buf), "%s", text);
	s.id = strtoul(strtok_r(buf, " ", &save), NULL, 10);
	while ((w = strtok_r(NULL, " ", &save)) != NULL) {
		s.blackhole |= strcmp(w, "blackhole") == 0;
		s.way.onlink |= strcmp(w, "onlink") == 0;
		s.keep |= strcmp(w, "keep") == 0;
		s.resilient |= strcmp(w, "resilient") == 0;
		if (strcmp(w, "via") == 0)
			s.way.gateway = ip(strtok_r(NULL, " ", &save));
		else if (strcmp(w, "dev") == 0)
			s.way.dev = dev_get_by_name(strtok_r(NULL, " ", &save));
		else if (strcmp(w, "group") == 0)
			parse_group(&s, strtok_r(NULL, " ", &save));
		else if (strcmp(w, "buckets") == 0)
			s.buckets = atoi(strtok_r(NULL, " ", &save)), s.buckets_set = true;
		else if (strcmp(w, "idle") == 0)
			s.idle_s = atoi(strtok_r(NULL, " ", &save)), s.idle_set = true;
		else if (strcmp(w, "unbalanced") == 0)
			s.unbalanced_s = atoi(strtok_r(NULL, " ", &save)), s.unbalanced_set = true;
	}
	return fib_nhobj_add(&s, replace, &why);
}

static inline CTL_ONLY void
obj(const char *text)
{
	int rc = object(text, false);

	if (rc != 0)
		fail_msg("%s: %d %s", text, rc, why);
}

static inline CTL_ONLY void
replace(const char *text)
{
	int rc = object(text, true);

	if (rc != 0)
		fail_msg("%s: %d %s", text, rc, why);
}

static inline const struct adj *
group_of(const char *dst)
{
	const struct adj *a = fake_adj(leaf(dst));

	assert_non_null(a);
	assert_int_equal(a->type, ADJ_GROUP);
	return a;
}

/* How many in a thousand buckets lead by this slot. */
static inline unsigned int
share_of_slot(const char *dst, uint32_t slot)
{
	const struct adj *a = group_of(dst);
	unsigned int n = 0;

	for (unsigned int i = 0; i < a->n_group; i++)
		n += a->group[i] == slot;
	return n * 1000 / a->n_group;
}

/* By this object's. */
static inline CTL_ONLY unsigned int
share(const char *dst, uint32_t id)
{
	return share_of_slot(dst, fib_nhobj_find(id)->slot);
}

#endif
