/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/skb at its borders: linear and chained packets, clones, copy on write, queues. After every
 * test the pool is full again and the balance holds to the packet.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <rte_lcore.h>
#include <rte_mempool.h>
#include "skb/skb_dp.h"
#include "../eal.h"

#define N_MBUFS 255
#define ROOM	256 /* bytes of an mbuf, headroom included */
#define HEAD	64  /* headroom of the packets here */

static struct worker *w;
static struct rte_mempool *small; /* a pool with another size of buffers */

/* --- fixture --- */

static uint64_t
count(unsigned int idx)
{
	role_enter_ctl();
	return counter_read_total(&skb_counters, idx);
}

static uint64_t
drops(enum drop_reason why)
{
	role_enter_ctl();
	return counter_read_total(&drop_counters, why);
}

static uint64_t
all_drops(void)
{
	uint64_t n = 0;

	for (unsigned int r = 0; r < DROP_MAX; r++)
		n += drops(r);
	return n;
}

static int
balance(void **state)
{
	assert_int_equal(rte_mempool_avail_count(w->pool), N_MBUFS);
	assert_int_equal(rte_mempool_avail_count(small), N_MBUFS);
	assert_int_equal(count(SKB_CNT_RX) + count(SKB_CNT_ORIGINATED),
			 count(SKB_CNT_TX) + all_drops() + count(SKB_CNT_CONSUMED));
	return 0;
}

static int
setup(void **state)
{
	role_enter_ctl();
	if (test_eal_init() < 0)
		return -1;
	w = worker_alloc(0, 0, SOCKET_ID_ANY);
	if (w == NULL || drop_init() != 0 || skb_counters_init() != 0)
		return -1;
	w->pool = skb_pool_create("skb", N_MBUFS, ROOM, SOCKET_ID_ANY);
	small = skb_pool_create("small", N_MBUFS, ROOM / 2, SOCKET_ID_ANY);
	return w->pool != NULL && small != NULL ? 0 : -1;
}

/* Byte @p i of every test packet. */
static uint8_t
byte(uint32_t i)
{
	return (uint8_t)(i * 7 + 3);
}

/* A packet of segments of the given lengths (0 ends), holding byte(0), byte(1), ... */
static struct sk_buff *
packet(const uint16_t *segs)
{
	struct sk_buff *skb;
	uint32_t at = 0;

	role_enter_dp();
	skb = alloc_skb(w, HEAD);
	assert_non_null(skb);
	for (unsigned int s = 0; segs[s] != 0; s++) {
		struct rte_mbuf *m = s == 0 ? skb_mbuf(skb) : rte_pktmbuf_alloc(w->pool);
		uint8_t *p = (uint8_t *)rte_pktmbuf_append(m, segs[s]);

		assert_non_null(p);
		for (uint16_t i = 0; i < segs[s]; i++)
			p[i] = byte(at++);
		if (s > 0)
			assert_int_equal(rte_pktmbuf_chain(skb_mbuf(skb), m), 0);
	}
	skb_reset_mac_header(skb);
	return skb;
}
#define PACKET(...) packet((const uint16_t[]){ __VA_ARGS__, 0 })

/* The packet is @p len bytes from byte(@p from) on, and its chain agrees with itself. */
static void
assert_holds(struct sk_buff *skb, uint32_t from, uint32_t len)
{
	uint8_t buf[2048];
	uint32_t sum = 0;
	uint16_t segs = 0;

	assert_int_equal(skb_len(skb), len);
	for (const struct rte_mbuf *m = skb_mbuf(skb); m != NULL; m = m->next, segs++)
		sum += m->data_len;
	assert_int_equal(sum, len);
	assert_int_equal(skb_mbuf(skb)->nb_segs, segs);
	assert_int_equal(skb_copy_bits(skb, 0, buf, len), 0);
	for (uint32_t i = 0; i < len; i++)
		assert_int_equal(buf[i], byte(from + i));
}

static void
drop(struct sk_buff *skb)
{
	role_enter_dp();
	kfree_skb_reason(w, skb, DROP_SKB_TOO_SHORT);
}

/* Use up the pool; give back with give_back(). */
static struct rte_mbuf *
take_all(void)
{
	struct rte_mbuf *list = NULL, *m;

	while ((m = rte_pktmbuf_alloc(w->pool)) != NULL) {
		m->next = list;
		list = m;
	}
	return list;
}

