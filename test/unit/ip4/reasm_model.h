/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef REASM_MODEL_H
#define REASM_MODEL_H
/**
 * @file
 * The reassembly engine beside a model that keeps a flag for each byte and looks at nothing else.
 * Every verdict of the engine is compared; a difference ends the program. For the fuzz target and
 * the unit test.
 */
#include "ip4/ip4_reasm_dp.h"

/** Limits small enough that inputs reach them. */
void reasm_model_start(const struct reasm_limits *limits);
/** One piece at a time @p now_ms; @p mem: what it weighs. @return the verdict. */
enum reasm_verdict reasm_model_piece(const struct reasm_key *key, uint16_t off, uint16_t len,
				     bool last, uint32_t mem, uint64_t now_ms);
void reasm_model_expire(uint64_t now_ms);
/** How many datagrams were lost for that reason. */
unsigned int reasm_model_lost(enum reasm_why why);
/** The engine's table, to look at. */
const struct reasm_table *reasm_model_table(void);
/** Everything goes; nothing may be left anywhere. */
void reasm_model_stop(void);
#endif
