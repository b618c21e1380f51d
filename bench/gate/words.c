/* words.c - formats figures and verdicts of a comparison.
 * Invariant: the conclusion is PASS only if no gated row offends. */
#include "bench/gate/words.h"

#include "base/utf8.h"

#include "bench/gate/reliability.h"
#include "bench/support/exit_code.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- figures ---- */

bool gate_is_paired(const struct gate_report *report) {
    return strcmp(report->command, "compare") != 0;
}

double gate_change(enum metric metric, double effect) {
    return expm1(metrics[metric].larger_is_better ? -effect : effect);
}

/* Formats a share in percent, without "%". */
static void format_percent(char text[FORMAT_SIZE], double share) {
    double percent = 100 * share;
    if (isnan(percent))
        snprintf(text, FORMAT_SIZE, "\u2013");
    else if (isinf(percent))
        snprintf(text, FORMAT_SIZE, "+\u221e");
    else if (fabs(percent) < 0.05)
        snprintf(text, FORMAT_SIZE, "0.0"); /* never "-0.0" */
    else
        snprintf(text, FORMAT_SIZE, fabs(percent) < 999.95 ? "%+.1f" : "%+.3g", percent);
}

static void format_change(char text[FORMAT_SIZE], enum metric metric, double effect) {
    format_percent(text, gate_change(metric, effect));
    if (!isnan(effect)) format_append(text, FORMAT_SIZE, " %%");
}

static void format_interval(char text[2 * FORMAT_SIZE], const struct gate_row *row) {
    bool turned = metrics[row->metric].larger_is_better;
    char low[FORMAT_SIZE], high[FORMAT_SIZE];
    format_percent(low, gate_change(row->metric, turned ? row->high : row->low));
    format_percent(high, gate_change(row->metric, turned ? row->low : row->high));
    bool known = !isnan(row->low) && !isnan(row->high);
    snprintf(text, 2 * FORMAT_SIZE, known ? "%.20s\u00a0..\u00a0%.20s\u00a0%%" : "\u2013", low,
             high);
}

static void format_p(struct gate_words *words, const struct gate_row *row) {
    char *text = words->p;
    bool worse = row->effect >= 0;
    double raw = worse ? row->p_worse : row->p_better;
    double adjusted = worse ? row->adjusted_worse : row->adjusted_better;
    double p = isnan(adjusted) ? raw : adjusted;
    if (isnan(row->effect) || isnan(p))
        snprintf(text, FORMAT_SIZE, "\u2013");
    else if (p < 0.0001)
        snprintf(text, FORMAT_SIZE, "<0.0001");
    else
        snprintf(text, FORMAT_SIZE, "%.*f", p < 0.01 ? 4 : p < 0.1 ? 3 : 2, p);
    bool mark = !isnan(row->effect) && !isnan(adjusted);
    snprintf(words->p_marked, FORMAT_SIZE, "%.20s%s", text, mark ? "\u2020" : "");
}

/* ---- rows ---- */

static void format_remark(char text[GATE_WORDS_SIZE], const struct gate_row *row) {
    double change = gate_change(row->metric, row->smallest);
    bool unseen = row->verdict == GATE_INCONCLUSIVE && isfinite(change);
    *text = '\0';
    if (unseen)
        format_append(text, GATE_WORDS_SIZE, "this run could have detected a change of %.1f %%",
                      100 * fabs(change));
    if (*row->reason.text)
        format_append(text, GATE_WORDS_SIZE, "%s%s", unseen ? "; " : "", row->reason.text);
    utf8_clean(text);
}

const char *gate_count_title(const struct gate_report *report) {
    return gate_is_paired(report) ? "pairs" : "slots";
}

void gate_words(struct gate_words *words, const struct gate_report *report,
                const struct gate_row *row) {
    metric_print(words->baseline, row->metric, row->baseline);
    metric_print(words->candidate, row->metric, row->candidate);
    format_change(words->change, row->metric, row->effect);
    format_interval(words->interval, row);
    format_p(words, row);
    if (gate_is_paired(report))
        snprintf(words->count, sizeof words->count, "%zu",
                 gate_in_stage2(row) ? row->stage2 : row->stage1);
    else
        snprintf(words->count, sizeof words->count, "%zu/%zu", row->slots[0], row->slots[1]);
    snprintf(words->verdict, sizeof words->verdict, "%s", gate_verdict_names[row->verdict]);
    bool is_control = row == &report->control;
    if (!row->gated && !is_control && row->verdict != GATE_IDENTICAL && row->verdict != GATE_NEW)
        format_append(words->verdict, sizeof words->verdict, ", not gated");
    format_remark(words->remark, row);
}

