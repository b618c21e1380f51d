/* gate.c - the rules that decide a comparison.
 * Invariant: gate_decide uses only the figures of the rows, so recorded pairs give the same
 * verdicts. */
#include "bench/gate/gate.h"

#include "base/memory.h"

#include "bench/gate/reliability.h"
#include "bench/stats/stats.h"
#include "bench/support/reason.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GOES_ON_P 0.10    /* p that leads to stage 2; generous, because stage 2 decides by itself */
#define SHIFT_CELLS_MIN 5 /* fewer cells may all shift one way by chance */
#define SHIFT_SHARE 0.75  /* share of cells that must shift */

const char *const gate_verdict_names[GATE_VERDICTS] = {
    [GATE_UNDECIDED] = "UNDECIDED",
    [GATE_PASS] = "PASS",
    [GATE_IMPROVED] = "IMPROVED",
    [GATE_REGRESSED] = "REGRESSED",
    [GATE_INCONCLUSIVE] = "INCONCLUSIVE",
    [GATE_NOT_MEASURED] = "NOT MEASURED",
    [GATE_INCOMPARABLE] = "INCOMPARABLE",
    [GATE_IDENTICAL] = "IDENTICAL",
    [GATE_NEW] = "NEW",
};

enum gate_verdict gate_verdict_read(const char *word) {
    int found = 0;
    while (found < GATE_VERDICTS && strcmp(gate_verdict_names[found], word) != 0) found++;
    return (enum gate_verdict)found;
}

static double limit_of(const struct gate_row *row) {
    return log1p(metrics[row->metric].limit);
}

/* Half of the limit: a smaller effect does not lead to stage 2. */
static double hint_of(const struct gate_row *row) {
    return log1p(metrics[row->metric].limit / 2);
}

bool gate_in_stage2(const struct gate_row *row) {
    return row->stage2 >= GATE_PAIRS_MIN;
}

void gate_estimate(struct gate_row *row) {
    row->effect = row->low = row->high = row->p_worse = row->p_better = NAN;
    row->adjusted_worse = row->adjusted_better = row->smallest = NAN;
    const double *d = row->differences + (gate_in_stage2(row) ? row->stage1 : 0);
    size_t count = gate_in_stage2(row) ? row->stage2 : row->stage1;
    if (count < GATE_PAIRS_MIN) return;
    struct stats_interval interval = stats_paired_interval(d, count, GATE_INTERVAL_LEVEL);
    row->effect = stats_paired_shift(d, count);
    row->low = interval.low;
    row->high = interval.high;
    row->p_worse = stats_paired_p(d, count, STATS_GREATER);
    row->p_better = stats_paired_p(d, count, STATS_LESS);
    row->smallest = GATE_VISIBLE_DEVIATIONS * stats_deviation(d, count) / sqrt((double)count);
}

bool gate_looks_worse(const struct gate_row *row) {
    return row->p_worse <= GOES_ON_P && row->effect >= hint_of(row); /* false for NAN */
}

bool gate_looks_better(const struct gate_row *row) {
    return row->p_better <= GOES_ON_P && row->effect <= -hint_of(row);
}

/* Whether a row can prove a change: it has a stage 2, or it belongs to compare. */
static bool proves(const struct gate_row *row) {
    return row->verdict == GATE_UNDECIDED && isfinite(row->effect) &&
           (gate_in_stage2(row) || row->slots[0] > 0);
}

static void adjust(struct gate_report *report) {
    size_t count = 0;
    double *worse = calloc(report->row_count + 1, sizeof *worse);
    double *better = calloc(report->row_count + 1, sizeof *better);
    MEMORY_CHECK(worse && better);
    for (size_t i = 0; i < report->row_count; i++) {
        const struct gate_row *row = &report->rows[i];
        if (!proves(row)) continue;
        worse[count] = row->p_worse;
        better[count++] = row->p_better;
    }
    stats_holm(worse, worse, count);
    stats_holm(better, better, count);
    for (size_t i = report->row_count; i-- > 0;) {
        struct gate_row *row = &report->rows[i];
        if (!proves(row)) continue;
        row->adjusted_worse = worse[--count];
        row->adjusted_better = better[count];
    }
    free(worse);
    free(better);
}

