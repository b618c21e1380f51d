/* null.c - null distributions of rank sums; see null.h.
 * Invariant: every probability is a sum of non-negative terms, so small p-values keep their
 * precision. */
#include "bench/stats/null.h"

#include "base/check.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SUM_MAX ((size_t)STATS_PAIRS_MAX * (STATS_PAIRS_MAX + 1)) /* largest doubled rank sum */
#define ROUNDING 1e-12 /* relative tolerance when a tail is compared with the share of a level */

static int by_size(const void *left, const void *right) {
    double a = ((const struct stats_ranked *)left)->size;
    double b = ((const struct stats_ranked *)right)->size;
    return (a > b) - (a < b);
}

/* Sorts `values` and fills `ranks` with doubled midranks, which are integers even for ties. Returns
 * the sum of the counted ones. */
static size_t rank_doubled(struct stats_ranked *values, size_t count, size_t *ranks) {
    qsort(values, count, sizeof *values, by_size);
    size_t sum = 0, end = 0;
    for (size_t begin = 0; begin < count; begin = end) {
        while (end < count && values[end].size <= values[begin].size) end++;
        for (size_t i = begin; i < end; i++) {
            ranks[i] = begin + 1 + end;
            if (values[i].counted) sum += ranks[i];
        }
    }
    return sum;
}

/* Fills `chance` with the probability of every rank sum if each rank is counted with probability
 * 1/2. Returns the largest sum. */
static size_t sums_of_signs(const size_t *ranks, size_t count, double chance[SUM_MAX + 1]) {
    size_t largest = 0;
    memset(chance, 0, (SUM_MAX + 1) * sizeof *chance);
    chance[0] = 1;
    for (size_t i = 0; i < count; i++) {
        largest += ranks[i];
        for (size_t sum = largest + 1; sum-- > 0;)
            chance[sum] = (chance[sum] + (sum >= ranks[i] ? chance[sum - ranks[i]] : 0)) / 2;
    }
    return largest;
}

/* The probability of every sum of `drawn` ranks if all subsets are equally likely; owned by the
 * caller. Sets *largest to the last index, the sum of all ranks. */
static double *sums_of_draws(const size_t *ranks, size_t count, size_t drawn, size_t *largest) {
    size_t width = 1, sum_so_far = 0;
    for (size_t i = 0; i < count; i++) width += ranks[i];
    double *ways = calloc((drawn + 1) * width, sizeof *ways); /* row k: k ranks are drawn */
    MEMORY_CHECK(ways);
    ways[0] = 1;
    for (size_t i = 0; i < count; i++) {
        sum_so_far += ranks[i];
        for (size_t k = i < drawn ? i + 1 : drawn; k > 0; k--) {
            const double *without = ways + (k - 1) * width;
            double *with = ways + k * width;
            for (size_t sum = ranks[i]; sum <= sum_so_far; sum++)
                with[sum] += without[sum - ranks[i]];
        }
    }
    double all = 0;
    memmove(ways, ways + drawn * width, width * sizeof *ways);
    for (size_t sum = 0; sum < width; sum++) all += ways[sum];
    for (size_t sum = 0; sum < width; sum++) ways[sum] /= all;
    *largest = width - 1;
    return ways;
}

static double p_of(double at_most, double at_least, enum stats_tail tail) {
    if (tail == STATS_GREATER) return fmin(1, at_least);
    if (tail == STATS_LESS) return fmin(1, at_most);
    return fmin(1, 2 * fmin(at_most, at_least));
}

static double p_of_sum(const double *chance, size_t largest, size_t sum, enum stats_tail tail) {
    double at_most = 0, at_least = 0;
    for (size_t s = 0; s <= sum; s++) at_most += chance[s];
    for (size_t s = largest + 1; s-- > sum;) at_least += chance[s];
    return p_of(at_most, at_least, tail);
}

