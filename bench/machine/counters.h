/* counters.h - how many system calls a process makes and how often it sleeps, counted by the
 * kernel: Linux's tracepoints raw_syscalls:sys_enter and sched:sched_switch, each thread's own
 * (perf_event_open(2)). Not available elsewhere.
 * Invariant: all threads are counted, also those that start or end meanwhile, or it is said why
 * none are.
 *
 * A slot counts from before the load generator starts until it has ended, and divides by all echoes
 * of the run, those of the warm-up included. Counting in the window alone would take the load
 * generator's help at both edges; as it is, accepting, watching and closing add 3 to 6 calls per
 * connection (epoll: 4; threads, which starts and ends a thread: 18). Of 50 connections with
 * 250,000 echoes in 1.3 s at 2.1 calls each that is 0.04 % (threads: 0.18 %), with 20,000 echoes at
 * 3 calls 0.3 % (threads, of 2 calls: 2.3 %). Both arms of a comparison carry it: a change of the
 * calls per echo shows as smaller by that share. */
#ifndef BENCH_MACHINE_COUNTERS_H
#define BENCH_MACHINE_COUNTERS_H

#include "bench/result/codes.h"
#include "bench/support/reason.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct counters; /* a count that goes on */

struct counts {
    uint64_t syscalls; /* system calls entered */
    uint64_t sleeps;   /* times that a thread gave its CPU up to wait, and so had to be woken */
};

/* Why nothing was counted. */
struct uncounted {
    enum uncounted_code code; /* what decides */
    struct reason reason;     /* tells a user what to do; empty: it was counted */
};

/* Begins to count what process `pid` does. Child processes count if they start later. The whole
 * system's calls become slower meanwhile. Owned by the caller; NULL after filling `why`. */
struct counters *counters_open(int64_t pid, struct uncounted *why);

/* What has been counted so far; also once the process has ended. Returns false if the kernel does
 * not tell. */
bool counters_read(const struct counters *c, struct counts *counts);

void counters_close(struct counters *c);

#endif
