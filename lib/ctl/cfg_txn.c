/* SPDX-License-Identifier: BSD-3-Clause */
/* From one document to another: the entries that differ, applied in the order of the sections,
 * and taken back when one refuses. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "ctl/cfg_priv.h"

static json_t *running;
static bool undone = true; /* the last transaction that failed left nothing behind */

const json_t *
cfg_running(void)
{
	return running;
}

static struct cfg_entry *
add_entry(struct cfg_entries *es, struct cfg_section *s)
{
	struct cfg_entry *p;

	if ((es->n & (es->n - 1)) == 0) { /* full: capacities are powers of two */
		p = realloc(es->e, (es->n > 0 ? es->n * 2 : 1) * sizeof(*p));
		if (p == NULL)
			return NULL;
		es->e = p;
	}
	p = &es->e[es->n++];
	*p = (struct cfg_entry){ .s = s };
	return p;
}

static int
build_map(struct cfg_entries *es, struct cfg_section *s, const json_t *old, const json_t *new)
{
	struct cfg_entry *e;
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)old, key, v) {
		e = add_entry(es, s);
		if (e == NULL)
			return -ENOMEM;
		e->key = key;
		e->old = v;
		e->new = json_object_get(new, key);
	}
	json_object_foreach((json_t *)new, key, v) {
		if (json_object_get(old, key) != NULL)
			continue;
		e = add_entry(es, s);
		if (e == NULL)
			return -ENOMEM;
		e->key = key;
		e->new = v;
	}
	return 0;
}

/* Where each element of a list stands, by its value. */
static json_t *
index_list(const json_t *list)
{
	json_t *index = json_object();
	const json_t *v;
	char *text;
	size_t i;

	json_array_foreach((json_t *)list, i, v) {
		text = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS);
		if (text != NULL)
			json_object_set_new(index, text, json_integer((json_int_t)i));
		free(text);
	}
	return index;
}

static int
build_list(struct cfg_entries *es, struct cfg_section *s, const json_t *old, const json_t *new)
{
	json_t *index = index_list(old);
	size_t first = es->n;
	struct cfg_entry *e;
	const json_t *v, *at;
	char *text;
	size_t i;

	json_array_foreach((json_t *)old, i, v) {
		e = add_entry(es, s);
		if (e == NULL)
			goto no_mem;
		e->old = v;
		e->old_idx = i;
	}
	json_array_foreach((json_t *)new, i, v) {
		text = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS);
		at = text != NULL ? json_object_get(index, text) : NULL;
		e = at != NULL ? &es->e[first + (size_t)json_integer_value(at)] : add_entry(es, s);
		free(text);
		if (e == NULL)
			goto no_mem;
		e->new = v;
		e->new_idx = i;
	}
	json_decref(index);
	return 0;

no_mem:
	json_decref(index);
	return -ENOMEM;
}

int
cfg_entries_build(struct cfg_entries *es, const json_t *from, const json_t *to)
{
	int rc = 0;

	*es = (struct cfg_entries){ 0 };
	for (struct cfg_section *s = cfg_sections; s != NULL && rc == 0; s = s->next) {
		const json_t *old = json_object_get(from, s->name);
		const json_t *new = json_object_get(to, s->name);

		if (s->shape == CFG_MAP) {
			rc = build_map(es, s, old, new);
		} else if (s->shape == CFG_LIST) {
			rc = build_list(es, s, old, new);
		} else if (old != NULL || new != NULL) {
			struct cfg_entry *e = add_entry(es, s);

			if (e == NULL) {
				rc = -ENOMEM;
				break;
			}
			e->key = s->name;
			e->old = old;
			e->new = new;
		}
	}
	return rc;
}

void
cfg_entries_free(struct cfg_entries *es)
{
	free(es->e);
	*es = (struct cfg_entries){ 0 };
}

/* A cursor on an entry: root, section, entry. */
struct place {
	struct cfg root, sect, entry;
};

static const struct cfg *
place(struct place *p, const struct cfg_entry *e, bool new, const json_t *doc,
      struct cfg_errors *errs)
{
	const json_t *node = new ? e->new : e->old;

