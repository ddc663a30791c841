/* SPDX-License-Identifier: BSD-3-Clause */
/* Regions and instances: 802.1Q-2011 clause 13. Instances 1 and 2 carry VLANs 10 and 20. */
#include "fix.h"

#define MSTI_ID(m, id) ((id) | (uint64_t)(m) << 48)

static void
vlan(uint8_t *vlans, unsigned int vid)
{
	vlans[vid / 8] |= (uint8_t)(1u << vid % 8);
}

static int
start(void **state)
{
	uint8_t ten[512] = { 0 }, twenty[512] = { 0 };

	(void)state;
	vlan(ten, 10);
	vlan(twenty, 20);
	fix_start(STP_VERSION_MSTP);
	assert_int_equal(stp_msti_add(fix.br, 2, NULL), 0);
	assert_int_equal(stp_msti_add(fix.br, 1, NULL), 0);
	assert_int_equal(stp_msti_set_vlans(fix.br, 1, ten, NULL), 0);
	assert_int_equal(stp_msti_set_vlans(fix.br, 2, twenty, NULL), 0);
	return 0;
}

/* What a designated port of another bridge of this region says. In both instances @p id is root. */
static struct stp_bpdu
internal(uint64_t root, uint64_t id)
{
	struct stp_bpdu b = fix_rst(root, 0, id);
	struct stp_bridge_info info;

	stp_bridge_show(fix.br, &info);
	b.kind = STP_BPDU_MST;
	b.mst_id = info.mst_id;
	b.times.remaining_hops = 20;
	b.n_msti = 2;
	for (unsigned int i = 0; i < 2; i++)
		b.msti[i] = (struct stp_bpdu_msti){
			.mstid = (uint16_t)(i + 1),
			.flags = STP_MSG_ROLE_DESIGNATED << STP_F_ROLE_SHIFT,
			.rroot = MSTI_ID(i + 1, id),
			.bridge_priority = (uint8_t)(id >> 56),
			.port_priority = 0x80,
			.remaining_hops = 20,
		};
	return b;
}

static enum stp_role
role(unsigned int port, unsigned int t)
{
	return fix_tree(port, t)->role;
}

static void
identifier_of_the_configuration(void **state)
{
	struct stp_bridge_info info;

	(void)state;
	fix_up(1);
	FIX_SET(mst_revision, 0x0102);
	FIX_SET(mst_name[0], 'X');
	stp_bridge_show(fix.br, &info);
	assert_int_equal(fix.port[1].last.kind, STP_BPDU_MST);
	assert_memory_equal(&fix.port[1].last.mst_id, &info.mst_id, sizeof(info.mst_id));
	assert_memory_equal(info.mst_id.name, "X20000000050", 13);
	assert_int_equal(fix.port[1].bytes[71], 1);
	assert_int_equal(fix.port[1].bytes[72], 2);
	assert_int_equal(fix.port[1].last.n_msti, 2);
	assert_int_equal(fix.port[1].last.msti[0].mstid, 1); /* in order */
	assert_int_equal(fix.port[1].last.msti[1].mstid, 2);
	assert_int_equal(fix.port[1].len, 102 + 32);
}

static void
same_region_keeps_external_cost(void **state)
{
	struct stp_bpdu b = internal(BETTER, PEER);
	struct stp_tree_info info;

	(void)state;
	b.vec.ext_cost = 7;
	b.vec.rroot = PEER;
	fix_up(1);
	fix_hear(1, &b);
	stp_tree_show(fix.br, 0, &info);
	assert_int_equal(info.root.ext_cost, 7);
	assert_int_equal(info.root.int_cost, 20000);
	assert_true(info.root.rroot == PEER);
	assert_int_equal(info.times.remaining_hops, 19);
	assert_int_equal(info.times.message_age, 1); /* not within a region */
	assert_true(fix.port[1].p->infoInternal);
}

