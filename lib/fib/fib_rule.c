/* SPDX-License-Identifier: BSD-3-Clause */
/* The list of policy rules. */
#include "fib/fib_rule.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "core/log.h"
#include "fib/fib_rule_priv.h"
#include "skb/skb_realm_dp.h"

LOG_MODULE(fib_rule);

struct notifier_chain fib_rule_chain = NOTIFIER_CHAIN("rule");

#define HAS_SAYS  (FIB_RULE_HAS_ALL & ~(uint32_t)FIB_RULE_HAS_PROTOCOL) /* but who made it */
#define HAS_MEANS (HAS_SAYS & ~(uint32_t)FIB_RULE_HAS_PRIORITY)

static struct fib_rule_entry *rules; /* by priority, then in order of arrival; room for one more */
static unsigned int n_rules;

const struct fib_rule_entry *
fib_rule_list(unsigned int *n)
{
	*n = n_rules;
	return rules;
}

static bool
same_prefix(rte_be32_t addr, uint8_t plen, rte_be32_t key, uint8_t key_plen, bool inside)
{
	if (inside) /* as iproute2 lists */
		return plen != 0 && (rte_be_to_cpu_32(addr ^ key) & fib_mask(key_plen)) == 0;
	return plen == key_plen && (plen == 0 || addr == key);
}

/* Does @p r have what is given of @p key? */
static bool
has(const struct fib_rule *r, const struct fib_rule *key, uint32_t given)
{
	bool inside = given & FIB_RULE_HAS_INSIDE;
	const struct {
		uint32_t bit;
		bool same;
	} parts[] = {
		{ FIB_RULE_HAS_PRIORITY, r->priority == key->priority },
		{ FIB_RULE_HAS_INVERT, r->invert == key->invert },
		{ FIB_RULE_HAS_SRC,
		  same_prefix(r->src, r->src_plen, key->src, key->src_plen, inside) },
		{ FIB_RULE_HAS_DST,
		  same_prefix(r->dst, r->dst_plen, key->dst, key->dst_plen, inside) },
		{ FIB_RULE_HAS_TOS, r->tos == key->tos },
		{ FIB_RULE_HAS_MARK, r->mark == key->mark && r->mask == key->mask },
		{ FIB_RULE_HAS_IIF, strcmp(r->iif, key->iif) == 0 },
		{ FIB_RULE_HAS_OIF, strcmp(r->oif, key->oif) == 0 },
		{ FIB_RULE_HAS_IPPROTO, r->ipproto == key->ipproto },
		{ FIB_RULE_HAS_SPORT, memcmp(r->sport, key->sport, sizeof(r->sport)) == 0 },
		{ FIB_RULE_HAS_DPORT, memcmp(r->dport, key->dport, sizeof(r->dport)) == 0 },
		{ FIB_RULE_HAS_ACTION, r->action == key->action },
		{ FIB_RULE_HAS_TARGET, r->action != FIB_RULE_GOTO || r->target == key->target },
		{ FIB_RULE_HAS_TABLE, r->table == key->table },
		{ FIB_RULE_HAS_SUPPRESS, r->suppress == key->suppress },
		{ FIB_RULE_HAS_PROTOCOL, r->protocol == key->protocol },
		{ FIB_RULE_HAS_REALMS, r->tclassid == key->tclassid },
	};

	for (unsigned int i = 0; i < RTE_DIM(parts); i++)
		if ((given & parts[i].bit) && !parts[i].same)
			return false;
	return true;
}

bool
fib_rule_same(const struct fib_rule *a, const struct fib_rule *b)
{
	return has(a, b, HAS_SAYS);
}

/* --- matching: what a rule means, said plainly --- */

static bool
port_in(const uint16_t range[2], uint16_t port)
{
	return range[1] == 0 || (port >= range[0] && port <= range[1]);
}

static bool
prefix_has(rte_be32_t net, uint8_t plen, uint32_t addr)
{
	return ((rte_be_to_cpu_32(net) ^ addr) & fib_mask(plen)) == 0;
}

bool
fib_rule_matches(const struct fib_rule_entry *e, const struct fib_key *k)
{
	const struct fib_rule *r = &e->r;
	bool all = prefix_has(r->src, r->src_plen, k->src) &&
		   prefix_has(r->dst, r->dst_plen, k->dst) &&
		   (r->tos == 0 || r->tos == (k->tos & 0xfc)) &&
		   ((k->mark ^ r->mark) & r->mask) == 0 &&
		   (r->ipproto == 0 || r->ipproto == k->proto) && port_in(r->sport, k->sport) &&
		   port_in(r->dport, k->dport) &&
		   (r->iif[0] == '\0' || (e->iif != 0 && e->iif == k->iif)) &&
		   (r->oif[0] == '\0' || (e->oif != 0 && e->oif == k->oif));

	return all != r->invert;
}

