/* compare.h - two sides of result files, matched cell by cell, as a report of the gate. Pure:
 * checked documents in, rows with figures and verdicts out.
 * Invariant: a cell gets a verdict only where both sides measured it, and under conditions that are
 * equal but for what the caller allows to differ. */
#ifndef BENCH_GATE_COMPARE_H
#define BENCH_GATE_COMPARE_H

#include "bench/gate/gate.h"
#include "bench/support/reason.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

enum { COMPARE_BASELINE, COMPARE_CANDIDATE, COMPARE_SIDES };

/* One side: each file is a session. */
struct compare_side {
    cJSON *const *files;      /* checked results (result_file.h) */
    const char *const *paths; /* of the files, for people */
    size_t count;             /* how many; at least 1 */
};

/* The cell of that id in a result; NULL if it has none. */
const cJSON *compare_find(const cJSON *file, const char *id);

/* Whether these files can be two sides at all: results of `iobench run`, no session twice on a
 * side, none on both sides unless both sides are the same sessions. False with "FILE: reason". */
bool compare_possible(const struct compare_side sides[COMPARE_SIDES], struct reason *reason);

/* Compares and decides; `vary` as alike_vary made it. With `gate` a regression counts however few
 * the sessions. The report's rows are the caller's, see compare_clear. */
void compare_build(struct gate_report *report, const struct compare_side sides[COMPARE_SIDES],
                   unsigned vary, bool gate);

void compare_clear(struct gate_report *report);

#endif
