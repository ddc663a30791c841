/* SPDX-License-Identifier: BSD-3-Clause */
/* What becomes of a packet that comes in: Linux's ip_route_input_slow() and fib_validate_source().
 */
#include <errno.h>
#include "fib/fib_priv.h"
#include "fib/fib_realm_dp.h"
#include "fib/fib_rule.h"

static bool
is_zeronet(rte_be32_t a)
{
	return rte_be_to_cpu_32(a) >> 24 == 0;
}
static bool
is_loopback(rte_be32_t a)
{
	return rte_be_to_cpu_32(a) >> 24 == 127;
}
static bool
is_group(rte_be32_t a)
{
	return rte_be_to_cpu_32(a) >> 28 >= 0xe; /* and class E */
}

static bool
leaves_by(const struct fib_result *res, const struct net_device *dev)
{
	const struct fib_route *r = &res->route;

	if (res->table == 0)
		return res->dev == dev;
	for (unsigned int i = 0; i < r->n_nh; i++)
		if (r->nh[i].dev == dev)
			return true;
	return false;
}

/* Is the source on a link? Linux looks at the first of several next hops. */
static bool
is_on_link(const struct fib_result *res)
{
	const struct fib_route *r = &res->route;

	for (unsigned int i = 0; res->table != 0 && i < r->n_nh; i++)
		if (fib_nh_live(&r->nh[i]))
			return r->nh[i].gateway == 0;
	return res->gateway == 0;
}

/* What the way back says of a packet's realms: of several next hops the first one alive. */
static uint32_t
realms_of_source(const struct fib_result *back)
{
	const struct fib_route *r = &back->route;
	struct fib_realms realms = { .rule = back->rule != NULL ? back->rule->tclassid : 0 };

	if (back->table == 0)
		return 0;
	realms.route = r->tclassid;
	for (unsigned int i = 0; i < r->n_nh; i++)
		if (fib_nh_live(&r->nh[i])) {
			realms.route = r->nh[i].tclassid;
			break;
		}
	return fib_realms_of_source(realms);
}

/* The way back to the source of a packet by @p out (NULL: it is for us). 1: the source is on the
 * link that the packet came by, 0: it is not, -EINVAL (martian), -EXDEV (reverse path, RFC 3704).
 */
static CTL_ONLY int
validate_source(const struct fib_query *q, const struct net_device *out, uint32_t *realms)
{
	const struct in_device *in_dev = in_dev_get_rcu(q->iif);
	int rpf = IN_DEV_MAXCONF(in_dev, rp_filter);
	struct fib_query back = { .dst = q->src,
				  .src = q->dst,
				  .tos = q->tos,
				  .proto = q->proto,
				  .sport = q->dport,
				  .dport = q->sport,
				  .mark = IN_DEV_ORCONF(in_dev, src_valid_mark) ? q->mark : 0,
				  .iif = out };
	struct fib_result res;
	int rc = fib_lookup_query(&back, &res);

	*realms = rc == 0 ? realms_of_source(&res) : 0;
	if (rc == 0 && res.type != FIB_UNICAST &&
	    !(res.type == FIB_LOCAL && IN_DEV_ORCONF(in_dev, accept_local)))
		return -EINVAL;
	if (rc == 0 && leaves_by(&res, q->iif))
		return is_on_link(&res);
	if (rpf == 1 || (rpf != 0 && (rc != 0 || in_dev->ifa_list == NULL)))
		return -EXDEV;
	if (rc != 0 || in_dev->ifa_list == NULL)
		return 0;
	back.oif = q->iif;
	return fib_lookup_query(&back, &res) == 0 && res.table != 0 && res.type == FIB_UNICAST &&
	       res.gateway == 0;
}

static bool
is_martian(const struct fib_query *q, const struct in_device *in_dev)
{
	bool loopback_ok = IN_DEV_ORCONF(in_dev, route_localnet);

	return is_group(q->src) || is_zeronet(q->src) || is_zeronet(q->dst) ||
	       rte_be_to_cpu_32(q->dst) >> 28 == 0xe ||
	       (!loopback_ok && (is_loopback(q->src) || is_loopback(q->dst)));
}

/* RFC 1812 5.2.7.2: would its sender be told of a better way? */
static bool
wants_redirect(const struct fib_query *q, const struct fib_result *res)
{
	const struct in_device *in_dev = in_dev_get_rcu(q->iif);

	return res->dev == q->iif && IN_DEV_ORCONF(in_dev, send_redirects) &&
	       (IN_DEV_ORCONF(in_dev, shared_media) ||
		inet_addr_onlink(in_dev, q->src, res->gateway));
}

int
fib_lookup_input(const struct fib_query *q, struct fib_result *res, bool *redirect)
{
	const struct in_device *in_dev = in_dev_get_rcu(q->iif);
	struct fib_query routed = *q;
	uint32_t source;
	int rc;

	*redirect = false;
	*res = (struct fib_result){ .adj_idx = ADJ_IDX_NO_ROUTE };
	if (in_dev == NULL || is_martian(q, in_dev))
		return -EINVAL;
	if (q->dst == UINT32_MAX) {
		res->type = FIB_BROADCAST;
		res->adj_idx = ADJ_IDX_BROADCAST;
		rc = validate_source(q, NULL, &res->tclassid);
		return RTE_MIN(rc, 0);
	}
	routed.oif = NULL; /* where it goes decides */
	rc = fib_lookup_query(&routed, res);
	if (rc != 0)
		return IN_DEV_CONF(in_dev, forwarding) ? rc : -EHOSTUNREACH;
	if (res->type == FIB_BROADCAST || res->type == FIB_LOCAL) {
		rc = validate_source(q, NULL, &res->tclassid); /* as Linux: nothing else */
		return RTE_MIN(rc, 0);
	}
	if (!IN_DEV_CONF(in_dev, forwarding))
		return -EHOSTUNREACH;
	if (res->type != FIB_UNICAST)
		return -EINVAL;
	rc = validate_source(q, res->dev, &source);
	res->tclassid = fib_realms_complete(res->tclassid, source);
	*redirect = rc > 0 && wants_redirect(q, res);
	return RTE_MIN(rc, 0);
}
