/* ab.c - runs the pairs of a comparison: capacity, stage 1, spare rounds, stage 2.
 * Invariant: whether a pair runs depends on the remaining time, on lost slots and on the previous
 * stage, never on a figure of its own stage. */
#include "bench/ab/ab.h"

#include "base/check.h"
#include "base/memory.h"
#include "base/os.h"
#include "base/rng.h"

#include "bench/ab/cells.h"
#include "bench/session/slot.h"
#include "bench/support/reason.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOST_PAIRS_MAX 4 /* pairs that a stage may repeat */
#define PAIR_WEIGHT 0.2  /* weight of the last pair's time in the prediction for the next */

/* ---- slots ---- */

/* Runs a slot of cell `index` of the plan and returns its sample. Returns NULL if a signal arrived
 * or the file cannot be written; the comparison then ends. Also returns NULL if the slot cannot run
 * on this machine; `why` then has the reason. */
static const cJSON *run_slot(struct ab *ab, size_t index, uint64_t seed, struct gate_reason *why) {
    const struct cell *c = &ab->plan.cells[index];
    struct slot_outcome o;
    const cJSON *sample = NULL;
    double offset_s = result_elapsed_s(&ab->result);
    why->code = GATE_NO_REASON;
    *why->text = '\0';
    if (ab->progress.slots <= ab->slots)
        ab->progress.slots = ab->slots + 1; /* lost pairs are repeated */
    progress_slot(&ab->progress, ab->slots, c, 1);
    slot_run(&o, &c, 1, ab->loop, seed);
    ab->interrupted = o.end == SLOT_INTERRUPTED || ab->loop->interrupted;
    if (ab->interrupted) {
        outcome_free(&o);
        return NULL;
    }
    if (o.end == SLOT_CANNOT_RUN && !result_has_samples(&ab->result, index)) {
        gate_reason_set(why, GATE_SKIPPED, "%s", o.reason.text);
        result_skip(&ab->result, index, SKIP_NOT_AVAILABLE, o.reason.text);
        progress_done(&ab->progress, ab->slots, c, NULL, o.reason.text);
    } else {
        if (o.end == SLOT_CANNOT_RUN) o.end = SLOT_FAILED;
        sample = result_add(&ab->result, index, &o, ab->slots, offset_s);
        progress_done(&ab->progress, ab->slots, c, sample, NULL);
        progress_cause(&ab->progress, sample, o.told.text);
        ab->slots++;
    }
    outcome_free(&o);
    ab->write_failed = !result_checkpoint(&ab->result, false, &ab->reason);
    return ab->write_failed ? NULL : sample;
}

static bool stopped(const struct ab *ab) {
    return ab->interrupted || ab->write_failed;
}

static void run_pair(struct ab *ab, struct ab_cell *cell, struct rng *random) {
    const cJSON *samples[2] = {NULL}, *scenarios[2];
    uint64_t start_ns = os_clock_ns(), seed = ab->seed + cell->tried;
    int first = (int)rng_below(random, 2);
    for (int i = 0; i < 2; i++) {
        int arm = i ^ first;
        samples[arm] = run_slot(ab, cell->cells[arm], seed, &cell->why);
        if (samples[arm]) continue;
        cell->over = true; /* interrupted, not writable, or the cell cannot run here */
        return;
    }
    for (int arm = 0; arm < 2; arm++)
        scenarios[arm] = result_scenario(&ab->result, cell->cells[arm]);
    ab_cell_add(cell, scenarios, samples);
    double took_s = (double)(os_clock_ns() - start_ns) / 1e9;
    cell->pair_s += PAIR_WEIGHT * (took_s - cell->pair_s);
}

/* ---- capacity ---- */

/* Runs a slot of the baseline that only measures its capacity. Returns whether it ran. */
static bool run_capacity_slot(struct ab *ab, size_t index, uint64_t seed) {
    struct gate_reason why;
    const cJSON *sample = run_slot(ab, index, seed, &why);
    for (size_t i = 0; i < ab->cell_count && sample; i++) {
        struct gate_slot slot;
        if (ab->cells[i].cells[0] != index || ab->cells[i].control) continue;
        gate_slot_read(&slot, result_scenario(&ab->result, index), sample);
        gate_losses_add(ab->cells[i].losses, 0, &slot);
    }
    return sample != NULL;
}

/* Measures the baseline's capacity for every open loop, and sets the rates of both arms. */
static void measure_capacity(struct ab *ab) {
    for (size_t i = 0; i < ab->cell_count && !stopped(ab); i++) {
        struct ab_cell *cell = &ab->cells[i];
        struct cell *baseline = &ab->plan.cells[cell->cells[0]];
        if (cell->over || baseline->capacity_cell == PLAN_NO_CELL) continue;
        size_t of = baseline->capacity_cell;
        bool known = result_has_samples(&ab->result, of); /* shared with another open loop */
        for (uint64_t k = 0; !known && k < AB_CAPACITY_SLOTS && !stopped(ab); k++)
            if (!run_capacity_slot(ab, of, ab->seed + k)) break;
        double capacity = result_throughput(&ab->result, of);
        if (!(capacity > 0)) {
            gate_reason_set(&cell->why, GATE_CAPACITY_UNKNOWN,
                            "the baseline's capacity was not measured");
            cell->over = true;
            continue;
        }
        for (int arm = 0; arm < 2; arm++) {
            struct cell *c = &ab->plan.cells[cell->cells[arm]];
            c->rate_per_s = fmax(1, round(capacity * c->rate_pct / 100));
            if (!result_has_samples(&ab->result, cell->cells[arm]))
                result_set_rate(&ab->result, cell->cells[arm]);
        }
    }
}

