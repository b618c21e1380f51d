/* verdict.h - whether a slot may be believed. Pure: figures in, verdict out.
 * Invariant: a verdict is `valid` exactly if it has no reasons. An unknown figure (NAN) never
 * condemns a slot by itself. The limits are those of docs/method.md. */
#ifndef BENCH_SESSION_VERDICT_H
#define BENCH_SESSION_VERDICT_H

#include "bench/result/codes.h"
#include "bench/result/sample_facts.h"

#include <stdbool.h>
#include <stddef.h>

#define VERDICT_REASONS_MAX 20
#define VERDICT_REASON_SIZE 320

/* The figures of one slot that matter; NAN where unknown. */
struct verdict_figures {
    const char *died;             /* "ended too early: killed by signal 9"; NULL if it ended well */
    bool no_stats;                /* the server did not print what it counted */
    bool scheduled;               /* arrivals follow a schedule: open loop or churn */
    bool saturating;              /* more than the server can serve was meant to be offered */
    double duration_s;            /* window as planned */
    double window_s;              /* window as measured */
    double connections;           /* of the load generator */
    double in_flight;             /* messages per connection at most: depth or outstanding */
    double must_fill;             /* messages in flight of a closed loop that must fill one side:
                                     the server only echoes, on CPUs apart; NAN: any other */
    double messages;              /* in the window */
    double mismatches;            /* wrong echoes */
    double errors;                /* connect, reset, timeout and short together */
    double planned;               /* connections that were to stand to the end; NAN: churn */
    double lost;                  /* connections that did not: connect, reset and short together */
    double sent, received;        /* bytes of the whole run, as the load generator counted them */
    double connected;             /* connections of the whole run */
    double stats_in, stats_out;   /* bytes, as the server counted them */
    double stats_accepted;        /* connections, as the server counted them */
    double achieved_over_offered; /* of the arrivals of a schedule */
    double newcomers_offered;     /* connections that were to come beside the load, or by churn */
    double newcomers_answered;    /* of them, those that got all their echoes */
    double littles_law_ratio;     /* outstanding over time, against throughput x mean latency */
    double busy_pct;              /* of the load generator's threads */
    double own_cpu_pct;           /* CPU time of those threads; NAN: not on CPUs apart */
    double server_cpu_pct;        /* of the CPUs that the server could use at most */
    double window_spread_ns;      /* between the beginnings of its threads' windows */
    double send_lag_p99_ns;       /* open loop: how late the sends were */
    double p99_ns;                /* latency */
    double steal_pct;             /* taken by the hypervisor during the slot */
    double first_half;            /* messages in the first half of the window */
    double second_half;           /* messages in the second half */
    double starved;               /* connections that waited for half the window */
};

struct verdict {
    enum verdict_kind kind;
    enum bound bound;                                       /* what ran at its limit */
    enum validity_code codes[VERDICT_REASONS_MAX];          /* of the reasons */
    char reasons[VERDICT_REASONS_MAX][VERDICT_REASON_SIZE]; /* in the order of the rules */
    size_t reason_count;                                    /* how many */
};

void verdict_decide(struct verdict *verdict, const struct verdict_figures *figures);

/* The verdict of a slot without figures: invalid for this code and reason, and before them because
 * its server `died`, if that is not NULL, which explains the rest. */
void verdict_fail(struct verdict *verdict, const char *died, enum validity_code code,
                  const char *reason);

#endif
