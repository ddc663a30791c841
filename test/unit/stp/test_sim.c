/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Random networks of bridges, with failures and returns: after each the tree must be the one that
 * the priority vectors say, without a loop on the way. test_sim [--seconds N] [--seed S] [--count
 * N]
 * [--profile NAME] [--verbose]: without arguments the share of a test run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "seed.h"
#include "sim.h"

/* What happens to a network. */
enum kind {
	START,
	LAN_UP,
	LAN_DOWN,
	LAN_CUT,
	BRIDGE_UP,
	BRIDGE_DOWN,
	BETTER_ROOT,
	WORSE_ROOT,
	KINDS
};
static const char *const kind_names[KINDS] = { "start",	      "LAN up",	   "LAN down",
					       "LAN cut",     "bridge up", "bridge down",
					       "better root", "worse root" };
/*
 * At no instant a loop, where nobody holds information that was better than what is: a bridge that
 * does may offer a way that no longer exists, to one that then agrees (count to infinity); the
 * proposals of RSTP do not see that. Timers of STP outlast it.
 */
#define GROWTH (1u << START | 1u << LAN_UP | 1u << BRIDGE_UP | 1u << BETTER_ROOT)
#define ALWAYS ((1u << KINDS) - 1)
/*
 * No entry of a forwarding table points the wrong way. While old information is worn out, ports
 * stop and go on in an active role, of which 17.31 takes no notice: an entry may outlive that.
 */
#define FLUSHES (GROWTH | 1u << LAN_DOWN)

/* What kind of network. */
struct profile {
	const char *name;
	uint8_t versions[3]; /* drawn from */
	unsigned int n_versions;
	bool shared, lossy;
	unsigned int regions;  /* at most so many; 0: each bridge is one */
	unsigned int no_loops; /* kinds of events that may not make any */
	uint64_t quiet, limit; /* settled: nothing changed for so long; it must within so long */
	unsigned int weight;
};

#define STP  STP_VERSION_STP
#define RSTP STP_VERSION_RSTP
#define MSTP STP_VERSION_MSTP
/* A root that died in a network of several regions may go round for Max Age times Max Hops. */
static const struct profile profiles[] = {
	{ "rstp", { RSTP }, 1, false, false, 0, GROWTH, 9 * SECOND, 120 * SECOND, 5 },
	{ "rstp-lossy", { RSTP }, 1, true, true, 0, 0, 15 * SECOND, 240 * SECOND, 2 },
	{ "rstp-shared", { RSTP }, 1, true, false, 0, GROWTH, 25 * SECOND, 240 * SECOND, 2 },
	{ "stp", { STP }, 1, true, false, 0, ALWAYS, 25 * SECOND, 240 * SECOND, 3 },
	{ "mixed", { STP, RSTP, MSTP }, 3, true, false, 0, 0, 40 * SECOND, 400 * SECOND, 3 },
	{ "mstp", { MSTP }, 1, false, false, 1, GROWTH, 9 * SECOND, 400 * SECOND, 3 },
	{ "mstp-regions", { MSTP }, 1, false, false, 3, 0, 9 * SECOND, 3000 * SECOND, 2 },
	{ "mstp-mixed", { MSTP, RSTP }, 2, false, false, 3, 0, 9 * SECOND, 3000 * SECOND, 2 },
};
#define N_PROFILES (sizeof(profiles) / sizeof(profiles[0]))

#define LARGE 12 /* more bridges: times for a wider network */

static struct sim sim;
static struct {
	uint64_t runs, steps, loop_us;
	uint64_t worst[N_PROFILES], sum[N_PROFILES], n[N_PROFILES];
	uint64_t happened[KINDS], looped[KINDS];
} total;

/* --- random networks --- */

static void
random_bridge(struct sim *s, const struct profile *pr, unsigned int regions)
{
	int i = sim_add_bridge(s, pr->versions[sim_below(s, pr->n_versions)]);
	struct sim_bridge *b = &s->bridge[i];

	b->mac = 0x020000000000ULL | (sim_rand(s) & 0xffffff00) << 8 | (unsigned int)i;
	for (unsigned int t = 0; t < s->n_trees; t++)
		b->priority[t] = sim_below(s, 4) == 0 ? 4096 * sim_below(s, 16) : 0x8000;
	b->region = regions > 0 ? (int)sim_below(s, regions) : i;
}

static void
random_ports(struct sim *s)
{
	for (int i = 0; i < s->n_bridges; i++)
		for (unsigned int p = 0; p < s->bridge[i].n_ports; p++) {
			struct sim_bridge *b = &s->bridge[i];

			b->cost[p] = sim_below(s, 2) ? 20000 : 1 + sim_below(s, 200000);
			b->internal_cost[p] = sim_below(s, 2) ? 20000 : 1 + sim_below(s, 200000);
			b->port_priority[p] = (uint8_t)(16 * sim_below(s, 16));
		}
	for (int l = 0; l < s->n_lans; l++)
		s->lan[l].delay = 1 + sim_below(s, sim_below(s, 8) ? 100 : 5000);
}

