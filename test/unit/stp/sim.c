/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- chance --- */

uint64_t
sim_rand(struct sim *s)
{
	uint64_t z = s->rng += 0x9e3779b97f4a7c15; /* splitmix64 */

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

unsigned int
sim_below(struct sim *s, unsigned int n)
{
	return (unsigned int)(sim_rand(s) % n);
}

/* --- events: a heap by time, then by order of birth --- */

struct sim_event {
	uint64_t at, seq;
	int bridge; /* a tick of it; -1: a frame */
	unsigned int life;
	struct sim_port *to;
	uint8_t *frame;
	size_t len;
};

static bool
earlier(const struct sim_event *a, const struct sim_event *b)
{
	return a->at != b->at ? a->at < b->at : a->seq < b->seq;
}

static void
push(struct sim *s, struct sim_event e)
{
	unsigned int i = s->n_heap++;

	if (s->n_heap > s->heap_size) {
		s->heap_size = s->heap_size ? 2 * s->heap_size : 256;
		s->heap = realloc(s->heap, s->heap_size * sizeof(*s->heap));
		assert(s->heap != NULL);
	}
	e.seq = s->seq++;
	for (; i > 0 && earlier(&e, &s->heap[(i - 1) / 2]); i = (i - 1) / 2)
		s->heap[i] = s->heap[(i - 1) / 2];
	s->heap[i] = e;
}

static struct sim_event
pop(struct sim *s)
{
	struct sim_event first = s->heap[0], last = s->heap[--s->n_heap];
	unsigned int i = 0, c;

	while ((c = 2 * i + 1) < s->n_heap) {
		if (c + 1 < s->n_heap && earlier(&s->heap[c + 1], &s->heap[c]))
			c++;
		if (!earlier(&s->heap[c], &last))
			break;
		s->heap[i] = s->heap[c];
		i = c;
	}
	s->heap[i] = last;
	return first;
}

/* --- what the engine asks for --- */

static uint64_t
op_now_ms(void *ctx)
{
	struct sim_bridge *b = ctx;

	return b->sim->now / 1000;
}

static void
op_set_state(void *ctx, void *port, uint16_t mstid, enum stp_state state)
{
	struct sim_bridge *b = ctx;
	struct sim_port *p = port;

	p->state[mstid] = (uint8_t)state;
	b->sim->dirty = true;
}

static void
op_log(void *ctx, void *port, const struct stp_transition *tr)
{
	struct sim_bridge *b = ctx;
	struct sim *s = b->sim;

	if (tr->what == STP_WHAT_ROLE || tr->what == STP_WHAT_STATE) {
		s->last_change = s->now;
		s->changes++;
	}
	if (s->verbose)
		printf("%9.3f b%d p%d lan %d tree %d: %s %d -> %d (%s)\n", (double)s->now / 1e6,
		       (int)(b - s->bridge), tr->port, ((struct sim_port *)port)->lan, tr->mstid,
		       stp_what_name(tr->what), tr->from, tr->to, stp_why_name(tr->why));
}

static void
op_transmit(void *ctx, void *port, const uint8_t *bpdu, size_t len)
{
	struct sim_bridge *b = ctx;
	struct sim *s = b->sim;
	struct sim_port *p = port;
	struct sim_lan *lan = &s->lan[p->lan];

	s->frames++;
	if (!lan->up || p->mute)
		return;
	for (unsigned int i = 0; i < lan->n_taps; i++) {
		struct sim_port *to = lan->tap[i];
		struct sim_event e = { .at = s->now + lan->delay + sim_below(s, 200),
				       .bridge = -1,
				       .to = to,
				       .len = len };

		if (to == p || sim_below(s, 1000) < lan->loss)
			continue;
		if (e.at <= to->next_arrival)
			e.at = to->next_arrival + 1;
		to->next_arrival = e.at;
		e.frame = malloc(len);
		assert(e.frame != NULL);
		memcpy(e.frame, bpdu, len);
		push(s, e);
	}
}

/* The tree that carries, at this bridge, the VLANs of instance @p t. */
static unsigned int
tree_at(const struct sim *s, const struct sim_port *p, unsigned int t)
{
	return s->bridge[p->bridge].conf.version == STP_VERSION_MSTP ? t : 0;
}

static void
op_flush(void *ctx, void *port, uint16_t mstid)
{
	struct sim_bridge *b = ctx;
	struct sim_port *p = port;
	int index = (int)(p - b->port);

	p->flushes[mstid]++;
	/* The hosts of this model are in a VLAN of one instance at a time: see sim_learn(). */
	if (mstid != tree_at(b->sim, p, b->sim->hosts_tree))
		return;
	for (int h = 0; h < b->sim->n_lans; h++)
		if (b->fdb[h] == index)
			b->fdb[h] = -1;
}

static void
op_set_ageing(void *ctx, unsigned int seconds)
{
	struct sim_bridge *b = ctx;

	b->ageing_s = seconds;
}

static void
op_guard(void *ctx, void *port)
{
	(void)ctx;
	((struct sim_port *)port)->guards++;
}

static const struct stp_ops ops = {
	.now_ms = op_now_ms,
	.set_state = op_set_state,
	.transmit = op_transmit,
	.flush = op_flush,
	.set_ageing = op_set_ageing,
	.guard = op_guard,
	.log = op_log,
};

/* --- networks --- */

void
sim_init(struct sim *s, uint64_t seed)
{
	memset(s, 0, sizeof(*s));
	s->seed = s->rng = seed;
	s->n_trees = 1;
}

void
sim_free(struct sim *s)
{
	for (int b = 0; b < s->n_bridges; b++)
		if (s->bridge[b].br != NULL)
			stp_bridge_destroy(s->bridge[b].br);
	for (unsigned int i = 0; i < s->n_heap; i++)
		free(s->heap[i].frame);
	free(s->heap);
	sim_init(s, 0);
}

int
sim_add_bridge(struct sim *s, uint8_t version)
{
	struct sim_bridge *b = &s->bridge[s->n_bridges];

	b->sim = s;
	b->mac = 0x020000000000ULL + (unsigned int)(s->n_bridges + 1);
	b->region = s->n_bridges;
	for (unsigned int t = 0; t < SIM_TREES; t++)
		b->priority[t] = 0x8000;
	b->conf = (struct stp_bridge_conf){
		.version = version,
		.hello_time = 2,
		.max_age = 20,
		.forward_delay = 15,
		.tx_hold_count = 6,
		.max_hops = 20,
		.cost_style = STP_COST_LONG,
	};
	memset(b->fdb, 0xff, sizeof(b->fdb));
	return s->n_bridges++;
}

int
sim_add_lan(struct sim *s)
{
	s->lan[s->n_lans] = (struct sim_lan){ .up = true, .delay = 20 };
	return s->n_lans++;
}

int
sim_plug(struct sim *s, int bridge, int lan)
{
	struct sim_bridge *b = &s->bridge[bridge];
	struct sim_lan *l = &s->lan[lan];
	unsigned int i = b->n_ports;

	if (i == SIM_PORTS || l->n_taps == SIM_TAPS)
		return -1;
	b->port[i] = (struct sim_port){ .bridge = bridge, .lan = lan, .number = (uint16_t)(i + 1) };
	b->cost[i] = b->internal_cost[i] = 20000;
	b->port_priority[i] = 0x80;
	b->port_conf[i] = (struct stp_port_conf){ .edge = STP_AUTO, .point_to_point = STP_AUTO };
	b->n_ports++;
	l->tap[l->n_taps++] = &b->port[i];
	return (int)i;
}

int
sim_connect(struct sim *s, int a, int b)
{
	int lan;

	if (s->n_lans == SIM_LANS || s->bridge[a].n_ports == SIM_PORTS ||
	    s->bridge[b].n_ports == SIM_PORTS)
		return -1;
	lan = sim_add_lan(s);
	sim_plug(s, a, lan);
	sim_plug(s, b, lan);
	return lan;
}

static void
set_link(struct sim *s, struct sim_port *p)
{
	const struct sim_lan *l = &s->lan[p->lan];

	if (p->port != NULL)
		stp_port_link(p->port, l->up && !p->dark, 1000, l->n_taps <= 2);
}

static void
make_instances(struct sim *s, struct sim_bridge *b)
{
	for (uint16_t m = 1; m < s->n_trees; m++) {
		uint8_t vlans[512] = { 0 };

		/* VLAN m, and one that makes the tables of two regions differ */
		vlans[m / 8] |= (uint8_t)(1u << m % 8);
		stp_msti_add(b->br, m, NULL);
		stp_msti_set_vlans(b->br, m, vlans, NULL);
	}
}

void
sim_bridge_start(struct sim *s, int bridge)
{
	struct sim_bridge *b = &s->bridge[bridge];
	const char *why = NULL;
	int rc;

	if (b->up)
		return;
	b->up = true;
	b->br = stp_bridge_create(&ops, b, b->mac);
	snprintf(b->conf.mst_name, sizeof(b->conf.mst_name), "region%d", b->region);
	rc = stp_bridge_set(b->br, &b->conf, &why);
	if (rc < 0)
		fprintf(stderr, "bridge %d: %s\n", bridge, why);
	assert(rc == 0);
	make_instances(s, b);
	for (uint16_t m = 0; m < s->n_trees; m++)
		stp_tree_set_priority(b->br, m, b->priority[m], NULL);
	for (unsigned int i = 0; i < b->n_ports; i++) {
		struct sim_port *p = &b->port[i];
		struct stp_port_conf conf = b->port_conf[i];

		p->port = stp_port_add(b->br, p->number, p, NULL);
		conf.path_cost = b->cost[i];
		rc = stp_port_set(p->port, &conf, &why);
		for (uint16_t m = 0; m < s->n_trees; m++)
			rc |= stp_port_tree_set(p->port, m, b->internal_cost[i],
						b->port_priority[i], &why);
		assert(rc == 0);
	}
	for (unsigned int i = 0; i < b->n_ports; i++)
		set_link(s, &b->port[i]);
	push(s, (struct sim_event){ .at = s->now + 1 + sim_below(s, SECOND),
				    .bridge = bridge,
				    .life = b->life });
}

/* As when the power fails: its links go down at the other end, it says nothing. */
void
sim_bridge_stop(struct sim *s, int bridge)
{
	struct sim_bridge *b = &s->bridge[bridge];

	if (!b->up)
		return;
	b->up = false;
	b->life++;
	stp_bridge_destroy(b->br);
	b->br = NULL;
	s->dirty = true;
	s->last_change = s->now;
	memset(b->fdb, 0xff, sizeof(b->fdb));
	for (unsigned int i = 0; i < b->n_ports; i++) {
		b->port[i].port = NULL;
		memset(b->port[i].state, 0, sizeof(b->port[i].state));
	}
}

void
sim_start_all(struct sim *s)
{
	for (int b = 0; b < s->n_bridges; b++)
		sim_bridge_start(s, b);
}

void
sim_lan_set(struct sim *s, int lan, bool up)
{
	struct sim_lan *l = &s->lan[lan];

	l->up = up;
	for (unsigned int i = 0; i < l->n_taps; i++)
		set_link(s, l->tap[i]);
	s->dirty = true;
}

void
sim_follow_light(struct sim *s, bool fail)
{
	for (int l = 0; l < s->n_lans; l++) {
		struct sim_lan *lan = &s->lan[l];

		for (unsigned int i = 0; lan->n_taps == 2 && i < 2; i++) {
			bool dark = !s->bridge[lan->tap[!i]->bridge].up;

			if (dark == lan->tap[i]->dark || (dark && !fail))
				continue;
			lan->tap[i]->dark = dark;
			set_link(s, lan->tap[i]);
		}
	}
	s->dirty = true;
}

/* --- time --- */

static void
age_fdb(struct sim_bridge *b)
{
	for (int h = 0; b->ageing_s != 0 && h < b->sim->n_lans; h++)
		if (b->sim->now - b->fdb_seen[h] > b->ageing_s * SECOND)
			b->fdb[h] = -1;
}

static void
happen(struct sim *s, struct sim_event *e)
{
	struct sim_bridge *b = &s->bridge[e->bridge >= 0 ? e->bridge : e->to->bridge];

	if (e->bridge < 0) {
		if (e->to->port != NULL && !e->to->deaf && sim_port_works(s, e->to))
			stp_port_rx(e->to->port, e->frame, e->len);
		free(e->frame);
		return;
	}
	if (!b->up || b->life != e->life)
		return;
	stp_bridge_tick(b->br);
	age_fdb(b);
	e->at += SECOND;
	push(s, *e);
}

static void
watch_loops(struct sim *s)
{
	unsigned int cycles = 0;

	s->dirty = false;
	for (unsigned int t = 0; t < s->n_trees; t++)
		cycles += sim_cycles(s, t);
	if (cycles > 0 && s->loop_since == 0) {
		s->loops++;
		s->loop_since = s->now + 1;
	} else if (cycles == 0 && s->loop_since != 0) {
		s->loop_us += s->now + 1 - s->loop_since;
		s->loop_since = 0;
	}
	if (cycles > 0 && s->verbose)
		printf("%9.3f LOOP %u %u\n", (double)s->now / 1e6, sim_cycles(s, 0),
		       s->n_trees > 1 ? sim_cycles(s, 1) : 0);
}

static void
step(struct sim *s)
{
	struct sim_event e = pop(s);

	s->now = e.at;
	happen(s, &e);
	if (s->dirty)
		watch_loops(s);
}

void
sim_run(struct sim *s, uint64_t us)
{
	uint64_t end = s->now + us;

	if (s->dirty)
		watch_loops(s);
	while (s->n_heap > 0 && s->heap[0].at <= end)
		step(s);
	s->now = end;
}

bool
sim_settle(struct sim *s, uint64_t quiet, uint64_t limit)
{
	uint64_t start = s->now;

	s->last_change = s->now;
	if (s->dirty)
		watch_loops(s);
	while (s->n_heap > 0 && s->now - s->last_change < quiet) {
		if (s->now - start > limit)
			return false;
		step(s);
	}
	return true;
}

/* --- what forwards --- */

bool
sim_port_works(const struct sim *s, const struct sim_port *p)
{
	return s->bridge[p->bridge].up && s->lan[p->lan].up && !p->dark;
}

static bool
forwards(const struct sim *s, const struct sim_port *p, unsigned int t)
{
	return sim_port_works(s, p) && p->state[tree_at(s, p, t)] == STP_FORWARDING;
}

static int
find(int *parent, int i)
{
	while (parent[i] != i)
		i = parent[i] = parent[parent[i]];
	return i;
}

/* Bridges, then LANs: joined by ports. Returns how many of these close a cycle. */
static unsigned int
join(const struct sim *s, int t, int *parent)
{
	unsigned int cycles = 0;

	for (int i = 0; i < s->n_bridges + s->n_lans; i++)
		parent[i] = i;
	for (int b = 0; b < s->n_bridges; b++)
		for (unsigned int i = 0; i < s->bridge[b].n_ports; i++) {
			const struct sim_port *p = &s->bridge[b].port[i];
			int x, y;

			if (t < 0 ? !sim_port_works(s, p) : !forwards(s, p, (unsigned int)t))
				continue;
			x = find(parent, b);
			y = find(parent, s->n_bridges + p->lan);
			cycles += x == y;
			parent[x] = y;
		}
	return cycles;
}

unsigned int
sim_cycles(const struct sim *s, unsigned int t)
{
	int parent[SIM_BRIDGES + SIM_LANS];

	return join(s, (int)t, parent);
}

unsigned int
sim_check_tree(const struct sim *s, unsigned int t)
{
	int wires[SIM_BRIDGES + SIM_LANS], active[SIM_BRIDGES + SIM_LANS];
	unsigned int bad = join(s, (int)t, active);

	if (bad > 0)
		printf("tree %u: %u cycles\n", t, bad);
	join(s, -1, wires);
	for (int b = 0; b < s->n_bridges; b++)
		for (unsigned int i = 0; i < s->bridge[b].n_ports; i++) {
			const struct sim_port *p = &s->bridge[b].port[i];

			if (!sim_port_works(s, p) ||
			    find(active, b) == find(active, s->n_bridges + p->lan))
				continue;
			printf("tree %u: bridge %d does not reach LAN %d\n", t, b, p->lan);
			bad++;
		}
	return bad;
}

static bool
lan_has_bridge(const struct sim *s, const struct sim_lan *l)
{
	for (unsigned int i = 0; i < l->n_taps; i++)
		if (sim_port_works(s, l->tap[i]))
			return true;
	return false;
}

unsigned int
sim_parts(const struct sim *s)
{
	int parent[SIM_BRIDGES + SIM_LANS];
	unsigned int n = 0;

	join(s, -1, parent);
	for (int b = 0; b < s->n_bridges; b++)
		n += s->bridge[b].up && find(parent, b) == b;
	for (int l = 0; l < s->n_lans; l++) {
		int root = find(parent, s->n_bridges + l);

		/* A part is counted at its root, if there is a bridge in it. */
		n += root == s->n_bridges + l && s->lan[l].up && lan_has_bridge(s, &s->lan[l]);
	}
	return n;
}

/* --- hosts --- */

/* Where each bridge hears the host of LAN @p h: along what forwards, from LAN to LAN. */
static void
locate(const struct sim *s, int h, unsigned int t, int16_t where[SIM_BRIDGES])
{
	bool seen[SIM_LANS] = { false };
	int todo[SIM_LANS], n = 0;

	memset(where, 0xff, SIM_BRIDGES * sizeof(where[0]));
	seen[h] = true;
	todo[n++] = h;
	for (int at = 0; at < n; at++)
		for (unsigned int i = 0; i < s->lan[todo[at]].n_taps; i++) {
			const struct sim_port *in = s->lan[todo[at]].tap[i];
			const struct sim_bridge *b = &s->bridge[in->bridge];

			/* It goes on through a bridge once: back at it, it is where it came from.
			 */
			if (!forwards(s, in, t) || where[in->bridge] >= 0)
				continue;
			where[in->bridge] = (int16_t)(in->number - 1);
			for (unsigned int o = 0; o < b->n_ports; o++) {
				const struct sim_port *out = &b->port[o];

				if (out == in || !forwards(s, out, t) || seen[out->lan])
					continue;
				seen[out->lan] = true;
				todo[n++] = out->lan;
			}
		}
}

void
sim_learn(struct sim *s, unsigned int t)
{
	int16_t where[SIM_BRIDGES];

	s->hosts_tree = t;
	for (int h = 0; h < s->n_lans; h++) {
		locate(s, h, t, where);
		for (int b = 0; b < s->n_bridges; b++) {
			s->bridge[b].fdb[h] = where[b];
			s->bridge[b].fdb_seen[h] = s->now;
		}
	}
}

/* A port that took itself for an edge forwards without a topology change. */
static bool
has_edge(const struct sim_lan *l)
{
	for (unsigned int i = 0; i < l->n_taps; i++) {
		struct stp_port_info info = { 0 };

		if (l->tap[i]->port != NULL)
			stp_port_show(l->tap[i]->port, &info);
		if (info.oper_edge)
			return true;
	}
	return false;
}

unsigned int
sim_check_fdb(const struct sim *s, unsigned int t)
{
	int16_t where[SIM_BRIDGES];
	unsigned int bad = 0;

	for (int h = 0; h < s->n_lans; h++) {
		if (has_edge(&s->lan[h]))
			continue;
		locate(s, h, t, where);
		for (int b = 0; b < s->n_bridges; b++) {
			int was = s->bridge[b].fdb[h];

			/* A host that is cut off is nowhere: nobody can miss it. */
			if (was < 0 || was == where[b] || where[b] < 0)
				continue;
			printf("bridge %d seeks the host of LAN %d behind port %d, not %d\n", b, h,
			       was + 1, where[b] + 1);
			bad++;
		}
	}
	return bad;
}

unsigned int
sim_check_engines(const struct sim *s)
{
	unsigned int bad = 0;

	for (int b = 0; b < s->n_bridges; b++) {
		struct stp_bridge_info info = { 0 };

		if (s->bridge[b].br != NULL)
			stp_bridge_show(s->bridge[b].br, &info);
		bad += info.unsettled;
	}
	return bad;
}

enum stp_role
sim_role(const struct sim_port *p, uint16_t mstid)
{
	struct stp_port_tree_info info;

	if (p->port == NULL || stp_port_tree_show(p->port, mstid, &info) < 0)
		return STP_ROLE_DISABLED;
	return info.role;
}
