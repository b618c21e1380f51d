/* ab.h - `iobench ab`: a candidate against its baseline, in pairs of slots side by side.
 * Invariant: both slots of a pair differ in their arm and in nothing else: same scenario, same
 * arrivals, programs copied to paths of equal length. */
#ifndef BENCH_AB_AB_H
#define BENCH_AB_AB_H

#include "bench/ab/arms.h"
#include "bench/gate/gate.h"
#include "bench/session/progress.h"
#include "bench/session/result.h"
#include "bench/support/reason.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AB_CAPACITY_SLOTS 3 /* of the baseline, before anything else */

/* One cell in both arms, while it is measured. */
struct ab_cell;

/* A comparison. */
struct ab {
    struct ab_arms arms;       /* what runs */
    struct plan plan;          /* cells of all arms; their slots come as they come */
    struct ab_cell *cells;     /* that are compared, the control last; owned */
    size_t cell_count;         /* how many, with the control */
    struct gate_report report; /* what comes of it */
    struct result result;      /* of every slot */
    struct process_loop *loop; /* runs the children */
    struct progress progress;  /* for people */
    double budget_s;           /* for everything from the first slot on */
    uint64_t seed;             /* of orders and arrivals */
    double least_s;            /* with which a change can be proven at all, about */
    double stage1_s;           /* that the first stage takes, about */
    size_t slots;              /* that have run */
    bool interrupted;          /* a signal ended it */
    bool write_failed;         /* the file could not be written */
    struct reason reason;      /* of write_failed */
};

/* Makes cells and rows of a plan in which every server is one of an arm. */
void ab_prepare(struct ab *ab);

/* Measures, within the budget, and decides. */
void ab_run(struct ab *ab);

void ab_free(struct ab *ab);

#endif
