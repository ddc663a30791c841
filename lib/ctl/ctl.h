/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CTL_CTL_H
#define CTL_CTL_H
/**
 * @file
 * Start and end of the control plane's plumbing.
 */
#include "core/role.h"

/** Register the built-in commands (help, show version, quit, load, config), `sysctl` and the
 * "sysctl" section. Once, before the modules register theirs. */
void ctl_init(void) CTL_ONLY;
/** Close server and console, forget commands, sections and the running document. */
void ctl_fini(void) CTL_ONLY;
#endif
