/* SPDX-License-Identifier: BSD-3-Clause */
/* show stats realm: what Linux's rtacct shows. */
#include <errno.h>
#include <stdio.h>
#include "core/realm.h"
#include "ctl/cli.h"
#include "ip4/ip4_cli.h"
#include "ip4/ip4_mib_dp.h"

static const struct {
	const char *key, *title;
	unsigned int base;
} columns[] = { { "bytes_to", "BytesTo", REALM_TO_BYTES },
		{ "packets_to", "PktsTo", REALM_TO_PACKETS },
		{ "bytes_from", "BytesFrom", REALM_FROM_BYTES },
		{ "packets_from", "PktsFrom", REALM_FROM_PACKETS } };

/* NULL: nothing was counted. */
static json_t *
row(uint32_t realm) CTL_ONLY
{
	json_t *o = json_pack("{s:s}", "realm", realm_name(realm));
	uint64_t any = 0;

	for (unsigned int i = 0; i < RTE_DIM(columns); i++) {
		uint64_t n = counter_read(&realm_mib, columns[i].base + realm);

		json_object_set_new(o, columns[i].key, json_integer((json_int_t)n));
		any |= n;
	}
	if (any != 0)
		return o;
	json_decref(o);
	return NULL;
}

static int
show(struct cli_ctx *c)
{
	const char *word = cli_arg_str(c, "REALM");
	uint32_t only = REALM_N;
	json_t *list;

	role_enter_ctl();
	if (word != NULL && realm_parse(word, &only) != 0)
		return cli_error_at(c, -EINVAL, word,
				    "\"%s\" is no realm: 0..255, or a name of "
				    "/etc/iproute2/rt_realms",
				    word);
	list = json_array();
	for (uint32_t i = 0; i < REALM_N; i++) {
		json_t *o = only == REALM_N || only == i ? row(i) : NULL;

		if (o != NULL)
			json_array_append_new(list, o);
	}
	cli_set_result(c, list);
	return 0;
}

static void
show_text(struct cli_ctx *c, const json_t *list)
{
	size_t i;
	json_t *o;

	cli_printf(c, "%-16s", "Realm");
	for (unsigned int k = 0; k < RTE_DIM(columns); k++)
		cli_printf(c, " %14s", columns[k].title);
	cli_printf(c, "\n");
	json_array_foreach((json_t *)(uintptr_t)list, i, o) {
		cli_printf(c, "%-16s", json_string_value(json_object_get(o, "realm")));
		for (unsigned int k = 0; k < RTE_DIM(columns); k++)
			cli_printf(c, " %14" JSON_INTEGER_FORMAT,
				   json_integer_value(json_object_get(o, columns[k].key)));
		cli_printf(c, "\n");
	}
}

static int
clear(struct cli_ctx *c)
{
	role_enter_ctl();
	counter_clear(&realm_mib);
	return 0;
}

static const struct cli_cmd commands[] = {
	{ .syntax = "show stats realm [REALM:str]",
	  .help = "Show packets and bytes received for and from each realm, as rtacct.",
	  .section = "display",
	  .fn = show,
	  .text = show_text,
	  .read_only = true },
	{ .syntax = "clear stats realm",
	  .help = "Set the counters of realms to zero.",
	  .section = "display",
	  .fn = clear },
	{ .syntax = NULL },
};

void
ip4_realm_cli_register(void)
{
	cli_register(commands);
}
