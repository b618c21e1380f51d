/* progress.h - what a person sees while slots run: one line that is rewritten on a terminal, one
 * plain line per slot elsewhere.
 * Invariant: nothing is printed while a window is measured. */
#ifndef BENCH_SESSION_PROGRESS_H
#define BENCH_SESSION_PROGRESS_H

#include "bench/suite/plan.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

struct progress {
    bool quiet;     /* print nothing */
    bool terminal;  /* stderr is a terminal */
    bool colour;    /* and may be coloured */
    size_t slots;   /* of the plan */
    double left_s;  /* predicted for the slots that have not ended */
    char last[128]; /* figures of the slot before */
};

void progress_start(struct progress *p, const struct plan *plan, bool quiet);

/* Slot `index` (from 0) of `cell` begins. */
void progress_slot(struct progress *p, size_t index, const struct cell *cell);

/* It ended with this sample, or was skipped (NULL) for `reason`. */
void progress_done(struct progress *p, size_t index, const struct cell *cell, const cJSON *sample,
                   const char *reason);

/* No further slots: leaves the terminal's line clean. */
void progress_end(struct progress *p);

#endif
