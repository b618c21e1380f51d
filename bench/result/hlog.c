/* hlog.c - the V2 encoding of a histogram; see hlog.h. A header is followed by the counts by index,
 * as ZigZag LEB128 numbers of at most 9 bytes; a negative number -n stands for n zeros.
 * Invariant: equal counts give equal bytes before compression. */
#include "bench/result/hlog.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define COOKIE 0x1c849313u            /* V2 */
#define COOKIE_COMPRESSED 0x1c849314u /* V2, compressed */
#define ENVELOPE_SIZE 8
#define RATIO_BITS 0x3ff0000000000000u /* the double 1.0: values are not scaled */

static uint8_t *put_big_endian(uint8_t *at, uint64_t value, int size) {
    for (int i = size - 1; i >= 0; i--) *at++ = (uint8_t)(value >> (8 * i));
    return at;
}

/* Seven bits per byte, the lowest first. A ninth byte holds eight bits, so that 64 bits fit. */
static uint8_t *put_number(uint8_t *at, int64_t value) {
    uint64_t rest = ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);
    for (int i = 0; i < 8 && rest > 0x7f; i++) {
        *at++ = (uint8_t)(rest | 0x80);
        rest >>= 7;
    }
    *at++ = (uint8_t)rest;
    return at;
}

static uint8_t *put_counts(uint8_t *at, const struct hist *h) {
    int64_t zeros = 0;
    uint64_t left = h->count;
    for (uint32_t i = 0; i < HIST_BUCKETS && left > 0; i++) {
        if (!h->counts[i]) {
            zeros++;
            continue;
        }
        CHECK_OP(h->counts[i], >, 0); /* compares as signed: the count is below 2^63 */
        if (zeros > 0) at = put_number(at, -zeros);
        zeros = 0;
        at = put_number(at, (int64_t)h->counts[i]);
        left -= h->counts[i];
    }
    /* an empty histogram would have no payload, which some readers refuse */
    return h->count > 0 ? at : put_number(at, -1);
}

size_t hlog_encode(const struct hist *h, uint8_t bytes[HLOG_ENCODED_MAX]) {
    uint8_t *end = put_counts(bytes + HLOG_HEADER_SIZE, h), *at = bytes;
    at = put_big_endian(at, COOKIE, 4);
    at = put_big_endian(at, (uint64_t)(end - bytes - HLOG_HEADER_SIZE), 4);
    at = put_big_endian(at, 0, 4); /* normalizing index offset */
    at = put_big_endian(at, HIST_DIGITS, 4);
    at = put_big_endian(at, HIST_LOWEST, 8);
    at = put_big_endian(at, HIST_HIGHEST, 8);
    at = put_big_endian(at, RATIO_BITS, 8);
    CHECK_OP(at - bytes, ==, HLOG_HEADER_SIZE);
    return (size_t)(end - bytes);
}

char *hlog_base64(const uint8_t *bytes, size_t size) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *text = malloc((size + 2) / 3 * 4 + 1), *at = text;
    MEMORY_CHECK(text);
    for (size_t i = 0; i < size; i += 3) {
        size_t left = size - i;
        uint32_t bits = (uint32_t)bytes[i] << 16 | (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
                        (left > 2 ? bytes[i + 2] : 0);
        *at++ = digits[bits >> 18];
        *at++ = digits[bits >> 12 & 63];
        *at++ = left > 1 ? digits[bits >> 6 & 63] : '=';
        *at++ = left > 2 ? digits[bits & 63] : '=';
    }
    *at = '\0';
    return text;
}

char *hlog_histogram(const struct hist *h) {
    uint8_t *bytes = malloc(HLOG_ENCODED_MAX);
    MEMORY_CHECK(bytes);
    size_t size = hlog_encode(h, bytes);
    uLongf packed = compressBound((uLong)size);
    uint8_t *envelope = malloc(ENVELOPE_SIZE + packed);
    MEMORY_CHECK(envelope);
    /* compress() can fail only if memory or buffer space is missing */
    CHECK_OP(compress(envelope + ENVELOPE_SIZE, &packed, bytes, (uLong)size), ==, Z_OK);
    put_big_endian(put_big_endian(envelope, COOKIE_COMPRESSED, 4), packed, 4);
    char *text = hlog_base64(envelope, ENVELOPE_SIZE + packed);
    free(envelope);
    free(bytes);
    return text;
}
