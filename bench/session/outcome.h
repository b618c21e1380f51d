/* outcome.h - how a slot ended for one of its servers. */
#ifndef BENCH_SESSION_OUTCOME_H
#define BENCH_SESSION_OUTCOME_H

#include "base/format.h"

#include "bench/machine/counters.h"
#include "bench/result/codes.h"
#include "bench/support/process.h"
#include "bench/support/reason.h"

#include <cjson/cJSON.h>
#include <stdbool.h>

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

/* A failed slot without a reason. */
void outcome_init(struct slot_outcome *outcome);

/* Marks the slot as failed, with the reason. */
void outcome_fail(struct slot_outcome *outcome, enum validity_code code, const char *format, ...)
    FORMAT_PRINTF(3, 4);

/* The same; the reason ends with the last words of the process. */
void outcome_fail_with(struct slot_outcome *outcome, enum validity_code code, const char *what,
                       const struct process *process);

void outcome_free(struct slot_outcome *outcome);

#endif
