/* SPDX-License-Identifier: BSD-3-Clause */
/* The forwarding database (802.1D-2004 7.9): what is found, what ages, what goes, and that a reader
 * never sees another's entry. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include "bridge/br_priv.h"
#include "core/msg.h"
#include "core/timer.h"
#include "fixture.h"
#include "seed.h"
#include "vtime.h"

static struct net_device *dev, *devs[3];
static struct net_bridge *br;
static struct br_port *port[4]; /* 1 to 3 */
static uint32_t own;		/* entries that the bridge makes by itself */

static uint64_t
mac_of(uint32_t n)
{
	struct rte_ether_addr a = { { 0x02, 0xab, (uint8_t)(n >> 24), (uint8_t)(n >> 16),
				      (uint8_t)(n >> 8), (uint8_t)n } };

	return ether_addr_to_u64(&a);
}

static struct rte_ether_addr
addr_of(uint64_t key)
{
	struct rte_ether_addr a;

	memcpy(&a, &key, sizeof(a));
	return a;
}

static uint64_t seed, rng;

static uint32_t
rnd(uint32_t n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (uint32_t)(rng >> 20) % n;
}

static struct br_fdb_count
counts(void)
{
	struct br_fdb_count c;

	role_enter_ctl();
	br_fdb_counts(br, &c);
	return c;
}

static int
begin(void **state)
{
	static const char *const name[] = { "p1", "p2", "p3" };
	const char *why = "";

	(void)state;
	role_enter_ctl();
	rng = 88172645463325252u + seed;
	assert_int_equal(br_add("br0", &dev), 0);
	br = br_of(dev);
	assert_int_equal(dev_open(dev), 0);
	for (unsigned int i = 0; i < 3; i++) {
		devs[i] = fake_dev(name[i], (uint8_t)(i + 1));
		assert_int_equal(br_port_add(br, devs[i], &why), 0);
		port[i + 1] = br_port_of(devs[i]);
		assert_int_equal(port[i + 1]->idx, i + 1);
		port[i + 1]->state[0] = BR_STATE_FORWARDING;
	}
	own = counts().entries;
	return 0;
}

/* Workers that are online have seen the end of all that went. */
static void
settle(void)
{
	role_enter_ctl();
	while (rcu_poll() > 0)
		;
}

static int
end(void **state)
{
	role_enter_ctl();
	if (br != NULL)
		br_del(dev);
	br = NULL;
	return fixture_balance(state);
}

/* A worker heard @p key by that port. */
static void
hear(unsigned int p, uint64_t key)
{
	role_enter_ctl();
	br_learn_msg(&(struct ctl_msg){ .arg = (uint32_t)port[p]->dev->ifindex, .arg2 = key });
}

static int
set_by_hand(unsigned int p, uint64_t key, uint32_t flags, bool replace)
{
	struct rte_ether_addr a = addr_of(key);

	role_enter_ctl();
	return br_fdb_add(br, p != 0 ? port[p] : NULL, &a, (uint16_t)(key >> 48), flags, replace);
}

static int
del_by_hand(unsigned int p, uint64_t key)
{
	struct rte_ether_addr a = addr_of(key);

	role_enter_ctl();
	return br_fdb_del(br, p != 0 ? port[p] : NULL, &a, (uint16_t)(key >> 48));
}

/* What a worker finds: BR_FDB_* with the port's index, or -1. */
static int64_t
found(uint64_t key)
{
	const struct br_fdb_slot *s = br_fdb_find(br->fdb, key, br_fdb_hash(br->fdb, key));

	return s == NULL ? -1 : (int64_t)(s->val & ((1u << BR_FDB_SPILL) - 1));
}

/* --- against a model --- */

#define KEYS 4000

