/* SPDX-License-Identifier: BSD-3-Clause */
/* ip monitor: clients, their queues, the sources of events. */
#include "ctl/monitor.h"
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include "ctl/cli_priv.h"
#include "ctl/monitor_priv.h"

#define AT_ONCE 64 /* events written between two looks at the client */

struct item {
	const struct monitor_source *s; /* NULL: so many were lost here */
	json_t *event;
	struct timeval at;
};

struct client {
	struct cli_ctx *c;
	struct item queue[MONITOR_QUEUE];
	unsigned int first, n;
	unsigned int lost; /* since the last one that found room */
	bool banner, ended;
	struct client *next;
};

static struct monitor_source *sources;
static struct client *clients;

void
monitor_register(struct monitor_source *s)
{
	struct monitor_source **at = &sources;

	while (*at != NULL)
		at = &(*at)->next;
	s->next = NULL;
	*at = s;
}

void
monitor_unregister_all(void)
{
	sources = NULL;
}

static int bridge_monitor(struct cli_ctx *c);

/* Is it what `bridge monitor` is about? */
static bool
is_of_bridges(const struct monitor_source *s)
{
	static const char *const names[] = { "fdb", "mdb", "vlan", "stp" };

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], s->name) == 0)
			return true;
	return false;
}

/* Nothing named: everything. */
static bool
is_wanted(const struct cli_ctx *c, const struct monitor_source *s)
{
	bool any = false;

	for (const struct monitor_source *o = sources; o != NULL; o = o->next)
		any = any || cli_has(c, o->name);
	if (any && !cli_has(c, "all"))
		return cli_has(c, s->name);
	return c->cmd->fn != bridge_monitor || is_of_bridges(s);
}

static bool
is_watched(const struct monitor_source *s)
{
	for (const struct client *m = clients; m != NULL; m = m->next)
		if (is_wanted(m->c, s))
			return true;
	return false;
}

static void
push(struct client *m, const struct monitor_source *s, json_t *event)
{
	struct item *i = &m->queue[(m->first + m->n++) % MONITOR_QUEUE];

	i->s = s;
	i->event = event;
	gettimeofday(&i->at, NULL);
}

static json_t *
lost_event(unsigned int n)
{
	return json_pack("{s:s, s:i}", "event", "lost", "events", (int)n);
}

/* With "dev" in the command: that device's, which then needs no name, as in ip's words. */
static bool
is_of_dev(const struct cli_ctx *c, const struct monitor_source *s, json_t *event)
{
	const char *dev = cli_arg_dev(c, "DEV"), *has = cli_str_of(event, "dev");

	if (dev == NULL)
		return true;
	if (strcmp(has[0] != '\0' ? has : cli_str_of(event, "ifname"), dev) != 0)
		return false;
	if (!is_of_bridges(s))
		json_object_del(event, "dev");
	return true;
}

void
monitor_tell(const struct monitor_source *s, const char *mark,
	     json_t *(*build)(struct cli_ctx *c, const void *obj), const void *obj)
{
	for (struct client *m = clients, *next; m != NULL; m = next) {
		bool full = m->n + (m->lost > 0) >= MONITOR_QUEUE;
		json_t *e, *whole;
		bool mine;

		next = m->next; /* waking it may be its end */
		if (m->ended || !is_wanted(m->c, s))
			continue;
		if (full && cli_arg_dev(m->c, "DEV") == NULL) {
			m->lost++;
			continue;
		}
		e = build(m->c, obj);
		mine = e != NULL && is_of_dev(m->c, s, e);
		if (!mine || full) {
			m->lost += mine;
			json_decref(e);
			continue;
		}
		if (m->lost > 0)
			push(m, NULL, lost_event(m->lost));
		m->lost = 0;
		whole = json_pack("{s:s}", "event", s->name);
		if (mark != NULL)
			json_object_set_new(whole, mark, json_true());
		json_object_update(whole, e);
		json_decref(e);
		push(m, s, whole);
		cli_wake(m->c);
	}
}

/* When, as `ip -t` and `ip -ts` have it. */
static void
write_stamp(struct client *m, const struct item *i)
{
	struct tm tm;
	char text[64];

	localtime_r(&i->at.tv_sec, &tm);
	if (cli_wants_json(m->c) || m->c->flags & CLI_F_STAMP_SHORT) {
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
		if (cli_wants_json(m->c))
			json_object_set_new(i->event, "timestamp",
					    json_sprintf("%s.%06ld", text, (long)i->at.tv_usec));
		else
			cli_printf(m->c, "[%s.%06ld] ", text, (long)i->at.tv_usec);
		return;
	}
	strftime(text, sizeof(text), "%a %b %e %H:%M:%S %Y", &tm);
	cli_printf(m->c, "Timestamp: %s %ld usec\n", text, (long)i->at.tv_usec);
}

