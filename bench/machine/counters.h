/* counters.h - how many system calls a process makes and how often it sleeps. The kernel counts
 * them per thread, with the tracepoints raw_syscalls:sys_enter and sched:sched_switch
 * (perf_event_open(2)); Linux only.
 * Invariant: either all threads are counted, including threads that start or end meanwhile, or none
 * are and there is a reason.
 *
 * A slot counts from before the load generator starts until after it has ended, and divides by all
 * echoes of the run, warm-up included. Counting only the window would need the load generator's
 * help at both edges. The price: accepting, watching and closing add 3 to 6 calls per connection
 * (epoll 4; threads 18, because it starts and ends a thread). For 50 connections with 250,000
 * echoes in 1.3 s at 2.1 calls each this is 0.04 % (threads 0.18 %); with 20,000 echoes at 3 calls
 * it is 0.3 % (threads, 2 calls: 2.3 %). Both arms of a comparison contain it, so a change of the
 * calls per echo looks smaller by that share. */
#ifndef BENCH_MACHINE_COUNTERS_H
#define BENCH_MACHINE_COUNTERS_H

#include "bench/result/codes.h"
#include "bench/support/reason.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct counters; /* a running count */

struct counts {
    uint64_t syscalls; /* system calls entered */
    uint64_t sleeps;   /* times a thread gave up its CPU to wait, and had to be woken */
};

/* Why nothing was counted. */
struct uncounted {
    enum uncounted_code code; /* what decides */
    struct reason reason;     /* tells a user what to do; empty: it was counted */
};

/* Starts counting for process `pid`, including child processes that start later. All system calls
 * of the machine are slower while a count runs. Owned by the caller; NULL after filling
 * `why`. */
struct counters *counters_open(int64_t pid, struct uncounted *why);

/* Reads the counts so far; works after the process has ended, too. False if they cannot be read. */
bool counters_read(const struct counters *c, struct counts *counts);

void counters_close(struct counters *c);

#endif
