/* test_hist.c - the histogram compared with sorted arrays: no value is lost, and each quantile is
 * in the right bucket. */
#include "base/hist.h"
#include "base/json.h"
#include "base/rng.h"

#include "tests/unit/unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void buckets_meet_without_gaps(void **state) {
    (void)state;
    assert_int_equal(hist_index(0), 0);
    for (uint32_t i = 0; i + 1 < HIST_BUCKETS; i++) {
        uint64_t top = hist_bucket_top(i);
        assert_int_equal(hist_index(top), i);
        assert_int_equal(hist_index(top + 1), i + 1);
    }
    assert_true(hist_bucket_top(HIST_BUCKETS - 1) >= HIST_HIGHEST);
}

static void a_bucket_is_a_thousandth_wide_at_most(void **state) {
    (void)state;
    for (uint32_t i = 2048; i < HIST_BUCKETS; i++) {
        uint64_t bottom = hist_bucket_top(i - 1) + 1, top = hist_bucket_top(i);
        assert_true((top - bottom) * 1000 <= bottom);
    }
}

static void too_large_is_counted_apart(void **state) {
    (void)state;
    struct hist *h = test_malloc(sizeof *h);
    hist_reset(h);
    hist_record(h, HIST_HIGHEST);
    hist_record(h, HIST_HIGHEST + 1);
    hist_record(h, UINT64_MAX);
    assert_int_equal(h->count, 1);
    assert_int_equal(h->overflow, 2);
    assert_int_equal(h->max, HIST_HIGHEST);
    test_free(h);
}

static int ascending(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* A random value from a range of ten decades. */
static uint64_t draw(struct rng *r) {
    return (uint64_t)exp2((double)rng_below(r, 3500) / 100.0);
}

static void quantiles_match_a_sorted_array(void **state) {
    (void)state;
    enum { N = 5000 };
    static const double qs[] = {0, 0.001, 0.5, 0.9, 0.99, 0.999, 0.9998, 1};
    struct hist *h = test_malloc(sizeof *h);
    uint64_t *values = test_malloc(N * sizeof *values);
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct rng r;
        rng_seed(&r, seed, 0);
        hist_reset(h);
        uint64_t sum = 0;
        for (size_t i = 0; i < N; i++) {
            values[i] = draw(&r);
            sum += values[i];
            hist_record(h, values[i]);
        }
        qsort(values, N, sizeof *values, ascending);
        assert_int_equal(h->sum, sum);
        assert_int_equal(h->min, values[0]);
        assert_int_equal(h->max, values[N - 1]);
        for (size_t i = 0; i < sizeof qs / sizeof *qs; i++) {
            size_t rank = (size_t)ceil(qs[i] * (double)N - 1e-9);
            uint64_t exact = values[rank ? rank - 1 : 0];
            assert_int_equal(hist_index(hist_quantile(h, qs[i])), hist_index(exact));
            assert_true(hist_quantile(h, qs[i]) >= exact);
        }
    }
    test_free(values);
    test_free(h);
}

/* The same with messages that have no counted value: in the sorted array they come last, first
 * those above the range. A quantile is told exactly if enough messages lie beyond it and it is
 * counted. */
