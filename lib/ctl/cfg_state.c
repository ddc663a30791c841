/* SPDX-License-Identifier: BSD-3-Clause */
/* Entries of documents and of what runs: their keys, their one spelling, how two sides differ. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "ctl/cfg_priv.h"

#define KEY_MAX 256

/* --- one side --- */

int
cfg_side_init(struct cfg_side *side, struct cfg_section *s, const json_t *doc,
	      struct cfg_errors *errs)
{
	const char *key;
	json_t *v;

	*side = (struct cfg_side){ .s = s, .root = { .node = doc, .errs = errs } };
	side->sect = cfg_get(&side->root, s->name);
	if (s->shape == CFG_OBJECT)
		side->n = side->sect.node != NULL;
	if (s->shape == CFG_LIST)
		side->n = json_array_size(side->sect.node);
	if (s->shape != CFG_MAP)
		return 0;
	side->keys = calloc(json_object_size(side->sect.node) + 1, sizeof(*side->keys));
	if (side->keys == NULL)
		return -ENOMEM;
	json_object_foreach((json_t *)side->sect.node, key, v)
		side->keys[side->n++] = key;
	return 0;
}

void
cfg_side_free(struct cfg_side *side)
{
	json_decref(side->index);
	free(side->keys);
}

struct cfg
cfg_side_at(const struct cfg_side *side, size_t i)
{
	if (side->s->shape == CFG_OBJECT)
		return side->sect;
	return side->s->shape == CFG_MAP ? cfg_get(&side->sect, side->keys[i])
					 : cfg_at(&side->sect, i);
}

/* A section that asks itself whether an entry is good must not leave its words in a report. */
static struct cfg
quiet(const struct cfg *entry, struct cfg_errors *none)
{
	struct cfg c = *entry;

	*none = (struct cfg_errors){ .n = CFG_ERRORS_MAX, .seen = CFG_ERRORS_MAX };
	c.errs = none;
	return c;
}

json_t *
cfg_entry_canon(const struct cfg_section *s, const struct cfg *entry)
{
	struct cfg_errors none;
	struct cfg c = quiet(entry, &none);

	return s->canon != NULL ? s->canon(&c) : json_incref((json_t *)entry->node);
}

bool
cfg_entry_key(const struct cfg_section *s, const struct cfg *entry, struct strbuf *out)
{
	char text[KEY_MAX], *value = NULL;
	struct cfg_errors none;
	struct cfg c = quiet(entry, &none);
	json_t *canon;
	bool ok = true;

	strbuf_free(out);
	if (s->key != NULL) {
		ok = s->key(&c, text, sizeof(text));
		strbuf_puts(out, ok ? text : "");
	} else if (s->shape != CFG_LIST) {
		strbuf_puts(out, entry->key);
	} else {
		canon = cfg_entry_canon(s, entry);
		value = json_dumps(canon, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS);
		ok = value != NULL;
		strbuf_puts(out, ok ? value : "");
		free(value);
		json_decref(canon);
	}
	return ok;
}

static void
build_index(struct cfg_side *side)
{
	struct strbuf key = { 0 };

	side->index = json_object();
	for (size_t i = 0; i < side->n; i++) {
		struct cfg e = cfg_side_at(side, i);

		if (cfg_entry_key(side->s, &e, &key))
			json_object_set_new_nocheck(side->index, strbuf_str(&key),
						    json_integer((json_int_t)i));
	}
	strbuf_free(&key);
}

struct cfg
cfg_side_find(struct cfg_side *side, const char *key)
{
	const json_t *at;

	if (side->s->shape == CFG_OBJECT)
		return side->sect;
	if (side->s->shape == CFG_MAP && side->s->key == NULL)
		return cfg_get(&side->sect, key);
	if (side->index == NULL)
		build_index(side);
	at = json_object_get(side->index, key);
	if (at == NULL)
		return (struct cfg){ .up = &side->sect, .errs = side->sect.errs };
	return cfg_side_at(side, (size_t)json_integer_value(at));
}

/* --- what runs --- */

json_t *
cfg_section_show(const struct cfg_section *s)
{
	json_t *v = s->show != NULL ? s->show() : json_deep_copy(s->kept);

	if (s->shape == CFG_OBJECT || json_object_size(v) + json_array_size(v) > 0)
		return v;
	json_decref(v);
	return NULL;
}

json_t *
cfg_running(void)
{
	json_t *doc = json_pack("{s:i}", "version", 1);

	for (const struct cfg_section *s = cfg_sections; s != NULL; s = s->next) {
		json_t *v = cfg_section_show(s);

		if (v != NULL)
			json_object_set_new(doc, s->name, v);
	}
	return doc;
}

json_t *
cfg_running_section(const char *name)
{
	for (const struct cfg_section *s = cfg_sections; s != NULL; s = s->next)
		if (strcmp(s->name, name) == 0)
			return cfg_section_show(s);
	return NULL;
}

/* --- differences --- */

static bool
differ(const struct cfg_section *s, const struct cfg *a, const struct cfg *b)
{
	json_t *x = cfg_entry_canon(s, a), *y = cfg_entry_canon(s, b);
	bool same = x == NULL || y == NULL ? x == y : json_equal(x, y);

	json_decref(x);
	json_decref(y);
	return !same;
}

