/* relabel.c - simulated jobs from recorded pairs with new random labels; see relabel.h.
 * Invariant: the two slots of a pair are swapped for all metrics of a cell or for none, as the
 * random order of a real pair does. */
#include "tools/gate-calibrate/relabel.h"

#include "base/check.h"
#include "base/rng.h"

#include "bench/support/json_path.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAIRS (GATE_STAGE1_PAIRS + GATE_STAGE2_PAIRS)

/* ---- the record ---- */

static void append(struct relabel_stream *s, const cJSON *row, const char *path) {
    const cJSON *d;
    cJSON_ArrayForEach(d, json_item(row, path)) {
        s->differences = realloc(s->differences, (s->count + 1) * sizeof *s->differences);
        CHECK(s->differences);
        s->differences[s->count++] = d->valuedouble;
    }
}

static void add_row(struct relabel_stream *s, const cJSON *row) {
    const char *key = json_text(row, "metric");
    if (!s->count) {
        snprintf(s->cell, sizeof s->cell, "%s", json_text(row, "cell"));
        s->gated = true;
        for (int m = 0; m < METRICS; m++)
            if (strcmp(metrics[m].key, key) == 0) s->metric = (enum metric)m;
    }
    s->gated = s->gated && cJSON_IsTrue(json_item(row, "gated"));
    append(s, row, "stage1.differences");
    append(s, row, "stage2.differences");
}

void relabel_add(struct relabel *r, const cJSON *report) {
    const cJSON *row;
    size_t i = 0;
    cJSON_ArrayForEach(row, json_item(report, "rows")) {
        CHECK_OP(i, <, RELABEL_ROWS_MAX);
        add_row(&r->rows[i++], row);
    }
    if (i > r->row_count) r->row_count = i;
    row = json_item(report, "control");
    if (cJSON_IsObject(row)) add_row(&r->control, row);
}

void relabel_free(struct relabel *r) {
    for (size_t i = 0; i < r->row_count; i++) free(r->rows[i].differences);
    free(r->control.differences);
}

/* ---- jobs ---- */

/* The labels of one cell's pairs, and their position in the record. */
struct draw {
    double sign[PAIRS]; /* -1: the two slots are swapped */
    double start;       /* position of the first pair, as a share of the record, 0..1 */
};

static struct draw draw_one(struct rng *random) {
    struct draw d = {.start = (double)rng_below(random, 1u << 30) / (1u << 30)};
    for (size_t i = 0; i < PAIRS; i++) d.sign[i] = rng_below(random, 2) ? -1 : 1;
    return d;
}

/* Fills a stage of a row with consecutive pairs; after the end of the record it continues at the
 * start. */
static void fill(struct gate_row *row, const struct relabel_stream *s, const struct draw *d,
                 int stage) {
    size_t from = stage == 1 ? 0 : GATE_STAGE1_PAIRS, to = stage == 1 ? GATE_STAGE1_PAIRS : PAIRS;
    size_t start = (size_t)(d->start * (double)s->count);
    for (size_t i = from; i < to; i++)
        row->differences[i] = d->sign[i] * s->differences[(start + i) % s->count];
    *(stage == 1 ? &row->stage1 : &row->stage2) = to - from;
    gate_estimate(row);
}

static struct gate_row start_row(const struct relabel_stream *s, const struct draw *d) {
    struct gate_row row = {.metric = s->metric, .gated = s->gated};
    memcpy(row.cell, s->cell, sizeof row.cell);
    fill(&row, s, d, 1);
    return row;
}

/* Whether two rows belong to the same cell, so that they share labels. */
static bool same_cell(const struct gate_row *rows, size_t a, size_t b) {
    return strcmp(rows[a].cell, rows[b].cell) == 0;
}

static void run_job(const struct relabel *r, struct relabel_tally *tally, struct rng *random) {
    static struct gate_row rows[RELABEL_ROWS_MAX]; /* too large for a stack */
    static struct draw draws[RELABEL_ROWS_MAX];
    static struct gate_report report;
    const struct relabel_stream *of[RELABEL_ROWS_MAX];
    struct draw of_control = draw_one(random);
    bool second = false;
    struct reason why;
    report = (struct gate_report){
        .command = "ab", .rows = rows, .has_control = r->control.count >= PAIRS};
    for (size_t i = 0; i < r->row_count; i++) {
        if (r->rows[i].count < PAIRS) continue; /* not measured */
        size_t k = report.row_count;
        of[k] = &r->rows[i];
        draws[k] = k && strcmp(of[k - 1]->cell, of[k]->cell) == 0 ? draws[k - 1] : draw_one(random);
        rows[report.row_count++] = start_row(of[k], &draws[k]);
    }
    CHECK_OP(report.row_count, >, 0);
    for (size_t i = 0; i < report.row_count; i++) {
        bool looks = false;
        for (size_t k = 0; k < report.row_count; k++)
            if (same_cell(rows, i, k) && rows[k].stage2 == 0)
                looks = looks || gate_looks_worse(&rows[k]) || gate_looks_better(&rows[k]);
        for (size_t k = i; looks && k < report.row_count; k++)
            if (same_cell(rows, i, k)) fill(&rows[k], of[k], &draws[k], 2);
        second = second || looks;
    }
    if (report.has_control) {
        report.control = start_row(&r->control, &of_control);
        if (second) fill(&report.control, &r->control, &of_control, 2);
    }
    gate_decide(&report);
    gate_check_control(&report);
    int code = gate_exit_code(&report, GATE_FAIL_REGRESSION, &why);
    tally->jobs++;
    tally->second += second;
    tally->alarms += code == 1;
    tally->invalid += report.invalid;
    tally->nothing += code == 3 && !report.invalid;
}

struct relabel_tally relabel_run(const struct relabel *r, size_t jobs, uint64_t seed) {
    struct relabel_tally tally = {0};
    struct rng random;
    rng_seed(&random, seed, 0);
    for (size_t i = 0; i < jobs; i++) run_job(r, &tally, &random);
    return tally;
}
