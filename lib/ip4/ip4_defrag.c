/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <rte_random.h>
#include "ip4/ip4_defrag.h"
#include "ip4/ip4_priv.h"
#include "netdev/netdev.h"

#define BUCKETS 1024 /* a power of two; 4 MiB of memory hold some 1,800 fragments */

/* A datagram that is not complete. */
struct fragq {
	TAILQ_ENTRY(fragq) by_hash, by_age;
	rte_be32_t src, dst;
	rte_be16_t id;
	uint8_t proto;
	uint8_t ecn; /* bit for each ECN field seen (RFC 3168 5.3) */
	bool last_in;
	uint32_t end;	/* payload bytes; known with the last fragment */
	uint32_t have;	/* payload bytes that are here */
	uint32_t bytes; /* of buffers */
	uint64_t expires_ms;
	struct sk_buff *frags; /* by offset, no two overlap */
};
TAILQ_HEAD(fragq_list, fragq);

/* What a waiting fragment remembers, in skb->cb behind what the option parser found. */
struct frag_cb {
	struct ip_options opt;
	uint32_t off, len;
};
_Static_assert(sizeof(struct frag_cb) <= sizeof(((struct sk_buff *)0)->cb), "fits cb");

struct ip4_frag_conf ip4_frag_conf = {
	.ipfrag_high_thresh = 4 << 20,
	.ipfrag_low_thresh = 3 << 20,
	.ipfrag_time = 30,
};

static struct {
	struct fragq_list *bucket;
	struct fragq_list age; /* oldest first: all live equally long */
	uint32_t secret;
	uint64_t bytes;
	unsigned int datagrams, held;
} table;

static struct frag_cb *
cb(struct sk_buff *skb)
{
	return (struct frag_cb *)skb->cb;
}

static uint32_t
buffer_bytes(const struct sk_buff *skb)
{
	uint32_t n = 0;

	for (const struct rte_mbuf *m = skb_mbuf(skb); m != NULL; m = m->next)
		n += m->buf_len + (uint32_t)(sizeof(*m) + sizeof(struct sk_buff));
	return n;
}

/* The device may have gone while the fragment waited: its index is what lasts. */
static void
refresh_device(struct sk_buff *skb) CTL_ONLY
{
	skb->dev = dev_get_by_index(skb->iif);
	skb->dst = NULL;
}

static struct fragq_list *
bucket_of(const struct rte_ipv4_hdr *iph)
{
	uint32_t h =
		rte_jhash_3words(iph->src_addr, iph->dst_addr,
				 (uint32_t)iph->packet_id << 8 | iph->next_proto_id, table.secret);

	return &table.bucket[h % BUCKETS];
}

static void
unlink_queue(struct fragq *q)
{
	const struct rte_ipv4_hdr key = { .src_addr = q->src,
					  .dst_addr = q->dst,
					  .packet_id = q->id,
					  .next_proto_id = q->proto };

	TAILQ_REMOVE(bucket_of(&key), q, by_hash);
	TAILQ_REMOVE(&table.age, q, by_age);
	table.bytes -= q->bytes;
	table.datagrams--;
}

/* Drop a datagram; @p tell: to its source too, when its first fragment is here (RFC 1122 3.3.2). */
static void
kill_queue(struct fragq *q, enum drop_reason why, bool tell) CTL_ONLY
{
	struct worker *w = worker_ctl();
	struct sk_buff *skb = q->frags;

	role_borrow_dp();
	unlink_queue(q);
	IP_INC_STATS(w, ReasmFails);
	while (skb != NULL) {
		struct sk_buff *next = skb->next;

		skb->next = NULL;
		table.held--;
		refresh_device(skb);
		if (tell && skb->dev != NULL) /* of later fragments icmp_send() says nothing */
			icmp_send(w, skb, ICMP4_TIME_EXCEEDED, ICMP4_EXC_FRAGTIME, 0, why);
		else
			kfree_skb_reason(w, skb, why);
		skb = next;
	}
	free(q);
}

static struct fragq *
find_queue(const struct rte_ipv4_hdr *iph)
{
	struct fragq *q;

	TAILQ_FOREACH(q, bucket_of(iph), by_hash)
		if (q->id == iph->packet_id && q->src == iph->src_addr && q->dst == iph->dst_addr &&
		    q->proto == iph->next_proto_id)
			return q;
	return NULL;
}

