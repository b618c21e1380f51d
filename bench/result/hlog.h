/* hlog.h - histograms as the tools of HdrHistogram read them: the V2 encoding, and a result as an
 * interval log (.hlog). Invariant: base/hist.h numbers its buckets as HdrHistogram does, so that
 * what is encoded has every count in the bucket in which it was counted.
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
/* The most bytes of an encoded histogram: 9 for each count. */
#define HLOG_ENCODED_MAX (HLOG_HEADER_SIZE + 9 * HIST_BUCKETS)

/* Encodes a histogram, uncompressed, and returns how many bytes that are. A count must be below
 * 2^63; sum, exact minimum and maximum, and overflow have no place in the encoding. */
size_t hlog_encode(const struct hist *h, uint8_t bytes[HLOG_ENCODED_MAX]);

/* Base64 with padding (RFC 4648, section 4), in one line; owned by the caller. */
char *hlog_base64(const uint8_t *bytes, size_t size);

/* A histogram as it stands in a log: encoded, compressed, in Base64; owned by the caller. */
char *hlog_histogram(const struct hist *h);

/* A result as an interval log. */
struct hlog {
    struct text text;  /* the log; owned */
    size_t histograms; /* how many lines have one */
    size_t slots;      /* how many slots they are of */
    size_t invalid;    /* slots left out, because they are no measurements */
    double overflow;   /* values in none of the histograms, because they are too large for one */
};

/* Makes the log of a checked result: results/README.md says what is in it. Returns false with the
 * reason if it has no histogram or no time of start; `log` must be cleared in either case. */
bool hlog_from_result(struct hlog *log, const cJSON *document, struct reason *reason);

void hlog_clear(struct hlog *log);

#endif
