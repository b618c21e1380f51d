/* cells.c - the figures of a cell, pair by pair; see cells.h. */
#include "bench/ab/cells.h"

#include "base/check.h"

#include "bench/gate/figures.h"
#include "bench/stats/stats.h"
#include "bench/support/json_path.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t *stage_count(const struct ab_cell *cell, size_t row) {
    return cell->stage2 ? &cell->rows[row]->stage2 : &cell->rows[row]->stage1;
}

/* Whether a further pair can give the row a figure that it lacks. */
static bool row_wants(const struct ab_cell *cell, size_t row) {
    size_t most = cell->stage2 ? GATE_STAGE2_PAIRS : GATE_STAGE1_PAIRS;
    bool never = cell->lost[row].code == GATE_NOT_COUNTED && cell->tried_in_stage >= most;
    return cell->rows[row]->verdict != GATE_NEW && !never &&
           *stage_count(cell, row) + cell->faulty < most;
}

bool ab_cell_wants(const struct ab_cell *cell) {
    for (size_t i = 0; i < cell->row_count; i++)
        if (row_wants(cell, i)) return !cell->over;
    return false;
}

void ab_cell_go_on(struct ab_cell *cell) {
    cell->stage2 = true;
    cell->tried_in_stage = cell->faulty = 0;
}

/* Counts the slots of a pair. Returns whether one shows a fault: then the pair has no figures. */
static bool count_slots(struct ab_cell *cell, const cJSON *const scenarios[2],
                        const cJSON *const samples[2]) {
    bool faulty = false;
    for (int arm = 0; arm < 2; arm++) {
        struct gate_slot slot;
        gate_slot_read(&slot, scenarios[arm], samples[arm]);
        gate_losses_add(cell->losses, cell->control ? 0 : arm, &slot);
        if (arm == 0 && slot.loss != LOSS_FAILED && json_text(samples[arm], "counters.code"))
            cell->uncounted = true;
        if (!gate_slot_faulty(&slot)) continue;
        faulty = true;
        for (size_t i = 0; i < cell->row_count; i++) {
            gate_reason_set(&cell->lost[i], GATE_BROKEN, "%s: %s",
                            ab_arm_names[arm && cell->control ? AB_COPY : arm], slot.why.text);
            cell->lost[i].slot = slot.why.slot;
        }
    }
    if (!cell->control && gate_losses_settled(cell->losses)) cell->over = true;
    return faulty;
}

void ab_cell_add(struct ab_cell *cell, const cJSON *const scenarios[2],
                 const cJSON *const samples[2]) {
    bool faulty = count_slots(cell, scenarios, samples);
    cell->tried++;
    cell->tried_in_stage++;
    cell->faulty += faulty;
    if (faulty) return;
    for (size_t i = 0; i < cell->row_count; i++) {
        struct gate_row *row = cell->rows[i];
        size_t most = cell->stage2 ? GATE_STAGE2_PAIRS : GATE_STAGE1_PAIRS;
        size_t *count = stage_count(cell, i), at = row->stage1 + row->stage2;
        double value[2];
        if (!cell->control && metric_lacking(row->metric, samples[0])) {
            row->verdict = GATE_NEW;
            row->gated = false;
            gate_reason_set(&row->reason, GATE_NEW_METRIC, GATE_NEW_METRIC_TEXT);
        }
        if (*count == most || row->verdict == GATE_NEW) continue;
        for (int arm = 0; arm < 2; arm++) {
            struct gate_reason why;
            value[arm] = gate_figure(row->metric, scenarios[arm], samples[arm], &why);
            if (isnan(value[arm]) && why.code != GATE_NO_REASON) cell->lost[i] = why;
        }
        if (isnan(value[0]) || isnan(value[1])) continue;
        cell->figures[i][0][at] = value[0];
        cell->figures[i][1][at] = value[1];
        double worse = log(value[1]) - log(value[0]);
        row->differences[at] = metrics[row->metric].larger_is_better ? -worse : worse;
        (*count)++;
    }
}

/* Sets the reason of row `i`, whose effect is unknown. */
static void say_lacking(struct gate_row *row, const struct ab_cell *cell, size_t i) {
    static const struct gate_reason budget = {.code = GATE_BUDGET,
                                              .text = "the budget was used up"};
    const struct gate_reason *lacked = cell->why.code != GATE_NO_REASON       ? &cell->why
                                       : cell->lost[i].code != GATE_NO_REASON ? &cell->lost[i]
                                                                              : &budget;
    gate_reason_set(&row->reason, lacked->code, "%zu of %d pairs: %.250s", row->stage1,
                    GATE_STAGE1_PAIRS, lacked->text);
    row->reason.slot = lacked->slot;
}

void ab_cell_estimate(struct ab_cell *cell) {
    for (size_t i = 0; i < cell->row_count; i++) {
        struct gate_row *row = cell->rows[i];
        gate_estimate(row);
        if (row->verdict == GATE_NEW) continue;
        /* Do not fail every job on runners where counting is forbidden. A foreign server burns no
         * CPU, so the load generator may limit its capacity. It may allocate the memory of its
         * connections before they come, so that none grows. */
        bool excused =
            cell->uncounted || (cell->foreign && (metric_is_capacity(row->metric) ||
                                                  row->metric == METRIC_MEMORY_PER_CONNECTION));
        row->gated = !cell->control && (isfinite(row->effect) || !excused);
        row->reason = (struct gate_reason){.code = GATE_NO_REASON};
        if (!isfinite(row->effect)) {
            say_lacking(row, cell, i);
            continue;
        }
        size_t from = gate_in_stage2(row) ? row->stage1 : 0;
        size_t count = gate_in_stage2(row) ? row->stage2 : row->stage1;
        row->baseline = stats_median(cell->figures[i][0] + from, count);
        row->candidate = stats_median(cell->figures[i][1] + from, count);
    }
}

double ab_cell_hint(const struct ab_cell *cell, bool better) {
    double least = !better && !cell->control && gate_losses_open(cell->losses) ? 0 : 1;
    for (size_t i = 0; i < cell->row_count; i++) {
        const struct gate_row *row = cell->rows[i];
        if (better ? gate_looks_better(row) : gate_looks_worse(row))
            least = fmin(least, better ? row->p_better : row->p_worse);
    }
    return least;
}
