/* SPDX-License-Identifier: BSD-3-Clause */
/* ip neigh (show|get|add|replace|change|del|flush), as iproute2 6.1. */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <rte_byteorder.h>
#include <rte_common.h>
#include "core/rtproto.h"
#include "ctl/cli.h"
#include "netdev/netdev.h"
#include "neigh/neigh.h"
#include "neigh/neigh_cli.h"

#define SLICE	    1000  /* rows handed out at a time */
#define STATES_NONE 0x100 /* NUD_NONE in a set of states */
#define STATES_ALL  0x1ff

/* What `show` and `flush` are about. */
struct filter {
	struct net_device *dev; /* NULL: all */
	rte_be32_t addr, mask;
	unsigned int states;
	bool unused; /* only what no route uses */
	struct neigh_owner owner;
};

const struct neigh_mark neigh_marks[3] = {
	{ "router", NTF_ROUTER },
	{ "managed", NTF_MANAGED },
	{ "extern_learn", NTF_EXT_LEARNED },
};

static struct net_device *
arg_dev(struct cli_ctx *c) CTL_ONLY
{
	const char *name = cli_arg_dev(c, "DEV");

	return name != NULL ? dev_get_by_name(name) : NULL;
}

/* A state as iproute2 spells it: three may be abbreviated, a number has one bit at most. */
static int
state_of(const char *word)
{
	static const char *const abbreviated[] = { "permanent", "reachable", "failed" };
	unsigned long n;
	char *end;

	for (size_t i = 0; i < RTE_DIM(abbreviated); i++)
		if (strncasecmp(abbreviated[i], word, strlen(word)) == 0)
			return nud_state_parse(abbreviated[i]);
	n = strtoul(word, &end, 0);
	if (!isdigit((unsigned char)word[0]) || *end != '\0')
		return nud_state_parse(word);
	return n <= UINT8_MAX && (n & (n - 1)) == 0 ? (int)n : -EINVAL;
}

/* One state's bit, STATES_ALL for "all", or a negative errno, told. */
static int
parse_state(struct cli_ctx *c, const char *word)
{
	int state = state_of(word);

	if (strcasecmp(word, "all") == 0)
		return STATES_ALL;
	if (state < 0)
		return cli_error_at(c, -EINVAL, word,
				    "\"%s\": expected permanent, noarp, reachable, stale, none, "
				    "incomplete, delay, probe, failed or all",
				    word);
	return state == NUD_NONE ? STATES_NONE : state;
}

/* Every "nud STATE" there is; none: @p absent. */
static int
arg_states(struct cli_ctx *c, unsigned int absent, unsigned int *states)
{
	*states = cli_count(c, "nud") > 0 ? 0 : absent;
	for (unsigned int i = 0; i < cli_count(c, "nud"); i++) {
		int bits = parse_state(c, cli_arg_str(cli_group(c, "nud", i), "STATE"));

		if (bits < 0)
			return bits;
		*states |= (unsigned int)bits;
	}
	return 0;
}

int
neigh_arg_protocol(struct cli_ctx *c)
{
	const char *word = cli_arg_str(c, "PROTO");
	int v = word != NULL ? rtproto_parse(word) : -1;

	if (word != NULL && v < 0)
		return cli_error_at(c, -EINVAL, word,
				    "\"%s\": expected a routing protocol, or 0 to 255", word);
	return v;
}

int
neigh_arg_owner(struct cli_ctx *c, struct neigh_owner *o)
{
	const char *vrf = cli_arg_str(c, "VRF"), *protocol = cli_arg_str(c, "PROTO");

	*o = (struct neigh_owner){ .nomaster = cli_has(c, "nomaster"), .protocol = -1 };
	if (protocol != NULL && strcmp(protocol, "all") != 0)
		o->protocol = neigh_arg_protocol(c);
	if (cli_arg_dev(c, "MASTER") != NULL)
		o->master = dev_get_by_name(cli_arg_dev(c, "MASTER"));
	if (vrf != NULL) /* no device is one */
		return cli_error_at(c, -EINVAL, vrf, "\"%s\": Not a valid VRF name", vrf);
	return o->protocol == -EINVAL ? -EINVAL : 0;
}

bool
neigh_is_owned(const struct neigh_owner *o, const struct net_device *dev, uint8_t protocol)
{
	const struct net_device *master = dev != NULL ? dev->ctl->master : NULL;

	return !(o->nomaster && master != NULL) && (o->master == NULL || master == o->master) &&
	       (o->protocol < 0 || protocol == o->protocol);
}

