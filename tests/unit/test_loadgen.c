/* test_loadgen.c - the pure parts of the load generator: payload, schedule, random numbers. */
#include "base/os.h"
#include "base/rng.h"

#include "loadgen/account.h"
#include "loadgen/pacer.h"
#include "loadgen/payload.h"
#include "loadgen/visitor.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <string.h>

static void payload_is_the_same_however_it_is_cut(void **state) {
    (void)state;
    enum { SIZE = 203 };
    uint8_t whole[SIZE], part[SIZE];
    uint64_t key = payload_message_key(payload_connection_key(1, 2), 3);
    payload_fill(key, 0, whole, SIZE);
    for (size_t from = 0; from < SIZE; from++) {
        for (size_t to = from + 1; to <= SIZE; to++) {
            payload_fill(key, from, part, to - from);
            assert_memory_equal(whole + from, part, to - from);
            assert_true(payload_matches(key, from, whole + from, to - from));
        }
    }
}

static void one_wrong_bit_is_found_anywhere(void **state) {
    (void)state;
    static const size_t sizes[] = {1, 7, 8, 64, 203};
    uint8_t data[203];
    uint64_t key = payload_message_key(payload_connection_key(9, 0), 0);
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        for (size_t offset = 0; offset < 9; offset++) {
            payload_fill(key, offset, data, sizes[s]);
            for (size_t bit = 0; bit < sizes[s] * 8; bit++) {
                data[bit / 8] ^= (uint8_t)(1u << bit % 8);
                assert_false(payload_matches(key, offset, data, sizes[s]));
                data[bit / 8] ^= (uint8_t)(1u << bit % 8);
            }
        }
    }
}

static void other_messages_and_connections_differ(void **state) {
    (void)state;
    uint8_t data[16];
    for (uint64_t n = 0; n < 1000; n++) {
        uint64_t connection = payload_connection_key(5, n);
        payload_fill(payload_message_key(connection, n), 0, data, sizeof data);
        assert_false(payload_matches(payload_message_key(connection, n + 1), 0, data, 16));
        assert_false(
            payload_matches(payload_message_key(payload_connection_key(5, n + 1), n), 0, data, 16));
        assert_false(payload_matches(payload_message_key(connection, n), 8, data, 8));
    }
}

static void constant_shares_interleave(void **state) {
    (void)state;
    struct pacer p[4];
    for (uint32_t w = 0; w < 4; w++)
        pacer_start(&p[w],
                    &(struct pacer_share){
                        .start_ns = 1000, .rate_per_s = 1e6, .seed = 1, .worker = w, .workers = 4});
    for (uint64_t i = 0; i < 4000; i++) {
        assert_int_equal(pacer_due_ns(&p[i % 4]), 1000 + i * 1000);
        pacer_advance(&p[i % 4]);
    }
}

static void constant_schedule_does_not_drift(void **state) {
    (void)state;
    struct pacer p;
    /* a third of a second is not a whole number of ns */
    pacer_start(&p, &(struct pacer_share){.rate_per_s = 3.0, .seed = 1, .workers = 1});
    for (int i = 0; i < 3000000; i++) pacer_advance(&p);
    uint64_t due_ns = pacer_due_ns(&p), exact_ns = UINT64_C(1000000) * 1000000000u;
    assert_true((due_ns > exact_ns ? due_ns - exact_ns : exact_ns - due_ns) <= 1000);
}

/* Gaps of a Poisson process: mean, share below the mean (1 - 1/e), and the largest deviation from
 * the exponential distribution (Kolmogorov-Smirnov, 0.1 % level: 1.95 / sqrt(n)). */
