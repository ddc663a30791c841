/* SPDX-License-Identifier: BSD-3-Clause */
/* Rates, sizes and times in tc's words. Pure. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include "sched/sched.h"

struct unit {
	const char *name;
	double factor;
};

/* tc(8), UNITS: bits a second by thousands or with an "i" by 1024; "bps" is bytes a second. */
static const struct unit rates[] = { { "", 1 / 8. },
				     { "bit", 1 / 8. },
				     { "kbit", 1e3 / 8 },
				     { "mbit", 1e6 / 8 },
				     { "gbit", 1e9 / 8 },
				     { "kibit", 1024 / 8. },
				     { "mibit", 1048576 / 8. },
				     { "gibit", 1073741824 / 8. },
				     { "bps", 1 },
				     { "kbps", 1e3 },
				     { "mbps", 1e6 },
				     { "gbps", 1e9 },
				     { "kibps", 1024 },
				     { "mibps", 1048576 },
				     { "gibps", 1073741824 },
				     { NULL, 0 } };
/* Sizes are by 1024, whatever the letter's case. */
static const struct unit sizes[] = { { "", 1 },
				     { "b", 1 },
				     { "k", 1024 },
				     { "kb", 1024 },
				     { "m", 1048576 },
				     { "mb", 1048576 },
				     { "g", 1073741824 },
				     { "gb", 1073741824 },
				     { "kbit", 1024 / 8. },
				     { "mbit", 1048576 / 8. },
				     { "gbit", 1073741824 / 8. },
				     { NULL, 0 } };
static const struct unit times[] = { { "", 1 },	       { "us", 1 },   { "usec", 1 },
				     { "usecs", 1 },   { "ms", 1e3 }, { "msec", 1e3 },
				     { "msecs", 1e3 }, { "s", 1e6 },  { "sec", 1e6 },
				     { "secs", 1e6 },  { NULL, 0 } };

static int
parse(const char *word, const struct unit *u, double max, double *value)
{
	char *end;

	if (!isdigit((unsigned char)*word) && *word != '.')
		return -EINVAL;
	*value = strtod(word, &end);
	while (u->name != NULL && strcasecmp(u->name, end) != 0)
		u++;
	*value *= u->factor;
	return u->name != NULL && *value >= 0 && *value <= max ? 0 : -EINVAL;
}

int
sched_parse_rate(const char *word, uint64_t *rate)
{
	double v;
	int rc = parse(word, rates, 1e15, &v);

	if (rc == 0)
		*rate = (uint64_t)v;
	return rc;
}

int
sched_parse_size(const char *word, uint32_t *size)
{
	double v;
	int rc = parse(word, sizes, UINT32_MAX, &v);

	if (rc == 0)
		*size = (uint32_t)v;
	return rc;
}

int
sched_parse_time(const char *word, uint64_t *us)
{
	double v;
	int rc = parse(word, times, 1e9, &v);

	if (rc == 0)
		*us = (uint64_t)v;
	return rc;
}

const char *
sched_rate_word(uint64_t rate)
{
	static const struct unit by[] = { { "Gbit", 1e9 }, { "Mbit", 1e6 }, { "Kbit", 1e3 } };
	static char buf[32];
	double bits = (double)rate * 8;

	for (unsigned int i = 0; i < RTE_DIM(by); i++) {
		if (bits < by[i].factor)
			continue;
		/* tc: the largest unit that leaves no fraction */
		if ((uint64_t)bits % (uint64_t)by[i].factor != 0)
			continue;
		snprintf(buf, sizeof(buf), "%.0f%s", bits / by[i].factor, by[i].name);
		return buf;
	}
	snprintf(buf, sizeof(buf), "%.0fbit", bits);
	return buf;
}

const char *
sched_size_word(uint32_t size)
{
	static char buf[32];

	if (size >= 1048576 && size % 1048576 == 0)
		snprintf(buf, sizeof(buf), "%" PRIu32 "Mb", size / 1048576);
	else if (size >= 1024 && size % 1024 == 0)
		snprintf(buf, sizeof(buf), "%" PRIu32 "Kb", size / 1024);
	else
		snprintf(buf, sizeof(buf), "%" PRIu32 "b", size);
	return buf;
}

const char *
sched_time_word(uint64_t us)
{
	static char buf[32];

	if (us >= 1000000)
		snprintf(buf, sizeof(buf), "%.3gs", (double)us / 1e6);
	else if (us >= 1000)
		snprintf(buf, sizeof(buf), "%.3gms", (double)us / 1e3);
	else
		snprintf(buf, sizeof(buf), "%" PRIu64 "us", us);
	return buf;
}
