/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FILTER_CFG_H
#define FILTER_CFG_H
/** @file A rule as JSON: shared by the section "filter" and the `filter` commands. */
#include <jansson.h>
#include "filter/filter.h"

/** The rule in the words of the section, each value in its one spelling. A new reference. */
json_t *filter_rule_json(const struct filter_rule *r);
#endif
