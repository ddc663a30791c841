/* SPDX-License-Identifier: BSD-3-Clause */
/* Routes as rtnetlink(7) writes them. */
#include <string.h>
#include <rte_common.h>
#include <sys/socket.h>
#include "host/host_nl_priv.h"

/* --- read --- */

static void
u32_attr(const struct nlattr *a, uint32_t *to)
{
	if (a != NULL && mnl_attr_get_payload_len(a) >= sizeof(*to))
		memcpy(to, mnl_attr_get_payload(a), sizeof(*to));
}

/* The attributes by type, those below @p n. */
static void
collect(const void *first, size_t len, const struct nlattr **tb, uint16_t n)
{
	const struct nlattr *a = first;

	memset(tb, 0, n * sizeof(*tb));
	for (; mnl_attr_ok(a, (int)len); a = mnl_attr_next(a)) {
		if (mnl_attr_get_type(a) < n)
			tb[mnl_attr_get_type(a)] = a;
		len -= RTE_MIN(len, (size_t)MNL_ALIGN(mnl_attr_get_len(a)));
	}
}

static void
add_nexthop(struct host_nl_route *r, uint32_t oif, const struct nlattr *const *tb,
	    unsigned int flags, unsigned int weight)
{
	struct host_nl_nexthop *nh = &r->nh[r->n_nh];

	if (r->n_nh == HOST_NL_NEXTHOPS_MAX)
		return;
	*nh = (struct host_nl_nexthop){ .oif = oif,
					.weight = (uint16_t)weight,
					.onlink = flags & RTNH_F_ONLINK,
					.alien = tb[RTA_VIA] != NULL || tb[RTA_ENCAP] != NULL };
	u32_attr(tb[RTA_GATEWAY], &nh->gateway);
	u32_attr(tb[RTA_FLOW], &nh->flow);
	r->n_nh++;
}

static void
add_nexthops(struct host_nl_route *r, const struct nlattr *multi)
{
	const struct nlattr *tb[RTA_MAX + 1];
	const struct rtnexthop *nh = mnl_attr_get_payload(multi);
	int len = mnl_attr_get_payload_len(multi);

	for (; RTNH_OK(nh, len); len -= RTNH_ALIGN(nh->rtnh_len), nh = RTNH_NEXT(nh)) {
		collect(RTNH_DATA(nh), nh->rtnh_len - sizeof(*nh), tb, RTA_MAX + 1);
		add_nexthop(r, (uint32_t)nh->rtnh_ifindex, tb, nh->rtnh_flags, nh->rtnh_hops + 1u);
	}
}

/* Linux's RTAX_* stand in the order of ours, behind RTAX_LOCK. */
#define RTAX_OF(i) ((uint16_t)((i) + RTAX_MTU))
_Static_assert(RTAX_OF(FIB_METRIC_hoplimit) == RTAX_HOPLIMIT &&
		       RTAX_OF(FIB_METRIC_N) == RTAX_MAX + 1,
	       "metrics are numbered alike");

static void
read_metrics(struct fib_metrics *m, const struct nlattr *metrics)
{
	const struct nlattr *tb[RTAX_MAX + 1];
	uint32_t lock = 0;

	collect(mnl_attr_get_payload(metrics), mnl_attr_get_payload_len(metrics), tb, RTAX_MAX + 1);
	u32_attr(tb[RTAX_LOCK], &lock);
	m->lock = lock >> RTAX_MTU & ((1u << FIB_METRIC_N) - 1);
	for (unsigned int i = 0; i < FIB_METRIC_N; i++) {
		const struct nlattr *a = tb[RTAX_OF(i)];

		if (i == FIB_METRIC_congctl && a != NULL)
			fib_metric_set(m, i, mnl_attr_get_str(a), m->lock >> i & 1);
		else if (i != FIB_METRIC_congctl)
			u32_attr(a, &m->value[i]);
	}
	m->value[FIB_METRIC_features] &= RTAX_FEATURE_ECN; /* the one with a name */
}

bool
host_nl_route_read(const struct nlmsghdr *nlh, struct host_nl_route *r)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *tb[RTA_MAX + 1];
	uint32_t oif = 0;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*rtm) || rtm->rtm_family != AF_INET ||
	    rtm->rtm_dst_len > 32)
		return false;
	collect(rtm + 1, mnl_nlmsg_get_payload_len(nlh) - sizeof(*rtm), tb, RTA_MAX + 1);
	memset(r, 0, offsetof(struct host_nl_route, nh));
	r->table = rtm->rtm_table;
	u32_attr(tb[RTA_TABLE], &r->table);
	u32_attr(tb[RTA_DST], &r->dst);
	r->plen = rtm->rtm_dst_len;
	r->tos = rtm->rtm_tos;
	r->protocol = rtm->rtm_protocol;
	r->type = rtm->rtm_type;
	r->scope = rtm->rtm_scope;
	r->cloned = rtm->rtm_flags & RTM_F_CLONED;
	r->replaces = nlh->nlmsg_flags & NLM_F_REPLACE;
	r->follows = nlh->nlmsg_flags & NLM_F_APPEND;
	u32_attr(tb[RTA_PRIORITY], &r->metric);
	u32_attr(tb[RTA_PREFSRC], &r->prefsrc);
	u32_attr(tb[RTA_OIF], &oif);
	if (tb[RTA_METRICS] != NULL)
		read_metrics(&r->metrics, tb[RTA_METRICS]);
	if (tb[RTA_MULTIPATH] != NULL)
		add_nexthops(r, tb[RTA_MULTIPATH]);
	else if (oif != 0)
		add_nexthop(r, oif, tb, rtm->rtm_flags, 1);
	else
		u32_attr(tb[RTA_FLOW], &r->flow);
	return true;
}

