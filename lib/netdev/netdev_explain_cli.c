/* SPDX-License-Identifier: BSD-3-Clause */
/* explain dev D hex BYTES: what would happen to this frame, stage by stage. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "ctl/cli.h"
#include "netdev/netdev_cli.h"
#include "netdev/netdev_explain.h"

static const char *
stage_name(enum stage s)
{
	static const char *const names[STAGE_MAX] = {
#define X(id, name, text) [STAGE_##id] = name,
		STAGES(X)
#undef X
	};

	return names[s];
}

static json_t *
hex_json(const uint8_t *p, uint32_t len)
{
	static const char digits[] = "0123456789abcdef";
	char text[2 * NETDEV_EXPLAIN_MAX];

	for (uint32_t i = 0; i < len; i++) {
		text[2 * i] = digits[p[i] >> 4];
		text[2 * i + 1] = digits[p[i] & 0xf];
	}
	return json_stringn(text, 2 * (size_t)len);
}

static void
add(const struct netdev_explained *x, void *arg)
{
	json_t *o = json_object();

	json_object_set_new(o, "stage", json_string(stage_name(x->stage)));
	switch (x->kind) {
	case EXPLAINED_NOTE:
		json_object_set_new(o, "note", json_string(x->text));
		break;
	case EXPLAINED_DROP:
		json_object_set_new(o, "drop", json_string(drop_name(x->why)));
		json_object_set_new(o, "text", json_string(drop_text(x->why)));
		break;
	case EXPLAINED_TOLD:
		json_object_set_new(o, "control", json_string(x->text));
		break;
	case EXPLAINED_SENT:
		json_object_set_new(o, "dev", json_string(x->dev->name));
		json_object_set_new(o, "frame", hex_json(x->frame, x->len));
		break;
	}
	json_array_append_new(arg, o);
}

static int
digit(char c)
{
	const char *digits = "0123456789abcdef", *at;

	at = strchr(digits, c | 0x20);
	return c != '\0' && at != NULL && *at != '\0' ? (int)(at - digits) : -1;
}

/* Bytes of @p s, blanks and colons between them allowed. How many, or -1: @p s is no such thing. */
static int
parse_hex(const char *s, uint8_t *out)
{
	int n = 0;

	for (; *s != '\0'; s++) {
		if (*s == ' ' || *s == ':')
			continue;
		if (digit(s[0]) < 0 || digit(s[1]) < 0 || n == NETDEV_EXPLAIN_MAX)
			return -1;
		out[n++] = (uint8_t)(digit(s[0]) << 4 | digit(s[1]));
		s++;
	}
	return n;
}

static int
explain_cmd(struct cli_ctx *c)
{
	const char *hex = cli_arg_str(c, "BYTES");
	struct net_device *dev;
	uint8_t frame[NETDEV_EXPLAIN_MAX];
	json_t *list;
	int len, rc;

	role_enter_ctl();
	dev = netdev_cli_dev(c);
	if (dev == NULL)
		return -ENODEV;
	len = parse_hex(hex, frame);
	if (len < RTE_ETHER_HDR_LEN)
		return cli_error_at(
			c, -EINVAL, hex,
			"\"%.40s\": expected the bytes of a frame, %d to %d of them, two "
			"hexadecimal digits each",
			hex, RTE_ETHER_HDR_LEN, NETDEV_EXPLAIN_MAX);
	list = json_array();
	rc = netdev_explain(dev, frame, (uint32_t)len, add, list);
	if (rc < 0) {
		json_decref(list);
		return cli_error(c, rc, "%s", strerror(-rc));
	}
	cli_set_result(c, list);
	return 0;
}

static const char *
str(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static void
explain_text(struct cli_ctx *c, const json_t *result)
{
	for (size_t i = 0; i < json_array_size(result); i++) {
		const json_t *o = json_array_get(result, i);

		cli_printf(c, "%-13s", str(o, "stage"));
		if (str(o, "note") != NULL)
			cli_printf(c, "%s\n", str(o, "note"));
		else if (str(o, "drop") != NULL)
			cli_printf(c, "dropped: %s (%s)\n", str(o, "drop"), str(o, "text"));
		else if (str(o, "control") != NULL)
			cli_printf(c, "handed to the control thread: %s\n", str(o, "control"));
		else
			cli_printf(c, "leaves by %s: %s\n", str(o, "dev"), str(o, "frame"));
	}
}

static const struct cli_cmd cmds[] = {
	{ .syntax = "explain dev DEV:dev hex BYTES:rest",
	  .help = "Say what would happen to this frame, stage by stage; nothing is sent or changed",
	  .section = "display",
	  .fn = explain_cmd,
	  .text = explain_text,
	  .read_only = true },
	{ 0 },
};

void
netdev_explain_cli_register(void)
{
	cli_register(cmds);
}
