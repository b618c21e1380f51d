/* load.h - one target of the load generator: its settings, and the state that main and all its
 * workers share. Invariant: struct load is fixed before the workers start; struct run changes and
 * is atomic, but for what worker 0 writes: `slices` and what follows. */
#ifndef LOADGEN_LOAD_H
#define LOADGEN_LOAD_H

#include "base/os.h"

#include "loadgen/transport.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define TARGETS_MAX 16u        /* of a rotation */
#define START_LEAD_NS 2000000u /* main sets t0 at least this long before it comes */

/* Whether a worker gives up its CPU while it waits. */
enum spin {
    SPIN_AUTO,   /* yes, except shortly before a message is due */
    SPIN_ALWAYS, /* no */
    SPIN_NEVER,  /* yes, until a message is due; it then wakes up late */
};

struct load {
    struct os_address address; /* the server */
    uint32_t sources;          /* local addresses to connect from */
    const struct transport_ops *transport;
    uint32_t connections; /* under load from start to end, of all workers; churn
                             has none */
    uint32_t idle;        /* further connections, which stay silent */
    uint32_t threads;     /* workers */
    uint32_t size_bytes;  /* of a message */
    bool open;            /* open loop: messages follow a schedule; else a closed loop */
    bool churn;           /* neither loop: short connections are the load */
    bool poisson;         /* open loop, churn: exponential gaps; else constant ones */
    uint32_t window;      /* messages in flight per connection at most: the depth of a closed
                             loop, --outstanding of an open one */
    double rate_per_s;    /* open loop: arrivals, all workers together */
    double visits_per_s; /* short connections, all workers together; 0 = none. In churn they are the
                            load, else newcomers beside it */
    uint32_t visitors;   /* of them, open at once at most, all workers together */
    uint32_t visit_echoes; /* of each short connection, one after the other */
    uint64_t warmup_ns;    /* at least; longer if 3 mean latencies take longer */
    uint64_t duration_ns;  /* of the measured window; in a rotation of all slices together */
    uint64_t slice_ns;     /* the same, but in a rotation of one slice */
    uint32_t slices;       /* 1, or those of a rotation, 2..SERIES_MAX */
    uint64_t drain_ns;     /* how long the run waits for answers after the window */
    enum spin spin;
    uint64_t seed;      /* of payload, schedule and choice of connections */
    int64_t server_pid; /* the process whose CPU time is read at the window's edges; 0 = none */
    const char *server_group; /* control group with all of the server's processes; NULL = none */
};

/* CPU times at one edge of a slice; OS_UNKNOWN if there is no figure. */
struct edge {
    uint64_t server_cpu_ns;      /* of --server-pid */
    struct os_group_usage group; /* of --server-group; cpu_ns is OS_UNKNOWN if there is none */
    uint64_t own_cpu_ns;         /* of this process */
};

/* A part of the window without a break: all of it, or one of a rotation, which has a settling
 * stretch before it and a drain behind it. */
struct slice {
    struct edge edges[2];
    bool taken;               /* rotation: it took place */
    uint64_t start_ns;        /* rotation: from the beginning of the first turn */
    uint64_t length_ns;       /* rotation: for worker 0 */
    uint64_t answered;        /* rotation: messages answered within it, all workers */
    uint64_t ctx_voluntary;   /* context switches of --server-pid from the first message of the */
    uint64_t ctx_involuntary; /* stretch to the last of the drain; rotation only, or OS_UNKNOWN */
    uint64_t ctx_answered;    /* messages answered in that time, all workers; rotation only */
};

/* What main and the workers share. */
struct run {
    const struct load *load;
    _Atomic uint64_t start_ns; /* the load starts; NOT_YET while connections are being made */
    _Atomic uint64_t t0_ns;    /* the window's start; NOT_YET during warm-up */
    _Atomic uint64_t late_ns;  /* how late the last worker learnt t0; 0: all in time */
    _Atomic bool stop;         /* end at once, without figures */
    _Atomic uint32_t ready;    /* workers whose connects have all succeeded or failed */
    _Atomic uint32_t standing; /* connections under load that stood at the start, all workers;
                                  churn: workers that got a connection */
    _Atomic bool refused;      /* the connect of a short connection has failed */
    _Atomic uint32_t finished; /* workers that have ended */
    _Atomic bool over;         /* rotation: the target takes no more turns */
    struct slice *slices;      /* load->slices; read after worker 0 is joined */
    uint64_t waited_ns;        /* rotation: while others had their turns, by worker 0 */
    uint64_t waited_cpu_ns; /* what the server used in that time, or OS_UNKNOWN; read as slices */
};

#endif
