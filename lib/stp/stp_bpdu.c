/* SPDX-License-Identifier: BSD-3-Clause */
#include "stp/stp_bpdu.h"
#include <string.h>

#define CMP(a, b) (((a) > (b)) - ((a) < (b)))

int
stp_vec_cmp(const struct stp_vec *a, const struct stp_vec *b)
{
	int c;

	if ((c = CMP(a->root, b->root)) != 0)
		return c;
	if ((c = CMP(a->ext_cost, b->ext_cost)) != 0)
		return c;
	if ((c = CMP(a->rroot, b->rroot)) != 0)
		return c;
	if ((c = CMP(a->int_cost, b->int_cost)) != 0)
		return c;
	if ((c = CMP(a->bridge, b->bridge)) != 0)
		return c;
	return CMP(a->port, b->port);
}

bool
stp_times_same(const struct stp_times *a, const struct stp_times *b)
{
	return a->message_age == b->message_age && a->max_age == b->max_age &&
	       a->forward_delay == b->forward_delay && a->hello_time == b->hello_time &&
	       a->remaining_hops == b->remaining_hops;
}

static const char *const rx_names[STP_RX_N] = {
	[STP_RX_OK] = "ok",
	[STP_RX_SHORT] = "short",
	[STP_RX_PROTOCOL] = "protocol",
	[STP_RX_TYPE] = "type",
	[STP_RX_CONFIG_SHORT] = "config_short",
	[STP_RX_CONFIG_AGED] = "config_aged",
	[STP_RX_RST_VERSION] = "rst_version",
	[STP_RX_RST_SHORT] = "rst_short",
	[STP_RX_OWN] = "own",
	[STP_RX_DISABLED] = "disabled",
	[STP_RX_FILTERED] = "filtered",
	[STP_RX_GUARDED] = "guarded",
	[STP_RX_NOT_STP] = "not_stp",
};

const char *
stp_rx_name(enum stp_rx rx)
{
	return rx < STP_RX_N ? rx_names[rx] : "?";
}

static const char *const mst_fault_names[STP_MST_FAULT_N] = {
	[STP_MST_OK] = "ok",
	[STP_MST_SHORT] = "short",
	[STP_MST_V1_BAD] = "v1_len",
	[STP_MST_V3_BAD] = "v3_len",
};

const char *
stp_mst_fault_name(enum stp_mst_fault fault)
{
	return fault < STP_MST_FAULT_N ? mst_fault_names[fault] : "?";
}

/* --- bytes to values --- */

/* To the nearest second, half a second up; what 16 bits of 1/256 s hold. */
static uint16_t
seconds(rte_be16_t t)
{
	return (uint16_t)((rte_be_to_cpu_16(t) + 128u) / 256);
}

static uint16_t
at_least_one(uint16_t s)
{
	return s > 0 ? s : 1;
}

static void
parse_common(const struct stp_bpdu_hdr *h, struct stp_bpdu *out)
{
	uint64_t bridge = rte_be_to_cpu_64(h->bridge);

	out->flags = h->flags;
	out->vec = (struct stp_vec){
		.root = rte_be_to_cpu_64(h->root),
		.ext_cost = rte_be_to_cpu_32(h->cost),
		.rroot = bridge,
		.bridge = bridge,
		.port = rte_be_to_cpu_16(h->port),
	};
	out->times = (struct stp_times){
		.message_age = seconds(h->message_age),
		.max_age = seconds(h->max_age),
		.hello_time = at_least_one(seconds(h->hello_time)),
		.forward_delay = at_least_one(seconds(h->forward_delay)),
	};
}

static enum stp_mst_fault
check_mst(const struct stp_bpdu_hdr *h, size_t len)
{
	uint32_t v3;

	if (len < STP_MST_LEN)
		return STP_MST_SHORT;
	if (h->version1_len != 0)
		return STP_MST_V1_BAD;
	v3 = rte_be_to_cpu_16(h->version3_len);
	if (v3 < STP_MST_V3_LEN || (v3 - STP_MST_V3_LEN) % STP_MSTI_LEN != 0 ||
	    v3 > STP_MST_V3_LEN + STP_MSTI_MAX * STP_MSTI_LEN ||
	    v3 - STP_MST_V3_LEN > len - STP_MST_LEN)
		return STP_MST_V3_BAD;
	return STP_MST_OK;
}

static void
parse_mst(const struct stp_bpdu_hdr *h, struct stp_bpdu *out)
{
	out->kind = STP_BPDU_MST;
	out->mst_id = h->mst_id;
	out->vec.int_cost = rte_be_to_cpu_32(h->int_cost);
	out->vec.bridge = rte_be_to_cpu_64(h->cist_bridge);
	out->times.remaining_hops = h->remaining_hops;
	out->n_msti = (rte_be_to_cpu_16(h->version3_len) - STP_MST_V3_LEN) / STP_MSTI_LEN;
	for (unsigned int i = 0; i < out->n_msti; i++) {
		const struct stp_msti_msg *m = &h->msti[i];
		uint64_t rroot = rte_be_to_cpu_64(m->rroot);

		out->msti[i] = (struct stp_bpdu_msti){
			.mstid = (rroot >> 48) & 0xfff,
			.flags = m->flags,
			.rroot = rroot,
			.int_cost = rte_be_to_cpu_32(m->int_cost),
			.bridge_priority = m->bridge_priority & 0xf0,
			.port_priority = m->port_priority & 0xf0,
			.remaining_hops = m->remaining_hops,
		};
	}
}

