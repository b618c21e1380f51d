/* compare.c - matches the cells of both sides, collects their figures and estimates shifts.
 * Invariant: every metric that the load of a cell has gets a row, measured or not. A metric that
 * both sides lack gets none. */
#include "bench/gate/compare.h"

#include "base/check.h"
#include "base/utf8.h"

#include "bench/gate/alike.h"
#include "bench/gate/figures.h"
#include "bench/result/sample_facts.h"
#include "bench/stats/stats.h"
#include "bench/support/format.h"
#include "bench/support/json_path.h"
#include "bench/support/reason.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REASONS_MAX = 16 };

/* ---- the figures of a row ---- */

struct figures {
    double *values; /* figures of the usable slots; owned */
    size_t count;
    size_t slots;        /* all slots */
    size_t of_server;    /* slots whose figure is the server's, including invalid ones */
    size_t lacking;      /* slots of an iobench version without the metric */
    size_t of_generator; /* slots whose figure may be the load generator's */
};

/* Reasons why slots do not count, with their numbers. */
struct reasons {
    struct gate_reason first[REASONS_MAX]; /* first reason of each kind */
    size_t counts[REASONS_MAX];            /* slots with that kind of reason */
    size_t used;                           /* kinds */
};

/* Whether two reasons are of one kind. Their texts may contain different figures. */
static bool same_kind(const struct gate_reason *a, const struct gate_reason *b) {
    return a->code == b->code && (a->code != GATE_SLOT_INVALID || a->slot == b->slot);
}

static void count_reason(struct reasons *reasons, const struct gate_reason *reason) {
    size_t i = 0;
    if (reason->code == GATE_NO_REASON) return;
    while (i < reasons->used && !same_kind(&reasons->first[i], reason)) i++;
    if (i == REASONS_MAX) return;
    if (i == reasons->used) reasons->first[reasons->used++] = *reason;
    reasons->counts[i]++;
}

/* The most frequent reason; NULL if there is none. */
static const struct gate_reason *commonest(const struct reasons *reasons) {
    size_t best = 0;
    for (size_t i = 1; i < reasons->used; i++)
        if (reasons->counts[i] > reasons->counts[best]) best = i;
    return reasons->used ? &reasons->first[best] : NULL;
}

/* Whether the load generator may have limited the figure; see "bound" in docs/method.md. */
static bool shows_generator(enum metric metric, const cJSON *slot) {
    enum bound bound = sample_bound(slot);
    if (!sample_usable(slot)) return false;
    if (!metric_is_capacity(metric)) return bound == BOUND_CLIENT;
    return bound != BOUND_SERVER && bound != BOUND_NONE;
}

static void add_slot(struct figures *f, enum metric metric, const cJSON *scenario,
                     const cJSON *slot, struct reasons *reasons) {
    struct gate_reason why;
    double value = gate_figure(metric, scenario, slot, &why);
    bool generator = shows_generator(metric, slot);
    f->slots++;
    f->lacking += metric_lacking(metric, slot);
    f->of_generator += generator;
    f->of_server += !generator;
    if (isnan(value))
        count_reason(reasons, &why);
    else
        f->values[f->count++] = value;
}

static struct figures collect(const struct side *side, const struct gate_row *row,
                              struct reasons *reasons) {
    struct figures f = {0};
    for (size_t i = 0; i < side->count; i++) {
        const cJSON *cell = side_cell(side->files[i], row->cell), *slot;
        const cJSON *samples = json_item(cell, "samples");
        double *grown =
            realloc(f.values, (f.slots + (size_t)cJSON_GetArraySize(samples) + 1) * sizeof *grown);
        CHECK(grown);
        f.values = grown;
        cJSON_ArrayForEach(slot, samples)
            add_slot(&f, row->metric, json_item(cell, "scenario"), slot, reasons);
    }
    return f;
}

static void estimate(struct gate_row *row, struct figures sides[SIDES]) {
    double sign = metrics[row->metric].larger_is_better ? -1 : 1, squares = 0;
    for (int s = 0; s < SIDES; s++) {
        for (size_t i = 0; i < sides[s].count; i++)
            sides[s].values[i] = sign * log(sides[s].values[i]);
        squares +=
            pow(stats_deviation(sides[s].values, sides[s].count), 2) * (double)(sides[s].count - 1);
    }
    const double *left = sides[SIDE_BASELINE].values, *right = sides[SIDE_CANDIDATE].values;
    size_t n = sides[SIDE_BASELINE].count, m = sides[SIDE_CANDIDATE].count;
    struct stats_interval interval = stats_shift_interval(left, n, right, m, GATE_INTERVAL_LEVEL);
    row->effect = stats_shift(left, n, right, m);
    row->low = interval.low;
    row->high = interval.high;
    row->p_worse = stats_rank_sum_p(left, n, right, m, STATS_GREATER);
    row->p_better = stats_rank_sum_p(left, n, right, m, STATS_LESS);
    row->smallest = GATE_VISIBLE_DEVIATIONS * sqrt(squares / (double)(n + m - 2)) *
                    sqrt(1 / (double)n + 1 / (double)m);
}

