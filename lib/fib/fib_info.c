/* SPDX-License-Identifier: BSD-3-Clause */
/* What routes have in common, found by content: a full table through a few gateways is a few
 * infos. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "fib/fib_nexthop_priv.h"
#include "skb/skb_realm_dp.h"

struct fib_info **fib_infos;
uint32_t fib_infos_size;
const struct fib_exceptions *fib_exceptions;
static uint32_t *buckets, n_buckets, n_infos;
static uint64_t info_bytes;

#define INFOS_START 64

static uint32_t
mix(uint32_t h, uint32_t v)
{
	uint64_t z = ((uint64_t)h << 32 | v) * UINT64_C(0x9e3779b97f4a7c15);

	return (uint32_t)(z >> 32) ^ (uint32_t)z;
}

static uint32_t
content_hash(const struct fib_info *fi)
{
	uint32_t h = mix(fi->metric, fi->prefsrc);

	h = mix(h, fi->type | fi->protocol << 8 | fi->scope << 16 | (uint32_t)fi->keep << 24);
	h = mix(h, fi->metrics.value[FIB_METRIC_mtu] ^ (uint32_t)fi->n_nh << 24);
	h = mix(h, fi->obj == NULL ? 0 : fi->obj->id);
	h = mix(h, fi->tclassid);
	for (unsigned int i = 0; i < fi->n_nh; i++) {
		h = mix(h, fi->nh[i].gateway);
		h = mix(h, (uint32_t)(fi->nh[i].dev == NULL ? 0 : fi->nh[i].dev->ifindex) ^
				   (uint32_t)fi->nh[i].weight << 16);
	}
	return mix(h, 0);
}

static bool
same_content(const struct fib_info *a, const struct fib_info *b)
{
	if (a->metric != b->metric || a->prefsrc != b->prefsrc || a->type != b->type ||
	    a->protocol != b->protocol || a->scope != b->scope ||
	    memcmp(&a->metrics, &b->metrics, sizeof(a->metrics)) != 0 || a->keep != b->keep ||
	    a->tclassid != b->tclassid || a->n_nh != b->n_nh || a->obj != b->obj)
		return false;
	for (unsigned int i = 0; i < a->n_nh; i++) {
		const struct fib_nexthop *x = &a->nh[i], *y = &b->nh[i];

		if (x->dev != y->dev || x->gateway != y->gateway || x->weight != y->weight ||
		    x->tclassid != y->tclassid ||
		    (x->flags & FIB_NH_ONLINK) != (y->flags & FIB_NH_ONLINK))
			return false;
	}
	return true;
}

static size_t
info_size(unsigned int n_nh)
{
	return sizeof(struct fib_info) + n_nh * sizeof(struct fib_nexthop);
}

static void
hash_link(struct fib_info *fi)
{
	uint32_t b = fi->hash & (n_buckets - 1);

	fi->hash_next = buckets[b];
	buckets[b] = fi->idx;
}

static void
hash_unlink(struct fib_info *fi)
{
	uint32_t *link = &buckets[fi->hash & (n_buckets - 1)];

	while (*link != fi->idx)
		link = &fib_infos[*link]->hash_next;
	*link = fi->hash_next;
}

/* Twice the slots, twice the buckets. */
static int
grow(void)
{
	uint32_t size = fib_infos_size * 2, *b;
	struct fib_info **infos;

	infos = realloc(fib_infos, size * sizeof(*infos));
	if (infos == NULL)
		return -ENOMEM;
	fib_infos = infos;
	b = calloc(size, sizeof(*b));
	if (b == NULL)
		return -ENOMEM;
	free(buckets);
	buckets = b;
	n_buckets = size;
	memset(&fib_infos[fib_infos_size], 0, (size - fib_infos_size) * sizeof(*infos));
	fib_infos_size = size;
	for (uint32_t i = 1; i < size; i++)
		if (fib_infos[i] != NULL)
			hash_link(fib_infos[i]);
	return 0;
}

int
fib_info_init(void)
{
	fib_infos_size = INFOS_START;
	n_buckets = INFOS_START;
	fib_infos = calloc(fib_infos_size, sizeof(*fib_infos));
	buckets = calloc(n_buckets, sizeof(*buckets));
	n_infos = 0;
	info_bytes = 0;
	return fib_infos == NULL || buckets == NULL ? -ENOMEM : 0;
}

void
fib_info_fini(void)
{
	for (uint32_t i = 1; fib_infos != NULL && i < fib_infos_size; i++) {
		if (fib_infos[i] == NULL)
			continue;
		fib_nh_release(fib_infos[i], true);
		free(fib_live(i)->nh_realms);
		if (fib_infos[i]->realms)
			skb_realm_release();
		free(fib_infos[i]);
	}
	free(fib_infos);
	free(buckets);
	fib_infos = NULL;
	buckets = NULL;
	fib_infos_size = 0;
}

/* --- what workers read of it --- */

static bool
has_realms(const struct fib_info *fi)
{
	for (unsigned int i = 0; i < fi->n_nh; i++)
		if (fi->nh[i].tclassid != 0)
			return true;
	return fi->tclassid != 0;
}

