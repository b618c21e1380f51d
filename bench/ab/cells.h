/* cells.h - the cells of a comparison and their figures while it runs.
 * Invariant: a pair counts for a row if both its slots gave the figure, and for no other row. */
#ifndef BENCH_AB_CELLS_H
#define BENCH_AB_CELLS_H

#include "bench/ab/arms.h"
#include "bench/gate/gate.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#define AB_PAIRS_MAX (GATE_STAGE1_PAIRS + GATE_STAGE2_PAIRS)

struct ab_cell {
    size_t cells[2];                          /* of the plan: baseline, and candidate or copy */
    bool control;                             /* it is the copy */
    bool foreign;                             /* one arm is a command */
    size_t row_count;                         /* metrics that go with its load */
    struct gate_row *rows[METRICS];           /* in the report */
    double figures[METRICS][2][AB_PAIRS_MAX]; /* of baseline and candidate, by pair */
    bool stage2;                              /* it has a second stage */
    bool uncounted;         /* of a counted cell: the baseline could not be counted */
    bool broken;            /* a slot showed that something is broken: nothing of it counts */
    bool over;              /* no pair of it is worth trying any more */
    size_t tried;           /* pairs, also such as gave nothing */
    double pair_s;          /* that a pair takes, about */
    struct gate_reason why; /* why none is */
    struct gate_reason lost[METRICS]; /* what the last pair that a row lost lacked */
};

/* Whether a row of the cell lacks pairs of the stage it is in. */
bool ab_cell_wants(const struct ab_cell *cell);

/* Adds what a pair of samples gave to each row. `scenarios` as in the result. */
void ab_cell_add(struct ab_cell *cell, const cJSON *const scenarios[2],
                 const cJSON *const samples[2]);

/* Fills what only the figures tell: estimates, medians and the reasons of rows without them. */
void ab_cell_estimate(struct ab_cell *cell);

/* Whether any row looks worse, or better, and the smallest p of those that do; 1 if none. */
double ab_cell_hint(const struct ab_cell *cell, bool better);

#endif