static void
other_region_costs_externally(void **state)
{
	struct stp_bpdu b = internal(BETTER, PEER);
	struct stp_tree_info info;

	(void)state;
	b.mst_id.digest[15] ^= 1;
	b.vec.int_cost = 55;
	fix_up(1);
	fix_hear(1, &b);
	stp_tree_show(fix.br, 0, &info);
	assert_int_equal(info.root.ext_cost, 20000);
	assert_int_equal(info.root.int_cost, 0);
	assert_true(info.root.rroot == OWN_ID);		  /* we are our region's root */
	assert_int_equal(X(1)->portPriority.int_cost, 0); /* the other region's is none of ours */
	assert_int_equal(info.times.message_age, 2);
	assert_int_equal(info.times.remaining_hops, 20);
	assert_false(fix.port[1].p->infoInternal);
	assert_int_equal(role(1, 0), STP_ROLE_ROOT);
	assert_int_equal(role(1, 1), STP_ROLE_MASTER);
	assert_int_equal(role(1, 2), STP_ROLE_MASTER);
}

static void
each_part_of_the_identifier_counts(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		struct stp_bpdu b = internal(BETTER, PEER);

		fix_up(1);
		fix_hear(1, &b);
		assert_true(fix.port[1].p->rcvdInternal); /* the control */
		b.mst_id.selector ^= i == 0;
		b.mst_id.name[31] ^= i == 1;
		b.mst_id.revision ^= (rte_be16_t)(i == 2);
		b.mst_id.digest[0] ^= i == 3;
		fix_hear(1, &b);
		assert_false(fix.port[1].p->rcvdInternal);
		fix_down(1);
	}
}

static void
instances_have_their_own_roots(void **state)
{
	struct stp_bpdu b = internal(BETTER, PEER);
	struct stp_tree_info info;

	(void)state;
	assert_int_equal(stp_tree_set_priority(fix.br, 2, 0, NULL), 0);
	fix_up(1);
	fix_up(2);
	fix_hear(1, &b);
	assert_int_equal(role(1, 0), STP_ROLE_ROOT);
	assert_int_equal(role(1, 1), STP_ROLE_ROOT);
	assert_int_equal(role(1, 2), STP_ROLE_DESIGNATED); /* here we are better */
	stp_tree_show(fix.br, 2, &info);
	assert_true(info.root.rroot == (2ULL << 48 | OWN_MAC));
	assert_int_equal(info.root_port, 0);
	stp_tree_show(fix.br, 1, &info);
	assert_true(info.root.rroot == MSTI_ID(1, PEER));
	assert_int_equal(info.root.int_cost, 20000);
	assert_int_equal(fix.port[2].last.msti[1].bridge_priority, 0);
	assert_int_equal(fix.port[2].last.msti[0].bridge_priority, 0x80);
	assert_int_equal(fix.port[2].last.msti[0].remaining_hops, 19);
}

static void
two_instances_block_different_ports(void **state)
{
	struct stp_bpdu a = internal(BETTER, BETTER), b = a;

	(void)state;
	b.vec.port = 0x8002;
	fix_up(1);
	fix_up(2);
	fix_hear(1, &a);
	fix_hear(2, &b);
	assert_int_equal(stp_port_tree_set(fix.port[1].p, 2, 30000, 128, NULL), 0);
	fix_hear(1, &a);
	fix_hear(2, &b);
	assert_int_equal(role(1, 0), STP_ROLE_ROOT);
	assert_int_equal(role(1, 1), STP_ROLE_ROOT);
	assert_int_equal(role(1, 2), STP_ROLE_ALTERNATE);
	assert_int_equal(role(2, 1), STP_ROLE_ALTERNATE);
	assert_int_equal(role(2, 2), STP_ROLE_ROOT);
	assert_int_equal(fix.port[1].state[1], STP_FORWARDING);
	assert_int_equal(fix.port[1].state[2], STP_BLOCKING);
	assert_int_equal(fix.port[2].state[1], STP_BLOCKING);
	assert_int_equal(fix.port[2].state[2], STP_FORWARDING);
}

