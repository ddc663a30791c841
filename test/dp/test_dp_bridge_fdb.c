/* SPDX-License-Identifier: BSD-3-Clause */
/* The forwarding database against a model that is too simple to be wrong: a million entries, random
 * changes, removal by port, VLAN and tree, while the table doubles. */
#include <stdlib.h>
#include <rte_random.h>
#include "bridge/br.h"
#include "bridge_lan.h"
#include "seed.h"

#define KEYS   6000 /* addresses of the model, in each of VLANS VLANs */
#define VLANS  4
#define ROUNDS 60000
#define MANY   1000000

static struct net_bridge *br;
static struct br_port *port[3];

/* Of an address in a VLAN: 0 no entry, else port + 1; static? */
static uint8_t model[VLANS][KEYS];
static bool lasts[VLANS][KEYS];

static int
begin_fdb(void **state)
{
	begin(state);
	br = br_of(dev_get_by_name("br0"));
	for (unsigned int n = 0; n < 3; n++)
		port[n] = br_port_of(dev_get_by_name((const char *const[]){ "p1", "p2", "p3" }[n]));
	memset(model, 0, sizeof(model));
	return 0;
}

/* Unicast, local, all different: in the order that a switch sees of one maker's cards. */
static struct rte_ether_addr
mac_of(uint32_t key)
{
	return (struct rte_ether_addr){ { 0x06, 0, (uint8_t)(key >> 24), (uint8_t)(key >> 16),
					  (uint8_t)(key >> 8), (uint8_t)key } };
}

static void
agree_on(uint16_t vid, uint32_t key)
{
	struct rte_ether_addr mac = mac_of(key);
	struct br_fdb_entry e;
	bool there = br_fdb_get(br, &mac, vid, &e);

	assert_int_equal(there, model[vid][key] != 0);
	if (there) {
		assert_ptr_equal(e.port, port[model[vid][key] - 1]);
		assert_int_equal((e.val & BR_FDB_STATIC) != 0, lasts[vid][key]);
	}
}

static unsigned int
agree(void)
{
	struct br_fdb_entry e[512];
	unsigned int n = 0, want = 0, k;
	uint32_t at = 0;

	for (uint16_t v = 0; v < VLANS; v++)
		for (uint32_t key = 0; key < KEYS; key++) {
			agree_on(v, key);
			want += model[v][key] != 0;
		}
	while ((k = br_fdb_walk(br, &at, e, RTE_DIM(e))) > 0)
		for (unsigned int i = 0; i < k; i++)
			n += e[i].mac.addr_bytes[0] == 0x06;
	assert_int_equal(n, want);
	return n;
}

static void
forget(const struct br_fdb_filter *f)
{
	unsigned int gone = 0;

	for (uint16_t v = 0; v < VLANS; v++)
		for (uint32_t key = 0; key < KEYS; key++) {
			uint8_t *m = &model[v][key];

			if (*m == 0 || (f->port != NULL && f->port != port[*m - 1]) ||
			    (f->vid >= 0 && f->vid != v) || (f->keep_static && lasts[v][key]))
				continue;
			*m = 0;
			gone++;
		}
	assert_int_equal(br_fdb_flush(br, f), gone);
}

static void
change_one(void)
{
	uint16_t vid = (uint16_t)rte_rand_max(VLANS);
	uint32_t key = (uint32_t)rte_rand_max(KEYS);
	uint8_t p = (uint8_t)rte_rand_max(3), *m = &model[vid][key];
	bool keep = rte_rand() & 1, replace = rte_rand() & 1;
	struct rte_ether_addr mac = mac_of(key);
	int rc;

	if (rte_rand_max(3) == 0) {
		rc = br_fdb_del(br, port[p], &mac, vid);
		assert_int_equal(rc, *m == p + 1 ? 0 : -ENOENT);
		*m = rc == 0 ? 0 : *m;
		return;
	}
	rc = br_fdb_add(br, port[p], &mac, vid, keep ? BR_FDB_STATIC : 0, replace);
	assert_int_equal(rc, *m != 0 && !replace ? -EEXIST : 0);
	if (rc == 0) {
		*m = (uint8_t)(p + 1);
		lasts[vid][key] = keep;
	}
}

/* Entries that stand behind a line that they passed, as lines count them. */
static uint64_t
spills(void)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i <= br->fdb->mask; i++)
		n += br->fdb->line[i].slot[0].val >> BR_FDB_SPILL;
	return n;
}

/* Entries that were removed are free after a grace period only: now and then there is one. */
static void
agrees_with_a_model(void **state)
{
	struct br_fdb_count before, after;
	(void)state;
	role_enter_ctl();
	rte_srand(test_seed());
	br_fdb_counts(br, &before);
	for (unsigned int i = 1; i <= ROUNDS; i++) {
		change_one();
		if (i % 97 == 0)
			dp_run();
		if (i % 20000 == 0)
			forget(&(struct br_fdb_filter){ .port = port[i / 20000 % 3],
							.vid = i % 40000 == 0 ? 2 : -1,
							.tree = -1,
							.keep_own = true,
							.keep_static = i % 40000 == 0 });
		if (i % 15000 == 0)
			agree();
	}
	br_fdb_counts(br, &after);
	assert_true(after.resizes > before.resizes);
	assert_int_equal(after.entries - before.entries, agree());
	forget(&(struct br_fdb_filter){ .vid = -1, .tree = -1, .keep_own = true, .port = port[0] });
	forget(&(struct br_fdb_filter){ .vid = -1, .tree = -1, .keep_own = true, .port = port[1] });
	agree();
	forget(&(struct br_fdb_filter){ .vid = -1, .tree = -1, .keep_own = true, .port = port[2] });
	assert_int_equal(agree(), 0);
	assert_int_equal(spills(), 0);
}

/* A million: each is found, none twice; then none. */
static void
a_million_entries(void **state)
{
	struct br_fdb_count before, c;
	struct rte_ether_addr mac;
	struct br_fdb_entry e;

	(void)state;
	role_enter_ctl();
	br_fdb_counts(br, &before);
	for (uint32_t i = 0; i < MANY; i++) {
		mac = mac_of(i);
		assert_int_equal(br_fdb_add(br, port[i % 3], &mac, 0, BR_FDB_STATIC, false), 0);
		if (i % 4096 == 0)
			dp_run();
	}
	br_fdb_counts(br, &c);
	assert_int_equal(c.entries - before.entries, MANY);
	for (uint32_t i = 0; i < MANY; i++) {
		mac = mac_of(i);
		if (!br_fdb_get(br, &mac, 0, &e) || e.port != port[i % 3])
			fail_msg("entry %u is not there, or elsewhere", i);
	}
	mac = mac_of(MANY);
	assert_false(br_fdb_get(br, &mac, 0, &e));
	for (unsigned int n = 0; n < 3; n++)
		br_fdb_flush(br,
			     &(struct br_fdb_filter){
				     .vid = -1, .tree = -1, .keep_own = true, .port = port[n] });
	dp_run();
	br_fdb_counts(br, &c);
	assert_int_equal(c.entries, before.entries);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(agrees_with_a_model, begin_fdb, end),
		cmocka_unit_test_setup_teardown(a_million_entries, begin_fdb, end),
	};

	return cmocka_run_group_tests_name("dp/bridge_fdb", tests, setup, dp_teardown);
}