static bool
asks_for_something(const struct cfg_section *s, const struct cfg *entry)
{
	json_t *canon = cfg_entry_canon(s, entry);

	json_decref(canon);
	return canon != NULL;
}

static void
compare_section(struct cfg_side *from, struct cfg_side *to,
		void (*fn)(void *arg, char sign, const struct cfg *entry), void *arg)
{
	struct strbuf key = { 0 };

	for (size_t i = 0; i < from->n; i++) {
		struct cfg e = cfg_side_at(from, i), other;

		if (!cfg_entry_key(from->s, &e, &key))
			continue;
		other = cfg_side_find(to, strbuf_str(&key));
		if (other.node == NULL)
			fn(arg, '-', &e);
		else if (differ(from->s, &e, &other))
			fn(arg, '~', &other);
	}
	for (size_t i = 0; i < to->n; i++) {
		struct cfg e = cfg_side_at(to, i);

		if (cfg_entry_key(to->s, &e, &key) &&
		    cfg_side_find(from, strbuf_str(&key)).node == NULL &&
		    asks_for_something(to->s, &e))
			fn(arg, '+', &e);
	}
	strbuf_free(&key);
}

int
cfg_compare(const json_t *from, const json_t *to,
	    void (*fn)(void *arg, char sign, const struct cfg *entry), void *arg)
{
	struct cfg_errors none = { 0 };
	int rc = 0;

	for (struct cfg_section *s = cfg_sections; s != NULL && rc == 0; s = s->next) {
		struct cfg_side a = { 0 }, b = { 0 };

		rc = cfg_side_init(&a, s, from, &none);
		if (rc == 0)
			rc = cfg_side_init(&b, s, to, &none);
		if (rc == 0)
			compare_section(&a, &b, fn, arg);
		cfg_side_free(&a);
		cfg_side_free(&b);
	}
	return rc;
}

static void
diff_line(void *arg, char sign, const struct cfg *entry)
{
	char *text = json_dumps(entry->node, JSON_ENCODE_ANY | JSON_COMPACT);
	struct strbuf *out = arg;

	strbuf_printf(out, "%c ", sign);
	cfg_pointer(entry, NULL, out);
	strbuf_printf(out, " %s\n", text != NULL ? text : "");
	free(text);
}

char *
cfg_diff(const json_t *from, const json_t *to)
{
	struct strbuf out = { 0 };

	if (cfg_compare(from, to, diff_line, &out) < 0) {
		strbuf_free(&out);
		return NULL;
	}
	return strbuf_steal(&out);
}

/* --- one document over another --- */

static void merge_into(json_t *into, const json_t *over);

/* Two values of one name: objects member by member, lists joined, else the newer. */
static void
merge_member(json_t *into, const char *key, json_t *v)
{
	json_t *mine = json_object_get(into, key), *e, *m;
	size_t i, k;

	if (json_is_object(mine) && json_is_object(v)) {
		merge_into(mine, v);
		return;
	}
	if (!json_is_array(mine) || !json_is_array(v)) {
		json_object_set_new(into, key, json_deep_copy(v));
		return;
	}
	json_array_foreach(v, i, e) {
		bool known = false;

		json_array_foreach(mine, k, m)
			known = known || json_equal(e, m);
		if (!known)
			json_array_append_new(mine, json_deep_copy(e));
	}
}

static void
merge_into(json_t *into, const json_t *over)
{
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)over, key, v)
		merge_member(into, key, v);
}

/* Elements of @p doc take the place of those with the same key. */
static int
merge_list(json_t *all, struct cfg_section *s, const json_t *doc) CTL_ONLY
{
	json_t *list = json_object_get(all, s->name);
	struct cfg_side mine = { 0 }, over = { 0 };
	struct cfg_errors none = { 0 };
	struct strbuf key = { 0 };
	int rc;

	if (list == NULL) {
		list = json_array();
		json_object_set_new(all, s->name, list);
	}
	rc = cfg_side_init(&mine, s, all, &none);
	if (rc == 0)
		rc = cfg_side_init(&over, s, doc, &none);
	for (size_t i = 0; rc == 0 && i < over.n; i++) {
		struct cfg e = cfg_side_at(&over, i), old = { 0 };

		if (cfg_entry_key(s, &e, &key))
			old = cfg_side_find(&mine, strbuf_str(&key));
		if (old.node != NULL)
			json_array_set(list, old.idx, (json_t *)e.node);
		else
			json_array_append(list, (json_t *)e.node);
	}
	strbuf_free(&key);
	cfg_side_free(&mine);
	cfg_side_free(&over);
	return rc;
}

json_t *
cfg_merged(const json_t *doc)
{
	json_t *all = cfg_running(), *rest = json_copy((json_t *)doc);
	int rc = 0;

	for (struct cfg_section *s = cfg_sections; s != NULL && rc == 0; s = s->next)
		if (s->shape == CFG_LIST && json_is_array(json_object_get(doc, s->name))) {
			rc = merge_list(all, s, doc);
			json_object_del(rest, s->name);
		}
	merge_into(all, rest);
	json_decref(rest);
	if (rc == 0)
		return all;
	json_decref(all);
	return NULL;
}