/* 13.27.30: its own hops, not the CIST's. */
static void
hops_end_what_goes_round(void **state)
{
	struct stp_bpdu b = internal(BETTER, PEER);

	(void)state;
	fix_up(1);
	b.msti[0].remaining_hops = 1;
	b.msti[1].remaining_hops = 2;
	fix_hear(1, &b);
	assert_int_equal(role(1, 0), STP_ROLE_ROOT);
	assert_int_equal(role(1, 1), STP_ROLE_DESIGNATED);
	assert_int_equal(role(1, 2), STP_ROLE_ROOT);
	b.times.remaining_hops = 1;
	fix_hear(1, &b);
	assert_int_equal(role(1, 0), STP_ROLE_DESIGNATED);
}

static void
messages_of_unknown_instances_are_skipped(void **state)
{
	struct stp_bpdu b = internal(BETTER, PEER);

	(void)state;
	b.msti[0].mstid = 77;
	b.msti[0].rroot = MSTI_ID(77, PEER);
	fix_up(1);
	assert_int_equal(fix_hear(1, &b), STP_RX_OK);
	assert_int_equal(role(1, 1), STP_ROLE_DESIGNATED);
	assert_int_equal(role(1, 2), STP_ROLE_ROOT);
}

static void
boundary_follows_the_cist(void **state)
{
	struct stp_bpdu b = fix_rst(BETTER, 0, BETTER), c = fix_rst(BETTER, 5, PEER);

	(void)state;
	fix_up(1);
	fix_up(2);
	fix_up(3);
	fix_hear_flags(1, b, STP_MSG_ROLE_DESIGNATED, STP_F_PROPOSAL);
	fix_hear(2, &c);
	assert_int_equal(role(2, 0), STP_ROLE_ALTERNATE);
	assert_int_equal(role(2, 1), STP_ROLE_ALTERNATE);
	assert_int_equal(role(3, 0), STP_ROLE_DESIGNATED);
	assert_int_equal(role(3, 1), STP_ROLE_DESIGNATED);
	assert_int_equal(role(1, 1), STP_ROLE_MASTER);
	for (unsigned int m = 0; m < 3; m++) {
		assert_int_equal(fix.port[1].state[m], STP_FORWARDING);
		assert_int_equal(fix.port[2].state[m], STP_BLOCKING);
	}
	fix.port[3].last.kind = STP_BPDU_RST;
	fix_agree(3); /* an RST BPDU speaks for all instances */
	for (unsigned int m = 0; m < 3; m++)
		assert_int_equal(fix.port[3].state[m], STP_FORWARDING);
	fix_down(1);
	assert_int_equal(role(2, 1), STP_ROLE_MASTER);
	assert_int_equal(fix.port[2].state[0], STP_FORWARDING);
	/* What port 3 says got worse: an instance goes on when all agree again, or by its timer. */
	assert_int_equal(fix.port[2].state[1], STP_LISTENING);
	fix_ticks(2);
	fix_hear(2, &c);
	assert_int_equal(fix.port[2].state[1], STP_LEARNING);
	fix_ticks(2);
	assert_int_equal(fix.port[2].state[1], STP_FORWARDING);
}

/* 13.27.18, 13.27.14: an instance is asked and answers by itself. */
static void
proposals_by_instance(void **state)
{
	struct stp_bpdu b = internal(BETTER, PEER);

	(void)state;
	fix_up(1);
	fix_up(2);
	fix_hear(1, &b);
	fix_ticks(1);
	b.msti[0].flags |= STP_F_PROPOSAL;
	fix_hear(1, &b);
	assert_true(fix.port[1].last.msti[0].flags & STP_F_AGREEMENT);
	b = internal(OWN_ID, PEER); /* what a root port answers */
	b.vec = fix.port[2].last.vec;
	b.vec.bridge = PEER;
	b.vec.int_cost += 20000;
	b.flags = STP_MSG_ROLE_ROOT << STP_F_ROLE_SHIFT;
	b.msti[0].rroot = fix.port[2].last.msti[0].rroot;
	b.msti[0].int_cost = 40000;
	b.msti[0].flags = STP_MSG_ROLE_ROOT << STP_F_ROLE_SHIFT | STP_F_AGREEMENT;
	b.n_msti = 1;
	fix_hear(2, &b);
	assert_int_equal(fix.port[2].state[1], STP_FORWARDING);
	assert_int_equal(fix.port[2].state[0], STP_LISTENING);
	assert_int_equal(fix.port[2].state[2], STP_LISTENING);
}

