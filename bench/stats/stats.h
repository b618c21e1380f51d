/* stats.h - the statistics of a comparison: rank tests that are exact also where values tie,
 * estimates and intervals that go with them, and what a family of tests demands. Pure.
 * Invariant: every p is a probability under "no difference", exact up to rounding; where it is
 * not, beyond STATS_EXACT_MAX values, this header says so. */
#ifndef BENCH_STATS_STATS_H
#define BENCH_STATS_STATS_H

#include "bench/stats/null.h"

#include <stddef.h>

struct stats_interval {
    double low, high; /* -INFINITY or INFINITY where so few values cannot tell */
};

/* For qsort: the smallest of `double`s first. */
int stats_ascending(const void *left, const void *right);

/* Median of `count` >= 1 finite values. */
double stats_median(const double *values, size_t count);

/* Standard deviation of a sample of `count` values (divided by count - 1); NAN below two. */
double stats_deviation(const double *values, size_t count);

/* ---- paired: 1..STATS_PAIRS_MAX differences ---- */

/* The Hodges-Lehmann estimate: median of all averages of two differences, each also with itself
 * (Walsh averages). Source: Hodges and Lehmann, Ann. Math. Statist. 34 (1963). */
double stats_paired_shift(const double *differences, size_t count);

/* Wilcoxon's signed-rank test against a shift of 0, over all assignments of signs to the ranks that
 * there are: midranks where sizes tie; differences of 0 are left out, as Wilcoxon does. 1 if none
 * is left. */
double stats_paired_p(const double *differences, size_t count, enum stats_tail tail);

/* The interval that belongs to that test: between two sorted Walsh averages, those of differences
 * of 0 among them. Covers the shift with at least `level` (0.5..1), half of the rest on either
 * side: the upper end of 0.90 is the one-sided bound of 95 %. Ties never make it cover less. */
struct stats_interval stats_paired_interval(const double *differences, size_t count, double level);

/* ---- two samples of 1 value each, or more ---- */

/* The Hodges-Lehmann estimate: median of all differences between a value of `right` and one of
 * `left`. */
double stats_shift(const double *left, size_t left_count, const double *right, size_t right_count);

/* The rank-sum test of Mann, Whitney and Wilcoxon, over all ways to draw the left sample from what
 * both hold: midranks where values tie. STATS_GREATER: the right values are the larger ones. */
double stats_rank_sum_p(const double *left, size_t left_count, const double *right,
                        size_t right_count, enum stats_tail tail);

/* The interval that belongs to that test: between two sorted differences. `level` as above, beyond
 * STATS_EXACT_MAX values by the normal approximation. */
struct stats_interval stats_shift_interval(const double *left, size_t left_count,
                                           const double *right, size_t right_count, double level);

/* ---- families and counts ---- */

/* Holm's step-down adjustment of `count` p-values; `adjusted` may be `p`. Source: Holm, Scand. J.
 * Statist. 6 (1979). */
void stats_holm(const double *p, double *adjusted, size_t count);

/* The interval of Clopper and Pearson for a probability after `hits` of `trials` >= 1, with at
 * least `level` as above. Source: Biometrika 26 (1934). */
struct stats_interval stats_share_interval(size_t hits, size_t trials, double level);

#endif
