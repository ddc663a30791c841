/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/siphash.h"
#include <errno.h>
#include <sys/random.h>

int
siphash_key_random(struct siphash_key *key)
{
	/* 16 bytes come whole or not at all (getrandom(2)). */
	return getrandom(key, sizeof(*key), 0) == (ssize_t)sizeof(*key) ? 0 : -EIO;
}
