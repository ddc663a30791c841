/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_CLI_H
#define IP4_CLI_H
/** @file The commands of ip4: ping, traceroute; and those of every counter block and drop reason.
 * Not for others than *_cli.c of ip4. */
#include "ctl/cli.h"
#include "ip4/ip4_probe.h"

/** A command that runs: what its callbacks need. */
struct probe_run {
	struct cli_ctx *c;
	void *what;	 /* the ping or the trace */
	json_t *replies; /* NULL unless JSON is wanted */
};

/** Register `ping`, `traceroute`; `show stats`, `show drops`, `clear stats`, `clear drops`. */
void ip4_ping_cli_register(void) CTL_ONLY;
void ip4_traceroute_cli_register(void) CTL_ONLY;
void ip4_stats_cli_register(void) CTL_ONLY;
void ip4_realm_cli_register(void) CTL_ONLY;

const char *probe_text_of(rte_be32_t addr, char *buf);
/** Read ADDR, source, dev and -I: 0, or after cli_error(). */
int probe_parse(struct cli_ctx *c, struct ip4_probe *p) CTL_ONLY;
/** cli_error() for what ping_start() and trace_start() refuse. */
int probe_start_error(struct cli_ctx *c, int rc);
/** NULL: no memory. */
struct probe_run *probe_new_run(struct cli_ctx *c);
void probe_free_run(struct probe_run *r);
/** "0.2" behind flag -@p name[0]: seconds to ms, 1 to @p max; @p ms stays when the flag is absent.
 * 0, or after cli_error(). */
int probe_seconds(struct cli_ctx *c, const char *name, uint32_t max, uint32_t *ms);
#endif