/* 0, or -ENOMEM. */
static int
list_realms(const struct fib_info *fi, struct fib_nh_realms **list)
{
	struct fib_nh_realms *r;
	bool differ = false;

	*list = NULL;
	for (unsigned int i = 1; i < fi->n_nh; i++)
		differ = differ || fi->nh[i].tclassid != fi->nh[0].tclassid;
	if (!differ)
		return 0;
	r = malloc(sizeof(*r) + fi->n_nh * sizeof(r->nh[0]));
	if (r == NULL)
		return -ENOMEM;
	r->n = fi->n_nh;
	for (unsigned int i = 0; i < r->n; i++) {
		r->nh[i].dev = fi->nh[i].dev;
		r->nh[i].gateway = fi->nh[i].gateway;
		r->nh[i].tclassid = fi->nh[i].tclassid;
	}
	*list = r;
	return 0;
}

static void
free_realms(struct rcu_head *head)
{
	free(container_of(head, struct fib_nh_realms, rcu));
}

/* An element that no worker knows yet. 0 or -ENOMEM. */
static CTL_ONLY int
live_new(struct fib_info *fi)
{
	struct fib_live *live;

	fi->idx = fib_arena_get(&fib_ctl.live);
	live = fib_live(fi->idx);
	/* What the kernel prefers by itself is what inet_select_addr() finds, which also knows what
	 * is deprecated. */
	live->prefsrc = fi->protocol == FIB_PROT_KERNEL ? 0 : fi->prefsrc;
	live->tclassid = fi->tclassid;
	return list_realms(fi, &live->nh_realms);
}

static CTL_ONLY struct fib_info *
info_new(const struct fib_info *want, uint32_t hash, int *err)
{
	struct fib_info *fi;

	*err = -ENOMEM;
	if (fib_arena_reserve(&fib_ctl.live, 1) < 0)
		return NULL;
	fi = malloc(info_size(want->n_nh));
	if (fi == NULL)
		return NULL;
	memcpy(fi, want, info_size(want->n_nh));
	fi->refcnt = 1;
	fi->hash = hash;
	fi->group = NULL;
	fi->narrow = ADJ_IDX_NO_ROUTE;
	fi->dead = fi->changed = fi->kill = false;
	fi->cover.plen = FIB_COVER_NONE;
	fi->leaf = ADJ_IDX_NO_ROUTE;
	if (live_new(fi) == 0 && (fi->idx < fib_infos_size || grow() == 0))
		*err = fib_nh_activate(fi);
	if (*err < 0) {
		fib_nh_release(fi, true);
		free(fib_live(fi->idx)->nh_realms);
		fib_arena_put(&fib_ctl.live, fi->idx);
		free(fi);
		return NULL;
	}
	fi->changed = false;
	fi->realms = has_realms(fi);
	if (fi->realms)
		skb_realm_hold();
	if (fi->obj != NULL)
		fib_nhobj_link(fi);
	fib_infos[fi->idx] = fi;
	n_infos++;
	info_bytes += info_size(fi->n_nh);
	hash_link(fi);
	return fi;
}

struct fib_info *
fib_info_get(const struct fib_info *want, int *err)
{
	uint32_t hash = content_hash(want);

	for (uint32_t i = buckets[hash & (n_buckets - 1)]; i != 0; i = fib_infos[i]->hash_next) {
		if (fib_infos[i]->hash != hash || !same_content(fib_infos[i], want))
			continue;
		fib_infos[i]->refcnt++;
		return fib_infos[i];
	}
	return info_new(want, hash, err);
}

void
fib_info_put(struct fib_info *fi)
{
	if (--fi->refcnt > 0)
		return;
	hash_unlink(fi);
	if (fi->obj != NULL)
		fib_nhobj_unlink(fi);
	if (fi->realms)
		skb_realm_release();
	if (fib_live(fi->idx)->nh_realms != NULL)
		rcu_defer(&fib_live(fi->idx)->nh_realms->rcu, free_realms);
	fib_infos[fi->idx] = NULL;
	fib_arena_retire(&fib_ctl.live, fi->idx);
	n_infos--;
	info_bytes -= info_size(fi->n_nh);
	fib_nh_release(fi, true);
	free(fi);
}

void
fib_info_rehash(struct fib_info *fi)
{
	hash_unlink(fi);
	fi->hash = content_hash(fi);
	hash_link(fi);
}

bool
fib_is_gateway(rte_be32_t gw, const struct net_device *dev)
{
	for (uint32_t i = 1; i < fib_infos_size; i++) {
		const struct fib_info *fi = fib_infos[i];

		const struct fib_nexthop *nh;
		unsigned int n = fi == NULL ? 0 : fib_info_ways(fi, &nh);

		for (unsigned int k = 0; k < n; k++)
			if (nh[k].gateway == gw && nh[k].dev == dev && fib_nh_live(&nh[k]))
				return true;
	}
	return false;
}

uint64_t
fib_info_bytes(void)
{
	return info_bytes + (uint64_t)fib_infos_size * sizeof(*fib_infos) +
	       (uint64_t)n_buckets * sizeof(*buckets);
}
