/* test_hlog.c - the V2 encoding of HdrHistogram, compared with handmade bytes and read by an
 * independent decoder. No compressed bytes are compared, because they depend on zlib's version. */
#include "base/rng.h"

#include "bench/result/hlog.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* ---- the layout of HdrHistogram for 3 digits and a lowest value of 1 ---- */

/* Bucket k has 2048 places of width 2^k. Of all buckets except the first, only the upper half is
 * used. */
static uint32_t place_of(uint64_t value) {
    uint32_t bucket = 0;
    while (value >> bucket >= 2048) bucket++;
    return (bucket + 1) * 1024 + (uint32_t)(value >> bucket) - 1024;
}

static void hist_h_has_the_layout_of_hdrhistogram(void **state) {
    (void)state;
    uint32_t buckets = 1;
    for (uint64_t beyond = 2048; beyond <= HIST_HIGHEST; beyond *= 2) buckets++;
    assert_int_equal((buckets + 1) * 1024, HIST_BUCKETS);
    for (uint32_t i = 0; i < HIST_BUCKETS; i++) {
        uint64_t top = hist_bucket_top(i), bottom = i ? hist_bucket_top(i - 1) + 1 : 0;
        assert_int_equal(hist_index(bottom), i);
        assert_int_equal(hist_index(top), i);
        assert_int_equal(place_of(bottom), i);
        assert_int_equal(place_of(top), i);
    }
}

/* ---- known bytes ---- */

static struct hist *new_hist(void) {
    struct hist *h = test_malloc(sizeof *h);
    hist_reset(h);
    return h;
}

static void record(struct hist *h, uint64_t value, uint64_t times) {
    hist_record(h, value);
    h->counts[hist_index(value)] += times - 1;
    h->count += times - 1;
}

/* Encodes `h`, frees it, and expects the header and these `size` bytes of counts. */
static void assert_counts(struct hist *h, const uint8_t *counts, uint8_t size) {
    uint8_t header[] = {
        0x1c, 0x84, 0x93, 0x13,                         /* V2, counts of variable length */
        0,    0,    0,    size,                         /* bytes of counts */
        0,    0,    0,    0,                            /* index offset */
        0,    0,    0,    3,                            /* digits */
        0,    0,    0,    0,    0,    0,    0,    1,    /* lowest */
        0,    0,    0,    0x0d, 0xf8, 0x47, 0x58, 0x00, /* highest: 60e9 */
        0x3f, 0xf0, 0,    0,    0,    0,    0,    0,    /* 1.0 */
    };
    uint8_t *bytes = test_malloc(HLOG_ENCODED_MAX);
    size_t length = hlog_encode(h, bytes);
    assert_int_equal(length, sizeof header + size);
    assert_memory_equal(bytes, header, sizeof header);
    assert_memory_equal(bytes + sizeof header, counts, size);
    test_free(bytes);
    test_free(h);
}
#define ASSERT_COUNTS(h, ...)                                                                      \
    assert_counts(h, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static void few_counts_are_as_derived_by_hand(void **state) {
    (void)state;
    struct hist *h = new_hist();
    record(h, 2, 1);
    record(h, 5, 70);
    record(h, 6, 63);
    record(h, 8, 64);
    /* ZigZag: two zeros are -2, encoded as 3; 1 is 2; two zeros; 70 is 140 = 12 + 128; 63 is 126;
     * one zero is -1, encoded as 1; 64 is 128 */
    ASSERT_COUNTS(h, 3, 2, 3, 0x8c, 1, 126, 1, 0x80, 1);
}

static void nothing_is_one_zero(void **state) {
    (void)state;
    ASSERT_COUNTS(new_hist(), 1);
}

static void what_overflowed_is_not_in_it(void **state) {
    (void)state;
    struct hist *h = new_hist();
    record(h, 0, 1);
    hist_record(h, HIST_HIGHEST + 1);
    ASSERT_COUNTS(h, 2);
}

static void counts_may_need_more_than_32_bits(void **state) {
    (void)state;
    struct hist *h = new_hist();
    record(h, 0, (uint64_t)1 << 31);       /* 2^32: four bytes of seven bits, then 2^4 */
    record(h, 1, ((uint64_t)1 << 32) + 1); /* 2^33 + 2 */
    record(h, 2, (uint64_t)1 << 53);       /* 2^54: seven bytes of seven bits, then 2^5 */
    ASSERT_COUNTS(h, 0x80, 0x80, 0x80, 0x80, 0x10, 0x82, 0x80, 0x80, 0x80, 0x20, 0x80, 0x80, 0x80,
                  0x80, 0x80, 0x80, 0x80, 0x20);
}

static void the_ninth_byte_holds_eight_bits(void **state) {
    (void)state;
    struct hist *h = new_hist();
    record(h, 0, INT64_MAX); /* 2^64 - 2 */
    ASSERT_COUNTS(h, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
    h = new_hist();
    record(h, 0, (uint64_t)1 << 55); /* 2^56: the smallest number with nine bytes */
    ASSERT_COUNTS(h, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1);
}

static void the_highest_value_is_in_the_last_place(void **state) {
    (void)state;
    struct hist *h = new_hist();
    /* 60e9 >> 25 = 1788, so place 25 * 1024 + 1788 = 27388, after as many zeros: 2 * 27388 - 1 =
     * 54775 = 119 + 128 * (43 + 128 * 3) */
    record(h, HIST_HIGHEST, 1);
    ASSERT_COUNTS(h, 128 + 119, 128 + 43, 3, 2);
}

/* ---- encoding and decoding ---- */

static uint8_t sextet(char c) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = strchr(digits, c);
    assert_true(c != '\0' && at);
    return (uint8_t)(at - digits);
}

/* Decodes into `bytes`, which must be large enough. Returns the number of bytes. */
static size_t base64_decode(const char *text, uint8_t *bytes) {
    size_t size = 0, length = strlen(text);
    assert_int_equal(length % 4, 0);
    for (size_t i = 0; i < length; i += 4) {
        uint32_t bits = 0;
        size_t some = text[i + 2] == '=' ? 1 : text[i + 3] == '=' ? 2 : 3;
        assert_true(some == 3 || i + 4 == length);
        for (size_t k = 0; k < 4; k++) bits = bits << 6 | (k <= some ? sextet(text[i + k]) : 0u);
        for (size_t k = 0; k < some; k++) bytes[size++] = (uint8_t)(bits >> (16 - 8 * k));
    }
    return size;
}

static uint64_t big_endian(const uint8_t *bytes, int size) {
    uint64_t value = 0;
    while (size--) value = value << 8 | *bytes++;
    return value;
}

static int64_t read_number(const uint8_t **at) {
    uint64_t bits = 0;
    for (int i = 0;; i++) {
        uint8_t byte = *(*at)++;
        bits |= (uint64_t)(i < 8 ? byte & 127u : byte) << (7 * i);
        if (i == 8 || byte < 128) break;
    }
    return bits & 1 ? -(int64_t)(bits / 2) - 1 : (int64_t)(bits / 2);
}

/* Decodes a histogram of a log into `counts`, indexed by place. */
static void decode(const char *text, uint64_t counts[HIST_BUCKETS]) {
    uint8_t *envelope = test_malloc(strlen(text) + 1), *bytes = test_malloc(HLOG_ENCODED_MAX);
    size_t size = base64_decode(text, envelope);
    assert_true(size > 8);
    assert_int_equal(big_endian(envelope, 4), 0x1c849314);
    assert_int_equal(big_endian(envelope + 4, 4), size - 8);
    uLongf length = HLOG_ENCODED_MAX;
    assert_int_equal(uncompress(bytes, &length, envelope + 8, (uLong)size - 8), Z_OK);
    assert_true(length > 40);
    assert_int_equal(big_endian(bytes + 4, 4), length - 40);
    const uint8_t *at = bytes + 40;
    size_t place = 0;
    memset(counts, 0, HIST_BUCKETS * sizeof *counts);
    while (at < bytes + length) {
        int64_t number = read_number(&at);
        if (number < 0) {
            place += (size_t)-number;
        } else {
            assert_true(place < HIST_BUCKETS);
            counts[place++] = (uint64_t)number;
        }
    }
    assert_true(at == bytes + length);
    assert_true(place <= HIST_BUCKETS);
    test_free(bytes);
    test_free(envelope);
}

static void counts_come_back(void **state) {
    (void)state;
    uint64_t *counts = test_malloc(HIST_BUCKETS * sizeof *counts);
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct hist *h = new_hist();
        struct rng random;
        rng_seed(&random, seed, 0);
        for (uint64_t i = 0; i < seed * seed * 20; i++) {
            uint64_t value = (uint64_t)exp2((double)rng_below(&random, 3580) / 100.0);
            record(h, value,
                   rng_below(&random, 50) ? 1 : rng_below(&random, (uint64_t)1 << 40) + 1);
        }
        char *text = hlog_histogram(h);
        decode(text, counts);
        assert_memory_equal(counts, h->counts, sizeof h->counts);
        free(text);
        test_free(h);
    }
    test_free(counts);
}