/* Every line counts those that passed it, and nothing else; what is counted is there. */
static void
check_table(void)
{
	const struct br_fdb *t = br->fdb;
	uint32_t *passed = calloc(t->mask + 1, sizeof(*passed)), n = 0, dead = 0, learned = 0;

	for (uint32_t i = 0; i <= t->mask; i++)
		for (unsigned int k = 0; k < BR_FDB_WAYS; k++) {
			const struct br_fdb_slot *s = &t->line[i].slot[k];
			uint32_t h = s->key > BR_FDB_DEAD ? br_fdb_hash(t, s->key) : i;

			n += s->key > BR_FDB_DEAD;
			dead += s->key == BR_FDB_DEAD;
			learned += s->key > BR_FDB_DEAD &&
				   !(s->val &
				     (BR_FDB_LOCAL | BR_FDB_STATIC | BR_FDB_EXT | BR_FDB_USER));
			assert_true(((i - h) & t->mask) <= BR_FDB_PROBE);
			for (; h != i; h = (h + 1) & t->mask)
				passed[h]++;
		}
	for (uint32_t i = 0; i <= t->mask; i++)
		assert_int_equal(t->line[i].slot[0].val >> BR_FDB_SPILL, passed[i]);
	free(passed);
	assert_int_equal(n, br->ctl->n);
	assert_int_equal(dead, br->ctl->n_dead);
	assert_int_equal(learned, br->ctl->n_learned);
	assert_int_equal(learned, port[1]->n_learned + port[2]->n_learned + port[3]->n_learned);
}

static int64_t model[KEYS]; /* as found() says */

static uint64_t
key_of(unsigned int i)
{
	return br_fdb_key(mac_of(i / 4), (uint16_t)(i % 4)); /* the same address in four VLANs */
}

static unsigned int
check_model(void)
{
	static struct br_fdb_entry e[64];
	uint32_t at = 0, there = 0, walked = 0, n;

	for (unsigned int i = 0; i < KEYS; i++) {
		assert_int_equal(found(key_of(i)), model[i]);
		there += model[i] >= 0;
	}
	role_enter_ctl();
	while ((n = br_fdb_walk(br, &at, e, 64)) > 0)
		walked += n;
	assert_int_equal(walked, there + own);
	assert_int_equal(counts().entries, there + own);
	return there;
}

static void
any_change(unsigned int i)
{
	unsigned int p = 1 + rnd(3);
	uint64_t key = key_of(i);
	uint32_t flags = (uint32_t[]){ 0, BR_FDB_STATIC, BR_FDB_EXT, BR_FDB_STICKY }[rnd(4)];

	switch (rnd(4)) {
	case 0: /* where a sticky one is stays its place */
		hear(p, key);
		if (model[i] < 0)
			model[i] = p;
		else if (!(model[i] & BR_FDB_STICKY) && (model[i] & BR_FDB_PORT) != p)
			model[i] = (model[i] & ~(BR_FDB_PORT | BR_FDB_EXT)) | p;
		break;
	case 1:
		assert_int_equal(set_by_hand(p, key, flags, false), model[i] < 0 ? 0 : -EEXIST);
		if (model[i] < 0)
			model[i] = p | flags | BR_FDB_USER;
		break;
	case 2:
		assert_int_equal(set_by_hand(p, key, flags, true), 0);
		model[i] = p | flags | BR_FDB_USER;
		break;
	default:
		assert_int_equal(del_by_hand(p, key),
				 model[i] >= 0 && (model[i] & BR_FDB_PORT) == p ? 0 : -ENOENT);
		if (model[i] >= 0 && (model[i] & BR_FDB_PORT) == p)
			model[i] = -1;
	}
}

/* All that a filter means goes, in one sweep. */
static void
any_flush(void)
{
	unsigned int p = rnd(4), gone = 0; /* 0: of any port */
	struct br_fdb_filter f = { .port = port[p],
				   .vid = (int)rnd(5) - 1,
				   .tree = -1,
				   .keep_own = true,
				   .keep_static = rnd(2) == 0 };

	for (unsigned int i = 0; i < KEYS; i++) {
		if (model[i] < 0 || (p != 0 && (model[i] & BR_FDB_PORT) != p) ||
		    (f.vid >= 0 && (int)(i % 4) != f.vid) ||
		    (f.keep_static && model[i] & (BR_FDB_STATIC | BR_FDB_EXT)))
			continue;
		model[i] = -1;
		gone++;
	}
	role_enter_ctl();
	assert_int_equal(br_fdb_flush(br, &f), gone);
}