static struct fragq *
new_queue(const struct rte_ipv4_hdr *iph, uint64_t now_ms)
{
	struct fragq *q = calloc(1, sizeof(*q));

	if (q == NULL)
		return NULL;
	q->src = iph->src_addr;
	q->dst = iph->dst_addr;
	q->id = iph->packet_id;
	q->proto = iph->next_proto_id;
	q->expires_ms = now_ms + (uint64_t)ip4_frag_conf.ipfrag_time * 1000;
	TAILQ_INSERT_TAIL(bucket_of(iph), q, by_hash);
	TAILQ_INSERT_TAIL(&table.age, q, by_age);
	table.datagrams++;
	return q;
}

/* Memory is bounded: the oldest datagrams make room for the newest. */
static void
make_room(uint32_t want) CTL_ONLY
{
	struct worker *w = worker_ctl();
	struct fragq *q;

	if (table.bytes + want <= (uint64_t)ip4_frag_conf.ipfrag_high_thresh)
		return;
	while (table.bytes + want > (uint64_t)ip4_frag_conf.ipfrag_low_thresh &&
	       (q = TAILQ_FIRST(&table.age)) != NULL) {
		FRAG_INC_STATS(w, Evicted);
		kill_queue(q, DROP_IP4_REASM_MEMORY, false);
	}
}

/* May the piece [off, off + len) stand in the datagram? DROP_MAX: yes, behind *@p prev. */
static enum drop_reason
find_place(struct fragq *q, uint32_t off, uint32_t len, bool last, struct sk_buff **prev)
{
	uint32_t end = off + len;
	struct sk_buff *skb, *before = NULL;

	for (skb = q->frags; skb != NULL && cb(skb)->off <= off; skb = skb->next)
		before = skb;
	/* What is all here already is a copy; anything else that overlaps is an attack, and takes
	 * the whole datagram with it (RFC 5722 4). */
	if (before != NULL && cb(before)->off + cb(before)->len > off)
		return end <= cb(before)->off + cb(before)->len ? DROP_IP4_REASM_DUPLICATE
								: DROP_IP4_REASM_OVERLAP;
	if (skb != NULL && cb(skb)->off < end)
		return DROP_IP4_REASM_OVERLAP;
	/* One end only, and nothing past it. */
	if ((q->last_in && end > q->end) || (last && skb != NULL))
		return DROP_IP4_REASM_OVERLAP;
	*prev = before;
	return DROP_MAX;
}

static void
insert(struct fragq *q, struct sk_buff *prev, struct sk_buff *skb, bool last)
{
	uint32_t bytes = buffer_bytes(skb);

	if (prev != NULL) {
		skb->next = prev->next;
		prev->next = skb;
	} else {
		skb->next = q->frags;
		q->frags = skb;
	}
	if (last) {
		q->last_in = true;
		q->end = cb(skb)->off + cb(skb)->len;
	}
	q->ecn |= (uint8_t)(1u << (ip_hdr(skb)->type_of_service & 3));
	q->have += cb(skb)->len;
	q->bytes += bytes;
	table.bytes += bytes;
	table.held++;
}

/* Append the payload of @p skb, whose view ends here: it was merged into another packet. */
static struct rte_mbuf *
append(struct rte_mbuf *head, struct rte_mbuf *last, struct sk_buff *skb)
{
	struct rte_mbuf *m;

	skb_pull(skb, ip_hdrlen(ip_hdr(skb)));
	/* When all of the first segment was header: no empty one in the chain. */
	pskb_may_pull(skb, 1);
	for (m = skb_mbuf(skb); m != NULL; m = m->next) {
		last->next = m;
		last = m;
		head->nb_segs++;
		head->pkt_len += m->data_len;
	}
	return last;
}

/* The datagram is complete: chain its pieces. */
static struct sk_buff *
glue(struct fragq *q) CTL_ONLY
{
	struct worker *w = worker_ctl();
	struct sk_buff *head = q->frags, *skb = head->next, *next;
	struct rte_mbuf *last = rte_pktmbuf_lastseg(skb_mbuf(head));
	struct rte_ipv4_hdr *iph;

	unlink_queue(q);
	for (; skb != NULL; skb = next) {
		next = skb->next;
		last = append(skb_mbuf(head), last, skb);
		counter_inc(w, &skb_counters, SKB_CNT_CONSUMED);
		table.held--;
	}
	head->next = NULL;
	table.held--;
	iph = ip_hdr(head);
	iph->total_length = rte_cpu_to_be_16((uint16_t)skb_len(head));
	iph->fragment_offset = 0;
	if (q->ecn & 8) /* RFC 3168 5.3: congestion met by one piece was met by all */
		iph->type_of_service |= 3;
	ip_send_check(iph);
	free(q);
	refresh_device(head);
	return head;
}