static enum stp_rx
parse_config(const struct stp_bpdu_hdr *h, size_t len, struct stp_bpdu *out)
{
	if (len < STP_CONFIG_LEN)
		return STP_RX_CONFIG_SHORT;
	if (rte_be_to_cpu_16(h->message_age) >= rte_be_to_cpu_16(h->max_age))
		return STP_RX_CONFIG_AGED;
	out->kind = STP_BPDU_CONFIG;
	parse_common(h, out);
	/* It implies a Designated Port (17.21.8); the other bits are reserved (9.2.9). */
	out->flags &= STP_F_TC | STP_F_TC_ACK;
	out->flags |= STP_MSG_ROLE_DESIGNATED << STP_F_ROLE_SHIFT;
	return STP_RX_OK;
}

static enum stp_rx
parse_rst(const struct stp_bpdu_hdr *h, size_t len, struct stp_bpdu *out)
{
	if (h->version < 2)
		return STP_RX_RST_VERSION;
	if (len < STP_RST_LEN)
		return STP_RX_RST_SHORT;
	out->kind = STP_BPDU_RST;
	parse_common(h, out);
	out->flags &= (uint8_t)~STP_F_TC_ACK; /* not used in RST and MST BPDUs */
	/* 9.2.9: as if it were a Configuration BPDU. */
	if ((out->flags & STP_F_ROLE_MASK) >> STP_F_ROLE_SHIFT == STP_MSG_ROLE_UNKNOWN) {
		out->flags &= STP_F_TC;
		out->flags |= STP_MSG_ROLE_DESIGNATED << STP_F_ROLE_SHIFT;
	}
	if (h->version >= 3) { /* and those to come, which keep what 3 says (14.4) */
		out->mst_fault = check_mst(h, len);
		if (out->mst_fault == STP_MST_OK)
			parse_mst(h, out);
	}
	return STP_RX_OK;
}

enum stp_rx
stp_bpdu_parse(const uint8_t *buf, size_t len, struct stp_bpdu *out)
{
	const struct stp_bpdu_hdr *h = (const struct stp_bpdu_hdr *)buf;

	if (len < STP_TCN_LEN)
		return STP_RX_SHORT;
	if (h->protocol != 0)
		return STP_RX_PROTOCOL;
	out->version = h->version;
	out->mst_fault = STP_MST_OK;
	out->n_msti = 0;
	switch (h->type) {
	case STP_TYPE_CONFIG:
		return parse_config(h, len, out);
	case STP_TYPE_TCN:
		out->kind = STP_BPDU_TCN;
		return STP_RX_OK;
	case STP_TYPE_RST:
		return parse_rst(h, len, out);
	default:
		return STP_RX_TYPE;
	}
}

/* --- values to bytes --- */

static rte_be16_t
wire_time(uint16_t s)
{
	return rte_cpu_to_be_16((uint16_t)((s < 255 ? s : 255) * 256u));
}

static void
build_common(const struct stp_bpdu *b, struct stp_bpdu_hdr *h)
{
	h->flags = b->flags;
	h->root = rte_cpu_to_be_64(b->vec.root);
	h->cost = rte_cpu_to_be_32(b->vec.ext_cost);
	h->bridge = rte_cpu_to_be_64(b->kind == STP_BPDU_CONFIG ? b->vec.bridge : b->vec.rroot);
	h->port = rte_cpu_to_be_16(b->vec.port);
	h->message_age = wire_time(b->times.message_age);
	h->max_age = wire_time(b->times.max_age);
	h->hello_time = wire_time(b->times.hello_time);
	h->forward_delay = wire_time(b->times.forward_delay);
}

static size_t
build_mst(const struct stp_bpdu *b, struct stp_bpdu_hdr *h)
{
	h->version3_len = rte_cpu_to_be_16((uint16_t)(STP_MST_V3_LEN + b->n_msti * STP_MSTI_LEN));
	h->mst_id = b->mst_id;
	h->int_cost = rte_cpu_to_be_32(b->vec.int_cost);
	h->cist_bridge = rte_cpu_to_be_64(b->vec.bridge);
	h->remaining_hops = (uint8_t)b->times.remaining_hops;
	for (unsigned int i = 0; i < b->n_msti; i++) {
		const struct stp_bpdu_msti *m = &b->msti[i];

		h->msti[i] = (struct stp_msti_msg){
			.flags = m->flags,
			.rroot = rte_cpu_to_be_64(m->rroot),
			.int_cost = rte_cpu_to_be_32(m->int_cost),
			.bridge_priority = m->bridge_priority,
			.port_priority = m->port_priority,
			.remaining_hops = m->remaining_hops,
		};
	}
	return STP_MST_LEN + b->n_msti * STP_MSTI_LEN;
}

size_t
stp_bpdu_build(const struct stp_bpdu *b, uint8_t *buf)
{
	struct stp_bpdu_hdr *h = (struct stp_bpdu_hdr *)buf;

	h->protocol = rte_cpu_to_be_16(STP_PROTOCOL_ID);
	switch (b->kind) {
	case STP_BPDU_TCN:
		h->version = 0;
		h->type = STP_TYPE_TCN;
		return STP_TCN_LEN;
	case STP_BPDU_CONFIG:
		h->version = 0;
		h->type = STP_TYPE_CONFIG;
		build_common(b, h);
		return STP_CONFIG_LEN;
	default:
		h->version = b->kind == STP_BPDU_RST ? 2 : 3;
		h->type = STP_TYPE_RST;
		build_common(b, h);
		h->version1_len = 0;
		return b->kind == STP_BPDU_RST ? STP_RST_LEN : build_mst(b, h);
	}
}