static void say_too_few(struct gate_row *row, const struct figures sides[SIDES],
                        const struct reasons *reasons) {
    bool too_short = false;
    for (int s = 0; s < SIDES; s++) too_short = too_short || sides[s].slots < GATE_PAIRS_MIN;
    const struct gate_reason *why = commonest(reasons);
    gate_reason_set(&row->reason, why ? why->code : GATE_TOO_FEW_SLOTS,
                    "%zu and %zu usable slots, %d per side are needed%s%s%.159s",
                    row->slots[SIDE_BASELINE], row->slots[SIDE_CANDIDATE], GATE_PAIRS_MIN,
                    too_short ? ": --repeats 8" : "", why ? "; mostly: " : "",
                    why ? why->text : "");
    if (why) row->reason.slot = why->slot;
}

/* Fills the figures of a row. Returns false if neither side knows the metric; the row is then
 * dropped. */
static bool measure(struct gate_row *row, const struct side sides[SIDES]) {
    struct figures figures[SIDES];
    struct reasons reasons = {.used = 0};
    double medians[SIDES];
    bool lacks[SIDES];
    bool enough = true;
    for (int s = 0; s < SIDES; s++) {
        figures[s] = collect(&sides[s], row, &reasons);
        row->slots[s] = figures[s].count;
        medians[s] = figures[s].count ? stats_median(figures[s].values, figures[s].count) : NAN;
        enough = enough && figures[s].count >= GATE_PAIRS_MIN;
        lacks[s] = figures[s].lacking && !figures[s].count;
    }
    row->baseline = medians[SIDE_BASELINE];
    row->candidate = medians[SIDE_CANDIDATE];
    /* not gated if the baseline's figure is mostly the load generator's */
    row->gated = figures[SIDE_BASELINE].of_generator <= figures[SIDE_BASELINE].of_server;
    if (lacks[SIDE_BASELINE]) {
        row->verdict = GATE_NEW;
        row->gated = false;
        gate_reason_set(&row->reason, GATE_NEW_METRIC, GATE_NEW_METRIC_TEXT);
    } else if (row->verdict != GATE_UNDECIDED) {
        ; /* judge_cell has decided; the medians are for information */
    } else if (enough) {
        estimate(row, figures);
    } else {
        say_too_few(row, figures, &reasons);
    }
    for (int s = 0; s < SIDES; s++) free(figures[s].values);
    return !(lacks[SIDE_BASELINE] && lacks[SIDE_CANDIDATE]);
}

/* ---- the rows of a cell ---- */

/* Input and output of a comparison. */
struct job {
    const struct side *sides;
    unsigned vary;              /* keys that may differ */
    bool one_system;            /* all ran on one operating system */
    bool complete;              /* all sessions ran to their end */
    struct gate_report *report; /* receives the rows */
};

/* State that all rows of a cell share. */
struct cell_state {
    const cJSON *scenario;      /* scenario in the first session that has the cell */
    size_t measured[SIDES];     /* sessions of the side that have slots of it */
    const char *lacking[SIDES]; /* the first session of the side that has none: its path; or NULL */
    const char *skipped[SIDES]; /* why that session skipped it; NULL: it was not planned there */
    enum gate_verdict verdict;  /* GATE_UNDECIDED: the figures decide */
    bool gated;                 /* the figures of a row can still clear it */
    struct gate_reason reason;  /* why, if the verdict needs an explanation */
};

/* Whether a slot of the cell is on both sides. */
static bool identical(const struct job *job, const char *id) {
    const struct side *left = &job->sides[SIDE_BASELINE], *right = &job->sides[SIDE_CANDIDATE];
    for (size_t i = 0; i < left->count; i++)
        for (size_t k = 0; k < right->count; k++)
            if (side_share_slot(left->files[i], right->files[k], id)) return true;
    return false;
}

static void look_for_cell(struct cell_state *state, const struct job *job, const char *id) {
    for (int s = 0; s < SIDES; s++)
        for (size_t i = 0; i < job->sides[s].count; i++) {
            const cJSON *cell = side_cell(job->sides[s].files[i], id);
            if (cell && !state->scenario) state->scenario = json_item(cell, "scenario");
            if (json_item(cell, "samples")) {
                state->measured[s]++;
            } else if (!state->lacking[s]) {
                state->lacking[s] = job->sides[s].paths[i];
                state->skipped[s] = json_text(cell, "skipped.reason");
            }
        }
}

