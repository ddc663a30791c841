/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_MIB_DP_H
#define IP4_MIB_DP_H
/**
 * @file
 * The MIB counters under their /proc/net/snmp and /proc/net/netstat names (RFC 4293, RFC 2011).
 * Lists generate enum and names alike. InOctets counts what the link delivered behind its
 * header, as Linux does.
 */
#include "core/counter.h"

/* clang-format off */
#define IP_MIB(X) \
	X(InReceives) X(InHdrErrors) X(InAddrErrors) X(ForwDatagrams) X(InUnknownProtos) \
	X(InDiscards) X(InDelivers) X(OutRequests) X(OutDiscards) X(OutNoRoutes) X(ReasmTimeout) \
	X(ReasmReqds) X(ReasmOKs) X(ReasmFails) X(FragOKs) X(FragFails) X(FragCreates)
#define IPEXT_MIB(X) \
	X(InNoRoutes) X(InTruncatedPkts) X(InMcastPkts) X(OutMcastPkts) X(InBcastPkts) \
	X(OutBcastPkts) X(InOctets) X(OutOctets) X(InMcastOctets) X(OutMcastOctets) \
	X(InBcastOctets) X(OutBcastOctets) X(InCsumErrors) X(InNoECTPkts) X(InECT1Pkts) \
	X(InECT0Pkts) X(InCEPkts) X(ReasmOverlaps)
#define ICMP_MIB(X) \
	X(InMsgs) X(InErrors) X(InCsumErrors) X(InDestUnreachs) X(InTimeExcds) X(InParmProbs) \
	X(InSrcQuenchs) X(InRedirects) X(InEchos) X(InEchoReps) X(InTimestamps) \
	X(InTimestampReps) X(InAddrMasks) X(InAddrMaskReps) X(OutMsgs) X(OutErrors) \
	X(OutRateLimitGlobal) X(OutRateLimitHost) X(OutDestUnreachs) X(OutTimeExcds) \
	X(OutParmProbs) X(OutSrcQuenchs) X(OutRedirects) X(OutEchos) X(OutEchoReps) \
	X(OutTimestamps) X(OutTimestampReps) X(OutAddrMasks) X(OutAddrMaskReps)
#define UDP_MIB(X) \
	X(InDatagrams) X(NoPorts) X(InErrors) X(OutDatagrams) X(RcvbufErrors) X(InCsumErrors) \
	X(IgnoredMulti)
#define FRAG_MIB(X) \
	X(Duplicates) X(Evicted) X(Purged) X(TooFar) X(Shed) X(HandedOver) \
	X(PmtuLearned) X(PmtuRefused)
/* Lookups, in the words of /proc/net/stat/rt_cache; in_fast is the fast lane's;
 * in_hit, in_miss, in_stale and in_evicted are of the route cache, in both lanes. */
#define ROUTE_MIB(X) \
	X(in_fast) X(in_slow_tot) X(in_slow_mc) X(in_brd) X(in_no_route) X(in_martian_dst) \
	X(in_martian_src) X(in_hit) X(in_miss) X(in_stale) X(in_evicted) X(out_slow_tot) X(redirect_learned) X(redirect_refused) X(exc_evicted)
/* clang-format on */

enum {
#define X(n) IP_##n,
	IP_MIB(X)
#undef X
		IP_MIB_MAX
};
enum {
#define X(n) IPEXT_##n,
	IPEXT_MIB(X)
#undef X
		IPEXT_MIB_MAX
};
enum {
#define X(n) ICMPMIB_##n,
	ICMP_MIB(X)
#undef X
		ICMP_MIB_MAX
};
enum {
#define X(n) UDP_##n,
	UDP_MIB(X)
#undef X
		UDP_MIB_MAX
};
enum {
#define X(n) FRAG_##n,
	FRAG_MIB(X)
#undef X
		FRAG_MIB_MAX
};

enum {
#define X(n) ROUTE_##n,
	ROUTE_MIB(X)
#undef X
		ROUTE_MIB_MAX
};

/* IcmpMsg: InType0 .. InType255, OutType0 .. OutType255. */
enum { ICMPMSG_IN = 0, ICMPMSG_OUT = 256, ICMPMSG_MIB_MAX = 512 };

/* Realms (Linux's struct ip_rt_acct): REALM_TO_BYTES + realm, and so on. */
enum {
	REALM_TO_BYTES = 0,
	REALM_TO_PACKETS = 256,
	REALM_FROM_BYTES = 512,
	REALM_FROM_PACKETS = 768,
	REALM_MIB_MAX = 1024
};

extern struct counter_block ip_mib, ipext_mib, icmp_mib, icmpmsg_mib, udp_mib, frag_mib, route_mib,
	realm_mib;

#define IP_INC_STATS(w, f)	 counter_inc(w, &ip_mib, IP_##f)
#define IP_ADD_STATS(w, f, n)	 counter_add(w, &ip_mib, IP_##f, n)
#define IPEXT_INC_STATS(w, f)	 counter_inc(w, &ipext_mib, IPEXT_##f)
#define IPEXT_ADD_STATS(w, f, n) counter_add(w, &ipext_mib, IPEXT_##f, n)
#define ICMP_INC_STATS(w, f)	 counter_inc(w, &icmp_mib, ICMPMIB_##f)
#define UDP_INC_STATS(w, f)	 counter_inc(w, &udp_mib, UDP_##f)
#define FRAG_INC_STATS(w, f)	 counter_inc(w, &frag_mib, FRAG_##f)
#define FRAG_ADD_STATS(w, f, n)	 counter_add(w, &frag_mib, FRAG_##f, n)
#define ROUTE_INC_STATS(w, f)	 counter_inc(w, &route_mib, ROUTE_##f)
#define ROUTE_ADD_STATS(w, f, n) counter_add(w, &route_mib, ROUTE_##f, n)
#endif
