/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TEST_EAL_DIR_H
#define TEST_EAL_DIR_H
/* EAL makes a directory for each program, --no-shconf or not, and leaves it: a test removes its
 * own. */
#include <stdlib.h>
#include <unistd.h>
#include <rte_eal.h>

static inline void
eal_dir_remove(void)
{
	rmdir(rte_eal_get_runtime_dir());
}

/** After rte_eal_init(): at the program's end nothing of EAL's is left. */
static inline void
eal_dir_remove_at_exit(void)
{
	static int asked;

	if (asked++ == 0)
		atexit(eal_dir_remove);
}
#endif