static enum gate_verdict judge(struct gate_row *row) {
    double limit = limit_of(row);
    if (!isfinite(row->effect)) return GATE_NOT_MEASURED;
    if (row->adjusted_worse <= GATE_ALPHA && row->effect >= limit) return GATE_REGRESSED;
    if (row->adjusted_better <= GATE_ALPHA && row->effect <= -limit) return GATE_IMPROVED;
    if (!proves(row) && gate_looks_worse(row)) {
        if (row->stage2)
            gate_reason_set(&row->reason, GATE_STAGE2_SHORT,
                            "it looked worse, but stage 2 gave only %zu of %d pairs", row->stage2,
                            GATE_STAGE2_PAIRS);
        else
            gate_reason_set(&row->reason, GATE_BUDGET,
                            "budget: it looked worse, and there was no time for a second stage");
        return GATE_INCONCLUSIVE;
    }
    return row->high < limit ? GATE_PASS : GATE_INCONCLUSIVE;
}

void gate_decide(struct gate_report *report) {
    gate_judge_losses(report);
    adjust(report);
    for (size_t i = 0; i < report->row_count; i++) {
        struct gate_row *row = &report->rows[i];
        if (row->verdict == GATE_UNDECIDED) row->verdict = judge(row);
    }
}

/* ---- the control ---- */

/* Whether the first metric of most cells shifted in the direction of `sign`, by half its limit or
 * more. */
static bool all_shift(const struct gate_report *report, double sign) {
    size_t cells = 0, shifted = 0;
    const char *last = "";
    for (size_t i = 0; i < report->row_count; i++) {
        const struct gate_row *row = &report->rows[i];
        if (!isfinite(row->effect) || strcmp(row->cell, last) == 0) continue;
        last = row->cell;
        cells++;
        shifted += sign * row->effect >= hint_of(row);
    }
    return cells >= SHIFT_CELLS_MIN && (double)shifted >= SHIFT_SHARE * (double)cells;
}

/* Judges the control. Returns whether it passes, and if not the reason of the report. */
static bool control_passes(struct gate_report *report) {
    struct gate_row *control = &report->control;
    double p = 2 * fmin(control->p_worse, control->p_better);
    double size = fabs(control->effect), sign = control->effect < 0 ? -1 : 1;
    control->verdict = GATE_INCONCLUSIVE;
    if (!isfinite(control->effect)) {
        control->verdict = GATE_NOT_MEASURED;
        gate_reason_set(&report->reason, GATE_CONTROL_NOT_MEASURED,
                        "the control was not measured: %.250s",
                        *control->reason.text ? control->reason.text : "too few pairs");
    } else if (size >= hint_of(control) && p <= GATE_ALPHA) {
        gate_reason_set(
            &report->reason, GATE_CONTROL_SHIFTED,
            "the control shifted: the baseline and its own copy differ by %.1f %% (p %.2g)",
            100 * expm1(size), p);
    } else if (size >= hint_of(control) && all_shift(report, sign)) {
        gate_reason_set(&report->reason, GATE_ALL_SHIFTED,
                        "nearly all cells shifted one way, and the control with them, by %.1f %%",
                        100 * expm1(size));
    } else {
        control->verdict = GATE_PASS;
    }
    return control->verdict == GATE_PASS;
}

/* Whether the machine cannot have caused it, whatever speed it had. */
static bool stands(const struct gate_row *row) {
    return row->verdict == GATE_REGRESSED && row->reason.code == GATE_RELIABILITY;
}

static bool any_stands(const struct gate_report *report) {
    for (size_t i = 0; i < report->row_count; i++)
        if (stands(&report->rows[i])) return true;
    return false;
}

/* Takes back the verdicts that rest on figures and on the capacity. */
static void void_figures(struct gate_report *report) {
    for (size_t i = 0; i < report->row_count; i++) {
        struct gate_row *row = &report->rows[i];
        bool measured = isfinite(row->effect) || row->reason.code == GATE_CAPACITY;
        if (!measured || stands(row)) continue;
        row->verdict = GATE_NOT_MEASURED;
        row->reason = report->reason;
    }
}

void gate_check_control(struct gate_report *report) {
    if (!report->has_control || report->invalid || control_passes(report)) return;
    if (!any_stands(report)) {
        report->invalid = true;
        return;
    }
    void_figures(report);
    report->reason = (struct gate_reason){.code = GATE_NO_REASON};
}

/* ---- the exit code ---- */

