/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_REALM_DP_H
#define IP4_REALM_DP_H
/** @file Realms of packets. What is called here costs two searches of tries: nobody calls it before
 * skb_realms_wanted(). */
#include "skb/skb_realm_dp.h"

/** Tell a packet that came in, is routed and goes on its realms, and count it (Linux's ip_rt_acct).
 * @p local: it is for us. */
void ip4_realm_input(struct worker *w, struct sk_buff *skb, bool local) DP_ONLY;
/** Tell a packet that is made here, header complete. These are not counted. */
void ip4_realm_output(struct sk_buff *skb);
#endif