static void
agrees_with_a_model(void **state)
{
	(void)state;
	memset(model, 0xff, sizeof(model));
	for (unsigned int round = 0; round < 40; round++) {
		unsigned int few = round % 4 == 3 ? 50 : KEYS; /* often the same, too */

		for (unsigned int i = 0; i < 4000; i++)
			any_change(rnd(few));
		if (round % 8 == 3)
			any_flush();
		if (round % 2 == 0) /* or they stay dead for a while */
			settle();
		check_model();
		check_table();
	}
	assert_true(counts().resizes > 0);
	assert_true(check_model() > KEYS / 2);
}

/* A million: each is found where it is, none twice; then none. */
static void
a_million_entries(void **state)
{
	static const uint32_t many = 1000000;

	(void)state;
	for (uint32_t i = 0; i < many; i++) {
		uint64_t key = br_fdb_key(mac_of(i), 0);

		assert_int_equal(set_by_hand(1 + i % 3, key, BR_FDB_STATIC, false), 0);
		if (i % 4096 == 0)
			settle();
	}
	assert_int_equal(counts().entries, own + many);
	for (uint32_t i = 0; i < many; i++)
		if (found(br_fdb_key(mac_of(i), 0)) != ((1 + i % 3) | BR_FDB_STATIC | BR_FDB_USER))
			fail_msg("entry %u is not there, or elsewhere", i);
	assert_int_equal(found(br_fdb_key(mac_of(many), 0)), -1);
	check_table();
	role_enter_ctl();
	assert_int_equal(
		br_fdb_flush(br,
			     &(struct br_fdb_filter){ .vid = -1, .tree = -1, .keep_own = true }),
		many);
	settle();
	assert_int_equal(counts().entries, own);
	check_table();
}

/* --- one line for all --- */

/* More than a line and those behind it hold: the table grows, and all are found. */
static void
addresses_that_collide(void **state)
{
	uint64_t key[4 * BR_FDB_WAYS * (BR_FDB_PROBE + 1)];
	unsigned int n = 0;

	(void)state;
	for (uint32_t i = 0; n < RTE_DIM(key); i++) { /* who knew the secret could */
		uint64_t k = br_fdb_key(mac_of(i), 1);

		if (br_fdb_hash(br->fdb, k) == br->fdb->mask)
			key[n++] = k;
	}
	for (unsigned int i = 0; i < n; i++) {
		hear(1 + i % 3, key[i]);
		for (unsigned int k = 0; k <= i; k++)
			assert_int_equal(found(key[k]), 1 + k % 3);
		check_table();
	}
	assert_true(counts().resizes > 0);
	assert_int_equal(counts().limited, 0);
	for (unsigned int i = 0; i < n; i += 2)
		assert_int_equal(del_by_hand(1 + i % 3, key[i]), 0);
	for (unsigned int i = 0; i < n; i++)
		assert_int_equal(found(key[i]), i % 2 == 0 ? -1 : 1 + (int)i % 3);
	check_table();
}

/* --- readers --- */

