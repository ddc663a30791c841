/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_CLI_H
#define IP4_CLI_H
/** @file The commands of ip4: ping, traceroute; and those of every counter block and drop reason.
 */
#include "core/role.h"

/** Register `show stats`, `show drops`, `clear stats`, `clear drops`. */
void ip4_stats_cli_register(void) CTL_ONLY;
#endif
