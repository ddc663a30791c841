/* SPDX-License-Identifier: BSD-3-Clause */
/* Documents: read, checked against the sections, described as a schema. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ctl/cfg_priv.h"

struct cfg_section *cfg_sections;

void
cfg_register(struct cfg_section *s)
{
	struct cfg_section **at = &cfg_sections;

	while (*at != NULL && (*at)->order <= s->order)
		at = &(*at)->next;
	s->next = *at;
	*at = s;
}

static void
check_version(const struct cfg *root)
{
	uint32_t version;

	cfg_u32(root, "version", 1, 1, &version);
}

/* Sections of the documentation that this release does not have. */
static const char *const later[] = { "bridges", "capture",   "mst",	"stp",
				     "tables",	"telemetry", "tunnels", NULL };

/* Refuse those by what they are. Returns the document without them, a new reference. */
static json_t *
refuse_later(const struct cfg *root) CTL_ONLY
{
	json_t *rest = json_copy((json_t *)root->node);

	for (const char *const *name = later; *name != NULL; name++) {
		const struct cfg_section *s = cfg_sections;

		while (s != NULL && strcmp(s->name, *name) != 0)
			s = s->next;
		if (s != NULL || json_object_get(root->node, *name) == NULL)
			continue;
		cfg_fail(root, *name, "not in this release");
		json_object_del(rest, *name);
	}
	return rest;
}

/* Top-level keys: the sections and "version". */
static void
check_keys(const struct cfg *root) CTL_ONLY
{
	json_t *rest = refuse_later(root);
	struct cfg c = { .node = rest, .errs = root->errs };
	const char **known;
	size_t n = 0;

	for (const struct cfg_section *s = cfg_sections; s != NULL; s = s->next)
		n++;
	known = calloc(n + 2, sizeof(*known));
	if (known == NULL || rest == NULL) {
		cfg_fail(root, NULL, "out of memory");
		free(known);
		json_decref(rest);
		return;
	}
	n = 0;
	known[n++] = "version";
	for (const struct cfg_section *s = cfg_sections; s != NULL; s = s->next)
		known[n++] = s->name;
	cfg_only(&c, known);
	free(known);
	json_decref(rest);
}

/* A section cannot hold two entries of one key. */
static void
check_twice(struct cfg_section *s, const struct cfg *root) CTL_ONLY
{
	json_t *seen = json_object();
	struct strbuf key = { 0 };
	struct cfg_side side;
	const char *first;

	if (cfg_side_init(&side, s, root->node, root->errs) < 0)
		cfg_fail(root, s->name, "out of memory");
	for (size_t i = 0; i < side.n; i++) {
		struct cfg e = cfg_side_at(&side, i);

		if (!cfg_entry_key(s, &e, &key))
			continue;
		first = cfg_had_before(seen, &e, strbuf_str(&key));
		if (first != NULL)
			cfg_fail(&e, NULL, "is the same as %s%s%s", first,
				 s->key != NULL ? ": " : "",
				 s->key != NULL ? strbuf_str(&key) : "");
	}
	cfg_side_free(&side);
	strbuf_free(&key);
	json_decref(seen);
}

static void
check_entry(const struct cfg_section *s, const struct cfg *entry, const struct cfg *root)
{
	entry->errs->seen = entry->errs->n;
	s->check(entry, root);
}

static void
check_entries(const struct cfg_section *s, const struct cfg *sect, const struct cfg *root)
{
	const char *key;
	json_t *v;
	size_t i;

	if (s->check == NULL)
		return;
	if (s->shape == CFG_OBJECT)
		check_entry(s, sect, root);
	if (s->shape == CFG_MAP)
		json_object_foreach((json_t *)sect->node, key, v) {
			struct cfg entry = cfg_get(sect, key);

			check_entry(s, &entry, root);
		}
	if (s->shape == CFG_LIST)
		json_array_foreach((json_t *)sect->node, i, v) {
			struct cfg entry = cfg_at(sect, i);

			check_entry(s, &entry, root);
		}
}

static void
check_section(struct cfg_section *s, const struct cfg *root) CTL_ONLY
{
	struct cfg sect = cfg_get(root, s->name);

	if (sect.node == NULL)
		return;
	if (s->shape == CFG_MAP && !json_is_object(sect.node)) {
		cfg_fail(&sect, NULL, "expected an object with an entry per name");
		return;
	}
	if (s->shape == CFG_LIST && !json_is_array(sect.node)) {
		cfg_fail(&sect, NULL, "expected an array");
		return;
	}
	if (s->shape == CFG_LIST || s->key != NULL)
		check_twice(s, root);
	check_entries(s, &sect, root);
	sect.errs->seen = sect.errs->n;
	if (s->check_all != NULL)
		s->check_all(&sect, root);
}

static bool
is_same(const json_t *a, const json_t *b)
{
	return a == NULL ? b == NULL : b != NULL && json_equal(a, b);
}

