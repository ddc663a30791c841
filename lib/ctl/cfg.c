/* SPDX-License-Identifier: BSD-3-Clause */
/* The cursor: typed values of a JSON document, and errors that say where they are. */
#include "ctl/cfg.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/editdist.h"
#include "ctl/cfg_priv.h"

/* RFC 6901, 3: "~" is "~0" and "/" is "~1" in a reference token. */
static void
escaped(struct strbuf *out, const char *key)
{
	strbuf_puts(out, "/");
	for (; *key != '\0'; key++) {
		if (*key == '~')
			strbuf_puts(out, "~0");
		else if (*key == '/')
			strbuf_puts(out, "~1");
		else
			strbuf_add(out, key, 1);
	}
}

void
cfg_pointer(const struct cfg *c, const char *key, struct strbuf *out)
{
	if (c->up != NULL) {
		cfg_pointer(c->up, NULL, out);
		if (c->key != NULL)
			escaped(out, c->key);
		else
			strbuf_printf(out, "/%zu", c->idx);
	}
	if (key != NULL)
		escaped(out, key);
}

void
cfg_fail(const struct cfg *c, const char *key, const char *fmt, ...)
{
	struct cfg_errors *e = c->errs;
	struct strbuf line = { 0 };
	va_list ap;

	if (e->n++ >= CFG_ERRORS_MAX)
		return;
	if (c->up == NULL && key == NULL)
		strbuf_puts(&line, "/"); /* the document itself */
	cfg_pointer(c, key, &line);
	strbuf_puts(&line, ": ");
	va_start(ap, fmt);
	strbuf_vprintf(&line, fmt, ap);
	va_end(ap);
	/* Keys and values are whatever stood in the file: no terminal or log shall obey them. */
	strbuf_plain(&e->text, strbuf_str(&line), line.len, NULL);
	strbuf_puts(&e->text, "\n");
	strbuf_free(&line);
}

bool
cfg_failed(const struct cfg *c)
{
	return c->errs->n > c->errs->seen;
}

void
cfg_errors_report(struct cfg_errors *e, char **report)
{
	if (e->n > CFG_ERRORS_MAX)
		strbuf_printf(&e->text, "and %u errors more\n", e->n - CFG_ERRORS_MAX);
	if (e->n > 0) {
		*report = strbuf_steal(&e->text);
	} else {
		*report = NULL;
		strbuf_free(&e->text);
	}
	e->n = 0;
}

struct cfg
cfg_get(const struct cfg *c, const char *key)
{
	return (struct cfg){ json_object_get(c->node, key), c, key, 0, c->errs };
}

struct cfg
cfg_at(const struct cfg *c, size_t idx)
{
	return (struct cfg){ json_array_get(c->node, idx), c, NULL, idx, c->errs };
}

void
cfg_show(const json_t *v, struct strbuf *out)
{
	char *s;

	if (v == NULL) {
		strbuf_puts(out, "nothing");
		return;
	}
	if (json_is_object(v) || json_is_array(v)) {
		strbuf_puts(out, json_is_object(v) ? "an object" : "an array");
		return;
	}
	s = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);
	if (s != NULL && strlen(s) > 60)
		strcpy(s + 56, "...");
	strbuf_puts(out, s != NULL ? s : "?");
	free(s);
}

static const json_t *
node_of(const struct cfg *c, const char *key)
{
	return key != NULL ? json_object_get(c->node, key) : c->node;
}

/* Refuse with "expected <what>, found <value>"; always false. */
static bool
expected(const struct cfg *c, const char *key, const char *what)
{
	struct strbuf found = { 0 };

	cfg_show(node_of(c, key), &found);
	cfg_fail(c, key, "expected %s, found %s", what, strbuf_str(&found));
	strbuf_free(&found);
	return false;
}

bool
cfg_u32(const struct cfg *c, const char *key, uint32_t min, uint32_t max, uint32_t *out)
{
	const json_t *v = node_of(c, key);
	char what[64];

	if (v == NULL)
		return false;
	if (!json_is_integer(v) || json_integer_value(v) < (json_int_t)min ||
	    json_integer_value(v) > (json_int_t)max) {
		snprintf(what, sizeof(what), "an integer %u..%u", min, max);
		return expected(c, key, what);
	}
	*out = (uint32_t)json_integer_value(v);
	return true;
}

