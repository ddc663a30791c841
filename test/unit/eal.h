/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TEST_EAL_H
#define TEST_EAL_H
/* EAL as unit tests want it: 64 MiB without hugepages, core 0, no device, and nothing that another
 * test at the same time could meet. */
#include <stdio.h>
#include <unistd.h>
#include <rte_common.h>
#include <rte_eal.h>
#include "../tools/eal_dir.h"

static inline int
test_eal_init(void)
{
	static char prefix[32];
	static char *argv[] = { "test",		  "--no-huge",	   "-m",  "64", "--no-pci",
				"--no-telemetry", "--no-shconf",   "-l",  "0",	"--log-level",
				"warning",	  "--file-prefix", prefix };
	int rc;

	snprintf(prefix, sizeof(prefix), "test%d", (int)getpid());
	rc = rte_eal_init(RTE_DIM(argv), argv);
	eal_dir_remove_at_exit();
	return rc;
}
#endif
