/* gate_made.h - handmade comparisons for tests of output formats. All figures are fixed; a row with
 * a verdict that has no figures contains only NAN. */
#ifndef TESTS_UNIT_GATE_MADE_H
#define TESTS_UNIT_GATE_MADE_H

#include "bench/gate/output.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS 40
#define HOSTILE "<&\">|\n::error::`*x*`\001\xff\r%0A"

struct made {
    struct gate_report report;
    struct gate_row rows[ROWS];   /* rows of the report */
    struct gate_losses losses[2]; /* losses of the report, if it has any */
};

static inline void start(struct made *m) {
    *m = (struct made){.report = {.command = "ab",
                                  .baseline = "old",
                                  .candidate = "new",
                                  .duration_s = 431.7,
                                  .budget_s = 720,
                                  .seed = 4711}};
    m->report.rows = m->rows;
}

static inline bool has_figures(enum gate_verdict verdict) {
    return verdict == GATE_PASS || verdict == GATE_IMPROVED || verdict == GATE_REGRESSED ||
           verdict == GATE_INCONCLUSIVE;
}

static inline struct gate_row make_row(const char *cell, enum metric metric,
                                       enum gate_verdict verdict, double effect) {
    struct gate_row row = {.metric = metric, .gated = true, .verdict = verdict};
    snprintf(row.cell, sizeof row.cell, "%s", cell);
    if (!has_figures(verdict)) effect = NAN;
    bool known = !isnan(effect);
    row.baseline = known ? 20000 : NAN;
    row.candidate = known ? 21000 : NAN;
    row.effect = effect;
    row.low = effect - 0.01;
    row.high = effect + 0.01;
    row.p_worse = known ? 0.0123 : NAN;
    row.p_better = known ? 0.9 : NAN;
    row.smallest = known ? 0.04 : NAN;
    row.adjusted_worse = row.adjusted_better = NAN;
    row.stage1 = known ? 2 : 0;
    row.differences[0] = 0.25;
    row.differences[1] = NAN;
    row.differences[2] = 0.5;
    if (verdict != GATE_REGRESSED && verdict != GATE_IMPROVED) return row;
    row.stage2 = GATE_PAIRS_MIN;
    row.adjusted_worse = 0.00031;
    row.adjusted_better = 1;
    return row;
}

static inline struct gate_row *add(struct made *m, const char *cell, enum metric metric,
                                   enum gate_verdict verdict, double effect) {
    assert_true(m->report.row_count < ROWS);
    struct gate_row *row = &m->rows[m->report.row_count++];
    *row = make_row(cell, metric, verdict, effect);
    return row;
}

static inline void add_control(struct made *m, enum gate_verdict verdict) {
    m->report.has_control = true;
    m->report.control = make_row("a", METRIC_CPU, verdict, 0.002);
}

/* Adds lost slots to cell "a": the candidate lost connections in 3 of 8, the baseline was disturbed
 * in 1 of 11. Cell "b" lost none. */
static inline void add_losses(struct made *m) {
    m->losses[0] = (struct gate_losses){
        .cell = "a",
        .sides = {
            {.slots = 11, .lost = {[LOSS_NONE] = 10, [LOSS_DISTURBED] = 1}},
            {.slots = 8, .lost = {[LOSS_NONE] = 4, [LOSS_FAILED] = 3, [LOSS_SATURATED] = 1}}}};
    m->losses[1] = (struct gate_losses){.cell = "b",
                                        .sides = {{.slots = 8, .lost = {[LOSS_NONE] = 8}},
                                                  {.slots = 8, .lost = {[LOSS_NONE] = 8}}}};
    m->report.losses = m->losses;
    m->report.loss_count = 2;
    m->report.p_failed = 0.0625;
    m->report.p_saturated = 0.5;
}

/* Makes a report with one row for each verdict of gate_decide. */
static inline void make_all(struct made *m, const char *cell) {
    start(m);
    for (int v = GATE_PASS; v < GATE_VERDICTS; v++) {
        struct gate_row *row = add(m, cell, METRIC_CPU, (enum gate_verdict)v, 0.05);
        if (!has_figures(row->verdict))
            gate_reason_set(&row->reason, GATE_SKIPPED, "because %d", v);
    }
    add_control(m, GATE_PASS);
}

/* ---- outputs; the caller frees the texts ---- */

/* Reads a file from its start, and closes it. */
static inline char *read_whole(FILE *file) {
    char *text = calloc(1, 1 << 20);
    assert_non_null(text);
    rewind(file);
    assert_true(fread(text, 1, (1 << 20) - 1, file) > 0);
    fclose(file);
    return text;
}

static inline char *table_on(const struct made *m, int exit_code, const char *why,
                             struct terminal terminal) {
    FILE *out = tmpfile();
    assert_non_null(out);
    gate_print(out, &m->report, exit_code, why, terminal);
    return read_whole(out);
}

static inline char *table_of(const struct made *m, int exit_code, const char *why, bool colour) {
    return table_on(m, exit_code, why, (struct terminal){.colour = colour});
}

static inline char *annotations_of(const struct made *m, int exit_code, const char *why) {
    FILE *out = tmpfile();
    assert_non_null(out);
    gate_annotate(out, &m->report, exit_code, why);
    return read_whole(out);
}

static inline size_t times(const char *text, const char *part) {
    size_t count = 0;
    for (; (text = strstr(text, part)) != NULL; text += strlen(part)) count++;
    return count;
}

static inline void expect(const char *text, const char *part, size_t count) {
    if (times(text, part) != count)
        fail_msg("'%s' %zu times, not %zu, in:\n%s", part, times(text, part), count, text);
}

#endif