bool
cfg_bool(const struct cfg *c, const char *key, bool *out)
{
	const json_t *v = node_of(c, key);

	if (v == NULL)
		return false;
	if (!json_is_boolean(v))
		return expected(c, key, "true or false");
	*out = json_is_true(v);
	return true;
}

bool
cfg_str(const struct cfg *c, const char *key, const char **out)
{
	const json_t *v = node_of(c, key);

	if (v == NULL)
		return false;
	if (!json_is_string(v))
		return expected(c, key, "a string");
	*out = json_string_value(v);
	return true;
}

bool
cfg_word(const struct cfg *c, const char *key, const char *const *words, unsigned int *out)
{
	const json_t *v = node_of(c, key);
	struct strbuf what = { 0 };
	const char *near;

	if (v == NULL)
		return false;
	for (unsigned int i = 0; json_is_string(v) && words[i] != NULL; i++)
		if (strcmp(words[i], json_string_value(v)) == 0) {
			*out = i;
			return true;
		}
	strbuf_puts(&what, "one of ");
	for (unsigned int i = 0; words[i] != NULL; i++)
		strbuf_printf(&what, "%s\"%s\"", i > 0 ? ", " : "", words[i]);
	near = json_is_string(v) ? cfg_nearest(json_string_value(v), words) : NULL;
	if (near != NULL)
		strbuf_printf(&what, " (did you mean \"%s\"?)", near);
	expected(c, key, strbuf_str(&what));
	strbuf_free(&what);
	return false;
}

bool
cfg_parse(const struct cfg *c, const char *key, int (*parse)(const char *word), const char *valid,
	  uint8_t *out)
{
	const char *word = NULL;
	int v;

	if (!cfg_str(c, key, &word))
		return false;
	v = parse(word);
	if (v < 0)
		cfg_fail(c, key, "\"%s\" is no %s: expected %s", word, key, valid);
	else
		*out = (uint8_t)v;
	return v >= 0;
}

bool
cfg_ip4(const struct cfg *c, const char *key, uint32_t *addr)
{
	const json_t *v = node_of(c, key);
	struct in_addr in;

	if (v == NULL)
		return false;
	if (!json_is_string(v) || inet_pton(AF_INET, json_string_value(v), &in) != 1)
		return expected(c, key, "an IPv4 address");
	*addr = in.s_addr;
	return true;
}

static bool
parse_prefix(const char *s, uint32_t *addr, uint8_t *plen)
{
	char buf[INET_ADDRSTRLEN];
	struct in_addr in;
	size_t n = strcspn(s, "/");
	unsigned int bits = 32;
	int used = 0;

	if (strcmp(s, "default") == 0) {
		*addr = 0;
		*plen = 0;
		return true;
	}
	if (n >= sizeof(buf))
		return false;
	memcpy(buf, s, n);
	buf[n] = '\0';
	if (inet_pton(AF_INET, buf, &in) != 1)
		return false;
	if (s[n] == '/') {
		if (s[n + 1] < '0' || s[n + 1] > '9' ||
		    sscanf(s + n + 1, "%2u%n", &bits, &used) != 1 || s[n + 1 + used] != '\0' ||
		    bits > 32)
			return false;
	}
	*addr = in.s_addr;
	*plen = (uint8_t)bits;
	return true;
}

bool
cfg_prefix(const struct cfg *c, const char *key, uint32_t *addr, uint8_t *plen)
{
	const json_t *v = node_of(c, key);

	if (v == NULL)
		return false;
	if (!json_is_string(v) || !parse_prefix(json_string_value(v), addr, plen))
		return expected(c, key, "an IPv4 prefix (\"192.0.2.0/24\", \"default\")");
	return true;
}