	errs->seen = errs->n;
	p->root = (struct cfg){ .node = doc, .errs = errs };
	p->sect = cfg_get(&p->root, e->s->name);
	if (e->s->shape == CFG_OBJECT) {
		p->sect.node = node;
		return &p->sect;
	}
	p->entry = (struct cfg){ node, &p->sect, e->key, new ? e->new_idx : e->old_idx, errs };
	return &p->entry;
}

enum done { DONE_ADD, DONE_DEL, DONE_CHANGE };

struct txn {
	const json_t *from, *to;
	struct cfg_entries es;
	struct cfg_errors errs;
	/* what was done, to be taken back in reverse */
	struct step {
		enum done what;
		size_t entry;
	} * log;
	size_t n_log;
	size_t cap;
	bool starting; /* skip what fails */
};

static int
note(struct txn *t, enum done what, size_t entry)
{
	if (t->n_log == t->cap) {
		size_t cap = t->cap > 0 ? t->cap * 2 : 64;
		struct step *p = realloc(t->log, cap * sizeof(*p));

		if (p == NULL)
			return -ENOMEM;
		t->log = p;
		t->cap = cap;
	}
	t->log[t->n_log++] = (struct step){ what, entry };
	return 0;
}

/* An entry refused: see that the report says so. */
static int
refused(struct txn *t, const struct cfg *c, unsigned int errors_before, const char *verb, int rc)
{
	if (t->errs.n == errors_before)
		cfg_fail(c, NULL, "cannot be %s: %s", verb, strerror(-rc));
	return rc;
}

static int
do_add(struct txn *t, size_t i)
{
	struct cfg_entry *e = &t->es.e[i];
	unsigned int before = t->errs.n;
	struct place p;
	const struct cfg *c = place(&p, e, true, t->to, &t->errs);
	int rc = e->s->add != NULL ? e->s->add(c) : 0;

	if (rc < 0)
		return refused(t, c, before, "added", rc);
	return note(t, DONE_ADD, i);
}

static int
do_del(struct txn *t, size_t i)
{
	struct cfg_entry *e = &t->es.e[i];
	unsigned int before = t->errs.n;
	struct place p;
	const struct cfg *c = place(&p, e, false, t->from, &t->errs);
	int rc = e->s->del != NULL ? e->s->del(c) : 0;

	if (rc < 0)
		return refused(t, c, before, "deleted", rc);
	e->gone = true;
	return note(t, DONE_DEL, i);
}

static int
call_change(struct txn *t, const struct cfg_entry *e, bool back)
{
	struct place po, pn;
	const struct cfg *co = place(&po, e, false, t->from, &t->errs);
	const struct cfg *cn = place(&pn, e, true, t->to, &t->errs);
	unsigned int before = t->errs.n;
	int rc = -EOPNOTSUPP;

	if (e->s->change != NULL)
		rc = back ? e->s->change(cn, co) : e->s->change(co, cn);
	if (rc < 0 && rc != -EOPNOTSUPP)
		refused(t, cn, before, back ? "changed back" : "changed", rc);
	return rc;
}

/* Is @p name a part of @p s, between dots or slashes: "net.ipv4.conf.p0.rp_filter"? */
static bool
names(const char *s, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = strstr(s, name); at != NULL; at = strstr(at + 1, name))
		if ((at == s || at[-1] == '.' || at[-1] == '/') &&
		    (at[len] == '\0' || at[len] == '.' || at[len] == '/'))
			return true;
	return false;
}

/* Does @p v mention @p name, in a key or a string? */
static bool
mentions(const json_t *v, const char *name)
{
	const char *key;
	json_t *e;
	size_t i;

	if (json_is_string(v))
		return names(json_string_value(v), name);
	json_object_foreach((json_t *)v, key, e)
		if (names(key, name) || mentions(e, name))
			return true;
	json_array_foreach((json_t *)v, i, e)
		if (mentions(e, name))
			return true;
	return false;
}

/* Delete what stands in later sections and names entry @p i, which is about to be deleted and
 * added again: it would hang in the air. It is added again when its turn comes. Last first. */
