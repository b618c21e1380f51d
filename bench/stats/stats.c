/* stats.c - estimates, tests and confidence intervals; see stats.h.
 * Invariant: the ends of an interval are observed Walsh averages or differences, or infinite. */
#include "bench/stats/stats.h"

#include "base/check.h"
#include "base/memory.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define WALSH_MAX ((size_t)STATS_PAIRS_MAX * (STATS_PAIRS_MAX + 1) / 2)

/* ---- sorted values ---- */

int stats_ascending(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* A sorted copy of the values; owned by the caller. */
static double *sorted(const double *values, size_t count) {
    CHECK_OP(count, >=, 1);
    double *copy = calloc(count, sizeof *copy);
    MEMORY_CHECK(copy);
    for (size_t i = 0; i < count; i++) {
        CHECK(isfinite(values[i]));
        copy[i] = values[i];
    }
    qsort(copy, count, sizeof *copy, stats_ascending);
    return copy;
}

static double middle(const double *in_order, size_t count) {
    return (in_order[(count - 1) / 2] + in_order[count / 2]) / 2;
}

double stats_median(const double *values, size_t count) {
    double *in_order = sorted(values, count);
    double median = middle(in_order, count);
    free(in_order);
    return median;
}

double stats_deviation(const double *values, size_t count) {
    if (count < 2) return NAN;
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++) sum += values[i];
    double mean = sum / (double)count;
    for (size_t i = 0; i < count; i++) squares += (values[i] - mean) * (values[i] - mean);
    return sqrt(squares / (double)(count - 1));
}

static const struct stats_interval endless = {-INFINITY, INFINITY};

/* ---- paired ---- */

/* Writes the Walsh averages, sorted. Returns their number. */
static size_t walsh_averages(const double *differences, size_t count, double averages[WALSH_MAX]) {
    CHECK_OP(count, >=, 1);
    CHECK_OP(count, <=, STATS_PAIRS_MAX);
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        CHECK(isfinite(differences[i]));
        for (size_t j = i; j < count; j++) averages[n++] = (differences[i] + differences[j]) / 2;
    }
    qsort(averages, n, sizeof *averages, stats_ascending);
    return n;
}

double stats_paired_shift(const double *differences, size_t count) {
    double averages[WALSH_MAX];
    size_t n = walsh_averages(differences, count, averages);
    return middle(averages, n);
}

double stats_paired_p(const double *differences, size_t count, enum stats_tail tail) {
    struct stats_ranked values[STATS_PAIRS_MAX];
    size_t n = 0;
    CHECK_OP(count, >=, 1);
    CHECK_OP(count, <=, STATS_PAIRS_MAX);
    for (size_t i = 0; i < count; i++) {
        CHECK(isfinite(differences[i]));
        double size = fabs(differences[i]);
        if (size > 0) values[n++] = (struct stats_ranked){size, differences[i] > 0};
    }
    return stats_null_signs_p(values, n, tail);
}

struct stats_interval stats_paired_interval(const double *differences, size_t count, double level) {
    double averages[WALSH_MAX];
    CHECK(level >= 0.5 && level <= 1);
    size_t n = walsh_averages(differences, count, averages);
    size_t end = stats_null_signs_end(count, level);
    if (end == 0) return endless;
    return (struct stats_interval){averages[end - 1], averages[n - end]};
}

/* ---- two samples ---- */

/* Two samples, each sorted. */
struct samples {
    double *left, *right;           /* owned */
    size_t left_count, right_count; /* at least 1 */
};

static struct samples samples_new(const double *left, size_t left_count, const double *right,
                                  size_t right_count) {
    return (struct samples){sorted(left, left_count), sorted(right, right_count), left_count,
                            right_count};
}

static void samples_free(const struct samples *s) {
    free(s->left);
    free(s->right);
}

/* Maps a double to an integer with the same order. */
static uint64_t key_of(double value) {
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof bits);
    return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