/* Mostly small: they hold all that can go wrong. */
static int
random_size(struct sim *s)
{
	switch (sim_below(s, 40)) {
	case 0:
		return 20 + (int)sim_below(s, 40);
	case 1:
	case 2:
	case 3:
		return 10 + (int)sim_below(s, 10);
	default:
		return 2 + (int)sim_below(s, 7);
	}
}

static void
random_lans(struct sim *s, const struct profile *pr)
{
	int n = s->n_bridges, extra = (int)sim_below(s, (unsigned int)n + 2);

	/* A tree of short branches, which Max Age can span; then more wires, also between the same
	 * two, from one to itself, and with nobody at the other end. */
	for (int i = 1; i < n; i++)
		sim_connect(s, i,
			    (int)sim_below(s, i < 8 ? (unsigned int)i : (unsigned int)(i / 2)));
	for (int i = 0; i < extra; i++)
		sim_connect(s, (int)sim_below(s, (unsigned int)n),
			    (int)sim_below(s, (unsigned int)n));
	for (int i = 0; pr->shared && i < n / 2; i++) {
		int lan = sim_add_lan(s);

		for (unsigned int k = 2 + sim_below(s, 3); k > 0; k--)
			sim_plug(s, (int)sim_below(s, (unsigned int)n), lan);
	}
	if (sim_below(s, 2))
		sim_plug(s, (int)sim_below(s, (unsigned int)n), sim_add_lan(s));
}

static void
random_network(struct sim *s, const struct profile *pr, int size)
{
	int n = size > 0 ? size : random_size(s);

	s->n_trees = pr->regions ? 1 + sim_below(s, SIM_TREES) : 1;
	for (int i = 0; i < n; i++)
		random_bridge(s, pr, pr->regions);
	random_lans(s, pr);
	random_ports(s);
	for (int b = 0; n > LARGE && b < n; b++) {
		s->bridge[b].conf.max_age = 40;
		s->bridge[b].conf.forward_delay = 21;
		s->bridge[b].conf.max_hops = 40;
	}
}

static void
set_loss(struct sim *s, unsigned int loss)
{
	for (int l = 0; l < s->n_lans; l++)
		s->lan[l].loss = loss;
}

/* --- what happens to them --- */

static void
start(struct sim *s)
{
	bool at_once = sim_below(s, 2);

	for (int b = 0; b < s->n_bridges; b++) {
		sim_bridge_start(s, b);
		if (!at_once)
			sim_run(s, sim_below(s, 3000000));
	}
}

static enum kind
disturb_bridge(struct sim *s, int b)
{
	if (s->bridge[b].up) {
		sim_bridge_stop(s, b);
		return BRIDGE_DOWN;
	}
	sim_bridge_start(s, b);
	return BRIDGE_UP;
}

static enum kind
disturb_root(struct sim *s, int b)
{
	uint32_t old = s->bridge[b].priority[0], new = 4096 * sim_below(s, 16);

	s->bridge[b].priority[0] = new;
	if (s->bridge[b].up)
		stp_tree_set_priority(s->bridge[b].br, 0, new, NULL);
	return new <= old ? BETTER_ROOT : WORSE_ROOT;
}

static enum kind
disturb_lan(struct sim *s, int lan)
{
	unsigned int parts = sim_parts(s);

	sim_lan_set(s, lan, !s->lan[lan].up);
	if (s->lan[lan].up)
		return LAN_UP;
	return sim_parts(s) > parts ? LAN_CUT : LAN_DOWN;
}

static enum kind
disturb(struct sim *s)
{
	int lan = (int)sim_below(s, (unsigned int)s->n_lans);
	int b = (int)sim_below(s, (unsigned int)s->n_bridges);

	switch (sim_below(s, 8)) {
	case 0:
	case 1:
		return disturb_bridge(s, b);
	case 2:
		return disturb_root(s, b);
	default:
		return disturb_lan(s, lan);
	}
}

/* --- one run --- */

static unsigned int
check(struct sim *s)
{
	unsigned int bad = sim_check_roles(s) + sim_check_engines(s);

	for (unsigned int t = 0; t < s->n_trees; t++)
		bad += sim_check_tree(s, t);
	return bad;
}

static unsigned int
settle(struct sim *s, const struct profile *pr)
{
	size_t k = (size_t)(pr - profiles);
	uint64_t since = s->now, took;

	/* What is not heard of any more may be held for Max Age. */
	if (!sim_settle(s, pr->quiet + (s->n_bridges > LARGE ? 40 * SECOND : 0), pr->limit)) {
		printf("does not settle\n");
		return 1;
	}
	took = s->last_change - since;
	total.sum[k] += took;
	total.n[k]++;
	if (took > total.worst[k])
		total.worst[k] = took;
	total.steps++;
	return 0;
}

static unsigned int
check_loops(struct sim *s, const struct profile *pr, enum kind kind)
{
	unsigned int loops = s->loops;

	s->loops = 0;
	total.happened[kind]++;
	total.looped[kind] += loops > 0;
	if (loops == 0 || !(pr->no_loops & 1u << kind))
		return 0;
	printf("%s: %u loops\n", kind_names[kind], loops);
	return 1;
}

