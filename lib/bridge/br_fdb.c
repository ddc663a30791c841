/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The forwarding database (802.1D-2004 7.9), written: learning, ageing, entries by hand. How
 * readers and this one writer get along is told in br_fdb_dp.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <rte_cycles.h>
#include <rte_random.h>
#include "bridge/br_burst_dp.h"
#include "bridge/br_priv.h"
#include "core/log.h"
#include "core/msg.h"
#include "core/timer.h"

LOG_MODULE(bridge);

#define LINES_MIN  256
#define LINES_MAX  (1u << 20) /* 64 MiB, half of it in use: 2 M entries */
#define HUGE_PAGE  (2u << 20)
#define SWEEP_MS   250
#define SWEEP_PART 4 /* of the table at a time */
#define SPILL_ONE  (1u << BR_FDB_SPILL)
#define VAL_BITS   (SPILL_ONE - 1)

struct notifier_chain br_fdb_chain = NOTIFIER_CHAIN("br_fdb");
uint32_t br_fdb_gone;

/* --- tables --- */

static struct br_fdb *
table_alloc(uint32_t lines)
{
	size_t size = lines * sizeof(struct br_fdb_line);
	size_t align = size >= HUGE_PAGE ? HUGE_PAGE : sizeof(struct br_fdb_line);
	struct br_fdb *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->line = aligned_alloc(align, size);
	if (t->line == NULL) {
		free(t);
		return NULL;
	}
	if (size >= HUGE_PAGE)
		madvise(t->line, size, MADV_HUGEPAGE); /* a wish */
	memset(t->line, 0, size);
	t->mul = rte_rand() | 1;
	t->mask = lines - 1;
	t->shift = (uint8_t)(64 - rte_log2_u32(lines));
	return t;
}

static void
table_free(struct rcu_head *head)
{
	struct br_fdb *t = container_of(head, struct br_fdb, rcu);

	free(t->line);
	free(t);
}

static void
set_val(struct br_fdb_slot *s, uint32_t val)
{
	__atomic_store_n(&s->val, (s->val & ~VAL_BITS) | val, __ATOMIC_RELAXED);
}

/* The lines from @p from up to, not with, the @p n-th behind it count one entry more, or less. */
static void
spill(struct br_fdb *t, uint32_t from, unsigned int n, bool more)
{
	for (unsigned int i = 0; i < n; i++) {
		uint32_t *v = &t->line[(from + i) & t->mask].slot[0].val;

		__atomic_store_n(v, more ? *v + SPILL_ONE : *v - SPILL_ONE, __ATOMIC_RELEASE);
	}
}

/* A free slot for @p key, and how many lines it is behind the key's own. NULL: there is none near
 * enough. */
static struct br_fdb_slot *
free_slot(struct br_fdb *t, uint64_t key, unsigned int *behind)
{
	uint32_t h = br_fdb_hash(t, key);

	for (unsigned int n = 0; n <= BR_FDB_PROBE; n++) {
		struct br_fdb_line *l = &t->line[(h + n) & t->mask];

		for (unsigned int i = 0; i < BR_FDB_WAYS; i++)
			if (l->slot[i].key == 0) {
				*behind = n;
				return &l->slot[i];
			}
		if (l->slot[0].val >> BR_FDB_SPILL == BR_FDB_SPILL_MAX)
			return NULL;
	}
	return NULL;
}

/* false: no place. */
static bool
put(struct br_fdb *t, uint64_t key, uint32_t val, uint32_t stamp)
{
	unsigned int behind;
	struct br_fdb_slot *s = free_slot(t, key, &behind);

	if (s == NULL)
		return false;
	spill(t, br_fdb_hash(t, key), behind, true);
	set_val(s, val);
	__atomic_store_n(&s->stamp, stamp, __ATOMIC_RELAXED);
	__atomic_store_n(&s->key, key, __ATOMIC_RELEASE);
	return true;
}

static struct br_fdb_slot *
slot_at(struct br_fdb *t, uint32_t i)
{
	return &t->line[i / BR_FDB_WAYS].slot[i % BR_FDB_WAYS];
}

static bool
is_entry(const struct br_fdb_slot *s)
{
	return s->key > BR_FDB_DEAD;
}

/* Twice the lines; stamps that workers write meanwhile into the old table are lost, and written
 * again with the next frame. */