bool
cfg_mac(const struct cfg *c, const char *key, struct rte_ether_addr *mac)
{
	const json_t *v = node_of(c, key);
	unsigned int b[6];
	int used = 0;

	if (v == NULL)
		return false;
	if (!json_is_string(v) || strlen(json_string_value(v)) != 17 ||
	    sscanf(json_string_value(v), "%2x:%2x:%2x:%2x:%2x:%2x%n", &b[0], &b[1], &b[2], &b[3],
		   &b[4], &b[5], &used) != 6 ||
	    used != 17)
		return expected(c, key, "a MAC address (\"02:00:00:00:00:01\")");
	for (int i = 0; i < 6; i++)
		mac->addr_bytes[i] = (uint8_t)b[i];
	return true;
}

static bool
is_object(const struct cfg *c)
{
	return json_is_object(c->node) || expected(c, NULL, "an object");
}

bool
cfg_need(const struct cfg *c, const char *key)
{
	if (json_object_get(c->node, key) != NULL)
		return true;
	if (is_object(c))
		cfg_fail(c, key, "is missing");
	return false;
}

const char *
cfg_nearest(const char *key, const char *const *known)
{
	const char *best = NULL;
	unsigned int dist = 0;

	for (; *known != NULL; known++) {
		unsigned int d = edit_distance(key, *known);

		if (edit_is_near(key, d) && (best == NULL || d < dist)) {
			best = *known;
			dist = d;
		}
	}
	return best;
}

void
cfg_only(const struct cfg *c, const char *const *known)
{
	const char *key;
	json_t *v;

	if (!is_object(c))
		return;
	json_object_foreach((json_t *)c->node, key, v) {
		const char *const *k = known;
		struct strbuf all = { 0 };
		const char *near;

		while (*k != NULL && strcmp(*k, key) != 0)
			k++;
		if (*k != NULL)
			continue;
		near = cfg_nearest(key, known);
		for (k = known; near == NULL && *k != NULL; k++)
			strbuf_printf(&all, "%s%s", k > known ? ", " : "", *k);
		if (near != NULL)
			cfg_fail(c, key, "unknown key, the nearest valid one is \"%s\"", near);
		else
			cfg_fail(c, key, "unknown key, valid ones are %s", strbuf_str(&all));
		strbuf_free(&all);
	}
}

/* The sections whose members are interfaces. */
static const char *const device_sections[] = { "ports",	  "vlans",   "macvlans",
					       "bridges", "tunnels", NULL };

const char *
cfg_device_section(const struct cfg *doc, const char *name, const char *before)
{
	for (const char *const *s = device_sections; *s != NULL; s++) {
		if (before != NULL && strcmp(*s, before) == 0)
			break;
		if (json_object_get(json_object_get(doc->node, *s), name) != NULL)
			return *s;
	}
	return NULL;
}

bool
cfg_has_device(const struct cfg *doc, const char *name)
{
	return strcmp(name, "lo") == 0 || cfg_device_section(doc, name, NULL) != NULL;
}

void
cfg_need_device(const struct cfg *c, const char *key, const struct cfg *doc, const char *name)
{
	if (name != NULL && !cfg_has_device(doc, name))
		cfg_fail(c, key, "there is no interface \"%s\" in the document", name);
}

void
cfg_ifname(const struct cfg *c, const char *key, const struct cfg *doc, char name[IFNAMSIZ])
{
	const char *s = NULL;

	if (!cfg_str(c, key, &s))
		return;
	if (doc != NULL)
		cfg_need_device(c, key, doc, s);
	snprintf(name, IFNAMSIZ, "%s", s);
}

json_t *
cfg_mac_json(const struct rte_ether_addr *mac)
{
	return json_sprintf("%02x:%02x:%02x:%02x:%02x:%02x", RTE_ETHER_ADDR_BYTES(mac));
}

const char *
cfg_had_before(json_t *seen, const struct cfg *entry, const char *what)
{
	const char *who = json_string_value(json_object_get(seen, what));
	char text[64];

	if (who != NULL)
		return who;
	if (entry->key != NULL)
		snprintf(text, sizeof(text), "\"%s\"", entry->key);
	else
		snprintf(text, sizeof(text), "element %zu", entry->idx);
	json_object_set_new_nocheck(seen, what, json_string_nocheck(text));
	return NULL;
}
