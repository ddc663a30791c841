/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cycles of cutting a datagram and of putting one together, ours beside DPDK's librte_ip_frag,
 * without ports: frag_micro ROUNDS EAL... A datagram of 2000 bytes is cut for an MTU of 1500, and
 * its two fragments are put together; buffers are taken from a pool and given back within the time.
 * Output: NAME and cycles for each fragment of each turn.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ip_frag.h>
#include "core/timer.h"
#include "ip4/ip4_priv.h"

#define BATCH  32 /* datagrams */
#define TURN   512
#define TOTAL  2000u
#define MTU    1500u
#define FRAGS  2
#define MARGIN 14

static struct rte_mempool *pool;
static struct net_device dev;
static struct worker *w;
static unsigned int whole;

static void
send_none(struct worker *to, struct skb_vec *vec)
{
	for (uint16_t i = 0; i < vec->n; i++)
		rte_pktmbuf_free(skb_mbuf(vec->v[i]));
	vec->n = 0;
	(void)to;
}

static void
got_whole(struct worker *to, struct skb_vec *vec)
{
	whole += vec->n;
	send_none(to, vec);
}

static struct rte_mbuf *
datagram(uint16_t id)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	struct rte_ipv4_hdr *iph;
	struct sk_buff *skb;

	if (m == NULL)
		rte_exit(1, "no buffers\n");
	iph = (struct rte_ipv4_hdr *)rte_pktmbuf_append(m, TOTAL);
	*iph = (struct rte_ipv4_hdr){ .version_ihl = 0x45,
				      .total_length = rte_cpu_to_be_16(TOTAL),
				      .packet_id = rte_cpu_to_be_16(id),
				      .time_to_live = 64,
				      .next_proto_id = 17,
				      .src_addr = RTE_BE32(0x0a000001),
				      .dst_addr = RTE_BE32(0x0a000002) };
	ip_send_check(iph);
	m->l2_len = 0;
	m->l3_len = sizeof(*iph);
	skb = skb_init(m, &dev);
	skb->iif = 1;
	skb_reset_network_header(skb);
	return m;
}

/* --- ours --- */

static DP_ONLY uint64_t
cut_ours(struct rte_mbuf **in, bool share)
{
	struct skb_vec out = { .n = 0 };
	uint64_t t0;

	dev.features = share ? NETIF_F_SG : 0;
	t0 = rte_rdtsc_precise();
	for (unsigned int i = 0; i < BATCH; i++) {
		ip_fragment(w, skb_of(in[i]), MTU, send_none, &out);
		send_none(w, &out);
	}
	return rte_rdtsc_precise() - t0;
}

static DP_ONLY uint64_t
join_ours(struct rte_mbuf **in)
{
	struct skb_vec vec = { .n = 0 };
	uint64_t t0 = rte_rdtsc_precise();

	for (unsigned int i = 0; i < BATCH * FRAGS; i++) {
		skb_vec_push(&vec, skb_of(in[i]));
		if (vec.n < BATCH)
			continue;
		ip_defrag(w, &vec, IP_DEFRAG_FILTER);
		vec.n = 0;
	}
	return rte_rdtsc_precise() - t0;
}

/* --- librte_ip_frag --- */

static uint64_t
cut_theirs(struct rte_mbuf **in)
{
	struct rte_mbuf *out[4];
	uint64_t t0 = rte_rdtsc_precise();

	for (unsigned int i = 0; i < BATCH; i++) {
		int n = rte_ipv4_fragment_packet(in[i], out, RTE_DIM(out), MTU, pool, pool);

		for (int k = 0; k < n; k++) {
			struct rte_ipv4_hdr *iph = rte_pktmbuf_mtod(out[k], struct rte_ipv4_hdr *);

			iph->hdr_checksum = 0;
			iph->hdr_checksum = rte_ipv4_cksum(iph);
			rte_pktmbuf_free(out[k]);
		}
		rte_pktmbuf_free(in[i]);
	}
	return rte_rdtsc_precise() - t0;
}

