/* fault_delay.h - when an answer may go back.
 * Invariant: what is drawn depends on the seed and the number of pieces before, on nothing else. */
#ifndef TESTS_FAULT_DELAY_H
#define TESTS_FAULT_DELAY_H

#include "base/rng.h"

#include <stdbool.h>
#include <stdint.h>

struct delay {
    /* as the options say */
    uint64_t fixed_us;       /* of every answer */
    uint64_t exponential_us; /* mean of what is drawn in addition */
    uint64_t slow_us;        /* of some, instead of fixed_us */
    uint64_t slow_pct;       /* how many those are */
    uint64_t slow_first;     /* the first so many are slow, too */
    uint64_t slow_for_ms;    /* and those that come so soon after the first */
    uint64_t serve_every;    /* connections with a multiple of this as number are served */
    uint64_t others_us;      /* the others too, after so long; 0 = never */
    uint64_t rate;           /* answers per second at most; 0 = any */
    struct rng rng;          /* draws */
    uint64_t last_due_ns;    /* of the rate's schedule */
    uint64_t pieces;         /* that came so far */
    uint64_t first_ns;       /* when the first of them came */
};

/* Whether connection number `connection` is answered at all. */
bool delay_answers(const struct delay *d, uint64_t connection);

/* When the answer to a piece that came at `now_ns` is due; draws. */
uint64_t delay_due_ns(struct delay *d, uint64_t connection, uint64_t now_ns);

#endif