/* ---- stages ---- */

static double left_s(const struct ab *ab) {
    return ab->budget_s - result_elapsed_s(&ab->result);
}

/* Runs rounds of one pair per cell, each round in a new random order, until no cell needs another
 * pair or no pair fits in the remaining time. */
static void run_stage(struct ab *ab, struct ab_cell **cells, size_t count, size_t pairs,
                      struct rng *random) {
    for (size_t round = 0; round < pairs + LOST_PAIRS_MAX; round++) {
        for (size_t left = count; left > 1; left--) {
            size_t pick = (size_t)rng_below(random, left);
            struct ab_cell *cell = cells[pick];
            cells[pick] = cells[left - 1];
            cells[left - 1] = cell;
        }
        bool any = false;
        for (size_t i = 0; i < count; i++) {
            if (!ab_cell_wants(cells[i]) || left_s(ab) < cells[i]->pair_s) continue;
            run_pair(ab, cells[i], random);
            if (stopped(ab)) return;
            any = true;
        }
        if (!any) return;
    }
}

/* Whether the candidate showed a fault. */
static bool candidate_faulty(const struct ab *ab) {
    struct gate_count sum = gate_losses_sum(ab->report.losses, ab->report.loss_count, 1);
    size_t faults = 0;
    for (int f = 0; f < FAULTS; f++) faults += sum.faults[f];
    return faults > 0;
}

/* Runs the spare rounds in the first half of the budget, until the candidate shows a fault: then
 * stage 2 looks closer. */
static void run_spare(struct ab *ab, struct rng *random) {
    for (size_t round = 0; round < ab->spare_rounds; round++)
        for (size_t i = 0; i < ab->cell_count; i++) {
            struct ab_cell *cell = &ab->cells[i];
            if (cell->control || cell->over || left_s(ab) < ab->budget_s / 2) continue;
            if (candidate_faulty(ab)) return;
            run_pair(ab, cell, random);
            if (stopped(ab)) return;
        }
}

/* A cell that may have changed. */
struct hint {
    struct ab_cell *cell;
    double p; /* its smallest p; plus 1 if it looks better, which sorts it last */
};

static int by_p(const void *left, const void *right) {
    const struct hint *a = left, *b = right;
    return (a->p > b->p) - (a->p < b->p);
}

/* Chooses the cells of stage 2: those that look worse, smallest p first, then those that look
 * better. A cell is chosen only if all its pairs fit in the remaining time. Adds the control if any
 * cell was chosen. Returns the number of cells. */
static size_t choose(struct ab *ab, struct ab_cell **chosen) {
    struct hint *hints = calloc(ab->cell_count + 1, sizeof *hints);
    MEMORY_CHECK(hints);
    size_t hint_count = 0, count = 0;
    struct ab_cell *control = NULL;
    for (size_t i = 0; i < ab->cell_count; i++) {
        struct ab_cell *cell = &ab->cells[i];
        double worse = ab_cell_hint(cell, false), better = ab_cell_hint(cell, true);
        if (cell->control)
            control = cell;
        else if (cell->over)
            continue;
        else if (worse < 1)
            hints[hint_count++] = (struct hint){cell, worse};
        else if (better < 1)
            hints[hint_count++] = (struct hint){cell, 1 + better};
    }
    CHECK(control); /* prepared whenever a cell can run */
    qsort(hints, hint_count, sizeof *hints, by_p);
    double time_s = left_s(ab) - GATE_STAGE2_PAIRS * control->pair_s;
    for (size_t i = 0; i < hint_count; i++) {
        double needs_s = GATE_STAGE2_PAIRS * hints[i].cell->pair_s;
        if (needs_s > time_s) continue;
        time_s -= needs_s;
        chosen[count++] = hints[i].cell;
    }
    if (count) chosen[count++] = control;
    for (size_t i = 0; i < count; i++) {
        ab_cell_go_on(chosen[i]);
        ab->progress.slots += 2 * GATE_STAGE2_PAIRS;
        ab->progress.left_s += GATE_STAGE2_PAIRS * chosen[i]->pair_s;
    }
    free(hints);
    return count;
}

static void estimate(struct ab *ab) {
    for (size_t i = 0; i < ab->cell_count; i++) ab_cell_estimate(&ab->cells[i]);
}

void ab_run(struct ab *ab) {
    struct ab_cell **cells = calloc(ab->cell_count + 1, sizeof *cells);
    MEMORY_CHECK(cells);
    struct rng random;
    rng_seed(&random, ab->seed, 0);
    for (size_t i = 0; i < ab->cell_count; i++) cells[i] = &ab->cells[i];
    measure_capacity(ab);
    if (!stopped(ab)) run_stage(ab, cells, ab->cell_count, GATE_STAGE1_PAIRS, &random);
    if (!stopped(ab)) run_spare(ab, &random);
    estimate(ab);
    size_t chosen = stopped(ab) || !ab->report.has_control ? 0 : choose(ab, cells);
    if (chosen) run_stage(ab, cells, chosen, GATE_STAGE2_PAIRS, &random);
    estimate(ab);
    free(cells);
    progress_end(&ab->progress);
    gate_decide(&ab->report);
    gate_check_control(&ab->report);
    ab->report.duration_s = result_elapsed_s(&ab->result);
    if (!ab->write_failed && (!ab->interrupted || ab->slots))
        ab->write_failed = !result_write(&ab->result, !ab->interrupted, &ab->reason);
}

void ab_free(struct ab *ab) {
    free(ab->cells);
    free(ab->report.rows);
    free(ab->report.losses);
    plan_free(&ab->plan);
    ab_arms_close(&ab->arms);
}
