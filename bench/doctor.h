/* doctor.h - what of this machine would spoil a measurement, and what mends it.
 * Invariant: it changes nothing; a fact that the system does not tell gives no finding. */
#ifndef BENCH_DOCTOR_H
#define BENCH_DOCTOR_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#define DOCTOR_TEXT_SIZE 192

/* What is known of the machine: numbers are NAN, texts empty where it does not tell. */
struct doctor_facts {
    double cpus;                        /* that iobench may run on */
    double quota_cpus;                  /* that its control group may use; INFINITY: all */
    double machine_cpus;                /* that there are */
    double busy_cpus;                   /* of them, those that others kept busy while it looked */
    double steal_pct;                   /* that the hypervisor took meanwhile */
    double siblings;                    /* 1: first and last CPU are threads of one core */
    double turbo;                       /* 1: the clock rate depends on heat and neighbours */
    double clock_ns;                    /* one reading of the clock */
    double available_bytes;             /* memory that could be had */
    double descriptors;                 /* that a process may open */
    double somaxconn;                   /* longest queue of connections that are not accepted yet */
    double ports;                       /* for outgoing connections */
    double reuse_time_wait;             /* 0: a port rests for a minute after its connection */
    double uring_disabled;              /* 0: anybody may use io_uring */
    char governor[DOCTOR_TEXT_SIZE];    /* of the clock rate: "performance" */
    char clock[DOCTOR_TEXT_SIZE];       /* source of the kernel's clock: "tsc" */
    char mitigations[DOCTOR_TEXT_SIZE]; /* those that make system calls dear */
};

/* Looks at the machine for `seconds`. */
void doctor_look(struct doctor_facts *facts, double seconds);

/* Array of {id, level ("problem" or "advice"), found, effect, fix}, problems first; owned
 * by the caller. Pure. */
cJSON *doctor_findings(const struct doctor_facts *facts);

/* How many findings are problems: with none the machine is fit. */
size_t doctor_problems(const cJSON *findings);

#endif
