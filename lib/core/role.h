/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CORE_ROLE_H
#define CORE_ROLE_H
/**
 * @file
 * Thread roles, checked by clang -Wthread-safety. There are two: the control
 * thread owns and writes every table (CTL_ONLY); whoever holds a struct worker
 * moves packets (DP_ONLY). The workers hold theirs for life; the control thread
 * borrows the one of slot 0 to originate packets (role_borrow_dp()). A prototype
 * says who may call it; the compiler rejects the other role.
 */
#ifdef __clang__
#define ROLE_ATTR_(x) __attribute__((x))
#else
#define ROLE_ATTR_(x)
#endif

struct ROLE_ATTR_(capability("role")) role {
	char id;
};
extern struct role ctl_role, dp_role;

#define CTL_ONLY ROLE_ATTR_(requires_capability(ctl_role))
#define DP_ONLY	 ROLE_ATTR_(requires_capability(dp_role))

/* Called at the top of each thread's main function, and of callbacks that a library calls. */
static inline void
role_enter_ctl(void) ROLE_ATTR_(assert_capability(ctl_role))
{
}
static inline void
role_enter_dp(void) ROLE_ATTR_(assert_capability(dp_role))
{
}
/* The control thread is about to use worker_ctl() as its own worker context. */
static inline void
role_borrow_dp(void) ROLE_ATTR_(assert_capability(dp_role))
{
}
#endif
