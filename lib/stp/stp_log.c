/* SPDX-License-Identifier: BSD-3-Clause */
/* What changed, and the names of things. */
#include <stdio.h>
#include "stp/stp_priv.h"

void
stp_note(struct stp_port *p, uint16_t mstid, enum stp_what what, int from, int to, enum stp_why why)
{
	struct stp_bridge *br = p->br;
	struct stp_transition *tr = &br->history[br->n_history++ % STP_HISTORY];

	*tr = (struct stp_transition){
		.ms = br->ops->now_ms(br->ctx),
		.port = p->number,
		.mstid = mstid,
		.what = (uint8_t)what,
		.from = (uint8_t)from,
		.to = (uint8_t)to,
		.why = (uint8_t)why,
	};
	if (br->ops->log != NULL)
		br->ops->log(br->ctx, p->ctx, tr);
}

unsigned int
stp_bridge_history(const struct stp_bridge *br, struct stp_transition *out, unsigned int max)
{
	unsigned int n = br->n_history < STP_HISTORY ? br->n_history : STP_HISTORY;

	if (n > max)
		n = max;
	for (unsigned int i = 0; i < n; i++)
		out[i] = br->history[(br->n_history - n + i) % STP_HISTORY];
	return n;
}

static const char *
name_of(const char *const *names, size_t n, unsigned int i)
{
	return i < n ? names[i] : "unknown";
}
#define NAME(names, i) name_of(names, sizeof(names) / sizeof((names)[0]), (unsigned int)(i))

const char *
stp_role_name(enum stp_role role)
{
	static const char *const names[] = { "disabled",  "root",   "designated",
					     "alternate", "backup", "master" };

	return NAME(names, role);
}

const char *
stp_state_name(enum stp_state state, uint8_t version)
{
	static const char *const names[] = { "disabled", "blocking", "listening", "learning",
					     "forwarding" };

	if (version >= STP_VERSION_RSTP && (state == STP_BLOCKING || state == STP_LISTENING))
		return "discarding";
	return NAME(names, state);
}

const char *
stp_why_name(enum stp_why why)
{
	static const char *const names[STP_WHY_N] = {
		[STP_WHY_INIT] = "start",
		[STP_WHY_ADMIN] = "parameter changed",
		[STP_WHY_LINK] = "link changed",
		[STP_WHY_SUPERIOR] = "superior information",
		[STP_WHY_INFERIOR] = "dispute",
		[STP_WHY_AGED] = "information aged",
		[STP_WHY_TIMER] = "timer",
		[STP_WHY_AGREEMENT] = "agreement",
		[STP_WHY_EDGE] = "edge",
		[STP_WHY_ROLE] = "role",
		[STP_WHY_SYNC] = "sync",
		[STP_WHY_REROOT] = "was root port",
		[STP_WHY_REROOTED] = "re-rooted",
		[STP_WHY_BPDU] = "BPDU received",
		[STP_WHY_BPDU_GUARD] = "BPDU guard",
		[STP_WHY_LOOP_GUARD] = "loop guard",
	};

	return NAME(names, why);
}

const char *
stp_what_name(enum stp_what what)
{
	static const char *const names[STP_WHAT_N] = { "role",	"state", "edge",	   "rstp",
						       "guard", "loop",	 "topology change" };

	return NAME(names, what);
}

const char *
stp_id_format(uint64_t id, char *buf, size_t size)
{
	snprintf(buf, size, "%04x.%012llx", (unsigned int)(id >> 48),
		 (unsigned long long)(id & ID_ADDRESS));
	return buf;
}
