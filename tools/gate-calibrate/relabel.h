/* relabel.h - recorded pairs of equal arms, under labels drawn anew.
 * Invariant: nothing is drawn but the labels and where a job begins; the decision is gate.c's. */
#ifndef TESTS_GATE_RELABEL_H
#define TESTS_GATE_RELABEL_H

#include "bench/gate/gate.h"

#include <cjson/cJSON.h>
#include <stddef.h>
#include <stdint.h>

#define RELABEL_ROWS_MAX 32

/* What one row, or the control, recorded in all jobs, one after the other. */
struct relabel_stream {
    char cell[CELL_ID_SIZE]; /* whose pairs share their labels */
    enum metric metric;      /* which figure */
    bool gated;              /* in every job */
    double *differences;     /* in the order in which they ran; owned */
    size_t count;            /* how many */
};

struct relabel {
    struct relabel_stream rows[RELABEL_ROWS_MAX]; /* as in each job */
    size_t row_count;                             /* how many */
    struct relabel_stream control;                /* count 0: there was none */
};

/* What became of the relabelled jobs. */
struct relabel_tally {
    size_t jobs;    /* all */
    size_t alarms;  /* exit code 1 */
    size_t invalid; /* the control voided it: exit code 3 */
    size_t nothing; /* exit code 3 for another reason */
    size_t second;  /* had a second stage */
};

/* Adds the pairs of one job, a report as JSON. */
void relabel_add(struct relabel *r, const cJSON *report);

/* Decides `jobs` jobs of pairs that follow each other in the record, with labels drawn by `seed`.
 * Needs at least one row with as many pairs as both stages take. */
struct relabel_tally relabel_run(const struct relabel *r, size_t jobs, uint64_t seed);

void relabel_free(struct relabel *r);

#endif
