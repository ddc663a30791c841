/* SPDX-License-Identifier: BSD-3-Clause */
/* The way of what is made here and bound to a device: Linux's flowi4_oif. */
#include <errno.h>
#include "fib/fib.h"
#include "ip4/ip4_priv.h"

int
ip4_bound_way(struct ip_out *o, const struct fib_query *q)
{
	struct fib_result res;
	int rc = fib_lookup_query(q, &res);

	if (rc != 0)
		return rc;
	o->way = adj_get(res.adj_idx);
	o->bound = true;
	o->realms = res.tclassid;
	o->saddr = o->saddr != 0 ? o->saddr : res.prefsrc;
	return o->saddr != 0 ? 0 : -EADDRNOTAVAIL;
}
