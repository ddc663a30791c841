/* SPDX-License-Identifier: BSD-3-Clause */
/* What a document says about next hops, for checking it before anything runs. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <rte_common.h>
#include "fib/fib_cfg.h"

bool
fib_doc_table(const struct cfg *doc, const char *name, uint32_t *id)
{
	const json_t *v = json_object_get(json_object_get(doc->node, "tables"), name);

	role_enter_ctl();
	if (json_is_integer(v)) {
		*id = (uint32_t)json_integer_value(v);
		return true;
	}
	return fib_table_parse(name, id) == 0;
}

static uint32_t
mask_of(unsigned int plen)
{
	return plen == 0 ? 0 : UINT32_MAX << (32 - plen);
}

/* "192.0.2.1/24", "192.0.2.1", "default"; addr in host order. */
static bool
parse_prefix(const char *text, uint32_t *addr, unsigned int *plen)
{
	char host[INET_ADDRSTRLEN];
	struct in_addr a = { 0 };
	size_t n;

	*plen = 0;
	*addr = 0;
	if (text == NULL || strcmp(text, "default") == 0)
		return text != NULL;
	n = strcspn(text, "/");
	snprintf(host, sizeof(host), "%.*s", (int)RTE_MIN(n, sizeof(host) - 1), text);
	*plen = text[n] == '/' ? (unsigned int)atoi(text + n + 1) : 32;
	if (inet_pton(AF_INET, host, &a) != 1 || *plen > 32)
		return false;
	*addr = rte_be_to_cpu_32(a.s_addr);
	return true;
}

static void
net_key(char *key, size_t len, uint32_t table, uint32_t addr, unsigned int plen)
{
	snprintf(key, len, "%u %08x/%u", table, addr & mask_of(plen), plen);
}

static void
add_net(struct fib_doc *d, uint32_t table, const char *prefix, const char *dev)
{
	unsigned int plen;
	uint32_t addr;
	char key[32];
	json_t *devs;

	if (!parse_prefix(prefix, &addr, &plen))
		return;
	net_key(key, sizeof(key), table, addr, plen);
	devs = json_object_get(d->nets, key);
	if (devs == NULL) {
		devs = json_object();
		json_object_set_new(d->nets, key, devs);
	}
	json_object_set_new(devs, dev, json_true());
	d->plens |= UINT64_C(1) << plen;
}

static void
add_address(struct fib_doc *d, const char *dev, const json_t *v)
{
	const char *text = json_string_value(json_is_object(v) ? json_object_get(v, "local") : v);
	const char *peer = json_string_value(json_object_get(v, "peer"));
	unsigned int plen;
	uint32_t addr;
	char key[16];

	add_net(d, RT_TABLE_MAIN, peer != NULL ? peer : text, dev);
	if (!parse_prefix(text, &addr, &plen))
		return;
	snprintf(key, sizeof(key), "%08x", addr);
	json_object_set_new(d->own, key, json_true());
}

/* A route without a gateway says that its destinations are on the link. */
static void
add_link_route(struct fib_doc *d, const json_t *v)
{
	const json_t *table = json_object_get(v, "table");
	const char *dev = json_string_value(json_object_get(v, "dev"));
	const char *type = json_string_value(json_object_get(v, "type"));
	uint32_t id = RT_TABLE_MAIN;

	if (dev == NULL || json_object_get(v, "gateway") != NULL ||
	    (type != NULL && strcmp(type, "unicast") != 0))
		return;
	if (json_is_integer(table))
		id = (uint32_t)json_integer_value(table);
	else if (json_is_string(table) && !fib_doc_table(d->doc, json_string_value(table), &id))
		return;
	add_net(d, id, json_string_value(json_object_get(v, "dst")), dev);
}

void
fib_doc_build(struct fib_doc *d, const struct cfg *doc)
{
	const json_t *list;
	const char *dev;
	json_t *all, *v;
	char id[24];
	size_t i;

	*d = (struct fib_doc){
		.doc = doc, .nets = json_object(), .own = json_object(), .nhids = json_object()
	};
	json_array_foreach(json_object_get(doc->node, "nexthops"), i, v) {
		snprintf(id, sizeof(id), "%lld",
			 (long long)json_integer_value(json_object_get(v, "id")));
		json_object_set_new(d->nhids, id, json_true());
	}
	all = json_object_get(doc->node, "addresses");
	json_object_foreach(all, dev, list)
		json_array_foreach((json_t *)(uintptr_t)list, i, v)
			add_address(d, dev, v);
	json_array_foreach(json_object_get(doc->node, "routes"), i, v)
		add_link_route(d, v);
}