/* The entry, or NULL: nobody has entered or learned it. */
static struct neighbour *
find(rte_be32_t dst, const struct net_device *dev) CTL_ONLY
{
	struct neighbour *n = neigh_lookup(dst, dev);

	return n != NULL && neigh_is_known(n) ? n : NULL;
}

static int
arg_filter(struct cli_ctx *c, unsigned int states, struct filter *f) CTL_ONLY
{
	uint8_t plen = 0;

	*f = (struct filter){ .dev = arg_dev(c), .unused = cli_has(c, "unused") };
	if (neigh_arg_owner(c, &f->owner) < 0)
		return -EINVAL;
	if (cli_arg_prefix(c, "TO", &f->addr, &plen) && plen > 0)
		f->mask = rte_cpu_to_be_32(UINT32_MAX << (32 - plen));
	return arg_states(c, states, &f->states);
}

static bool
matches(const struct filter *f, const struct neighbour *n)
{
	unsigned int state = n->nud.state == NUD_NONE ? STATES_NONE : n->nud.state;

	/* as ip has it: what a program looks after is shown whatever its state */
	return neigh_is_known(n) && ((f->states & state) || (n->flags & NTF_EXT_LEARNED)) &&
	       (f->dev == NULL || n->dev == f->dev) && !(f->unused && n->refcnt > 0) &&
	       neigh_is_owned(&f->owner, n->dev, n->protocol) &&
	       ((n->primary_key ^ f->addr) & f->mask) == 0;
}

/* --- the entries a command is about, as keys: the table may change between two slices --- */

struct key {
	int32_t ifindex;
	rte_be32_t addr;
};
struct rows {
	struct filter filter;
	size_t n, room, at;
	struct key *keys;
	bool show_dev;
};

static CTL_ONLY void
collect(struct neighbour *n, void *arg)
{
	struct rows *r = arg;

	if (!matches(&r->filter, n))
		return;
	if (r->n == r->room) {
		size_t room = r->room * 2 + 64;
		struct key *more = realloc(r->keys, room * sizeof(*more));

		if (more == NULL)
			return;
		r->keys = more;
		r->room = room;
	}
	r->keys[r->n++] = (struct key){ n->dev->ifindex, n->primary_key };
}

static int
by_device_and_address(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	uint32_t ax = rte_be_to_cpu_32(x->addr), ay = rte_be_to_cpu_32(y->addr);

	if (x->ifindex != y->ifindex)
		return x->ifindex < y->ifindex ? -1 : 1;
	return ax < ay ? -1 : ax > ay;
}

static struct rows *
rows_make(const struct filter *f) CTL_ONLY
{
	struct rows *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->filter = *f;
	r->show_dev = f->dev == NULL;
	neigh_walk(collect, r);
	if (r->n > 0)
		qsort(r->keys, r->n, sizeof(r->keys[0]), by_device_and_address);
	return r;
}

static void
rows_free(void *arg)
{
	struct rows *r = arg;

	free(r->keys);
	free(r);
}

/* The next entry that is still there, or NULL at the end. */
static struct neighbour *
rows_next(struct rows *r) CTL_ONLY
{
	while (r->at < r->n) {
		const struct key *k = &r->keys[r->at++];
		struct net_device *dev = dev_get_by_index((uint32_t)k->ifindex);
		struct neighbour *n = dev != NULL ? find(k->addr, dev) : NULL;

		if (n != NULL)
			return n;
	}
	return NULL;
}

/* --- show --- */

static json_int_t
seconds_since(uint64_t ms)
{
	return (json_int_t)((clock_ms() - ms) / 1000);
}

static void
add_stats(json_t *o, struct neighbour *n) CTL_ONLY
{
	uint32_t used = neigh_used_ago(n);

	if (n->refcnt > 0)
		json_object_set_new(o, "refcnt", json_integer(n->refcnt));
	json_object_set_new(
		o, "used",
		json_integer(used == UINT32_MAX ? seconds_since(n->nud.updated_ms) : used));
	json_object_set_new(o, "confirmed", json_integer(seconds_since(n->nud.confirmed_ms)));
	json_object_set_new(o, "updated", json_integer(seconds_since(n->nud.updated_ms)));
	json_object_set_new(o, "probes", json_integer(n->nud.probes));
}