static int
grow(struct net_bridge *br) CTL_ONLY
{
	struct br_fdb *old = br->fdb, *t;
	uint32_t lines = (old->mask + 1) * 2;

	for (; lines <= LINES_MAX; lines *= 2) {
		uint32_t i, n = (old->mask + 1) * BR_FDB_WAYS;

		t = table_alloc(lines);
		if (t == NULL)
			return -ENOMEM;
		for (i = 0; i < n; i++) {
			const struct br_fdb_slot *s = slot_at(old, i);

			if (is_entry(s) && !put(t, s->key, s->val & VAL_BITS, s->stamp))
				break;
		}
		if (i == n)
			break;
		table_free(&t->rcu); /* unlucky */
	}
	if (lines > LINES_MAX)
		return -ENOSPC;
	rcu_assign_pointer(br->fdb, t);
	rcu_defer(&old->rcu, table_free);
	br_ctl(br)->n_dead = 0;
	br_ctl(br)->resizes++;
	return 0;
}

/* --- entries --- */

static struct br_fdb_slot *
find(const struct net_bridge *br, uint64_t key)
{
	return br_fdb_find(br->fdb, key, br_fdb_hash(br->fdb, key));
}

static bool
is_learned(uint32_t val)
{
	return !(val & (BR_FDB_USER | BR_FDB_LOCAL | BR_FDB_STATIC | BR_FDB_EXT));
}

/* Who counts an entry of that value. */
static void
count(struct net_bridge *br, uint32_t val, int inc) CTL_ONLY
{
	struct br_port *p = br->port[val & BR_FDB_PORT];

	if (!is_learned(val))
		return;
	br_ctl(br)->n_learned += (uint32_t)inc;
	if (p != NULL)
		p->n_learned += (uint32_t)inc;
}

static uint32_t
age_ms(const struct br_fdb_slot *s)
{
	uint32_t stamp = __atomic_load_n(&s->stamp, __ATOMIC_RELAXED);
	int32_t ticks = (int32_t)(br_fdb_stamp(clock_tsc()) - stamp);

	return ticks <= 0 ? 0 : (uint32_t)(((uint64_t)ticks << 30) / (rte_get_tsc_hz() / 1000));
}

static void
fill(const struct net_bridge *br, const struct br_fdb_slot *s, struct br_fdb_entry *e)
{
	uint64_t key = s->key;

	memcpy(&e->mac, &key, RTE_ETHER_ADDR_LEN);
	e->vid = (uint16_t)(key >> 48);
	e->val = s->val & VAL_BITS;
	e->port = br->port[e->val & BR_FDB_PORT];
	e->age_s = age_ms(s) / 1000;
}

/* Costs nothing while nobody watches. */
static void
tell(const struct net_bridge *br, const struct br_fdb_slot *s, enum br_event event) CTL_ONLY
{
	struct br_fdb_event ev = { .br = br };

	if (br_fdb_chain.head == NULL)
		return;
	fill(br, s, &ev.e);
	notifier_call(&br_fdb_chain, event, &ev);
}

static int
insert(struct net_bridge *br, uint64_t key, uint32_t val) CTL_ONLY
{
	struct br_ctl *c = br_ctl(br);
	uint32_t stamp = br_fdb_stamp(clock_tsc());
	int rc = 0;

	if ((c->n + c->n_dead) / 2 >= br->fdb->mask + 1)
		rc = grow(br);
	if (rc == -ENOSPC || !put(br->fdb, key, val, stamp)) {
		rc = rc == 0 ? grow(br) : rc;
		if (rc != 0 || !put(br->fdb, key, val, stamp))
			return rc != 0 ? rc : -ENOSPC;
	}
	c->n++;
	count(br, val, 1);
	if (unlikely(br_fdb_chain.head != NULL))
		tell(br, find(br, key), BR_EVENT_NEW);
	return 0;
}

static void
change(struct net_bridge *br, struct br_fdb_slot *s, uint32_t val) CTL_ONLY
{
	count(br, s->val & VAL_BITS, -1);
	set_val(s, val);
	__atomic_store_n(&s->stamp, br_fdb_stamp(clock_tsc()), __ATOMIC_RELAXED);
	__atomic_fetch_add(&br_fdb_gone, 1, __ATOMIC_RELEASE);
	count(br, val, 1);
	tell(br, s, BR_EVENT_NEW);
}

