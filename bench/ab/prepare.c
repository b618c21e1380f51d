/* prepare.c - makes the cells and rows of a comparison from its plan.
 * Invariant: rows of cells that will not be measured have a verdict or a reason from the start. */
#include "base/check.h"
#include "base/memory.h"

#include "bench/ab/ab.h"
#include "bench/ab/cells.h"
#include "bench/stats/stats.h"
#include "bench/support/json_path.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Lists the metrics that are gated under the load of `c`. The control uses the first. Returns their
 * number. */
static size_t metrics_of(const struct cell *c, bool of_loadgen, enum metric list[METRICS]) {
    size_t count = 0;
    cJSON *scenario = plan_scenario(c);
    for (enum metric m = 0; m < METRICS; m++)
        if (metric_gated(m, of_loadgen ? METRIC_AB_LOADGEN : METRIC_AB, scenario))
            list[count++] = m;
    cJSON_Delete(scenario);
    return count;
}

/* The id of a cell without its arm. */
static const char *bare_id(const struct cell *c) {
    return c->id + strlen(c->server->arm) + 1;
}

static struct gate_row *add_row(struct ab *ab, const struct cell *c, enum metric metric) {
    struct gate_row *row = &ab->report.rows[ab->report.row_count++];
    *row = (struct gate_row){.metric = metric, .gated = true, .baseline = NAN, .candidate = NAN};
    snprintf(row->cell, sizeof row->cell, "%s", bare_id(c));
    gate_estimate(row); /* no pairs yet: all unknown */
    return row;
}

/* The only CPU of both server and load generator; -1 if there are several, or they are unknown. */
static int shared_cpu(const struct placement *p) {
    bool one = p->server_count == 1 && p->loadgen_count == 1;
    return one && p->server[0] == p->loadgen[0] ? p->server[0] : -1;
}

static struct ab_cell *add_cell(struct ab *ab, size_t baseline, size_t other) {
    struct ab_cell *cell = &ab->cells[ab->cell_count++];
    const struct cell *left = &ab->plan.cells[baseline], *right = &ab->plan.cells[other];
    *cell = (struct ab_cell){.cells = {baseline, other},
                             .pair_s = plan_slot_s(left) + plan_slot_s(right)};
    const char *skipped = *left->skipped ? left->skipped : right->skipped;
    int cpu = shared_cpu(&right->placement);
    cell->over = *skipped || cpu >= 0;
    if (*skipped)
        gate_reason_set(&cell->why, GATE_SKIPPED, "%s", skipped);
    else if (cpu >= 0)
        gate_reason_set(&cell->why, GATE_SHARED_CPU,
                        "the server and the load generator share CPU %d, so no figure is the "
                        "server's alone; ab needs at least two CPUs",
                        cpu);
    return cell;
}

/* The cell of the plan with this server and the load of `like`. It exists, because every load is
 * planned for every server. */
static size_t find_cell(const struct ab *ab, const struct server_spec *server,
                        const struct cell *like) {
    size_t i = 0;
    for (; i < ab->plan.cell_count; i++) {
        const struct cell *c = &ab->plan.cells[i];
        if (c->server == server && c->load_index == like->load_index) break;
    }
    CHECK_OP(i, <, ab->plan.cell_count);
    return i;
}

static void add_subject(struct ab *ab, const struct ab_subject *s) {
    enum metric list[METRICS];
    for (size_t i = 0; i < ab->plan.cell_count; i++) {
        struct cell *c = &ab->plan.cells[i];
        size_t count = metrics_of(c, ab->arms.of_loadgen, list);
        if (c->server != s->specs[AB_CANDIDATE] || !count) continue;
        if (s->state != AB_COMPARED) {
            struct gate_row *row = add_row(ab, c, list[0]);
            row->gated = false;
            row->verdict = s->state == AB_NEW ? GATE_NEW : GATE_IDENTICAL;
            continue;
        }
        struct ab_cell *cell = add_cell(ab, find_cell(ab, s->specs[AB_BASELINE], c), i);
        cell->foreign = s->foreign;
        cell->losses = &ab->report.losses[ab->report.loss_count++];
        snprintf(cell->losses->cell, CELL_ID_SIZE, "%s", bare_id(c));
        for (size_t k = 0; k < count; k++) {
            struct gate_row *row = add_row(ab, c, list[k]);
            row->reason = cell->why;
            cell->rows[cell->row_count++] = row;
        }
    }
}

