/* runner.c - the loop over the slots of a plan.
 * Invariant: an interrupted slot is not recorded. */
#include "bench/session/runner.h"

#include "base/check.h"

#include "bench/result/sample_facts.h"
#include "bench/support/json_path.h"

#include <stdlib.h>

static void count(struct runner_tally *tally, const cJSON *sample) {
    tally->slots[sample_verdict(sample)]++;
    tally->wrong_echo += json_number(sample, "errors.mismatch") > 0;
}

static double throughput(void *context, size_t cell) {
    return result_throughput(context, cell);
}

/* A running session. */
struct run {
    struct runner_tally *tally; /* outcomes so far */
    struct result *result;      /* receives the slots */
    struct process_loop *loop;  /* runs the children */
    struct progress *progress;  /* progress on stderr */
    uint64_t seed;              /* for arrivals */
    bool *gone;                 /* per cell: it cannot run here */
};

/* Sets the rates of a phase from earlier results. Cells without a rate are skipped. */
static void enter_phase(struct run *run, size_t phase) {
    struct result *r = run->result;
    struct plan *plan = r->plan;
    if (!plan_set_rates(plan, phase, throughput, r)) return;
    for (size_t i = 0; i < plan->cell_count; i++) {
        const struct cell *c = &plan->cells[i];
        if (c->phase_index != phase || c->capacity_cell == PLAN_NO_CELL) continue;
        result_set_rate(r, i);
        run->gone[i] = *c->skipped != '\0';
    }
}

/* Runs slot plan->order[index]. Returns false if it was interrupted. */
static bool run_slot(struct run *run, size_t index) {
    struct result *r = run->result;
    struct progress *p = run->progress;
    const struct plan *plan = r->plan;
    size_t slot = plan->order[index], cell = plan->slot_cell[slot];
    const struct cell *c = &plan->cells[cell];
    if (run->gone[cell]) { /* an earlier repeat could not run */
        run->tally->skipped++;
        p->left_s -= plan_slot_s(c);
        return true;
    }
    double offset_s = result_elapsed_s(r);
    struct slot_outcome o;
    progress_slot(p, index, c);
    /* each repeat has its own arrivals, which are the same for all models */
    slot_run(&o, c, run->loop, run->seed + (slot - c->first_slot));
    if (o.end == SLOT_CANNOT_RUN && result_has_samples(r, cell))
        o.end = SLOT_FAILED; /* it ran before, so its samples stay */
    if (o.end == SLOT_CANNOT_RUN) {
        run->gone[cell] = true;
        run->tally->skipped++;
        result_skip(r, cell, SKIP_NOT_AVAILABLE, o.reason.text);
        progress_done(p, index, c, NULL, o.reason.text);
    } else if (o.end != SLOT_INTERRUPTED) {
        const cJSON *sample = result_add(r, cell, &o, index, offset_s);
        count(run->tally, sample);
        progress_done(p, index, c, sample, NULL);
        progress_cause(p, sample, o.told.text);
    }
    bool interrupted = o.end == SLOT_INTERRUPTED;
    slot_free(&o);
    return !interrupted;
}

void runner_run(struct runner_tally *tally, struct result *r, struct process_loop *l,
                struct progress *p, uint64_t seed) {
    *tally = (struct runner_tally){0};
    struct run run = {tally, r, l, p, seed, calloc(r->plan->cell_count, sizeof *run.gone)};
    CHECK(run.gone);
    size_t phase = 0;
    for (size_t i = 0; i < r->plan->slot_count && !tally->write_failed; i++) {
        size_t next = r->plan->cells[r->plan->slot_cell[r->plan->order[i]]].phase_index;
        if (next != phase) enter_phase(&run, phase = next);
        tally->interrupted = l->interrupted || !run_slot(&run, i);
        if (tally->interrupted) break;
        tally->write_failed = !result_checkpoint(r, i + 1 == r->plan->slot_count, &tally->reason);
    }
    progress_end(p);
    free(run.gone);
}
