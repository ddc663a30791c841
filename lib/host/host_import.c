/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host's routes become the router's. All of them are read once, then the kernel's news are
 * followed. What it does not tell (routes that go with a device, or with a next hop object) or
 * could not tell (the socket was full) is made good by reading all again: each reading has a
 * number, and at its end the routes with another one go.
 */
#include <errno.h>
#include <string.h>
#include "core/evloop.h"
#include "core/log.h"
#include "core/timer.h"
#include "fib/fib_file.h"
#include "host/host_priv.h"

LOG_MODULE(host_import);

#define NEWS_BURST    16    /* buffers of the kernel's at a time */
#define SWEEP_SLICE   8192  /* prefixes */
#define AGAIN_MS      200   /* after what the kernel does not tell: more of it may follow */
#define RETRY_MS      1000  /* after a refusal */
#define AGAIN_PER_SEC 20000 /* and a table of so many routes is read a second less often */

static uint8_t reading = FIB_FILE_HOST; /* number of the last one begun */
static bool following;
static bool in_the_way;			       /* a route of ours is, of one of the host's */
static unsigned int n_refused, refused_before; /* in this reading, and in the one before */
static bool again;			       /* what is being read is old already */
static struct ctl_timer again_timer, sweep_timer;
static struct fib_cursor sweep_at;
static struct fib_route_spec spec; /* 6 KB */

/* --- a route of the kernel's --- */

/* Into spec. False: not one that can be the router's. */
static bool
take_key(const struct host_nl_route *r)
{
	if (r->cloned || r->table == RT_TABLE_LOCAL || r->table == 0 ||
	    r->protocol == FIB_PROT_KERNEL || r->protocol == HOST_PROTOCOL)
		return false;
	fib_route_spec_clear(&spec);
	spec.table = r->table;
	spec.dst = r->dst;
	spec.plen = r->plen;
	spec.tos = r->tos;
	spec.metric = r->metric;
	spec.tos_set = spec.metric_set = true;
	spec.dead_ways = true; /* the kernel has deleted those of which all are */
	spec.file = reading;
	return true;
}

/* The rest of spec. False: it leads nowhere by a device of the router's. */
static bool
take_ways(const struct host_nl_route *r) CTL_ONLY
{
	spec.protocol = r->protocol;
	spec.type = r->type;
	if (r->type == FIB_BLACKHOLE || r->type == FIB_UNREACHABLE || r->type == FIB_PROHIBIT ||
	    r->type == FIB_THROW)
		return true;
	if (r->type != FIB_UNICAST)
		return false;
	for (unsigned int i = 0; i < r->n_nh; i++) {
		const struct host_nl_nexthop *nh = &r->nh[i];
		struct net_device *dev = host_port_device(nh->oif);

		if (dev == NULL || nh->alien)
			continue;
		spec.nh[spec.n_nh++] = (struct fib_nexthop_spec){ .gateway = nh->gateway,
								  .dev = dev,
								  .weight = nh->weight,
								  .onlink = nh->onlink,
								  .tclassid = nh->flow };
	}
	return spec.n_nh > 0;
}

static void
take_rest(const struct host_nl_route *r)
{
	spec.scope = r->scope;
	spec.scope_set = true;
	spec.prefsrc = r->prefsrc;
	spec.metrics = r->metrics;
	spec.tclassid = r->flow;
}

static void
again_in(uint32_t ms) CTL_ONLY
{
	if (!timer_pending(&again_timer))
		timer_mod(&again_timer, ms);
}

/* The more there is to read, the less often. */
static uint32_t
after_a_while(void) CTL_ONLY
{
	struct fib_stats st;

	fib_get_stats(&st);
	return AGAIN_MS + st.routes / (AGAIN_PER_SEC / 1000);
}

/* A route of the router's own that goes may have stood in the place of one of the host's. */
static int
on_own_route(struct notifier *self, unsigned int event, void *obj)
{
	const struct fib_route *r = obj;

	(void)self;
	role_enter_ctl();
	if (r->file & FIB_FILE_HOST)
		return NOTIFY_OK;
	if (event == FIB_ROUTE_REPLACE)
		in_the_way = true;
	else if (event == FIB_ROUTE_DEL && in_the_way)
		again_in(after_a_while());
	return NOTIFY_OK;
}

static struct notifier own_routes = { .fn = on_own_route, .prio = NOTIFIER_PRIO_MONITOR };

static void
refused(const char *why) CTL_ONLY
{
	static struct log_ratelimit limit = LOG_RATELIMIT(5, 2000);
	const uint8_t *d = (const uint8_t *)&spec.dst;

	host.stats.refused++;
	in_the_way = true;
	n_refused++;
	log_warn_limited(&limit, "route %u.%u.%u.%u/%u of the host not taken: %s", d[0], d[1], d[2],
			 d[3], spec.plen, why);
}

static void
withdraw(void) CTL_ONLY
{
	if (fib_route_del(&spec) == 0)
		host.stats.withdrawn++;
}

/* Of several with one key the kernel uses the first; all are read in their order. */
static enum fib_add_mode
mode_of(const struct host_nl_route *r)
{
	if (host.stats.reading || r->follows)
		return FIB_APPEND;
	return r->replaces ? FIB_REPLACE : FIB_PREPEND;
}