/* What an instance heard of is void when the port turns out to be at the boundary. */
static void
region_that_changes_leaves_no_root_behind(void **state)
{
	struct stp_bpdu b = internal(BETTER, PEER), c = fix_rst(BEST, 0, PEER);

	(void)state;
	fix_up(1);
	fix_hear(1, &b);
	assert_int_equal(role(1, 1), STP_ROLE_ROOT);
	fix_hear(1, &c);
	assert_int_equal(role(1, 1), STP_ROLE_MASTER);
	assert_true(fix.br->tree[1].rootPriority.rroot == MSTI_ID(1, OWN_ID));
	assert_int_equal(fix.br->tree[1].rootPortId, 0);
}

/* The CIST's root port goes on, the way out of the region waits for all ports of the instance. */
static void
new_way_out_waits_for_all(void **state)
{
	struct stp_bpdu b = fix_rst(BETTER, 0, BETTER);

	(void)state;
	FIX_PORT_SET(3, edge, STP_OFF);
	fix_up(2);
	fix.port[2].last.kind = STP_BPDU_RST;
	fix_agree(2);
	fix_up(3);
	fix_ticks(20);
	assert_int_equal(fix.port[3].state[1], STP_LEARNING);
	fix_hear(2, &b);
	assert_int_equal(role(2, 0), STP_ROLE_ROOT);
	assert_int_equal(role(2, 1), STP_ROLE_MASTER);
	assert_int_equal(fix.port[2].state[0], STP_FORWARDING);
	assert_int_equal(fix.port[2].state[1], STP_LISTENING);
	fix_hear_flags(2, b, STP_MSG_ROLE_DESIGNATED, STP_F_PROPOSAL);
	assert_int_equal(fix.port[3].state[1], STP_LISTENING);
	assert_int_equal(fix.port[2].state[1], STP_FORWARDING);
}

/* 13.27.18: who is of another region speaks for all instances. */
static void
proposal_from_outside_is_for_all(void **state)
{
	struct stp_bpdu b = fix_rst(BETTER, 0, BETTER), inside = internal(WORSE, WORSE);

	(void)state;
	FIX_PORT_SET(3, edge, STP_OFF);
	fix_up(1);
	fix_up(3);
	inside.n_msti = 0; /* port 3 is within the region */
	fix_hear_flags(3, inside, STP_MSG_ROLE_ROOT, 0);
	fix_ticks(20);
	fix_tree(3, 1)->synced = fix_tree(3, 2)->synced = false; /* as by worse information */
	for (unsigned int m = 0; m < 3; m++)
		assert_int_equal(fix.port[3].state[m], STP_LEARNING); /* by timer, nobody agreed */
	fix_hear_flags(1, b, STP_MSG_ROLE_DESIGNATED, STP_F_PROPOSAL);
	for (unsigned int m = 0; m < 3; m++) {
		assert_int_equal(fix.port[3].state[m], STP_LISTENING);
		assert_int_equal(fix.port[1].state[m], STP_FORWARDING);
	}
	assert_true(fix.port[1].last.flags & STP_F_AGREEMENT);
}