static double value_of(uint64_t key) {
    uint64_t bits = key >> 63 ? key ^ UINT64_C(1) << 63 : ~key;
    double value = 0;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static size_t differences_up_to(const struct samples *s, double limit) {
    size_t count = 0, skip = 0;
    for (size_t r = 0; r < s->right_count; r++) {
        while (skip < s->left_count && s->right[r] - s->left[skip] > limit) skip++;
        count += s->left_count - skip;
    }
    return count;
}

/* The `place`-th smallest of all differences, counted from 1. There are left_count x right_count of
 * them, so they are counted rather than stored. A binary search over the keys takes at most 64
 * steps and ends at a difference that exists. */
static double difference_at(const struct samples *s, size_t place) {
    uint64_t low = key_of(s->right[0] - s->left[s->left_count - 1]);
    uint64_t high = key_of(s->right[s->right_count - 1] - s->left[0]);
    while (low < high) {
        uint64_t half = low + (high - low) / 2;
        if (differences_up_to(s, value_of(half)) >= place)
            high = half;
        else
            low = half + 1;
    }
    return value_of(low) + 0.0; /* turns -0 into 0 */
}

double stats_shift(const double *left, size_t left_count, const double *right, size_t right_count) {
    struct samples s = samples_new(left, left_count, right, right_count);
    size_t n = left_count * right_count;
    double lower = difference_at(&s, (n + 1) / 2), upper = difference_at(&s, n / 2 + 1);
    samples_free(&s);
    return (lower + upper) / 2;
}

double stats_rank_sum_p(const double *left, size_t left_count, const double *right,
                        size_t right_count, enum stats_tail tail) {
    size_t count = left_count + right_count;
    CHECK_OP(left_count, >=, 1);
    CHECK_OP(right_count, >=, 1);
    struct stats_ranked *values = calloc(count, sizeof *values);
    MEMORY_CHECK(values);
    for (size_t i = 0; i < count; i++) {
        bool counted = i >= left_count;
        values[i] = (struct stats_ranked){counted ? right[i - left_count] : left[i], counted};
        CHECK(isfinite(values[i].size));
    }
    double p = stats_null_draws_p(values, count, right_count, tail);
    free(values);
    return p;
}

struct stats_interval stats_shift_interval(const double *left, size_t left_count,
                                           const double *right, size_t right_count, double level) {
    CHECK(level >= 0.5 && level <= 1);
    struct samples s = samples_new(left, left_count, right, right_count);
    size_t end = stats_null_draws_end(left_count, right_count, level);
    struct stats_interval interval = endless;
    if (end > 0)
        interval = (struct stats_interval){difference_at(&s, end),
                                           difference_at(&s, left_count * right_count + 1 - end)};
    samples_free(&s);
    return interval;
}

/* ---- families and counts ---- */

static int by_p(const void *left, const void *right) {
    return stats_ascending(*(const double *const *)left, *(const double *const *)right);
}

void stats_holm(const double *p, double *adjusted, size_t count) {
    double *copy = calloc(count + 1, sizeof *copy), **order = calloc(count + 1, sizeof *order);
    MEMORY_CHECK(copy && order);
    for (size_t i = 0; i < count; i++) {
        CHECK(p[i] >= 0 && p[i] <= 1);
        copy[i] = p[i];
        order[i] = &copy[i];
    }
    qsort(order, count, sizeof *order, by_p);
    double least = 0;
    for (size_t i = 0; i < count; i++) {
        least = fmax(least, fmin(1, *order[i] * (double)(count - i)));
        adjusted[order[i] - copy] = least;
    }
    free(copy);
    free(order);
}

/* Fills `chance` with the probability of every number of hits on the right, given the sums of a
 * table. The terms are relative to the first one and then divided by their sum; to start at the
 * middle keeps them in range. Returns the largest number. */
static size_t hits_on_right(const struct stats_table *t, double *chance) {
    size_t hits = t->left_hits + t->right_hits, all = t->left_trials + t->right_trials;
    size_t least = hits > t->left_trials ? hits - t->left_trials : 0;
    size_t most = hits < t->right_trials ? hits : t->right_trials;
    size_t middle = (size_t)((double)hits * (double)t->right_trials / (double)all);
    if (middle < least) middle = least;
    double sum = 0;
    for (size_t k = 0; k <= most; k++) chance[k] = 0;
    chance[middle] = 1;
    for (size_t k = middle; k < most; k++)
        chance[k + 1] = chance[k] * (double)(t->right_trials - k) / (double)(k + 1) *
                        (double)(hits - k) / (double)(t->left_trials + k + 1 - hits);
    for (size_t k = middle; k > least; k--)
        chance[k - 1] = chance[k] * (double)k / (double)(t->right_trials - k + 1) *
                        (double)(t->left_trials + k - hits) / (double)(hits - k + 1);
    for (size_t k = least; k <= most; k++) sum += chance[k];
    for (size_t k = least; k <= most; k++) chance[k] /= sum;
    return most;
}

double stats_hits_p(const struct stats_table *tables, size_t count) {
    size_t most = 0, observed = 0, width = 1;
    for (size_t i = 0; i < count; i++) {
        CHECK_OP(tables[i].left_hits, <=, tables[i].left_trials);
        CHECK_OP(tables[i].right_hits, <=, tables[i].right_trials);
        observed += tables[i].right_hits;
        width += tables[i].left_hits + tables[i].right_hits;
    }
    double *sums = calloc(width, sizeof *sums), *next = calloc(width, sizeof *next);
    double *one = calloc(width, sizeof *one), p = 0;
    MEMORY_CHECK(sums && next && one);
    sums[0] = 1;
    for (size_t i = 0; i < count; i++) {
        if (tables[i].left_hits + tables[i].right_hits == 0) continue;
        size_t more = hits_on_right(&tables[i], one);
        for (size_t k = 0; k <= most + more; k++) next[k] = 0;
        for (size_t k = 0; k <= most; k++)
            for (size_t m = 0; m <= more; m++) next[k + m] += sums[k] * one[m];
        most += more;
        for (size_t k = 0; k <= most; k++) sums[k] = next[k];
    }
    for (size_t k = most + 1; k-- > observed;) p += sums[k];
    free(sums);
    free(next);
    free(one);
    return fmin(1, p);
}

/* The logarithm of the binomial probability of at least `hits` in `trials`. `share`, the
 * probability of a hit, is below hits / trials, so the terms decrease. */
static double tail_from(double hits, double trials, double log_ways, double share) {
    double term = 1, sum = 1;
    for (double k = hits; k < trials && term > sum * 1e-20; k++) {
        term *= (trials - k) / (k + 1) * share / (1 - share);
        sum += term;
    }
    return log_ways + hits * log(share) + (trials - hits) * log1p(-share) + log(sum);
}

/* The probability of a hit for which at least `hits` in `trials` have the probability `outside`. */
static double share_low(double hits, double trials, double outside) {
    double log_ways = lgamma(trials + 1) - lgamma(hits + 1) - lgamma(trials - hits + 1);
    double low = 0, high = hits / trials;
    for (int i = 0; i < 100; i++) { /* ends earlier, at the precision of a double */
        double half = low + (high - low) / 2;
        if (half <= low || half >= high) break;
        if (tail_from(hits, trials, log_ways, half) < log(outside))
            low = half;
        else
            high = half;
    }
    return low;
}

struct stats_interval stats_share_interval(size_t hits, size_t trials, double level) {
    CHECK_OP(trials, >=, 1);
    CHECK_OP(hits, <=, trials);
    CHECK(level >= 0.5 && level <= 1);
    double outside = (1 - level) / 2, n = (double)trials, k = (double)hits;
    return (struct stats_interval){hits > 0 ? share_low(k, n, outside) : 0,
                                   hits < trials ? 1 - share_low(n - k, n, outside) : 1};
}
