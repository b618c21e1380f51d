/* report.h - a comparison while it is decided: its rows, its lost slots and the limits of the
 * rules. Invariant: an effect is a difference of logarithms; a larger one is worse. */
#ifndef BENCH_GATE_REPORT_H
#define BENCH_GATE_REPORT_H

#include "bench/gate/gate_reason.h"
#include "bench/gate/losses.h"
#include "bench/result/metrics.h"
#include "bench/suite/plan.h"
#include "bench/support/paths.h"

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

#endif
