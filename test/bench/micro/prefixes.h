/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MICRO_PREFIXES_H
#define MICRO_PREFIXES_H
/** @file A route table from a file, for programs that measure lib/fib. */
#include <stdint.h>

struct prefix {
	uint32_t addr; /* host byte order */
	uint8_t plen;
};
extern struct prefix *prefixes;
extern uint32_t n_prefixes;

/** A line "ADDRESS/LENGTH" each, until one is none. -1: not a single one, or no memory. */
int prefixes_read(const char *path);
/** Another order, the same in each run. */
void prefixes_shuffle(void);
/** The same numbers in each run. */
uint64_t rnd(void);
#endif