static void
give_back(struct rte_mbuf *list)
{
	while (list != NULL) {
		struct rte_mbuf *next = list->next;

		list->next = NULL;
		rte_pktmbuf_free(list);
		list = next;
	}
}

/* --- life --- */

static void
test_alloc_borders(void **state)
{
	struct sk_buff *skb;

	role_enter_dp();
	assert_null(alloc_skb(w, ROOM + 1));
	skb = alloc_skb(w, ROOM);
	assert_non_null(skb);
	assert_int_equal(skb_headroom(skb), ROOM);
	assert_int_equal(skb_tailroom(skb), 0);
	assert_int_equal(skb_len(skb), 0);
	assert_null(skb->dev);
	drop(skb);
}

static void
test_alloc_empty_pool(void **state)
{
	struct rte_mbuf *all = take_all();
	uint64_t before = count(SKB_CNT_ORIGINATED);

	role_enter_dp();
	assert_null(alloc_skb(w, 0));
	assert_int_equal(count(SKB_CNT_ORIGINATED), before);
	give_back(all);
}

static struct net_device *hooked;
static enum drop_reason hooked_why;
static uint32_t hooked_n;

static void
hook(struct worker *self, struct net_device *dev, enum drop_reason why, uint32_t n)
{
	hooked = dev;
	hooked_why = why;
	hooked_n += n;
}

static void
test_drop_door(void **state)
{
	struct net_device *dev = (struct net_device *)&hooked; /* only compared */
	uint64_t before = drops(DROP_IP4_TTL_EXPIRED), consumed = count(SKB_CNT_CONSUMED);
	struct skb_vec vec = { .n = 0 };
	struct sk_buff *skb = PACKET(60);

	role_enter_dp();
	skb_drop_hook = hook;
	hooked = NULL;
	kfree_skb_reason(w, skb, DROP_IP4_TTL_EXPIRED); /* no device: nobody to tell */
	assert_null(hooked);
	skb = PACKET(60, 60);
	skb->dev = dev;
	kfree_skb_reason(w, skb, DROP_IP4_TTL_EXPIRED);
	assert_ptr_equal(hooked, dev);
	assert_int_equal(hooked_why, DROP_IP4_TTL_EXPIRED);
	assert_int_equal(hooked_n, 1);
	skb_vec_push(&vec, PACKET(1));
	skb_vec_push(&vec, PACKET(2));
	kfree_vec_reason(w, &vec, DROP_IP4_TTL_EXPIRED);
	assert_int_equal(vec.n, 0);
	assert_int_equal(drops(DROP_IP4_TTL_EXPIRED), before + 4);
	consume_skb(w, PACKET(3));
	assert_int_equal(count(SKB_CNT_CONSUMED), consumed + 1);
	skb_drop_hook = NULL;
}

/* --- moving the ends --- */

static void
test_reserve(void **state)
{
	struct sk_buff *skb;

	role_enter_dp();
	skb = alloc_skb(w, 0);
	assert_int_equal(skb_reserve(skb, ROOM + 1), -ENOBUFS);
	assert_int_equal(skb_headroom(skb), 0);
	assert_int_equal(skb_reserve(skb, ROOM), 0);
	assert_int_equal(skb_headroom(skb), ROOM);
	assert_int_equal(skb_reserve(skb, 1), -ENOBUFS);
	drop(skb);
	skb = PACKET(1);
	assert_int_equal(skb_reserve(skb, 1), -ENOBUFS); /* holds data */
	drop(skb);
}

static void
test_put_push(void **state)
{
	struct sk_buff *skb = PACKET(10);
	void *tail;

	assert_null(skb_put(skb, ROOM - HEAD - 10 + 1));
	assert_int_equal(skb_len(skb), 10);
	tail = skb_put(skb, ROOM - HEAD - 10);
	assert_ptr_equal(tail, skb_data(skb) + 10);
	assert_int_equal(skb_len(skb), ROOM - HEAD);
	assert_null(skb_put(skb, 1));
	assert_non_null(skb_put(skb, 0));
	assert_null(skb_push(skb, HEAD + 1));
	assert_int_equal(skb_len(skb), ROOM - HEAD);
	assert_ptr_equal(skb_push(skb, HEAD), skb_mbuf(skb)->buf_addr);
	assert_int_equal(skb_len(skb), ROOM);
	assert_null(skb_push(skb, 1));
	drop(skb);
}

