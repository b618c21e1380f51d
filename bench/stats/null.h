/* null.h - what sums of ranks are by chance alone; the part of stats.h that counts. Pure.
 * Invariant: ranks are midranks where values tie. */
#ifndef BENCH_STATS_NULL_H
#define BENCH_STATS_NULL_H

#include <stdbool.h>
#include <stddef.h>

/* Values in all up to which a test of two samples is exact; beyond it uses the normal
 * approximation, corrected for ties and continuity. */
#define STATS_EXACT_MAX 100

/* Differences that a paired test takes. */
#define STATS_PAIRS_MAX 64

/* Which shift speaks against "no difference". All values here are finite. */
enum stats_tail {
    STATS_GREATER,
    STATS_LESS,
    STATS_TWO_SIDED /* twice the smaller of the two, at most 1 */
};

/* A value that gets a rank. */
struct stats_ranked {
    double size;  /* what ranks it */
    bool counted; /* its rank belongs to the sum that is tested */
};

/* p of the sum of the counted ranks, if a fair coin decides about each of 0..STATS_PAIRS_MAX values
 * whether it counts. Sorts `values`. */
double stats_null_signs_p(struct stats_ranked *values, size_t count, enum stats_tail tail);

/* p of the same sum, if the `drawn` that count are any of the `count` values. Sorts `values`. */
double stats_null_draws_p(struct stats_ranked *values, size_t count, size_t drawn,
                          enum stats_tail tail);

/* Which of the sorted Walsh averages of `count` values, from 1, is the lower end of the interval of
 * that level; as far from the last one is the upper end. 0: there are too few. */
size_t stats_null_signs_end(size_t count, double level);

/* The same for the sorted differences between two samples. */
size_t stats_null_draws_end(size_t left_count, size_t right_count, double level);

#endif
