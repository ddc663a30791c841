/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CTL_CLI_PROTO_H
#define CTL_CLI_PROTO_H
/**
 * @file
 * Frames between client and daemon on the UNIX socket. Both ends are on one machine: numbers are
 * in host order.
 */
#include <stddef.h>
#include <stdint.h>
#include "ctl/strbuf.h"

#define CLI_PROTO_VERSION 1
#define CLI_REQ_MAX	  65536	 /* bytes of payload the daemon takes */
#define CLI_RSP_MAX	  262144 /* and the client */

enum cli_frame_type {
	/* requests */
	CLI_REQ_EXEC = 1, /* flags: CLI_F_*; payload: the line */
	CLI_REQ_COMPLETE, /* payload: the line up to the cursor */
	CLI_REQ_ABORT,	  /* interrupt what runs, forget what was asked before */
	/* responses */
	CLI_RSP_OUT = 16, /* output */
	CLI_RSP_ERR,	  /* an error, a line */
	CLI_RSP_END,	  /* flags: exit status, CLI_END_QUIT */
	CLI_RSP_CAND,	  /* payload: lines of kind (W, V, E), TAB, word, TAB, help */
};
#define CLI_END_QUIT 0x100 /* it was `quit` */

struct cli_frame_hdr {
	uint32_t len; /* payload */
	uint8_t version;
	uint8_t type;
	uint16_t flags;
};

/** Append a frame. */
void cli_frame_put(struct strbuf *out, enum cli_frame_type type, uint16_t flags, const char *data,
		   size_t len);
/**
 * Look at the frame that starts at @p at in @p in. Returns its length with header when it is
 * whole, 0 when more bytes are needed, -EPROTO for another version, -EMSGSIZE for a payload over
 * @p max. @p data points into the buffer.
 */
long cli_frame_get(const struct strbuf *in, size_t at, size_t max, struct cli_frame_hdr *hdr,
		   const char **data);
#endif
