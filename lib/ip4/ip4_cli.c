/* SPDX-License-Identifier: BSD-3-Clause */
/* What ping and traceroute share as commands. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "ip4/ip4_cli.h"
#include "ip4/ip4_priv.h"
#include "netdev/inetdev.h"
#include "netdev/netdev.h"

const char *
probe_text_of(rte_be32_t addr, char *buf)
{
	return inet_ntop(AF_INET, &addr, buf, INET_ADDRSTRLEN);
}

/* -I and -i: a device or an address of ours. */
static int
parse_from(struct cli_ctx *c, const char *from, struct ip4_probe *p) CTL_ONLY
{
	struct in_addr in;

	if (inet_pton(AF_INET, from, &in) == 1) {
		p->src = in.s_addr;
		return 0;
	}
	p->dev = dev_get_by_name(from);
	return p->dev != NULL ? 0
			      : cli_error_at(c, -ENODEV, from,
					     "\"%s\": expected a net device or an address of this "
					     "router: see `ip addr show`",
					     from);
}

/* What both commands say of the way out. */
int
probe_parse(struct cli_ctx *c, struct ip4_probe *p) CTL_ONLY
{
	const char *dev = cli_arg_dev(c, "dev"), *from = cli_arg_str(c, "IFACE");
	char text[INET_ADDRSTRLEN];
	int rc = 0;

	cli_arg_ip4(c, "ADDR", &p->dst);
	cli_arg_ip4(c, "source", &p->src);
	if (from != NULL)
		rc = parse_from(c, from, p);
	if (rc != 0)
		return rc;
	if (dev != NULL)
		p->dev = dev_get_by_name(dev);
	if (p->src != 0 && ip_dev_find(p->src) == NULL)
		return cli_error_at(c, -EADDRNOTAVAIL, probe_text_of(p->src, text),
				    "\"%s\": not an address of this router: see `ip addr show`",
				    text);
	return 0;
}

int
probe_start_error(struct cli_ctx *c, int rc)
{
	switch (rc) {
	case -ENETUNREACH:
		return cli_error(c, rc, "connect: Network is unreachable");
	case -EHOSTUNREACH:
		return cli_error(c, rc, "connect: No route to host");
	case -EACCES:
		return cli_error(c, rc, "connect: prohibited by a route");
	case -EADDRNOTAVAIL:
		return cli_error(c, rc, "no source address: the device has none");
	default:
		return cli_error(c, rc, "%s", strerror(-rc));
	}
}

struct probe_run *
probe_new_run(struct cli_ctx *c)
{
	struct probe_run *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->c = c;
	if (cli_wants_json(c))
		r->replies = json_array();
	return r;
}

void
probe_free_run(struct probe_run *r)
{
	json_decref(r->replies);
	free(r);
}

int
probe_seconds(struct cli_ctx *c, const char *name, uint32_t max, uint32_t *ms)
{
	const char *word = cli_arg_str(c, name);
	double s;
	char *end;

	if (word == NULL)
		return 0;
	s = strtod(word, &end);
	if (end == word || *end != '\0' || !(s * 1000 >= 1 && s * 1000 <= max))
		return cli_error_at(c, -EINVAL, word,
				    "\"%s\": expected seconds, 0.001..%u, after -%c", word,
				    max / 1000, name[0]);
	*ms = (uint32_t)(s * 1000 + 0.5);
	return 0;
}

void
ip4_cli_register(void)
{
	ip4_declare();
	ip4_ping_cli_register();
	ip4_traceroute_cli_register();
	ip4_stats_cli_register();
	ip4_realm_cli_register();
}