static void quantiles_rank_all_messages(void **state) {
    (void)state;
    static const double qs[] = {0, 0.001, 0.5, 0.9, 0.99, 0.999, 0.9999, 1};
    enum { N = 20000 };
    struct hist *h = test_malloc(sizeof *h);
    uint64_t *values = test_malloc(N * sizeof *values);
    for (uint64_t seed = 0; seed < 60; seed++) {
        struct rng r;
        rng_seed(&r, seed, 1);
        hist_reset(h);
        size_t n = 1 + rng_below(&r, (uint64_t)1 << (1 + seed % 14)), limit = 1 + rng_below(&r, 99);
        for (size_t i = 0; i < n; i++) {
            bool without = rng_below(&r, limit) == 0;
            values[i] = !without ? draw(&r) : rng_below(&r, 2) ? HIST_HIGHEST + 1 : UINT64_MAX;
            if (values[i] == UINT64_MAX)
                h->unanswered++;
            else
                hist_record(h, values[i]);
        }
        qsort(values, n, sizeof *values, ascending);
        assert_int_equal(hist_messages(h), n);
        for (size_t i = 0; i < sizeof qs / sizeof *qs; i++) {
            size_t rank = (size_t)ceil(qs[i] * (double)n - 1e-9);
            uint64_t exact = values[rank ? rank - 1 : 0], found = hist_quantile(h, qs[i]);
            bool enough = (double)n * (1 - qs[i]) >= HIST_BEYOND - 1e-6;
            bool counted = exact <= HIST_HIGHEST;
            assert_int_equal(hist_place(h, qs[i]), counted               ? HIST_COUNTED
                                                   : exact == UINT64_MAX ? HIST_UNANSWERED
                                                                         : HIST_OVERFLOWED);
            assert_int_equal(hist_enough(h, qs[i]), enough);
            assert_int_equal(hist_tells(h, qs[i]), enough && counted);
            if (counted)
                assert_int_equal(hist_index(found), hist_index(exact));
            else
                assert_true(found == HIST_NONE);
        }
    }
    test_free(values);
    test_free(h);
}

static bool is_null(const cJSON *latency, const char *key) {
    return cJSON_IsNull(cJSON_GetObjectItem(latency, key));
}

/* A saturated server whose latencies grow evenly to 95.2 s: 37 % of them are above 60 s, and the
 * median is half of the longest. */
static void overflow_is_part_of_every_quantile(void **state) {
    (void)state;
    enum { N = 100000 };
    struct hist *h = test_malloc(sizeof *h);
    hist_reset(h);
    for (uint64_t i = 1; i <= N; i++) hist_record(h, i * 952380);
    cJSON *json = json_from_latency("intended", h);
    assert_int_equal(h->overflow, 37000);
    double p50_ns = cJSON_GetObjectItem(json, "p50_ns")->valuedouble;
    assert_true(p50_ns >= 47.619e9 && p50_ns <= 47.619e9 * 1.001);
    assert_true(is_null(json, "p90_ns") && is_null(json, "p99_ns") && is_null(json, "p9999_ns"));
    assert_true(is_null(json, "max_ns"));
    assert_false(is_null(json, "mean_ns"));
    cJSON_Delete(json);
    test_free(h);
}

/* Two in a hundred messages get no answer: the 98th percentile is the last one. */
static void the_unanswered_are_above_all_quantiles(void **state) {
    (void)state;
    struct hist *h = test_malloc(sizeof *h);
    hist_reset(h);
    for (uint64_t i = 0; i < 9800; i++) hist_record(h, 1000);
    h->unanswered = 200;
    cJSON *json = json_from_latency("intended", h);
    assert_int_equal(cJSON_GetObjectItem(json, "p90_ns")->valueint, 1000);
    assert_true(is_null(json, "p99_ns") && is_null(json, "p999_ns") && is_null(json, "max_ns"));
    assert_true(hist_tells(h, 0.98) && !hist_tells(h, 0.9801));
    assert_int_equal(cJSON_GetObjectItem(json, "mean_ns")->valueint, 1000);
    cJSON_Delete(json);
    hist_reset(h);
    h->unanswered = 5000; /* nothing was answered */
    json = json_from_latency("intended", h);
    assert_true(is_null(json, "p50_ns") && is_null(json, "max_ns") && is_null(json, "mean_ns"));
    cJSON_Delete(json);
    test_free(h);
}

static void merging_is_recording_all(void **state) {
    (void)state;
    struct hist *parts = test_calloc(3, sizeof *parts);
    struct rng r;
    rng_seed(&r, 7, 0);
    for (int i = 0; i < 3; i++) hist_reset(&parts[i]);
    for (int i = 0; i < 20000; i++) {
        uint64_t v = draw(&r) * (i % 500 == 0 ? 100 : 1);
        hist_record(&parts[i % 2], v);
        hist_record(&parts[2], v);
    }
    for (int i = 0; i < 3; i++) parts[i].unanswered = i == 2 ? 5 : 2 + (uint64_t)i;
    hist_merge(&parts[0], &parts[1]);
    assert_memory_equal(&parts[0], &parts[2], sizeof *parts);
    test_free(parts);
}

