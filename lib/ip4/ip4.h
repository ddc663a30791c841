/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_H
#define IP4_H
/** @file IPv4, control side: protocol registration, local consumers, tunables. */
#include "ip4/ip4_dp.h"

int ip4_init(void) CTL_ONLY;
void ip4_fini(void) CTL_ONLY;
/** Register the commands: ping, traceroute, show stats, show drops, clear. */
void ip4_cli_register(void) CTL_ONLY;
/** 0 or -EEXIST. */
int inet_add_protocol(uint8_t proto, inet_proto_fn fn) CTL_ONLY;
void inet_del_protocol(uint8_t proto) CTL_ONLY;

/** A consumer on the control thread: gets packets whose match() is true; data pointer at the IP
 * header. ping and traceroute use it for echo replies and errors. */
struct ip4_listener {
	uint8_t proto;						     /* IPPROTO_ICMP, ... */
	void (*rcv)(struct ip4_listener *self, struct sk_buff *skb); /* borrows the packet */
	struct ip4_listener *next;
};
void ip4_listen(struct ip4_listener *l) CTL_ONLY;
void ip4_unlisten(struct ip4_listener *l) CTL_ONLY;
#endif
