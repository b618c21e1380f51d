/* test_stats.c - the statistics compared with R and with plain enumeration, and properties that
 * hold for all data. Random data have a fixed seed. The results of R are in stats/fixtures.json,
 * which stats/make_fixtures.R writes. */
#include "base/rng.h"

#include "bench/stats/stats.h"
#include "bench/support/json_file.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#define VALUES_MAX 128
#define ENUMERATED_MAX 10
#define TOLERANCE 1e-9 /* relative */

static const enum stats_tail tails[] = {STATS_GREATER, STATS_LESS, STATS_TWO_SIDED};

/* Whether two values are equal infinities or differ only by rounding. */
static bool near(double got, double wanted) {
    if (isinf(got) || isinf(wanted)) return !(got < wanted) && !(got > wanted);
    return fabs(got - wanted) <= TOLERANCE * fmax(fabs(got), fabs(wanted)) + 1e-15;
}

#define assert_near(got, wanted) near_or_fail(got, wanted, #got, __LINE__)

static void near_or_fail(double got, double wanted, const char *what, int line) {
    if (near(got, wanted)) return;
    print_error("%s is %.17g, not %.17g\n", what, got, wanted);
    _fail(__FILE__, line);
}

/* ---- comparison with R ---- */

static cJSON *fixtures(void) {
    struct reason reason = {.text = ""};
    cJSON *json = json_file_read("tests/unit/stats/fixtures.json", &reason);
    if (!json) print_error("%s\n", reason.text);
    assert_non_null(json);
    return json;
}

static size_t numbers(const cJSON *object, const char *key, double values[VALUES_MAX]) {
    const cJSON *array = cJSON_GetObjectItem(object, key), *item;
    size_t count = 0;
    cJSON_ArrayForEach(item, array) {
        assert_true(cJSON_IsNumber(item) && count < VALUES_MAX);
        values[count++] = item->valuedouble;
    }
    assert_true(count > 0);
    return count;
}

static double number(const cJSON *object, const char *key) {
    const cJSON *item = cJSON_GetObjectItem(object, key);
    assert_true(cJSON_IsNumber(item));
    return item->valuedouble;
}

/* The interval for level `i` of a case. */
static struct stats_interval stated(const cJSON *object, size_t i) {
    const cJSON *pair = cJSON_GetArrayItem(cJSON_GetObjectItem(object, "intervals"), (int)i);
    assert_int_equal(cJSON_GetArraySize(pair), 2);
    if (cJSON_IsNull(pair->child)) return (struct stats_interval){-INFINITY, INFINITY};
    return (struct stats_interval){pair->child->valuedouble, pair->child->next->valuedouble};
}

static void assert_same(struct stats_interval got, struct stats_interval wanted) {
    assert_near(got.low, wanted.low);
    assert_near(got.high, wanted.high);
}

static void paired_tests_agree_with_r(void **state) {
    (void)state;
    cJSON *all = fixtures();
    double levels[VALUES_MAX], values[VALUES_MAX], p[VALUES_MAX];
    size_t level_count = numbers(all, "levels", levels);
    const cJSON *one, *cases = cJSON_GetObjectItem(all, "paired");
    assert_in_range(cJSON_GetArraySize(cases), 36, 1000);
    cJSON_ArrayForEach(one, cases) {
        size_t count = numbers(one, "values", values);
        assert_int_equal(numbers(one, "p", p), 3);
        for (size_t t = 0; t < 3; t++) assert_near(stats_paired_p(values, count, tails[t]), p[t]);
        assert_near(stats_paired_shift(values, count), number(one, "shift"));
        for (size_t i = 0; i < level_count; i++)
            assert_same(stats_paired_interval(values, count, levels[i]), stated(one, i));
    }
    cJSON_Delete(all);
}

static void tests_of_two_samples_agree_with_r(void **state) {
    (void)state;
    cJSON *all = fixtures();
    double levels[VALUES_MAX], left[VALUES_MAX], right[VALUES_MAX], p[VALUES_MAX];
    size_t level_count = numbers(all, "levels", levels);
    const cJSON *one, *cases = cJSON_GetObjectItem(all, "two_samples");
    assert_in_range(cJSON_GetArraySize(cases), 27, 1000);
    cJSON_ArrayForEach(one, cases) {
        size_t m = numbers(one, "left", left), n = numbers(one, "right", right);
        assert_int_equal(numbers(one, "p", p), 3);
        for (size_t t = 0; t < 3; t++)
            assert_near(stats_rank_sum_p(left, m, right, n, tails[t]), p[t]);
        assert_near(stats_shift(left, m, right, n), number(one, "shift"));
        for (size_t i = 0; i < level_count; i++)
            assert_same(stats_shift_interval(left, m, right, n, levels[i]), stated(one, i));
    }
    cJSON_Delete(all);
}

