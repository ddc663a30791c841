/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_REALM_DP_H
#define IP4_REALM_DP_H
/** @file Realms of packets. What is called here costs searches of tries: nobody calls it before
 * skb_realms_wanted(). */
#include "fib/fib_realm_dp.h"
#include "skb/skb_realm_dp.h"

/** The realms of a packet that came in, by what routes and rules say of its way and of the way back
 * to its source. As Linux: those to ourselves say nothing of what arrives (@p local). */
static inline uint32_t
ip4_realms(bool local, struct fib_realms to, struct fib_realms from)
{
	uint32_t source = fib_realms_of_source(from);

	return local ? source : fib_realms_combine(to, source);
}
/** Find the realms of a packet that came in, is routed and goes on. @p local: it is for us. */
uint32_t ip4_realm_input(const struct sk_buff *skb, bool local);
/** Tell it these, and count it (Linux's ip_rt_acct). */
void ip4_realm_tell(struct worker *w, struct sk_buff *skb, uint32_t realms) DP_ONLY;
/** Tell a packet that is made here, header complete. These are not counted. */
void ip4_realm_output(struct sk_buff *skb);
#endif
