/* SPDX-License-Identifier: BSD-3-Clause */
/* Section "host". */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ctl/cfg.h"
#include "host/host.h"

static const char *const known[] = { "netns", "devices", "routes", NULL };
static const char *const routes_words[] = { "none", "import", "export", "both", NULL };

static void
parse_devices(const struct cfg *c, const struct cfg *doc, struct host_conf *conf)
{
	struct cfg list = cfg_get(c, "devices");
	size_t n;

	if (list.node == NULL)
		return;
	n = json_array_size(list.node);
	if (!json_is_array(list.node) || n > HOST_DEVICES_MAX) {
		cfg_fail(c, "devices", "expected a list of at most %u names of interfaces",
			 HOST_DEVICES_MAX);
		return;
	}
	conf->named = true;
	for (size_t i = 0; i < n; i++) {
		struct cfg item = cfg_at(&list, i);

		cfg_ifname(&item, NULL, doc, conf->dev[conf->n_dev]);
		for (unsigned int k = 0; k < conf->n_dev; k++)
			if (strcmp(conf->dev[k], conf->dev[conf->n_dev]) == 0)
				cfg_fail(&item, NULL, "\"%s\" is named twice", conf->dev[k]);
		conf->n_dev++;
	}
}

static void
parse(const struct cfg *c, const struct cfg *doc, struct host_conf *conf)
{
	unsigned int word = HOST_ROUTES_BOTH;
	const char *s = "";

	memset(conf, 0, sizeof(*conf));
	if (!json_is_object(c->node)) {
		cfg_fail(c, NULL, "expected an object with \"netns\", \"devices\", \"routes\"");
		return;
	}
	cfg_only(c, known);
	if (cfg_str(c, "netns", &s) &&
	    (s[0] == '\0' || strchr(s, '/') != NULL || strlen(s) >= HOST_NETNS_MAX))
		cfg_fail(c, "netns", "expected the name of a network namespace, found \"%s\"", s);
	snprintf(conf->netns, sizeof(conf->netns), "%s", s);
	cfg_word(c, "routes", routes_words, &word);
	conf->routes = (uint8_t)word;
	parse_devices(c, doc, conf);
}

static void
check(const struct cfg *c, const struct cfg *doc)
{
	struct host_conf conf;

	parse(c, doc, &conf);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* The devices are a set: its one spelling is by name. */
static json_t *
json_of(const struct host_conf *running)
{
	json_t *o = json_object(), *list = json_array();
	struct host_conf sorted = *running, *conf = &sorted;

	qsort(conf->dev, conf->n_dev, sizeof(conf->dev[0]), by_name);

	if (conf->netns[0] != '\0')
		json_object_set_new(o, "netns", json_string(conf->netns));
	for (unsigned int i = 0; i < conf->n_dev; i++)
		json_array_append_new(list, json_string(conf->dev[i]));
	if (conf->named)
		json_object_set(o, "devices", list);
	json_decref(list);
	if (conf->routes != HOST_ROUTES_BOTH)
		json_object_set_new(o, "routes", json_string(routes_words[conf->routes]));
	return o;
}

/* An empty object asks for everything by default: it is not "nothing". */
static json_t *
canon(const struct cfg *c)
{
	struct host_conf conf;

	parse(c, NULL, &conf);
	return json_of(&conf);
}

static json_t *
show(void)
{
	role_enter_ctl();
	return host_running() != NULL ? json_of(host_running()) : NULL;
}

static int
add(const struct cfg *c)
{
	struct host_conf conf;
	const char *why;
	int rc;

	role_enter_ctl();
	parse(c, NULL, &conf);
	rc = host_enable(&conf, &why);
	if (rc != 0)
		cfg_fail(c, NULL, "%s: %s", why, strerror(-rc));
	return rc;
}

static int
change(const struct cfg *old, const struct cfg *c)
{
	(void)old;
	return add(c);
}

static int
del(const struct cfg *c)
{
	(void)c;
	role_enter_ctl();
	host_disable();
	return 0;
}

static const char schema[] =
	"{\"type\":\"object\",\"additionalProperties\":false,"
	"\"properties\":{\"netns\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":255},"
	"\"devices\":{\"type\":\"array\",\"maxItems\":256,\"uniqueItems\":true,"
	"\"items\":{\"type\":\"string\"}},"
	"\"routes\":{\"enum\":[\"none\",\"import\",\"export\",\"both\"]}}}";

static struct cfg_section section = {
	.name = "host",
	.shape = CFG_OBJECT,
	.order = 45,
	.check = check,
	.show = show,
	.canon = canon,
	.add = add,
	.del = del,
	.change = change,
	.schema = schema,
};

void
host_cfg_register(void)
{
	cfg_register(&section);
}
