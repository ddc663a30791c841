/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FUZZ_H
#define FUZZ_H
/**
 * @file
 * What the fuzz targets share: an input as a queue of bytes, and the router that the whole-process
 * targets run. A target aborts on what must not be; libFuzzer keeps the input.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** What is left of an input. */
struct fuzz_in {
	const uint8_t *p;
	size_t left;
};
/** The next byte; 0 at the end. */
uint8_t fuzz_u8(struct fuzz_in *in);
/** The next @p n bytes or what is left of them; returns how many. */
size_t fuzz_bytes(struct fuzz_in *in, void *to, size_t n);

/** Abort with a message unless @p ok. */
void fuzz_require(bool ok, const char *what);

/**
 * Start the router with ports p1 and p2, VLAN device p1.100, addresses, neighbours and a route of
 * each kind. It is taken down at the end of the program, which checks balance and buffers.
 */
void fuzz_router_start(void);
/** Forget what an input brought: neighbours that were learned, fragments, frames on the wire. Then
 * every packet must be accounted for. */
void fuzz_router_settle(void);
#endif
