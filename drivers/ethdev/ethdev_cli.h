/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef ETHDEV_CLI_H
#define ETHDEV_CLI_H
/** @file What the port commands share. */
#include "ctl/cli.h"
#include "ethdev/ethdev.h"

/** The port that a number or name means, or NULL. */
struct ethdev_port *ethdev_cli_port(const char *word);
/** Call fn for the port of argument PORT, or for all; stops at the first failure. */
int ethdev_cli_each(struct cli_ctx *c, int (*fn)(struct cli_ctx *c, struct ethdev_port *port));
/** The link's speed: Mb/s, or null while it is unknown. */
json_t *ethdev_cli_speed(const struct ethdev_port *port);
void ethdev_show_cli_register(void) CTL_ONLY;
void ethtool_cli_register(void) CTL_ONLY;
#endif
