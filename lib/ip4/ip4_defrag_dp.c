/* SPDX-License-Identifier: BSD-3-Clause */
#include "ip4/ip4_defrag_dp.h"
#include <rte_cycles.h>
#include "core/timer.h"
#include "ip4/ip4_priv.h"

#define LOOK_MS 100 /* how often to look for overdue datagrams while some wait */
#define MERGE_MAX                                                                                  \
	256 /* bytes of payload that are rather copied than kept in a buffer of their own */

/* What a waiting fragment remembers, in skb->cb behind what the option parser found. */
struct frag_cb {
	struct ip_options opt;
	uint8_t user;
	struct reasm_piece piece;
};
_Static_assert(sizeof(struct frag_cb) <= sizeof(((struct sk_buff *)0)->cb), "fits cb");

struct ip4_frag_conf ip4_frag_conf = {
	.ipfrag_high_thresh = 4 << 20,
	.ipfrag_low_thresh = 3 << 20,
	.ipfrag_time = 30,
	.ipfrag_max_dist = 64,
};
struct ip4_defrag ip4_defrag_tab[WORKER_MAX];
uint64_t ip4_shedding;
_Static_assert(WORKER_MAX <= 64, "a bit for each worker");
ip_defrag_fn ip4_defrag_fns[IP_DEFRAG_USERS];

static struct frag_cb *
cb(struct sk_buff *skb)
{
	return (struct frag_cb *)skb->cb;
}

static struct sk_buff *
skb_of_piece(struct reasm_piece *p)
{
	return RTE_PTR_SUB(p, offsetof(struct sk_buff, cb) + offsetof(struct frag_cb, piece));
}

static uint32_t
buffer_bytes(const struct sk_buff *skb)
{
	uint32_t n = 0;

	for (const struct rte_mbuf *m = skb_mbuf(skb); m != NULL; m = m->next)
		n += m->buf_len + (uint32_t)(sizeof(*m) + sizeof(struct sk_buff));
	return n;
}

/* --- what the engine asks for --- */

static const uint8_t drop_of[] = {
	[REASM_TIMEOUT] = DROP_IP4_REASM_TIMEOUT, [REASM_EVICTED] = DROP_IP4_REASM_MEMORY,
	[REASM_PURGED] = DROP_IP4_REASM_TIMEOUT,  [REASM_TOO_FAR] = DROP_IP4_REASM_TOO_FAR,
	[REASM_OVERLAP] = DROP_IP4_REASM_OVERLAP, [REASM_OVERSIZE] = DROP_IP4_REASM_OVERSIZE,
	[REASM_ECN] = DROP_IP4_REASM_BAD,	  [REASM_DUPLICATE] = DROP_IP4_REASM_DUPLICATE,
	[REASM_NO_ROOM] = DROP_IP4_REASM_MEMORY,
};
_Static_assert(DROP_MAX < 256, "reasons fit a byte");

static void
count_lost(struct worker *w, enum reasm_why why) DP_ONLY
{
	IP_INC_STATS(w, ReasmFails);
	if (why == REASM_TIMEOUT)
		IP_INC_STATS(w, ReasmTimeout);
	else if (why == REASM_EVICTED)
		FRAG_INC_STATS(w, Evicted);
	else if (why == REASM_PURGED)
		FRAG_INC_STATS(w, Purged);
	else if (why == REASM_TOO_FAR)
		FRAG_INC_STATS(w, TooFar);
	else if (why == REASM_OVERLAP)
		IPEXT_INC_STATS(w, ReasmOverlaps);
}

/* The pieces of a datagram die. RFC 1122 3.3.2: its source is told of a timeout, when the first
 * fragment is here; who only looked on (a filter) tells nobody. */