/* 13.12: the CIST stops at the boundary, where the instances see no reason to. */
static void
boundary_stops_with_the_cist(void **state)
{
	struct stp_bpdu b = internal(BETTER, PEER);

	(void)state;
	fix_up(1);
	fix_up(2);
	fix_hear(1, &b);
	fix.port[2].last.kind = STP_BPDU_RST;
	fix_agree(2);
	for (unsigned int m = 0; m < 3; m++)
		assert_int_equal(fix.port[2].state[m], STP_FORWARDING);
	b.vec.ext_cost = 500; /* worse: the agreement is void */
	b.flags |= STP_F_PROPOSAL;
	fix_hear(1, &b);
	for (unsigned int m = 0; m < 3; m++)
		assert_int_equal(fix.port[2].state[m], STP_LISTENING);
	assert_int_equal(fix.port[1].state[1], STP_FORWARDING);
	fix.port[2].last.kind = STP_BPDU_RST;
	fix_agree(2);
	for (unsigned int m = 0; m < 3; m++)
		assert_int_equal(fix.port[2].state[m], STP_FORWARDING);
}

static void
agreement_under_another_regional_root_is_void(void **state)
{
	struct stp_bpdu b;

	(void)state;
	fix_up(2);
	b = internal(OWN_ID, PEER);
	b.vec = fix.port[2].last.vec;
	b.vec.bridge = PEER;
	b.vec.rroot = WORSE; /* not ours */
	b.flags = STP_MSG_ROLE_ROOT << STP_F_ROLE_SHIFT;
	b.msti[0].rroot = fix.port[2].last.msti[0].rroot;
	b.msti[0].int_cost = 40000;
	b.msti[0].flags = STP_MSG_ROLE_ROOT << STP_F_ROLE_SHIFT | STP_F_AGREEMENT;
	fix_hear(2, &b);
	assert_int_equal(fix.port[2].state[1], STP_LISTENING);
}

static void
change_in_an_instance_stays_there(void **state)
{
	struct stp_bpdu b = internal(BETTER, PEER);

	(void)state;
	fix_up(1);
	fix_up(2);
	fix_hear(1, &b);
	for (int i = 0; i < 20; i++) {
		fix_ticks(2);
		fix_hear(1, &b);
	}
	assert_int_equal(fix.port[2].state[1], STP_FORWARDING); /* edge by now */
	FIX_PORT_SET(2, edge, STP_OFF);
	fix_ticks(4);
	fix_hear(1, &b);
	fix_ticks(2);
	fix_clear();
	b.msti[0].flags |= STP_F_TC;
	fix_hear(1, &b);
	assert_int_equal(fix_tree(2, 1)->tcWhile, 3);
	assert_int_equal(fix_tree(2, 0)->tcWhile, 0);
	assert_int_equal(fix_tree(2, 2)->tcWhile, 0);
	assert_int_equal(fix.port[2].flushed, 1);
	assert_true(fix.port[2].last.msti[0].flags & STP_F_TC);
	assert_false(fix.port[2].last.flags & STP_F_TC);
}

static void
change_from_outside_is_for_all(void **state)
{
	struct stp_bpdu b = fix_rst(BETTER, 0, BETTER);

	(void)state;
	FIX_PORT_SET(2, edge, STP_OFF);
	fix_up(1);
	fix_up(2);
	fix_hear(1, &b);
	for (int i = 0; i < 20; i++) {
		fix_ticks(2);
		fix_hear(1, &b);
	}
	fix_clear();
	fix_hear_flags(1, b, STP_MSG_ROLE_DESIGNATED, STP_F_TC);
	for (unsigned int t = 0; t < 3; t++)
		assert_int_equal(fix_tree(2, t)->tcWhile, 3);
	assert_int_equal(fix.port[2].flushed, 3);
	fix_ticks(4);
	fix_hear(1, &b);
	fix_clear();
	b = fix_tcn(); /* so is a TCN */
	fix_hear(1, &b);
	for (unsigned int t = 0; t < 3; t++)
		assert_int_equal(fix_tree(2, t)->tcWhile, 3);
}

