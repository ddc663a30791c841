/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NEIGH_CLI_H
#define NEIGH_CLI_H
/** @file Commands (`ip neigh`) and configuration ("neighbours") of this module. */
#include "core/role.h"

/** Register the commands. At start. */
void neigh_cli_register(void) CTL_ONLY;
/** Register `arping`. */
void arping_cli_register(void) CTL_ONLY;
/** Register the section. At start. */
void neigh_cfg_register(void) CTL_ONLY;
#endif
