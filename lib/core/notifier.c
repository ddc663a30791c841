/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/notifier.h"
#include <string.h>
#include "core/log.h"

LOG_MODULE(core);

void
notifier_add(struct notifier_chain *c, struct notifier *n)
{
	struct notifier **at = &c->head;

	while (*at != NULL && (*at)->prio >= n->prio)
		at = &(*at)->next;
	n->next = *at;
	*at = n;
}

void
notifier_del(struct notifier_chain *c, struct notifier *n)
{
	for (struct notifier **at = &c->head; *at != NULL; at = &(*at)->next)
		if (*at == n) {
			*at = n->next;
			return;
		}
}

void
notifier_call(struct notifier_chain *c, unsigned int event, void *obj)
{
	for (struct notifier *n = c->head; n != NULL; n = n->next) {
		int rc = n->fn(n, event, obj);

		if (rc < 0)
			log_warn("%s: a listener of priority %d failed on event %u: %s", c->name,
				 n->prio, event, strerror(-rc));
	}
}

int
notifier_ask(struct notifier_chain *c, unsigned int event, unsigned int undo_event, void *obj)
{
	struct notifier *refused = c->head;
	int rc = 0;

	for (; refused != NULL; refused = refused->next) {
		rc = refused->fn(refused, event, obj);
		if (rc < 0)
			break;
	}
	if (rc >= 0)
		return 0;
	/* Undo in reverse order: the chain is short and singly linked, so search it each time. */
	for (struct notifier *end = refused; end != c->head;) {
		struct notifier *n = c->head;

		while (n->next != end)
			n = n->next;
		n->fn(n, undo_event, obj);
		end = n;
	}
	return rc;
}