/* --- removal: slots are free again after a grace period --- */

struct dead {
	struct rcu_head rcu;
	struct net_bridge *br;
	struct br_fdb *t;
	uint32_t n, max;
	uint32_t slot[];
};

static void
bury(struct rcu_head *head)
{
	struct dead *d = container_of(head, struct dead, rcu);

	role_enter_ctl();
	/* What was retired before us is freed after us: the bridge and the table are still there.
	 */
	for (uint32_t i = 0; i < d->n; i++) {
		struct br_fdb_slot *s = slot_at(d->t, d->slot[i]);

		set_val(s, 0);
		__atomic_store_n(&s->key, 0, __ATOMIC_RELEASE);
	}
	if (d->br->fdb == d->t)
		br_ctl(d->br)->n_dead -= d->n;
	free(d);
}

static struct dead *
dead_alloc(struct net_bridge *br, uint32_t max)
{
	struct dead *d = malloc(sizeof(*d) + max * sizeof(d->slot[0]));

	if (d != NULL)
		*d = (struct dead){ .br = br, .t = br->fdb, .max = max };
	return d;
}

static void
unlink_slot(struct net_bridge *br, struct br_fdb_slot *s) CTL_ONLY
{
	struct br_fdb *t = br->fdb;
	uint32_t line = (uint32_t)((uintptr_t)s - (uintptr_t)t->line) / sizeof(t->line[0]);
	uint32_t h = br_fdb_hash(t, s->key);

	tell(br, s, BR_EVENT_DEL);
	count(br, s->val & VAL_BITS, -1);
	__atomic_store_n(&s->key, BR_FDB_DEAD, __ATOMIC_RELEASE);
	__atomic_fetch_add(&br_fdb_gone, 1, __ATOMIC_RELEASE);
	spill(t, h, (line - h) & t->mask, false);
	br_ctl(br)->n--;
	br_ctl(br)->n_dead++;
}

/* Take out @p s; @p d, when it is not NULL, has room for it. */
static void
take_out(struct net_bridge *br, struct br_fdb_slot *s, struct dead *d) CTL_ONLY
{
	unlink_slot(br, s);
	if (d != NULL) {
		d->slot[d->n++] = (uint32_t)(s - &br->fdb->line[0].slot[0]);
		return;
	}
	/* No memory to remember it by: wait for the workers here. */
	rcu_synchronize();
	set_val(s, 0);
	__atomic_store_n(&s->key, 0, __ATOMIC_RELEASE);
	br_ctl(br)->n_dead--;
}

static void
dead_done(struct dead *d) CTL_ONLY
{
	if (d != NULL && d->n > 0)
		rcu_defer(&d->rcu, bury);
	else
		free(d);
}

static void
remove_one(struct net_bridge *br, struct br_fdb_slot *s) CTL_ONLY
{
	struct dead *d = dead_alloc(br, 1);

	take_out(br, s, d);
	dead_done(d);
}

/* Take out all entries of @p n lines from @p first on for which @p wanted says so. */
static unsigned int
sweep(struct net_bridge *br, uint32_t first, uint32_t n,
      bool (*wanted)(const struct net_bridge *br, const struct br_fdb_slot *s, const void *arg),
      const void *arg) CTL_ONLY
{
	struct dead *d = NULL;
	unsigned int gone = 0;

	for (uint32_t i = first * BR_FDB_WAYS; i < (first + n) * BR_FDB_WAYS; i++) {
		struct br_fdb_slot *s = slot_at(br->fdb, i);

		if (!is_entry(s) || !wanted(br, s, arg))
			continue;
		if (d == NULL || d->n == d->max) {
			dead_done(d);
			d = dead_alloc(br, 1024);
		}
		take_out(br, s, d);
		gone++;
	}
	dead_done(d);
	return gone;
}

/* --- learning --- */

