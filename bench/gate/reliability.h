/* reliability.h - decides whether the candidate lost more slots than its baseline: because it
 * failed, or because it was saturated at a rate that the baseline serves. Pure. Invariant: figures
 * do not matter. */
#ifndef BENCH_GATE_RELIABILITY_H
#define BENCH_GATE_RELIABILITY_H

#include "bench/gate/report.h"

#include <stdbool.h>

/* Whether a row regressed because the candidate lost slots, and not by its figures. */
bool gate_regressed_by_losses(const struct gate_row *row);

/* Sets p_failed and p_saturated of the report. Decides the undecided rows of cells in which the
 * candidate failed or was saturated more often than chance explains: REGRESSED, and gated. Rows
 * that have no figures because only the baseline was saturated become IMPROVED. */
void gate_judge_losses(struct gate_report *report);

#endif
