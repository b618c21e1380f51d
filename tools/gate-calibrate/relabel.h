/* relabel.h - estimates the rate of false alarms from recorded pairs of equal arms with new random
 * labels. Only the labels and the first pair of a job are random; gate.c makes the decision. */
#ifndef TESTS_GATE_RELABEL_H
#define TESTS_GATE_RELABEL_H

#include "bench/gate/gate.h"

#include <cjson/cJSON.h>
#include <stddef.h>
#include <stdint.h>

#define RELABEL_ROWS_MAX 32

/* The recorded differences of one row, or of the control, in all jobs. */
struct relabel_stream {
    char cell[CELL_ID_SIZE]; /* rows of the same cell share labels */
    enum metric metric;
    bool gated;          /* gated in every job */
    double *differences; /* in the order of measurement; owned */
    size_t count;
};

struct relabel {
    struct relabel_stream rows[RELABEL_ROWS_MAX]; /* the rows of a job */
    size_t row_count;
    struct relabel_stream control; /* count 0: there was none */
};

/* The outcomes of simulated jobs. */
struct relabel_tally {
    size_t jobs;    /* number of jobs */
    size_t alarms;  /* exit code 1 */
    size_t invalid; /* exit code 3 because of the control */
    size_t nothing; /* exit code 3 for another reason */
    size_t second;  /* jobs with a second stage */
};

/* Adds the pairs of one job. `report` is its report as JSON. */
void relabel_add(struct relabel *r, const cJSON *report);

/* Simulates `jobs` jobs with consecutive pairs of the record and random labels from `seed`. At
 * least one row must have enough pairs for both stages. */
struct relabel_tally relabel_run(const struct relabel *r, size_t jobs, uint64_t seed);

void relabel_free(struct relabel *r);

#endif
