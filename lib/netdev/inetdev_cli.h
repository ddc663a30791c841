/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef INETDEV_CLI_H
#define INETDEV_CLI_H
/** @file Names of address scopes. */
#include <stdbool.h>
#include <stdint.h>

/** "global", "site", "link", "host", "nowhere"; another number as "0x..". Static buffer. */
const char *rt_scope_name(uint8_t scope);
/** Word or number; false: neither. */
bool rt_scope_parse(const char *word, uint8_t *scope);
#endif