static void
test_put_chained(void **state)
{
	struct sk_buff *skb = PACKET(10, 20);
	uint16_t room = skb_tailroom(skb);

	assert_int_equal(room, ROOM - RTE_PKTMBUF_HEADROOM - 20);
	assert_null(skb_put(skb, room + 1));
	assert_non_null(skb_put(skb, room));
	assert_int_equal(skb_len(skb), 30 + room);
	assert_int_equal(skb_headlen(skb), 10);
	drop(skb);
}

static void
test_pull(void **state)
{
	struct sk_buff *skb = PACKET(10, 20, 30);
	uint8_t *start;

	assert_null(skb_pull(skb, 61));
	assert_holds(skb, 0, 60);
	start = skb_data(skb);
	assert_ptr_equal(skb_pull(skb, 4), start + 4);
	assert_holds(skb, 4, 56);
	skb_pull(skb, 6); /* the head, to the byte */
	assert_int_equal(skb_headlen(skb), 0);
	assert_holds(skb, 10, 50);
	skb_pull(skb, 25); /* past the second segment */
	assert_holds(skb, 35, 25);
	assert_int_equal(skb_mbuf(skb)->nb_segs, 2);
	assert_true(pskb_may_pull(skb, 25));
	assert_holds(skb, 35, 25);
	assert_int_equal(skb_mbuf(skb)->nb_segs, 1);
	skb_pull(skb, 25);
	assert_int_equal(skb_len(skb), 0);
	assert_null(skb_pull(skb, 1));
	drop(skb);
}

static void
test_trim(void **state)
{
	struct sk_buff *skb = PACKET(10, 20, 30);

	assert_int_equal(skb_trim(skb, 61), -EINVAL);
	assert_int_equal(skb_trim(skb, 60), 0);
	assert_holds(skb, 0, 60);
	assert_int_equal(skb_trim(skb, 31), 0);
	assert_holds(skb, 0, 31);
	assert_int_equal(skb_trim(skb, 30), 0);
	assert_int_equal(skb_mbuf(skb)->nb_segs, 2);
	assert_int_equal(skb_trim(skb, 5), 0);
	assert_holds(skb, 0, 5);
	assert_int_equal(skb_trim(skb, 0), 0);
	assert_int_equal(skb_len(skb), 0);
	drop(skb);
}

/* --- contiguity --- */

static void
test_may_pull(void **state)
{
	struct sk_buff *skb = PACKET(10, 20, 30);
	uint8_t *data = skb_data(skb);

	assert_true(pskb_may_pull(skb, 10));
	assert_ptr_equal(skb_data(skb), data);
	assert_false(pskb_may_pull(skb, 61));
	assert_true(pskb_may_pull(skb, 31));
	assert_int_equal(skb_headlen(skb), 31);
	assert_holds(skb, 0, 60);
	assert_true(pskb_may_pull(skb, 60));
	assert_int_equal(skb_mbuf(skb)->nb_segs, 1);
	assert_holds(skb, 0, 60);
	drop(skb);
}

/* More than fits behind the data: it moves down, and the header offsets with it. */
static void
test_may_pull_moves_down(void **state)
{
	struct sk_buff *skb = PACKET(100, 100, 100);

	skb_pull(skb, 14);
	skb_reset_network_header(skb);
	assert_true(pskb_may_pull(skb, ROOM - 14));
	assert_int_equal(skb_headlen(skb), ROOM - 14);
	assert_int_equal(*(uint8_t *)skb_mac_header(skb), byte(0));
	assert_ptr_equal(skb_network_header(skb), skb_data(skb));
	assert_holds(skb, 14, 286);
	assert_false(pskb_may_pull(skb, ROOM + 1)); /* no segment is that large */
	assert_false(pskb_may_pull(skb, ROOM));	    /* the MAC header has to stay in front */
	assert_holds(skb, 14, 286);
	drop(skb);
}

static void
test_may_pull_clone(void **state)
{
	struct sk_buff *skb = PACKET(20, 40), *c;

	role_enter_dp();
	c = skb_clone(w, skb);
	assert_true(pskb_may_pull(c, 60)); /* takes its own buffer */
	assert_int_equal(skb_headlen(skb), 20);
	assert_holds(c, 0, 60);
	assert_holds(skb, 0, 60);
	skb_data(c)[0] ^= 0xff;
	assert_holds(skb, 0, 60);
	assert_false(skb_cloned(skb));
	drop(c);
	drop(skb);
}

