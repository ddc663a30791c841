/* SPDX-License-Identifier: BSD-3-Clause */
/* arping, in the words of iputils. */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "ctl/cli.h"
#include "neigh/arping.h"
#include "neigh/neigh_cli.h"
#include "neigh/neigh_priv.h"
#include "netdev/inetdev.h"
#include "netdev/netdev.h"

/* A command that runs. */
struct run {
	struct cli_ctx *c;
	struct arping *arping;
	char dst[INET_ADDRSTRLEN], src[INET_ADDRSTRLEN];
	char dev[IFNAMSIZ];
	json_t *replies; /* NULL unless JSON is wanted */
	bool quiet;
};

static void
on_reply(struct arping *a, const struct rte_ether_addr *sha, uint64_t rtt_us)
{
	struct run *r = a->arg;
	char mac[RTE_ETHER_ADDR_FMT_SIZE];

	rte_ether_format_addr(mac, sizeof(mac), sha);
	if (r->replies != NULL) {
		for (char *p = mac; *p != '\0'; p++)
			*p = (char)tolower(*p);
		json_array_append_new(r->replies, json_pack("{s:s, s:f}", "lladdr", mac, "time_ms",
							    (double)rtt_us / 1000));
		return;
	}
	if (!r->quiet)
		cli_printf(r->c, "Unicast reply from %s [%s]  %u.%03ums\n", r->dst, mac,
			   (unsigned int)(rtt_us / 1000), (unsigned int)(rtt_us % 1000));
}

/* Who asks wants an answer, or within a deadline as many as he counted unless the first ends it;
 * who probes for a duplicate wants none, who announces none either way. */
static int
verdict(const struct arping *a, int rc)
{
	struct run *r = a->arg;

	if (rc != 0)
		return cli_error_at(r->c, rc, r->dev, "\"%s\": %s", r->dev,
				    rc == -ENODEV ? "the device is gone" : "the device is down");
	if (a->spec.mode == ARPING_ASK && a->stats.received == 0)
		return cli_error(r->c, -ETIMEDOUT, "no reply to any of %u requests", a->stats.sent);
	if (a->spec.mode == ARPING_ASK && a->spec.deadline_ms != 0 && !a->spec.first &&
	    a->spec.count != ARPING_ENDLESS && a->stats.received < a->spec.count)
		return cli_error(r->c, -ETIMEDOUT, "%u of %u replies", a->stats.received,
				 a->spec.count);
	if (a->spec.mode == ARPING_DAD && a->stats.received > 0)
		return cli_error(r->c, -EADDRINUSE, "%s is in use on %s", r->dst, r->dev);
	return 0;
}

static void
on_done(struct arping *a, int rc)
{
	struct run *r = a->arg;
	const struct arping_stats *st = &a->stats;

	role_enter_ctl();
	if (r->replies != NULL)
		cli_set_result(r->c, json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:O}", "destination",
					       r->dst, "source", r->src, "ifname", r->dev, "sent",
					       (json_int_t)st->sent, "broadcasts",
					       (json_int_t)st->broadcasts, "received",
					       (json_int_t)st->received, "replies", r->replies));
	else if (!r->quiet)
		cli_printf(r->c, "Sent %u probes (%u broadcast(s))\nReceived %u response(s)\n",
			   st->sent, st->broadcasts, st->received);
	json_decref(r->replies);
	cli_finish(r->c, verdict(a, rc));
	free(r);
}

static const struct arping_ops ops = { on_reply, on_done };

static void
on_abort(struct cli_ctx *c, void *arg)
{
	struct run *r = arg;

	role_enter_ctl();
	arping_stop(r->arping);
}

/* The device that is named, or the one with a subnet around the destination. NULL: after an error.
 */
static CTL_ONLY struct net_device *
choose_dev(struct cli_ctx *c, rte_be32_t dst)
{
	const char *name = cli_arg_dev(c, "IFACE");
	struct net_device *dev = name != NULL ? dev_get_by_name(name) : dev_first();

	for (; name == NULL && dev != NULL; dev = dev->ctl->next) {
		const struct in_device *in_dev = in_dev_get_rcu(dev);

		if (in_dev != NULL && netif_running(dev) && !(dev->flags & IFF_LOOPBACK) &&
		    inet_ifa_byprefix_rcu(in_dev, dst) != NULL)
			break;
	}
	if (dev == NULL) {
		cli_error_at(c, -ENODEV, "ADDR",
			     "no device has a subnet with this address: name one after -I");
		return NULL;
	}
	if (neigh_dev_noarp(dev)) {
		cli_error_at(c, -EOPNOTSUPP, dev->name, "\"%s\": does not speak ARP", dev->name);
		return NULL;
	}
	if (!netif_running(dev)) {
		cli_error_at(c, -ENETDOWN, dev->name, "\"%s\": the device is down", dev->name);
		return NULL;
	}
	return dev;
}

