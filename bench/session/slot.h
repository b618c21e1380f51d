/* slot.h - runs one slot: a fresh server and load generator, one window, one record.
 * Invariant: when slot_run returns, both processes have ended, and all that the server started has
 * (kin.h). */
#ifndef BENCH_SESSION_SLOT_H
#define BENCH_SESSION_SLOT_H

#include "bench/machine/counters.h"
#include "bench/result/codes.h"
#include "bench/suite/plan.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

/* How a slot ended. */
enum slot_end {
    SLOT_MEASURED,    /* it has figures */
    SLOT_FAILED,      /* it has no figures */
    SLOT_CANNOT_RUN,  /* the server cannot run on this machine (exit code 77) */
    SLOT_INTERRUPTED, /* a signal arrived */
};

/* The outcome of a slot. */
struct slot_outcome {
    enum slot_end end;
    enum validity_code code; /* code of the reason */
    struct reason reason;    /* why: SLOT_FAILED and SLOT_CANNOT_RUN */
    cJSON *figures;          /* output of the load generator; owned; NULL unless measured */
    cJSON *stats;            /* statistics that the server printed at its end; owned; may be NULL */
    struct reason told;      /* what the load generator said beside its figures; may be empty */
    struct reason died;      /* "ended too early: exit 1"; empty if the server ended well */
    bool forked;             /* the server has, or may have had, other processes */
    bool cpu_hidden;         /* and their CPU time is unknown */
    bool server_pinned;      /* the server started on the CPUs of the plan */
    bool loadgen_pinned;     /* so did the load generator */
    double steal_pct;        /* CPU time taken by the hypervisor; NAN if unknown */
    struct counts counts;    /* counted cell: counts of the server */
    struct uncounted uncounted; /* counted cell: why `counts` is missing; no text: it is not */
};

/* Runs one slot of `cell`. The load generator uses `seed`. */
void slot_run(struct slot_outcome *outcome, const struct cell *cell, struct process_loop *loop,
              uint64_t seed);

void slot_free(struct slot_outcome *outcome);

#endif