/* Doubles what a histogram counted, `times` times. */
static void multiply(struct hist *h, int times) {
    struct hist *copy = test_malloc(sizeof *copy);
    for (int i = 0; i < times; i++) {
        *copy = *h;
        hist_merge(h, copy);
    }
    test_free(copy);
}

/* 2^53 ns are 9 million message-seconds, 2^64 ns are 18 billion. Sums beyond are exact, and are
 * written as the nearest number. */
static void a_sum_may_exceed_every_limit(void **state) {
    (void)state;
    struct hist *h = test_calloc(3, sizeof *h);
    char reason[160] = "";
    for (int times = 0; times <= 40; times += 5) {
        hist_reset(&h[0]);
        for (uint64_t i = 0; i < 1000; i++) hist_record(&h[0], 59999999001 + i);
        multiply(&h[0], times);
        h[1] = h[0];
        hist_merge(&h[1], &h[0]);
        hist_reset(&h[2]);
        hist_record(&h[2], 1);
        hist_merge(&h[2], &h[0]);
        double sum = ldexp(59999999500.5 * 1000, times);
        assert_true(hist_sum(&h[0]) == sum);
        assert_true(hist_sum(&h[1]) == 2 * sum);
        assert_true(hist_mean(&h[0]) == 59999999500.5);
        uint64_t low = (uint64_t)59999999500500 << times; /* modulo 2^64 */
        assert_true(h[0].sum == low && h[2].sum == low + 1);
        cJSON *json = json_from_latency("service", &h[0]);
        char *text = cJSON_PrintUnformatted(json);
        cJSON_Delete(json);
        json = cJSON_Parse(text);
        cJSON_free(text);
        bool read = json_to_hist(cJSON_GetObjectItem(json, "hist"), &h[2], reason, sizeof reason);
        if (!read) fail_msg("%d times: %s", times, reason);
        assert_true(fabs(hist_sum(&h[2]) / sum - 1) < 1e-15);
        assert_int_equal(h[2].count, h[0].count);
        double mean = cJSON_GetObjectItem(json, "mean_ns")->valuedouble;
        assert_true(fabs(mean * (double)h[2].count / hist_sum(&h[2]) - 1) < 1e-15);
        cJSON_Delete(json);
    }
    hist_reset(h);
    hist_set_sum(h, 0x1p64 - 2048);
    hist_record(h, 2047);
    assert_true(h->sum == UINT64_MAX && h->sum_carry == 0);
    hist_record(h, 4);
    assert_true(h->sum == 3 && h->sum_carry == 1);
    test_free(h);
}

static void json_gives_back_what_it_took(void **state) {
    (void)state;
    struct hist *h = test_calloc(2, sizeof *h);
    char reason[160] = "";
    for (int n = 0; n < 2; n++) { /* the first one is empty */
        struct rng r;
        rng_seed(&r, 3, 0);
        hist_reset(&h[0]);
        for (int i = 0; i < n * 3000; i++) hist_record(&h[0], draw(&r));
        h[0].unanswered = 7 * (uint64_t)n;
        cJSON *json = json_from_hist(&h[0]);
        assert_true(json_to_hist(json, &h[1], reason, sizeof reason));
        assert_memory_equal(&h[0], &h[1], sizeof *h);
        cJSON_Delete(json);
    }
    test_free(h);
}

