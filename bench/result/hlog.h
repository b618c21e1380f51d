/* hlog.h - exports histograms for the tools of HdrHistogram: the V2 encoding, and the interval log
 * (.hlog) of a result. base/hist.h numbers its buckets as HdrHistogram does, so the encoding moves
 * no count to another bucket.
 * Source: G. Tene, HdrHistogram, AbstractHistogram.encodeIntoByteBuffer, ZigZagEncoding and
 * HistogramLogWriter; log format 1.3. */
#ifndef BENCH_RESULT_HLOG_H
#define BENCH_RESULT_HLOG_H

#include "base/hist.h"

#include "bench/support/reason.h"
#include "bench/support/text.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HLOG_HEADER_SIZE 40
/* Largest size of an encoded histogram: 9 bytes for each count. */
#define HLOG_ENCODED_MAX (HLOG_HEADER_SIZE + 9 * HIST_BUCKETS)

/* Encodes a histogram without compression. Returns the number of bytes. Each count must be below
 * 2^63. The encoding has no field for the sum, exact minimum and maximum, overflow and messages
 * without an answer. */
size_t hlog_encode(const struct hist *h, uint8_t bytes[HLOG_ENCODED_MAX]);

/* Base64 with padding on one line (RFC 4648, section 4); owned by the caller. */
char *hlog_base64(const uint8_t *bytes, size_t size);

/* A histogram as written to a log: encoded, compressed, in Base64; owned by the caller. */
char *hlog_histogram(const struct hist *h);

/* The interval log of a result. */
struct hlog {
    struct text text;  /* the log; owned */
    size_t histograms; /* lines with a histogram */
    size_t slots;      /* slots with at least one histogram */
    size_t invalid;    /* invalid slots, which are left out */
    double overflow;   /* values above 60 s, which the log has as 60 s */
    double unanswered; /* messages without an answer, which the log has as 60 s */
};

/* Makes the log of a checked result; results/README.md describes its content. Returns false and
 * sets `reason` if the result has no histogram or no start time. Call hlog_clear in both cases. */
bool hlog_from_result(struct hlog *log, const cJSON *document, struct reason *reason);

void hlog_clear(struct hlog *log);

#endif