/* The owner of a shared buffer may use its tail, except where a clone still looks. */
static void
test_may_pull_shared_owner(void **state)
{
	struct sk_buff *skb = PACKET(20, 40), *c;
	struct rte_mbuf *rest;

	role_enter_dp();
	c = skb_clone(w, skb);
	assert_true(pskb_may_pull(skb, 30));
	assert_holds(skb, 0, 60);
	assert_holds(c, 0, 60);
	assert_int_equal(skb_headlen(c), 20);
	drop(c);
	drop(skb);

	skb = PACKET(20);
	c = skb_clone(w, skb);
	skb_trim(skb, 10);
	rest = rte_pktmbuf_alloc(w->pool);
	for (unsigned int i = 0; i < 10; i++)
		*(uint8_t *)rte_pktmbuf_append(rest, 1) = byte(100);
	rte_pktmbuf_chain(skb_mbuf(skb), rest);
	assert_false(pskb_may_pull(skb, 15));
	assert_holds(c, 0, 20);
	drop(c);
	drop(skb);
}

static void
test_copy_bits(void **state)
{
	struct sk_buff *skb = PACKET(10, 20, 30);
	uint8_t buf[61] = { 0 };

	assert_int_equal(skb_copy_bits(skb, 0, buf, 61), -EINVAL);
	assert_int_equal(skb_copy_bits(skb, 61, buf, 0), -EINVAL);
	assert_int_equal(skb_copy_bits(skb, 60, buf, 1), -EINVAL);
	assert_int_equal(skb_copy_bits(skb, UINT32_MAX, buf, 2), -EINVAL);
	assert_int_equal(skb_copy_bits(skb, 60, buf, 0), 0);
	assert_int_equal(skb_copy_bits(skb, 9, buf, 23), 0);
	for (unsigned int i = 0; i < 23; i++)
		assert_int_equal(buf[i], byte(9 + i));
	assert_int_equal(buf[23], 0);
	drop(skb);
}

static uint16_t
naive_checksum(uint32_t off, uint32_t len)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < len; i++) {
		uint8_t pair[2] = { 0, 0 };
		uint16_t word;

		pair[i & 1] = byte(off + i);
		memcpy(&word, pair, sizeof(word));
		sum += word;
	}
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static void
test_checksum(void **state)
{
	struct sk_buff *skb = PACKET(11, 7, 1, 30); /* odd borders swap the bytes of what follows */

	for (uint32_t off = 0; off < 49; off++)
		for (uint32_t len = 0; off + len <= 49; len++)
			assert_int_equal(skb_checksum(skb, off, len), naive_checksum(off, len));
	drop(skb);
}

/* --- second packets --- */

static void
test_clone(void **state)
{
	struct sk_buff *skb = PACKET(10, 20), *c, *cc;
	uint64_t before = count(SKB_CNT_ORIGINATED);

	role_enter_dp();
	skb->mark = 7;
	assert_false(skb_cloned(skb));
	c = skb_clone(w, skb);
	assert_int_equal(count(SKB_CNT_ORIGINATED), before + 1);
	assert_ptr_equal(skb_data(c), skb_data(skb));
	assert_true(skb_cloned(skb) && skb_cloned(c));
	assert_int_equal(c->mark, 7);
	c->mark = 8; /* the view is its own */
	assert_int_equal(skb->mark, 7);
	assert_null(skb_put(c, 1)); /* shared: may not be written */
	assert_null(skb_put(skb, 1));
	cc = skb_clone(w, c);
	drop(skb); /* the data outlives its first owner */
	assert_holds(c, 0, 30);
	drop(c);
	assert_holds(cc, 0, 30);
	drop(cc);
}

static void
test_clone_no_mbuf(void **state)
{
	struct sk_buff *skb = PACKET(10, 20), *c;
	uint64_t before = count(SKB_CNT_ORIGINATED);
	struct rte_mbuf *all = take_all(), *one = all;

	role_enter_dp();
	assert_null(skb_clone(w, skb));
	assert_null(skb_copy(w, skb));
	assert_null(pskb_copy(w, skb, 5));
	all = one->next;
	one->next = NULL;
	rte_pktmbuf_free(one); /* one is not enough for two segments */
	assert_null(skb_clone(w, skb));
	assert_null(pskb_copy(w, skb, 5));
	c = skb_copy(w, skb); /* but is for one linear copy */
	assert_non_null(c);
	assert_int_equal(count(SKB_CNT_ORIGINATED), before + 1);
	assert_holds(skb, 0, 30);
	drop(c);
	drop(skb);
	give_back(all);
}

