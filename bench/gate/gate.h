/* gate.h - decides whether a candidate is worse than its baseline. Pure: differences in, verdicts
 * out. ab and compare fill the rows; the outputs read them. docs/method.md explains the rules.
 * Invariant: a row that was not measured is never PASS. */
#ifndef BENCH_GATE_GATE_H
#define BENCH_GATE_GATE_H

#include "bench/gate/report.h"
#include "bench/support/reason.h"

#include <stdbool.h>

extern const char *const gate_verdict_names[GATE_VERDICTS]; /* "PASS", "IMPROVED", ... */

/* The verdict called `word`; GATE_VERDICTS if there is none. */
enum gate_verdict gate_verdict_read(const char *word);

/* Whether stage 2 decides a paired row. */
bool gate_in_stage2(const struct gate_row *row);

/* Fills effect, interval, p values and smallest visible effect of a paired row. Uses the
 * differences of stage 2 if gate_in_stage2, otherwise those of stage 1. */
void gate_estimate(struct gate_row *row);

/* Whether an estimated row looks worse (or better), and should go to stage 2. */
bool gate_looks_worse(const struct gate_row *row);
bool gate_looks_better(const struct gate_row *row);

/* Decides every undecided row, those of cells with losses first. A row without an effect becomes
 * NOT_MEASURED and should have a reason. Only rows of stage 2 or of compare can become REGRESSED or
 * IMPROVED; their p values are adjusted over all such rows. A row that looks worse but got no stage
 * 2 is INCONCLUSIVE. */
void gate_decide(struct gate_report *report);

/* Decides the control; call after gate_decide. The report becomes invalid unless the control
 * passes: if it was not measured, if it shifted, or if nearly all cells shifted with it. If the
 * candidate lost slots, this stays true: then only the other rows become NOT_MEASURED. */
void gate_check_control(struct gate_report *report);

enum gate_fail_on { GATE_FAIL_REGRESSION, GATE_FAIL_INCONCLUSIVE, GATE_FAIL_NEVER };

/* Values of --fail-on, and the enumerator of a value. */
#define GATE_FAIL_ON_WORDS "regression|inconclusive|never"
enum gate_fail_on gate_fail_on_read(const char *word);

/* Returns the exit code. 0: no regression. 1: a regression, or with GATE_FAIL_INCONCLUSIVE also an
 * inconclusive row. 3: no trustworthy verdict, because the report is invalid, has no rows, has a
 * gated row that is not measured or incomparable, has only inconclusive gated rows, or compares
 * nothing: all rows are new, or (compare) a row has the same slots on both sides. For 1 and 3 `why`
 * gets one line. GATE_FAIL_NEVER never returns 1. An advisory report returns 1 only if the
 * candidate is unreliable, because that does not depend on the speed of a session. */
int gate_exit_code(const struct gate_report *report, enum gate_fail_on fail_on, struct reason *why);

#endif
