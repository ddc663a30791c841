/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CORE_EDITDIST_H
#define CORE_EDITDIST_H
/**
 * @file
 * How far two words are apart, for "did you mean" in error messages.
 */

/** Levenshtein distance of two words; what is longer than 127 characters is cut. Any thread. */
unsigned int edit_distance(const char *a, const char *b);
/** Is @p dist near enough to @p word that naming the other one helps? */
int edit_is_near(const char *word, unsigned int dist);
#endif
