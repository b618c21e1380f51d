/* slot.h - one slot: a fresh server, a fresh load generator, one window, one record.
 * Invariant: when slot_run returns, both processes are gone; of a foreign command also those that
 * it started, unless they left its process group. */
#ifndef BENCH_SESSION_SLOT_H
#define BENCH_SESSION_SLOT_H

#include "bench/machine/counters.h"
#include "bench/result/codes.h"
#include "bench/suite/plan.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

enum slot_end {
    SLOT_MEASURED,    /* there are figures */
    SLOT_FAILED,      /* there are none, and why */
    SLOT_CANNOT_RUN,  /* the server says that this machine cannot run it (exit 77) */
    SLOT_INTERRUPTED, /* a signal came: there is nothing to keep */
};

struct slot_outcome {
    enum slot_end end;       /* how it went */
    enum validity_code code; /* of the reason, when the slot counts as failed */
    struct reason reason;    /* of SLOT_FAILED and SLOT_CANNOT_RUN */
    cJSON *figures;          /* what the load generator printed; owned; NULL unless measured */
    cJSON *stats;            /* what the server printed at its end; owned; NULL if nothing */
    struct reason died;      /* "ended too early: exit 1"; empty if the server ended well */
    bool forked;      /* a foreign command has child processes: its own CPU time is not all of it */
    double steal_pct; /* CPU that the hypervisor took meanwhile; NAN if unknown */
    struct counts counts; /* of a counted cell: the server's, under the load, connecting included */
    struct uncounted uncounted; /* of a counted cell: why there are none; no text: there are */
};

/* Runs one slot of `cell`. `seed` is the load generator's. */
void slot_run(struct slot_outcome *outcome, const struct cell *cell, struct process_loop *loop,
              uint64_t seed);

void slot_free(struct slot_outcome *outcome);

#endif