static void families_and_shares_agree_with_r(void **state) {
    (void)state;
    cJSON *all = fixtures();
    double levels[VALUES_MAX], p[VALUES_MAX], adjusted[VALUES_MAX] = {0};
    size_t level_count = numbers(all, "levels", levels);
    const cJSON *one, *families = cJSON_GetObjectItem(all, "holm");
    const cJSON *shares = cJSON_GetObjectItem(all, "shares");
    assert_in_range(cJSON_GetArraySize(families), 6, 1000);
    assert_in_range(cJSON_GetArraySize(shares), 12, 1000);
    cJSON_ArrayForEach(one, families) {
        size_t count = numbers(one, "p", p);
        assert_int_equal(numbers(one, "adjusted", adjusted), count);
        stats_holm(p, p, count);
        for (size_t i = 0; i < count; i++) assert_near(p[i], adjusted[i]);
    }
    cJSON_ArrayForEach(one, shares) {
        for (size_t i = 0; i < level_count; i++)
            assert_same(stats_share_interval((size_t)number(one, "hits"),
                                             (size_t)number(one, "trials"), levels[i]),
                        stated(one, i));
    }
    cJSON_Delete(all);
}

/* ---- plain enumeration ---- */

/* Draws `count` integers from -span..span; many are equal and some are 0. */
static void draw(struct rng *r, double *values, size_t count, uint64_t span) {
    for (size_t i = 0; i < count; i++)
        values[i] = (double)rng_below(r, 2 * span + 1) - (double)span;
}

/* Midrank of value `i`, computed by counting smaller and equal values. */
static double midrank(const double *values, size_t count, size_t i) {
    double rank = 0.5;
    for (size_t j = 0; j < count; j++)
        rank += values[j] < values[i] ? 1 : values[j] > values[i] ? 0 : 0.5;
    return rank;
}

/* p of `sum` by enumeration of all subsets of the ranks, or, unless `any`, of those with `drawn`
 * ranks. */
static double enumerated(const double *ranks, size_t count, size_t drawn, bool any, double sum,
                         enum stats_tail tail) {
    double subsets = 0, at_most = 0, at_least = 0;
    for (unsigned subset = 0; subset < 1U << count; subset++) {
        size_t size = 0;
        double of_subset = 0;
        for (size_t i = 0; i < count; i++) {
            if (!(subset >> i & 1)) continue;
            of_subset += ranks[i];
            size++;
        }
        if (!any && size != drawn) continue;
        subsets++;
        at_most += of_subset <= sum;
        at_least += of_subset >= sum;
    }
    if (tail == STATS_GREATER) return at_least / subsets;
    if (tail == STATS_LESS) return at_most / subsets;
    return fmin(1, 2 * fmin(at_most, at_least) / subsets);
}

static double paired_enumerated(const double *d, size_t count, enum stats_tail tail) {
    double sizes[ENUMERATED_MAX], ranks[ENUMERATED_MAX], sum = 0;
    bool positive[ENUMERATED_MAX];
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        if (!(fabs(d[i]) > 0)) continue;
        sizes[n] = fabs(d[i]);
        positive[n++] = d[i] > 0;
    }
    for (size_t i = 0; i < n; i++) {
        ranks[i] = midrank(sizes, n, i);
        if (positive[i]) sum += ranks[i];
    }
    return enumerated(ranks, n, 0, true, sum, tail);
}

static double rank_sum_enumerated(const double *both, size_t left, size_t count,
                                  enum stats_tail tail) {
    double ranks[ENUMERATED_MAX], sum = 0;
    for (size_t i = 0; i < count; i++) {
        ranks[i] = midrank(both, count, i);
        if (i >= left) sum += ranks[i];
    }
    return enumerated(ranks, count, count - left, false, sum, tail);
}