static void
lost(struct reasm_table *t, struct reasm_dgram *d, enum reasm_why why)
{
	struct ip4_defrag *f = t->owner;
	bool tell = why == REASM_TIMEOUT && d->hlen != 0 &&
		    reasm_user(&d->key) == IP_DEFRAG_LOCAL_DELIVER;

	role_enter_dp();
	count_lost(f->w, why);
	if (why == REASM_EVICTED)
		shed_lost(&f->shed, d->key.src);
	for (struct reasm_piece *p = d->first, *next; p != NULL; p = next) {
		struct sk_buff *skb = skb_of_piece(p);

		next = p->next;
		/* The device may have gone while the fragment waited: its index is what lasts. */
		skb->dev = dev_get_by_index_rcu(skb->iif);
		if (tell && p->off == 0 && skb->dev != NULL) {
			/* What was merged into it is not the fragment's. */
			skb_trim(skb, rte_be_to_cpu_16(ip_hdr(skb)->total_length));
			icmp_send(f->w, skb, ICMP4_TIME_EXCEEDED, ICMP4_EXC_FRAGTIME, 0,
				  drop_of[why]);
		} else {
			kfree_skb_reason(f->w, skb, drop_of[why]);
		}
	}
}

/* Small pieces that come in order fill one buffer, so that many of them cost what they weigh. */
static bool
merge(struct reasm_table *t, struct reasm_piece *tail, struct reasm_piece *p)
{
	struct ip4_defrag *f = t->owner;
	struct sk_buff *skb = skb_of_piece(p);
	void *to;

	if (p->len > MERGE_MAX)
		return false;
	to = skb_put(skb_of_piece(tail), p->len);
	if (to == NULL)
		return false;
	role_enter_dp();
	skb_copy_bits(skb, p->hlen, to, p->len);
	consume_skb(f->w, skb);
	return true;
}

const struct reasm_ops ip4_defrag_ops = { .lost = lost, .merge = merge };

/* --- a datagram is complete --- */

