/* doctor.h - what of this machine would spoil a measurement, and what mends it.
 * Invariant: it changes nothing; a fact that the system does not tell gives no finding. */
#ifndef BENCH_MACHINE_DOCTOR_H
#define BENCH_MACHINE_DOCTOR_H

#include "bench/machine/environment.h"

#include <cjson/cJSON.h>
#include <stddef.h>

#define DOCTOR_TEXT_SIZE 192

/* What is known of the machine: numbers are NAN, texts empty where it does not tell. */
struct doctor_facts {
    double cpus;            /* that iobench may run on */
    double quota_cpus;      /* that its control group may use; INFINITY: all */
    double machine_cpus;    /* that there are */
    double busy_cpus;       /* of `cpus`, kept busy by others while it looked */
    double steal_pct;       /* of `cpus`, taken by the hypervisor meanwhile */
    double load_1min;       /* of the whole machine: what has just ended counts, too */
    double siblings;        /* 1: first and last CPU are threads of one core */
    double turbo;           /* 1: the clock rate depends on heat and neighbours */
    double clock_ns;        /* one reading of the clock */
    double available_bytes; /* memory that could be had, control group included */
    double swapped_per_s;   /* pages that went to or from swap while it looked */
    double descriptors;     /* that a process may open */
    double somaxconn;       /* longest queue of connections that are not accepted yet */
    double ports;           /* for outgoing connections */
    double reuse_time_wait; /* 0: a port rests for a minute after its connection */
    double uring_disabled;  /* 0: the system lets anybody use io_uring */
    double uring_works;     /* 1: echo-io_uring runs here; 0: it says why not */
    double wait_ns;         /* what a wait of 1 ms takes */
    char uring_reason[DOCTOR_TEXT_SIZE];   /* why not */
    char somaxconn_name[DOCTOR_TEXT_SIZE]; /* what sysctl calls it; empty: as Linux does */
    char emulator[DOCTOR_TEXT_SIZE];       /* "wine 8.0"; empty: the system is itself */
    char power_plan[DOCTOR_TEXT_SIZE];     /* Windows: "balanced" */
    char governor[DOCTOR_TEXT_SIZE];       /* of the clock rate: "performance" */
    char clock[DOCTOR_TEXT_SIZE];          /* source of the kernel's clock: "tsc" */
    char mitigations[DOCTOR_TEXT_SIZE];    /* those that make system calls dear */
};

/* Facts of which nothing is known. */
struct doctor_facts doctor_unknown(void);

/* Looks at the machine for `seconds`. */
void doctor_look(struct doctor_facts *facts, double seconds);

/* Array of {id, level ("problem" or "advice"), found, effect, fix}, problems first; owned
 * by the caller. Pure. */
cJSON *doctor_findings(const struct doctor_facts *facts);

/* How many findings are problems: with none the machine is fit. */
size_t doctor_problems(const cJSON *findings);

/* ---- doctor_linux.c, doctor_sysctl.c, doctor_windows.c: by means of the system's own ---- */

/* Counters that only grow; NAN where unknown. */
struct doctor_counts {
    struct cpu_ticks ticks; /* of the CPUs asked for, together */
    double swapped;         /* pages that went to or from swap */
};

struct doctor_counts doctor_counts(const int *cpus, size_t count);

/* What the system says of these CPUs, of limits and of memory. */
void doctor_read_system(struct doctor_facts *facts, const int *cpus, size_t count);

#endif
