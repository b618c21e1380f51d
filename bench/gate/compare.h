/* compare.h - compares two sides of result files, cell by cell. Pure: checked documents in, rows
 * with figures and verdicts out.
 * Invariant: figures decide a cell only if both sides measured it under equal conditions, except
 * for those that the caller allows to differ. */
#ifndef BENCH_GATE_COMPARE_H
#define BENCH_GATE_COMPARE_H

#include "bench/gate/gate.h"
#include "bench/gate/sides.h"

#include <stdbool.h>

/* Compares the sides and decides all rows. `vary` is a bit set of alike_vary. With `gate` a
 * regression fails however few the sessions. Free the report with compare_clear. */
void compare_build(struct gate_report *report, const struct side sides[SIDES], unsigned vary,
                   bool gate);

void compare_clear(struct gate_report *report);

#endif