/* Append the payload of @p skb, whose view ends here: it was merged into another packet. */
static struct rte_mbuf *
append(struct rte_mbuf *head, struct rte_mbuf *last, struct sk_buff *skb, uint8_t hlen)
{
	struct rte_mbuf *m;

	rte_pktmbuf_adj(skb_mbuf(skb), hlen); /* the header is contiguous */
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

/* Chain the pieces, rewrite the header. NULL: no mbuf; the pieces are gone. */
static struct sk_buff *
glue(struct worker *w, struct reasm_dgram *d) DP_ONLY
{
	struct sk_buff *first = skb_of_piece(d->first), *head;
	struct reasm_piece *rest = d->first->next, *p;
	struct rte_mbuf *last;
	struct rte_ipv4_hdr *iph;

	/* The header is rewritten; a clone of it may be looked at elsewhere. */
	head = unlikely(skb_cloned(first)) ? skb_cow_head(w, first, 0, d->hlen) : first;
	if (head == NULL) {
		IP_INC_STATS(w, ReasmFails);
		for (p = d->first; p != NULL; p = rest) {
			rest = p->next;
			skb_of_piece(p)->dev = dev_get_by_index_rcu(skb_of_piece(p)->iif);
			kfree_skb_reason(w, skb_of_piece(p), DROP_SKB_NO_MBUF);
		}
		return NULL;
	}
	iph = ip_hdr(head);
	iph->total_length = rte_cpu_to_be_16((uint16_t)(d->hlen + d->end));
	iph->fragment_offset = 0;
	if (d->ecn & 1u << 3) /* RFC 3168 5.3: congestion met by one piece was met by all */
		iph->type_of_service |= 3;
	last = rte_pktmbuf_lastseg(skb_mbuf(head));
	for (p = rest; p != NULL; p = rest) {
		rest = p->next;
		last = append(skb_mbuf(head), last, skb_of_piece(p), p->hlen);
	}
	counter_add(w, &skb_counters, SKB_CNT_CONSUMED, d->n - 1);
	ip_send_check(iph);
	head->dst = NULL;
	IP_INC_STATS(w, ReasmOKs);
	return head;
}

/* --- fragments come in --- */

/* RFC 791 3.2 and what attacks taught. DROP_MAX: fit to be a piece, which is filled in. */
static enum drop_reason
read_piece(const struct sk_buff *skb, struct reasm_piece *p)
{
	const struct rte_ipv4_hdr *iph = ip_hdr(skb);
	uint16_t field = rte_be_to_cpu_16(iph->fragment_offset);
	uint32_t off = (field & IP4_OFFMASK) * 8, hlen = ip_hdrlen(iph), len = skb_len(skb) - hlen;

	if (len == 0 || ((field & IP4_MF) && len % 8 != 0))
		return DROP_IP4_REASM_BAD;
	if (off + len + hlen > IP4_LEN_MAX)
		return DROP_IP4_REASM_OVERSIZE;
	if (unlikely(ip4_frag_is_tiny(iph, len)))
		return DROP_IP4_FRAG_TINY;
	*p = (struct reasm_piece){
		.mem = buffer_bytes(skb),
		.off = (uint16_t)off,
		.len = (uint16_t)len,
		.hlen = (uint8_t)hlen,
		.ecn = iph->type_of_service & 3,
		.last = !(field & IP4_MF),
	};
	return DROP_MAX;
}

static struct reasm_key
key_of(const struct rte_ipv4_hdr *iph, uint8_t user)
{
	return reasm_key(iph->src_addr, iph->dst_addr, iph->packet_id, iph->next_proto_id, user);
}

/* Slot 0, the control thread, owns none unless it is alone. */
static unsigned int
owner_of(uint64_t hash)
{
	return n_workers > 1 ? 1 + (unsigned int)((hash >> 32) * (n_workers - 1) >> 32) : 0;
}

static void
refuse(struct worker *w, struct sk_buff *skb, enum drop_reason why) DP_ONLY
{
	if (why == DROP_IP4_REASM_DUPLICATE)
		FRAG_INC_STATS(w, Duplicates);
	else if (why != DROP_IP4_REASM_OVERLAP) /* its datagram was counted */
		IP_INC_STATS(w, ReasmFails);
	kfree_skb_reason(w, skb, why);
}

/* The tunables, as this worker's share of them. Once a burst. */
static void
read_conf(struct reasm_table *t)
{
	unsigned int owners = RTE_MAX(n_workers, 2u) - 1;

	t->limits = (struct reasm_limits){
		.high = (uint64_t)ip4_frag_conf.ipfrag_high_thresh / owners,
		.low = (uint64_t)ip4_frag_conf.ipfrag_low_thresh / owners,
		.time_ms = (uint64_t)ip4_frag_conf.ipfrag_time * 1000,
		.max_dist = (uint32_t)ip4_frag_conf.ipfrag_max_dist,
	};
}

/* A piece for this worker's own table; what it completes is appended to @p whole. */
static void
take(struct ip4_defrag *f, struct sk_buff *skb, const struct reasm_key *key, uint64_t hash,
     uint64_t now_ms, struct skb_vec *whole) DP_ONLY
{
	struct reasm_result r = reasm_add(&f->table, key, hash, &cb(skb)->piece, now_ms);
	struct worker *w = f->w;

	if (r.verdict == REASM_REFUSED) {
		refuse(w, skb, drop_of[r.why]);
	} else if (r.verdict == REASM_COMPLETE) {
		skb = glue(w, r.dgram);
		reasm_release(&f->table, r.dgram);
		if (skb == NULL)
			return;
		skb->dev = dev_get_by_index_rcu(skb->iif);
		if (likely(skb->dev != NULL))
			skb_vec_push(whole, skb);
		else
			kfree_skb_reason(w, skb, DROP_NETDEV_GONE);
	}
}

static void
hand_over(struct worker *w, struct sk_buff *skb, unsigned int owner) DP_ONLY
{
	skb->dst = NULL; /* a reference to shared tables ends with this burst */
	if (rte_ring_mp_enqueue(ip4_defrag_tab[owner].handed, skb) == 0)
		FRAG_INC_STATS(w, HandedOver);
	else
		refuse(w, skb, DROP_IP4_REASM_MEMORY);
}

/* When to look at the clock next. */
static void
watch(struct ip4_defrag *f)
{
	if (f->table.n_dgrams == 0)
		f->next_tsc = UINT64_MAX;
	else if (f->next_tsc == UINT64_MAX)
		f->next_tsc = clock_tsc() + rte_get_tsc_hz() / 1000 * LOOK_MS;
}

static void
begin(struct worker *w, struct ip4_defrag *f, uint64_t now_ms) DP_ONLY
{
	uint64_t bit = UINT64_C(1) << w->id;

	f->w = w;
	read_conf(&f->table);
	shed_tick(&f->shed, now_ms);
	if (likely(shed_is_on(&f->shed) == !!(ip4_shedding & bit)))
		return;
	if (shed_is_on(&f->shed))
		__atomic_or_fetch(&ip4_shedding, bit, __ATOMIC_RELAXED);
	else
		__atomic_and_fetch(&ip4_shedding, ~bit, __ATOMIC_RELAXED);
}

static void
count_shed(struct worker *w, uint64_t n) DP_ONLY
{
	IP_ADD_STATS(w, ReasmFails, n);
	FRAG_ADD_STATS(w, Shed, n);
}

/* Would @p owner refuse all fragments of this datagram? */
static inline bool
is_shed(unsigned int owner, const struct reasm_key *key, uint64_t hash)
{
	return __atomic_load_n(&ip4_shedding, __ATOMIC_RELAXED) >> owner & 1 &&
	       !shed_admits(&ip4_defrag_tab[owner].shed, key->src, hash);
}

/* A fragment: is it for us, and would its datagram's owner refuse it? */
static bool
is_hopeless(const struct rte_ipv4_hdr *iph)
{
	struct reasm_key key = key_of(iph, IP_DEFRAG_LOCAL_DELIVER);
	uint64_t hash = reasm_hash(&ip4_defrag_tab[0].table.secret, &key);

	return is_shed(owner_of(hash), &key, hash) &&
	       fib_lookup(&fib_main_dp, rte_be_to_cpu_32(iph->dst_addr)) == ADJ_IDX_LOCAL;
}

bool
ip4_shed_one(struct worker *w, struct sk_buff *skb)
{
	if (!ip4_is_fragment(ip_hdr(skb)) || !is_hopeless(ip_hdr(skb)))
		return false;
	IP_INC_STATS(w, ReasmReqds);
	count_shed(w, 1);
	kfree_skb_reason(w, skb, DROP_IP4_REASM_MEMORY);
	return true;
}

/* The header of a plain fragment that is addressed to the station @p mac. NULL: none of these. */
static inline const struct rte_ipv4_hdr *
plain_fragment(const struct rte_mbuf *m, uint64_t mac)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	const struct rte_ipv4_hdr *iph = (const struct rte_ipv4_hdr *)(eth + 1);

	if (likely(!ip4_is_fragment(iph)) || iph->version_ihl != 0x45 ||
	    eth->ether_type != RTE_BE16(ETHERTYPE_IP4) ||
	    m->data_len < sizeof(*eth) + IP4_HDR_MIN || ether_addr_to_u64(&eth->dst_addr) != mac)
		return NULL;
	return iph;
}