static void
test_copy(void **state)
{
	struct sk_buff *skb = PACKET(100, 100, 100), *c;

	role_enter_dp();
	skb_pull(skb, 14);
	skb_reset_network_header(skb);
	c = skb_copy(w, skb);
	assert_false(skb_cloned(skb) || skb_cloned(c));
	assert_holds(c, 14, 286);
	assert_int_equal(skb_mbuf(c)->nb_segs, 2);
	assert_int_equal(*(uint8_t *)skb_mac_header(c), byte(0));
	assert_ptr_equal(skb_network_header(c), skb_data(c));
	skb_data(c)[0] ^= 0xff;
	assert_holds(skb, 14, 286);
	drop(skb);
	drop(c);
}

/* The copy's buffers are smaller than the original's. */
static void
test_copy_other_pool(void **state)
{
	struct sk_buff *skb = PACKET(150), *c;
	struct rte_mempool *usual = w->pool;

	role_enter_dp();
	skb_pull(skb, 14);
	skb_reset_network_header(skb);
	w->pool = small;
	c = skb_copy(w, skb);
	w->pool = usual;
	assert_non_null(c);
	assert_holds(c, 14, 136);
	assert_int_equal(skb_mbuf(c)->nb_segs, 2);
	assert_int_equal(*(uint8_t *)skb_mac_header(c), byte(0));
	assert_ptr_equal(skb_network_header(c), skb_data(c));
	drop(c);
	drop(skb);
}

static void
test_pskb_copy(void **state)
{
	struct sk_buff *skb = PACKET(40, 40, 40), *c;

	role_enter_dp();
	for (uint16_t len = 0; len <= 120; len++) {
		c = pskb_copy(w, skb, len);
		assert_non_null(c);
		assert_false(skb_cloned(c));
		assert_int_equal(skb_headlen(c), len);
		assert_holds(c, 0, 120);
		if (len > 0)
			skb_data(c)[len - 1] ^= 0xff;
		assert_holds(skb, 0, 120);
		drop(c);
	}
	c = pskb_copy(w, skb, 500); /* all of it */
	assert_int_equal(skb_headlen(c), 120);
	drop(c);
	drop(skb);
}

static void
test_pskb_copy_too_long(void **state)
{
	struct sk_buff *skb = PACKET(100, 100, 100);

	role_enter_dp();
	assert_null(pskb_copy(w, skb, 250)); /* no buffer holds that many */
	assert_holds(skb, 0, 300);
	drop(skb);
}

/* --- copy on write --- */

static void
test_cow_unshared(void **state)
{
	struct sk_buff *skb = PACKET(40, 40);
	uint64_t before = count(SKB_CNT_ORIGINATED);

	role_enter_dp();
	assert_ptr_equal(skb_cow_head(w, skb, HEAD, 40), skb); /* nothing to do */
	assert_ptr_equal(skb_cow_head(w, skb, HEAD, 50), skb); /* pulls */
	assert_int_equal(skb_headlen(skb), 50);
	assert_null(skb_cow_head(w, skb, 0, 81));		    /* there is no byte 81 */
	assert_ptr_equal(skb_cow_head(w, skb, HEAD + 30, 50), skb); /* moves up */
	assert_true(skb_headroom(skb) >= HEAD + 30);
	assert_int_equal(*(uint8_t *)skb_mac_header(skb), byte(0));
	assert_holds(skb, 0, 80);
	assert_int_equal(count(SKB_CNT_ORIGINATED), before);
	drop(skb);
}

/* The data fills the buffer: headroom needs a second one. */
static void
test_cow_no_room(void **state)
{
	struct sk_buff *skb = PACKET(ROOM - HEAD), *c;
	uint64_t before = count(SKB_CNT_ORIGINATED);
	struct rte_mbuf *all;

	role_enter_dp();
	all = take_all();
	assert_null(skb_cow_head(w, skb, HEAD + 1, 20));
	assert_holds(skb, 0, ROOM - HEAD);
	give_back(all);
	c = skb_cow_head(w, skb, HEAD + 1, 20);
	assert_non_null(c);
	assert_ptr_not_equal(c, skb);
	assert_true(skb_headroom(c) >= HEAD + 1 && skb_headlen(c) >= 20);
	assert_int_equal(skb_mbuf(c)->nb_segs, 2);
	assert_holds(c, 0, ROOM - HEAD);
	assert_int_equal(*(uint8_t *)skb_mac_header(c), byte(0));
	assert_int_equal(count(SKB_CNT_ORIGINATED), before);
	drop(c);
}