bool gate_offends(const struct gate_report *report, const struct gate_row *row) {
    bool same = row->verdict == GATE_IDENTICAL && !gate_is_paired(report);
    return row->gated && !report->invalid &&
           (row->verdict == GATE_REGRESSED || row->verdict == GATE_NOT_MEASURED ||
            row->verdict == GATE_INCOMPARABLE || same);
}

/* Appends "candidate 3 of 24 (2 failed, 1 disturbed)". */
static void add_count(char text[GATE_WORDS_SIZE], const char *side,
                      const struct gate_count *count) {
    const char *separator = " (";
    size_t lost = count->slots - count->lost[LOSS_NONE];
    format_append(text, GATE_WORDS_SIZE, "%s %zu of %zu", side, lost, count->slots);
    for (int k = LOSS_NONE + 1; k < LOSSES; k++) {
        if (!count->lost[k]) continue;
        format_append(text, GATE_WORDS_SIZE, "%s%zu %s", separator, count->lost[k],
                      gate_loss_names[k]);
        separator = ", ";
    }
    if (lost) format_append(text, GATE_WORDS_SIZE, ")");
}

static bool lost_any(const struct gate_count *count) {
    return count->lost[LOSS_NONE] < count->slots;
}

bool gate_losses_of_cell(char text[GATE_WORDS_SIZE], const struct gate_report *report,
                         const char *cell) {
    *text = '\0';
    for (size_t i = 0; i < report->loss_count; i++) {
        const struct gate_losses *l = &report->losses[i];
        if (strcmp(l->cell, cell) != 0 || !(lost_any(&l->sides[0]) || lost_any(&l->sides[1])))
            continue;
        add_count(text, "lost slots: baseline", &l->sides[0]);
        add_count(text, ", candidate", &l->sides[1]);
    }
    return *text != '\0';
}

bool gate_losses_of_all(char text[GATE_WORDS_SIZE], const struct gate_report *report) {
    struct gate_count left = gate_losses_sum(report->losses, report->loss_count, 0),
                      right = gate_losses_sum(report->losses, report->loss_count, 1);
    *text = '\0';
    if (!left.slots && !right.slots) return false;
    add_count(text, "lost slots: baseline", &left);
    add_count(text, ", candidate", &right);
    if (left.lost[LOSS_FAILED] + right.lost[LOSS_FAILED])
        format_append(text, GATE_WORDS_SIZE, "; p of the failures %.2g", report->p_failed);
    return lost_any(&left) || lost_any(&right);
}

/* ---- the whole ---- */

/* Numbers of rows and cells. */
struct tally {
    size_t verdicts[GATE_VERDICTS]; /* rows with each verdict */
    size_t cells;                   /* cells with rows */
    size_t regressed;               /* gated rows that regressed */
    size_t measured;                /* gated rows whose figures were compared */
    size_t ungated;                 /* rows that are not gated */
    size_t first; /* index of the first gated row that regressed, by losses if there is one */
};

static struct tally count(const struct gate_report *report) {
    struct tally t = {0};
    for (size_t i = 0; i < report->row_count; i++) {
        const struct gate_row *row = &report->rows[i];
        t.verdicts[row->verdict]++;
        t.cells += i == 0 || strcmp(row->cell, row[-1].cell) != 0;
        t.measured += row->gated && !isnan(row->effect);
        t.ungated += !row->gated;
        if (!row->gated || row->verdict != GATE_REGRESSED) continue;
        bool by_losses = gate_regressed_by_losses(row);
        if (t.regressed++ == 0 || (by_losses && !gate_regressed_by_losses(&report->rows[t.first])))
            t.first = i;
    }
    return t;
}

static void add_passed(char text[GATE_WORDS_SIZE], const struct tally *t) {
    size_t inconclusive = t->verdicts[GATE_INCONCLUSIVE];
    format_append(text, GATE_WORDS_SIZE, "%zu figure%s of %zu cell%s", t->measured,
                  t->measured == 1 ? "" : "s", t->cells, t->cells == 1 ? "" : "s");
    if (t->measured)
        format_append(text, GATE_WORDS_SIZE,
                      inconclusive ? ", none regressed" : ", none worse by its limit");
    static const enum gate_verdict said[] = {GATE_INCONCLUSIVE, GATE_IMPROVED, GATE_IDENTICAL,
                                             GATE_NEW};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        if (!t->verdicts[said[i]]) continue;
        format_append(text, GATE_WORDS_SIZE, "; %zu %s", t->verdicts[said[i]],
                      gate_verdict_names[said[i]]);
    }
    if (t->ungated) format_append(text, GATE_WORDS_SIZE, "; %zu not gated", t->ungated);
}