/* What needs a restart stays as it is while the router runs. */
static void
check_restart(const struct cfg_section *s, const struct cfg *root) CTL_ONLY
{
	static const char why[] = "a change here needs a restart of the daemon";
	struct cfg sect = cfg_get(root, s->name);
	json_t *old, *new;

	if (!cfg_started() || (!s->restart_only && s->restart_keys == NULL))
		return;
	old = cfg_section_show(s);
	new = sect.node != NULL ? cfg_entry_canon(s, &sect) : NULL;
	if (s->restart_only && !is_same(old, new))
		cfg_fail(root, s->name, "%s", why);
	for (const char *const *key = s->restart_keys; key != NULL && *key != NULL; key++)
		if (!is_same(json_object_get(old, *key), json_object_get(new, *key)))
			cfg_fail(&sect, *key, "%s", why);
	json_decref(old);
	json_decref(new);
}

void
cfg_check_doc(const json_t *doc, struct cfg_errors *e)
{
	struct cfg root = { .node = doc, .errs = e };

	if (!json_is_object(doc)) {
		cfg_fail(&root, NULL, "expected an object");
		return;
	}
	check_keys(&root);
	check_version(&root);
	for (struct cfg_section *s = cfg_sections; s != NULL; s = s->next) {
		check_section(s, &root);
		check_restart(s, &root);
	}
}

int
cfg_check(const json_t *doc, char **report)
{
	struct cfg_errors e = { 0 };

	cfg_check_doc(doc, &e);
	cfg_errors_report(&e, report);
	return *report != NULL ? -EINVAL : 0;
}

static json_t *
parse_text(const char *text, const char *name, char **report)
{
	json_error_t err;
	json_t *doc = json_loads(text, JSON_REJECT_DUPLICATES, &err);
	struct strbuf b = { 0 };

	*report = NULL;
	if (doc != NULL)
		return doc;
	strbuf_printf(&b, "%s:%d:%d: ", name, err.line, err.column);
	strbuf_plain(&b, err.text, strlen(err.text), NULL);
	strbuf_puts(&b, "\n");
	*report = strbuf_steal(&b);
	return NULL;
}

/* The document if it is good; else the reference is given up. */
static json_t *
if_good(json_t *doc, char **report) CTL_ONLY
{
	if (doc == NULL || cfg_check(doc, report) == 0)
		return doc;
	json_decref(doc);
	return NULL;
}

json_t *
cfg_load_text(const char *text, const char *name, char **report)
{
	return if_good(parse_text(text, name, report), report);
}

static char dir[PATH_MAX] = ".";

/* The sections may read files beside the document while they check it. */
static void
set_dir(const char *path)
{
	char *slash;

	snprintf(dir, sizeof(dir), "%s", path);
	slash = strrchr(dir, '/');
	if (slash == NULL)
		strcpy(dir, ".");
	else if (slash == dir)
		strcpy(dir, "/");
	else
		*slash = '\0';
}

const char *
cfg_dir(void)
{
	return dir;
}

const char *cfg_startup_path;

json_t *
cfg_read_file(const char *path, char **report)
{
	struct strbuf b = { 0 };
	char buf[16384];
	json_t *doc;
	size_t n;
	FILE *f;

	*report = NULL;
	f = fopen(path, "re");
	while (f != NULL && (n = fread(buf, 1, sizeof(buf), f)) > 0)
		strbuf_add(&b, buf, n);
	if (f == NULL || ferror(f) || b.failed) {
		if (asprintf(report, "%s: %s\n", path,
			     b.failed ? "out of memory" : strerror(errno)) < 0)
			*report = NULL;
		strbuf_free(&b);
		if (f != NULL)
			fclose(f);
		return NULL;
	}
	fclose(f);
	doc = parse_text(strbuf_str(&b), path, report);
	if (doc != NULL)
		set_dir(path);
	strbuf_free(&b);
	return doc;
}

json_t *
cfg_load_file(const char *path, char **report)
{
	char old_dir[PATH_MAX];
	json_t *doc;

	snprintf(old_dir, sizeof(old_dir), "%s", dir);
	doc = if_good(cfg_read_file(path, report), report);
	if (doc == NULL)
		snprintf(dir, sizeof(dir), "%s", old_dir); /* refused: nothing has changed */
	return doc;
}

static json_t *
entry_schema(const struct cfg_section *s)
{
	json_t *v = s->schema != NULL ? json_loads(s->schema, 0, NULL) : NULL;

	return v != NULL ? v : json_object(); /* {}: anything, the section checks it */
}

json_t *
cfg_schema(void)
{
	json_t *props = json_pack("{s:{s:i}}", "version", "const", 1);

	for (const struct cfg_section *s = cfg_sections; s != NULL; s = s->next) {
		json_t *entry = entry_schema(s);

		if (s->shape == CFG_MAP)
			entry = json_pack("{s:s, s:o}", "type", "object", "additionalProperties",
					  entry);
		else if (s->shape == CFG_LIST)
			entry = json_pack("{s:s, s:o, s:b}", "type", "array", "items", entry,
					  "uniqueItems", 1);
		json_object_set_new(props, s->name, entry);
	}
	return json_pack("{s:s, s:s, s:s, s:b, s:o}", "$schema",
			 "https://json-schema.org/draft/2020-12/schema", "title",
			 "Pollux configuration", "type", "object", "additionalProperties", 0,
			 "properties", props);
}