json_t *
neigh_cli_json(const struct cli_ctx *c, struct neighbour *n, bool show_dev)
{
	char ip[INET_ADDRSTRLEN], mac[RTE_ETHER_ADDR_FMT_SIZE];
	json_t *o = json_object();

	inet_ntop(AF_INET, &n->primary_key, ip, sizeof(ip));
	json_object_set_new(o, "dst", json_string(ip));
	if (show_dev)
		json_object_set_new(o, "dev", json_string(n->dev->name));
	if (n->nud.state & NUD_VALID) {
		snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x",
			 RTE_ETHER_ADDR_BYTES(&n->ha));
		json_object_set_new(o, "lladdr", json_string(mac));
	}
	if (cli_wants_brief(c))
		return o;
	for (size_t i = 0; i < RTE_DIM(neigh_marks); i++)
		if (n->flags & neigh_marks[i].flag)
			json_object_set_new(o, neigh_marks[i].name, json_null());
	if (cli_wants_stats(c))
		add_stats(o, n);
	if (n->nud.state != NUD_NONE)
		json_object_set_new(o, "state", json_pack("[s]", nud_state_name(n->nud.state)));
	if (n->protocol != 0)
		json_object_set_new(o, "protocol", json_string(rtproto_name(n->protocol)));
	return o;
}

static json_t *
show_slice(struct cli_ctx *c, void *arg)
{
	struct rows *r = arg;
	struct neighbour *n;
	json_t *list;

	role_enter_ctl();
	n = rows_next(r);
	if (n == NULL)
		return NULL;
	list = json_array();
	for (;;) {
		json_array_append_new(list, neigh_cli_json(c, n, r->show_dev));
		if (json_array_size(list) == SLICE)
			return list;
		n = rows_next(r);
		if (n == NULL)
			return list;
	}
}

static int
neigh_show(struct cli_ctx *c)
{
	struct filter f;
	struct rows *r;
	int rc;

	role_enter_ctl();
	if (cli_has(c, "proxy"))
		return neigh_proxy_show_cmd(c);
	rc = arg_filter(c, NUD_VALID | NUD_INCOMPLETE | NUD_FAILED, &f);
	if (rc < 0)
		return rc;
	if (cli_count(c, "nud") == 0)
		f.states &= ~(unsigned int)NUD_NOARP; /* as ip does: shown when asked for */
	r = rows_make(&f);
	if (r == NULL)
		return cli_error(c, -ENOMEM, "out of memory");
	cli_set_rows(c, show_slice, rows_free, r);
	return 0;
}

/* Two destinations, one with proxy and one without? As iproute2: one command is about one. */
static int
check_whom(struct cli_ctx *c)
{
	const char *dst = cli_arg_str(c, "DST");

	if (dst == NULL || !cli_has(c, "proxy"))
		return 0;
	return cli_error_at(c, -EINVAL, dst, "\"%s\": not with proxy, which names another", dst);
}

static int
neigh_get(struct cli_ctx *c)
{
	struct net_device *dev;
	struct neighbour *n;
	rte_be32_t dst = 0;
	json_t *list;

	role_enter_ctl();
	if (cli_has(c, "proxy"))
		return check_whom(c) < 0 ? -EINVAL : neigh_proxy_get_cmd(c);
	dev = arg_dev(c);
	if (dev == NULL || !cli_arg_ip4(c, "DST", &dst))
		return cli_error(c, -EINVAL, "Device and address are required arguments.");
	n = find(dst, dev);
	if (n == NULL)
		return cli_error(c, -ENOENT, "Neighbour entry not found.");
	list = json_array();
	json_array_append_new(list, neigh_cli_json(c, n, true));
	cli_set_result(c, list);
	return 0;
}

static void
stats_text(struct cli_ctx *c, const json_t *e)
{
	const json_t *ref = json_object_get(e, "refcnt");

	if (json_object_get(e, "used") == NULL)
		return;
	if (ref != NULL)
		cli_printf(c, " ref %d", (int)json_integer_value(ref));
	cli_printf(c, " used %d/%d/%dprobes %d ",
		   (int)json_integer_value(json_object_get(e, "used")),
		   (int)json_integer_value(json_object_get(e, "confirmed")),
		   (int)json_integer_value(json_object_get(e, "updated")),
		   (int)json_integer_value(json_object_get(e, "probes")));
}