static unsigned int
one_step(struct sim *s, const struct profile *pr, enum kind kind)
{
	if (pr->lossy) { /* it ends, and then all must be well */
		set_loss(s, 20 + sim_below(s, 200));
		sim_run(s, 10 * SECOND);
		set_loss(s, 0);
	}
	return settle(s, pr) + check(s) + check_loops(s, pr, kind);
}

static unsigned int
disturbed(struct sim *s, const struct profile *pr, bool verbose)
{
	/* A change within an instance is not told to other regions (13.27.23). */
	unsigned int t = pr->regions > 1 ? 0 : sim_below(s, s->n_trees), bad;
	enum kind kind;

	sim_learn(s, t);
	kind = disturb(s);
	if (verbose)
		printf("%9.3f --- %s\n", (double)s->now / 1e6, kind_names[kind]);
	/* Some media hide it: the timers must find out. */
	sim_follow_light(s, sim_below(s, 4) > 0);
	bad = one_step(s, pr, kind);
	if (bad > 0 || pr->lossy || !((pr->no_loops | FLUSHES) & 1u << kind))
		return bad;
	return sim_check_fdb(s, t);
}

static unsigned int
one_run(uint64_t seed, const struct profile *pr, int size, bool verbose)
{
	struct sim *s = &sim;
	unsigned int bad, steps;

	sim_init(s, seed);
	s->verbose = verbose;
	random_network(s, pr, size);
	start(s);
	bad = one_step(s, pr, START);
	steps = 2 + sim_below(s, 4);
	for (unsigned int i = 0; bad == 0 && i < steps; i++)
		bad = disturbed(s, pr, verbose);
	total.runs++;
	total.loop_us += s->loop_us;
	if (bad > 0)
		printf("FAILED: --profile %s --seed %llu --count 1 (%d bridges, %d LANs)\n",
		       pr->name, (unsigned long long)seed, s->n_bridges, s->n_lans);
	sim_free(s);
	return bad;
}

/* --- all of them --- */

struct args {
	uint64_t seed, count;
	double seconds;
	const char *profile;
	int size;
	bool verbose;
};

static void
parse_args(int argc, char **argv, struct args *a)
{
	for (int i = 1; i < argc; i++) {
		const char *next = i + 1 < argc ? argv[i + 1] : "";

		if (strcmp(argv[i], "--seconds") == 0)
			a->seconds = atof(next);
		else if (strcmp(argv[i], "--seed") == 0)
			a->seed = strtoull(next, NULL, 0);
		else if (strcmp(argv[i], "--count") == 0)
			a->count = strtoull(next, NULL, 0);
		else if (strcmp(argv[i], "--profile") == 0)
			a->profile = next;
		else if (strcmp(argv[i], "--size") == 0)
			a->size = atoi(next);
		else if (strcmp(argv[i], "--verbose") == 0)
			a->verbose = true;
	}
}

static const struct profile *
pick(uint64_t n, const char *name)
{
	unsigned int weights = 0, at;

	for (size_t k = 0; name != NULL && k < N_PROFILES; k++)
		if (strcmp(profiles[k].name, name) == 0)
			return &profiles[k];
	for (size_t k = 0; k < N_PROFILES; k++)
		weights += profiles[k].weight;
	at = (unsigned int)(n % weights);
	for (size_t k = 0;; k++) {
		if (at < profiles[k].weight)
			return &profiles[k];
		at -= profiles[k].weight;
	}
}

static double
cpu_seconds(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

static void
report(void)
{
	printf("%llu networks, %llu times settled, %.1f s; loops for %.3f s of virtual time\n",
	       (unsigned long long)total.runs, (unsigned long long)total.steps, cpu_seconds(),
	       (double)total.loop_us / 1e6);
	for (size_t k = 0; k < N_PROFILES; k++)
		if (total.n[k] > 0)
			printf("  %-12s %6llu  settled after %.3f s, at worst %.3f s\n",
			       profiles[k].name, (unsigned long long)total.n[k],
			       (double)total.sum[k] / 1e6 / (double)total.n[k],
			       (double)total.worst[k] / 1e6);
	for (int k = 0; k < KINDS; k++)
		printf("  %-12s %6llu  of which %llu with loops\n", kind_names[k],
		       (unsigned long long)total.happened[k], (unsigned long long)total.looped[k]);
}

int
main(int argc, char **argv)
{
	struct args a = { .seed = test_seed(), .count = 6000, .seconds = 45 };
	unsigned int failed = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	parse_args(argc, argv, &a);
	printf("seed %llu\n", (unsigned long long)a.seed);
	for (uint64_t i = 0; i < a.count && cpu_seconds() < a.seconds && failed < 10; i++)
		failed += one_run(a.seed + i, pick(a.seed + i, a.profile), a.size, a.verbose) > 0;
	report();
	return failed > 0;
}
