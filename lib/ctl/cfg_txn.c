/* SPDX-License-Identifier: BSD-3-Clause */
/* From what runs to a document: the entries that differ, in the order of the sections; and back to
 * what ran, when one refuses. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "ctl/cfg_priv.h"
#include "ctl/monitor_priv.h"

#define SECTIONS_MAX 64
#define ROUNDS_MAX   4 /* an entry made anew may take others of its section along: look again */

static bool started;
static bool undone = true; /* the last transaction that failed left nothing behind */

bool
cfg_started(void)
{
	return started;
}

bool
cfg_undone(void)
{
	return undone;
}

/* On the way to a document. */
struct way {
	const json_t *to;
	json_t *now; /* sections as they ran when they were looked at last */
	struct cfg_errors *errs;
	bool back;    /* to what ran: what refuses could not be restored, or taken back */
	bool skip;    /* one that refuses is told, and left out */
	bool touched; /* things may not be as in now any more */
	unsigned int round;
};

/* --- what sections without show() are remembered to run --- */

static void
kept_del(struct cfg_section *s, const struct cfg *entry) CTL_ONLY
{
	struct cfg_side side = { 0 };
	struct cfg_errors none = { 0 };
	struct strbuf key = { 0 };
	json_t *doc;

	if (s->shape == CFG_MAP)
		json_object_del(s->kept, entry->key);
	if (s->shape == CFG_OBJECT) {
		json_decref(s->kept);
		s->kept = NULL;
	}
	if (s->shape != CFG_LIST || s->kept == NULL)
		return;
	doc = json_pack("{s:O}", s->name, s->kept);
	if (cfg_side_init(&side, s, doc, &none) == 0 && cfg_entry_key(s, entry, &key))
		json_array_remove(s->kept, cfg_side_find(&side, strbuf_str(&key)).idx);
	strbuf_free(&key);
	cfg_side_free(&side);
	json_decref(doc);
}

static void
kept_add(struct cfg_section *s, const struct cfg *entry) CTL_ONLY
{
	json_t *v = cfg_entry_canon(s, entry);

	if (s->shape == CFG_OBJECT) {
		json_decref(s->kept);
		s->kept = v;
		return;
	}
	if (s->kept == NULL)
		s->kept = s->shape == CFG_MAP ? json_object() : json_array();
	if (s->shape == CFG_MAP)
		json_object_set_new(s->kept, entry->key, v);
	else
		json_array_append_new(s->kept, v);
}

/* --- steps --- */

/* Something was refused: make sure that a sentence tells of it. */
static int
refused(const struct cfg *entry, const char *what, int rc)
{
	if (!cfg_failed(entry))
		cfg_fail(entry, NULL, "cannot be %s: %s", what, strerror(-rc));
	return rc;
}

static int
do_add(struct way *w, struct cfg_section *s, const struct cfg *entry) CTL_ONLY
{
	int rc;

	w->errs->seen = w->errs->n;
	w->touched = true;
	rc = s->add != NULL ? s->add(entry) : 0;
	if (rc < 0)
		return refused(entry, w->back ? "restored" : "added", rc);
	if (s->show == NULL)
		kept_add(s, entry);
	return 0;
}

static int
do_del(struct way *w, struct cfg_section *s, const struct cfg *entry) CTL_ONLY
{
	int rc;

	w->errs->seen = w->errs->n;
	w->touched = true;
	rc = s->del != NULL ? s->del(entry) : 0;
	if (rc < 0)
		return refused(entry, w->back ? "taken back" : "deleted", rc);
	if (s->show == NULL)
		kept_del(s, entry);
	return 0;
}

static int
do_change(struct way *w, struct cfg_section *s, const struct cfg *old, const struct cfg *entry,
	  bool *again) CTL_ONLY
{
	int rc = -EOPNOTSUPP;

	w->errs->seen = w->errs->n;
	w->touched = true;
	if (s->change != NULL)
		rc = s->change(old, entry);
	if (rc == -EOPNOTSUPP) {
		*again = true;
		rc = do_del(w, s, old);
		return rc == 0 ? do_add(w, s, entry) : rc;
	}
	if (rc < 0)
		return refused(entry, w->back ? "changed back" : "changed", rc);
	if (s->show == NULL) {
		kept_del(s, old);
		kept_add(s, entry);
	}
	return 0;
}

/* --- sections --- */

/* What the document does not have. Last first: later ones may stand on earlier ones. */
static int
sweep_section(struct way *w, struct cfg_section *s) CTL_ONLY
{
	struct cfg_side now = { 0 }, to = { 0 };
	struct strbuf key = { 0 };
	int rc = cfg_side_init(&now, s, w->now, w->errs);

	if (rc == 0)
		rc = cfg_side_init(&to, s, w->to, w->errs);
	for (size_t i = rc == 0 ? now.n : 0; i-- > 0;) {
		struct cfg e = cfg_side_at(&now, i);

		if (!cfg_entry_key(s, &e, &key))
			continue;
		/* A second one of the same key can only run: no document has it. */
		if (cfg_side_find(&to, strbuf_str(&key)).node != NULL &&
		    cfg_side_find(&now, strbuf_str(&key)).node == e.node)
			continue;
		rc = do_del(w, s, &e);
		if (rc < 0 && !w->skip)
			break;
		rc = 0;
	}
	strbuf_free(&key);
	cfg_side_free(&now);
	cfg_side_free(&to);
	return rc;
}

