/* hist.h - latency histogram in HDR layout.
 * Invariant: every recorded value is counted exactly once, in a bucket whose width is at most
 * 1/1000 of its value, or in `overflow`; count, sum, min and max are exact. A quantile is that of
 * all messages: overflow and messages without an answer rank above every counted value.
 * Source: G. Tene, HdrHistogram, the bucket layout of its V2 encoding (3 significant digits, lowest
 * discernible value 1): 2048 values of width 1, then 1024 buckets for every doubling. */
#ifndef BASE_HIST_H
#define BASE_HIST_H

#include <stdbool.h>
#include <stdint.h>

#define HIST_LOWEST 1u
#define HIST_HIGHEST 60000000000u /* 60 s in ns */
#define HIST_DIGITS 3
#define HIST_BUCKETS 27648   /* (26 + 1) * 1024: 2^11 * 2^25 > 60e9 */
#define HIST_BEYOND 10       /* a quantile is reported if so many messages lie beyond it */
#define HIST_NONE UINT64_MAX /* there is no such value */

struct hist {
    uint64_t count;                /* values recorded within range, the counted values */
    uint64_t sum;                  /* their exact sum, modulo 2^64 */
    uint64_t sum_carry;            /* how often the sum reached 2^64 */
    uint64_t min;                  /* the smallest of them; UINT64_MAX when empty */
    uint64_t max;                  /* the largest of them; 0 when empty */
    uint64_t overflow;             /* values above HIST_HIGHEST, which none of the above includes */
    uint64_t unanswered;           /* messages without a value, as none ever came */
    uint64_t counts[HIST_BUCKETS]; /* by hist_index */
};

/* Empties a histogram; call before the first use. */
void hist_reset(struct hist *h);

/* Index of the bucket of `value`, 0..HIST_BUCKETS-1; value <= HIST_HIGHEST. */
static inline uint32_t hist_index(uint64_t value) {
    /* number of halvings that bring the value below 2048 */
    uint32_t halvings = (uint32_t)(53 - __builtin_clzll(value | 2047u));
    return halvings * 1024u + (uint32_t)(value >> halvings);
}

/* Largest value of bucket `index`. */
uint64_t hist_bucket_top(uint32_t index);

/* Counts one value. */
static inline void hist_record(struct hist *h, uint64_t value) {
    if (__builtin_expect(value > HIST_HIGHEST, 0)) {
        h->overflow++;
        return;
    }
    h->counts[hist_index(value)]++;
    h->count++;
    h->sum += value;
    h->sum_carry += h->sum < value;
    if (value < h->min) h->min = value;
    if (value > h->max) h->max = value;
}

/* Adds all that `from` counted to `into`. */
void hist_merge(struct hist *into, const struct hist *from);

/* All messages: counted values, overflow and unanswered ones. */
static inline uint64_t hist_messages(const struct hist *h) {
    return h->count + h->overflow + h->unanswered;
}

/* Where the message that is a quantile lies. */
enum hist_place {
    HIST_COUNTED,    /* among the counted values */
    HIST_OVERFLOWED, /* above HIST_HIGHEST */
    HIST_UNANSWERED  /* it got no answer */
};
enum hist_place hist_place(const struct hist *h, double q);

/* The value below or at which a share `q` (0..1) of the messages lies: the top of the bucket that
 * holds message number ceil(q * hist_messages()), but never above the largest value. HIST_NONE if
 * that message is not a counted value; 0 when empty. */
uint64_t hist_quantile(const struct hist *h, double q);

/* Whether there are enough messages for quantile `q`: HIST_BEYOND or more lie beyond it, so there
 * are at least HIST_BEYOND / (1 - q). */
bool hist_enough(const struct hist *h, double q);

/* Whether quantile `q` may be reported: there are enough messages, and it is a counted value. */
bool hist_tells(const struct hist *h, double q);

/* The sum of the counted values: exact up to 2^53, above that rounded. */
double hist_sum(const struct hist *h);

/* Sets the sum to a whole number below 2^128. */
void hist_set_sum(struct hist *h, double sum);

/* Arithmetic mean of the counted values, from their exact sum; 0 when empty. */
double hist_mean(const struct hist *h);

#endif
