/* gate.h - decides whether a candidate is worse than its baseline. Pure: differences in, verdicts
 * out. ab and compare fill the rows; the outputs read them. docs/method.md explains the rules.
 * Invariant: a row that was not measured is never PASS. An effect is a difference of logarithms; a
 * larger one is worse. */
#ifndef BENCH_GATE_GATE_H
#define BENCH_GATE_GATE_H

#include "bench/gate/gate_reason.h"
#include "bench/gate/losses.h"
#include "bench/result/metrics.h"
#include "bench/suite/plan.h"
#include "bench/support/paths.h"
#include "bench/support/reason.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GATE_STAGE1_PAIRS 8
#define GATE_STAGE2_PAIRS 24
#define GATE_PAIRS_MIN 8 /* fewer do not decide; compare: slots per side */
#define GATE_NAME_SIZE 256
#define GATE_ALPHA 0.01          /* largest p of a regression, adjusted over its family */
#define GATE_INTERVAL_LEVEL 0.90 /* its upper end is a one-sided 95 % bound */
/* Standard errors. With few rows, such an effect is detected with 90 % probability. */
#define GATE_VISIBLE_DEVIATIONS 3.7

enum gate_verdict {
    GATE_UNDECIDED,    /* only before gate_decide */
    GATE_PASS,         /* not worse by the limit, with 95 % confidence */
    GATE_IMPROVED,     /* better by the limit or more, with p <= GATE_ALPHA in its family */
    GATE_REGRESSED,    /* worse by the limit or more, with p <= GATE_ALPHA in its family; or the
                          candidate lost slots: GATE_RELIABILITY, GATE_CAPACITY */
    GATE_INCONCLUSIVE, /* neither PASS nor a proven change */
    GATE_NOT_MEASURED, /* too few usable slots */
    GATE_INCOMPARABLE, /* compare: the conditions differ */
    GATE_IDENTICAL,    /* equal programs and options, or the same slots: nothing to measure */
    GATE_NEW,          /* the baseline lacks the model, cell or metric */
    GATE_VERDICTS
};
extern const char *const gate_verdict_names[GATE_VERDICTS]; /* "PASS", "IMPROVED", ... */

/* The verdict called `word`; GATE_VERDICTS if there is none. */
enum gate_verdict gate_verdict_read(const char *word);

/* The text of GATE_NEW_METRIC. */
#define GATE_NEW_METRIC_TEXT "the baseline comes from a version without this figure"

/* One metric of one cell. */
struct gate_row {
    char cell[CELL_ID_SIZE]; /* id of the cell without its arm: "epoll/closed/c50/..." */
    enum metric metric;
    bool gated;                 /* it can fail the comparison */
    double baseline, candidate; /* medians of the usable slots, in the unit of the metric (per s,
                                   ns, per echo); NAN if there are none */
    double differences[GATE_STAGE1_PAIRS + GATE_STAGE2_PAIRS]; /* ab: one per pair, in the order of
                                                                  the run, stage 1 first */
    size_t stage1, stage2;                                     /* ab: differences of each stage */
    size_t slots[2];          /* compare: usable slots of baseline and candidate */
    double effect;            /* shift of logarithms; NAN if not measured, like the figures below */
    double low, high;         /* 90 % interval of the effect; `high` is the one-sided 95 % bound */
    double p_worse, p_better; /* one-sided p values for worse and for better */
    double adjusted_worse, adjusted_better; /* adjusted over the family; NAN: only stage 1 */
    double smallest;                        /* effect that would nearly always have been detected */
    enum gate_verdict verdict;
    struct gate_reason reason; /* why, if the verdict needs an explanation */
};

/* A whole comparison. */
struct gate_report {
    const char *command;            /* "ab" or "compare" */
    char baseline[GATE_NAME_SIZE];  /* name of the baseline: "epoll", "main (1a2b3c4d5e6f)" */
    char candidate[GATE_NAME_SIZE]; /* name of the candidate */
    struct gate_row *rows;          /* ordered by cell; owned */
    size_t row_count;
    struct gate_losses *losses; /* slots of each cell that was compared; owned */
    size_t loss_count;
    double p_failed;           /* p of the candidate's failed slots; see gate_judge_losses */
    double p_saturated;        /* p of the candidate's saturated slots */
    bool has_control;          /* ab: there is a control */
    struct gate_row control;   /* comparison of the baseline with a copy of it */
    bool invalid;              /* no conclusion is possible */
    struct gate_reason reason; /* why it is invalid */
    struct gate_reason note;   /* advice to the reader: "advisory: ..." */
    bool advisory;             /* compare without --gate: a regression does not fail */
    double duration_s;         /* ab: time taken; NAN: compare */
    double budget_s;           /* ab: longest time; NAN: compare */
    uint64_t seed;             /* ab: for order of slots and arrivals */
    char result[PATH_SIZE];    /* ab: file with all slots; empty: none */
};

/* Whether stage 2 decides a paired row. */
bool gate_in_stage2(const struct gate_row *row);

/* Fills effect, interval, p values and smallest visible effect of a paired row. Uses the
 * differences of stage 2 if gate_in_stage2, otherwise those of stage 1. */
void gate_estimate(struct gate_row *row);

/* Whether an estimated row looks worse (or better), and should go to stage 2. */
bool gate_looks_worse(const struct gate_row *row);
bool gate_looks_better(const struct gate_row *row);

/* Whether a row regressed because the candidate lost slots, and not by its figures. */
bool gate_regressed_by_losses(const struct gate_row *row);

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
