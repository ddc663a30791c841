/* SPDX-License-Identifier: BSD-3-Clause */
/* What goes first when a port does not take what it is given. */
#include <string.h>
#include "ethdev/ethdev_dp.h"

#define TAGS_LOOK     2
#define PRECEDENCE_IC 0xc0 /* RFC 791 3.1: internetwork control; 0xe0 is network control */

uint64_t ethdev_ctl_flag;

/* 01-80-C2-00-00-00 to 0F: the groups of the link itself. */
static bool
is_reserved_group(const struct rte_ether_addr *a)
{
	static const uint8_t base[5] = { 0x01, 0x80, 0xc2, 0x00, 0x00 };

	return memcmp(a->addr_bytes, base, sizeof(base)) == 0 && a->addr_bytes[5] <= 0x0f;
}

bool
ethdev_is_control(const struct rte_mbuf *m)
{
	uint32_t at = RTE_ETHER_HDR_LEN - sizeof(rte_be16_t);
	uint8_t copy[RTE_ETHER_HDR_LEN];
	const uint8_t *p;

	if (m->ol_flags & ethdev_ctl_flag)
		return true;
	p = rte_pktmbuf_read(m, 0, RTE_ETHER_HDR_LEN, copy);
	if (p == NULL)
		return false;
	if (is_reserved_group(&((const struct rte_ether_hdr *)p)->dst_addr))
		return true;
	for (unsigned int tags = 0; tags <= TAGS_LOOK; tags++, at += RTE_VLAN_HLEN) {
		p = rte_pktmbuf_read(m, at, 4, copy); /* type, and two bytes behind it */
		if (p == NULL)
			return false;
		switch (p[0] << 8 | p[1]) {
		case RTE_ETHER_TYPE_ARP:
			return true;
		case RTE_ETHER_TYPE_IPV4:
			return p[3] >= PRECEDENCE_IC;
		case RTE_ETHER_TYPE_VLAN:
		case RTE_ETHER_TYPE_QINQ:
			continue;
		default:
			return false;
		}
	}
	return false;
}

/* Control class to the front; the order within each class stays. */
static void
sort_by_class(struct ethdev_txq *q)
{
	struct rte_mbuf *rest[ETHDEV_TX_BUF + ETHDEV_TX_SPARE];
	unsigned int n = 0;

	q->n_ctl = 0;
	for (unsigned int i = 0; i < q->n; i++)
		if (ethdev_is_control(q->buf[i]))
			q->buf[q->n_ctl++] = q->buf[i];
		else
			rest[n++] = q->buf[i];
	memcpy(q->buf + q->n_ctl, rest, n * sizeof(rest[0]));
}

void
ethdev_txq_left(struct ethdev_txq *q, unsigned int sent)
{
	q->n = (uint16_t)(q->n - sent);
	if (sent > 0)
		memmove(q->buf, q->buf + sent, q->n * sizeof(q->buf[0]));
	if (q->congested) {
		q->n_ctl = (uint16_t)(q->n_ctl - RTE_MIN(q->n_ctl, sent));
		return;
	}
	q->congested = true;
	sort_by_class(q);
}

struct rte_mbuf *
ethdev_txq_insert(struct ethdev_txq *q, struct rte_mbuf *m)
{
	struct rte_mbuf *loser = NULL;

	if (!ethdev_is_control(m)) {
		if (q->n >= ETHDEV_TX_BUF)
			return m;
		q->buf[q->n++] = m;
		return NULL;
	}
	if (q->n == RTE_DIM(q->buf)) {
		if (q->n_ctl == q->n)
			return m;
		loser = q->buf[--q->n]; /* the newest of the others */
	}
	memmove(q->buf + q->n_ctl + 1, q->buf + q->n_ctl, (q->n - q->n_ctl) * sizeof(q->buf[0]));
	q->buf[q->n_ctl++] = m;
	q->n++;
	return loser;
}
