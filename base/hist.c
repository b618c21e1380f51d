/* hist.c - quantiles and merging; recording is in the header, inlined into the hot path. */
#include "base/hist.h"

#include "base/check.h"

#include <math.h>
#include <string.h>

void hist_reset(struct hist *h) {
    memset(h, 0, sizeof *h);
    h->min = UINT64_MAX;
}

uint64_t hist_bucket_top(uint32_t index) {
    CHECK_OP(index, <, HIST_BUCKETS);
    if (index < 2048u) return index;
    uint32_t halvings = index / 1024u - 1u;
    uint64_t position = index - halvings * 1024u; /* 1024..2047 */
    return ((position + 1u) << halvings) - 1u;
}

void hist_merge(struct hist *into, const struct hist *from) {
    for (uint32_t i = 0; i < HIST_BUCKETS; i++) into->counts[i] += from->counts[i];
    into->count += from->count;
    into->sum += from->sum;
    into->sum_carry += from->sum_carry + (into->sum < from->sum);
    into->overflow += from->overflow;
    into->unanswered += from->unanswered;
    if (from->min < into->min) into->min = from->min;
    if (from->max > into->max) into->max = from->max;
}

/* The number of the message that is quantile `q`, in ascending order from 1. There is one. */
static uint64_t rank_of(const struct hist *h, double q) {
    CHECK(q >= 0.0 && q <= 1.0);
    uint64_t messages = hist_messages(h);
    /* Nudged down before rounding up: 0.99 * 100 is 99.000000000000014 in binary. */
    double exact = q * (double)messages;
    uint64_t rank = (uint64_t)ceil(exact - exact * 0x1p-50);
    if (rank < 1) return 1;
    return rank < messages ? rank : messages;
}

enum hist_place hist_place(const struct hist *h, double q) {
    if (hist_messages(h) == 0) return HIST_COUNTED;
    uint64_t rank = rank_of(h, q);
    if (rank <= h->count) return HIST_COUNTED;
    return rank - h->count <= h->overflow ? HIST_OVERFLOWED : HIST_UNANSWERED;
}

uint64_t hist_quantile(const struct hist *h, double q) {
    if (hist_messages(h) == 0) return 0;
    if (hist_place(h, q) != HIST_COUNTED) return HIST_NONE;
    uint64_t rank = rank_of(h, q), seen = 0;
    for (uint32_t i = 0; i < HIST_BUCKETS; i++) {
        seen += h->counts[i];
        if (seen < rank) continue;
        uint64_t top = hist_bucket_top(i);
        return top < h->max ? top : h->max;
    }
    return h->max;
}

bool hist_enough(const struct hist *h, double q) {
    /* 1 - 0.99 is below 0.01 */
    return (double)hist_messages(h) * (1 - q) >= HIST_BEYOND * (1 - 1e-9);
}

bool hist_tells(const struct hist *h, double q) {
    return hist_enough(h, q) && hist_place(h, q) == HIST_COUNTED;
}

double hist_sum(const struct hist *h) {
    return (double)h->sum_carry * 0x1p64 + (double)h->sum;
}

void hist_set_sum(struct hist *h, double sum) {
    h->sum_carry = (uint64_t)(sum / 0x1p64);
    h->sum = (uint64_t)fmod(sum, 0x1p64);
}

double hist_mean(const struct hist *h) {
    return h->count ? hist_sum(h) / (double)h->count : 0.0;
}
