/* losses.c - counts the lost slots of both sides and compares them; see losses.h.
 * Invariant: a slot that lost time to the machine proves nothing, except by wrong echoes, crashes
 * and broken connections, which no delay can cause. */
#include "bench/gate/losses.h"

#include "base/check.h"

#include "bench/gate/figures.h"
#include "bench/gate/gate.h"
#include "bench/result/sample_facts.h"
#include "bench/stats/stats.h"
#include "bench/support/json_path.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FAILED_P 0.05   /* largest p of failures that are no chance */
#define FAULTS_ENOUGH 3 /* faults of a kind in a cell after which more slots tell nothing new */

const char *const gate_loss_names[LOSSES] = {
    [LOSS_FAILED] = "failed", [LOSS_SATURATED] = "saturated", [LOSS_DISTURBED] = "disturbed"};

/* What the candidate did. */
static const char *const fault_words[FAULTS] = {
    [FAULT_WRONG_ECHO] = "gave wrong answers",
    [FAULT_CRASH] = "crashed",
    [FAULT_LOST_CONNECTION] = "lost connections",
    [FAULT_UNANSWERED] = "left messages unanswered",
};

/* ---- one slot ---- */

/* The index of the first reason with this code; -1 if there is none. */
static int find_code(const cJSON *sample, enum validity_code code) {
    for (int i = 0; i < sample_reasons(sample); i++)
        if (sample_code(sample, i) == code) return i;
    return -1;
}

/* The index of the first reason with this cause; -1 if there is none. An unknown code counts only
 * against a slot that is invalid. */
static int find_cause(const cJSON *sample, enum validity_cause cause) {
    for (int i = 0; i < sample_reasons(sample); i++) {
        enum validity_code code = sample_code(sample, i);
        bool known = code != VALIDITY_CODES || !sample_usable(sample);
        if (known && validity_cause(code) == cause) return i;
    }
    return -1;
}

/* Notes a fault if the slot has one of two codes, or if `count` is positive; the first fault of a
 * slot explains it. VALIDITY_CODES: no code. */
static void note(struct gate_slot *slot, enum gate_fault fault, const cJSON *sample,
                 const enum validity_code codes[2], double count) {
    int at = -1;
    for (int i = 0; i < 2 && at < 0; i++)
        if (codes[i] != VALIDITY_CODES) at = find_code(sample, codes[i]);
    if (at < 0 && !(count > 0)) return;
    slot->faults[fault] = true;
    if (slot->loss == LOSS_FAILED) return;
    slot->loss = LOSS_FAILED;
    if (at >= 0)
        gate_quote(&slot->why, GATE_RELIABILITY, sample, at);
    else
        gate_reason_set(&slot->why, GATE_RELIABILITY, "%.0f %s", count,
                        fault == FAULT_WRONG_ECHO        ? "wrong echoes"
                        : fault == FAULT_LOST_CONNECTION ? "lost connections"
                                                         : "messages without an answer");
}

static void note_faults(struct gate_slot *slot, const cJSON *scenario, const cJSON *sample) {
    static const enum validity_code wrong[2] = {VALIDITY_WRONG_ECHO, VALIDITY_TOTALS_DISAGREE};
    static const enum validity_code crash[2] = {VALIDITY_SERVER_DIED, VALIDITY_SERVER_NOT_READY};
    static const enum validity_code lost[2] = {VALIDITY_CONNECTIONS_LOST, VALIDITY_CODES};
    static const enum validity_code unanswered[2] = {VALIDITY_NO_MESSAGE, VALIDITY_CODES};
    const char *load = json_text(scenario, "load");
    note(slot, FAULT_WRONG_ECHO, sample, wrong, json_number(sample, "errors.mismatch"));
    note(slot, FAULT_CRASH, sample, crash, NAN);
    double broken = json_number(sample, "errors.reset") + json_number(sample, "errors.short");
    bool machine = find_cause(sample, CAUSE_MACHINE) >= 0;
    if (broken > 0 || !machine) note(slot, FAULT_LOST_CONNECTION, sample, lost, broken);
    if (machine) return;
    /* arrivals may find a full queue, and a saturated server leaves some messages */
    bool arrivals =
        (load && strcmp(load, "churn") == 0) || json_number(scenario, "newcomers_per_s") > 0;
    bool full = cJSON_IsTrue(json_item(scenario, "saturating")) ||
                find_code(sample, VALIDITY_SATURATED) >= 0;
    if (!arrivals && !full)
        note(slot, FAULT_UNANSWERED, sample, unanswered, json_number(sample, "errors.timeout"));
}

