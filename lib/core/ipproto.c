/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/ipproto.h"
#include <errno.h>
#include <stddef.h>
#include <strings.h>
#include <rte_common.h>

static const struct {
	const char *name;
	uint8_t proto;
} protos[] = { { "icmp", 1 },  { "igmp", 2 },	{ "ipip", 4 },	 { "tcp", 6 },	    { "udp", 17 },
	       { "dccp", 33 }, { "gre", 47 },	{ "esp", 50 },	 { "ah", 51 },	    { "ospf", 89 },
	       { "pim", 103 }, { "vrrp", 112 }, { "sctp", 132 }, { "udplite", 136 } };

const char *
ipproto_name(uint8_t proto)
{
	for (unsigned int i = 0; i < RTE_DIM(protos); i++)
		if (protos[i].proto == proto)
			return protos[i].name;
	return NULL;
}

int
ipproto_parse(const char *name, uint8_t *proto)
{
	for (unsigned int i = 0; i < RTE_DIM(protos); i++) {
		if (strcasecmp(protos[i].name, name) != 0)
			continue;
		*proto = protos[i].proto;
		return 0;
	}
	return -EINVAL;
}
