/* null.h - null distributions of the rank tests in stats.h. Pure functions. Tied values get
 * midranks. */
#ifndef BENCH_STATS_NULL_H
#define BENCH_STATS_NULL_H

#include <stdbool.h>
#include <stddef.h>

/* Total size of two samples up to which their test is exact. Larger samples use the normal
 * approximation with corrections for ties and continuity. */
#define STATS_EXACT_MAX 100

/* Maximum number of differences in a paired test. */
#define STATS_PAIRS_MAX 64

/* The alternative hypothesis of a test. */
enum stats_tail {
    STATS_GREATER,
    STATS_LESS,
    STATS_TWO_SIDED /* p is twice the smaller one-sided p, at most 1 */
};

/* A value to be ranked; finite. */
struct stats_ranked {
    double size;  /* the value that determines the rank */
    bool counted; /* the rank is part of the tested sum */
};

/* p of the sum of the counted ranks if each of the 0..STATS_PAIRS_MAX values is counted with
 * probability 1/2 (signed-rank test). Sorts `values`. */
double stats_null_signs_p(struct stats_ranked *values, size_t count, enum stats_tail tail);

/* p of the sum of the counted ranks if the `drawn` counted values are a random subset of the
 * `count` values (rank-sum test). Sorts `values`. */
double stats_null_draws_p(struct stats_ranked *values, size_t count, size_t drawn,
                          enum stats_tail tail);

/* The index k, counted from 1, such that the k-th smallest and the k-th largest Walsh average of
 * `count` values are the ends of a confidence interval of `level`. 0 if there are too few values.
 */
size_t stats_null_signs_end(size_t count, double level);

/* The same for all differences between the values of two samples. */
size_t stats_null_draws_end(size_t left_count, size_t right_count, double level);

#endif
