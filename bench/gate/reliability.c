/* reliability.c - compares the lost slots of both sides; see reliability.h.
 * Invariant: what the baseline loses never counts against the candidate. */
#include "bench/gate/reliability.h"

#include "base/memory.h"

#include "bench/stats/stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAILED_P 0.05 /* largest p of failures that are no chance */

/* What the candidate did. */
static const char *const fault_words[FAULTS] = {
    [FAULT_WRONG_ECHO] = "gave wrong answers",
    [FAULT_CRASH] = "crashed",
    [FAULT_LOST_CONNECTION] = "lost connections",
    [FAULT_UNANSWERED] = "left messages unanswered",
};

bool gate_regressed_by_losses(const struct gate_row *row) {
    return row->verdict == GATE_REGRESSED &&
           (row->reason.code == GATE_RELIABILITY || row->reason.code == GATE_CAPACITY);
}

/* p that the candidate (or, if `turned`, the baseline) has so many losses of a kind by chance. */
static double p_of(const struct gate_report *report, enum gate_loss loss, bool turned) {
    struct stats_table *tables = calloc(report->loss_count + 1, sizeof *tables);
    MEMORY_CHECK(tables);
    for (size_t i = 0; i < report->loss_count; i++) {
        struct stats_table t = gate_losses_table(&report->losses[i], loss);
        tables[i] =
            turned ? (struct stats_table){t.right_hits, t.right_trials, t.left_hits, t.left_trials}
                   : t;
    }
    double p = stats_hits_p(tables, report->loss_count);
    free(tables);
    return p;
}

/* ---- the decision ---- */

/* Whether the side has a larger share of these losses than the other one. */
static bool loses_more(const struct gate_losses *l, enum gate_loss loss, int side) {
    const struct gate_count *one = &l->sides[side], *other = &l->sides[!side];
    return one->lost[loss] * other->slots > other->lost[loss] * one->slots;
}

/* The kind of fault that the candidate shows in this cell and the baseline in no slot; FAULTS if
 * there is none. */
static enum gate_fault new_fault(const struct gate_losses *l, const struct gate_count *baseline) {
    int fault = 0;
    while (fault < FAULTS && (!l->sides[1].faults[fault] || baseline->faults[fault])) fault++;
    return (enum gate_fault)fault;
}

/* Decides the undecided rows of a cell. Rows with figures do not improve by losses. */
static void decide_rows(struct gate_report *report, const struct gate_losses *l,
                        enum gate_verdict verdict, const struct gate_reason *why) {
    for (size_t i = 0; i < report->row_count; i++) {
        struct gate_row *row = &report->rows[i];
        if (strcmp(row->cell, l->cell) != 0 || row->verdict != GATE_UNDECIDED) continue;
        if (verdict == GATE_IMPROVED && isfinite(row->effect)) continue;
        row->verdict = verdict;
        row->reason = *why;
        if (verdict == GATE_REGRESSED) row->gated = true;
    }
}

/* "the candidate WORDS in 3 of 8 slots, the baseline in 0 of 11" */
static void say(struct gate_reason *why, enum gate_code code, const char *words,
                const struct gate_losses *l, const size_t hits[2]) {
    gate_reason_set(
        why, code, "%s: the candidate %s in %zu of %zu slots, the baseline in %zu of %zu",
        gate_code_names[code], words, hits[1], l->sides[1].slots, hits[0], l->sides[0].slots);
}

/* Adds p and the slot's own words. */
static void say_more(struct gate_reason *why, double p, const struct gate_reason *slot) {
    struct gate_reason begin = *why;
    char of_chance[32] = "";
    if (!isnan(p)) snprintf(of_chance, sizeof of_chance, " (p %.2g)", p);
    gate_reason_set(why, begin.code, "%.170s%s%s%.110s", begin.text, of_chance,
                    *slot->text ? "; first: " : "", slot->text);
    why->slot = slot->slot;
}

static void judge_cell(struct gate_report *report, const struct gate_losses *l,
                       const struct gate_count *baseline, double p_better) {
    struct gate_reason why;
    const struct gate_count *left = &l->sides[0], *right = &l->sides[1];
    enum gate_fault fault = new_fault(l, baseline);
    if (fault != FAULTS) {
        say(&why, GATE_RELIABILITY, fault_words[fault], l,
            (size_t[2]){left->faults[fault], right->faults[fault]});
        say_more(&why, NAN, &l->why[LOSS_FAILED]);
        decide_rows(report, l, GATE_REGRESSED, &why);
    } else if (report->p_failed <= FAILED_P && loses_more(l, LOSS_FAILED, 1)) {
        say(&why, GATE_RELIABILITY, "failed", l,
            (size_t[2]){left->lost[LOSS_FAILED], right->lost[LOSS_FAILED]});
        say_more(&why, report->p_failed, &l->why[LOSS_FAILED]);
        decide_rows(report, l, GATE_REGRESSED, &why);
    } else if (report->p_saturated <= GATE_ALPHA && loses_more(l, LOSS_SATURATED, 1)) {
        say(&why, GATE_CAPACITY, "was saturated", l,
            (size_t[2]){left->lost[LOSS_SATURATED], right->lost[LOSS_SATURATED]});
        say_more(&why, report->p_saturated, &l->why[LOSS_SATURATED]);
        decide_rows(report, l, GATE_REGRESSED, &why);
    } else if (p_better <= GATE_ALPHA && loses_more(l, LOSS_SATURATED, 0) &&
               right->lost[LOSS_NONE] >= GATE_PAIRS_MIN) {
        say(&why, GATE_CAPACITY, "was saturated", l,
            (size_t[2]){left->lost[LOSS_SATURATED], right->lost[LOSS_SATURATED]});
        decide_rows(report, l, GATE_IMPROVED, &why);
    }
}

void gate_judge_losses(struct gate_report *report) {
    struct gate_count baseline = gate_losses_sum(report->losses, report->loss_count, 0);
    double p_better = p_of(report, LOSS_SATURATED, true);
    report->p_failed = p_of(report, LOSS_FAILED, false);
    report->p_saturated = p_of(report, LOSS_SATURATED, false);
    for (size_t i = 0; i < report->loss_count; i++)
        judge_cell(report, &report->losses[i], &baseline, p_better);
}