/* --- write --- */

static struct nlmsghdr *
route_msg(void *buf, const struct host_nl_route *r, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *nlh = host_nl_msg(buf, type, flags, sizeof(struct rtmsg));
	struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);

	rtm->rtm_family = AF_INET;
	rtm->rtm_dst_len = r->plen;
	rtm->rtm_tos = r->tos;
	rtm->rtm_protocol = r->protocol;
	mnl_attr_put_u32(nlh, RTA_TABLE, r->table);
	mnl_attr_put_u32(nlh, RTA_DST, r->dst);
	mnl_attr_put_u32(nlh, RTA_PRIORITY, r->metric);
	return nlh;
}

static void
put_one(struct nlmsghdr *nlh, const struct host_nl_nexthop *nh)
{
	struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);

	if (nh->onlink)
		rtm->rtm_flags |= RTNH_F_ONLINK;
	mnl_attr_put_u32(nlh, RTA_OIF, nh->oif);
	if (nh->gateway != 0)
		mnl_attr_put_u32(nlh, RTA_GATEWAY, nh->gateway);
}

static void
put_several(struct nlmsghdr *nlh, const struct host_nl_route *r)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, RTA_MULTIPATH);

	for (unsigned int i = 0; i < r->n_nh; i++) {
		const struct host_nl_nexthop *nh = &r->nh[i];
		struct rtnexthop *rtnh = mnl_nlmsg_get_payload_tail(nlh);

		*rtnh = (struct rtnexthop){ .rtnh_ifindex = (int)nh->oif,
					    .rtnh_hops = (uint8_t)(nh->weight - 1),
					    .rtnh_flags = nh->onlink ? RTNH_F_ONLINK : 0 };
		nlh->nlmsg_len += (uint32_t)sizeof(*rtnh);
		if (nh->gateway != 0)
			mnl_attr_put_u32(nlh, RTA_GATEWAY, nh->gateway);
		rtnh->rtnh_len = (uint16_t)((char *)mnl_nlmsg_get_payload_tail(nlh) - (char *)rtnh);
	}
	mnl_attr_nest_end(nlh, nest);
}

static void
put_metrics(struct nlmsghdr *nlh, const struct fib_metrics *all)
{
	static const struct fib_metrics none;
	struct fib_metrics m = *all;
	struct nlattr *nest;

	/* The kernel takes no route with a congestion control that it has not. */
	m.value[FIB_METRIC_congctl] = 0;
	m.lock &= ~(1u << FIB_METRIC_congctl);
	memset(m.congctl, 0, sizeof(m.congctl));
	if (memcmp(&m, &none, sizeof(none)) == 0)
		return;
	nest = mnl_attr_nest_start(nlh, RTA_METRICS);
	if (m.lock != 0)
		mnl_attr_put_u32(nlh, RTAX_LOCK, m.lock << RTAX_MTU);
	for (unsigned int i = 0; i < FIB_METRIC_N; i++)
		if (m.value[i] != 0)
			mnl_attr_put_u32(nlh, RTAX_OF(i), m.value[i]);
	mnl_attr_nest_end(nlh, nest);
}

int
host_nl_route_add(const struct host_nl_route *r)
{
	static char buf[1 << 14]; /* of 256 next hops 4 KB */
	struct nlmsghdr *nlh = route_msg(buf, r, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_APPEND);
	struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);

	rtm->rtm_scope = r->scope;
	rtm->rtm_type = r->type;
	if (r->prefsrc != 0)
		mnl_attr_put_u32(nlh, RTA_PREFSRC, r->prefsrc);
	put_metrics(nlh, &r->metrics);
	if (r->n_nh == 1)
		put_one(nlh, &r->nh[0]);
	else if (r->n_nh > 1)
		put_several(nlh, r);
	return host_nl_talk(nlh);
}

int
host_nl_route_del(const struct host_nl_route *r)
{
	char buf[HOST_NL_MSG_MAX];
	struct nlmsghdr *nlh = route_msg(buf, r, RTM_DELROUTE, 0);
	struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);

	rtm->rtm_scope = RT_SCOPE_NOWHERE; /* any */
	return host_nl_talk(nlh);
}