/* The sender address: an address of ours, whatever it is said for. What is announced is, unless -s
 * says otherwise, the address itself. 0 or after cli_error(). */
static CTL_ONLY int
choose_source(struct cli_ctx *c, struct arping_spec *spec)
{
	bool told = cli_arg_ip4(c, "SOURCE", &spec->src);
	const char *word = cli_arg_str(c, told ? "SOURCE" : "ADDR");

	if (!told && spec->mode == ARPING_DAD)
		return 0;
	if (!told)
		spec->src = spec->mode == ARPING_ASK
				    ? inet_select_addr(spec->dev, spec->dst, SCOPE_LINK)
				    : spec->dst;
	if (told && spec->src == 0) /* nobody's, as in a probe */
		return 0;
	if (spec->src == 0)
		return cli_error(c, -EADDRNOTAVAIL,
				 "%s has no address to ask from: give one after -s, or -D",
				 spec->dev->name);
	if (ip_dev_find(spec->src) == NULL)
		return cli_error_at(c, -EADDRNOTAVAIL, word,
				    "\"%s\": not an address of this router: see `ip addr show`",
				    word);
	return 0;
}

static struct run *
new_run(struct cli_ctx *c, const struct arping_spec *spec)
{
	struct run *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->c = c;
	inet_ntop(AF_INET, &spec->dst, r->dst, sizeof(r->dst));
	inet_ntop(AF_INET, &spec->src, r->src, sizeof(r->src));
	snprintf(r->dev, sizeof(r->dev), "%s", spec->dev->name);
	r->quiet = cli_has(c, "-q");
	if (cli_wants_json(c))
		r->replies = json_array();
	return r;
}

static int
cmd_arping(struct cli_ctx *c)
{
	uint32_t count = cli_has(c, "DEADLINE") ? ARPING_ENDLESS : 5;
	struct arping_spec spec = { .count = cli_arg_u32(c, "COUNT", count),
				    .interval_ms = cli_arg_u32(c, "INTERVAL", 1) * 1000,
				    .deadline_ms = cli_arg_u32(c, "DEADLINE", 0) * 1000,
				    .broadcast = cli_has(c, "-b"),
				    .first = cli_has(c, "-f"),
				    .mode = cli_has(c, "-D")   ? ARPING_DAD
					    : cli_has(c, "-U") ? ARPING_REQUEST
					    : cli_has(c, "-A") ? ARPING_REPLY
							       : ARPING_ASK };
	struct run *r;
	int rc;

	role_enter_ctl();
	cli_arg_ip4(c, "ADDR", &spec.dst);
	spec.dev = choose_dev(c, spec.dst);
	if (spec.dev == NULL)
		return -ENODEV;
	rc = choose_source(c, &spec);
	if (rc != 0)
		return rc;
	r = new_run(c, &spec);
	if (r != NULL)
		r->arping = arping_start(&spec, &ops, r);
	if (r == NULL || r->arping == NULL) {
		if (r != NULL)
			json_decref(r->replies);
		free(r);
		return cli_error(c, -ENOMEM, "out of memory");
	}
	cli_on_abort(c, on_abort, r);
	if (r->replies == NULL && !r->quiet)
		cli_printf(c, "ARPING %s from %s %s\n", r->dst, r->src, r->dev);
	return CLI_ASYNC;
}

/* As iputils' arping has them, before or after the address. */
#define FLAGS                                                                                      \
	"[-c COUNT:u32(1..65535)] [-w DEADLINE:u32(1..3600)] [-i INTERVAL:u32(1..3600)] "          \
	"[-I IFACE:dev] [-s SOURCE:ip4] [-q] [-b] [-f] [-D|-U|-A] "

static const struct cli_cmd commands[] = {
	{ .syntax = "arping " FLAGS "ADDR:ip4 " FLAGS,
	  .help = "Send ARP requests, 5 or until the deadline unless told (never endless), and "
		  "show who answers. -D: is "
		  "the "
		  "address in use? -U, -A: announce it by requests or replies. Times in seconds.",
	  .section = "display",
	  .fn = cmd_arping },
	{ .syntax = NULL },
};

void
arping_cli_register(void)
{
	cli_register(commands);
}
