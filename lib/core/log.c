/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/log.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <rte_common.h>
#include "core/timer.h"

static const struct {
	const char *name;
	uint32_t level;
} levels[] = {
	{ "error", RTE_LOG_ERR }, { "warning", RTE_LOG_WARNING }, { "notice", RTE_LOG_NOTICE },
	{ "info", RTE_LOG_INFO }, { "debug", RTE_LOG_DEBUG },
};
static const char *current = "info";

bool
log_ratelimit_ok(struct log_ratelimit *rl)
{
	uint64_t now = clock_ms();
	uint64_t earned = (now - rl->last_ms) / rl->interval_ms;

	if (earned > 0) {
		rl->tokens = (uint32_t)RTE_MIN((uint64_t)rl->burst, rl->tokens + earned);
		rl->last_ms += earned * rl->interval_ms;
	}
	if (rl->tokens == 0) {
		rl->suppressed++;
		return false;
	}
	rl->tokens--;
	rl->suppressed = 0;
	return true;
}

const char *
log_prefix(uint32_t level)
{
	static const char *const journal[] = { "",
					       "<0>pollux: ",
					       "<1>pollux: ",
					       "<2>pollux: ",
					       "<3>pollux: ",
					       "<4>pollux: ",
					       "<5>pollux: ",
					       "<6>pollux: ",
					       "<7>pollux: " };
	static const char *const plain[] = { "",
					     "pollux: emergency: ",
					     "pollux: alert: ",
					     "pollux: critical: ",
					     "pollux: error: ",
					     "pollux: warning: ",
					     "pollux: ",
					     "pollux: ",
					     "pollux: debug: " };

	if (level >= RTE_DIM(plain))
		level = RTE_LOG_DEBUG;
	return getenv("JOURNAL_STREAM") != NULL ? journal[level] : plain[level];
}

int
log_set_level(const char *name)
{
	for (size_t i = 0; i < RTE_DIM(levels); i++)
		if (strcmp(levels[i].name, name) == 0) {
			current = levels[i].name;
			return rte_log_set_level_pattern("pollux.*", levels[i].level) < 0 ? -EINVAL
											  : 0;
		}
	return -EINVAL;
}

const char *
log_get_level(void)
{
	return current;
}