/* --- the workers' form --- */

static void
free_compiled(struct rcu_head *head)
{
	fib_rules_free(container_of(head, struct fib_rules, rcu));
}

/* Are these the rules that a router starts with, as far as packets can tell? */
static bool
is_default(const struct fib_rule_entry *e, unsigned int n)
{
	static const uint32_t tables[] = { RT_TABLE_LOCAL, RT_TABLE_MAIN, RT_TABLE_DEFAULT };

	for (unsigned int i = 0; i < n && n == RTE_DIM(tables); i++) {
		struct fib_rule r = { .action = FIB_RULE_TABLE,
				      .table = tables[i],
				      .suppress = -1 };

		if (!has(&e[i].r, &r, HAS_MEANS))
			return false;
	}
	return n == RTE_DIM(tables);
}

static const struct net_device *leaving; /* is not there any more, though it is found */

/* Numbers for the names and priorities in the rules. */
static CTL_ONLY uint32_t
index_of(const char *name)
{
	const struct net_device *dev = name[0] == '\0' ? NULL : dev_get_by_name(name);

	if (dev == NULL || dev == leaving)
		return 0;
	return dev->flags & IFF_LOOPBACK ? FIB_IIF_LOCAL : (uint32_t)dev->ifindex;
}

static CTL_ONLY void
resolve(struct fib_rule_entry *e, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		e[i].iif = index_of(e[i].r.iif);
		e[i].oif = index_of(e[i].r.oif);
		e[i].target = -1;
		for (unsigned int k = i + 1; e[i].r.action == FIB_RULE_GOTO && k < n; k++)
			if (e[k].r.priority == e[i].r.target) {
				e[i].target = (int32_t)k;
				break;
			}
	}
}

/* Make @p e, which it takes, the list. 0 or -ENOMEM with the old list in force; @p e is freed then.
 */
static CTL_ONLY int
publish(struct fib_rule_entry *e, unsigned int n)
{
	struct fib_rules *old = fib_rules, *new = NULL;

	resolve(e, n);
	if (!is_default(e, n)) {
		new = fib_rules_compile(e, n);
		if (new == NULL) {
			free(e);
			return -ENOMEM;
		}
	}
	rcu_assign_pointer(fib_rules, new);
	fib_genid_bump();
	if (old != NULL)
		rcu_defer(&old->rcu, free_compiled);
	free(rules);
	rules = e;
	n_rules = n;
	return 0;
}

/* A copy with room for one more. */
static struct fib_rule_entry *
copy(void)
{
	struct fib_rule_entry *e = calloc(n_rules + 1, sizeof(*e));

	if (e != NULL && n_rules > 0)
		memcpy(e, rules, n_rules * sizeof(*e));
	return e;
}

/* --- changes --- */

const char *
fib_rule_check(const struct fib_rule *r)
{
	if (r->action == FIB_RULE_GOTO && r->target <= r->priority)
		return "Backward goto not supported";
	if (r->tos & 0x03)
		return "Invalid dsfield (tos): ECN bits must be 0";
	if (r->action == FIB_RULE_TABLE && r->table == 0)
		return "a rule needs a table or another action";
	if (r->action != FIB_RULE_TABLE && r->suppress >= 0)
		return "suppress_prefixlength goes with a table";
	if (r->sport[0] > r->sport[1] || r->dport[0] > r->dport[1])
		return "a range of ports begins with the smaller one";
	return NULL;
}

uint32_t
fib_rule_default_priority(void)
{
	return n_rules > 1 && rules[1].r.priority > 0 ? rules[1].r.priority - 1 : 0;
}

/* Members that mean nothing are zero, so that equal rules are. */
static struct fib_rule
tidy(const struct fib_rule *from)
{
	struct fib_rule r = *from;

	r.src = r.src_plen == 0 ? 0 : r.src;
	r.dst = r.dst_plen == 0 ? 0 : r.dst;
	r.table = r.action == FIB_RULE_TABLE ? r.table : 0;
	r.target = r.action == FIB_RULE_GOTO ? r.target : 0;
	return r;
}

static struct fib_rule_view
view_of(const struct fib_rule_entry *e)
{
	return (struct fib_rule_view){
		.rule = e->r,
		.iif_detached = e->r.iif[0] != '\0' && e->iif == 0,
		.oif_detached = e->r.oif[0] != '\0' && e->oif == 0,
		.unresolved = e->r.action == FIB_RULE_GOTO && e->target < 0,
	};
}