static void poisson_gaps_are_exponential(void **state) {
    (void)state;
    enum { N = 200000, BINS = 200 };
    static const double rate = 50000;
    uint64_t bins[BINS] = {0};
    struct pacer p;
    pacer_start(
        &p, &(struct pacer_share){.rate_per_s = rate, .poisson = true, .seed = 42, .workers = 1});
    double last = p.elapsed_ns, sum = 0;
    for (int i = 0; i < N; i++) {
        pacer_advance(&p);
        double gap = (p.elapsed_ns - last) * rate / 1e9;
        last = p.elapsed_ns;
        sum += gap;
        size_t bin =
            (size_t)((1 - exp(-gap)) * (double)BINS); /* uniform, if gaps are exponential */
        bins[bin < BINS ? bin : BINS - 1]++;
    }
    assert_true(fabs(sum / (double)N - 1) < 4 / sqrt((double)N));
    uint64_t below = 0;
    for (int i = 0; i < BINS; i++) {
        below += bins[i];
        assert_true(fabs((double)below / (double)N - (i + 1.0) / (double)BINS) <
                    1.95 / sqrt((double)N));
    }
}

static void seeds_repeat_and_differ(void **state) {
    (void)state;
    struct rng a, b, c, d;
    rng_seed(&a, 1, 0);
    rng_seed(&b, 1, 0);
    rng_seed(&c, 2, 0);
    rng_seed(&d, 1, 1);
    uint64_t x = rng_next(&a);
    assert_int_equal(x, rng_next(&b));
    assert_int_not_equal(x, rng_next(&c));
    assert_int_not_equal(x, rng_next(&d));
}

static void below_is_uniform(void **state) {
    (void)state;
    enum { N = 70000 };
    uint64_t seen[7] = {0};
    struct rng r;
    rng_seed(&r, 11, 0);
    for (int i = 0; i < N; i++) seen[rng_below(&r, 7)]++;
    double chi2 = 0;
    for (int i = 0; i < 7; i++) chi2 += pow((double)seen[i] - (double)N / 7, 2) / ((double)N / 7);
    assert_true(chi2 < 22.5); /* 6 degrees of freedom, 0.1 % level */
}

static void series_has_even_steps(void **state) {
    (void)state;
    assert_int_equal(account_steps(10000000), 2);
    assert_int_equal(account_steps(1000000000), 10);
    assert_int_equal(account_steps(1100000000), 10);
    assert_int_equal(account_steps(UINT64_C(3600000000000)), SERIES_MAX);
}

static void newcomers_have_room(void **state) {
    (void)state;
    static const struct {
        double rate;
        uint32_t threads, room;
    } cases[] = {{0.001, 1, 64}, {6.4, 1, 64},    {20, 1, 200},  {102.4, 1, 1024},
                 {1e6, 1, 1024}, {20, 3, 67 * 3}, {1, 256, 256}, {1e6, 7, 147 * 7}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(visits_newcomers(cases[i].rate, cases[i].threads), cases[i].room);
}

static void addresses_split(void **state) {
    (void)state;
    char host[16];
    uint16_t port = 0;
    assert_true(os_address_split("127.0.0.1:80", host, sizeof host, &port));
    assert_string_equal(host, "127.0.0.1");
    assert_int_equal(port, 80);
    assert_true(os_address_split("[::1]:65535", host, sizeof host, &port));
    assert_string_equal(host, "::1");
    static const char *const bad[] = {"",
                                      ":80",
                                      "host",
                                      "host:",
                                      "host:0",
                                      "::1:80",
                                      "[::1]80",
                                      "host:65536",
                                      "[]:80",
                                      "host:8x",
                                      "host:-1",
                                      "[:80",
                                      "a-name-that-is-too-long:80"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(os_address_split(bad[i], host, sizeof host, &port));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(payload_is_the_same_however_it_is_cut),
        cmocka_unit_test(one_wrong_bit_is_found_anywhere),
        cmocka_unit_test(other_messages_and_connections_differ),
        cmocka_unit_test(constant_shares_interleave),
        cmocka_unit_test(constant_schedule_does_not_drift),
        cmocka_unit_test(poisson_gaps_are_exponential),
        cmocka_unit_test(seeds_repeat_and_differ),
        cmocka_unit_test(below_is_uniform),
        cmocka_unit_test(series_has_even_steps),
        cmocka_unit_test(newcomers_have_room),
        cmocka_unit_test(addresses_split),
    };
    return cmocka_run_group_tests_name("loadgen", tests, NULL, NULL);
}
