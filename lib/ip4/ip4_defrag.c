/* SPDX-License-Identifier: BSD-3-Clause */
/* Start and end of reassembly: one table and one ring for each worker that may own datagrams. */
#include <errno.h>
#include <stdio.h>
#include "ip4/ip4_defrag_dp.h"
#include "ip4/ip4_priv.h"

#define RING_SIZE 1024 /* fragments on their way from worker to worker */

void
ip4_defrag_user(enum ip_defrag_users user, ip_defrag_fn fn)
{
	ip4_defrag_fns[user] = fn;
}

static int
init_one(struct ip4_defrag *f, unsigned int slot, const struct siphash_key *secret) CTL_ONLY
{
	char name[RTE_RING_NAMESIZE];
	int rc;

	f->next_tsc = UINT64_MAX;
	shed_init(&f->shed, secret);
	f->table.secret = *secret;
	if (slot == 0 && n_workers > 1) /* owns nothing: hands all over */
		return 0;
	rc = reasm_init(&f->table, secret, &ip4_defrag_ops, f);
	if (rc != 0 || n_workers == 1)
		return rc;
	snprintf(name, sizeof(name), "frag_%u", slot);
	f->handed = rte_ring_create(name, RING_SIZE, workers[slot]->socket, RING_F_SC_DEQ);
	return f->handed != NULL ? 0 : -ENOMEM;
}

int
ip4_defrag_init(void)
{
	struct siphash_key secret;
	int rc = siphash_key_random(&secret); /* nobody may aim at one bucket */

	for (unsigned int i = 0; rc == 0 && i < n_workers; i++)
		rc = init_one(&ip4_defrag_tab[i], i, &secret);
	return rc;
}

void
ip4_defrag_fini(void)
{
	struct worker *w = worker_ctl();

	role_borrow_dp();
	ip4_shedding = 0;
	for (unsigned int i = 0; i < n_workers; i++) {
		struct ip4_defrag *f = &ip4_defrag_tab[i];
		void *skb;

		f->w = w;
		if (f->table.ops != NULL)
			reasm_fini(&f->table);
		while (f->handed != NULL && rte_ring_dequeue(f->handed, &skb) == 0) {
			((struct sk_buff *)skb)->dev = NULL; /* it may have gone */
			kfree_skb_reason(w, skb, DROP_IP4_REASM_MEMORY);
		}
		rte_ring_free(f->handed);
		f->handed = NULL;
	}
}
