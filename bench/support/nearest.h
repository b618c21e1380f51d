/* nearest.h - "did you mean": the known word that a mistyped one stands nearest to. */
#ifndef BENCH_SUPPORT_NEAREST_H
#define BENCH_SUPPORT_NEAREST_H

/* The candidate nearest to `word` by edit distance; NULL if more than a third of the letters would
 * have to change. `candidates` ends with NULL. */
const char *nearest_word(const char *word, const char *const *candidates);

#endif