static void every_place_may_be_full(void **state) {
    (void)state;
    struct hist *h = new_hist();
    uint64_t *counts = test_malloc(HIST_BUCKETS * sizeof *counts);
    for (uint32_t i = 0; i < HIST_BUCKETS; i++)
        h->count += h->counts[i] = ((uint64_t)1 << 49) + i; /* the sum stays below 2^64 */
    char *text = hlog_histogram(h);
    decode(text, counts);
    assert_memory_equal(counts, h->counts, sizeof h->counts);
    free(text);
    test_free(counts);
    test_free(h);
}

static void base64_is_that_of_rfc_4648(void **state) {
    (void)state;
    static const char *const vectors[][2] = {{"", ""},
                                             {"f", "Zg=="},
                                             {"fo", "Zm8="},
                                             {"foo", "Zm9v"},
                                             {"foob", "Zm9vYg=="},
                                             {"fooba", "Zm9vYmE="},
                                             {"foobar", "Zm9vYmFy"},
                                             {"\xfb\xff\xfe", "+//+"}};
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        char *text = hlog_base64((const uint8_t *)vectors[i][0], strlen(vectors[i][0]));
        assert_string_equal(text, vectors[i][1]);
        free(text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hist_h_has_the_layout_of_hdrhistogram),
        cmocka_unit_test(few_counts_are_as_derived_by_hand),
        cmocka_unit_test(nothing_is_one_zero),
        cmocka_unit_test(what_overflowed_is_not_in_it),
        cmocka_unit_test(counts_may_need_more_than_32_bits),
        cmocka_unit_test(the_ninth_byte_holds_eight_bits),
        cmocka_unit_test(the_highest_value_is_in_the_last_place),
        cmocka_unit_test(counts_come_back),
        cmocka_unit_test(every_place_may_be_full),
        cmocka_unit_test(base64_is_that_of_rfc_4648),
    };
    return cmocka_run_group_tests_name("hlog", tests, NULL, NULL);
}
