/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctl/cli_proto.h"
#include <errno.h>
#include <string.h>

void
cli_frame_put(struct strbuf *out, enum cli_frame_type type, uint16_t flags, const char *data,
	      size_t len)
{
	struct cli_frame_hdr hdr = { (uint32_t)len, CLI_PROTO_VERSION, (uint8_t)type, flags };

	strbuf_add(out, (const char *)&hdr, sizeof(hdr));
	if (len > 0)
		strbuf_add(out, data, len);
}

long
cli_frame_get(const struct strbuf *in, size_t at, size_t max, struct cli_frame_hdr *hdr,
	      const char **data)
{
	if (in->len < at + sizeof(*hdr))
		return 0;
	memcpy(hdr, in->s + at, sizeof(*hdr));
	if (hdr->version != CLI_PROTO_VERSION)
		return -EPROTO;
	if (hdr->len > max)
		return -EMSGSIZE;
	if (in->len < at + sizeof(*hdr) + hdr->len)
		return 0;
	*data = in->s + at + sizeof(*hdr);
	return (long)(sizeof(*hdr) + hdr->len);
}
