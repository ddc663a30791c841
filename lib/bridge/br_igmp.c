/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IGMP that workers have seen (lengths and checksums are right): reports, leaves, queries; and
 * routers by PIM and MRD.
 */
#include <string.h>
#include "bridge/br_priv.h"
#include "core/msg.h"

#define MESSAGE_MAX 9216 /* of a jumbo frame: what is longer is not read to its end */

/* A message, and where it came by. */
struct heard {
	struct net_bridge *br;
	struct br_port *port; /* NULL: the bridge's own device */
	struct br_mc_ctx *ctx;
	uint16_t vid;
	rte_be32_t from;
	uint8_t proto;
	const uint8_t *igmp;
	uint32_t len;
};

static struct br_mdb_key
key_of(const struct heard *h, rte_be32_t group)
{
	return (struct br_mdb_key){ .kind = BR_MDB_IP4, .dst = group, .vid = h->vid };
}

static rte_be32_t
group_at(const uint8_t *p)
{
	rte_be32_t group;

	memcpy(&group, p, sizeof(group));
	return group;
}

static uint16_t
u16_at(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

/* --- reports --- */

/* Somebody wants the group. NULL: nobody can, or there is no room. */
static struct br_mc_member *
join(const struct heard *h, rte_be32_t group) CTL_ONLY
{
	struct br_mdb_key key = key_of(h, group);
	struct br_mc_member *m;

	/* RFC 4541 2.1.2 (2): those always flood. */
	if (!igmp_is_group(group) || igmp_is_link_local(group))
		return NULL;
	m = br_mc_join(h->br, h->port, &key);
	return m != NULL && !m->permanent ? m : NULL;
}

static void
report(const struct heard *h, rte_be32_t group) CTL_ONLY
{
	struct br_mc_member *m = join(h, group);
	struct br_mc_times t;

	if (m == NULL)
		return;
	br_mc_times(h->ctx, &t);
	br_igmp3_v2_report(&m->f, clock_ms(), &t);
	br_mc_changed(m);
}

static struct br_mc_member *
member(const struct heard *h, rte_be32_t group) CTL_ONLY
{
	struct br_mdb_key key = key_of(h, group);
	struct br_mc_group *g = br_mc_group_find(h->br, &key);
	struct br_mc_member *m = g != NULL ? br_mc_member_of(g, h->port) : NULL;

	return m != NULL && !m->permanent ? m : NULL;
}

/* RFC 2236 3: ask whether anybody is left there, unless another querier does; RFC 4541 2.1.1: the
 * port of a single host need not be asked. */
static void
leave(const struct heard *h, rte_be32_t group) CTL_ONLY
{
	struct br_mc_member *m = member(h, group);
	struct br_mc_times t;

	if (m == NULL)
		return;
	if (h->port != NULL && h->port->flags & BR_PORT_FAST_LEAVE) {
		br_mc_leave(m);
		return;
	}
	br_mc_times(h->ctx, &t);
	br_igmp3_v2_leave(&m->f, clock_ms(), &t);
	br_mc_changed(m);
}

/* A record of version 3 to a bridge of version 2, as Linux takes it: sources do not count. */
static void
record_v2(const struct heard *h, enum igmp_record type, rte_be32_t group, unsigned int n) CTL_ONLY
{
	if (n == 0 && (type == IGMP_TO_IN || type == IGMP_IS_IN))
		leave(h, group);
	else
		report(h, group);
}

static void
record(const struct heard *h, enum igmp_record type, rte_be32_t group, const uint8_t *src,
       unsigned int n) CTL_ONLY
{
	struct br_mc_member *m;
	struct br_mc_times t;

	if (h->ctx->conf.igmp_version == 2) {
		record_v2(h, type, group, n);
		return;
	}
	if (n == 0 && type == IGMP_TO_IN && h->port != NULL &&
	    h->port->flags & BR_PORT_FAST_LEAVE) {
		leave(h, group);
		return;
	}
	m = type == IGMP_BLOCK || (n == 0 && (type == IGMP_TO_IN || type == IGMP_IS_IN))
		    ? member(h, group)
		    : join(h, group);
	if (m == NULL)
		return;
	br_mc_times(h->ctx, &t);
	if (n > 0 && !br_mc_sources(m)) { /* no memory for sources: all are wanted */
		type = IGMP_IS_EX;
		n = 0;
	}
	br_igmp3_record(&m->f, type, src, n, clock_ms(), &t);
	br_mc_changed(m);
}

/* RFC 3376 4.2. What is cut short ends it; what came before counts. */
static void
report_v3(const struct heard *h) CTL_ONLY
{
	unsigned int records = u16_at(h->igmp + 6);
	uint32_t at = IGMP_LEN;

	while (records-- > 0 && at + IGMP_V3_RECORD_LEN <= h->len) {
		const uint8_t *r = h->igmp + at;
		unsigned int n = u16_at(r + 2);

		at += IGMP_V3_RECORD_LEN + n * 4;
		if (at > h->len)
			return;
		at += r[1] * 4u; /* auxiliary data */
		if (r[0] >= IGMP_IS_IN && r[0] <= IGMP_BLOCK)
			record(h, (enum igmp_record)r[0], group_at(r + 4), r + IGMP_V3_RECORD_LEN,
			       n);
	}
}

/* --- queries --- */

/* RFC 3376 6.6.1: another asks for one group, or for sources in it: not by our port alone. */
static void
group_query(const struct heard *h, rte_be32_t group, uint64_t ms, bool suppress) CTL_ONLY
{
	struct br_mdb_key key = key_of(h, group);
	struct br_mc_group *g = br_mc_group_find(h->br, &key);
	bool v3 = h->len >= IGMP_V3_QUERY_LEN;
	unsigned int n = v3 ? u16_at(h->igmp + 10) : 0;

	if (g == NULL || suppress || (v3 && IGMP_V3_QUERY_LEN + n * 4 > h->len))
		return;
	for (struct br_mc_member *m = g->members, *next; m != NULL; m = next) {
		next = m->next;
		if (m->permanent)
			continue;
		br_igmp3_query(&m->f, h->igmp + IGMP_V3_QUERY_LEN, n, clock_ms(),
			       ms * h->ctx->conf.last_count);
		br_mc_changed(m);
	}
}

static void
query(const struct heard *h) CTL_ONLY
{
	rte_be32_t group = group_at(h->igmp + 4);
	uint64_t ms = h->igmp[1] * 100ull;
	bool v3 = h->len >= IGMP_V3_QUERY_LEN;

	if (!v3 && h->igmp[1] == 0) { /* RFC 2236 4: version 1 asks for all, and waits 10 s */
		group = 0;
		ms = 10000;
	} else if (v3) {
		ms = igmp_v3_value(h->igmp[1]) * 100ull;
	}
	if (group == 0)
		br_mc_heard_query(h->ctx, h->port, h->from, ms);
	else
		group_query(h, group, ms, v3 && h->igmp[8] & IGMP_V3_SUPPRESS);
}

/* --- dispatch --- */

static void
receive(const struct heard *h) CTL_ONLY
{
	struct br_mcast_stats *st = &br_ctl(h->br)->mc.count;

	if (h->proto != IPPROTO_IGMP_ || h->igmp[0] == IGMP_MRD_ADVERT) {
		br_mc_mark_router(h->ctx, h->port);
		return;
	}
	switch (h->igmp[0]) {
	case IGMP_V1_REPORT:
	case IGMP_V2_REPORT:
		st->rx_report[h->igmp[0] == IGMP_V1_REPORT ? 1 : 2]++;
		report(h, group_at(h->igmp + 4));
		break;
	case IGMP_V3_REPORT:
		st->rx_report[3]++;
		report_v3(h);
		break;
	case IGMP_LEAVE:
		st->rx_leave++;
		leave(h, group_at(h->igmp + 4));
		break;
	case IGMP_QUERY:
		st->rx_query[h->len >= IGMP_V3_QUERY_LEN ? 3 : h->igmp[1] != 0 ? 2 : 1]++;
		query(h);
		break;
	}
}

/* Where the message begins, and what the header says of it. false: not what the worker saw. */
static bool
read_headers(struct heard *h, struct rte_mbuf *m, uint32_t l3, uint8_t *copy)
{
	struct rte_ipv4_hdr ip;
	const void *p = rte_pktmbuf_read(m, l3, sizeof(ip), copy);
	uint32_t hlen, total;

	if (p == NULL)
		return false;
	memcpy(&ip, p, sizeof(ip));
	hlen = (ip.version_ihl & 0xfu) * 4;
	total = rte_be_to_cpu_16(ip.total_length);
	if (total <= hlen)
		return false;
	h->from = ip.src_addr;
	h->proto = ip.next_proto_id;
	h->len = RTE_MIN(total - hlen, (uint32_t)MESSAGE_MAX);
	h->igmp = rte_pktmbuf_read(m, l3 + hlen, h->len, copy);
	return h->igmp != NULL;
}

/* The port or bridge of that index; false: snooping is no longer on there. */
static bool
find_place(struct heard *h, struct net_device *dev) CTL_ONLY
{
	if (dev == NULL)
		return false;
	h->port = br_port_of(dev);
	h->br = h->port != NULL ? h->port->br : br_of(dev);
	if (h->br == NULL ||
	    (h->vid != 0 && h->port != NULL && !br_vlan_has(h->port->vlans->member, h->vid)))
		return false;
	h->ctx = br_mc_ctx_of(h->br, h->vid);
	return h->ctx != NULL && br_mc_is_on(h->ctx);
}

void
br_igmp_msg(struct ctl_msg *msg)
{
	static uint8_t copy[MESSAGE_MAX];
	struct sk_buff *skb = msg->pkt;
	struct heard h = { .vid = (uint16_t)msg->arg2 };
	struct net_device *dev;

	role_enter_ctl();
	role_borrow_dp();
	dev = dev_get_by_index(msg->arg);
	skb->dev = dev;
	if (!find_place(&h, dev)) {
		kfree_skb_reason(worker_ctl(), skb, DROP_NETDEV_GONE);
		return;
	}
	if (!read_headers(&h, skb_mbuf(skb), (uint32_t)(msg->arg2 >> 16), copy)) {
		kfree_skb_reason(worker_ctl(), skb, DROP_BR_BAD_IGMP);
		return;
	}
	receive(&h);
	consume_skb(worker_ctl(), skb);
}