static void p_is_what_enumeration_says(void **state) {
    (void)state;
    struct rng r;
    rng_seed(&r, 1, 0);
    for (int round = 0; round < 300; round++) {
        double values[ENUMERATED_MAX];
        size_t count = 2 + (size_t)rng_below(&r, ENUMERATED_MAX - 1);
        draw(&r, values, count, 1 + rng_below(&r, 12));
        size_t left = 1 + (size_t)rng_below(&r, count - 1);
        for (size_t t = 0; t < 3; t++) {
            assert_near(stats_paired_p(values, count, tails[t]),
                        paired_enumerated(values, count, tails[t]));
            assert_near(stats_rank_sum_p(values, left, values + left, count - left, tails[t]),
                        rank_sum_enumerated(values, left, count, tails[t]));
        }
    }
}

/* The samples are small enough to compute all differences. */
static void shift_is_the_median_of_differences(void **state) {
    (void)state;
    struct rng r;
    rng_seed(&r, 2, 0);
    for (int round = 0; round < 200; round++) {
        double left[20], right[20], all[400];
        size_t m = 1 + (size_t)rng_below(&r, 20), n = 1 + (size_t)rng_below(&r, 20), count = 0;
        draw(&r, left, m, 3);
        draw(&r, right, n, 3);
        for (size_t i = 0; i < m && round % 2; i++) left[i] = -rng_exponential(&r);
        for (size_t i = 0; i < m; i++)
            for (size_t j = 0; j < n; j++) all[count++] = right[j] - left[i];
        qsort(all, count, sizeof *all, stats_ascending);
        double shift = stats_shift(left, m, right, n);
        assert_near(shift, (all[(count - 1) / 2] + all[count / 2]) / 2);
        assert_true(fabs(shift) > 0 || !signbit(shift)); /* "-0" would be printed */
    }
}

/* ---- properties ---- */

static void signs_turn_everything_round(void **state) {
    (void)state;
    struct rng r;
    rng_seed(&r, 3, 0);
    for (int round = 0; round < 100; round++) {
        double d[24], turned[24];
        size_t count = 2 + (size_t)rng_below(&r, 23), left = 1 + (size_t)rng_below(&r, count - 1);
        draw(&r, d, count, 30);
        for (size_t i = 0; i < count; i++) turned[i] = -d[i];
        assert_near(stats_paired_shift(turned, count), -stats_paired_shift(d, count));
        assert_near(stats_paired_p(turned, count, STATS_LESS),
                    stats_paired_p(d, count, STATS_GREATER));
        struct stats_interval a = stats_paired_interval(d, count, 0.9);
        assert_same(stats_paired_interval(turned, count, 0.9),
                    (struct stats_interval){-a.high, -a.low});

        const double *right = d + left;
        size_t n = count - left;
        assert_near(stats_shift(right, n, d, left), -stats_shift(d, left, right, n));
        for (size_t t = 0; t < 3; t++)
            assert_near(stats_rank_sum_p(right, n, d, left, tails[t]),
                        stats_rank_sum_p(turned, left, turned + left, n, tails[t]));
        a = stats_shift_interval(d, left, right, n, 0.9);
        assert_same(stats_shift_interval(right, n, d, left, 0.9),
                    (struct stats_interval){-a.high, -a.low});
    }
}

/* ---- hits in two samples ---- */

/* p of the hits on the right by enumeration: every way to choose the hits of each table among its
 * trials has the same probability. `chosen` counts the hits on the right in the tables before. */
static void enumerate_hits(const struct stats_table *t, size_t count, size_t chosen,
                           size_t observed, double totals[2]) {
    if (count == 0) {
        totals[0]++;
        totals[1] += chosen >= observed;
        return;
    }
    size_t all = t->left_trials + t->right_trials, hits = t->left_hits + t->right_hits;
    for (unsigned subset = 0; subset < 1U << all; subset++) {
        size_t size = 0, right = 0;
        for (size_t i = 0; i < all; i++) {
            size += subset >> i & 1;
            right += i >= t->left_trials && (subset >> i & 1);
        }
        if (size == hits) enumerate_hits(t + 1, count - 1, chosen + right, observed, totals);
    }
}

