/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CORE_RTPROTO_H
#define CORE_RTPROTO_H
/** @file Who made a route, a rule or a neighbour: numbers and names of Linux's rt_protos. Pure. */
#include <stdint.h>

/** Its name, or its number in a buffer that lasts until the next call. */
const char *rtproto_name(uint8_t proto);
/** A name or a number. 0..255, or -EINVAL. */
int rtproto_parse(const char *s);
#endif