/* The control runs the first closed loop that can run here, or else the first cell that can. */
static void add_control(struct ab *ab) {
    enum metric list[METRICS];
    const struct ab_cell *first = NULL;
    bool first_closed = false;
    for (size_t i = 0; i < ab->cell_count; i++) {
        const struct ab_cell *cell = &ab->cells[i];
        bool closed = ab->plan.cells[cell->cells[0]].load == CELL_CLOSED;
        if (cell->over || (first && (first_closed || !closed))) continue;
        first = cell;
        first_closed = closed;
    }
    if (!first) return;
    const struct cell *baseline = &ab->plan.cells[first->cells[0]];
    const struct ab_subject *s = ab->arms.subjects;
    while (s->specs[AB_BASELINE] != baseline->server) s++;
    struct ab_cell *control =
        add_cell(ab, first->cells[0], find_cell(ab, s->specs[AB_COPY], baseline));
    CHECK(metrics_of(baseline, ab->arms.of_loadgen, list) > 0);
    /* a foreign server burns no CPU, so the load generator may limit its throughput */
    bool by_cpu = s->foreign && metric_is_capacity(list[0]);
    ab->report.control = (struct gate_row){
        .metric = by_cpu ? METRIC_CPU : list[0], .baseline = NAN, .candidate = NAN};
    snprintf(ab->report.control.cell, CELL_ID_SIZE, "%s", bare_id(baseline));
    gate_estimate(&ab->report.control);
    ab->report.has_control = control->control = true;
    control->losses = first->losses;
    control->rows[control->row_count++] = &ab->report.control;
}

/* Marks the cells that are not needed as skipped. */
static void skip_others(struct ab *ab) {
    bool *used = calloc(ab->plan.cell_count, sizeof *used);
    MEMORY_CHECK(used);
    for (size_t i = 0; i < ab->cell_count; i++)
        for (int arm = 0; arm < 2; arm++) used[ab->cells[i].cells[arm]] = true;
    for (size_t i = 0; i < ab->plan.cell_count; i++) /* capacity cells of open loops */
        if (used[i] && ab->plan.cells[i].capacity_cell != PLAN_NO_CELL)
            used[ab->plan.cells[i].capacity_cell] = true;
    for (size_t i = 0; i < ab->plan.cell_count; i++)
        if (!used[i] && !*ab->plan.cells[i].skipped)
            plan_skip(&ab->plan.cells[i], SKIP_NOTHING_TO_COMPARE, "nothing to compare");
    free(used);
}

/* Gives each cell the load generator of its arm. */
static void give_loadgens(struct ab *ab) {
    for (size_t i = 0; i < ab->plan.cell_count; i++) {
        struct cell *c = &ab->plan.cells[i];
        for (size_t k = 0; k < ab->arms.subject_count; k++)
            for (int arm = 0; arm < AB_ARMS; arm++)
                if (ab->arms.subjects[k].specs[arm] == c->server)
                    c->loadgen = &ab->arms.models[arm].loadgen;
    }
}

/* Rounds over `cells` cells that the job lacks after stage 1; at most as many as stage 1 has. */
static size_t spare_rounds(size_t cells) {
    size_t slots = GATE_STAGE1_PAIRS * cells;
    if (cells == 0 || slots >= AB_SLOTS_MIN) return 0;
    size_t rounds = (AB_SLOTS_MIN - slots + cells - 1) / cells;
    return rounds < GATE_STAGE1_PAIRS ? rounds : GATE_STAGE1_PAIRS;
}

/* Predicts the time of stage 1 with capacity, of the spare rounds, and of stage 2 of the longest
 * cell. */
static void predict(struct ab *ab) {
    double dearest_s = 0, control_s = 0, round_s = 0;
    size_t last = PLAN_NO_CELL, cells = 0;
    for (size_t i = 0; i < ab->cell_count; i++) {
        const struct ab_cell *cell = &ab->cells[i];
        size_t of = ab->plan.cells[cell->cells[0]].capacity_cell;
        if (cell->over) continue;
        ab->stage1_s += GATE_STAGE1_PAIRS * cell->pair_s;
        if (of != PLAN_NO_CELL && of != last)
            ab->stage1_s += AB_CAPACITY_SLOTS * plan_slot_s(&ab->plan.cells[of]);
        last = of;
        if (cell->control) {
            control_s = cell->pair_s;
            continue;
        }
        cells++;
        round_s += cell->pair_s;
        dearest_s = fmax(dearest_s, cell->pair_s);
    }
    ab->spare_rounds = spare_rounds(cells);
    ab->spare_s = (double)ab->spare_rounds * round_s;
    ab->least_s = ab->stage1_s + GATE_STAGE2_PAIRS * (dearest_s + control_s);
}

void ab_prepare(struct ab *ab) {
    give_loadgens(ab);
    ab->cells = calloc(ab->plan.cell_count + 1, sizeof *ab->cells);
    ab->report.rows = calloc(ab->plan.cell_count * METRICS + 1, sizeof *ab->report.rows);
    ab->report.losses = calloc(ab->plan.cell_count + 1, sizeof *ab->report.losses);
    MEMORY_CHECK(ab->cells && ab->report.rows && ab->report.losses);
    for (size_t i = 0; i < ab->arms.subject_count; i++) add_subject(ab, &ab->arms.subjects[i]);
    add_control(ab);
    skip_others(ab);
    predict(ab);
}