static int
fill_entry(struct way *w, struct cfg_side *now, const struct cfg *entry, const char *key,
	   bool *again) CTL_ONLY
{
	struct cfg_section *s = now->s;
	struct cfg old = cfg_side_find(now, key);
	json_t *want = cfg_entry_canon(s, entry);
	bool same = want != NULL && old.node != NULL && json_equal(want, old.node) &&
		    (s->stale == NULL || w->round > 0 || !s->stale(entry));
	int rc = 0;

	if (want == NULL && old.node != NULL)
		rc = do_del(w, s, &old);
	else if (want != NULL && old.node == NULL)
		rc = do_add(w, s, entry);
	else if (want != NULL && !same)
		rc = do_change(w, s, &old, entry, again);
	json_decref(want);
	return w->skip ? 0 : rc;
}

/* What is not there, or is otherwise. */
static int
fill_section(struct way *w, struct cfg_section *s, bool *again) CTL_ONLY
{
	struct cfg_side now = { 0 }, to = { 0 };
	struct strbuf key = { 0 };
	int rc;

	*again = false;
	if (w->touched) {
		json_t *v = cfg_section_show(s);

		json_object_del(w->now, s->name);
		if (v != NULL)
			json_object_set_new(w->now, s->name, v);
	}
	rc = cfg_side_init(&now, s, w->now, w->errs);
	if (rc == 0)
		rc = cfg_side_init(&to, s, w->to, w->errs);
	for (unsigned int later = 0; later <= (s->later != NULL); later++)
		for (size_t i = 0; rc == 0 && i < to.n; i++) {
			struct cfg e = cfg_side_at(&to, i);

			if (s->later != NULL && s->later(&e) != later)
				continue;
			if (cfg_entry_key(s, &e, &key))
				rc = fill_entry(w, &now, &e, strbuf_str(&key), again);
		}
	strbuf_free(&key);
	cfg_side_free(&now);
	cfg_side_free(&to);
	return rc;
}

static int
walk(struct way *w) CTL_ONLY
{
	struct cfg_section *all[SECTIONS_MAX];
	bool again = true;
	size_t n = 0;
	int rc = 0;

	for (struct cfg_section *s = cfg_sections; s != NULL && n < SECTIONS_MAX; s = s->next)
		all[n++] = s;
	for (size_t i = n; i-- > 0 && rc == 0;)
		rc = sweep_section(w, all[i]);
	for (size_t i = 0; i < n && rc == 0; i++) {
		again = true;
		for (w->round = 0; w->round < ROUNDS_MAX && again && rc == 0; w->round++)
			rc = fill_section(w, all[i], &again);
	}
	return rc;
}

/* --- the whole --- */

static void
name_difference(void *arg, char sign, const struct cfg *entry)
{
	struct strbuf *out = arg;

	strbuf_puts(out, out->len > 0 ? ", " : "");
	cfg_pointer(entry, NULL, out);
	strbuf_puts(out, sign == '-'   ? " (is missing)"
			 : sign == '+' ? " (is new)"
				       : " (is otherwise)");
}

/* Back to what ran; say what is not as it was. */
static void
undo(const json_t *from, struct cfg_errors *errs) CTL_ONLY
{
	struct way back = { .to = from, .errs = errs, .back = true, .skip = true };
	struct strbuf raw = { 0 }, names = { 0 };
	json_t *is;

	back.now = cfg_running();
	walk(&back);
	json_decref(back.now);
	is = cfg_running();
	cfg_compare(from, is, name_difference, &raw);
	json_decref(is);
	undone = raw.len == 0;
	if (undone)
		return;
	strbuf_plain(&names, strbuf_str(&raw), raw.len, NULL);
	/* Past the limit of errors too: this one must be seen. */
	strbuf_printf(&errs->text, "/: not all could be taken back, what runs differs in %s\n",
		      strbuf_str(&names));
	errs->n++;
	strbuf_free(&names);
	strbuf_free(&raw);
}

int
cfg_apply(json_t *doc, char **report)
{
	struct cfg_errors errs = { 0 };
	struct way w = { .to = doc, .errs = &errs, .skip = !started };
	json_t *from;
	int rc;

	undone = true;
	cfg_check_doc(doc, &errs);
	if (errs.n > 0) {
		cfg_errors_report(&errs, report);
		monitor_config("refused");
		return -EINVAL;
	}
	from = cfg_running();
	w.now = json_copy(from); /* its sections are replaced, not changed */
	rc = walk(&w);
	json_decref(w.now);
	if (rc < 0)
		undo(from, &errs);
	else
		started = true;
	json_decref(from);
	cfg_errors_report(&errs, report);
	monitor_config(rc == 0 ? "loaded" : undone ? "taken back" : "partly taken back");
	return rc;
}

void
cfg_fini(void)
{
	for (struct cfg_section *s = cfg_sections; s != NULL; s = s->next) {
		json_decref(s->kept);
		s->kept = NULL;
	}
	started = false;
}

void
cfg_unregister_all(void)
{
	cfg_sections = NULL;
}
