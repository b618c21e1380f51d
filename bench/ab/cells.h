/* cells.h - the cells of a comparison and their figures while it runs.
 * Invariant: a pair counts for a row only if both slots have the figure of that row. */
#ifndef BENCH_AB_CELLS_H
#define BENCH_AB_CELLS_H

#include "bench/ab/arms.h"
#include "bench/gate/gate.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#define AB_PAIRS_MAX (GATE_STAGE1_PAIRS + GATE_STAGE2_PAIRS)

/* One cell in both arms. */
struct ab_cell {
    size_t cells[2];                /* cells of the plan: baseline, and candidate or copy */
    bool control;                   /* it compares the baseline with its copy */
    bool foreign;                   /* one arm is a foreign command */
    size_t row_count;               /* metrics that its load has */
    struct gate_row *rows[METRICS]; /* its rows in the report */
    double figures[METRICS][2][AB_PAIRS_MAX]; /* figures of baseline and candidate, by pair */
    bool stage2;                              /* it was chosen for stage 2 */
    bool uncounted;                           /* counted cell: counting the baseline failed */
    bool over;                                /* run no further pairs */
    size_t tried;                             /* pairs that ran, including lost ones */
    size_t tried_in_stage;                    /* the same, in this stage */
    size_t faulty;                            /* pairs with a fault of a server, in this stage;
                                                 they are not repeated */
    struct gate_losses *losses; /* its slots in the report; the control shares those of its cell */
    double pair_s;              /* predicted time of a pair */
    struct gate_reason why;     /* why it is over */
    struct gate_reason lost[METRICS]; /* per row: why its last lost pair was lost */
};

/* Whether the cell needs more pairs in its stage. */
bool ab_cell_wants(const struct ab_cell *cell);

/* Starts stage 2. */
void ab_cell_go_on(struct ab_cell *cell);

/* Counts the slots of a pair, and adds their figures to each row. `scenarios` are those of the
 * result file. The cell is over once it is certain that the candidate loses more slots. */
void ab_cell_add(struct ab_cell *cell, const cJSON *const scenarios[2],
                 const cJSON *const samples[2]);

/* Fills estimates and medians of all rows, and the reasons of rows without figures. */
void ab_cell_estimate(struct ab_cell *cell);

/* The smallest p of the rows that look worse (or better); 1 if no row does. Worse is 0 if the
 * candidate seems to lose more slots. */
double ab_cell_hint(const struct ab_cell *cell, bool better);

#endif
