/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A bridge at work while its forwarding database changes: the worker runs on a thread of its own
 * and always has frames waiting; this thread is the control thread, and the wires. What is asserted
 * is counted in frames, so a busy machine changes nothing; times are printed. DP_BRIDGE_MOVES sets
 * how often a host moves.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <rte_cycles.h>
#include "bridge/br.h"
#include "dp.h"

#define FLIGHT	128  /* frames between us and the worker: more come after a control thread's turn */
#define STEADY	1000 /* frames between two moves, at least */
#define MOVES	300
#define FRAMES	(1u << 24)
#define HOSTS	2048
#define AGEING	2 /* seconds */
#define SECONDS 7 /* of traffic: all would be forgotten and learned several times */

static unsigned int p1, p2, p3;
static struct net_bridge *br;

static int
setup(void **state)
{
	(void)state;
	assert_int_equal(dp_setup_threads(1), 0);
	p1 = dp_port("p1");
	p2 = dp_port("p2");
	p3 = dp_port("p3");
	dp_cmd("ip link add br0 type bridge");
	dp_cmd("ip link set br0 up");
	for (unsigned int n = 1; n <= 3; n++)
		dp_cmd("ip link set p%u master br0", n);
	role_enter_ctl();
	br = br_of(dev_get_by_name("br0"));
	return 0;
}

static struct rte_ether_addr
mac_of(uint8_t kind, uint32_t i)
{
	return (struct rte_ether_addr){ { 0x06, kind, (uint8_t)(i >> 24), (uint8_t)(i >> 16),
					  (uint8_t)(i >> 8), (uint8_t)i } };
}

/* A frame that carries @p number; FRAMES: none that counts. */
static struct dp_frame
numbered(const struct rte_ether_addr *dst, const struct rte_ether_addr *src, uint32_t number)
{
	struct dp_frame f = { .len = 60 };

	memcpy(f.b, dst, sizeof(*dst));
	memcpy(f.b + 6, src, sizeof(*src));
	f.b[12] = 0x88; /* local experimental */
	f.b[13] = 0xb5;
	memcpy(f.b + 14, &number, sizeof(number));
	return f;
}

static uint32_t
number_of(const struct dp_frame *f)
{
	uint32_t number;

	memcpy(&number, f->b + 14, sizeof(number));
	return number;
}

static uint64_t
ms_since(uint64_t tsc)
{
	return (rte_rdtsc() - tsc) / (rte_get_tsc_hz() / 1000);
}

/* The port behind which @p mac is known. */
static const struct br_port *
known_at(const struct rte_ether_addr *mac) CTL_ONLY
{
	struct br_fdb_entry e;

	return br_fdb_get(br, mac, 0, &e) ? e.port : NULL;
}

/* Let the bridge know @p host at port @p n. */
static void
hear(unsigned int n, const struct rte_ether_addr *host, const struct rte_ether_addr *dst) CTL_ONLY
{
	struct dp_frame f = numbered(dst, host, FRAMES);

	dp_inject(n, &f);
	for (unsigned int i = 0; i < 5000 && known_at(host) == NULL; i++)
		dp_run_ms(1);
	assert_non_null(known_at(host));
	for (unsigned int k = p1; k <= p3; k++)
		dp_discard(k);
}

/* --- a host moves --- */

static const struct rte_ether_addr rover = { { 0x06, 0, 0, 0, 0, 1 } };
static const struct rte_ether_addr speaker = { { 0x06, 0, 0, 0, 0, 2 } };
static uint8_t came_by[FRAMES]; /* the port by which a frame to the rover came; 0: it has not */
static uint32_t sent, received, twice;

static void
collect(void)
{
	struct dp_frame f;

	for (unsigned int n = p1; n <= p2; n++)
		while (dp_out(n, &f)) {
			if (number_of(&f) == FRAMES)
				continue;
			twice += came_by[number_of(&f)] != 0;
			came_by[number_of(&f)] = (uint8_t)n;
			received++;
		}
	dp_discard(p3);
}