/* A place is nobody else's while a worker may still look at it. */
static void
places_rest_for_a_grace_period(void **state)
{
	uint64_t key = br_fdb_key(mac_of(1), 0);
	struct br_fdb_slot *s;
	unsigned int more = 0;

	(void)state;
	role_enter_dp();
	rcu_worker_online(1);
	hear(1, key);
	s = br_fdb_find(br->fdb, key, br_fdb_hash(br->fdb, key));
	assert_non_null(s);
	assert_int_equal(del_by_hand(1, key), 0);
	assert_int_equal(found(key), -1);
	for (uint32_t i = 2; more < 3 * BR_FDB_WAYS; i++) { /* they would like that place */
		uint64_t k = br_fdb_key(mac_of(i), 0);

		if (br_fdb_hash(br->fdb, k) != br_fdb_hash(br->fdb, key))
			continue;
		hear(2, k);
		more++;
		role_enter_ctl();
		rcu_poll();
		assert_int_equal(s->key, BR_FDB_DEAD);
		assert_int_equal(s->val & BR_FDB_PORT, 1); /* what a late reader takes it for */
	}
	assert_int_equal(counts().resizes, 0);
	check_table();
	rcu_worker_quiescent(1);
	rcu_worker_offline(1);
	settle();
	assert_int_equal(s->key, 0);
	hear(3, key);
	assert_ptr_equal(br_fdb_find(br->fdb, key, br_fdb_hash(br->fdb, key)), s);
	check_table();
}

#define STAY 300  /* entries that are there all the time */
#define COME 3000 /* others, at port 3 only */

static bool stop;
static uint64_t looked, wrong;

static void *
reader(void *arg)
{
	uint64_t n = 0, bad = 0;

	(void)arg;
	role_enter_dp();
	rcu_worker_online(1);
	for (uint32_t i = 0; !__atomic_load_n(&stop, __ATOMIC_RELAXED); i++) {
		const struct br_fdb *t = rcu_dereference(br->fdb);
		uint64_t key = br_fdb_key(mac_of(i % STAY), 0);
		struct br_fdb_slot *s = br_fdb_find(t, key, br_fdb_hash(t, key));

		bad += s == NULL || (__atomic_load_n(&s->val, __ATOMIC_RELAXED) & BR_FDB_PORT) !=
					    1 + i % STAY % 2;
		key = br_fdb_key(mac_of(STAY + i % COME), 0);
		s = br_fdb_find(t, key, br_fdb_hash(t, key));
		bad += s != NULL && (__atomic_load_n(&s->val, __ATOMIC_RELAXED) & BR_FDB_PORT) != 3;
		if (s != NULL)
			br_fdb_touch(s, i);
		n++;
		rcu_worker_quiescent(1);
	}
	rcu_worker_offline(1);
	looked = n;
	wrong = bad;
	return NULL;
}

static void
readers_find_what_stays(void **state)
{
	pthread_t t;
	bool there[COME] = { false };
	uint32_t resizes;

	(void)state;
	for (uint32_t i = 0; i < STAY; i++)
		hear(1 + i % 2, br_fdb_key(mac_of(i), 0));
	stop = false;
	assert_int_equal(pthread_create(&t, NULL, reader, NULL), 0);
	for (uint32_t i = 0; i < 200000; i++) {
		uint32_t k = rnd(i < 100000 ? COME / 10 : COME); /* the table grows meanwhile */

		if (there[k])
			assert_int_equal(del_by_hand(3, br_fdb_key(mac_of(STAY + k), 0)), 0);
		else
			hear(3, br_fdb_key(mac_of(STAY + k), 0));
		there[k] = !there[k];
		role_enter_ctl();
		rcu_poll();
	}
	resizes = (uint32_t)counts().resizes;
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(t, NULL);
	assert_int_equal(wrong, 0);
	assert_true(looked > 0);
	assert_true(resizes > 0);
	settle();
	check_table();
}

/* --- 7.9.2: ageing --- */

static void
pass_s(unsigned int s)
{
	role_enter_ctl();
	for (unsigned int i = 0; i < s * 10; i++) {
		vtime_pass_us(100000);
		timer_run();
	}
	settle();
}

