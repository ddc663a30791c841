/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CORE_REALM_H
#define CORE_REALM_H
/**
 * @file
 * Realms in words, as iproute2 has them: "TO", or "FROM/TO", each a number up to 255 or a name of
 * /etc/iproute2/rt_realms. In one word FROM has the upper 16 bits and TO the lower ones, as in
 * Linux's RTA_FLOW; 0: none.
 */
#include <stdint.h>

#define REALM_N 256 /* that have names and counters */

static inline uint32_t
realm_from(uint32_t realms)
{
	return realms >> 16;
}
static inline uint32_t
realm_to(uint32_t realms)
{
	return realms & UINT16_MAX;
}

/** One realm by name or number. 0 or -EINVAL. */
int realm_parse(const char *word, uint32_t *realm);
/** Its name, or its number; of the numbers the last four stay valid. */
const char *realm_name(uint32_t realm);
/** "TO", "FROM/TO", "FROM/" (TO is 0), or both as one number. 0 or -EINVAL. */
int realms_parse(const char *word, uint32_t *realms);
/** What a listing is restricted to: "TO" and "FROM/" say nothing of the other. 0 or -EINVAL. */
int realms_parse_filter(const char *word, uint32_t *realms, uint32_t *mask);
/** Read names from the file at @p path in place of those known; without a file 0 is "cosmos".
 * /etc/iproute2/rt_realms is read when the first word is to be understood. Control thread. */
void realm_names_read(const char *path);
#endif
