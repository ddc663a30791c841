/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CORE_LOG_H
#define CORE_LOG_H
/**
 * @file
 * Logging of the control thread through rte_log, one type per module ("pollux.fib"), so that
 * EAL's --log-level works. Nothing on the packet path logs: workers count, control speaks.
 */
#include <stdbool.h>
#include <stdint.h>
#include <rte_log.h>

/* In one .c of a module: LOG_MODULE(fib); then log_info("..."). */
#define LOG_MODULE(mod)                                                                            \
	static int log_type_;                                                                      \
	RTE_INIT(log_register_)                                                                    \
	{                                                                                          \
		log_type_ = rte_log_register_type_and_pick_level("pollux." #mod, RTE_LOG_INFO);    \
		if (log_type_ < 0)                                                                 \
			log_type_ = RTE_LOGTYPE_USER1;                                             \
	}                                                                                          \
	struct log_module_swallows_semicolon

#define log_at(level, fmt, ...)                                                                    \
	rte_log(RTE_LOG_##level, log_type_, "%s" fmt "\n", log_prefix(RTE_LOG_##level),            \
		##__VA_ARGS__)
#define log_err(...)	log_at(ERR, __VA_ARGS__)
#define log_warn(...)	log_at(WARNING, __VA_ARGS__)
#define log_notice(...) log_at(NOTICE, __VA_ARGS__)
#define log_info(...)	log_at(INFO, __VA_ARGS__)
#define log_debug(...)	log_at(DEBUG, __VA_ARGS__)

/* A token bucket for messages that a wire can cause: at most burst, refilled at one per interval.
 */
struct log_ratelimit {
	uint32_t burst;
	uint32_t interval_ms;
	uint32_t tokens;
	uint32_t suppressed;
	uint64_t last_ms;
};
#define LOG_RATELIMIT(b, ms)                                                                       \
	{                                                                                          \
		.burst = (b), .interval_ms = (ms), .tokens = (b)                                   \
	}
/** May one more be said now? Counts what was not. */
bool log_ratelimit_ok(struct log_ratelimit *rl);

#define log_at_limited(rl, level, fmt, ...)                                                        \
	do {                                                                                       \
		uint32_t missed_ = (rl)->suppressed;                                               \
		if (!log_ratelimit_ok(rl))                                                         \
			break;                                                                     \
		if (missed_ > 0)                                                                   \
			log_at(level, fmt " (%u more since)", ##__VA_ARGS__, missed_);             \
		else                                                                               \
			log_at(level, fmt, ##__VA_ARGS__);                                         \
	} while (0)
#define log_warn_limited(rl, ...) log_at_limited(rl, WARNING, __VA_ARGS__)
#define log_info_limited(rl, ...) log_at_limited(rl, INFO, __VA_ARGS__)

/** "pollux: <level>: ", the line's start; systemd's <N> priority under a journal. */
const char *log_prefix(uint32_t level);
/** Set the level of all of Pollux's log types: one of "error", "warning", "notice", "info",
 * "debug". 0 or -EINVAL. */
int log_set_level(const char *name);
const char *log_get_level(void);
#endif