static void
entries_age_unless_used(void **state)
{
	uint64_t idle = br_fdb_key(mac_of(1), 0), used = br_fdb_key(mac_of(2), 0);
	uint64_t stat = br_fdb_key(mac_of(3), 0), ext = br_fdb_key(mac_of(4), 0);
	uint64_t user = br_fdb_key(mac_of(5), 0), moved = br_fdb_key(mac_of(6), 0);
	struct rte_ether_addr a = addr_of(idle);
	struct br_fdb_entry e;

	(void)state;
	hear(1, idle);
	hear(1, used);
	hear(1, moved);
	set_by_hand(1, stat, BR_FDB_STATIC, false);
	set_by_hand(1, ext, BR_FDB_EXT, false);
	set_by_hand(1, user, 0, false);
	pass_s(290);
	assert_int_equal(found(idle), 1);
	assert_true(br_fdb_get(br, &a, 0, &e));
	assert_in_range(e.age_s, 288, 290);
	br_fdb_touch(br_fdb_find(br->fdb, used, br_fdb_hash(br->fdb, used)),
		     br_fdb_stamp(clock_tsc()));
	hear(2, moved); /* that is news, too */
	pass_s(15);
	assert_int_equal(found(idle), -1);
	assert_int_equal(found(user), -1); /* "dynamic" by hand ages, as in Linux */
	assert_int_equal(found(used), 1);
	assert_int_equal(found(moved), 2);
	pass_s(400);
	assert_int_equal(found(used), -1);
	assert_int_equal(found(moved), -1);
	assert_int_equal(found(stat), 1 | BR_FDB_STATIC | BR_FDB_USER);
	assert_int_equal(found(ext), 1 | BR_FDB_EXT | BR_FDB_USER);
	assert_int_equal(counts().entries, own + 2);
	check_table();
}

/* 17.8: with a change of topology entries age by the forward delay; and a table of many lines is
 * looked at as a whole in a few seconds. */
static void
ageing_can_be_short(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 5000; i++)
		hear(1, br_fdb_key(mac_of(i), 0));
	pass_s(20);
	assert_int_equal(counts().learned, 5000);
	br->ctl->ageing_ms = 15000;
	pass_s(3);
	assert_int_equal(counts().learned, 0);
	assert_int_equal(counts().entries, own);
	br->ctl->ageing_ms = 0; /* nothing is learned at all */
	hear(1, br_fdb_key(mac_of(1), 0));
	assert_int_equal(counts().entries, own);
	check_table();
}

/* --- 7.8: what may be learned --- */

static void
who_may_learn(void **state)
{
	static const struct {
		uint8_t state;
		bool learns;
	} states[] = {
		{ BR_STATE_DISABLED, false },  { BR_STATE_BLOCKING, false },
		{ BR_STATE_LISTENING, false }, { BR_STATE_LEARNING, true },
		{ BR_STATE_FORWARDING, true },
	};
	uint64_t key = br_fdb_key(mac_of(1), 0);

	(void)state;
	for (unsigned int i = 0; i < RTE_DIM(states); i++) {
		port[1]->state[0] = states[i].state;
		hear(1, key);
		assert_int_equal(found(key), states[i].learns ? 1 : -1);
		if (states[i].learns)
			assert_int_equal(del_by_hand(1, key), 0);
	}
	port[1]->flags &= ~(uint32_t)BR_PORT_LEARNING;
	hear(1, key);
	assert_int_equal(found(key), -1);
	port[1]->flags |= BR_PORT_LEARNING;
	hear(1, key);
	hear(1, key); /* two workers said so */
	assert_int_equal(counts().learned, 1);
	/* In a VLAN of an instance that instance's state counts. */
	br->flags |= BR_MST;
	br->vlan_tree[7] = 5;
	port[1]->state[5] = BR_STATE_BLOCKING;
	hear(1, br_fdb_key(mac_of(1), 7));
	assert_int_equal(found(br_fdb_key(mac_of(1), 7)), -1);
	port[1]->state[5] = BR_STATE_FORWARDING;
	hear(1, br_fdb_key(mac_of(1), 7));
	assert_int_equal(found(br_fdb_key(mac_of(1), 7)), 1);
	br->flags &= ~(uint32_t)BR_MST;
}

