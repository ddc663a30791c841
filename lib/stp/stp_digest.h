/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef STP_DIGEST_H
#define STP_DIGEST_H
/**
 * @file
 * The MST Configuration Digest: 802.1Q-2011 13.8. Pure; any thread.
 */
#include <stddef.h>
#include <stdint.h>

#define MD5_LEN 16

/** HMAC-MD5 (RFC 2104) of @p data under @p key, of at most 64 octets. */
void stp_hmac_md5(const uint8_t *key, size_t key_len, const uint8_t *data, size_t len,
		  uint8_t out[MD5_LEN]);
/**
 * The digest of the table that maps VID to MSTID, under the key of Table 13-1. Elements 0 and 4095
 * count as 0, whatever they hold. Cost: MD5 of 8 KiB.
 */
void stp_config_digest(const uint16_t vid2mstid[4096], uint8_t out[MD5_LEN]);
#endif
