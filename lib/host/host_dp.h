/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HOST_DP_H
#define HOST_DP_H
/** @file What workers know of the host: which devices have a counterpart there. */
#include "ip4/ip4_dp.h"

extern uint64_t host_ports_dp[NETDEV_MAX / 64]; /* by ifindex; written by the control thread */
/* Messages that carry a packet for the host: what routing protocols say, and the rest. */
extern int host_msg_control, host_msg_other;

/** See ip4_unclaimed_fn. */
bool host_offer(struct worker *w, struct sk_buff *skb);
#endif
