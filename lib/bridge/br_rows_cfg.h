/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BR_ROWS_CFG_H
#define BR_ROWS_CFG_H
/** @file Tables of parameters in section "bridges". */
#include "bridge/br_cfg.h"

enum br_cfg_kind {
	BOOL,
	NUMBER,
	SECONDS, /* the parameter itself is in centiseconds */
	PARTS,	 /* the same, of which hundredths count */
	WORD,	 /* index in words */
};

/** A parameter: its key here, its name in br_opts[] (a WORD may have none), its default. */
struct br_cfg_row {
	const char *key, *opt;
	enum br_cfg_kind kind;
	uint32_t def;
	const char *const *words;
};

/** Words of vlan_protocol; their values are the tags. */
extern const char *const br_cfg_protocols[];
/** The parameters of multicast snooping that the bridge has and each VLAN, too. */
extern const struct br_cfg_row br_cfg_mcast_rows[];

/** The value of @p m in @p o, a document that has been checked, in the parameter's unit. */
uint32_t br_cfg_row_value(const struct br_cfg_row *m, const json_t *o);
/** Into @p o, unless it is the default. */
void br_cfg_row_put(json_t *o, const struct br_cfg_row *m, uint32_t v);
/** The rows of a table, ended by key == NULL, in a document not yet checked, ... */
void br_cfg_rows_check(const struct cfg *c, const struct br_cfg_row *table, bool port);
/** ... and in one that has been. */
void br_cfg_rows_canon(json_t *o, const struct br_cfg_row *table, const json_t *from);
/** Only the keys of the tables (@p b may be NULL) and of @p more. */
void br_cfg_known(const struct cfg *c, const struct br_cfg_row *a, const struct br_cfg_row *b,
		  const char *const *more);
#endif
