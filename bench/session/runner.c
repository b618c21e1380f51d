/* runner.c - the loop over slots.
 * Invariant: a slot that was interrupted leaves no trace in the result. */
#include "bench/session/runner.h"

#include "base/check.h"

#include "bench/result/sample_facts.h"
#include "bench/support/json_path.h"
#include "bench/support/reason.h"

#include <stdio.h>
#include <stdlib.h>

static void count(struct runner_tally *tally, const cJSON *sample) {
    tally->slots[sample_verdict(sample)]++;
    tally->wrong_echo += json_number(sample, "errors.mismatch") > 0;
}

static double throughput(void *context, size_t cell) {
    return result_throughput(context, cell);
}

/* Once the phases before it are over, a phase gets its rates, and loses the cells that have none.
 */
static void enter_phase(struct result *r, size_t phase, bool *gone) {
    struct plan *plan = r->plan;
    if (!plan_set_rates(plan, phase, throughput, r)) return;
    for (size_t i = 0; i < plan->cell_count; i++) {
        const struct cell *c = &plan->cells[i];
        if (c->phase_index != phase || c->capacity_cell == PLAN_NO_CELL) continue;
        result_set_rate(r, i);
        gone[i] = *c->skipped != '\0';
    }
}

/* Runs slot number order[index]. Returns false if it was interrupted. */
static bool run_slot(struct runner_tally *tally, struct result *r, struct process_loop *l,
                     struct progress *p, uint64_t seed, size_t index, bool *gone) {
    const struct plan *plan = r->plan;
    size_t slot = plan->order[index], cell = plan->slot_cell[slot];
    const struct cell *c = &plan->cells[cell];
    if (gone[cell]) { /* an earlier repeat told that it cannot run */
        tally->skipped++;
        p->left_s -= plan_slot_s(c);
        return true;
    }
    double offset_s = result_elapsed_s(r);
    struct slot_outcome o;
    progress_slot(p, index, c);
    /* repeats draw their own arrivals, and models are compared over the same ones */
    slot_run(&o, c, l, seed + (slot - c->first_slot));
    if (o.end == SLOT_CANNOT_RUN && result_has_samples(r, cell))
        o.end = SLOT_FAILED; /* it could run before, and what it gave then stays */
    if (o.end == SLOT_CANNOT_RUN) {
        gone[cell] = true;
        tally->skipped++;
        result_skip(r, cell, SKIP_NOT_AVAILABLE, o.reason.text);
        progress_done(p, index, c, NULL, o.reason.text);
    } else if (o.end != SLOT_INTERRUPTED) {
        const cJSON *sample = result_add(r, cell, &o, index, offset_s);
        count(tally, sample);
        progress_done(p, index, c, sample, NULL);
    }
    bool interrupted = o.end == SLOT_INTERRUPTED;
    slot_free(&o);
    return !interrupted;
}

void runner_run(struct runner_tally *tally, struct result *r, struct process_loop *l,
                struct progress *p, uint64_t seed) {
    *tally = (struct runner_tally){0};
    struct reason reason;
    bool *gone = calloc(r->plan->cell_count, sizeof *gone);
    CHECK(gone);
    size_t phase = 0;
    for (size_t i = 0; i < r->plan->slot_count && !tally->write_failed; i++) {
        size_t next = r->plan->cells[r->plan->slot_cell[r->plan->order[i]]].phase_index;
        if (next != phase) enter_phase(r, phase = next, gone);
        tally->interrupted = l->interrupted || !run_slot(tally, r, l, p, seed, i, gone);
        if (tally->interrupted) break;
        tally->write_failed = !result_write(r, i + 1 == r->plan->slot_count, &reason);
    }
    progress_end(p);
    if (tally->write_failed) fprintf(stderr, "iobench run: %s: %s\n", r->path, reason.text);
    free(gone);
}
