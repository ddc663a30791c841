/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pieces into the reassembly engine, each verdict compared with a model's. An input begins with a
 * byte for the limits; then five bytes a piece: which datagram, offset, length, flags, time.
 */
#include "../unit/ip4/reasm_model.h"
#include "fuzz.h"

enum {
	F_LAST = 1 << 0,
	F_ODD = 1 << 1,	   /* with F_LAST: an end within 8 bytes */
	F_FAR = 1 << 2,	   /* the offset counts in 256 bytes */
	F_LONG = 1 << 3,   /* so does the length */
	F_EXPIRE = 1 << 4, /* look at the clock afterwards */
};

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = { data, size };
	uint8_t conf = fuzz_u8(&in);
	struct reasm_limits limits = {
		.high = 4096u << (conf & 7),
		.low = 3072u << (conf & 7),
		.time_ms = 500,
		.max_dist = conf >> 4,
	};
	uint64_t now = 0;

	reasm_model_start(&limits);
	while (in.left > 0) {
		uint8_t which = fuzz_u8(&in), at = fuzz_u8(&in), long_ = fuzz_u8(&in);
		uint8_t flags = fuzz_u8(&in), time = fuzz_u8(&in);
		uint32_t off = at * (flags & F_FAR ? 256u : 8u);
		uint32_t len = (long_ + 1u) * (flags & F_LONG ? 256u : 8u);
		struct reasm_key key = reasm_key(which & 3, 0, (rte_be16_t)(which >> 2), 0, 0);

		if ((flags & F_LAST) && (flags & F_ODD))
			len -= 1 + time % 7;
		if (off + len + 20 > 65535)
			continue;
		now += time;
		reasm_model_piece(&key, (uint16_t)off, (uint16_t)len, flags & F_LAST, 256u + len,
				  now);
		if (flags & F_EXPIRE)
			reasm_model_expire(now);
	}
	reasm_model_expire(now + limits.time_ms);
	reasm_model_stop();
	return 0;
}
