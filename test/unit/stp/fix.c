/* SPDX-License-Identifier: BSD-3-Clause */
#include "fix.h"

struct fix fix;

static uint64_t
now_ms(void *ctx)
{
	return ((struct fix *)ctx)->now_ms;
}

static void
set_state(void *ctx, void *port, uint16_t mstid, enum stp_state state)
{
	struct fix_port *p = port;
	struct fix *f = ctx;

	if (mstid < 3)
		p->state[mstid] = state;
	p->order = ++f->changes;
}

static void
transmit(void *ctx, void *port, const uint8_t *bpdu, size_t len)
{
	struct fix_port *p = port;

	(void)ctx;
	p->sent++;
	p->len = len;
	memcpy(p->bytes, bpdu, len);
	assert_int_equal(stp_bpdu_parse(bpdu, len, &p->last), STP_RX_OK);
}

static void
flush(void *ctx, void *port, uint16_t mstid)
{
	(void)ctx;
	(void)mstid;
	((struct fix_port *)port)->flushed++;
}

static void
set_ageing(void *ctx, unsigned int seconds)
{
	struct fix *f = ctx;

	f->ageing = seconds;
	f->ageing_set++;
}

static void
guard(void *ctx, void *port)
{
	(void)ctx;
	((struct fix_port *)port)->guarded++;
}

static void
note(void *ctx, void *port, const struct stp_transition *tr)
{
	(void)port;
	if (tr->what == STP_WHAT_STATE)
		((struct fix *)ctx)->tr = *tr;
}

static const struct stp_ops ops = {
	.now_ms = now_ms,
	.set_state = set_state,
	.transmit = transmit,
	.flush = flush,
	.set_ageing = set_ageing,
	.guard = guard,
	.log = note,
};

void
fix_start(uint8_t version)
{
	memset(&fix, 0, sizeof(fix));
	fix.br = stp_bridge_create(&ops, &fix, OWN_MAC);
	assert_non_null(fix.br);
	for (uint16_t n = 1; n <= FIX_PORTS; n++) {
		fix.port[n].p = stp_port_add(fix.br, n, &fix.port[n], NULL);
		assert_non_null(fix.port[n].p);
	}
	FIX_SET(version, version);
}

int
fix_stop(void **state)
{
	(void)state;
	if (fix.br != NULL)
		stp_bridge_destroy(fix.br);
	fix.br = NULL;
	return 0;
}

void
fix_up(unsigned int port)
{
	stp_port_link(fix.port[port].p, true, 1000, true);
}

void
fix_down(unsigned int port)
{
	stp_port_link(fix.port[port].p, false, 0, false);
}

void
fix_ticks(unsigned int n)
{
	for (; n > 0; n--) {
		fix.now_ms += 1000;
		stp_bridge_tick(fix.br);
	}
}

void
fix_clear(void)
{
	for (unsigned int n = 1; n <= FIX_PORTS; n++)
		fix.port[n].sent = fix.port[n].flushed = 0;
	fix.ageing_set = 0;
}

struct stp_bpdu
fix_rst(uint64_t root, uint32_t cost, uint64_t bridge)
{
	struct stp_bpdu b = {
		.kind = STP_BPDU_RST,
		.flags = STP_MSG_ROLE_DESIGNATED << STP_F_ROLE_SHIFT,
		.vec = { .root = root,
			 .ext_cost = cost,
			 .rroot = bridge,
			 .bridge = bridge,
			 .port = 0x8001 },
		.times = { .message_age = 1, .max_age = 20, .hello_time = 2, .forward_delay = 15 },
	};

	return b;
}

struct stp_bpdu
fix_config(uint64_t root, uint32_t cost, uint64_t bridge)
{
	struct stp_bpdu b = fix_rst(root, cost, bridge);

	b.kind = STP_BPDU_CONFIG;
	b.flags = 0;
	return b;
}

struct stp_bpdu
fix_tcn(void)
{
	return (struct stp_bpdu){ .kind = STP_BPDU_TCN };
}

enum stp_rx
fix_hear(unsigned int port, const struct stp_bpdu *b)
{
	uint8_t buf[STP_BPDU_MAX];

	return stp_port_rx(fix.port[port].p, buf, stp_bpdu_build(b, buf));
}

void
fix_hear_flags(unsigned int port, struct stp_bpdu b, uint8_t role, uint8_t flags)
{
	b.flags = (uint8_t)(role << STP_F_ROLE_SHIFT | flags);
	assert_int_equal(fix_hear(port, &b), STP_RX_OK);
}

/* A root port answers in the words of the designated port. */
void
fix_agree(unsigned int port)
{
	struct stp_bpdu b = fix.port[port].last;

	b.vec.bridge = b.vec.rroot = PEER;
	b.vec.ext_cost += 20000;
	fix_hear_flags(port, b, STP_MSG_ROLE_ROOT, STP_F_AGREEMENT);
}

struct stp_ptree *
fix_tree(unsigned int port, unsigned int t)
{
	return &fix.port[port].p->tree[t];
}

void
fix_between(void)
{
	struct stp_bpdu b = fix_rst(BETTER, 0, BETTER);

	fix_up(1);
	fix_up(2);
	fix_hear_flags(1, b, STP_MSG_ROLE_DESIGNATED, STP_F_PROPOSAL);
	fix_agree(2);
	assert_role(1, root);
	assert_state(1, FORWARDING);
	assert_role(2, designated);
	assert_state(2, FORWARDING);
	fix_ticks(1); /* room for more BPDUs */
	fix_clear();
}

void
fix_keep_root(void)
{
	struct stp_bpdu b = fix_rst(BETTER, 0, BETTER);

	fix_hear(1, &b);
}
