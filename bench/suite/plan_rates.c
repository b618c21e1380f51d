/* plan_rates.c - computes rates from the capacity measured in an earlier phase. Pure.
 * Invariant: all servers get the same rate, a share of the best server's capacity. Open loops whose
 * own server cannot serve it are marked as saturating. The rate of churn is a number of
 * connections; only its suite can tell whether it saturates. */
#include "base/check.h"

#include "bench/result/scenario.h"
#include "bench/suite/plan.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Whether closed loop `k` has the same conditions as `c`, apart from the server. `outstanding` of
 * churn is 1. */
static bool tells_capacity(const struct cell *k, const struct cell *c) {
    return k->load == CELL_CLOSED && !k->counted && k->depth == c->outstanding &&
           k->connections == c->connections && k->idle == c->idle &&
           k->size_bytes == c->size_bytes && k->server_threads == c->server_threads &&
           k->burn_ns == c->burn_ns && strcmp(k->transport, c->transport) == 0;
}

bool plan_find_capacity(const struct plan *plan, struct cell *c, const char *of_phase) {
    for (size_t i = 0; i < plan->cell_count && c->capacity_cell == PLAN_NO_CELL; i++) {
        const struct cell *k = &plan->cells[i];
        if (k->phase_index < c->phase_index && k->server == c->server &&
            strcmp(k->phase, of_phase) == 0 && tells_capacity(k, c))
            c->capacity_cell = i;
    }
    return c->capacity_cell != PLAN_NO_CELL;
}

bool plan_set_rates(struct plan *plan, size_t phase_index,
                    double (*capacity)(void *context, size_t cell), void *context) {
    bool changed = false;
    for (size_t i = 0; i < plan->cell_count; i++) {
        struct cell *c = &plan->cells[i];
        if (c->phase_index != phase_index || c->capacity_cell == PLAN_NO_CELL || *c->skipped)
            continue;
        size_t phase = plan->cells[c->capacity_cell].phase_index;
        double own = capacity(context, c->capacity_cell), best = own;
        for (size_t k = 0; k < plan->cell_count; k++)
            if (plan->cells[k].phase_index == phase && tells_capacity(&plan->cells[k], c))
                best = fmax(best, capacity(context, k)); /* ignores NAN */
        changed = true;
        if (!(own > 0)) {
            plan_skip(c, SKIP_CAPACITY_UNKNOWN, "phase %.80s did not measure its capacity",
                      plan->cells[c->capacity_cell].phase);
            continue;
        }
        c->rate_per_s = fmax(1, round(best * c->rate_pct / 100));
        if (c->load == CELL_OPEN) c->saturating = c->rate_per_s > SCENARIO_OWN_CAPACITY_MAX * own;
    }
    return changed;
}
