/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FIB_FILE_H
#define FIB_FILE_H
/** @file Files of routes, read in slices, and the routes that they set. */
#include <time.h>
#include "fib/fib.h"

/** A file of routes, one a line as `ip route` prints them: PREFIX [via A] [dev D] [metric N]
 * [proto P] [src A] [scope S] [table T] [realms R] [onlink]; a type may come first; '#' starts a
 * comment. */
struct fib_file;
/** Which content of which file: two that are equal need not be read twice. */
struct fib_file_id {
	uint64_t dev, ino, size;
	struct timespec modified, changed;
};
/** For lines that are only checked: what they mean in a document that does not run yet. */
struct fib_file_vet {
	bool (*has_device)(void *arg, const char *name);
	bool (*table)(void *arg, const char *name, uint32_t *id);
	/** The route of line @p line, by device @p dev (NULL: it names none). NULL, or a sentence
	 * valid until the next call. */
	const char *(*route)(void *arg, const struct fib_route_spec *r, const char *dev,
			     uint32_t line);
	void *arg;
};
/** @p load: the number (not 0) of the load that its routes are marked with, see fib_file_sweep();
 * 0: the lines are only checked, by @p vet. NULL with *@p why: a sentence behind "PATH: ". Anything
 * but a regular file is refused, and not waited for. */
struct fib_file *fib_file_open(const char *path, uint8_t load, const struct fib_file_vet *vet,
			       const char **why) CTL_ONLY;
/** As it was when it was opened. */
struct fib_file_id fib_file_id(const struct fib_file *f);
/** Is @p path still (or again) that file with that content? */
bool fib_file_same(const char *path, const struct fib_file_id *id) CTL_ONLY;
/** Up to @p n lines more. 1: there is more, 0: done, or -errno: the line at fault was told to
 * fib_file_error(), and the next call goes on behind it. */
int fib_file_step(struct fib_file *f, unsigned int n) CTL_ONLY;
/** "path:line: what is wrong", until the next call. */
const char *fib_file_error(const struct fib_file *f);
/** Routes done so far. */
uint32_t fib_file_count(const struct fib_file *f);
void fib_file_close(struct fib_file *f) CTL_ONLY;

/** Delete what loads of a routes file set, save load @p keep (0: none is kept); or, when @p keep
 * has FIB_FILE_HOST, what readings of the host's routes set. Looks at about @p n prefixes behind @p
 * c, and counts in *@p gone. False at the end. */
bool fib_file_sweep(struct fib_cursor *c, unsigned int n, uint8_t keep,
		    unsigned int *gone) CTL_ONLY;
/** Routes that loads of a routes file have set and that are there still, as they set them. */
uint32_t fib_file_routes(void) CTL_ONLY;
#endif
