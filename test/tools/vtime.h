/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef VTIME_H
#define VTIME_H
/**
 * @file
 * Time for tests, in place of core/timer.c: linked with it, a test says itself when time passes. A
 * machine that is slow or busy changes nothing, and nobody waits. Each reading of the clock takes a
 * microsecond, so that a loop with a deadline ends.
 *
 * A test whose threads run by themselves wants the real clock: vtime_real().
 */
#include <stdint.h>
#include "core/timer.h"

/** From now on the machine's clock counts, in this process for good. */
void vtime_real(void);
/** Let @p us microseconds pass; what is due then is run by the next timer_run(). Does nothing when
 * the clock is real. */
void vtime_pass_us(uint64_t us);
/** A millisecond passes, or half of one really does. */
void vtime_tick(void);
#endif
