/* stats.h - statistics for comparisons: exact rank tests (also with ties), the matching estimates
 * and confidence intervals, and Holm's correction. Pure functions; all values must be finite.
 * Invariant: every p-value is exact up to rounding, except for two samples with more than
 * STATS_EXACT_MAX values in total. */
#ifndef BENCH_STATS_STATS_H
#define BENCH_STATS_STATS_H

#include "bench/stats/null.h"

#include <stddef.h>

struct stats_interval {
    double low, high; /* -INFINITY and INFINITY if there are too few values for an interval */
};

/* For qsort: orders `double`s ascending. */
int stats_ascending(const void *left, const void *right);

/* Median of `count` >= 1 finite values. */
double stats_median(const double *values, size_t count);

/* Sample standard deviation (divides by count - 1); NAN for fewer than two values. */
double stats_deviation(const double *values, size_t count);

/* ---- paired: 1..STATS_PAIRS_MAX differences ---- */

/* The Hodges-Lehmann estimate of the shift: the median of all averages of two differences,
 * including each difference with itself (Walsh averages). Source: Hodges and Lehmann, Ann. Math.
 * Statist. 34 (1963). */
double stats_paired_shift(const double *differences, size_t count);

/* p of Wilcoxon's signed-rank test against a shift of 0, exact over all assignments of signs to the
 * observed ranks. Ties get midranks. Differences of 0 are dropped, as Wilcoxon does; p is 1 if no
 * other is left. */
double stats_paired_p(const double *differences, size_t count, enum stats_tail tail);

/* The confidence interval of that test. Its ends are Walsh averages, including those of differences
 * of 0. It covers the shift with a probability of at least `level` (0.5..1), also with ties. The
 * rest is split evenly: the upper end for level 0.90 is a one-sided bound of 95 %. */
struct stats_interval stats_paired_interval(const double *differences, size_t count, double level);

/* ---- two samples, each with at least 1 value ---- */

/* The Hodges-Lehmann estimate of the shift: the median of all differences of a value in `right`
 * minus a value in `left`. */
double stats_shift(const double *left, size_t left_count, const double *right, size_t right_count);

/* p of the rank-sum test of Mann, Whitney and Wilcoxon, exact over all ways to split the values
 * into two samples. Ties get midranks. STATS_GREATER tests whether the right values are larger. */
double stats_rank_sum_p(const double *left, size_t left_count, const double *right,
                        size_t right_count, enum stats_tail tail);

/* The confidence interval of that test. Its ends are differences between the samples. `level` is as
 * above; more than STATS_EXACT_MAX values use the normal approximation. */
struct stats_interval stats_shift_interval(const double *left, size_t left_count,
                                           const double *right, size_t right_count, double level);

/* ---- families and counts ---- */

/* Adjusts `count` p-values by Holm's step-down method; `adjusted` may be `p`. Source: Holm, Scand.
 * J. Statist. 6 (1979). */
void stats_holm(const double *p, double *adjusted, size_t count);

/* How often something happened in two samples. */
struct stats_table {
    size_t left_hits, left_trials;   /* hits are at most the trials */
    size_t right_hits, right_trials; /* the same of the other sample */
};

/* p of Fisher's exact test, one-sided: the probability of at least so many hits on the right if
 * both samples have the same share of hits. With several tables, it compares the sum of the hits
 * on the right, and the share may differ from table to table (the exact test of Mantel, Haenszel
 * and Birch). 1 if there is no hit. Sources: Fisher, The Design of Experiments (1935); Birch, J. R.
 * Statist. Soc. B 26 (1964). */
double stats_hits_p(const struct stats_table *tables, size_t count);

/* The Clopper-Pearson confidence interval for a probability, given `hits` in `trials` >= 1. `level`
 * is as above. Source: Clopper and Pearson, Biometrika 26 (1934). */
struct stats_interval stats_share_interval(size_t hits, size_t trials, double level);

#endif