/* Keep the worker busy with frames to the rover; then the control thread's turn. */
static void
turn(void)
{
	static uint64_t last;
	uint32_t before;

	last = sent == 0 ? rte_rdtsc() : last;
	while (sent - received < FLIGHT && sent < FRAMES) {
		struct dp_frame f = numbered(&rover, &speaker, sent++);

		dp_inject(p3, &f);
	}
	dp_run();
	before = received;
	collect();
	if (received != before)
		last = rte_rdtsc();
	else if (ms_since(last) > 20000)
		fail_msg("of %u frames %u came, then none", sent, received);
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct move {
	uint32_t moved, known; /* the next frame's number then */
	unsigned int to;
	double us; /* from the frame that tells it to the entry */
};

/* The rover says one frame at port @p to, under load. */
static void
move(struct move *m, unsigned int to) CTL_ONLY
{
	struct dp_frame f = numbered(&speaker, &rover, FRAMES);
	const char *name = to == p1 ? "p1" : "p2";
	uint64_t begin = rte_rdtsc();

	m->to = to;
	m->moved = sent;
	dp_inject(to, &f);
	while (known_at(&rover) != br_port_of(dev_get_by_name(name))) {
		turn();
		if (sent - m->moved > 10 * FLIGHT)
			fail_msg("the rover is not known at %s after %u frames", name,
				 sent - m->moved);
	}
	m->known = sent;
	m->us = (double)(rte_rdtsc() - begin) * 1e6 / (double)rte_get_tsc_hz();
	while (sent - m->known < STEADY)
		turn();
}

/* Frames sent since the move that left by the old port; none may that was sent when the entry was
 * there. Frames that were still under way at the next move may have gone there. */
static uint32_t
judge(const struct move *m, uint32_t next)
{
	uint32_t late = 0;

	for (uint32_t i = m->moved; i < m->known; i++)
		late += came_by[i] != m->to;
	for (uint32_t i = m->known; i < next - FLIGHT; i++)
		if (came_by[i] != m->to)
			fail_msg("frame %u left by port %u, known at %u since %u", i, came_by[i],
				 m->to, m->known);
	return late;
}

static void
moved_host_is_followed(void **state)
{
	const char *env = getenv("DP_BRIDGE_MOVES");
	unsigned int n =
		RTE_MIN(env != NULL ? (unsigned int)atoi(env) : MOVES, FRAMES / 2 / STEADY);
	struct move *moves = calloc(n, sizeof(*moves));
	double *us = calloc(n, sizeof(*us));
	uint32_t late = 0, worst = 0;

	(void)state;
	assert_non_null(moves);
	assert_non_null(us);
	role_enter_ctl();
	hear(p2, &rover, &speaker);
	for (unsigned int i = 0; i < n; i++)
		move(&moves[i], i % 2 == 0 ? p1 : p2);
	for (unsigned int k = 0; k < 5000 && received < sent; k++) {
		dp_run_ms(1);
		collect();
	}
	assert_int_equal(received, sent);
	assert_int_equal(twice, 0); /* nor was any flooded */
	for (unsigned int i = 0; i < n; i++) {
		uint32_t l = judge(&moves[i], i + 1 < n ? moves[i + 1].moved : sent);

		late += l;
		worst = RTE_MAX(worst, l);
		us[i] = moves[i].us;
	}
	/* What was under way, and what was sent in the turn that told it. */
	if (worst > 3 * FLIGHT)
		fail_msg("%u frames went to the old port", worst);
	qsort(us, n, sizeof(us[0]), by_size);
	print_message(
		"%u moves under load: known after %.0f us (median), %.0f (99 %%); frames to the "
		"old port %.0f each, %u at most\n",
		n, us[n / 2], us[n - 1 - n / 100], (double)late / n, worst);
	free(moves);
	free(us);
}

/* --- entries in use do not age --- */

static struct {
	uint64_t heard; /* TSC: a frame of his has passed */
	uint32_t frames, forgotten;
} host[HOSTS];
static uint32_t wrongly, strangers, strangers_forgotten;

/* An entry goes. Stamps are as fine as 2^30 cycles: so much sooner may be right. */
static int
on_fdb(struct notifier *self, unsigned int event, void *obj)
{
	const struct br_fdb_event *ev = obj;
	uint64_t fine = (UINT64_C(1) << 30) / (rte_get_tsc_hz() / 1000);
	uint32_t i;

	(void)self;
	if (event != BR_EVENT_DEL || ev->e.mac.addr_bytes[0] != 0x06)
		return NOTIFY_OK;
	i = (uint32_t)ev->e.mac.addr_bytes[4] << 8 | ev->e.mac.addr_bytes[5];
	if (ev->e.mac.addr_bytes[1] == 2)
		strangers_forgotten++;
	if (ev->e.mac.addr_bytes[1] != 1)
		return NOTIFY_OK;
	host[i].forgotten++;
	wrongly += ms_since(host[i].heard) + fine < AGEING * 1000;
	return NOTIFY_OK;
}

/* Hosts speak in turn, and between them strangers, once and never again: there is always something
 * to learn, and to forget. */
static void
speak(void)
{
	static uint32_t next;

	for (; sent - received < FLIGHT; sent++) {
		bool known = sent % 16 != 0;
		uint32_t i = known ? next++ % HOSTS : HOSTS + strangers++;
		struct rte_ether_addr from = mac_of(known ? 1 : 2, i);
		struct dp_frame f = numbered(&speaker, &from, i);

		dp_inject(known ? p1 : p2, &f);
	}
}

static void
listen_at_p3(void)
{
	struct dp_frame f;

	while (dp_out(p3, &f)) {
		uint32_t i = number_of(&f);

		received += i != FRAMES;
		if (i >= HOSTS) /* a stranger, or nobody */
			continue;
		host[i].heard = rte_rdtsc();
		host[i].frames++;
	}
	dp_discard(p1);
	dp_discard(p2);
}

static struct notifier listener = { .fn = on_fdb };

static void
entries_in_use_do_not_age(void **state)
{
	uint64_t begin = rte_rdtsc();
	uint32_t least = UINT32_MAX, most = 0;

	(void)state;
	role_enter_ctl();
	dp_cmd("ip link set br0 type bridge ageing_time %u", AGEING * 100);
	dp_cmd("bridge fdb flush dev br0 dynamic");
	hear(p3, &speaker, &rover);
	dp_cmd("bridge fdb replace 06:00:00:00:00:02 dev p3 master static");
	sent = received = 0;
	notifier_add(&br_fdb_chain, &listener);
	while (ms_since(begin) < SECONDS * 1000) {
		speak();
		dp_run();
		listen_at_p3();
	}
	for (unsigned int i = 0; i < HOSTS; i++) {
		least = RTE_MIN(least, host[i].frames);
		most = RTE_MAX(most, host[i].forgotten);
	}
	print_message("%u frames of %u hosts, at least %u each; %u of %u strangers were forgotten; "
		      "a host "
		      "%u times at most, %u wrongly\n",
		      received, HOSTS, least, strangers_forgotten, strangers, most, wrongly);
	assert_true(least > SECONDS);
	assert_true(strangers_forgotten > 0);
	assert_int_equal(wrongly, 0);
	/* Nobody speaks any more. */
	for (unsigned int i = 0; i < 30 && known_at(&(struct rte_ether_addr){ { 6, 1 } }) != NULL;
	     i++)
		dp_run_ms(500);
	dp_run_ms(2000); /* the sweep comes round each second */
	for (unsigned int i = 0; i < HOSTS; i++)
		assert_true(host[i].forgotten > 0);
	assert_int_equal(wrongly, 0);
	notifier_del(&br_fdb_chain, &listener);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moved_host_is_followed),
		cmocka_unit_test(entries_in_use_do_not_age),
	};

	return cmocka_run_group_tests_name("dp/bridge_load", tests, setup, dp_teardown);
}