/* 13.25.23 */
static void
master_flag_shows_the_way_out(void **state)
{
	struct stp_bpdu b = fix_rst(BETTER, 0, BETTER);

	(void)state;
	fix_up(1);
	fix_up(2);
	fix_ticks(2);
	assert_false(fix.port[2].last.msti[0].flags & STP_F_MASTER);
	fix_hear(1, &b);
	fix_ticks(2);
	assert_true(fix.port[2].last.msti[0].flags & STP_F_MASTER);
	b = internal(WORSE, WORSE); /* another one has it */
	b.flags = STP_MSG_ROLE_ROOT << STP_F_ROLE_SHIFT;
	b.msti[0].flags |= STP_F_MASTER;
	fix_up(3);
	fix_down(1);
	fix_hear(3, &b);
	fix_ticks(2);
	assert_true(fix.port[2].last.msti[0].flags & STP_F_MASTER);
	assert_false(fix.port[3].last.msti[0].flags & STP_F_MASTER);
	assert_false(fix.port[2].last.msti[1].flags & STP_F_MASTER);
	b = fix_rst(WORSE, 0, WORSE); /* port 3 leads out of the region now */
	fix_hear(3, &b);
	fix_ticks(2);
	assert_false(fix.port[2].last.msti[0].flags & STP_F_MASTER);
}

/* 13.27.25 */
static void
new_regional_root_voids_agreements(void **state)
{
	struct stp_bpdu b = internal(BETTER, PEER), out = fix_rst(BEST, 0, BEST);

	(void)state;
	fix_up(1);
	fix_hear(1, &b);
	fix_tree(1, 1)->agreed = fix_tree(1, 1)->synced = fix_tree(1, 1)->agree = true;
	fix_up(2);
	fix_hear(2, &out); /* now we are */
	assert_true(fix.br->tree[0].rootPriority.rroot == OWN_ID);
	assert_false(fix_tree(1, 1)->agreed);
	assert_int_equal(role(2, 1), STP_ROLE_MASTER);
}

static void
stp_bridge_sees_this_bridge_not_the_region(void **state)
{
	struct stp_bpdu b = internal(BETTER, PEER), c = fix_config(WORSE, 0, WORSE);

	(void)state;
	fix_up(1);
	fix_up(2);
	fix_ticks(3);
	b.vec.ext_cost = 100;
	fix_hear(1, &b);
	assert_true(fix.port[2].last.vec.rroot == PEER);
	fix_hear(2, &c);
	fix_ticks(1);
	assert_int_equal(fix.port[2].last.kind, STP_BPDU_CONFIG);
	assert_true(fix.port[2].last.vec.bridge == OWN_ID);
	assert_int_equal(fix.port[2].last.vec.ext_cost, 100);
}

/* 13.9: between this bridge and an STP bridge their own identifiers decide, not the region's. */
static void
tie_with_an_stp_bridge(void **state)
{
	struct stp_bpdu b = internal(BETTER, PEER);
	struct stp_bpdu c = fix_config(BETTER, 100, 0x8000ULL << 48 | 0x020000000010ULL);

	(void)state;
	fix_up(1);
	fix_up(2);
	fix_ticks(3);
	b.vec.ext_cost = 100;
	fix_hear(1, &b);
	assert_true(fix.br->tree[0].rootPriority.rroot < c.vec.bridge);
	fix_hear(2, &c); /* from now on we speak STP there */
	fix_hear(2, &c);
	assert_role(2, alternate);
	c = fix_config(BETTER, 100, OWN_ID + 1);
	fix_hear(2, &c);
	fix_ticks(6);
	fix_hear(1, &b);
	assert_role(2, designated);
}

/* 13.35: on a shared LAN somebody does not hear the designated bridge. */
static void
disputed_root_port_stops(void **state)
{
	struct stp_bpdu b = internal(BETTER, BETTER), c = internal(WORSE, WORSE);

	(void)state;
	fix_up(1);
	fix_hear(1, &b);
	assert_state(1, FORWARDING);
	c.flags |= STP_F_LEARNING;
	fix_hear(1, &c);
	assert_role(1, root);
	assert_state(1, LISTENING);
	assert_int_equal(X(1)->rbWhile, 6);
}

