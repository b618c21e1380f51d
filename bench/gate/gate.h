/* gate.h - decides whether a candidate is worse than its baseline. Pure: differences in, verdicts
 * out; who measures (ab) and who reads files (compare) fill the rows, who prints reads them.
 * Invariant: a row that was not measured is never PASS; an effect is a difference of logarithms,
 * signed so that larger is worse. The rules are those of docs/method.md. */
#ifndef BENCH_GATE_GATE_H
#define BENCH_GATE_GATE_H

#include "bench/gate/gate_reason.h"
#include "bench/result/metrics.h"
#include "bench/suite/plan.h"
#include "bench/support/paths.h"
#include "bench/support/reason.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GATE_STAGE1_PAIRS 8
#define GATE_STAGE2_PAIRS 24
#define GATE_PAIRS_MIN 8 /* fewer decide nothing; of compare: slots a side */
#define GATE_NAME_SIZE 256
#define GATE_ALPHA 0.01          /* a regression's p, adjusted over its family, is at most this */
#define GATE_INTERVAL_LEVEL 0.90 /* its upper end is the one-sided bound of 95 % */
#define GATE_VISIBLE_DEVIATIONS                                                                    \
    3.7 /* standard errors; in a family of a few, such an effect is                                \
           found with 90 % probability */

enum gate_verdict {
    GATE_UNDECIDED,    /* before gate_decide; never after it */
    GATE_PASS,         /* not worse by tau, with 95 % confidence */
    GATE_IMPROVED,     /* REGRESSED's mirror */
    GATE_REGRESSED,    /* worse by tau or more, with p <= GATE_ALPHA in its family */
    GATE_INCONCLUSIVE, /* neither can be said; gate_row.smallest is what could have been seen */
    GATE_NOT_MEASURED, /* too few usable slots; the reason says why */
    GATE_INCOMPARABLE, /* compare: what was measured differs in more than the candidate */
    GATE_IDENTICAL,    /* equal binaries and options: there is nothing to measure */
    GATE_NEW,          /* the baseline does not have it */
    GATE_VERDICTS
};
extern const char *const gate_verdict_names[GATE_VERDICTS]; /* "PASS", "IMPROVED", ... */

/* The verdict that a word means; GATE_VERDICTS for unknown words. */
enum gate_verdict gate_verdict_read(const char *word);

/* The text of GATE_NEW_METRIC. */
#define GATE_NEW_METRIC_TEXT "the baseline comes from a version without this figure"

/* One metric of one cell. */
struct gate_row {
    char cell[CELL_ID_SIZE];    /* id of the cell, without its arm: "epoll/closed/c50/..." */
    enum metric metric;         /* which figure */
    bool gated;                 /* it may turn the job red */
    double baseline, candidate; /* medians over the slots that count, in the metric's unit (per s,
                                   ns, per echo); NAN if there are none */
    double differences[GATE_STAGE1_PAIRS + GATE_STAGE2_PAIRS]; /* ab: of the pairs, in the order
                                     in which they ran, stage 1 first */
    size_t stage1, stage2;                                     /* ab: how many of each stage */
    size_t slots[2];          /* compare: slots of baseline and candidate */
    double effect;            /* shift of logarithms; NAN if not measured, so are the others */
    double low, high;         /* its 90 % interval: `high` is the one-sided 95 % bound */
    double p_worse, p_better; /* one-sided: how well "no difference" explains what speaks for
                                 worse and for better */
    double adjusted_worse, adjusted_better; /* the same, adjusted over the family; NAN: it has none
                                     because its verdict rests on stage 1 */
    double smallest;                        /* effect that would have been seen nearly always */
    enum gate_verdict verdict;              /* what follows */
    struct gate_reason reason;              /* of a verdict that needs one */
};

/* A whole comparison. */
struct gate_report {
    const char *command;            /* "ab" or "compare" */
    char baseline[GATE_NAME_SIZE];  /* what was compared: "epoll", "revision 1a2b3c4d5e6f" */
    char candidate[GATE_NAME_SIZE]; /* with what */
    struct gate_row *rows;          /* cell by cell; owned */
    size_t row_count;               /* how many */
    bool has_control;               /* ab: the baseline was also compared with a copy of it */
    struct gate_row control;        /* that comparison */
    bool invalid;                   /* nothing may be concluded, for `reason` */
    struct gate_reason reason;      /* of invalid */
    struct gate_reason note;        /* what a reader must know: "advisory: ..." */
    bool advisory;                  /* compare without --gate: never a regression's exit code */
    double duration_s;              /* that it took; NAN: compare */
    double budget_s;                /* that it had; NAN: compare */
    uint64_t seed;                  /* of orders and arrivals; ab */
    char result[PATH_SIZE];         /* ab: file with all slots; empty: none */
};

/* Whether a paired row was, or is to be, decided by its second stage. */
bool gate_in_stage2(const struct gate_row *row);

/* Fills effect, interval, p values and the smallest visible effect of a paired row from
 * `differences`: from those of stage 2 if gate_in_stage2, else of stage 1. */
void gate_estimate(struct gate_row *row);

/* Whether an estimated row is worth stage 2, because it looks worse, or better. */
bool gate_looks_worse(const struct gate_row *row);
bool gate_looks_better(const struct gate_row *row);

/* Gives every undecided row that was estimated its verdict; one without an effect becomes
 * NOT_MEASURED, and should have a reason. REGRESSED and IMPROVED come only from stage 2, or from
 * compare, and their family are all such rows; a row that looks worse after stage 1 and got no
 * second stage is INCONCLUSIVE for want of time. */
void gate_decide(struct gate_report *report);

/* Gives the control its verdict: PASS, or if it shifted, or all cells with it, or it was not
 * measured, another one; then the report is invalid. Call after gate_decide. */
void gate_check_control(struct gate_report *report);

enum gate_fail_on { GATE_FAIL_REGRESSION, GATE_FAIL_INCONCLUSIVE, GATE_FAIL_NEVER };

/* The words for them on a command line, and which one a word of these means. */
#define GATE_FAIL_ON_WORDS "regression|inconclusive|never"
enum gate_fail_on gate_fail_on_read(const char *word);

/* The exit code: 0 fine, 1 regressed (or inconclusive, if asked), 3 nothing trustworthy: invalid,
 * a gated row not measured or incomparable, all gated rows inconclusive, or no row at all. With 3
 * or 1 `why` gets one line. GATE_FAIL_NEVER turns 1 into 0, never 3. */
int gate_exit_code(const struct gate_report *report, enum gate_fail_on fail_on, struct reason *why);

#endif