/* Complete? Then give the datagram, or drop one that can not be. */
static struct sk_buff *
finish(struct fragq *q) CTL_ONLY
{
	struct worker *w = worker_ctl();
	struct sk_buff *skb;

	role_borrow_dp();
	if (!q->last_in || q->have != q->end)
		return NULL;
	if (ip_hdrlen(ip_hdr(q->frags)) + q->end > IP4_LEN_MAX) {
		kill_queue(q, DROP_IP4_REASM_OVERSIZE, false);
		return NULL;
	}
	/* RFC 3168 5.3: pieces that disagree on whether congestion may be marked. */
	if ((q->ecn & 8) && (q->ecn & 1)) {
		kill_queue(q, DROP_IP4_REASM_BAD, false);
		return NULL;
	}
	/* The head is rewritten; a clone of it may be looked at elsewhere. */
	skb = skb_cow_head(w, q->frags, 0, (uint16_t)ip_hdrlen(ip_hdr(q->frags)));
	if (skb == NULL) {
		kill_queue(q, DROP_SKB_NO_MBUF, false);
		return NULL;
	}
	q->frags = skb;
	IP_INC_STATS(w, ReasmOKs);
	return glue(q);
}

/* The fragment is of no use; what that means for its datagram. */
static void
refuse(struct sk_buff *skb, struct fragq *q, enum drop_reason why) CTL_ONLY
{
	struct worker *w = worker_ctl();

	role_borrow_dp();
	if (why == DROP_IP4_REASM_DUPLICATE) {
		FRAG_INC_STATS(w, Duplicates);
	} else if (q != NULL) {
		IPEXT_INC_STATS(w, ReasmOverlaps);
		kill_queue(q, why, false);
	} else {
		IP_INC_STATS(w, ReasmFails);
	}
	kfree_skb_reason(w, skb, why);
}

struct sk_buff *
ip4_defrag(struct sk_buff *skb, uint64_t now_ms)
{
	const struct rte_ipv4_hdr *iph = ip_hdr(skb);
	uint16_t field = rte_be_to_cpu_16(iph->fragment_offset);
	uint32_t off = (field & IP4_OFFMASK) * 8, len = skb_len(skb) - ip_hdrlen(iph);
	bool last = !(field & IP4_MF);
	struct sk_buff *prev = NULL;
	enum drop_reason why;
	struct fragq *q;

	IP_INC_STATS(worker_ctl(), ReasmReqds);
	/* RFC 791 3.2 */
	if (len == 0 || (!last && len % 8 != 0)) {
		refuse(skb, NULL, DROP_IP4_REASM_BAD);
		return NULL;
	}
	if (off + len + ip_hdrlen(iph) > IP4_LEN_MAX) {
		refuse(skb, NULL, DROP_IP4_REASM_OVERSIZE);
		return NULL;
	}
	make_room(buffer_bytes(skb));
	q = find_queue(iph);
	if (q == NULL)
		q = new_queue(iph, now_ms);
	if (q == NULL) {
		refuse(skb, NULL, DROP_IP4_REASM_MEMORY);
		return NULL;
	}
	why = find_place(q, off, len, last, &prev);
	if (why != DROP_MAX) {
		refuse(skb, q, why);
		return NULL;
	}
	cb(skb)->off = off;
	cb(skb)->len = len;
	insert(q, prev, skb, last);
	return finish(q);
}

uint64_t
ip4_defrag_expire(uint64_t now_ms)
{
	struct fragq *q;

	while ((q = TAILQ_FIRST(&table.age)) != NULL) {
		if (q->expires_ms > now_ms)
			return q->expires_ms - now_ms;
		IP_INC_STATS(worker_ctl(), ReasmTimeout);
		kill_queue(q, DROP_IP4_REASM_TIMEOUT, true);
	}
	return 0;
}

unsigned int
ip4_defrag_held(void)
{
	return table.held;
}

void
ip4_defrag_usage(uint64_t *bytes, unsigned int *datagrams)
{
	*bytes = table.bytes;
	*datagrams = table.datagrams;
}

int
ip4_defrag_init(void)
{
	table.bucket = calloc(BUCKETS, sizeof(*table.bucket));
	if (table.bucket == NULL)
		return -ENOMEM;
	for (unsigned int i = 0; i < BUCKETS; i++)
		TAILQ_INIT(&table.bucket[i]);
	TAILQ_INIT(&table.age);
	/* Nobody may aim at one bucket. */
	table.secret = (uint32_t)rte_rand();
	return 0;
}

void
ip4_defrag_fini(void)
{
	struct fragq *q;

	if (table.bucket == NULL)
		return;
	while ((q = TAILQ_FIRST(&table.age)) != NULL) {
		FRAG_INC_STATS(worker_ctl(), Purged);
		kill_queue(q, DROP_IP4_REASM_TIMEOUT, false);
	}
	free(table.bucket);
	table.bucket = NULL;
}
