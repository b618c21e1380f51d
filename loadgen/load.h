/* load.h - one run of the load generator: what was asked for, and what all workers share.
 * Invariant: every field of struct load is fixed before the workers start; what changes meanwhile
 * is in struct run, atomic. */
#ifndef LOADGEN_LOAD_H
#define LOADGEN_LOAD_H

#include "base/os.h"

#include "loadgen/transport.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define START_LEAD_NS 2000000u /* notice that workers get of a time that main sets */

/* Whether a worker that has nothing to do gives its CPU away. */
enum spin {
    SPIN_AUTO,   /* yes, but for the last stretch before a message is due */
    SPIN_ALWAYS, /* no */
    SPIN_NEVER,  /* yes, to the moment when a message is due: it wakes up late */
};

struct load {
    struct os_address address;             /* the server */
    uint32_t sources;                      /* local addresses to come from, where there are more */
    const struct transport_ops *transport; /* how bytes move */
    uint32_t connections;                  /* under load from start to end, in all workers; churn
                                              has none */
    uint32_t idle;                         /* more of them, which stay silent */
    uint32_t threads;                      /* workers */
    uint32_t size_bytes;                   /* of a message */
    bool open;                             /* open loop: a schedule; else closed: depth in flight */
    bool churn;                            /* neither: short connections are the load */
    bool poisson;                          /* open loop, churn: exponential gaps, else constant */
    uint32_t window;       /* messages in flight per connection at most: the depth of a closed
                              loop, --outstanding of an open one */
    double rate_per_s;     /* open loop: arrivals, all workers together */
    double visits_per_s;   /* short connections, all workers; 0 = none. With churn they are the
                              load, else newcomers beside it */
    uint32_t visitors;     /* of them, open at once at most, all workers */
    uint32_t visit_echoes; /* of each, one after the other */
    uint64_t warmup_ns;    /* at least; longer where 3 mean latencies are */
    uint64_t duration_ns;  /* of the measured window */
    uint64_t drain_ns;     /* how long answers are awaited after it */
    enum spin spin;        /* while waiting */
    uint64_t seed;         /* of payload, schedule and choice of connection */
    int64_t server_pid;    /* whose CPU time is read at the window's edges; 0 = none */
};

/* Totals at one edge of the window; OS_UNKNOWN where there is no figure. */
struct edge {
    uint64_t server_cpu_ns; /* of --server-pid */
    uint64_t own_cpu_ns;    /* of this process */
};

/* What workers and main tell each other. */
struct run {
    const struct load *load;
    _Atomic uint64_t start_ns; /* the load starts; NOT_YET while connections are being made */
    _Atomic uint64_t t0_ns;    /* the window's start; NOT_YET during warm-up */
    _Atomic uint64_t late_ns;  /* by how much the last worker learnt t0 too late; 0: none did */
    _Atomic bool stop;         /* end at once, without figures */
    _Atomic bool interrupted;  /* because somebody asked for it */
    _Atomic uint32_t ready;    /* workers whose connects are decided */
    _Atomic uint32_t standing; /* connections under load that stood at the start, all workers;
                                  churn: workers that got a connection */
    _Atomic bool refused;      /* the connect of a short connection has failed */
    _Atomic uint32_t finished; /* workers that have ended */
    struct edge edges[2];      /* written by worker 0 at t0 and t1, read after it is joined */
};

#endif
