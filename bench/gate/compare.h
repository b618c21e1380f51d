/* compare.h - two sides of result files, matched cell by cell, as a report of the gate. Pure:
 * checked documents in, rows with figures and verdicts out.
 * Invariant: a cell gets a verdict only where both sides measured it, and under conditions that are
 * equal but for what the caller allows to differ. */
#ifndef BENCH_GATE_COMPARE_H
#define BENCH_GATE_COMPARE_H

#include "bench/gate/gate.h"
#include "bench/gate/sides.h"

#include <stdbool.h>

/* Compares and decides; `vary` as alike_vary made it. With `gate` a regression counts however few
 * the sessions. The report's rows are the caller's, see compare_clear. */
void compare_build(struct gate_report *report, const struct side sides[SIDES], unsigned vary,
                   bool gate);

void compare_clear(struct gate_report *report);

#endif