/* Space by space as ip prints it. */
void
neigh_cli_text(struct cli_ctx *c, const json_t *e)
{
	const json_t *state = json_array_get(json_object_get(e, "state"), 0);
	const char *dev = json_string_value(json_object_get(e, "dev"));
	const char *lladdr = json_string_value(json_object_get(e, "lladdr"));
	const char *protocol = json_string_value(json_object_get(e, "protocol"));

	if (cli_wants_brief(c)) { /* as ip pads it */
		cli_printf(c, "%-40s", json_string_value(json_object_get(e, "dst")));
		if (dev != NULL)
			cli_printf(c, "%-17s", dev);
		cli_printf(c, "%s\n", lladdr != NULL ? lladdr : "");
		return;
	}
	cli_printf(c, "%s ", json_string_value(json_object_get(e, "dst")));
	if (dev != NULL)
		cli_printf(c, "dev %s ", dev);
	if (lladdr != NULL)
		cli_printf(c, "lladdr %s ", lladdr);
	if (json_object_get(e, "proxy") != NULL)
		cli_printf(c, "proxy ");
	for (size_t i = 0; i < RTE_DIM(neigh_marks); i++)
		if (json_object_get(e, neigh_marks[i].name) != NULL)
			cli_printf(c, "%s ", neigh_marks[i].name);
	stats_text(c, e);
	if (state != NULL)
		cli_printf(c, "%s ", json_string_value(state));
	if (protocol != NULL)
		cli_printf(c, "proto %s ", protocol);
	cli_printf(c, "\n");
}

void
neigh_show_text(struct cli_ctx *c, const json_t *result)
{
	for (size_t i = 0; i < json_array_size(result); i++)
		neigh_cli_text(c, json_array_get(result, i));
}

/* --- change --- */

static int
say_why(struct cli_ctx *c, int rc)
{
	switch (rc) {
	case 0:
		return 0;
	case -EINVAL:
		return cli_error(c, rc, "No link layer address given.");
	case -EADDRNOTAVAIL:
		return cli_error_at(
			c, rc, cli_arg_str(c, "DST"),
			"\"%s\": expected a unicast address (1.0.0.0 to 223.255.255.255)",
			cli_arg_str(c, "DST"));
	case -ENOSPC:
		return cli_error(c, rc, "the neighbour table is full (gc_thresh3, gc_share)");
	default:
		return cli_error(c, rc, "%s", strerror(-rc));
	}
}

static uint8_t
arg_marks(const struct cli_ctx *c)
{
	uint8_t marks = 0;

	for (size_t i = 0; i < RTE_DIM(neigh_marks); i++)
		if (cli_has(c, neigh_marks[i].name))
			marks |= neigh_marks[i].flag;
	return marks;
}

/* The state that is wanted. */
static int
arg_state(struct cli_ctx *c)
{
	const char *word = cli_arg_str(c, "STATE");
	int state;

	if (word == NULL)
		return NUD_PERMANENT;
	state = parse_state(c, word);
	if (state == STATES_ALL)
		return cli_error_at(c, -EINVAL, word, "\"%s\": expected one state", word);
	return state == STATES_NONE ? NUD_NONE : state;
}

static int
neigh_modify(struct cli_ctx *c)
{
	struct neigh_entry e = { .dev = NULL };
	struct rte_ether_addr lladdr;
	int state, protocol;
	bool exists;

	role_enter_ctl();
	if (cli_has(c, "proxy"))
		return check_whom(c) < 0 ? -EINVAL : neigh_proxy_add_cmd(c);
	e.dev = arg_dev(c);
	if (e.dev == NULL || !cli_arg_ip4(c, "DST", &e.dst))
		return cli_error(c, -EINVAL, "Device and destination are required arguments.");
	state = arg_state(c);
	if (state < 0)
		return state;
	protocol = neigh_arg_protocol(c);
	if (protocol == -EINVAL)
		return protocol;
	exists = find(e.dst, e.dev) != NULL;
	if (exists && cli_has(c, "add"))
		return cli_error(c, -EEXIST, "File exists: %s has a neighbour of that address",
				 e.dev->name);
	if (!exists && cli_has(c, "change"))
		return cli_error(c, -ENOENT,
				 "No such file or directory: %s has no neighbour of "
				 "that address",
				 e.dev->name);
	e.lladdr = cli_arg_mac(c, "LLADDR", &lladdr) ? &lladdr : NULL;
	e.state = (enum nud_state)state;
	e.ask = cli_has(c, "use") || cli_has(c, "managed");
	e.marks = arg_marks(c);
	e.protocol = (int16_t)protocol;
	return say_why(c, neigh_admin_enter(&e));
}

