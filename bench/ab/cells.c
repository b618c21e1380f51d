/* cells.c - the figures of a cell, pair by pair; see cells.h. */
#include "bench/ab/cells.h"

#include "base/check.h"

#include "bench/gate/metrics.h"
#include "bench/stats/stats.h"
#include "bench/support/json_path.h"
#include "bench/support/reason.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t *stage_count(const struct ab_cell *cell, size_t row) {
    return cell->stage2 ? &cell->rows[row]->stage2 : &cell->rows[row]->stage1;
}

bool ab_cell_wants(const struct ab_cell *cell) {
    size_t most = cell->stage2 ? GATE_STAGE2_PAIRS : GATE_STAGE1_PAIRS;
    for (size_t i = 0; i < cell->row_count; i++)
        if (cell->rows[i]->verdict != GATE_NEW && *stage_count(cell, i) < most) return !cell->over;
    return false;
}

void ab_cell_add(struct ab_cell *cell, const cJSON *const scenarios[2],
                 const cJSON *const samples[2]) {
    struct reason broken;
    cell->tried++;
    for (int arm = 0; arm < 2; arm++) {
        if (!gate_broken(samples[arm], &broken)) continue;
        reason_set(&cell->why, "%s: %s", ab_arm_names[arm && cell->control ? AB_COPY : arm],
                   broken.text);
        cell->broken = cell->over = true;
        return;
    }
    cell->uncounted = cell->uncounted || json_text(samples[0], "counters.reason");
    for (size_t i = 0; i < cell->row_count; i++) {
        struct gate_row *row = cell->rows[i];
        size_t most = cell->stage2 ? GATE_STAGE2_PAIRS : GATE_STAGE1_PAIRS;
        size_t *count = stage_count(cell, i), at = row->stage1 + row->stage2;
        double value[2];
        struct reason why = {.text = ""};
        if (!cell->control && metric_lacking(row->metric, samples[0])) {
            row->verdict = GATE_NEW;
            row->gated = false;
            snprintf(row->reason, sizeof row->reason, GATE_NEW_METRIC);
        }
        if (*count == most || row->verdict == GATE_NEW) continue;
        for (int arm = 0; arm < 2; arm++) {
            value[arm] = gate_figure(row->metric, scenarios[arm], samples[arm], &why);
            if (isnan(value[arm]) && *why.text)
                snprintf(cell->lost[i], sizeof cell->lost[i], "%s", why.text);
        }
        if (isnan(value[0]) || isnan(value[1])) continue;
        cell->figures[i][0][at] = value[0];
        cell->figures[i][1][at] = value[1];
        double worse = log(value[1]) - log(value[0]);
        row->differences[at] = metrics[row->metric].larger_is_better ? -worse : worse;
        (*count)++;
    }
}

void ab_cell_estimate(struct ab_cell *cell) {
    for (size_t i = 0; i < cell->row_count; i++) {
        struct gate_row *row = cell->rows[i];
        if (cell->broken) row->stage1 = row->stage2 = 0; /* what it gave before counts no more */
        gate_estimate(row);
        if (row->verdict == GATE_NEW) continue;
        /* Who may not count is not to be red for ever; and a foreign server burns nothing for the
         * gate, so that it need not be what limits the load. */
        bool excused = (cell->uncounted && !cell->broken) ||
                       (cell->foreign && row->metric == METRIC_THROUGHPUT);
        row->gated = !cell->control && (isfinite(row->effect) || !excused);
        *row->reason = '\0';
        if (!isfinite(row->effect)) {
            const char *lacked = *cell->why.text  ? cell->why.text
                                 : *cell->lost[i] ? cell->lost[i]
                                                  : "budget";
            snprintf(row->reason, sizeof row->reason, "%zu of %d pairs: %.250s", row->stage1,
                     GATE_STAGE1_PAIRS, lacked);
            if (cell->broken) snprintf(row->reason, sizeof row->reason, "%.319s", cell->why.text);
            continue;
        }
        size_t from = gate_in_stage2(row) ? row->stage1 : 0;
        size_t count = gate_in_stage2(row) ? row->stage2 : row->stage1;
        row->baseline = stats_median(cell->figures[i][0] + from, count);
        row->candidate = stats_median(cell->figures[i][1] + from, count);
    }
}

double ab_cell_hint(const struct ab_cell *cell, bool better) {
    double least = 1;
    for (size_t i = 0; i < cell->row_count; i++) {
        const struct gate_row *row = cell->rows[i];
        if (better ? gate_looks_better(row) : gate_looks_worse(row))
            least = fmin(least, better ? row->p_better : row->p_worse);
    }
    return least;
}
