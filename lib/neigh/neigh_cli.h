/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NEIGH_CLI_H
#define NEIGH_CLI_H
/** @file Commands (`ip neigh`) and configuration ("neighbours") of this module. */
#include <jansson.h>
#include "core/role.h"
#include "neigh/neigh.h"

struct cli_ctx;

/** Marks of an entry as ip and the section "neighbours" name them, in ip's order. */
struct neigh_mark {
	const char *name;
	uint8_t flag; /* of NTF_MARKS */
};
extern const struct neigh_mark neigh_marks[3];

/** Register the commands. At start. */
void neigh_cli_register(void) CTL_ONLY;
/** Register `arping`. */
void arping_cli_register(void) CTL_ONLY;
/** `show arp conflicts`: called by the one above. */
void arp_cli_register(void) CTL_ONLY;
/** `ip neigh` with the word proxy. */
int neigh_proxy_show_cmd(struct cli_ctx *c) CTL_ONLY;
int neigh_proxy_get_cmd(struct cli_ctx *c) CTL_ONLY;
int neigh_proxy_add_cmd(struct cli_ctx *c) CTL_ONLY;
int neigh_proxy_del_cmd(struct cli_ctx *c) CTL_ONLY;
int neigh_proxy_flush_cmd(struct cli_ctx *c) CTL_ONLY;
/** A list of entries, of neighbours or of proxies, as text. */
void neigh_show_text(struct cli_ctx *c, const json_t *result);
/** Whose entries a command is about, by the words nomaster, MASTER, VRF and PROTO. */
struct neigh_owner {
	bool nomaster;
	const struct net_device *master; /* NULL: any */
	int protocol;			 /* -1: any */
};
/** 0, or -EINVAL, told. */
int neigh_arg_owner(struct cli_ctx *c, struct neigh_owner *o) CTL_ONLY;
/** Is an entry of @p dev (NULL: of all), made by @p protocol, one of them? */
bool neigh_is_owned(const struct neigh_owner *o, const struct net_device *dev, uint8_t protocol);
/** -1: none is given; -EINVAL is told. */
int neigh_arg_protocol(struct cli_ctx *c);
#define NEIGH_OWNER_SYNTAX "[nomaster] [master MASTER:dev] [vrf VRF:str] [protocol PROTO:str]"
/** With -s: what `flush` did. */
void neigh_say_flushed(struct cli_ctx *c, unsigned int n);
/** Register the section. At start. */
void neigh_cfg_register(void) CTL_ONLY;
/** An entry as `ip -j neigh` shows it, with counters when the user asked. New reference. */
json_t *neigh_cli_json(const struct cli_ctx *c, struct neighbour *n, bool show_dev) CTL_ONLY;
/** The same as text, ended by a newline. */
void neigh_cli_text(struct cli_ctx *c, const json_t *e);
/** `ip monitor neigh`: called by the first one. */
void neigh_monitor_register(void) CTL_ONLY;
#endif
