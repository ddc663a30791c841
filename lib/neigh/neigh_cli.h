/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NEIGH_CLI_H
#define NEIGH_CLI_H
/** @file Commands (`ip neigh`) and configuration ("neighbours") of this module. */
#include <jansson.h>
#include "core/role.h"

/** Register the commands. At start. */
void neigh_cli_register(void) CTL_ONLY;
/** Register `arping`. */
void arping_cli_register(void) CTL_ONLY;
/** `ip neigh ... proxy` and `show arp conflicts`: called by the one above. */
void arp_cli_register(void) CTL_ONLY;
struct cli_ctx;
/** A list of entries, of neighbours or of proxies, as text. */
void neigh_show_text(struct cli_ctx *c, const json_t *result);
/** With -s: what `flush` did. */
void neigh_say_flushed(struct cli_ctx *c, unsigned int n);
/** Register the section. At start. */
void neigh_cfg_register(void) CTL_ONLY;
#endif
