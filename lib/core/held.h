/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CORE_HELD_H
#define CORE_HELD_H
/**
 * @file
 * Where packets may rest: rings, transmit buffers, queues of the neighbours, reassembly. Each place
 * registers a gauge, so that the balance rx + originated = tx + drops + consumed + held is exact.
 */
#include "core/role.h"

/** Add a gauge; @p name is a literal. 0 or -ENOSPC. Control, at start. */
int held_register(const char *name, unsigned int (*fn)(void)) CTL_ONLY;
/** Packets held everywhere now. */
unsigned int held_total(void) CTL_ONLY;
/** Call @p fn for each gauge. */
void held_walk(void (*fn)(const char *name, unsigned int held, void *arg), void *arg) CTL_ONLY;
/** Forget the gauges (shutdown, tests). */
void held_fini(void) CTL_ONLY;
#endif
