/* verdict.h - decides whether a slot is trustworthy. Pure: figures in, verdict out. docs/method.md
 * explains the limits.
 * Invariant: a verdict is `valid` exactly if it has no reasons. An unknown figure (NAN) alone never
 * makes a slot invalid or suspect, except that of Little's law. */
#ifndef BENCH_RESULT_VERDICT_H
#define BENCH_RESULT_VERDICT_H

#include "bench/result/codes.h"
#include "bench/result/sample_facts.h"

#include <stdbool.h>
#include <stddef.h>

#define VERDICT_REASONS_MAX 32
#define VERDICT_REASON_SIZE 320

/* The figures of a slot that the rules use; NAN if unknown. From duration_s on there are only
 * doubles. */
struct verdict_figures {
    const char *died;   /* "ended too early: killed by signal 9"; NULL if it ended well */
    bool no_stats;      /* the server printed no statistics */
    bool scheduled;     /* arrivals follow a schedule: open loop or churn */
    bool saturating;    /* the rate is meant to exceed the server's capacity */
    bool server_moved;  /* at the window's end it may run on other CPUs than planned */
    bool loadgen_moved; /* the same of the load generator */
    bool not_pinned;    /* separate CPUs were planned, and the system refused them */
    double duration_s;  /* planned window */
    double window_s;    /* measured window */
    double connections; /* connections of the load generator */
    double in_flight;   /* most messages in flight per connection: depth or outstanding */
    double must_fill;   /* messages in flight of a closed loop that must keep one side busy, or both
                           together their shared CPUs: our own server; NAN: other loads */
    double messages;    /* messages in the window */
    double mismatches;  /* wrong echoes */
    double errors;      /* sum of connect, reset, timeout and short */
    double timeouts;    /* of them, timeout */
    double planned;     /* connections planned to stay open; NAN: churn */
    double lost;        /* connections that did not: sum of connect, reset and short */
    double sent, received;        /* bytes of the whole run, counted by the load generator */
    double connected;             /* connections of the whole run */
    double stats_in, stats_out;   /* bytes counted by the server */
    double stats_accepted;        /* connections counted by the server */
    double achieved_over_offered; /* share of the scheduled arrivals */
    double newcomers_offered;     /* scheduled newcomers, or connections of churn */
    double newcomers_answered;    /* those of them that got all their echoes */
    double unanswered;            /* messages of the window that got no answer */
    double overflow;              /* times that were too long for the histograms */
    double longest_ns;            /* the longest latency that was counted */
    double oldest_in_flight_ns;   /* age of the oldest message in flight at the window's end; NAN:
                                     open loop */
    double littles_law_ratio;     /* mean outstanding / (throughput x mean latency) */
    double busy_pct;              /* busy time of the load generator's threads */
    double own_cpu_pct;           /* CPU time of these threads; NAN: not on separate CPUs */
    double server_cpu_pct;        /* CPU time of the server, of the CPUs that it can use */
    double window_spread_ns;      /* between the first and last start of the threads' windows */
    double gap_max_ns;            /* longest time that a worker of the load generator lost */
    double gaps_total_ns;         /* all such times of the worker that lost the most */
    double send_lag_p99_ns;       /* open loop: lateness of the sends */
    double arrival_lag_p99_ns;    /* open loop, churn: how late arrivals were taken */
    double arrival_lag_max_ns;    /* the latest of them */
    double p99_ns;                /* latency */
    double shared_cpus;           /* CPUs that both sides compete for: they share them, or a quota
                                     allows no more; 0: each side has enough of its own */
    double shared_pct;            /* CPU time of both sides, of these CPUs */
    double throttled_pct;         /* share of the window in which a quota stopped them */
    double waiting_cpu_pct;       /* of a CPU, used by the server while others had their turns */
    double rivals_cpu_pct;        /* the same of the one of the others that used the most */
    double steal_pct;             /* CPU time that the hypervisor took during the slot */
    double first_half;            /* messages in the first half of the window */
    double second_half;           /* messages in the second half */
    double starved;               /* connections that waited for more than half the window */
};

#define VERDICT_FIGURES_START offsetof(struct verdict_figures, duration_s)

/* A verdict. */
struct verdict {
    enum verdict_kind kind;
    enum bound bound;                                       /* program that ran at its limit */
    enum validity_code codes[VERDICT_REASONS_MAX];          /* codes of the reasons */
    char reasons[VERDICT_REASONS_MAX][VERDICT_REASON_SIZE]; /* in the order of the rules */
    size_t reason_count;
};

void verdict_decide(struct verdict *verdict, const struct verdict_figures *figures);

/* The verdict of a slot without figures: invalid, with this code and reason. If `died` is not NULL,
 * the death of the server is its first reason. */
void verdict_fail(struct verdict *verdict, const char *died, enum validity_code code,
                  const char *reason);

#endif
