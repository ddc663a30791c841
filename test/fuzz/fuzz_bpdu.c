/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any BPDUs to a bridge of any version, with time and links: what is taken is written back the
 * same, and the machines come to rest. An input begins with a byte for the bridge; then records: a
 * byte that says what and where, and for a BPDU its length and bytes.
 */
#include <string.h>
#include "fuzz.h"
#include "stp/stp.h"
#include "stp/stp_show.h"

#define PORTS 4

enum { RAW, RST, MST, CONFIG, TICK, LINK, GUARDS, PRIORITY };

static struct stp_bridge *br;
static struct stp_port *port[PORTS];

static uint64_t
now_ms(void *ctx)
{
	(void)ctx;
	return 0;
}

static void
set_state(void *ctx, void *p, uint16_t mstid, enum stp_state state)
{
	(void)ctx;
	(void)p;
	(void)mstid;
	fuzz_require(state <= STP_FORWARDING, "there is no such state");
}

static void
transmit(void *ctx, void *p, const uint8_t *bpdu, size_t len)
{
	struct stp_bpdu b;

	(void)ctx;
	(void)p;
	fuzz_require(stp_bpdu_parse(bpdu, len, &b) == STP_RX_OK && b.mst_fault == STP_MST_OK,
		     "a bridge sends what it would refuse");
}

static void
flush(void *ctx, void *p, uint16_t mstid)
{
	(void)ctx;
	(void)p;
	(void)mstid;
}

static void
set_ageing(void *ctx, unsigned int seconds)
{
	(void)ctx;
	(void)seconds;
}

static const struct stp_ops ops = {
	.now_ms = now_ms,
	.set_state = set_state,
	.transmit = transmit,
	.flush = flush,
	.set_ageing = set_ageing,
};

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

/* What is read and written is read the same again. */
static void
check_round_trip(const uint8_t *bytes, size_t len)
{
	struct stp_bpdu a, b;
	uint8_t out[STP_BPDU_MAX];

	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	if (stp_bpdu_parse(bytes, len, &a) != STP_RX_OK || a.times.max_age > 255 ||
	    a.times.hello_time > 255 || a.times.forward_delay > 255 || a.times.message_age > 255 ||
	    (a.kind == STP_BPDU_CONFIG && a.times.message_age >= a.times.max_age))
		return;
	fuzz_require(stp_bpdu_parse(out, stp_bpdu_build(&a, out), &b) == STP_RX_OK,
		     "what was written is refused");
	a.version = b.version;
	a.mst_fault = b.mst_fault;
	fuzz_require(memcmp(&a, &b, sizeof(a)) == 0, "what was written reads otherwise");
}

/* The bytes as they are, or made to be of a kind, of this bridge's region where they are MST. */
static void
hear(struct fuzz_in *in, unsigned int kind, struct stp_port *p)
{
	uint8_t b[STP_BPDU_MAX + 32];
	size_t len = fuzz_bytes(in, b, fuzz_u8(in) * 4u);
	struct stp_bridge_info info;

	if (kind != RAW && len >= 4) {
		memset(b, 0, 2);
		b[2] = kind == MST ? 3 : kind == RST ? 2 : 0;
		b[3] = kind == CONFIG ? 0 : 2;
	}
	if (kind == MST && len >= STP_MST_LEN) {
		size_t v3 = len - STP_MST_LEN;

		stp_bridge_show(br, &info);
		memcpy(b + 38, &info.mst_id, sizeof(info.mst_id));
		v3 = STP_MST_V3_LEN + v3 - v3 % STP_MSTI_LEN;
		b[35] = 0;
		b[36] = (uint8_t)(v3 >> 8);
		b[37] = (uint8_t)v3;
	}
	check_round_trip(b, len);
	stp_port_rx(p, b, len);
}

static void
start(uint8_t conf)
{
	static const uint8_t versions[] = { STP_VERSION_STP, STP_VERSION_RSTP, STP_VERSION_MSTP,
					    STP_VERSION_MSTP };
	struct stp_bridge_conf c;

	br = stp_bridge_create(&ops, NULL, 0x020000000050);
	fuzz_require(br != NULL, "no memory");
	stp_bridge_get(br, &c);
	c.version = versions[conf & 3];
	fuzz_require(stp_bridge_set(br, &c, NULL) == 0, "good parameters are refused");
	for (uint16_t m = 1; m <= (conf >> 2 & 3); m++)
		fuzz_require(stp_msti_add(br, m, NULL) == 0, "an instance is refused");
	for (uint16_t i = 0; i < PORTS; i++) {
		port[i] = stp_port_add(br, (uint16_t)(i + 1), NULL, NULL);
		fuzz_require(port[i] != NULL, "a port is refused");
		stp_port_link(port[i], true, 1000, !(conf >> 4 & 1u << i));
	}
}

static void
guards(struct stp_port *p, uint8_t bits)
{
	struct stp_port_conf c;

	stp_port_get(p, &c);
	c.restricted_role = bits & 1;
	c.restricted_tcn = bits & 2;
	c.bpdu_guard = bits & 4;
	c.bpdu_filter = bits & 8;
	c.loop_guard = bits & 16;
	c.edge = (bits >> 5) % 3;
	fuzz_require(stp_port_set(p, &c, NULL) == 0, "good parameters are refused");
	stp_port_recover(p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = { data, size };
	struct stp_bridge_info info;

	start(fuzz_u8(&in));
	while (in.left > 0) {
		uint8_t what = fuzz_u8(&in);
		struct stp_port *p = port[what >> 3 & 3];

		switch (what & 7) {
		case TICK:
			for (unsigned int n = what >> 5; n != UINT32_MAX; n--)
				stp_bridge_tick(br);
			break;
		case LINK:
			stp_port_link(p, what & 0x20, what & 0x40 ? 10 : 10000, what & 0x80);
			break;
		case GUARDS:
			guards(p, fuzz_u8(&in));
			break;
		case PRIORITY:
			stp_tree_set_priority(br, what >> 3 & 3, (what >> 5) * 8192u, NULL);
			break;
		default:
			hear(&in, what & 7, p);
			break;
		}
	}
	stp_bridge_show(br, &info);
	fuzz_require(info.unsettled == 0, "the machines go round");
	stp_bridge_destroy(br);
	return 0;
}
