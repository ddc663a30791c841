/* SPDX-License-Identifier: BSD-3-Clause */
/* Headers that change under a reader: MAC moves, own MAC changes, VLAN, rename, slots that are
 * reused. No frame may carry a torn header, nor another neighbour's. */
#include <pthread.h>
#include <rte_cycles.h>
#include <rte_pause.h>
#include "fixture.h"
#include "netdev/netdev_upper.h"

#define ROLES()                                                                                    \
	do {                                                                                       \
		(void)state;                                                                       \
		role_enter_ctl();                                                                  \
		role_borrow_dp();                                                                  \
	} while (0)

#define READER	1     /* slot of the thread that plays a worker */
#define CHANGES 20000 /* at 10k/s: two seconds */
#define RATE	10000

/* A MAC whose last five bytes are equal can be seen to be whole. Whose it is, the value says. */
static struct rte_ether_addr
mac_of(uint8_t v)
{
	return (struct rte_ether_addr){ { 0x02, v, v, v, v, v } };
}

struct slot {
	uint32_t idx;
	uint8_t from, to; /* values that its neighbour's MAC may have */
	uint8_t hdr_len;
	rte_be32_t gw;
};
#define OWN_FROM 200 /* values of our own MAC */
static struct slot slots[3];
static unsigned int stop, torn, foreign;
static uint64_t reads, seen[256];

static bool
whole(const uint8_t *mac)
{
	for (int i = 2; i < 6; i++)
		if (mac[i] != mac[1])
			return false;
	return mac[0] == 0x02;
}

/* What a worker does with a line, and then what nobody may find. */
static void
look(const struct slot *s)
{
	const struct adj *a = adj_get(s->idx);
	uint8_t hdr[ADJ_HDR_MAX];
	const uint8_t *p = hdr + ADJ_HDR_MAX - s->hdr_len;

	if (a->type != ADJ_REWRITE)
		return; /* deleted just now, or asked for anew */
	memcpy(hdr, a->hdr, sizeof(hdr));
	if (!whole(p) || !whole(p + 6) || a->hdr_len != s->hdr_len)
		torn++;
	else if (p[1] < s->from || p[1] > s->to || p[7] < OWN_FROM || a->gw != s->gw)
		foreign++;
	if (s->hdr_len == 18 && memcmp(p + 12, "\x81\x00\x00\x64\x08\x00", 6) != 0)
		torn++;
	seen[p[1]]++;
	reads++;
}

static void *
reader(void *arg)
{
	(void)arg;
	role_borrow_dp();
	rcu_worker_online(READER);
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		for (int burst = 0; burst < 64; burst++)
			for (unsigned int i = 0; i < RTE_DIM(slots); i++)
				look(&slots[i]);
		rcu_worker_quiescent(READER);
	}
	rcu_worker_offline(READER);
	return NULL;
}

static CTL_ONLY void
add(unsigned int i, struct net_device *dev, rte_be32_t ip, uint8_t from, uint8_t to)
{
	struct rte_ether_addr mac = mac_of(from);
	struct neighbour *n;

	assert_int_equal(neigh_admin_set(ip, dev, &mac, NUD_REACHABLE), 0);
	n = neigh_lookup(ip, dev);
	slots[i] = (struct slot){ .idx = n->adj_idx,
				  .from = from,
				  .to = to,
				  .hdr_len = adj_get(n->adj_idx)->hdr_len,
				  .gw = ip };
	neigh_hold(n);
}

/* Gratuitous ARP moves the neighbours, as on the wire; now and then we move, too. */
static CTL_ONLY void
change(uint32_t i, struct net_device *vlan)
{
	struct rte_ether_addr mac = mac_of((uint8_t)(slots[i % 3].from + i % 50));
	struct net_device *dev = i % 3 == 2 ? vlan : p0;
	struct neighbour *n = neigh_lookup(slots[i % 3].gw, dev);

	assert_int_equal(neigh_update(n, &mac, NUD_STALE, NUD_F_OVERRIDE), 0);
	if (i % 10 == 0) {
		mac = mac_of((uint8_t)(OWN_FROM + i / 10 % 50));
		assert_int_equal(dev_set_mac_address(dev, &mac), 0);
	}
	if (i % 1000 == 0)
		assert_int_equal(dev_change_name(p0, i % 2000 != 0 ? "flap.a" : "flap.b"), 0);
	if (i % 100 == 0) { /* a stranger comes and goes: lines and slots are reused */
		mac = mac_of(180);
		neigh_admin_set(IP(192, 0, 2, 200), p0, &mac, NUD_REACHABLE);
		neigh_admin_del(IP(192, 0, 2, 200), p0);
	}
}

/* Has the reader looked while it changed? On a busy machine that takes longer. */
static bool
seen_enough(void)
{
	unsigned int values = 0;

	for (unsigned int v = 0; v < 170; v++)
		values += __atomic_load_n(&seen[v], __ATOMIC_RELAXED) > 0;
	return __atomic_load_n(&reads, __ATOMIC_RELAXED) > CHANGES && values > 100;
}

static void
ten_thousand_moves_a_second(void **state)
{
	uint64_t begin, step = rte_get_tsc_hz() / RATE;
	struct rte_ether_addr own = mac_of(OWN_FROM);
	static struct netdev_upper upper = { .own_mac = true };
	struct net_device *vlan;
	pthread_t t;

	ROLES();
	assert_int_equal(dev_set_mac_address(p0, &own), 0);
	vlan = fixture_dev("p0.100", &own);
	vlan->vlan_proto = RTE_BE16(0x8100);
	vlan->vlan_id = 100;
	vlan->ctl->priv = &upper; /* a fake: nothing of its parent's touches it */
	vlan->real_dev = p0;
	add(0, p0, PEER_IP, 0, 49);
	add(1, p0, IP(192, 0, 2, 10), 60, 109);
	add(2, vlan, IP(192, 0, 2, 11), 120, 169);
	assert_int_equal(slots[2].hdr_len, 18);
	assert_int_equal(pthread_create(&t, NULL, reader, NULL), 0);
	begin = rte_get_tsc_cycles();
	for (uint32_t i = 0; i < CHANGES || (!seen_enough() && i < 30 * CHANGES); i++) {
		while (rte_get_tsc_cycles() - begin < i * step)
			rte_pause();
		change(i, vlan);
		rcu_poll();
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	pthread_join(t, NULL);
	assert_int_equal(torn, 0);
	assert_int_equal(foreign, 0);
	assert_true(seen_enough());
	for (unsigned int i = 0; i < RTE_DIM(slots); i++) /* routes name the slot: for life */
		neigh_release(neigh_lookup(slots[i].gw, i == 2 ? vlan : p0));
	vlan->ctl->priv = NULL;
	vlan->real_dev = vlan;
}

#define T(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = { T(ten_thousand_moves_a_second) };

	if (fixture_eal() < 0)
		return EXIT_FAILURE;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
