/* progress.h - progress while slots run: on a terminal one line that is rewritten, elsewhere one
 * line per slot.
 * Invariants: nothing is printed while a slot runs. On a terminal no line is wider than it is at
 * that moment. */
#ifndef BENCH_SESSION_PROGRESS_H
#define BENCH_SESSION_PROGRESS_H

#include "bench/suite/plan.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* State of the display. */
struct progress {
    bool quiet;     /* print nothing */
    size_t slots;   /* expected number of slots */
    double left_s;  /* predicted time of the remaining slots */
    char last[128]; /* figures of the previous slot */
};

void progress_start(struct progress *p, const struct plan *plan, bool quiet);

/* Shows that slot `index` (from 0), of `cell`, begins, and with it those of others if `together` is
 * more than 1. */
void progress_slot(struct progress *p, size_t index, const struct cell *cell, size_t together);

/* Tells that a cell is measured apart from the others of its rotation from now on, and why. */
void progress_apart(struct progress *p, const struct cell *cell);

/* Shows that the slot ended with `sample`, or if that is NULL was skipped for `reason`. */
void progress_done(struct progress *p, size_t index, const struct cell *cell, const cJSON *sample,
                   const char *reason);

/* Below a slot that is not valid: what the load generator told about it; empty: nothing. */
void progress_cause(const struct progress *p, const cJSON *sample, const char *told);

/* Clears the line on the terminal. */
void progress_end(struct progress *p);

#endif
