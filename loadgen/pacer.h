/* pacer.h - the schedule of an open loop: when message i is due.
 * Invariant: due times depend on seed and rate alone, never on answers; they do not decrease. */
#ifndef LOADGEN_PACER_H
#define LOADGEN_PACER_H

#include "base/rng.h"

#include <stdbool.h>
#include <stdint.h>

struct pacer {
    struct rng rng;     /* draws the gaps of a Poisson process */
    bool poisson;       /* exponential gaps; else constant ones */
    uint64_t start_ns;  /* time zero of the schedule */
    double interval_ns; /* mean gap */
    double first_ns;    /* due time of the first message, from start_ns */
    double elapsed_ns;  /* due time of the next message, from start_ns */
    uint64_t count;     /* messages drawn */
};

/* A worker's share of a schedule. Shares of a Poisson process are Poisson; shares of a constant
 * schedule interleave. */
struct pacer_share {
    uint64_t start_ns; /* time zero of the schedule */
    double rate_per_s; /* messages a second, of all workers */
    bool poisson;      /* exponential gaps; else constant ones */
    uint64_t seed;
    uint32_t worker;  /* 0..workers-1 */
    uint32_t workers; /* shares in all */
};

void pacer_start(struct pacer *p, const struct pacer_share *share);

/* When the next message is due, in ns of the monotonic clock. */
uint64_t pacer_due_ns(const struct pacer *p);

/* Goes on to the message after it. */
void pacer_advance(struct pacer *p);

#endif