/* Decides a cell that one side or both did not measure, in any of their sessions. */
static void judge_missing(struct cell_state *state, const struct job *job) {
    int side = state->measured[SIDE_BASELINE] ? SIDE_CANDIDATE : SIDE_BASELINE;
    bool nowhere = !state->measured[SIDE_BASELINE] && !state->measured[SIDE_CANDIDATE];
    bool new = !nowhere &&side == SIDE_BASELINE && job->complete;
    state->verdict = new ? GATE_NEW : GATE_NOT_MEASURED;
    /* not gated if the cell cannot run on this machine; an interrupted session might have run it */
    state->gated = !new && !(nowhere && job->complete);
    if (state->skipped[side])
        gate_reason_set(&state->reason, GATE_SKIPPED, "skipped%s%s: %s", nowhere ? "" : " by the ",
                        nowhere ? "" : side_names[side], state->skipped[side]);
    else if (!new)
        gate_reason_set(&state->reason, GATE_ABSENT, "the %s does not have this cell",
                        side_names[side]);
}

/* Decides a cell that a session of a side lacks, although another session of the side has it. */
static void judge_incomplete(struct cell_state *state, int side) {
    state->verdict = GATE_NOT_MEASURED;
    if (state->skipped[side])
        gate_reason_set(&state->reason, GATE_SKIPPED, "skipped by a session of the %s, %.100s: %s",
                        side_names[side], state->lacking[side], state->skipped[side]);
    else
        gate_reason_set(&state->reason, GATE_ABSENT,
                        "a session of the %s does not have this cell: %.200s", side_names[side],
                        state->lacking[side]);
}

static void judge_cell(struct cell_state *state, const struct job *job, const char *id) {
    struct reason difference;
    look_for_cell(state, job, id);
    state->verdict = GATE_UNDECIDED;
    state->gated = true;
    if (!job->one_system) {
        state->verdict = GATE_INCOMPARABLE;
        gate_reason_set(&state->reason, GATE_OTHER_SYSTEM, "%s", ALIKE_ACROSS_SYSTEMS);
    } else if (!state->measured[SIDE_BASELINE] || !state->measured[SIDE_CANDIDATE]) {
        judge_missing(state, job);
    } else if (state->lacking[SIDE_BASELINE] || state->lacking[SIDE_CANDIDATE]) {
        judge_incomplete(state, state->lacking[SIDE_CANDIDATE] ? SIDE_CANDIDATE : SIDE_BASELINE);
    } else if (identical(job, id)) {
        state->verdict = GATE_IDENTICAL;
        gate_reason_set(&state->reason, GATE_SAME_SLOTS,
                        "both sides hold the same slots, so there is nothing to compare");
    } else if (!alike_cell(job->sides, id, job->vary, &difference)) {
        state->verdict = GATE_INCOMPARABLE;
        gate_reason_set(&state->reason, GATE_CONDITIONS_DIFFER, "%s", difference.text);
    }
}

/* Whether the sides had different rates, which --vary may allow. */
static bool rates_differ(const struct job *job, const char *id) {
    double rates[SIDES];
    for (int s = 0; s < SIDES; s++)
        rates[s] = json_number(side_cell(job->sides[s].files[0], id), "scenario.rate_per_s");
    return rates[0] > rates[1] || rates[0] < rates[1];
}

/* Counts the slots of a cell on both sides. Returns whether the candidate lost any that the cell
 * must explain, even if none of its metrics is compared. */
static bool count_losses(const struct job *job, const char *id) {
    struct gate_report *report = job->report;
    struct gate_losses *grown =
        realloc(report->losses, (report->loss_count + 1) * sizeof *report->losses);
    CHECK(grown);
    report->losses = grown;
    struct gate_losses *losses = &grown[report->loss_count++];
    *losses = (struct gate_losses){.cell = ""};
    snprintf(losses->cell, sizeof losses->cell, "%s", id);
    bool apart = rates_differ(job, id);
    for (int s = 0; s < SIDES; s++)
        for (size_t i = 0; i < job->sides[s].count; i++) {
            const cJSON *cell = side_cell(job->sides[s].files[i], id), *sample;
            cJSON_ArrayForEach(sample, json_item(cell, "samples")) {
                struct gate_slot slot;
                gate_slot_read(&slot, json_item(cell, "scenario"), sample);
                /* at another rate it says nothing about the capacity */
                if (slot.loss == LOSS_SATURATED && apart) slot.loss = LOSS_DISTURBED;
                gate_losses_add(losses, s, &slot);
            }
        }
    const size_t *lost = losses->sides[SIDE_CANDIDATE].lost;
    return lost[LOSS_FAILED] + lost[LOSS_SATURATED] > 0;
}