static uint64_t
join_theirs(struct rte_ip_frag_tbl *tbl, struct rte_mbuf **in)
{
	struct rte_ip_frag_death_row dr = { .cnt = 0 };
	uint64_t t0 = rte_rdtsc_precise();

	for (unsigned int i = 0; i < BATCH * FRAGS; i++) {
		struct rte_mbuf *m = rte_ipv4_frag_reassemble_packet(
			tbl, &dr, in[i], rte_rdtsc(),
			rte_pktmbuf_mtod(in[i], struct rte_ipv4_hdr *));

		if (m != NULL) {
			whole++;
			rte_pktmbuf_free(m);
		}
		rte_ip_frag_free_death_row(&dr, 3);
	}
	return rte_rdtsc_precise() - t0;
}

/* --- turns --- */

static DP_ONLY void
fragments_of(uint16_t id, struct rte_mbuf **out)
{
	struct skb_vec vec = { .n = 0 };

	dev.features = 0;
	ip_fragment(w, skb_of(datagram(id)), MTU, send_none, &vec);
	for (unsigned int k = 0; k < FRAGS; k++) {
		out[k] = skb_mbuf(vec.v[k]);
		out[k]->l2_len = 0;
		out[k]->l3_len = sizeof(struct rte_ipv4_hdr);
		vec.v[k]->iif = 1;
	}
}

static DP_ONLY double
turn(unsigned int what, struct rte_ip_frag_tbl *tbl)
{
	struct rte_mbuf *in[BATCH * FRAGS];
	static uint16_t id;
	uint64_t sum = 0;

	for (unsigned int i = 0; i < TURN; i++) {
		for (unsigned int k = 0; k < BATCH; k++)
			if (what < 3)
				in[k] = datagram(id++);
			else
				fragments_of(id++, in + k * FRAGS);
		switch (what) {
		case 0:
			sum += cut_ours(in, true);
			break;
		case 1:
			sum += cut_ours(in, false);
			break;
		case 2:
			sum += cut_theirs(in);
			break;
		case 3:
			sum += join_ours(in);
			break;
		default:
			sum += join_theirs(tbl, in);
			break;
		}
	}
	return (double)sum / TURN / BATCH / FRAGS;
}

static const char *const names[] = { "cut-shared", "cut-copied", "cut-rte_ip_frag", "join",
				     "join-rte_ip_frag" };

static int
start(void)
{
	role_enter_ctl();
	w = worker_alloc(0, 0, 0);
	pool = skb_pool_create("micro", 8191, 2048 + RTE_PKTMBUF_HEADROOM, SOCKET_ID_ANY);
	if (w == NULL || pool == NULL)
		return -1;
	w->pool = pool;
	dev.real_dev = &dev;
	dev.mtu = MTU;
	dev.ifindex = 1;
	netdev_by_index_tab[1] = &dev;
	if (ip4_defrag_init() != 0)
		return -1;
	ip4_defrag_user(IP_DEFRAG_FILTER, got_whole);
	return 0;
}

int
main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 0;
	struct rte_ip_frag_tbl *tbl;

	if (rounds < 1) {
		fprintf(stderr, "usage: frag_micro ROUNDS EAL-OPTION...\n");
		return 2;
	}
	if (rte_eal_init(argc - 1, argv + 1) < 0 || start() != 0)
		return 1;
	role_enter_dp();
	tbl = rte_ip_frag_table_create(1024, 4, 4096, rte_get_tsc_hz(), SOCKET_ID_ANY);
	if (tbl == NULL)
		return 1;
	for (int i = 0; i < rounds; i++)
		for (unsigned int what = 0; what < RTE_DIM(names); what++)
			printf("%s %.1f\n", names[what], turn(what, tbl));
	/* Every datagram that was cut to be joined was joined, by both. */
	if (whole != (unsigned int)rounds * 2 * TURN * BATCH ||
	    rte_mempool_in_use_count(pool) != 0) {
		fprintf(stderr, "%u datagrams came out whole, %u buffers are missing\n", whole,
			rte_mempool_in_use_count(pool));
		return 1;
	}
	return 0;
}
