/* ab.h - `iobench ab`: measures a candidate against its baseline, in pairs of slots.
 * Invariant: the two slots of a pair differ in nothing but their arm: same scenario, same arrivals,
 * programs copied to paths of equal length. */
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

#define AB_CAPACITY_SLOTS 3 /* slots that measure the baseline's capacity */

/* Slots of the candidate that a job should have. A candidate that breaks in 10 % of its processes
 * then breaks in 99 % of the jobs. */
#define AB_SLOTS_MIN 44

/* One cell in both arms, while it is measured. */
struct ab_cell;

/* A comparison while it runs. */
struct ab {
    struct ab_arms arms;       /* programs of both arms and the control */
    struct plan plan;          /* cells of all arms; the slots are not planned in advance */
    struct ab_cell *cells;     /* cells to compare, the control last; owned */
    size_t cell_count;         /* cells, including the control */
    struct gate_report report; /* verdicts */
    struct result result;      /* every slot */
    struct process_loop *loop; /* runs the children */
    struct progress progress;  /* progress on stderr */
    double budget_s;           /* longest time, from the first slot on */
    uint64_t seed;             /* for order of slots and arrivals */
    double least_s;            /* predicted time that is needed to prove a change of one cell */
    double stage1_s;           /* predicted time of stage 1, including capacity */
    size_t spare_rounds;       /* rounds after stage 1 that only look for failures */
    double spare_s;            /* predicted time of these rounds */
    size_t slots;              /* slots that have run */
    bool interrupted;          /* a signal ended it */
    bool write_failed;         /* the file could not be written */
    struct reason reason;      /* why the file could not be written */
};

/* Makes the cells and rows from ab->plan, whose servers all belong to an arm. */
void ab_prepare(struct ab *ab);

/* Runs the pairs within the budget, and decides the verdicts. */
void ab_run(struct ab *ab);

void ab_free(struct ab *ab);

#endif