static void
vlans_move_between_instances(void **state)
{
	uint8_t vlans[512] = { 0 };
	struct stp_tree_info info;

	(void)state;
	assert_int_equal(stp_vlan_mstid(fix.br, 10), 1);
	assert_int_equal(stp_vlan_mstid(fix.br, 20), 2);
	assert_int_equal(stp_vlan_mstid(fix.br, 30), 0);
	vlan(vlans, 20);
	vlan(vlans, 30);
	assert_int_equal(stp_msti_set_vlans(fix.br, 1, vlans, NULL), 0);
	assert_int_equal(stp_vlan_mstid(fix.br, 10), 0);
	assert_int_equal(stp_vlan_mstid(fix.br, 20), 1);
	assert_int_equal(stp_vlan_mstid(fix.br, 30), 1);
	stp_tree_show(fix.br, 1, &info);
	assert_int_equal(info.n_vlans, 2);
	stp_tree_show(fix.br, 0, &info);
	assert_int_equal(info.n_vlans, 4092);
	assert_int_equal(stp_msti_del(fix.br, 1, NULL), 0);
	assert_int_equal(stp_vlan_mstid(fix.br, 20), 0);
	FIX_SET(version, STP_VERSION_RSTP);
	assert_int_equal(stp_vlan_mstid(fix.br, 20), 0);
	assert_int_equal(stp_tree_show(fix.br, 1, &info), -2);
}

static void
rstp_reads_mst_as_rst(void **state)
{
	struct stp_bpdu b = internal(BETTER, PEER);

	(void)state;
	FIX_SET(version, STP_VERSION_RSTP);
	fix_up(1);
	b.vec.int_cost = 9;
	fix_hear(1, &b);
	assert_role(1, root);
	assert_int_equal(fix.br->tree[0].rootPriority.ext_cost, 20000);
	assert_int_equal(fix.br->tree[0].rootPriority.int_cost, 0);
	assert_false(fix.port[1].p->rcvdInternal);
	assert_int_equal(fix.port[1].last.kind, STP_BPDU_RST);
}

static void
sixty_four_instances_in_one_bpdu(void **state)
{
	const char *why = NULL;

	(void)state;
	for (uint16_t m = 3; m <= 64; m++)
		assert_int_equal(stp_msti_add(fix.br, (uint16_t)(4094 - m), NULL), 0);
	assert_int_equal(stp_msti_add(fix.br, 500, &why), -28);
	assert_string_equal(why, "there are 64 instances at the most");
	fix_up(1);
	assert_int_equal(fix.port[1].last.n_msti, 64);
	assert_int_equal(fix.port[1].len, STP_BPDU_MAX);
	for (unsigned int i = 1; i < 64; i++)
		assert_true(fix.port[1].last.msti[i - 1].mstid < fix.port[1].last.msti[i].mstid);
}

#define T(name) cmocka_unit_test_setup_teardown(name, start, fix_stop)
int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(identifier_of_the_configuration),
		T(same_region_keeps_external_cost),
		T(other_region_costs_externally),
		T(each_part_of_the_identifier_counts),
		T(instances_have_their_own_roots),
		T(two_instances_block_different_ports),
		T(hops_end_what_goes_round),
		T(messages_of_unknown_instances_are_skipped),
		T(boundary_follows_the_cist),
		T(proposals_by_instance),
		T(region_that_changes_leaves_no_root_behind),
		T(new_way_out_waits_for_all),
		T(proposal_from_outside_is_for_all),
		T(boundary_stops_with_the_cist),
		T(agreement_under_another_regional_root_is_void),
		T(change_in_an_instance_stays_there),
		T(change_from_outside_is_for_all),
		T(master_flag_shows_the_way_out),
		T(new_regional_root_voids_agreements),
		T(stp_bridge_sees_this_bridge_not_the_region),
		T(tie_with_an_stp_bridge),
		T(disputed_root_port_stops),
		T(vlans_move_between_instances),
		T(rstp_reads_mst_as_rst),
		T(sixty_four_instances_in_one_bpdu),
	};

	return cmocka_run_group_tests_name("stp/mstp", tests, NULL, NULL);
}
