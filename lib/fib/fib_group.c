/* SPDX-License-Identifier: BSD-3-Clause */
/* Several ways as one adjacency: buckets by weight, published and retired. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "fib/fib_nexthop_priv.h"

static unsigned int
gcd(unsigned int a, unsigned int b)
{
	while (b != 0) {
		unsigned int r = a % b;

		a = b;
		b = r;
	}
	return a;
}

/* Largest remainder: each member its rounded-down share, the rest by the largest fractions. */
static void
shares(const uint16_t *weight, unsigned int n, uint32_t total, unsigned int size, uint16_t *got)
{
	uint32_t rest[FIB_NEXTHOPS_MAX];
	unsigned int left = size;

	for (unsigned int i = 0; i < n; i++) {
		got[i] = (uint64_t)size * weight[i] / total;
		rest[i] = (uint64_t)size * weight[i] % total;
		left -= got[i];
	}
	for (; left > 0; left--) {
		unsigned int best = 0;

		for (unsigned int i = 1; i < n; i++)
			if (rest[i] > rest[best])
				best = i;
		got[best]++;
		rest[best] = 0;
	}
	/* Nobody is left out: who has most gives one. */
	for (unsigned int i = 0; i < n; i++) {
		unsigned int most = 0;

		for (unsigned int k = 1; k < n; k++)
			if (got[k] > got[most])
				most = k;
		if (got[i] > 0)
			continue;
		got[i]++;
		got[most]--;
	}
}

unsigned int
fib_nh_buckets(const uint16_t *weight, unsigned int n, uint8_t bucket[FIB_BUCKETS_MAX])
{
	unsigned int common = 0, size, pos = 0;
	uint16_t got[FIB_NEXTHOPS_MAX];
	uint32_t total = 0;

	RTE_BUILD_BUG_ON(FIB_NEXTHOPS_MAX > UINT8_MAX + 1);
	for (unsigned int i = 0; i < n; i++) {
		total += weight[i];
		common = gcd(weight[i], common);
	}
	size = RTE_MIN(total / common, (uint32_t)FIB_BUCKETS_MAX);
	shares(weight, n, total, size, got);
	for (unsigned int i = 0; i < n; i++)
		for (unsigned int k = 0; k < got[i]; k++)
			bucket[pos++] = i;
	return size;
}

static void
group_free(struct rcu_head *head)
{
	free(container_of(head, struct fib_group, rcu));
}

struct fib_group *
fib_group_alloc(unsigned int n_buckets, unsigned int n_member)
{
	struct fib_group *g = malloc(sizeof(*g) + (n_buckets + n_member) * sizeof(g->idx[0]));

	if (g == NULL)
		return NULL;
	g->n_buckets = (uint16_t)n_buckets;
	g->n_member = (uint16_t)n_member;
	return g;
}

/* Do its buckets say the same? A neighbour that answers again and was no other before. */
static CTL_ONLY bool
says_the_same(const struct fib_group *g, const struct adj *a)
{
	return a->type == ADJ_GROUP && a->n_group == g->n_buckets && a->n_member == g->n_member &&
	       memcmp(a->group, g->idx, (g->n_buckets + g->n_member) * sizeof(g->idx[0])) == 0;
}

int
fib_group_show(struct fib_group *g, uint32_t *slot, uint32_t *bucket_used)
{
	struct adj tmpl = { .type = ADJ_GROUP,
			    .n_group = g->n_buckets,
			    .group = g->idx,
			    .member = g->idx + g->n_buckets,
			    .n_member = g->n_member,
			    .bucket_used = bucket_used };
	int64_t rc;

	if (*slot != ADJ_IDX_NO_ROUTE) {
		bool same = says_the_same(g, adj_get(*slot));

		rc = adj_publish(*slot, &tmpl);
		if (rc == 0 && !same)
			fib_genid_bump();
		return (int)rc;
	}
	rc = adj_alloc(&tmpl);
	if (rc < 0)
		return (int)rc;
	*slot = (uint32_t)rc;
	return 0;
}

void
fib_group_retire(struct fib_group *g)
{
	if (g != NULL)
		rcu_defer(&g->rcu, group_free);
}

int
fib_group_publish(struct fib_group **group, uint32_t *slot, const struct fib_hop *hop,
		  unsigned int n)
{
	uint16_t weight[FIB_NEXTHOPS_MAX];
	uint8_t bucket[FIB_BUCKETS_MAX];
	unsigned int n_buckets;
	struct fib_group *g;
	int rc;

	for (unsigned int i = 0; i < n; i++)
		weight[i] = hop[i].weight;
	n_buckets = fib_nh_buckets(weight, n, bucket);
	g = fib_group_alloc(n_buckets, n);
	if (g == NULL)
		return -ENOMEM;
	for (unsigned int i = 0; i < n_buckets; i++)
		g->idx[i] = hop[bucket[i]].adj;
	for (unsigned int i = 0; i < n; i++)
		g->idx[n_buckets + i] = hop[i].adj;
	rc = fib_group_show(g, slot, NULL);
	if (rc < 0) {
		free(g);
		return rc;
	}
	fib_group_retire(*group);
	*group = g;
	return 0;
}

void
fib_group_release(struct fib_group **g, uint32_t slot)
{
	adj_release(slot);
	fib_group_retire(*g);
	*g = NULL;
}
