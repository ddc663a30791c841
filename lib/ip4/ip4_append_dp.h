/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_APPEND_DP_H
#define IP4_APPEND_DP_H
/**
 * @file
 * A datagram that is built piece by piece (Linux's ip_append_data()). What will be a fragment of
 * its way's MTU starts a buffer of its own, so that cutting it later is no more than a header in
 * front of each: nothing is copied twice.
 */
#include "ip4/ip4_dp.h"

struct ip4_cork {
	struct sk_buff *skb; /* what there is; NULL: nothing */
	struct rte_mbuf *last;
	uint32_t step; /* bytes of payload of a fragment */
	uint32_t left; /* of them, in the buffer that is being filled */
	uint32_t room; /* bytes that the datagram still takes */
};

/** Begin a datagram that @p o describes (addresses, tos, options). @p head: bytes of the transport
 * header, which is put in front at the end. 0 or -ENOBUFS. */
int ip_append_start(struct worker *w, struct ip4_cork *c, const struct ip_out *o,
		    uint32_t head) DP_ONLY;
/** Append a copy of @p len bytes. 0, -EMSGSIZE (more than a datagram holds; unchanged) or -ENOBUFS
 * (a part may be there). */
int ip_append_data(struct worker *w, struct ip4_cork *c, const void *from, uint32_t len) DP_ONLY;
/** Send it, transport header in front: ip_build_and_send_pkt(). The cork is empty. */
int ip_push_pending_frames(struct worker *w, struct ip4_cork *c, const struct ip_out *o) DP_ONLY;
/** Drop what there is. */
void ip_flush_pending_frames(struct worker *w, struct ip4_cork *c) DP_ONLY;
#endif