static void add_regressed(char text[GATE_WORDS_SIZE], const struct gate_report *report,
                          const struct tally *t, int exit_code) {
    const struct gate_row *row = &report->rows[t->first];
    struct gate_words words;
    gate_words(&words, report, row);
    if (gate_regressed_by_losses(row))
        format_append(text, GATE_WORDS_SIZE, "%s: %s", row->cell, row->reason.text);
    else
        format_append(text, GATE_WORDS_SIZE, "%s: %s %s (p %s)", row->cell,
                      metrics[row->metric].title, words.change, words.p);
    if (t->regressed > 1) format_append(text, GATE_WORDS_SIZE, ", and %zu more", t->regressed - 1);
    if (exit_code == EXIT_FINE)
        format_append(text, GATE_WORDS_SIZE, "; not a failure because %s",
                      report->advisory ? "it is advisory" : "of --fail-on");
}

const char *gate_conclusion(char text[GATE_WORDS_SIZE], const struct gate_report *report,
                            int exit_code, const char *why) {
    struct tally t = count(report);
    const char *word = "PASS";
    *text = '\0';
    if (report->invalid) {
        word = "INVALID";
        format_append(text, GATE_WORDS_SIZE, "%s", report->reason.text);
    } else if (t.regressed && exit_code != EXIT_NOTHING) {
        word = "REGRESSED";
        add_regressed(text, report, &t, exit_code);
    } else if (exit_code != EXIT_FINE) {
        word = exit_code == EXIT_NOTHING ? "NO VERDICT" : "INCONCLUSIVE";
        format_append(text, GATE_WORDS_SIZE, "%s", why);
    } else {
        if (t.verdicts[GATE_IDENTICAL] + t.verdicts[GATE_NEW] == report->row_count)
            word = gate_verdict_names[GATE_IDENTICAL]; /* nothing was measured */
        add_passed(text, &t);
    }
    utf8_clean(text);
    return word;
}

static void add_minutes(char text[GATE_WORDS_SIZE], const char *before, double seconds) {
    long whole = lround(seconds);
    format_append(text, GATE_WORDS_SIZE, "%s%ld:%02ld", before, whole / 60, whole % 60);
}

void gate_sum(char text[GATE_WORDS_SIZE], const struct gate_report *report) {
    struct tally t = count(report);
    const char *separator = ": ";
    *text = '\0';
    format_append(text, GATE_WORDS_SIZE, "%zu figure%s", report->row_count,
                  report->row_count == 1 ? "" : "s");
    for (int v = 0; v < GATE_VERDICTS; v++) {
        if (!t.verdicts[v]) continue;
        format_append(text, GATE_WORDS_SIZE, "%s%zu %s", separator, t.verdicts[v],
                      gate_verdict_names[v]);
        separator = ", ";
    }
    char losses[GATE_WORDS_SIZE];
    gate_losses_of_all(losses, report);
    if (*losses) format_append(text, GATE_WORDS_SIZE, "\n%s", losses);
    separator = "\n";
    if (isfinite(report->duration_s)) {
        add_minutes(text, "\ntook ", report->duration_s);
        if (isfinite(report->budget_s)) add_minutes(text, " of ", report->budget_s);
        format_append(text, GATE_WORDS_SIZE, " minutes");
        separator = "; ";
    }
    if (gate_is_paired(report)) {
        format_append(text, GATE_WORDS_SIZE, "%sseed %ju", separator, (uintmax_t)report->seed);
        separator = "; ";
    }
    if (!*report->result) return;
    format_append(text, GATE_WORDS_SIZE, "%sall slots: ", separator);
    size_t before = strlen(text);
    format_append(text, GATE_WORDS_SIZE, "%s", report->result);
    utf8_clean(text + before);
}

void gate_legend(char text[GATE_WORDS_SIZE], const struct gate_report *report) {
    bool shown[METRICS] = {false};
    const char *separator = "limits: ";
    for (size_t i = 0; i < report->row_count; i++) shown[report->rows[i].metric] = true;
    if (report->has_control) shown[report->control.metric] = true;
    snprintf(
        text, GATE_WORDS_SIZE,
        "change: candidate against baseline; the interval contains the true change 9 times in "
        "10.\np: probability of a change this large by chance alone; \u2020: adjusted for the "
        "number of figures tested.\nPASS: not worse by its limit, with 95 %% confidence. "
        "REGRESSED: worse by its limit or more, with p at most %g, or the candidate failed or was "
        "saturated in more slots than chance explains.\n",
        GATE_ALPHA);
    for (int m = 0; m < METRICS; m++) {
        if (!shown[m]) continue;
        format_append(text, GATE_WORDS_SIZE, "%s%s %g %%", separator, metrics[m].title,
                      100 * metrics[m].limit);
        separator = ", ";
    }
    if (*separator == ',') format_append(text, GATE_WORDS_SIZE, ".\n");
}