double stats_null_signs_p(struct stats_ranked *values, size_t count, enum stats_tail tail) {
    size_t ranks[STATS_PAIRS_MAX];
    double chance[SUM_MAX + 1];
    CHECK_OP(count, <=, STATS_PAIRS_MAX);
    size_t sum = rank_doubled(values, count, ranks);
    size_t largest = sums_of_signs(ranks, count, chance);
    return p_of_sum(chance, largest, sum, tail);
}

/* P(Z <= z) of the standard normal distribution. */
static double normal(double z) {
    return erfc(-z / sqrt(2)) / 2;
}

/* p of a sum of `drawn` doubled ranks by the normal approximation. The variance is computed from
 * the actual ranks, which corrects for ties. Sums of distinct doubled ranks are 2 apart, so the
 * continuity correction is 1. */
static double p_of_large_sum(const size_t *ranks, size_t count, size_t drawn, size_t sum,
                             enum stats_tail tail) {
    double n = (double)count, k = (double)drawn, squares = 0;
    for (size_t i = 0; i < count; i++) {
        double off = (double)ranks[i] - (n + 1);
        squares += off * off;
    }
    double deviation = sqrt(k * (n - k) / (n * (n - 1)) * squares);
    double off = (double)sum - k * (n + 1);
    if (!(deviation > 0)) return 1; /* all values are equal */
    return p_of(normal((off + 1) / deviation), normal((1 - off) / deviation), tail);
}

double stats_null_draws_p(struct stats_ranked *values, size_t count, size_t drawn,
                          enum stats_tail tail) {
    size_t *ranks = calloc(count, sizeof *ranks);
    MEMORY_CHECK(ranks);
    size_t sum = rank_doubled(values, count, ranks), largest = 0;
    double p = 0;
    if (count > STATS_EXACT_MAX) {
        p = p_of_large_sum(ranks, count, drawn, sum, tail);
    } else {
        double *chance = sums_of_draws(ranks, count, drawn, &largest);
        p = p_of_sum(chance, largest, sum, tail);
        free(chance);
    }
    free(ranks);
    return p;
}

/* The largest number of smallest sums whose total probability is at most `share`. This is the index
 * of the interval's end among the sorted estimates, counted from 1. */
static size_t reach(const double *chance, double share) {
    size_t count = 0;
    double at_most = chance[0];
    while (at_most <= share * (1 + ROUNDING)) at_most += chance[++count];
    return count;
}

size_t stats_null_signs_end(size_t count, double level) {
    size_t ranks[STATS_PAIRS_MAX];
    double chance[SUM_MAX + 1];
    CHECK_OP(count, <=, STATS_PAIRS_MAX);
    for (size_t i = 0; i < count; i++) ranks[i] = i + 1;
    sums_of_signs(ranks, count, chance);
    return reach(chance, (1 - level) / 2);
}

static size_t end_exact(size_t left_count, size_t right_count, double share) {
    size_t ranks[STATS_EXACT_MAX], largest = 0;
    for (size_t i = 0; i < left_count + right_count; i++) ranks[i] = i + 1;
    double *chance = sums_of_draws(ranks, left_count + right_count, right_count, &largest);
    size_t smallest = right_count * (right_count + 1) / 2;
    size_t end = reach(chance + smallest, share);
    free(chance);
    return end;
}

static size_t end_normal(size_t left_count, size_t right_count, double share) {
    double n = (double)left_count * (double)right_count;
    double deviation = sqrt(n * (double)(left_count + right_count + 1) / 12);
    size_t end = 0, beyond = left_count * right_count;
    while (beyond - end > 1) {
        size_t half = end + (beyond - end) / 2;
        if (normal(((double)half - 0.5 - n / 2) / deviation) <= share)
            end = half;
        else
            beyond = half;
    }
    return end;
}

size_t stats_null_draws_end(size_t left_count, size_t right_count, double level) {
    return left_count + right_count > STATS_EXACT_MAX
               ? end_normal(left_count, right_count, (1 - level) / 2)
               : end_exact(left_count, right_count, (1 - level) / 2);
}
