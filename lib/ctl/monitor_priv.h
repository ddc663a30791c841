/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CTL_MONITOR_PRIV_H
#define CTL_MONITOR_PRIV_H
/** @file `ip monitor` inside lib/ctl. */
#include "core/role.h"

/** The configuration was @p what: "loaded", "refused", "saved". */
void monitor_config(const char *what) CTL_ONLY;
void monitor_cli_register(void) CTL_ONLY;
void monitor_unregister_all(void) CTL_ONLY;
#endif