void gate_slot_read(struct gate_slot *slot, const cJSON *scenario, const cJSON *sample) {
    *slot = (struct gate_slot){.loss = LOSS_NONE};
    note_faults(slot, scenario, sample);
    if (slot->loss == LOSS_FAILED) return;
    int server = find_cause(sample, CAUSE_SERVER), at = server;
    bool machine = find_cause(sample, CAUSE_MACHINE) >= 0, usable = sample_usable(sample);
    int saturated = find_code(sample, VALIDITY_SATURATED);
    if (machine && !usable) {
        slot->loss = LOSS_DISTURBED;
        at = find_cause(sample, CAUSE_MACHINE);
    } else if (saturated >= 0) {
        slot->loss = LOSS_SATURATED;
        at = saturated;
    } else if (!machine && (server >= 0 || (!usable && sample_reasons(sample) == 0))) {
        slot->loss = LOSS_FAILED;
    } else if (!usable) {
        slot->loss = LOSS_DISTURBED;
        at = 0;
    }
    static const enum gate_code codes[LOSSES] = {[LOSS_FAILED] = GATE_RELIABILITY,
                                                 [LOSS_SATURATED] = GATE_CAPACITY,
                                                 [LOSS_DISTURBED] = GATE_SLOT_INVALID};
    if (slot->loss != LOSS_NONE) gate_quote(&slot->why, codes[slot->loss], sample, at);
}

bool gate_slot_faulty(const struct gate_slot *slot) {
    for (int f = 0; f < FAULTS; f++)
        if (slot->faults[f]) return true;
    return false;
}

/* ---- counts ---- */

void gate_losses_add(struct gate_losses *losses, int side, const struct gate_slot *slot) {
    struct gate_count *count = &losses->sides[side];
    count->slots++;
    count->lost[slot->loss]++;
    for (int f = 0; f < FAULTS; f++) count->faults[f] += slot->faults[f];
    if (side == 1 && slot->loss != LOSS_NONE && losses->why[slot->loss].code == GATE_NO_REASON)
        losses->why[slot->loss] = slot->why;
}

struct gate_count gate_losses_sum(const struct gate_report *report, int side) {
    struct gate_count sum = {0};
    for (size_t i = 0; i < report->loss_count; i++) {
        const struct gate_count *one = &report->losses[i].sides[side];
        sum.slots += one->slots;
        for (int k = 0; k < LOSSES; k++) sum.lost[k] += one->lost[k];
        for (int f = 0; f < FAULTS; f++) sum.faults[f] += one->faults[f];
    }
    return sum;
}

static struct stats_table table_of(const struct gate_losses *l, enum gate_loss loss) {
    return (struct stats_table){.left_hits = l->sides[0].lost[loss],
                                .left_trials = l->sides[0].slots,
                                .right_hits = l->sides[1].lost[loss],
                                .right_trials = l->sides[1].slots};
}

/* Slots that failed or were saturated. */
static struct stats_table table_of_both(const struct gate_losses *l) {
    struct stats_table failed = table_of(l, LOSS_FAILED), full = table_of(l, LOSS_SATURATED);
    failed.left_hits += full.left_hits;
    failed.right_hits += full.right_hits;
    return failed;
}

bool gate_losses_settled(const struct gate_losses *l) {
    struct stats_table both = table_of_both(l);
    for (int f = 0; f < FAULTS; f++)
        if (l->sides[1].faults[f] >= FAULTS_ENOUGH && !l->sides[0].faults[f]) return true;
    return stats_hits_p(&both, 1) <= GATE_ALPHA;
}

bool gate_losses_open(const struct gate_losses *l) {
    struct stats_table both = table_of_both(l);
    return both.right_hits * both.left_trials > both.left_hits * both.right_trials &&
           !gate_losses_settled(l);
}

/* p that the candidate (or, if `turned`, the baseline) has so many losses of a kind by chance. */
static double p_of(const struct gate_report *report, enum gate_loss loss, bool turned) {
    struct stats_table *tables = calloc(report->loss_count + 1, sizeof *tables);
    CHECK(tables);
    for (size_t i = 0; i < report->loss_count; i++) {
        struct stats_table t = table_of(&report->losses[i], loss);
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
    struct gate_count baseline = gate_losses_sum(report, 0);
    double p_better = p_of(report, LOSS_SATURATED, true);
    report->p_failed = p_of(report, LOSS_FAILED, false);
    report->p_saturated = p_of(report, LOSS_SATURATED, false);
    for (size_t i = 0; i < report->loss_count; i++)
        judge_cell(report, &report->losses[i], &baseline, p_better);
}