static int
del_dependents(struct txn *t, size_t i)
{
	const struct cfg_entry *of = &t->es.e[i];
	int rc;

	if (of->s->shape != CFG_MAP)
		return 0;
	for (size_t k = t->es.n; k-- > i + 1;) {
		struct cfg_entry *e = &t->es.e[k];

		if (e->old == NULL || e->gone || e->s == of->s)
			continue;
		if ((e->key == NULL || !names(e->key, of->key)) && !mentions(e->old, of->key))
			continue;
		rc = 0;
		if (e->s->shape == CFG_MAP && strcmp(e->key, of->key) != 0)
			rc = del_dependents(t, k); /* what hangs on that one goes before it */
		if (rc == 0)
			rc = do_del(t, k);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int
do_change(struct txn *t, size_t i)
{
	int rc = call_change(t, &t->es.e[i], false);

	if (rc == 0)
		return note(t, DONE_CHANGE, i);
	if (rc != -EOPNOTSUPP)
		return rc;
	rc = del_dependents(t, i);
	if (rc == 0)
		rc = do_del(t, i);
	return rc == 0 ? do_add(t, i) : rc;
}

static int
forward_one(struct txn *t, size_t i)
{
	struct place p;
	const struct cfg_entry *e = &t->es.e[i];

	if (e->new == NULL)
		return 0;
	if (e->old == NULL || e->gone)
		return do_add(t, i);
	if (json_equal(e->old, e->new) &&
	    (e->s->stale == NULL || !e->s->stale(place(&p, e, true, t->to, &t->errs))))
		return 0;
	return do_change(t, i);
}

/* A copy of the document that can lose entries: its sections are copied, their entries shared. */
static json_t *
loose_copy(const json_t *doc)
{
	json_t *copy = json_copy((json_t *)doc);
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)doc, key, v)
		json_object_set_new(copy, key, json_copy(v));
	return copy;
}

/* The document without the entry whose value is @p value. */
static void
leave_out(json_t *doc, const struct cfg_entry *e, const json_t *value)
{
	json_t *sect = json_object_get(doc, e->s->name);
	size_t i;
	json_t *v;

	if (e->s->shape == CFG_OBJECT)
		json_object_del(doc, e->s->name);
	else if (e->s->shape == CFG_MAP)
		json_object_del(sect, e->key);
	else
		json_array_foreach(sect, i, v)
			if (v == value) {
				json_array_remove(sect, i);
				break;
			}
}

/* Take one step back; where that fails, note what the entry is left as. */
static void
undo_step(struct txn *t, const struct step *s)
{
	struct cfg_entry *e = &t->es.e[s->entry];
	unsigned int before = t->errs.n;
	const struct cfg *c;
	struct place p;
	int rc;

	if (s->what == DONE_CHANGE) {
		rc = call_change(t, e, true);
		if (rc != -EOPNOTSUPP) {
			e->left = rc < 0 ? CFG_LEFT_NEW : CFG_LEFT_OLD;
			return;
		}
	}
	if (s->what != DONE_DEL) {
		c = place(&p, e, true, t->to, &t->errs);
		rc = e->s->del != NULL ? e->s->del(c) : 0;
		if (rc < 0) {
			e->left = CFG_LEFT_NEW;
			refused(t, c, before, "taken back", rc);
		}
	}
	if (s->what == DONE_ADD || e->left == CFG_LEFT_NEW)
		return; /* the old one cannot stand beside the new one */
	c = place(&p, e, false, t->from, &t->errs);
	rc = e->s->add != NULL ? e->s->add(c) : 0;
	if (rc < 0) {
		e->left = CFG_LEFT_GONE;
		refused(t, c, before, "restored", rc);
	}
}

/* What could not be restored, in the running document as it is now. */
static void
settle_entry(json_t *doc, const struct cfg_entry *e)
{
	json_t *sect = json_object_get(doc, e->s->name);
	json_t *new = (json_t *)e->new;

	if (e->old != NULL)
		leave_out(doc, e, e->old);
	if (e->left != CFG_LEFT_NEW)
		return;
	if (e->s->shape == CFG_OBJECT) {
		json_object_set(doc, e->s->name, new);
		return;
	}
	if (sect == NULL) {
		sect = e->s->shape == CFG_MAP ? json_object() : json_array();
		json_object_set_new(doc, e->s->name, sect);
	}
	if (e->s->shape == CFG_MAP)
		json_object_set(sect, e->key, new);
	else
		json_array_append(sect, new);
}