void
fib_doc_free(struct fib_doc *d)
{
	json_decref(d->nets);
	json_decref(d->own);
	json_decref(d->nhids);
}

static bool
is_on_link(const struct fib_doc *d, uint32_t table, uint32_t addr, const char *dev)
{
	for (unsigned int plen = 0; plen <= 32; plen++) {
		const json_t *devs;
		char key[32];

		if (!(d->plens >> plen & 1))
			continue;
		net_key(key, sizeof(key), table, addr, plen);
		devs = json_object_get(d->nets, key);
		if (devs != NULL && (dev == NULL || json_object_get(devs, dev) != NULL))
			return true;
	}
	return false;
}

bool
fib_doc_is_own(const struct fib_doc *d, rte_be32_t addr)
{
	char key[16];

	snprintf(key, sizeof(key), "%08x", rte_be_to_cpu_32(addr));
	return json_object_get(d->own, key) != NULL;
}

bool
fib_doc_has_nhid(const struct fib_doc *d, uint32_t id)
{
	char key[24];

	snprintf(key, sizeof(key), "%u", id);
	return json_object_get(d->nhids, key) != NULL;
}

const char *
fib_doc_refuse(const struct fib_doc *d, uint32_t table, rte_be32_t gateway, const char *dev)
{
	uint32_t addr = rte_be_to_cpu_32(gateway);
	static char text[128];
	char ip[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &gateway, ip, sizeof(ip));
	if (addr >> 24 == 0 || addr >> 24 == 127 || addr >> 29 == 7)
		snprintf(text, sizeof(text), "expected a unicast address, found %s", ip);
	else if (fib_doc_is_own(d, gateway))
		snprintf(text, sizeof(text), "%s is an address of the router itself", ip);
	else if (is_on_link(d, table, addr, dev) || is_on_link(d, RT_TABLE_MAIN, addr, dev))
		return NULL;
	else
		snprintf(text, sizeof(text),
			 "%s is on no subnet of %s%s%s in \"addresses\", and not \"onlink\"", ip,
			 dev != NULL ? "\"" : "an interface", dev != NULL ? dev : "",
			 dev != NULL ? "\"" : "");
	return text;
}

/* --- routes seen --- */

struct fib_seen_route {
	uint32_t table, dst, metric, number;
	uint8_t plen, tos;
};

static uint32_t
place(const struct fib_seen *s, const struct fib_seen_route *r)
{
	uint64_t h = ((uint64_t)r->dst << 32 | r->metric) * UINT64_C(0x9e3779b97f4a7c15);

	h ^= ((uint64_t)r->table << 16 | (uint64_t)r->plen << 8 | r->tos) *
	     UINT64_C(0xc2b2ae3d27d4eb4f);
	h ^= h >> 29;
	for (uint32_t i = (uint32_t)(h * UINT64_C(0x9e3779b97f4a7c15) >> 32);; i++) {
		const struct fib_seen_route *at = &s->slot[i & (s->size - 1)];

		if (at->number == 0 ||
		    (at->table == r->table && at->dst == r->dst && at->metric == r->metric &&
		     at->plen == r->plen && at->tos == r->tos))
			return i & (s->size - 1);
	}
}

static bool
grow(struct fib_seen *s)
{
	struct fib_seen bigger = { .size = s->size > 0 ? s->size * 2 : 64, .n = s->n };

	bigger.slot = calloc(bigger.size, sizeof(*bigger.slot));
	if (bigger.slot == NULL)
		return false;
	for (uint32_t i = 0; i < s->size; i++)
		if (s->slot[i].number != 0)
			bigger.slot[place(&bigger, &s->slot[i])] = s->slot[i];
	free(s->slot);
	*s = bigger;
	return true;
}

uint32_t
fib_seen_before(struct fib_seen *s, const struct fib_route_spec *r, uint32_t number)
{
	struct fib_seen_route want = { .table = r->table,
				       .dst = r->dst,
				       .metric = r->metric,
				       .number = number,
				       .plen = r->plen,
				       .tos = r->tos };
	struct fib_seen_route *at;

	if (s->n * 2 >= s->size && !grow(s))
		return 0;
	at = &s->slot[place(s, &want)];
	if (at->number != 0)
		return at->number;
	*at = want;
	s->n++;
	return 0;
}

void
fib_seen_free(struct fib_seen *s)
{
	free(s->slot);
	*s = (struct fib_seen){ 0 };
}
