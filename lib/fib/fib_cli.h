/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FIB_CLI_H
#define FIB_CLI_H
/** @file What the commands about routes have in common: routes as JSON and as text of iproute2. */
#include "ctl/cli.h"
#include "fib/fib.h"

json_t *fib_ip_json(rte_be32_t addr);
/** As `ip -j route` shows it; @p detail as with -d. The caller owns it. */
json_t *fib_route_json(const struct fib_route *r, bool detail) CTL_ONLY;
/** Member "metrics" of @p o, if there are any; @p m may be NULL. */
void fib_metrics_json(json_t *o, const struct fib_metrics *m);

/** Member "flow" of @p o, where there are realms; and as text. */
void fib_flow_json(json_t *o, uint32_t realms);
void fib_flow_text(struct cli_ctx *c, const json_t *o);

void fib_metrics_text(struct cli_ctx *c, const json_t *o);
/** Those of a command. 0 or -EINVAL after cli_error(). */
int fib_arg_metrics(struct cli_ctx *c, struct fib_metrics *m);
void fib_route_text(struct cli_ctx *c, const json_t *o);

/** FIB_NH_* as iproute2's words. */
json_t *fib_flags_json(uint8_t flags);
/** Member "flags" of @p o. */
void fib_flags_text(struct cli_ctx *c, const json_t *o);
struct fib_nhobj_view;
/** As `ip -j nexthop` shows it; @p detail as with -d. The caller owns it. */
json_t *fib_nhobj_json(const struct fib_nhobj_view *v, bool detail) CTL_ONLY;
/** As `ip nexthop` shows it, without the line's end. */
void fib_nhobj_text(struct cli_ctx *c, const json_t *o);

/** Argument TOS. 0, or -EINVAL after cli_error(). */
int fib_arg_tos(struct cli_ctx *c, uint8_t *tos);
/** Argument REALMS of @p group, a part of @p c or all of it; absent: 0. 0, or -EINVAL after
 * cli_error(). */
int fib_arg_realms(struct cli_ctx *c, const struct cli_ctx *group, uint32_t *realms);
/** -EINVAL after cli_error(): @p word is no realm. */
int fib_bad_realms(struct cli_ctx *c, const char *word);
void fib_get_cli_register(void) CTL_ONLY;
void fib_nexthop_cli_register(void) CTL_ONLY;
void fib_monitor_register(void) CTL_ONLY;
#endif