static void
who_moves(void **state)
{
	uint64_t key = br_fdb_key(mac_of(1), 0);

	(void)state;
	hear(1, key);
	hear(2, key);
	assert_int_equal(found(key), 2);
	assert_int_equal(counts().moves, 1);
	assert_int_equal(port[1]->n_learned, 0);
	assert_int_equal(port[2]->n_learned, 1);
	set_by_hand(1, key, BR_FDB_EXT, true); /* another's word: seen is believed */
	hear(2, key);
	assert_int_equal(found(key), 2 | BR_FDB_USER);
	set_by_hand(1, key, BR_FDB_STATIC, true);
	hear(2, key); /* static is for ageing; as in Linux it moves */
	assert_int_equal(found(key), 2 | BR_FDB_STATIC | BR_FDB_USER);
	set_by_hand(1, key, BR_FDB_STICKY, true);
	hear(2, key);
	assert_int_equal(found(key), 1 | BR_FDB_STICKY | BR_FDB_USER);
	hear(2, br_fdb_key(port[1]->mac, 0)); /* our own address as a source */
	assert_int_equal(found(br_fdb_key(port[1]->mac, 0)), 1 | BR_FDB_LOCAL | BR_FDB_STATIC);
}

static void
learning_is_bounded(void **state)
{
	(void)state;
	port[1]->fdb_max_learned = 10;
	for (uint32_t i = 0; i < 15; i++)
		hear(1, br_fdb_key(mac_of(i), 0));
	assert_int_equal(port[1]->n_learned, 10);
	assert_int_equal(counts().limited, 5);
	hear(2, br_fdb_key(mac_of(20), 0)); /* others have their own */
	hear(1, br_fdb_key(mac_of(20), 0)); /* nor does one move there */
	assert_int_equal(found(br_fdb_key(mac_of(20), 0)), 2);
	br->ctl->fdb_max_learned = 12;
	for (uint32_t i = 30; i < 35; i++)
		hear(2, br_fdb_key(mac_of(i), 0));
	assert_int_equal(counts().learned, 12);
	hear(3, br_fdb_key(mac_of(20), 0)); /* a move needs no place */
	assert_int_equal(found(br_fdb_key(mac_of(20), 0)), 3);
	assert_int_equal(set_by_hand(2, br_fdb_key(mac_of(40), 0), 0, false), 0); /* by hand */
	assert_int_equal(del_by_hand(1, br_fdb_key(mac_of(3), 0)), 0); /* there is room again */
	hear(1, br_fdb_key(mac_of(14), 0));
	assert_int_equal(found(br_fdb_key(mac_of(14), 0)), 1);
	check_table();
}

/* --- what goes --- */

static void
flushes(void **state)
{
	static const struct {
		struct br_fdb_filter f;
		unsigned int port, gone; /* port: the filter's, 0 any */
	} cases[] = {
		{ { .vid = -1, .tree = -1, .keep_static = true }, 0, 24 },
		{ { .vid = -1, .tree = -1, .keep_static = true }, 2, 8 },
		{ { .vid = 1, .tree = -1, .keep_static = true }, 0, 12 },
		{ { .vid = 1, .tree = -1, .keep_static = true }, 3, 4 },
		{ { .vid = -1, .tree = 5, .keep_static = true }, 0, 12 },
		{ { .vid = -1, .tree = -1, .keep_own = true }, 0, 30 },
		{ { .vid = -1, .tree = -1, .keep_own = true }, 1, 10 },
		{ { .vid = -1, .tree = -1, .mask = BR_FDB_EXT, .val = BR_FDB_EXT }, 0, 3 },
		{ { .vid = -1,
		    .tree = -1,
		    .mask = BR_FDB_STATIC | BR_FDB_LOCAL,
		    .val = BR_FDB_STATIC },
		  0,
		  3 },
		{ { .vid = 3, .tree = -1 }, 0, 0 },
	};

	(void)state;
	br->vlan_tree[2] = 5;
	for (unsigned int c = 0; c < RTE_DIM(cases); c++) {
		struct br_fdb_filter f = cases[c].f;

		for (uint32_t i = 0; i < 24; i++) /* 8 a port, 12 a VLAN */
			hear(1 + i % 3, br_fdb_key(mac_of(i), (uint16_t)(1 + i / 3 % 2)));
		for (unsigned int p = 1; p <= 3; p++) {
			assert_int_equal(
				set_by_hand(p, br_fdb_key(mac_of(100 + p), 4), BR_FDB_STATIC, true),
				0);
			assert_int_equal(
				set_by_hand(p, br_fdb_key(mac_of(200 + p), 4), BR_FDB_EXT, true),
				0);
		}
		assert_int_equal(counts().entries, own + 30);
		f.port = cases[c].port != 0 ? port[cases[c].port] : NULL;
		if (br_fdb_flush(br, &f) != cases[c].gone)
			fail_msg("case %u", c);
		assert_int_equal(counts().entries, own + 30 - cases[c].gone);
		check_table();
		settle();
	}
	role_enter_ctl();
	br_port_del(devs[0]); /* takes along what was learned there, what was put there, its own */
	assert_int_equal(found(br_fdb_key(mac_of(0), 1)), -1);
	assert_int_equal(found(br_fdb_key(mac_of(101), 4)), -1);
	assert_int_equal(found(br_fdb_key(mac_of(1), 1)), 2);
	assert_int_equal(found(br_fdb_key(mac_of(102), 4)), 2 | BR_FDB_STATIC | BR_FDB_USER);
}

