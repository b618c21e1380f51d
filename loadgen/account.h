/* account.h - what the connections of one worker count: latencies, errors, and the counters that
 * check them (Little's law, busy time). Invariant: messages sent = answered + outstanding + given
 * up, at every moment. */
#ifndef LOADGEN_ACCOUNT_H
#define LOADGEN_ACCOUNT_H

#include "base/check.h"
#include "base/hist.h"
#include "base/os.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define NOT_YET UINT64_MAX /* a time that is not known yet */
#define SERIES_MAX 600

/* One step of the series: the messages of one part of the window. */
struct step {
    uint64_t messages;
    uint64_t sum_ns; /* of their latencies */
    uint64_t max_ns; /* the largest latency */
};

struct errors {
    uint64_t connect;  /* failed connects */
    uint64_t reset;    /* connections that broke */
    uint64_t timeout;  /* messages not answered by the end of the drain; in an open loop only those
                          of the window, also when their connection broke */
    uint64_t cut;      /* connections that ended with bytes of an echo missing */
    uint64_t mismatch; /* connections that received a wrong byte */
};

/* Short connections: the load of churn, or newcomers. */
struct visit_counts {
    uint64_t connected;       /* successful connects, of the whole run */
    uint64_t offered;         /* visits scheduled in the window */
    uint64_t begun;           /* of them, those that called connect */
    uint64_t answered;        /* of them, those that got all their echoes */
    struct hist connect;      /* of them, from the call of connect to its success */
    struct hist first_echoes; /* of them, from the scheduled time to the end of the first echo */
};

struct account {
    uint64_t t0_ns, t1_ns; /* the window; later than the run's if the worker learnt it too late */
    uint64_t window_ns;    /* for how long the worker was in it: less if all connections broke;
                              in a rotation the sum of the slices */
    bool exact;            /* the integral is kept per operation, not per turn */

    /* These share nothing with the stamps, which they check. */
    uint64_t outstanding;    /* messages on the wire */
    uint64_t integral_at_ns; /* the integral is complete up to here */
    double integral;         /* of outstanding over the window, in messages * ns */
    uint64_t answered;       /* messages answered within the window, whenever intended */
    double wire_sum_ns;      /* the service times of all messages, as far as they lie in the
                                window: the integral must equal this sum */
    uint64_t busy_ns;        /* of the window: turns that had work, less the time they slept */

    struct hist latency;  /* messages of the window: closed from the send, open from the intent */
    struct hist service;  /* open loop: the same messages from the send, without those unsent */
    struct hist send_lag; /* open loop: sent less intended, for messages that were not queued */
    struct hist arrival_lag; /* open loop, churn: how late an arrival was taken from the schedule,
                                also if it then had to wait for its connection */
    struct step series[SERIES_MAX]; /* the window in equal steps */
    uint32_t steps;                 /* in use */
    uint32_t first_step;            /* where the slice begins: each of a rotation is one step */
    uint64_t step_ns;               /* the length of one */
    struct errors errors;           /* each error is counted once */
    int first_error;                /* the first native error; 0 = none */
    uint64_t offered;               /* arrivals whose intent lies in the window */
    uint64_t achieved;              /* of them (churn: of visits), answered before its end */
    uint64_t unsent;                /* of them, never sent: the queue was full or time was up */
    uint64_t oldest_in_flight_ns;   /* closed loop, churn: the age that the oldest message on the
                                       wire had at the end of the window */
    uint64_t bytes_sent;            /* given to the transport, in the whole run */
    uint64_t bytes_received;        /* in the whole run */
    uint64_t connected;             /* long-lived connections that ever stood */
    struct visit_counts visits;

    /* main reads these while the worker runs, for warm-up and progress */
    _Atomic uint64_t done;        /* messages answered so far */
    _Atomic uint64_t done_sum_ns; /* the sum of their service times */
};

/* Steps of the series for a window: an even number, 2..SERIES_MAX, of 100 ms or more. */
uint32_t account_steps(uint64_t duration_ns);

/* Opens an account for a window of `steps` of `step_ns` whose edges are not known yet. */
void account_init(struct account *a, uint32_t steps, uint64_t step_ns, bool exact);