static void hits_are_what_enumeration_says(void **state) {
    (void)state;
    struct rng r;
    rng_seed(&r, 6, 0);
    for (int round = 0; round < 300; round++) {
        struct stats_table tables[2];
        size_t count = 1 + (size_t)rng_below(&r, 2), observed = 0, most = count == 1 ? 6 : 4;
        for (size_t i = 0; i < count; i++) {
            tables[i].left_trials = (size_t)rng_below(&r, most + 1);
            tables[i].right_trials = (size_t)rng_below(&r, most + 1);
            tables[i].left_hits = (size_t)rng_below(&r, tables[i].left_trials + 1);
            tables[i].right_hits = (size_t)rng_below(&r, tables[i].right_trials + 1);
            observed += tables[i].right_hits;
        }
        double totals[2] = {0, 0};
        enumerate_hits(tables, count, 0, observed, totals);
        assert_near(stats_hits_p(tables, count), totals[1] / totals[0]);
    }
}

/* Published values: Fisher's lady tasting tea, his convictions of twins, and arithmetic. */
static void hits_have_known_p(void **state) {
    (void)state;
    static const struct stats_table tea = {1, 4, 3, 4}, twins = {2, 17, 10, 13};
    static const struct stats_table none = {0, 9, 0, 7}, all = {9, 9, 7, 7}, empty = {0, 0, 3, 3};
    static const struct stats_table five = {0, 24, 5, 24}, many = {0, 40000, 300, 40000};
    assert_near(stats_hits_p(&tea, 1), 17.0 / 70);
    assert_true(fabs(stats_hits_p(&twins, 1) - 0.0004652) < 5e-8);
    assert_near(stats_hits_p(&five, 1), 42504.0 / 1712304);
    assert_near(stats_hits_p(NULL, 0), 1);
    assert_near(stats_hits_p(&none, 1), 1);
    assert_near(stats_hits_p(&all, 1), 1);
    assert_near(stats_hits_p(&empty, 1), 1);
    double p = 1; /* all 300 hits are among the right half of 80000 trials */
    for (int i = 0; i < 300; i++) p *= (40000.0 - i) / (80000.0 - i);
    assert_near(stats_hits_p(&many, 1), p);
    const struct stats_table twice[2] = {tea, tea};
    /* 6 or more of 8: 3+3, 4+2, 2+4, 4+3, 3+4, 4+4 in units of 1/70 */
    assert_near(stats_hits_p(twice, 2), (16.0 * 16 + 2 * 36 + 2 * 16 + 1) / 4900);
}

/* A random value, symmetric around 0. With `in_steps` it is an integer, so that ties occur. */
static double symmetric(struct rng *r, bool in_steps) {
    double size = rng_exponential(r);
    if (in_steps) size = floor(size * 2);
    return rng_below(r, 2) ? size : -size;
}

/* Each end of an interval may miss with probability (1 - level) / 2. The number of misses must be
 * within four standard deviations of that. */
static void intervals_cover_as_often_as_they_say(void **state) {
    (void)state;
    struct rng r;
    rng_seed(&r, 4, 0);
    const int rounds = 4000;
    const double level = 0.9, share = (1 - level) / 2, shift = 0.5;
    const double most = rounds * share + 4 * sqrt(rounds * share * (1 - share));
    for (int in_steps = 0; in_steps < 2; in_steps++) {
        int below[2] = {0, 0}, above[2] = {0, 0};
        for (int round = 0; round < rounds; round++) {
            double left[6], right[9];
            for (size_t i = 0; i < 6; i++) left[i] = symmetric(&r, in_steps);
            for (size_t i = 0; i < 9; i++) right[i] = symmetric(&r, in_steps) + shift;
            struct stats_interval of[] = {stats_paired_interval(right, 9, level),
                                          stats_shift_interval(left, 6, right, 9, level)};
            for (size_t k = 0; k < 2; k++) {
                below[k] += of[k].high < shift;
                above[k] += of[k].low > shift;
            }
        }
        for (size_t k = 0; k < 2; k++) {
            assert_true(below[k] <= most && above[k] <= most);
            if (!in_steps) assert_true(below[k] + above[k] > rounds * share); /* and not infinite */
        }
    }
}