static int
neigh_del(struct cli_ctx *c)
{
	struct net_device *dev;
	rte_be32_t dst = 0;

	role_enter_ctl();
	if (cli_has(c, "proxy"))
		return check_whom(c) < 0 ? -EINVAL : neigh_proxy_del_cmd(c);
	dev = arg_dev(c);
	if (dev == NULL || !cli_arg_ip4(c, "DST", &dst))
		return cli_error(c, -EINVAL, "Device and destination are required arguments.");
	if (neigh_admin_del(dst, dev) < 0)
		return cli_error(c, -ENOENT,
				 "No such file or directory: %s has no neighbour of "
				 "that address",
				 dev->name);
	return 0;
}

void
neigh_say_flushed(struct cli_ctx *c, unsigned int n)
{
	if (n > 0)
		cli_say_flushed(c, 1, n, "entries");
	cli_say_flushed(c, n > 0, 0, "entries");
}

static int
neigh_flush(struct cli_ctx *c)
{
	unsigned int gone = 0;
	struct neighbour *n;
	struct filter f;
	struct rows *r;
	int rc;

	role_enter_ctl();
	if (cli_has(c, "proxy"))
		return neigh_proxy_flush_cmd(c);
	if (!cli_has(c, "all") && !cli_has(c, "TO") && !cli_has(c, "DEV") &&
	    cli_count(c, "nud") == 0)
		return cli_error(c, -EINVAL, "Flush requires arguments.");
	/* what the administrator entered goes only when he says so */
	rc = arg_filter(c, STATES_ALL & ~(unsigned int)(NUD_PERMANENT | NUD_NOARP), &f);
	if (rc < 0)
		return rc;
	r = rows_make(&f);
	if (r == NULL)
		return cli_error(c, -ENOMEM, "out of memory");
	for (; (n = rows_next(r)) != NULL; gone++)
		neigh_admin_del(n->primary_key, n->dev);
	rows_free(r);
	neigh_say_flushed(c, gone);
	return 0;
}

/* Whom a command is about, in iproute2's words and in any order. */
#define WHOM_WORDS   "[[to] DST:ip4] [proxy TO:prefix] [dev DEV:dev] "
#define FILTER_WORDS "[proxy] [[to] TO:prefix] [dev DEV:dev] [nud STATE:str]... " NEIGH_OWNER_SYNTAX

static const struct cli_cmd cmds[] = {
	{ .syntax = "ip neigh [show] [unused] " FILTER_WORDS,
	  .help = "Show neighbours: address, device, link-layer address, state. With proxy: the "
		  "destinations that ARP is answered for.",
	  .section = "display",
	  .fn = neigh_show,
	  .text = neigh_show_text,
	  .read_only = true },
	{ .syntax = "ip neigh get " WHOM_WORDS,
	  .help = "Show one neighbour, or proxy entry.",
	  .section = "display",
	  .fn = neigh_get,
	  .text = neigh_show_text,
	  .read_only = true },
	{ .syntax = "ip neigh (add|replace|change) " WHOM_WORDS
		    "[lladdr LLADDR:mac] [nud STATE:str] [router] [use] [managed] [extern_learn] "
		    "[protocol PROTO:str]",
	  .help = "Enter a neighbour, permanent unless nud says otherwise. With proxy: answer ARP "
		  "on DEV (or anywhere) for hosts behind another device.",
	  .section = "ports",
	  .fn = neigh_modify },
	{ .syntax = "ip neigh del " WHOM_WORDS "[lladdr LLADDR:mac] [nud STATE:str]",
	  .help = "Delete a neighbour, or proxy entry; one that routes use starts anew.",
	  .section = "ports",
	  .fn = neigh_del },
	{ .syntax = "ip neigh flush [all] " FILTER_WORDS,
	  .help = "Delete neighbours; permanent ones only with nud permanent or nud all. With "
		  "proxy: proxy entries.",
	  .section = "ports",
	  .fn = neigh_flush },
	{ 0 },
};

void
neigh_cli_register(void)
{
	cli_register(cmds);
	arp_cli_register();
	arping_cli_register();
	neigh_monitor_register();
}