/* Both ends of a clone: whoever writes gets private bytes, the other keeps what it had. */
static void
check_cow(bool write_clone, uint16_t len)
{
	struct sk_buff *skb = PACKET(50, 30), *c, *mine, *other;

	role_enter_dp();
	skb_pull(skb, 14);
	skb_reset_network_header(skb);
	c = skb_clone(w, skb);
	mine = write_clone ? c : skb;
	other = write_clone ? skb : c;
	mine = skb_cow_head(w, mine, 30, len);
	assert_non_null(mine);
	assert_false(skb_cloned(mine));
	assert_true(skb_headroom(mine) >= 30 && skb_headlen(mine) >= len);
	assert_holds(mine, 14, 66);
	assert_int_equal(*(uint8_t *)skb_mac_header(mine), byte(0));
	assert_ptr_equal(skb_network_header(mine), skb_data(mine));
	memset(skb_data(mine), 0xee, len);
	memset(skb_push(mine, 30), 0xee, 30);
	assert_holds(other, 14, 66);
	assert_int_equal(*(uint8_t *)skb_mac_header(other), byte(0));
	drop(mine);
	assert_holds(other, 14, 66);
	drop(other);
}

static void
test_cow_shared(void **state)
{
	for (uint16_t len = 0; len <= 66; len++) {
		check_cow(true, len);
		check_cow(false, len);
	}
}

static void
test_cow_shared_no_mbuf(void **state)
{
	struct sk_buff *skb = PACKET(50), *c;
	struct rte_mbuf *all;

	role_enter_dp();
	c = skb_clone(w, skb);
	all = take_all();
	assert_null(skb_cow_head(w, skb, 0, 20)); /* the owner needs a new buffer */
	assert_holds(skb, 0, 50);
	assert_ptr_equal(skb_cow_head(w, c, 0, 20), c); /* the clone has one of its own */
	assert_false(skb_cloned(skb));
	give_back(all);
	drop(c);
	drop(skb);
}

/* --- queues --- */

static void
test_queue(void **state)
{
	struct sk_buff *p[4] = { PACKET(10), PACKET(20), PACKET(30), PACKET(5) };
	struct sk_buff_head q;

	role_enter_dp();
	skb_queue_head_init(&q, 2, 0);
	assert_null(skb_dequeue(&q));
	assert_int_equal(skb_queue_tail(&q, p[0]), 0);
	assert_int_equal(skb_queue_tail(&q, p[1]), 0);
	assert_int_equal(skb_queue_tail(&q, p[2]), -ENOBUFS);
	assert_int_equal(q.drops, 1);
	assert_int_equal(q.bytes, 30);
	assert_ptr_equal(skb_dequeue(&q), p[0]);
	assert_ptr_equal(skb_dequeue(&q), p[1]);
	assert_null(skb_dequeue(&q));
	assert_true(q.qlen == 0 && q.bytes == 0);

	skb_queue_head_init(&q, 0, 35);
	assert_int_equal(skb_queue_tail(&q, p[2]), 0);
	assert_int_equal(skb_queue_tail(&q, p[0]), -ENOBUFS);
	assert_int_equal(skb_queue_tail(&q, p[3]), 0); /* to the byte */
	assert_int_equal(q.qlen, 2);
	skb_queue_purge(w, &q, DROP_NEIGH_FAILED);
	assert_true(q.qlen == 0 && q.bytes == 0 && q.first == NULL);
	drop(p[0]);
	drop(p[1]);
}

int
main(void)
{
#define T(f) cmocka_unit_test_teardown(f, balance)
	const struct CMUnitTest tests[] = {
		T(test_alloc_borders),	T(test_alloc_empty_pool),
		T(test_drop_door),	T(test_reserve),
		T(test_put_push),	T(test_put_chained),
		T(test_pull),		T(test_trim),
		T(test_may_pull),	T(test_may_pull_moves_down),
		T(test_may_pull_clone), T(test_may_pull_shared_owner),
		T(test_copy_bits),	T(test_checksum),
		T(test_clone),		T(test_clone_no_mbuf),
		T(test_copy),		T(test_copy_other_pool),
		T(test_pskb_copy),	T(test_pskb_copy_too_long),
		T(test_cow_unshared),	T(test_cow_no_room),
		T(test_cow_shared),	T(test_cow_shared_no_mbuf),
		T(test_queue),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