/* Histograms with damaged fields. */
static void json_refuses_nonsense(void **state) {
    (void)state;
    static const char *const bad[] = {
        "{}",
        "{\"layout\":\"hdr\"}",
        "{\"layout\":\"log\",\"unit\":\"ns\",\"lowest\":1,\"highest\":60000000000,\"digits\":3,"
        "\"count\":0,\"sum_ns\":0,\"min\":null,\"max\":null,\"overflow\":0,\"index_delta\":[],"
        "\"counts\":[]}",
        "{\"layout\":\"hdr\",\"unit\":\"ns\",\"lowest\":1,\"highest\":60000000000,\"digits\":3,"
        "\"count\":1,\"sum_ns\":0,\"min\":1,\"max\":1,\"overflow\":0,\"index_delta\":[1,0],"
        "\"counts\":[1,1]}",
        "{\"layout\":\"hdr\",\"unit\":\"ns\",\"lowest\":1,\"highest\":60000000000,\"digits\":3,"
        "\"count\":1,\"sum_ns\":0,\"min\":1,\"max\":1,\"overflow\":0,\"index_delta\":[99999],"
        "\"counts\":[1]}",
        "{\"layout\":\"hdr\",\"unit\":\"ns\",\"lowest\":1,\"highest\":60000000000,\"digits\":3,"
        "\"count\":1,\"sum_ns\":0,\"min\":1,\"max\":1,\"overflow\":0,\"index_delta\":[1],"
        "\"counts\":[0.5]}",
        "{\"layout\":\"hdr\",\"unit\":\"ns\",\"lowest\":1,\"highest\":60000000000,\"digits\":3,"
        "\"count\":1,\"sum_ns\":1e30,\"min\":1,\"max\":1,\"overflow\":0,\"index_delta\":[1],"
        "\"counts\":[1]}",
        "{\"layout\":\"hdr\",\"unit\":\"ns\",\"lowest\":1,\"highest\":60000000000,\"digits\":3,"
        "\"count\":1,\"sum_ns\":0.5,\"min\":1,\"max\":1,\"overflow\":0,\"index_delta\":[1],"
        "\"counts\":[1]}",
        "{\"layout\":\"hdr\",\"unit\":\"ns\",\"lowest\":1,\"highest\":60000000000,\"digits\":3,"
        "\"count\":1e300,\"sum_ns\":0,\"min\":1,\"max\":1,\"overflow\":0,\"index_delta\":[1],"
        "\"counts\":[1]}",
    };
    struct hist *h = test_malloc(sizeof *h);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char reason[160] = "";
        cJSON *json = cJSON_Parse(bad[i]);
        assert_non_null(json);
        assert_false(json_to_hist(json, h, reason, sizeof reason));
        assert_true(strlen(reason) > 0);
        cJSON_Delete(json);
    }
    test_free(h);
}

static void few_values_give_no_far_quantile(void **state) {
    (void)state;
    struct hist *h = test_malloc(sizeof *h);
    hist_reset(h);
    for (int i = 0; i < 999; i++) hist_record(h, 5);
    cJSON *json = json_from_latency("service", h);
    assert_int_equal(cJSON_GetObjectItem(json, "p90_ns")->valueint, 5);
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(json, "p99_ns")));
    cJSON_Delete(json);
    hist_record(h, 5);
    json = json_from_latency("service", h);
    assert_int_equal(cJSON_GetObjectItem(json, "p99_ns")->valueint, 5);
    cJSON_Delete(json);
    test_free(h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buckets_meet_without_gaps),
        cmocka_unit_test(a_bucket_is_a_thousandth_wide_at_most),
        cmocka_unit_test(too_large_is_counted_apart),
        cmocka_unit_test(quantiles_match_a_sorted_array),
        cmocka_unit_test(quantiles_rank_all_messages),
        cmocka_unit_test(overflow_is_part_of_every_quantile),
        cmocka_unit_test(the_unanswered_are_above_all_quantiles),
        cmocka_unit_test(merging_is_recording_all),
        cmocka_unit_test(a_sum_may_exceed_every_limit),
        cmocka_unit_test(json_gives_back_what_it_took),
        cmocka_unit_test(json_refuses_nonsense),
        cmocka_unit_test(few_values_give_no_far_quantile),
    };
    return cmocka_run_group_tests_name("hist", tests, NULL, NULL);
}