static void too_few_values_say_so(void **state) {
    (void)state;
    const double one[] = {1}, zeros[] = {0, 0, 0}, five[] = {1, 2, 3, 4, 5}, same[] = {2, 2, 2};
    const struct stats_interval endless = {-INFINITY, INFINITY};
    assert_near(stats_paired_p(one, 1, STATS_GREATER), 0.5);
    assert_near(stats_paired_shift(one, 1), 1);
    assert_same(stats_paired_interval(one, 1, 0.5), endless);
    assert_same(stats_paired_interval(five, 4, 0.9), endless);
    assert_same(stats_paired_interval(five, 5, 0.9), (struct stats_interval){1, 5});
    assert_same(stats_shift_interval(one, 1, five, 5, 0.9), endless);
    assert_same(stats_shift_interval(five, 5, five, 5, 1), endless);
    for (size_t t = 0; t < 3; t++) {
        assert_near(stats_paired_p(zeros, 3, tails[t]), 1);
        assert_near(stats_rank_sum_p(same, 3, same, 3, tails[t]), 1);
    }
    stats_holm(NULL, NULL, 0);
}

static void medians_and_deviations(void **state) {
    (void)state;
    const double values[] = {4, 1, 3, 12};
    assert_near(stats_median(values, 1), 4);
    assert_near(stats_median(values, 3), 3);
    assert_near(stats_median(values, 4), 3.5);
    assert_true(isnan(stats_deviation(values, 1)));
    assert_near(stats_deviation(values, 2), sqrt(4.5));
    assert_near(stats_deviation(values, 4), sqrt(70.0 / 3));
}

static void most_pairs_are_still_exact(void **state) {
    (void)state;
    double d[STATS_PAIRS_MAX];
    for (size_t i = 0; i < STATS_PAIRS_MAX; i++) d[i] = 1 + (double)i;
    assert_near(stats_paired_p(d, STATS_PAIRS_MAX, STATS_GREATER), ldexp(1, -STATS_PAIRS_MAX));
    assert_near(stats_paired_p(d, STATS_PAIRS_MAX, STATS_LESS), 1);
    double ways = 1; /* number of subsets with half of STATS_EXACT_MAX values */
    double left[STATS_EXACT_MAX / 2], right[STATS_EXACT_MAX / 2];
    for (size_t i = 0; i < STATS_EXACT_MAX / 2; i++) {
        ways *= (double)(STATS_EXACT_MAX - i) / (double)(i + 1);
        left[i] = (double)i;
        right[i] = 1000 + (double)i;
    }
    size_t half = STATS_EXACT_MAX / 2;
    assert_near(stats_rank_sum_p(left, half, right, half, STATS_GREATER) * ways, 1);
}

/* 10^8 differences, which would be too many to store. */
static void large_samples_are_taken(void **state) {
    (void)state;
    enum { MANY = 10000 };
    static double left[MANY], right[MANY];
    struct rng r;
    rng_seed(&r, 5, 0);
    for (size_t i = 0; i < MANY; i++) {
        left[i] = rng_exponential(&r);
        right[i] = left[i] + 0.1;
    }
    assert_near(stats_shift(left, MANY, left, MANY), 0);
    struct stats_interval interval = stats_shift_interval(left, MANY, right, MANY, 0.9);
    assert_true(interval.low > 0.05 && interval.low < 0.1);
    assert_true(interval.high > 0.1 && interval.high < 0.15);
    assert_true(stats_rank_sum_p(left, MANY, right, MANY, STATS_GREATER) < 1e-9);
    assert_near(stats_rank_sum_p(left, MANY, left, MANY, STATS_TWO_SIDED), 1);
    for (size_t i = 0; i < MANY; i++) left[i] = 1;
    assert_near(stats_rank_sum_p(left, MANY, left, MANY, STATS_LESS), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paired_tests_agree_with_r),
        cmocka_unit_test(tests_of_two_samples_agree_with_r),
        cmocka_unit_test(families_and_shares_agree_with_r),
        cmocka_unit_test(p_is_what_enumeration_says),
        cmocka_unit_test(hits_are_what_enumeration_says),
        cmocka_unit_test(hits_have_known_p),
        cmocka_unit_test(shift_is_the_median_of_differences),
        cmocka_unit_test(signs_turn_everything_round),
        cmocka_unit_test(intervals_cover_as_often_as_they_say),
        cmocka_unit_test(too_few_values_say_so),
        cmocka_unit_test(medians_and_deviations),
        cmocka_unit_test(most_pairs_are_still_exact),
        cmocka_unit_test(large_samples_are_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