int
fib_rule_add(const struct fib_rule *rule)
{
	struct fib_rule r = tidy(rule);
	struct fib_rule_entry *e;
	unsigned int pos = 0;
	int rc;

	if (fib_rule_check(&r) != NULL)
		return -EINVAL;
	for (; pos < n_rules && rules[pos].r.priority <= r.priority; pos++)
		if (fib_rule_same(&rules[pos].r, &r))
			return -EEXIST;
	if (n_rules >= FIB_RULES_MAX ||
	    (r.action == FIB_RULE_TABLE && fib_table_dp(r.table) == NULL))
		return -ENOSPC;
	e = copy();
	if (e == NULL)
		return -ENOMEM;
	memmove(&e[pos + 1], &e[pos], (n_rules - pos) * sizeof(*e));
	e[pos] = (struct fib_rule_entry){ .r = r };
	if (r.tclassid != 0)
		skb_realm_hold();
	rc = publish(e, n_rules + 1);
	if (rc == 0) {
		struct fib_rule_view v = view_of(&rules[pos]);

		notifier_call(&fib_rule_chain, FIB_RULE_ADD, &v);
	} else if (r.tclassid != 0) {
		skb_realm_release();
	}
	return rc;
}

static CTL_ONLY int
delete_at(unsigned int pos)
{
	struct fib_rule_entry *e = copy();
	struct fib_rule_view gone = view_of(&rules[pos]);
	int rc;

	if (e == NULL)
		return -ENOMEM;
	memmove(&e[pos], &e[pos + 1], (n_rules - pos - 1) * sizeof(*e));
	rc = publish(e, n_rules - 1);
	if (rc != 0)
		return rc;
	if (gone.rule.tclassid != 0)
		skb_realm_release();
	notifier_call(&fib_rule_chain, FIB_RULE_DEL, &gone);
	return 0;
}

int
fib_rule_del(const struct fib_rule *key, uint32_t given)
{
	for (unsigned int i = 0; i < n_rules; i++)
		if (has(&rules[i].r, key, given))
			return delete_at(i);
	return -ENOENT;
}

int
fib_rule_flush(const struct fib_rule *key, uint32_t given)
{
	int gone = 0;

	for (unsigned int i = 0; i < n_rules;) {
		if (rules[i].r.priority == 0 || !has(&rules[i].r, key, given)) {
			i++;
			continue;
		}
		if (delete_at(i) < 0)
			return -ENOMEM;
		gone++;
	}
	return gone;
}

void
fib_rule_walk(const struct fib_rule *key, uint32_t given,
	      void (*fn)(const struct fib_rule_view *v, void *arg), void *arg)
{
	for (unsigned int i = 0; i < n_rules; i++) {
		const struct fib_rule_entry *e = &rules[i];
		struct fib_rule_view v = view_of(e);

		if (has(&e->r, key, given))
			fn(&v, arg);
	}
}

/* --- devices come, go, and change their names --- */

static CTL_ONLY int
on_netdev(struct notifier *self, unsigned int event, void *obj)
{
	struct fib_rule_entry *e;

	RTE_SET_USED(self);
	if (event != NETDEV_REGISTER && event != NETDEV_UNREGISTER && event != NETDEV_CHANGENAME)
		return NOTIFY_OK;
	leaving = event == NETDEV_UNREGISTER ? obj : NULL;
	for (unsigned int i = 0; i < n_rules; i++) {
		if (rules[i].iif == index_of(rules[i].r.iif) &&
		    rules[i].oif == index_of(rules[i].r.oif))
			continue;
		e = copy();
		if (e == NULL || publish(e, n_rules) < 0)
			log_err("no memory to follow a device: rules with iif or oif are stale");
		break;
	}
	leaving = NULL;
	return NOTIFY_OK;
}

static struct notifier netdev_nb = { .fn = on_netdev, .prio = NOTIFIER_PRIO_FIB };

int
fib_rule_init(void)
{
	static const struct {
		uint32_t priority, table;
	} first[] = { { 0, RT_TABLE_LOCAL },
		      { 32766, RT_TABLE_MAIN },
		      { FIB_RULE_PREF_MAX, RT_TABLE_DEFAULT } };

	rules = calloc(RTE_DIM(first), sizeof(*rules));
	if (rules == NULL)
		return -ENOMEM;
	for (unsigned int i = 0; i < RTE_DIM(first); i++)
		rules[i].r = (struct fib_rule){ .priority = first[i].priority,
						.action = FIB_RULE_TABLE,
						.table = first[i].table,
						.protocol = FIB_PROT_KERNEL,
						.suppress = -1 };
	n_rules = RTE_DIM(first);
	resolve(rules, n_rules);
	notifier_add(&netdev_chain, &netdev_nb);
	return 0;
}

void
fib_rule_fini(void)
{
	notifier_del(&netdev_chain, &netdev_nb);
	for (unsigned int i = 0; i < n_rules; i++)
		if (rules[i].r.tclassid != 0)
			skb_realm_release();
	if (fib_rules != NULL)
		rcu_defer(&fib_rules->rcu, free_compiled);
	rcu_assign_pointer(fib_rules, NULL);
	free(rules);
	rules = NULL;
	n_rules = 0;
}
