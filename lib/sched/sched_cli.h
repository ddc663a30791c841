/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SCHED_CLI_H
#define SCHED_CLI_H
/** @file What the commands of tc have in common. */
#include "ctl/cli.h"
#include "sched/sched_filter.h"

/** Argument DEV; NULL after cli_error(). */
struct net_device *sched_arg_dev(struct cli_ctx *c);

/** `tc filter` and `tc class`. */
void sched_filter_cli_register(void) CTL_ONLY;
#endif
