/* truth_machine.h - how much the machine disturbed a run of the load generator.
 * The measure is the time in which a thread of the load generator or of its server was ready to run
 * and had no CPU (/proc/PID/task/TID/schedstat), time that the hypervisor took, and how late timed
 * waits of this program ended. A slow load generator does not wait for a CPU, so it cannot hide
 * behind this figure. */
#ifndef TESTS_TRUTH_MACHINE_H
#define TESTS_TRUTH_MACHINE_H

#include <sys/types.h>
#include <stddef.h>
#include <stdint.h>

enum { MACHINE_LOOK_MS = 10, MACHINE_THREADS_MAX = 64 };

/* The wait of one thread. */
struct machine_thread {
    pid_t id;
    uint64_t first_ns, last_ns; /* total time without a CPU, at the first and the latest look */
};

struct machine {
    pid_t loadgen, server;                    /* processes; server 0: none */
    uint64_t from_ns, end_ns;                 /* when they were observed */
    uint64_t stolen_first_ns, stolen_last_ns; /* by the hypervisor, all CPUs */
    uint64_t late_ns;                         /* sum over timed waits of this program */
    struct machine_thread threads[MACHINE_THREADS_MAX];
    size_t thread_count;
};

/* Begins the observation. */
void machine_start(struct machine *m, pid_t loadgen, pid_t server);

/* Takes new figures. Call it every MACHINE_LOOK_MS; the wait for it was `late_ns` too long. */
void machine_look(struct machine *m, uint64_t late_ns);

/* How long the observation lasted. */
double machine_span_ns(const struct machine *m);

/* How much of it was lost for want of a CPU. */
double machine_lost_ns(const struct machine *m);

#endif
