/* SPDX-License-Identifier: BSD-3-Clause */
/* The time of programs that measure: test/tools/vtime.h over the router's own timers, which cost
 * what they cost there. */
#include <unistd.h>
#include "vtime.h"

void
vtime_real(void)
{
}

void
vtime_pass_us(uint64_t us)
{
	usleep((useconds_t)us);
}

void
vtime_tick(void)
{
	usleep(500);
}