/* 802.1D-2004 7.8: what a port that may learn has heard. */
static bool
may_learn(struct net_bridge *br, struct br_port *p, uint64_t key, uint32_t old) CTL_ONLY
{
	struct br_ctl *c = br_ctl(br);
	enum br_state s = br_state_of(p, (uint16_t)(key >> 48));

	if (!(p->flags & BR_PORT_LEARNING) || c->ageing_ms == 0 ||
	    (s != BR_STATE_LEARNING && s != BR_STATE_FORWARDING) ||
	    old & (BR_FDB_LOCAL | BR_FDB_STICKY))
		return false;
	if ((p->fdb_max_learned != 0 && p->n_learned >= p->fdb_max_learned) ||
	    (old == 0 && c->fdb_max_learned != 0 && c->n_learned >= c->fdb_max_learned)) {
		c->limited++;
		return false;
	}
	return true;
}

void
br_learn_msg(struct ctl_msg *msg)
{
	struct net_device *dev;
	struct net_bridge *br;
	struct br_fdb_slot *s;
	struct br_port *p;

	role_enter_ctl();
	dev = dev_get_by_index(msg->arg);
	p = dev != NULL ? br_port_of(dev) : NULL;
	if (p == NULL)
		return;
	br = p->br;
	s = find(br, msg->arg2);
	if (s != NULL && (s->val & (BR_FDB_PORT | BR_FDB_LOCAL)) == p->idx)
		return; /* another worker said so, too */
	if (!may_learn(br, p, msg->arg2, s != NULL ? s->val & VAL_BITS : 0))
		return;
	if (s == NULL) {
		if (insert(br, msg->arg2, p->idx) != 0)
			br_ctl(br)->limited++;
		return;
	}
	/* Seen is believed, also of entries that somebody else had learned. */
	change(br, s, (s->val & VAL_BITS & ~(BR_FDB_PORT | BR_FDB_EXT)) | p->idx);
	br_ctl(br)->moves++;
}

/* --- ageing --- */

static bool
has_expired(const struct net_bridge *br, const struct br_fdb_slot *s, const void *arg)
{
	(void)arg;
	return !(s->val & (BR_FDB_LOCAL | BR_FDB_STATIC | BR_FDB_EXT)) &&
	       age_ms(s) >= br_ctl(br)->ageing_ms;
}

static void
on_ageing(struct ctl_timer *timer)
{
	struct br_ctl *c = container_of(timer, struct br_ctl, ageing);
	struct net_bridge *br = c->br;
	uint32_t lines = br->fdb->mask + 1, n = RTE_MAX(lines / SWEEP_PART, (uint32_t)LINES_MIN);

	role_enter_ctl();
	if (c->sweep >= lines)
		c->sweep = 0;
	n = RTE_MIN(n, lines - c->sweep);
	if (c->n_learned > 0 || c->n > 0)
		sweep(br, c->sweep, n, has_expired, NULL);
	c->sweep += n;
	timer_mod(timer, SWEEP_MS);
}

int
br_fdb_init(struct net_bridge *br)
{
	struct br_fdb *t = table_alloc(LINES_MIN);

	if (t == NULL)
		return -ENOMEM;
	br->fdb = t;
	__atomic_fetch_add(&br_fdb_gone, 1, __ATOMIC_RELEASE); /* all is new to this one */
	timer_setup(&br_ctl(br)->ageing, on_ageing);
	timer_mod(&br_ctl(br)->ageing, SWEEP_MS);
	return 0;
}

void
br_fdb_free(struct net_bridge *br)
{
	if (br->fdb != NULL)
		table_free(&br->fdb->rcu);
}

/* --- the bridge's own addresses --- */

void
br_fdb_local_vlan(struct net_bridge *br, struct br_port *port, uint64_t mac, uint16_t vid, bool add)
{
	uint64_t key = br_fdb_key(mac, vid);
	uint32_t val = (port != NULL ? port->idx : 0) | BR_FDB_LOCAL | BR_FDB_STATIC;
	struct br_fdb_slot *s = find(br, key);

	if (!add) {
		if (s != NULL && (s->val & VAL_BITS) == val)
			remove_one(br, s);
		return;
	}
	/* Another port has it, too; the bridge itself lends it from its ports. */
	if (s != NULL && s->val & BR_FDB_LOCAL && (port == NULL || s->val & BR_FDB_PORT))
		return;
	if (s != NULL)
		change(br, s, val);
	else if (insert(br, key, val) != 0)
		log_err("%s: no memory for an address of its own", br->dev->name);
}