/* Say which entries are not as they were, and keep the running document true. */
static void
settle(struct txn *t)
{
	struct strbuf names = { 0 }, raw = { 0 };
	json_t *is = t->from != NULL ? loose_copy(t->from) : json_object();

	for (size_t i = 0; i < t->es.n; i++) {
		const struct cfg_entry *e = &t->es.e[i];
		bool new = e->left == CFG_LEFT_NEW;
		struct place p;

		if (e->left == CFG_LEFT_OLD)
			continue;
		strbuf_puts(&raw, raw.len > 0 ? ", " : "");
		cfg_pointer(place(&p, e, new, new ? t->to : t->from, &t->errs), NULL, &raw);
		strbuf_puts(&raw, new ? " (is the new one)" : " (is missing)");
		settle_entry(is, e);
	}
	undone = raw.len == 0;
	if (undone) {
		json_decref(is);
		return;
	}
	strbuf_plain(&names, strbuf_str(&raw), raw.len, NULL);
	/* Past the limit of errors too: this one must be seen. */
	strbuf_printf(&t->errs.text, "/: not all could be taken back, what runs differs in %s\n",
		      strbuf_str(&names));
	strbuf_free(&names);
	strbuf_free(&raw);
	json_decref(running);
	running = is;
}

static void
undo(struct txn *t)
{
	while (t->n_log > 0)
		undo_step(t, &t->log[--t->n_log]);
	settle(t);
}

static int
run(struct txn *t, json_t **runs)
{
	int rc;

	for (size_t i = t->es.n; i-- > 0;) {
		if (t->es.e[i].new != NULL)
			continue;
		rc = do_del(t, i);
		if (rc < 0)
			return rc;
	}
	for (size_t i = 0; i < t->es.n; i++) {
		rc = forward_one(t, i);
		if (rc == 0)
			continue;
		if (!t->starting)
			return rc;
		if (*runs == t->to) /* without what failed, so that a reload tries it again */
			*runs = loose_copy(t->to);
		leave_out(*runs, &t->es.e[i], t->es.e[i].new);
	}
	return 0;
}

int
cfg_apply(json_t *doc, char **report)
{
	struct txn t = { .from = running, .to = doc, .starting = running == NULL };
	json_t *runs = doc;
	int rc;

	undone = true;
	cfg_check_doc(doc, &t.errs);
	if (t.errs.n > 0) {
		cfg_errors_report(&t.errs, report);
		return -EINVAL;
	}
	rc = cfg_entries_build(&t.es, t.from, t.to);
	if (rc == 0)
		rc = run(&t, &runs);
	else
		cfg_fail(&(struct cfg){ .errs = &t.errs }, NULL, "%s", strerror(-rc));
	if (rc < 0) {
		undo(&t);
	} else {
		if (runs == doc)
			json_incref(doc);
		json_decref(running);
		running = runs;
	}
	cfg_entries_free(&t.es);
	free(t.log);
	cfg_errors_report(&t.errs, report);
	return rc;
}

bool
cfg_undone(void)
{
	return undone;
}

void
cfg_fini(void)
{
	json_decref(running);
	running = NULL;
}

void
cfg_unregister_all(void)
{
	cfg_sections = NULL;
}

char *
cfg_diff(const json_t *from, const json_t *to)
{
	struct cfg_errors none = { 0 };
	struct cfg_entries es;
	struct strbuf out = { 0 };

	if (cfg_entries_build(&es, from, to) < 0) {
		cfg_entries_free(&es);
		return NULL;
	}
	for (size_t i = 0; i < es.n; i++) {
		const struct cfg_entry *e = &es.e[i];
		struct place p;
		char *text;

		if (e->old != NULL && e->new != NULL &&json_equal(e->old, e->new))
			continue;
		text = json_dumps(e->new != NULL ? e->new : e->old, JSON_ENCODE_ANY | JSON_COMPACT);
		strbuf_puts(&out, e->old == NULL ? "+ " : e->new == NULL ? "- " : "~ ");
		cfg_pointer(place(&p, e, e->new != NULL, to, &none), NULL, &out);
		strbuf_printf(&out, " %s\n", text != NULL ? text : "");
		free(text);
	}
	cfg_entries_free(&es);
	return strbuf_steal(&out);
}