uint16_t
ip4_shed_burst(struct worker *w, struct net_device *dev, struct rte_mbuf **pkts, uint16_t n,
	       uint64_t *bytes)
{
	uint64_t mac = __atomic_load_n(&dev->dev_addr64, __ATOMIC_RELAXED), octets = 0;
	struct rte_mbuf *gone[SKB_BURST];
	uint16_t left = 0, lost = 0;

	for (uint16_t i = 0; i < n; i++) {
		const struct rte_ipv4_hdr *iph = plain_fragment(pkts[i], mac);

		if (likely(iph == NULL) || !is_hopeless(iph)) {
			pkts[left++] = pkts[i];
			continue;
		}
		ip4_count_ecn(w, iph->type_of_service);
		octets += pkts[i]->pkt_len;
		gone[lost++] = pkts[i];
	}
	if (lost == 0)
		return left;
	*bytes += octets;
	IP_ADD_STATS(w, InReceives, lost);
	IPEXT_ADD_STATS(w, InOctets, octets - lost * sizeof(struct rte_ether_hdr));
	IP_ADD_STATS(w, ReasmReqds, lost);
	count_shed(w, lost);
	kfree_mbufs_reason(w, gone, lost, dev, DROP_IP4_REASM_MEMORY);
	return left;
}

