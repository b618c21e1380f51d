/* doctor.h - what on this machine will distort results, and how to fix it.
 * Invariant: the doctor changes nothing. An unknown fact gives no finding of its own, but a machine
 * is not fit as long as facts are unread that could make it unfit. */
#ifndef BENCH_MACHINE_DOCTOR_H
#define BENCH_MACHINE_DOCTOR_H

#include "bench/machine/environment.h"

#include <cjson/cJSON.h>
#include <stddef.h>

#define DOCTOR_TEXT_SIZE 192

/* Facts about the machine: an unknown number is NAN, an unknown text is empty. */
struct doctor_facts {
    double cpus;            /* CPUs that iobench may use */
    double quota_cpus;      /* CPUs that its control group may use; INFINITY: no limit */
    double machine_cpus;    /* CPUs of the machine */
    double busy_cpus;       /* of `cpus`, busy with other processes during the look */
    double steal_pct;       /* of `cpus`, taken by the hypervisor during the look */
    double load_1min;       /* of the whole machine, finished work included */
    double siblings;        /* 1: first and last CPU are threads of one core */
    double turbo;           /* 1: the clock rate depends on heat and neighbours */
    double clock_ns;        /* one reading of the clock */
    double available_bytes; /* free or reclaimable memory, within the control group */
    double swapped_per_s;   /* pages moved to or from swap during the look */
    double descriptors;     /* descriptors that a process may open */
    double somaxconn;       /* longest queue of connections that are not accepted yet */
    double ports;           /* for outgoing connections */
    double reuse_time_wait; /* 0: a port rests for a minute after its connection */
    double uring_disabled;  /* 0: every process may use io_uring */
    double uring_works;     /* 1: echo-io_uring runs here; 0: see uring_reason */
    double wait_ns;         /* duration of a wait of 1 ms */
    double pinning;         /* 0: the system refuses to pin processes to CPUs; see pinning_reason */
    char pinning_reason[DOCTOR_TEXT_SIZE]; /* why processes cannot be pinned */
    char uring_reason[DOCTOR_TEXT_SIZE];   /* why echo-io_uring cannot run */
    char somaxconn_name[DOCTOR_TEXT_SIZE]; /* its sysctl name; empty: as on Linux */
    char emulator[DOCTOR_TEXT_SIZE];       /* "wine 8.0"; empty: no emulator */
    char power_plan[DOCTOR_TEXT_SIZE];     /* Windows: "balanced" */
    char governor[DOCTOR_TEXT_SIZE];       /* of the clock rate: "performance" */
    char clock[DOCTOR_TEXT_SIZE];          /* source of the kernel's clock: "tsc" */
    char mitigations[DOCTOR_TEXT_SIZE];    /* those that make system calls slower */
    char unread[DOCTOR_TEXT_SIZE]; /* what this kind of system tells, but not this one: "memory" */
};

/* Facts that are all unknown. */
struct doctor_facts doctor_unknown(void);

/* Looks at the machine for `seconds`. */
void doctor_look(struct doctor_facts *facts, double seconds);

/* Array of {id, level ("problem" or "advice"), found, effect, fix}, problems first; owned
 * by the caller. Pure. */
cJSON *doctor_findings(const struct doctor_facts *facts);

/* How many findings are problems: with none the machine is fit. */
size_t doctor_problems(const cJSON *findings);

/* ---- doctor_linux.c, doctor_sysctl.c, doctor_windows.c: calls of one system ---- */

/* Counters that only grow; NAN where unknown. */
struct doctor_counts {
    struct cpu_ticks ticks; /* sum over the requested CPUs */
    double swapped;         /* pages moved to or from swap */
};

struct doctor_counts doctor_counts(const int *cpus, size_t count);

/* Reads facts about these CPUs, limits and memory. */
void doctor_read_system(struct doctor_facts *facts, const int *cpus, size_t count);

/* Sets `unread`, when all other facts have been read. */
void doctor_list_unread(struct doctor_facts *facts);

/* Appends a name to `unread` if the fact is NAN. */
void doctor_note_unread(struct doctor_facts *facts, const char *name, double fact);

#endif