static void
on_route(const struct host_nl_route *r, bool gone)
{
	const char *why;

	role_enter_ctl();
	if (!take_key(r))
		return;
	if (!take_ways(r)) {
		host.stats.ignored += !gone;
		/* It takes the place of one that was by a device of the router's, perhaps. */
		spec.type = spec.protocol = 0;
		if (r->replaces)
			withdraw();
		return;
	}
	take_rest(r);
	if (gone) /* of several with one key, the very one */
		withdraw();
	else if (fib_route_add(&spec, mode_of(r), &why) == 0)
		host.stats.imported++;
	else
		refused(why);
}

/* --- readings --- */

static void
sweep(struct ctl_timer *t)
{
	unsigned int gone = 0;

	role_enter_ctl();
	if (fib_file_sweep(&sweep_at, SWEEP_SLICE, reading, &gone))
		timer_mod(t, 0);
	host.stats.withdrawn += gone;
}

/* Readings are counted in seven bits; an old number is not met again before its routes are gone. */
static void
next_reading(void) CTL_ONLY
{
	reading = (uint8_t)(FIB_FILE_HOST | (reading % (FIB_FILE_HOST - 1) + 1));
	sweep_at = (struct fib_cursor){ 0 };
	timer_del(&sweep_timer);
}

static void on_dump(int fd, uint32_t events, void *arg);

static int
read_all(void) CTL_ONLY
{
	int rc;

	next_reading();
	in_the_way = false;
	n_refused = 0;
	again = false;
	ev_del(host_nl_dump_fd());
	rc = host_nl_dump_start();
	if (rc == 0)
		rc = ev_add(host_nl_dump_fd(), EPOLLIN, on_dump, NULL);
	if (rc == 0) {
		host.stats.reading = true;
		host.stats.readings++;
		ev_mod(host_nl_news_fd(), 0); /* news wait: they are newer than what is read */
	}
	return rc;
}

static void
read_again(struct ctl_timer *t)
{
	int rc;

	(void)t;
	role_enter_ctl();
	if (host.stats.reading) {
		again = true;
		return;
	}
	rc = read_all();
	if (rc != 0) {
		log_err("can not read the host's routes: %s", strerror(-rc));
		again_in(RETRY_MS);
	}
}

/* The kernel forgets the routes of a device that goes down, and tells nobody. */
static void
on_link_down(uint32_t ifindex)
{
	role_enter_ctl();
	if (host_port_device(ifindex) != NULL)
		again_in(after_a_while());
}

static void
on_nexthop_gone(void)
{
	role_enter_ctl();
	again_in(after_a_while());
}

static const struct host_nl_listener listener = { on_route, on_link_down, on_nexthop_gone };

static void
end_of_reading(void) CTL_ONLY
{
	host.stats.reading = false;
	ev_mod(host_nl_news_fd(), EPOLLIN);
	/* By prefix, a route may be read before the one that its gateway is reached by. */
	again |= n_refused != 0 && n_refused != refused_before;
	refused_before = n_refused;
	if (again)
		again_in(0);
	else
		timer_mod(&sweep_timer, 0);
}

/* A buffer at a time: the kernel fills the next one when this one has been read. */
static void
on_dump(int fd, uint32_t events, void *arg)
{
	bool torn = false;
	int rc;

	(void)fd;
	(void)events;
	(void)arg;
	role_enter_ctl();
	rc = host_nl_dump_some(&listener, &torn);
	again |= torn || (rc < 0 && rc != -EAGAIN);
	if (rc != 1 && rc != -EAGAIN)
		end_of_reading();
}

static void
on_news(int fd, uint32_t events, void *arg)
{
	int rc = 1;

	(void)fd;
	(void)events;
	(void)arg;
	role_enter_ctl();
	for (unsigned int i = 0; i < NEWS_BURST && rc != 0; i++) {
		rc = host_nl_news_some(&listener);
		if (rc == -ENOBUFS)
			again_in(0);
	}
}

void
host_import_again(void)
{
	if (following)
		again_in(after_a_while());
}

/* --- begin and end --- */

void
host_import_init(void)
{
	timer_setup(&again_timer, read_again);
	timer_setup(&sweep_timer, sweep);
}

int
host_import_start(void)
{
	int rc;

	host_nl_news_drop(); /* older than what is read now */
	rc = ev_add(host_nl_news_fd(), EPOLLIN, on_news, NULL);
	following = rc == 0;
	if (following)
		notifier_add(&fib_chain, &own_routes);
	refused_before = 0;
	return rc != 0 ? rc : read_all();
}

void
host_import_stop(void)
{
	ev_del(host_nl_news_fd());
	ev_del(host_nl_dump_fd());
	timer_del(&again_timer);
	if (following)
		notifier_del(&fib_chain, &own_routes);
	following = false;
	host.stats.reading = false;
	next_reading(); /* which has none */
	timer_mod(&sweep_timer, 0);
}

void
host_import_fini(void)
{
	timer_del(&sweep_timer);
}