static void
local_all(struct net_bridge *br, struct br_port *port, uint64_t mac, bool add) CTL_ONLY
{
	const struct br_vlans *set = port != NULL ? port->vlans : br->vlans;

	br_fdb_local_vlan(br, port, mac, 0, add);
	for (uint16_t v = 1; v < BR_VLAN_N - 1; v++)
		if (br_vlan_has(set->member, v))
			br_fdb_local_vlan(br, port, mac, v, add);
}

void
br_fdb_local_add(struct net_bridge *br, struct br_port *port, uint64_t mac)
{
	local_all(br, port, mac, true);
}

void
br_fdb_local_del(struct net_bridge *br, struct br_port *port, uint64_t mac)
{
	local_all(br, port, mac, false);
	/* Who else has that address now has the entry. */
	for (unsigned int i = 0; i < br->ports->n; i++)
		if (br->ports->p[i] != port && br->ports->p[i]->mac == mac)
			local_all(br, br->ports->p[i], mac, true);
	if (port != NULL && br->dev->dev_addr64 == mac)
		local_all(br, NULL, mac, true);
}

/* --- by hand --- */

int
br_fdb_add(struct net_bridge *br, struct br_port *port, const struct rte_ether_addr *mac,
	   uint16_t vid, uint32_t flags, bool replace)
{
	uint64_t key = br_fdb_key(ether_addr_to_u64(mac), vid);
	uint32_t val = (port != NULL ? port->idx : 0) | flags | BR_FDB_USER;
	struct br_fdb_slot *s = find(br, key);

	if (!rte_is_valid_assigned_ether_addr(mac))
		return -EINVAL;
	if (s == NULL)
		return insert(br, key, val);
	if (!replace)
		return -EEXIST;
	change(br, s, val);
	return 0;
}

int
br_fdb_del(struct net_bridge *br, struct br_port *port, const struct rte_ether_addr *mac,
	   uint16_t vid)
{
	struct br_fdb_slot *s = find(br, br_fdb_key(ether_addr_to_u64(mac), vid));

	if (s == NULL || (s->val & BR_FDB_PORT) != (port != NULL ? port->idx : 0))
		return -ENOENT;
	remove_one(br, s);
	return 0;
}

bool
br_fdb_get(const struct net_bridge *br, const struct rte_ether_addr *mac, uint16_t vid,
	   struct br_fdb_entry *e)
{
	const struct br_fdb_slot *s = find(br, br_fdb_key(ether_addr_to_u64(mac), vid));

	if (s != NULL)
		fill(br, s, e);
	return s != NULL;
}

unsigned int
br_fdb_walk(const struct net_bridge *br, uint32_t *at, struct br_fdb_entry *e, unsigned int max)
{
	struct br_fdb *t = br->fdb;
	unsigned int n = 0;

	for (; *at <= t->mask && n + BR_FDB_WAYS <= max; (*at)++)
		for (unsigned int i = 0; i < BR_FDB_WAYS; i++)
			if (is_entry(&t->line[*at].slot[i]))
				fill(br, &t->line[*at].slot[i], &e[n++]);
	return n;
}

static bool
is_meant(const struct net_bridge *br, const struct br_fdb_slot *s, const void *arg)
{
	const struct br_fdb_filter *f = arg;
	uint16_t vid = (uint16_t)(s->key >> 48);
	uint32_t val = s->val;

	if (f->keep_own && val & BR_FDB_LOCAL && !(val & BR_FDB_USER))
		return false;
	return (f->port == NULL || (val & BR_FDB_PORT) == f->port->idx) &&
	       (f->vid < 0 || vid == f->vid) && (f->tree < 0 || br->vlan_tree[vid] == f->tree) &&
	       !(f->keep_static && val & (BR_FDB_STATIC | BR_FDB_LOCAL | BR_FDB_EXT)) &&
	       (val & f->mask) == f->val;
}

unsigned int
br_fdb_flush(struct net_bridge *br, const struct br_fdb_filter *f)
{
	return sweep(br, 0, br->fdb->mask + 1, is_meant, f);
}

void
br_fdb_counts(const struct net_bridge *br, struct br_fdb_count *c)
{
	const struct br_ctl *ctl = br->ctl;

	*c = (struct br_fdb_count){ .entries = ctl->n,
				    .learned = ctl->n_learned,
				    .lines = br->fdb->mask + 1,
				    .limited = ctl->limited,
				    .moves = ctl->moves,
				    .resizes = ctl->resizes };
}
