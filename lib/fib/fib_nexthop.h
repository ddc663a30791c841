/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FIB_NEXTHOP_H
#define FIB_NEXTHOP_H
/**
 * @file
 * Next hop objects (`ip nexthop`): one way, a black hole, or a group of ways, shared by routes that
 * name it by its id. What an object leads to changes for all its routes at once, whatever their
 * number. Control thread.
 */
#include "fib/fib.h"

#define FIB_NHOBJS_MAX	 65536
#define FIB_NHRES_IDLE_S 120 /* idle_timer of a resilient group that names none, as in Linux */

struct fib_nhobj_spec {
	uint32_t id;	  /* 0: the next one that is free */
	uint8_t protocol; /* of enum fib_protocol, 0: unspec */
	bool blackhole;
	bool keep; /* of the configuration: waits for a device that is down, and stays when it goes
		      down; whether the gateway is on a subnet was seen to in the document */
	bool resilient; /* a group with buckets that stay where they are while they are used */
	bool buckets_set, idle_set, unbalanced_set;
	uint16_t buckets;
	uint32_t idle_s, unbalanced_s;
	struct fib_nexthop_spec way; /* neither blackhole nor group: dev is needed */
	unsigned int n_member;	     /* 0: no group */
	struct {
		uint32_t id;
		uint16_t weight; /* 1..256 */
	} member[FIB_NEXTHOPS_MAX];
};
/** An object as shown. */
struct fib_nhobj_view {
	struct fib_nhobj_spec spec;
	uint8_t scope;		/* enum rt_scope */
	uint8_t flags;		/* FIB_NH_* of its way */
	bool has_dev;		/* spec.way is there */
	uint64_t unbalanced_ms; /* resilient: for so long its buckets have not been where they
				   belong */
};

enum fib_nhobj_event { FIB_NHOBJ_ADD = 1, FIB_NHOBJ_REPLACE, FIB_NHOBJ_DEL };
extern struct notifier_chain fib_nhobj_chain; /* obj: const struct fib_nhobj_view * */

/** net.ipv4.*, for the control thread. */
struct fib_nhobj_conf {
	int nexthop_compat_mode; /* listings of routes show the ways of their objects, too */
};
extern struct fib_nhobj_conf fib_nhobj_conf;
/** Tell sysctl what there will be. Needs no EAL. */
void fib_nhobj_declare(void) CTL_ONLY;

/** Make it; -EEXIST when the id is taken. With @p replace an object of that id and kind is changed
 * instead. 0, or -errno with *@p why; then nothing has changed. */
int fib_nhobj_add(const struct fib_nhobj_spec *s, bool replace, const char **why) CTL_ONLY;
/** With the routes by it; groups lose a member, and go with the last one. 0 or -ENOENT. */
int fib_nhobj_del(uint32_t id) CTL_ONLY;
/** False: there is none. */
bool fib_nhobj_get(uint32_t id, struct fib_nhobj_view *v) CTL_ONLY;
/** The one with the lowest id above @p after. False: there is none. */
bool fib_nhobj_next(uint32_t after, struct fib_nhobj_view *v) CTL_ONLY;
/** Delete those that @p match says yes to; how many. */
unsigned int fib_nhobj_flush(bool (*match)(const struct fib_nhobj_view *v, void *arg),
			     void *arg) CTL_ONLY;
/** Is it there, and of the configuration? */
bool fib_nhobj_is_kept(uint32_t id) CTL_ONLY;

struct fib_nhobj_bucket {
	uint32_t nhid;
	uint64_t idle_ms; /* since a packet went this way, or since it became this way */
};
/** Bucket @p index of resilient group @p id. 0, -ENOENT (no such object), -EINVAL (no resilient
 * group), -ERANGE. */
int fib_nhobj_bucket(uint32_t id, uint32_t index, struct fib_nhobj_bucket *b) CTL_ONLY;
#endif