void
ip_defrag(struct worker *w, struct skb_vec *vec, enum ip_defrag_users user)
{
	struct ip4_defrag *f = &ip4_defrag_tab[w->id];
	struct skb_vec whole;
	uint64_t now = clock_ms(), owners = 0; /* of what was handed over: they may sleep */

	skb_vec_init(&whole);
	begin(w, f, now);
	IP_ADD_STATS(w, ReasmReqds, vec->n);
	for (uint16_t i = 0; i < vec->n; i++) {
		struct sk_buff *skb = vec->v[i];
		enum drop_reason why = read_piece(skb, &cb(skb)->piece);
		unsigned int owner = w->id;
		struct reasm_key key;
		uint64_t hash = 0;

		if (unlikely(why != DROP_MAX)) {
			refuse(w, skb, why);
			continue;
		}
		cb(skb)->user = (uint8_t)user;
		key = key_of(ip_hdr(skb), (uint8_t)user);
		if (!reasm_is_last(&f->table, &key)) {
			hash = reasm_hash(&f->table.secret, &key);
			owner = owner_of(hash);
			if (unlikely(is_shed(owner, &key, hash))) {
				count_shed(w, 1);
				kfree_skb_reason(w, skb, DROP_IP4_REASM_MEMORY);
				continue;
			}
		}
		if (likely(owner == w->id)) {
			take(f, skb, &key, hash, now, &whole);
			continue;
		}
		hand_over(w, skb, owner);
		owners |= UINT64_C(1) << owner;
	}
	for (; owners != 0; owners &= owners - 1)
		worker_wake(workers[__builtin_ctzll(owners)]);
	watch(f);
	if (whole.n > 0)
		ip4_defrag_fns[user](w, &whole);
}

/* Fragments that other workers received. */
static unsigned int
take_handed(struct worker *w, struct ip4_defrag *f) DP_ONLY
{
	struct skb_vec whole[IP_DEFRAG_USERS];
	struct sk_buff *skbs[SKB_BURST];
	uint64_t now = clock_ms();
	unsigned int n;

	n = rte_ring_sc_dequeue_burst(f->handed, (void **)skbs, SKB_BURST, NULL);
	for (unsigned int u = 0; u < IP_DEFRAG_USERS; u++)
		whole[u].n = 0;
	for (unsigned int i = 0; i < n; i++) {
		uint8_t user = cb(skbs[i])->user;
		struct reasm_key key = key_of(ip_hdr(skbs[i]), user);

		skbs[i]->dev = dev_get_by_index_rcu(skbs[i]->iif); /* it may have gone */
		take(f, skbs[i], &key, reasm_hash(&f->table.secret, &key), now, &whole[user]);
	}
	for (unsigned int u = 0; u < IP_DEFRAG_USERS; u++)
		if (whole[u].n > 0)
			ip4_defrag_fns[u](w, &whole[u]);
	return n;
}

void
ip4_defrag_expire(struct worker *w, uint64_t now_ms)
{
	struct ip4_defrag *f = &ip4_defrag_tab[w->id];

	begin(w, f, now_ms);
	reasm_expire(&f->table, now_ms);
	f->next_tsc = UINT64_MAX;
	watch(f);
}

unsigned int
ip4_defrag_work(struct worker *w)
{
	struct ip4_defrag *f = &ip4_defrag_tab[w->id];
	enum stage from = stage_enter(w, STAGE_IP4_LOCAL, 0);
	unsigned int n = 0;

	begin(w, f, clock_ms());
	if (f->handed != NULL && !rte_ring_empty(f->handed)) {
		n = take_handed(w, f);
		watch(f);
	}
	if (clock_tsc() >= f->next_tsc)
		ip4_defrag_expire(w, clock_ms());
	stage_leave(w, from);
	return n;
}

unsigned int
ip4_defrag_held(void)
{
	unsigned int held = 0;

	for (unsigned int i = 0; i < n_workers; i++) {
		const struct ip4_defrag *f = &ip4_defrag_tab[i];

		held += __atomic_load_n(&f->table.n_pieces, __ATOMIC_RELAXED);
		held += f->handed != NULL ? rte_ring_count(f->handed) : 0;
	}
	return held;
}

void
ip4_defrag_usage(uint64_t *bytes, unsigned int *datagrams)
{
	*bytes = 0;
	*datagrams = 0;
	for (unsigned int i = 0; i < n_workers; i++) {
		const struct reasm_table *t = &ip4_defrag_tab[i].table;

		*bytes += __atomic_load_n(&t->mem, __ATOMIC_RELAXED);
		*datagrams += __atomic_load_n(&t->n_dgrams, __ATOMIC_RELAXED);
	}
}
