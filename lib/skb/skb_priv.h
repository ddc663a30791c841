/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SKB_PRIV_H
#define SKB_PRIV_H
/** @file What the files of lib/skb share: header offsets when data moves, loose segments. */
#include "skb/skb_dp.h"

/** Offset of the first byte that a header offset of @p skb names in front of the data, or data_off:
 * what has to move along when the head moves. */
uint16_t skb_lowest_header(const struct sk_buff *skb);
/** Shift every header offset that is set by @p delta. */
void skb_shift_headers(struct sk_buff *skb, int delta);
/** Take @p len bytes off the front of chain @p m and free segments that became empty; what is left,
 * or NULL. pkt_len and nb_segs of the result are not maintained. */
struct rte_mbuf *skb_chain_eat(struct rte_mbuf *m, uint32_t len);
/** Copy what a head mbuf says about the packet, except its data. */
void skb_copy_meta(struct rte_mbuf *to, const struct rte_mbuf *from);
/** Turn an indirect head back into a direct one with a copy of the first segment, @p headroom bytes
 * in front and room for @p len bytes in all. false (unchanged): not indirect, or too long. */
bool skb_unshare_head(struct sk_buff *skb, uint16_t headroom, uint32_t len);
/** Move the data (and the headers in front) of an unshared head to offset @p off of its buffer.
 * false (unchanged): does not fit. */
bool skb_move_head(struct sk_buff *skb, uint16_t off);
#endif