static struct gate_row *new_row(struct gate_report *report, const char *id, enum metric metric) {
    struct gate_row *grown = realloc(report->rows, (report->row_count + 1) * sizeof *grown);
    CHECK(grown);
    report->rows = grown;
    struct gate_row *row = &grown[report->row_count++];
    *row = (struct gate_row){.metric = metric};
    snprintf(row->cell, sizeof row->cell, "%s", id);
    row->effect = row->low = row->high = row->p_worse = row->p_better = NAN;
    row->adjusted_worse = row->adjusted_better = row->smallest = NAN;
    return row;
}

static void add_cell(const struct job *job, const char *id) {
    struct cell_state state = {0};
    size_t before = job->report->row_count;
    judge_cell(&state, job, id);
    bool broken = state.verdict == GATE_UNDECIDED && count_losses(job, id);
    for (enum metric metric = 0; metric < METRICS; metric++) {
        if (!metric_gated(metric, METRIC_COMPARE, state.scenario)) continue;
        struct gate_row *row = new_row(job->report, id, metric);
        row->verdict = state.verdict;
        row->reason = state.reason;
        if (!measure(row, job->sides))
            job->report->row_count--;
        else
            row->gated = (row->gated || row->verdict == GATE_IDENTICAL) && state.gated;
    }
    bool apart = state.verdict == GATE_NOT_MEASURED || state.verdict == GATE_INCOMPARABLE;
    if ((!broken && !apart) || job->report->row_count > before) return;
    /* no metric of this load is compared; this row only tells what happened to its slots */
    struct gate_row *row = new_row(job->report, id, METRIC_THROUGHPUT);
    row->baseline = row->candidate = NAN;
    row->verdict = state.verdict;
    row->reason = state.reason;
    row->gated = apart && state.gated;
    if (!apart) gate_reason_set(&row->reason, GATE_SLOT_INVALID, "slots of the candidate failed");
}

/* Whether an earlier file has the cell. Files of the baseline come first. */
static bool seen(const struct job *job, int side, size_t file, const char *id) {
    for (int s = 0; s <= side; s++)
        for (size_t i = 0; i < (s < side ? job->sides[s].count : file); i++)
            if (side_cell(job->sides[s].files[i], id)) return true;
    return false;
}

/* ---- the report ---- */

static void name_side(char name[GATE_NAME_SIZE], const struct side *side) {
    snprintf(name, GATE_NAME_SIZE, "%s", side->paths[0]);
    utf8_clean(name);
    if (side->count > 1) format_append(name, GATE_NAME_SIZE, " and %zu more", side->count - 1);
}

static bool any_gated(const struct gate_report *report) {
    for (size_t i = 0; i < report->row_count; i++)
        if (report->rows[i].gated) return true;
    return false;
}

static bool all_complete(const struct side sides[SIDES]) {
    for (int s = 0; s < SIDES; s++)
        for (size_t i = 0; i < sides[s].count; i++)
            if (!cJSON_IsTrue(json_item(sides[s].files[i], "session.complete"))) return false;
    return true;
}

void compare_build(struct gate_report *report, const struct side sides[SIDES], unsigned vary,
                   bool gate) {
    const struct side *left = &sides[SIDE_BASELINE], *right = &sides[SIDE_CANDIDATE];
    struct job job = {.sides = sides,
                      .vary = vary,
                      .one_system = alike_system(sides),
                      .complete = all_complete(sides),
                      .report = report};
    *report = (struct gate_report){.command = "compare", .duration_s = NAN, .budget_s = NAN};
    name_side(report->baseline, left);
    name_side(report->candidate, right);
    for (int s = 0; s < SIDES; s++)
        for (size_t i = 0; i < sides[s].count; i++) {
            const cJSON *cell;
            cJSON_ArrayForEach(cell, json_item(sides[s].files[i], "cells")) {
                const char *id = json_text(cell, "id");
                if (!seen(&job, s, i, id)) add_cell(&job, id);
            }
        }
    gate_decide(report);
    if (report->row_count > 0 && !any_gated(report)) {
        report->invalid = true;
        gate_reason_set(&report->reason, GATE_NOTHING_GATED,
                        "no figure that shows the servers was measured on both sides");
    }
    report->advisory = !gate && (left->count < 2 || right->count < 2);
    if (report->advisory)
        gate_reason_set(
            &report->note, GATE_ADVISORY,
            "advisory: two sessions of one machine can differ by more than the spread of their "
            "slots; a slower candidate fails only with two sessions per side, or with --gate");
}

void compare_clear(struct gate_report *report) {
    free(report->rows);
    free(report->losses);
    report->rows = NULL;
    report->losses = NULL;
    report->row_count = report->loss_count = 0;
}
