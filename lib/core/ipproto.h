/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CORE_IPPROTO_H
#define CORE_IPPROTO_H
/** @file Names of IP protocols (IANA's, lower case), for people. Pure. */
#include <stdint.h>

/** NULL: it has no name here. */
const char *ipproto_name(uint8_t proto);
/** A name in any case. 0 or -EINVAL. Numbers are the caller's. */
int ipproto_parse(const char *name, uint8_t *proto);
#endif