/* Adds the figures of `from` to `into`, which has the same steps. The edges of `into` stay. */
void account_merge(struct account *into, const struct account *from);

/* ---- the hot path ---- */

/* Whether `at_ns` lies in the window; t0 is NOT_YET during warm-up. */
static inline bool account_in_window(const struct account *a, uint64_t at_ns) {
    return at_ns >= a->t0_ns && at_ns < a->t1_ns;
}

/* The length of the part of [from_ns, to_ns) that lies in the window. */
static inline uint64_t account_within_window(const struct account *a, uint64_t from_ns,
                                             uint64_t to_ns) {
    uint64_t from = from_ns > a->t0_ns ? from_ns : a->t0_ns;
    uint64_t to = to_ns < a->t1_ns ? to_ns : a->t1_ns;
    return to > from ? to - from : 0; /* t0 is NOT_YET during warm-up */
}

/* Brings the integral of outstanding messages up to `now_ns`. */
static inline void account_integrate(struct account *a, uint64_t now_ns) {
    a->integral +=
        (double)a->outstanding * (double)account_within_window(a, a->integral_at_ns, now_ns);
    a->integral_at_ns = now_ns;
}

/* `add` messages go out, `remove` come back or are given up. Reads the clock anew, so that the
 * integral shares nothing with the stamps that it checks. */
static inline void account_change_now(struct account *a, uint64_t add, uint64_t remove) {
    account_integrate(a, os_clock_ns());
    CHECK_OP(a->outstanding + add, >=, remove);
    a->outstanding += add - remove;
}

/* The same, for messages of which as many go out as come back within a turn: an account that is not
 * exact then updates its integral once per turn. */
static inline void account_change(struct account *a, uint64_t add, uint64_t remove) {
    if (a->exact) account_integrate(a, os_clock_ns());
    CHECK_OP(a->outstanding + add, >=, remove);
    a->outstanding += add - remove;
}

/* A message that was sent at `sent_ns` leaves the wire at `now_ns` without an answer. Returns the
 * part of its time that lies in the window. */
static inline uint64_t account_lost(struct account *a, uint64_t sent_ns, uint64_t now_ns) {
    uint64_t wire_ns = account_within_window(a, sent_ns, now_ns);
    a->wire_sum_ns += (double)wire_ns;
    return wire_ns;
}

/* A message that was sent at `sent_ns` is answered at `now_ns`. Returns the part of its time that
 * lies in the window. */
static inline uint64_t account_answered(struct account *a, uint64_t sent_ns, uint64_t now_ns) {
    if (account_in_window(a, now_ns)) a->answered++;
    return account_lost(a, sent_ns, now_ns);
}

/* Where a message belongs to the window in which it is answered: it was sent at `sent_ns`, and left
 * the wire at `now_ns`, answered or not. Notes its age at the end of the window. */
static inline void account_age(struct account *a, uint64_t sent_ns, uint64_t now_ns) {
    if (now_ns < a->t1_ns || sent_ns >= a->t1_ns) return; /* t1 is NOT_YET during warm-up */
    if (a->t1_ns - sent_ns > a->oldest_in_flight_ns) a->oldest_in_flight_ns = a->t1_ns - sent_ns;
}

/* Reports an answer to warm-up and progress. */
static inline void account_done(struct account *a, uint64_t service_ns) {
    atomic_store_explicit(&a->done, a->done + 1, memory_order_relaxed);
    atomic_store_explicit(&a->done_sum_ns, a->done_sum_ns + service_ns, memory_order_relaxed);
}

/* Counts an echo that belongs to the window, at `belongs_ns`. */
static inline void account_echo(struct account *a, uint64_t belongs_ns, uint64_t latency_ns) {
    hist_record(&a->latency, latency_ns);
    uint64_t index = a->first_step + (belongs_ns - a->t0_ns) / a->step_ns;
    struct step *step = &a->series[index < a->steps ? index : a->steps - 1];
    step->messages++;
    step->sum_ns += latency_ns;
    if (latency_ns > step->max_ns) step->max_ns = latency_ns;
}

/* Keeps a native error if it is the first. */
static inline void account_error(struct account *a, int error) {
    if (!a->first_error) a->first_error = error;
}

#endif
