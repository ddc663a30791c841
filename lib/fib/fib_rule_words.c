/* SPDX-License-Identifier: BSD-3-Clause */
/* Selectors of rules in words. Pure. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/ipproto.h"
#include "fib/fib_rule.h"

/* A number up to @p max at *@p s, decimal or with 0x, which moves behind it. */
static int
number(const char **s, unsigned long max, unsigned long *v)
{
	char *end;

	if (**s < '0' || **s > '9')
		return -EINVAL;
	errno = 0;
	*v = strtoul(*s, &end, 0);
	*s = end;
	return errno != 0 || *v > max ? -EINVAL : 0;
}

int
fib_rule_parse_ipproto(const char *s, uint8_t *proto)
{
	unsigned long v;

	if (ipproto_parse(s, proto) == 0)
		return 0;
	if (number(&s, UINT8_MAX, &v) != 0 || *s != '\0')
		return -EINVAL;
	*proto = (uint8_t)v;
	return 0;
}

const char *
fib_rule_ipproto_name(uint8_t proto)
{
	static char buf[16];

	if (ipproto_name(proto) != NULL)
		return ipproto_name(proto);
	snprintf(buf, sizeof(buf), "ipproto-%u", proto);
	return buf;
}

int
fib_rule_parse_ports(const char *s, uint16_t ports[2])
{
	unsigned long first, last;

	if (number(&s, UINT16_MAX, &first) != 0)
		return -EINVAL;
	last = first;
	if (*s == '-') {
		s++;
		if (number(&s, UINT16_MAX, &last) != 0)
			return -EINVAL;
	}
	/* Port 0 stands for none: Linux refuses it here too. */
	if (*s != '\0' || first == 0 || last < first || last == UINT16_MAX)
		return -EINVAL;
	ports[0] = (uint16_t)first;
	ports[1] = (uint16_t)last;
	return 0;
}

int
fib_rule_parse_mark(const char *s, uint32_t *mark, uint32_t *mask)
{
	unsigned long v, m = UINT32_MAX;

	if (number(&s, UINT32_MAX, &v) != 0)
		return -EINVAL;
	if (*s == '/') {
		s++;
		if (number(&s, UINT32_MAX, &m) != 0)
			return -EINVAL;
	}
	if (*s != '\0')
		return -EINVAL;
	*mark = (uint32_t)v;
	*mask = (uint32_t)m;
	return 0;
}
