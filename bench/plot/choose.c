/* choose.c - the choice of the load, or family of loads, to plot; see fill.h.
 * Invariant: among equally good loads the first in the file is chosen. */
#include "bench/plot/fill.h"
#include "bench/support/json_path.h"

#include <math.h>

const struct summary_cell *plot_fullest_family(const struct summary *report, enum scenario_but but,
                                               bool (*counts)(const struct summary_cell *cell)) {
    const struct summary_cell *best = NULL;
    size_t most = 0;
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct summary_cell *cell = &report->cells[i];
        if (!counts(cell)) continue;
        size_t cells = 0;
        for (size_t k = 0; k < report->cell_count; k++)
            cells += counts(&report->cells[k]) && summary_same_load(cell, &report->cells[k], but);
        if (cells > most) best = cell, most = cells;
    }
    return best;
}

static double suitability(const struct summary *report, const struct summary_cell *like,
                          bool (*counts)(const struct summary_cell *cell)) {
    size_t cells = 0, saturated = 0, results = 0, last = report->result_count;
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct summary_cell *cell = &report->cells[i];
        if (!counts(cell) || cell->load != like->load) continue;
        cells++;
        saturated += cell->saturated;
        results += cell->result != last; /* cells are sorted by result */
        last = cell->result;
    }
    double pct = json_number(like->json, "scenario.rate_pct");
    double from_half = isfinite(pct) ? fabs(log(pct / 50)) : 0;
    bool alone = like->idle <= 0 && like->newcomers_per_s <= 0;
    return 1e9 * (double)results + 1e8 * (like->kind == LOAD_OPEN) + 1e7 * alone -
           1e6 * (2 * saturated > cells) + (double)cells - 2 * from_half -
           fabs(log(like->connections / 50)) / 100;
}

const struct summary_cell *plot_best_load(const struct summary *report,
                                          bool (*counts)(const struct summary_cell *cell)) {
    const struct summary_cell *best = NULL;
    double highest = -INFINITY;
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct summary_cell *cell = &report->cells[i];
        if (!counts(cell)) continue;
        double suits = suitability(report, cell, counts);
        if (!best || suits > highest) best = cell, highest = suits;
    }
    return best;
}