/* --- by hand, and the bridge's own --- */

static void
what_is_refused(void **state)
{
	static const struct rte_ether_addr group = { { 0x01, 0, 0x5e, 0, 0, 1 } }, zero;
	uint64_t key = br_fdb_key(mac_of(1), 5);

	(void)state;
	role_enter_ctl();
	assert_int_equal(br_fdb_add(br, port[1], &group, 0, 0, false), -EINVAL);
	assert_int_equal(br_fdb_add(br, port[1], &zero, 0, 0, true), -EINVAL);
	assert_int_equal(set_by_hand(1, key, 0, false), 0);
	assert_int_equal(set_by_hand(2, key, 0, false), -EEXIST);
	assert_int_equal(del_by_hand(2, key), -ENOENT);			     /* at another port */
	assert_int_equal(del_by_hand(1, br_fdb_key(mac_of(1), 6)), -ENOENT); /* in another VLAN */
	assert_int_equal(found(key), 1 | BR_FDB_USER);
	assert_int_equal(del_by_hand(1, key), 0);
	assert_int_equal(del_by_hand(1, key), -ENOENT);
	assert_int_equal(counts().entries, own);
}

/* Two ports with the same address, which is the bridge's, too: it goes with the last of them. */
static void
an_address_of_several_ports(void **state)
{
	struct rte_ether_addr a = addr_of(port[1]->mac);
	uint64_t key = br_fdb_key(port[1]->mac, 0);

	(void)state;
	role_enter_ctl();
	assert_int_equal(dev_set_mac_address(devs[1], &a), 0);
	assert_int_equal(found(key), 1 | BR_FDB_LOCAL | BR_FDB_STATIC);
	br_port_del(devs[0]);
	assert_int_equal(found(key), 2 | BR_FDB_LOCAL | BR_FDB_STATIC);
	br_port_del(devs[1]);
	assert_int_equal(found(key), -1); /* the bridge has p3's now */
	assert_int_not_equal(found(br_fdb_key(dev->dev_addr64, 0)), -1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)

static int
start(void **state)
{
	role_enter_ctl();
	seed = test_seed();
	return fixture_setup(state) != 0 || msg_init() != 0 || br_init() != 0 ? -1 : 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(agrees_with_a_model),
		T(a_million_entries),
		T(addresses_that_collide),
		T(places_rest_for_a_grace_period),
		T(readers_find_what_stays),
		T(entries_age_unless_used),
		T(ageing_can_be_short),
		T(who_may_learn),
		T(who_moves),
		T(learning_is_bounded),
		T(flushes),
		T(what_is_refused),
		T(an_address_of_several_ports),
	};

	return cmocka_run_group_tests_name("bridge/fdb", tests, start, NULL);
}