static void
write_item(struct client *m, const struct item *i)
{
	struct cli_ctx *c = m->c;
	char *text;

	if (c->flags & CLI_F_STAMP)
		write_stamp(m, i);
	if (cli_wants_json(c)) {
		text = json_dumps(i->event, JSON_COMPACT | JSON_REAL_PRECISION(15));
		cli_printf(c, "%s\n", text != NULL ? text : "{}");
		free(text);
		return;
	}
	if (i->s == NULL) {
		cli_printf(c, "lost %lld events\n",
			   (long long)json_integer_value(json_object_get(i->event, "events")));
		return;
	}
	if (m->banner) {
		cli_printf(c, "[");
		for (const char *p = i->s->name; *p != '\0'; p++)
			cli_printf(c, "%c", toupper((unsigned char)*p));
		cli_printf(c, "]");
	}
	if (json_object_get(i->event, "deleted") != NULL)
		cli_printf(c, "Deleted ");
	if (json_object_get(i->event, "miss") != NULL)
		cli_printf(c, "miss ");
	if (json_object_get(i->event, "conflict") != NULL)
		cli_printf(c, "conflict ");
	cli_write_text(c, i->s->text, i->event);
}

static int
monitor_step(struct cli_ctx *c, void *arg)
{
	struct client *m = arg;

	if (m->n == 0 && m->lost > 0) {
		push(m, NULL, lost_event(m->lost));
		m->lost = 0;
	}
	for (unsigned int k = 0; k < AT_ONCE && m->n > 0; k++) {
		struct item i = m->queue[m->first];

		m->first = (m->first + 1) % MONITOR_QUEUE;
		m->n--;
		write_item(m, &i);
		json_decref(i.event);
	}
	c->paused = m->n == 0 && m->lost == 0 && !m->ended;
	return !m->ended;
}

static void
monitor_release(void *arg)
{
	struct client *m = arg, **at = &clients;

	role_enter_ctl();
	while (*at != NULL && *at != m)
		at = &(*at)->next;
	if (*at == m)
		*at = m->next;
	for (struct monitor_source *s = sources; s != NULL; s = s->next)
		if (is_wanted(m->c, s) && !is_watched(s))
			s->listen(false);
	for (; m->n > 0; m->n--) {
		json_decref(m->queue[m->first].event);
		m->first = (m->first + 1) % MONITOR_QUEUE;
	}
	free(m);
}

/* ^C is how it ends, and no failure. */
static void
on_abort(struct cli_ctx *c, void *arg)
{
	struct client *m = arg;

	role_enter_ctl();
	m->ended = true;
	cli_wake(c);
}

static int
monitor(struct cli_ctx *c)
{
	struct client *m = calloc(1, sizeof(*m));

	role_enter_ctl();
	if (m == NULL)
		return -ENOMEM;
	m->c = c;
	m->banner = cli_has(c, "all") || cli_has(c, "label");
	for (struct monitor_source *s = sources; s != NULL; s = s->next)
		if (is_wanted(c, s) && !is_watched(s))
			s->listen(true);
	m->next = clients;
	clients = m;
	cli_set_steps(c, monitor_step, monitor_release, m);
	cli_on_abort(c, on_abort, m);
	return 0;
}

static int
bridge_monitor(struct cli_ctx *c)
{
	return monitor(c);
}

/* --- the configuration's own events --- */

static void
config_listen(bool on)
{
	(void)on;
}

static void
config_text(struct cli_ctx *c, const json_t *e)
{
	cli_printf(c, "config %s\n", json_string_value(json_object_get(e, "what")));
}

static struct monitor_source config_source = { "config", config_listen, config_text, NULL };

static json_t *
config_json(struct cli_ctx *c, const void *obj)
{
	(void)c;
	return json_pack("{s:s}", "what", obj);
}

void
monitor_config(const char *what)
{
	monitor_tell(&config_source, NULL, config_json, what);
}

static const struct cli_cmd cmds[] = {
	{ .syntax = "ip monitor [all] [link] [addr] [route] [nexthop] [rule] [neigh] [fdb] [mdb] "
		    "[vlan] [stp] "
		    "[config] [label] [dev DEV:dev]",
	  .help = "Print what changes, of a device or of all, as it happens, until ^C.",
	  .section = "display",
	  .fn = monitor,
	  .read_only = true },
	{ .syntax = "bridge monitor [all] [link] [fdb] [mdb] [vlan] [stp] [label]",
	  .help = "The same for bridges: addresses, groups, VLANs and spanning trees.",
	  .section = "display",
	  .fn = bridge_monitor,
	  .read_only = true },
	{ .syntax = NULL },
};

void
monitor_cli_register(void)
{
	cli_register(cmds);
	monitor_register(&config_source);
}