enum gate_fail_on gate_fail_on_read(const char *word) {
    if (strcmp(word, "never") == 0) return GATE_FAIL_NEVER;
    return strcmp(word, "inconclusive") == 0 ? GATE_FAIL_INCONCLUSIVE : GATE_FAIL_REGRESSION;
}

static int because(int code, struct reason *why, const char *text) {
    reason_set(why, "%s", text);
    return code;
}

/* Describes the first gated row with this verdict in `why`, and counts the others. Rows that
 * regressed by losses come first. Returns `code`, or 0 if there is none. */
static int because_of_row(const struct gate_report *report, enum gate_verdict verdict, int code,
                          struct reason *why) {
    const struct gate_row *first = NULL;
    size_t count = 0;
    char more[32] = "";
    for (size_t i = 0; i < report->row_count; i++) {
        const struct gate_row *row = &report->rows[i];
        if (!row->gated || row->verdict != verdict) continue;
        if (!count++ || (gate_regressed_by_losses(row) && !gate_regressed_by_losses(first)))
            first = row;
    }
    if (!first) return 0;
    if (count > 1) snprintf(more, sizeof more, "; and %zu more", count - 1);
    const struct metric_facts *metric = &metrics[first->metric];
    if (gate_regressed_by_losses(first))
        reason_set(why, "%s: %s%s", first->cell, first->reason.text, more);
    else if (verdict == GATE_REGRESSED)
        reason_set(why, "%s: %s %+.1f %%%s", first->cell, metric->title,
                   100 * expm1(metric->larger_is_better ? -first->effect : first->effect), more);
    else
        reason_set(why, "%s: %s: %s%s%s%s", first->cell, metric->title, gate_verdict_names[verdict],
                   *first->reason.text ? ": " : "", first->reason.text, more);
    return code;
}

static size_t count_gated(const struct gate_report *report, enum gate_verdict verdict) {
    size_t count = 0;
    for (size_t i = 0; i < report->row_count; i++)
        count += report->rows[i].gated &&
                 (verdict == GATE_VERDICTS || report->rows[i].verdict == verdict);
    return count;
}

static size_t count_all(const struct gate_report *report, enum gate_verdict verdict) {
    size_t count = 0;
    for (size_t i = 0; i < report->row_count; i++) count += report->rows[i].verdict == verdict;
    return count;
}

/* Whether a gated row regressed for this reason. */
static bool regressed_by(const struct gate_report *report, enum gate_code code) {
    for (size_t i = 0; i < report->row_count; i++) {
        const struct gate_row *row = &report->rows[i];
        if (row->verdict == GATE_REGRESSED && row->gated && row->reason.code == code) return true;
    }
    return false;
}

/* Returns 3 if the report shows nothing about the candidate, otherwise 0. */
static int nothing_shown(const struct gate_report *report, struct reason *why) {
    size_t gated = count_gated(report, GATE_VERDICTS);
    size_t identical = count_all(report, GATE_IDENTICAL), new = count_all(report, GATE_NEW);
    bool files = strcmp(report->command, "compare") == 0;
    if (files && identical && because_of_row(report, GATE_IDENTICAL, 3, why)) return 3;
    if (new == report->row_count)
        return because(3, why, "nothing was compared: the baseline has none of these figures");
    if (!gated && identical + new < report->row_count)
        return because(3, why, "no figure could be gated");
    if (gated && count_gated(report, GATE_INCONCLUSIVE) == gated)
        return because(3, why, "every figure is inconclusive: the machine is too noisy");
    return 0;
}

int gate_exit_code(const struct gate_report *report, enum gate_fail_on fail_on,
                   struct reason *why) {
    *why->text = '\0';
    if (report->invalid) return because(3, why, report->reason.text);
    if (report->row_count == 0) return because(3, why, "nothing was compared");
    bool fails = fail_on != GATE_FAIL_NEVER && !report->advisory;
    bool breaks = fail_on != GATE_FAIL_NEVER && regressed_by(report, GATE_RELIABILITY);
    if ((fails || breaks) && because_of_row(report, GATE_REGRESSED, 1, why)) return 1;
    if (fails && fail_on == GATE_FAIL_INCONCLUSIVE &&
        because_of_row(report, GATE_INCONCLUSIVE, 1, why))
        return 1;
    if (because_of_row(report, GATE_NOT_MEASURED, 3, why)) return 3;
    if (because_of_row(report, GATE_INCOMPARABLE, 3, why)) return 3;
    return nothing_shown(report, why);
}
