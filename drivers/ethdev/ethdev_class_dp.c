/* SPDX-License-Identifier: BSD-3-Clause */
/* What goes first when a port does not take what it is given. */
#include <string.h>
#include "ethdev/ethdev_dp.h"
#include "netdev/netdev_class_dp.h"

/* Control class to the front; the order within each class stays. */
static void
sort_by_class(struct ethdev_txq *q)
{
	struct rte_mbuf *rest[ETHDEV_TX_BUF + ETHDEV_TX_SPARE];
	unsigned int n = 0;

	q->n_ctl = 0;
	for (unsigned int i = 0; i < q->n; i++)
		if (netdev_class(q->buf[i]) != NETDEV_CLASS_DATA)
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
	enum netdev_class c = netdev_class(m);
	unsigned int places = RTE_DIM(q->buf) - netdev_class_kept(c, ETHDEV_TX_SPARE);
	struct rte_mbuf *loser = NULL;

	if (c == NETDEV_CLASS_DATA) {
		if (q->n >= places)
			return m;
		q->buf[q->n++] = m;
		return NULL;
	}
	if (q->n >= places) {
		if (q->n_ctl == q->n || q->n_ctl >= places)
			return m;
		loser = q->buf[--q->n]; /* the newest of the others */
	}
	memmove(q->buf + q->n_ctl + 1, q->buf + q->n_ctl, (q->n - q->n_ctl) * sizeof(q->buf[0]));
	q->buf[q->n_ctl++] = m;
	q->n++;
	return loser;
}
