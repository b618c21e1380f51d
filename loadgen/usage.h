/* usage.h - what main reads of the server, and of the limits of both sides, around the window.
 * Invariant: nothing is read within the window, because that takes CPU time. */
#ifndef LOADGEN_USAGE_H
#define LOADGEN_USAGE_H

#include "base/os.h"

#include "loadgen/load.h"

#define USAGE_CPUS_MAX 1024

/* CPUs that processes may run on. */
struct cpu_list {
    int cpus[USAGE_CPUS_MAX]; /* ascending */
    size_t count;             /* 0: unknown */
};

/* What is not known, and without --server-pid all about the server, is OS_UNKNOWN. */
struct usage {
    struct os_usage before;                /* of the server before the first connection */
    struct os_usage start;                 /* of the server at the window's start */
    struct os_usage end;                   /* of the server at its end */
    uint64_t start_ns, end_ns;             /* when `throttled` was read */
    uint64_t throttled_start_ns;           /* for how long quotas had stopped the processes */
    uint64_t throttled_end_ns;             /* the same at the end */
    double quota_cpus;                     /* CPUs that quotas allow; NAN: no quota is known */
    struct cpu_list server_cpus, own_cpus; /* at the window's end */
};

void usage_open(struct usage *usage, const struct load *load);
void usage_start(struct usage *usage, const struct load *load);
void usage_end(struct usage *usage, const struct load *load);

#endif
