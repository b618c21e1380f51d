/* nearest.h - finds the known word that a mistyped word most likely means ("did you mean"). */
#ifndef BENCH_SUPPORT_NEAREST_H
#define BENCH_SUPPORT_NEAREST_H

/* The candidate with the smallest edit distance to `word`; NULL if that is more than a third of the
 * word's length plus one. `candidates` ends with NULL. */
const char *nearest_word(const char *word, const char *const *candidates);

#endif
