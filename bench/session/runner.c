/* runner.c - the loop over the slots of a plan.
 * Invariant: an interrupted slot is not recorded. */
#include "bench/session/runner.h"

#include "base/memory.h"

#include "bench/result/sample_facts.h"
#include "bench/support/json_path.h"

#include <math.h>
#include <stdio.h>
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

/* ---- slots that run together ---- */

/* One of them. */
struct member {
    size_t index; /* in the order */
    size_t cell;
    struct slot_outcome outcome;
};

/* Those that belong to one load generator: one slot, or all of a rotation. */
struct group {
    struct member *members; /* owned */
    size_t count;
    size_t gone;     /* further ones, of which an earlier repeat could not run */
    double gone_s;   /* their predicted time */
    double offset_s; /* when the slot began */
};

/* Lists the `count` slots from `at` on. */
static void group_make(struct group *g, const struct run *run, size_t at, size_t count) {
    const struct plan *plan = run->result->plan;
    *g = (struct group){.members = calloc(count, sizeof *g->members)};
    MEMORY_CHECK(g->members);
    for (size_t i = at; i < at + count; i++) {
        size_t cell = plan->slot_cell[plan->order[i]];
        if (!run->gone[cell]) {
            g->members[g->count++] = (struct member){.index = i, .cell = cell};
            continue;
        }
        g->gone++;
        g->gone_s += plan_slot_s(&plan->cells[cell]);
    }
}

static void group_free(struct group *g) {
    for (size_t i = 0; i < g->count; i++) outcome_free(&g->members[i].outcome);
    free(g->members);
}

/* Measures the members. Returns false if that was interrupted. */
static bool group_measure(struct group *g, struct run *run) {
    const struct plan *plan = run->result->plan;
    const struct member *first = g->members;
    const struct cell **cells = calloc(g->count, sizeof *cells);
    struct slot_outcome *outcomes = calloc(g->count, sizeof *outcomes);
    MEMORY_CHECK(cells && outcomes);
    for (size_t i = 0; i < g->count; i++) cells[i] = &plan->cells[g->members[i].cell];
    g->offset_s = result_elapsed_s(run->result);
    progress_slot(run->progress, first->index, cells[0], g->count);
    /* each repeat has its own arrivals, which are the same for all models */
    size_t repeat = plan->order[first->index] - cells[0]->first_slot;
    slot_run(outcomes, cells, g->count, run->loop, run->seed + repeat);
    bool interrupted = false;
    for (size_t i = 0; i < g->count; i++) {
        g->members[i].outcome = outcomes[i];
        interrupted = interrupted || outcomes[i].end == SLOT_INTERRUPTED;
    }
    free(cells);
    free(outcomes);
    return !interrupted;
}

/* CPU time that the server used while others had their turns, in percent of one CPU. */
static double waiting_cpu_pct(const struct member *m) {
    return json_number(m->outcome.figures, "slices.waiting_cpu_pct");
}

static bool may_go_apart(const struct run *run, const struct member *m) {
    return run->result->plan->cells[m->cell].turns && !result_has_samples(run->result, m->cell);
}

static void set_apart(struct run *run, const struct group *g, const struct member *m,
                      const char *why) {
    struct result *r = run->result;
    plan_set_apart(r->plan, m->cell, g->members->index, "%s", why);
    result_set_apart(r, m->cell);
    progress_apart(run->progress, &r->plan->cells[m->cell]);
}

/* Gives slots of their own to members that disturbed the others, and to the last one that is left.
 * Returns whether there was one: then the rest has to be measured anew. */
static bool set_burners_apart(struct run *run, const struct group *g) {
    const struct member *left = NULL;
    size_t stay = 0;
    bool any = false;
    for (size_t i = 0; i < g->count && g->count > 1; i++) {
        const struct member *m = &g->members[i];
        double pct = waiting_cpu_pct(m);
        if (pct > SAMPLE_WAITING_CPU_PCT_MAX && may_go_apart(run, m)) { /* false for NAN */
            char why[CELL_REASON_SIZE];
            snprintf(why, sizeof why, "it used %.0f %% of a CPU while others had their turns",
                     ceil(pct));
            set_apart(run, g, m, why);
            any = true;
        } else {
            left = m;
            stay++;
        }
    }
    if (any && stay == 1 && may_go_apart(run, left))
        set_apart(run, g, left, "no other server takes turns with it");
    return any;
}

/* Records how the slot of a member ended. */
static void record(struct run *run, const struct group *g, struct member *m) {
    struct result *r = run->result;
    struct slot_outcome *o = &m->outcome;
    const struct cell *c = &r->plan->cells[m->cell];
    if (o->end == SLOT_CANNOT_RUN && result_has_samples(r, m->cell))
        o->end = SLOT_FAILED; /* it ran before, so its samples stay */
    if (o->end == SLOT_CANNOT_RUN) {
        run->gone[m->cell] = true;
        run->tally->skipped++;
        result_skip(r, m->cell, SKIP_NOT_AVAILABLE, o->reason.text);
        progress_done(run->progress, m->index, c, NULL, o->reason.text);
    } else {
        const cJSON *sample = result_add(r, m->cell, o, m->index, g->offset_s);
        count(run->tally, sample);
        progress_done(run->progress, m->index, c, sample, NULL);
        progress_cause(run->progress, sample, o->told.text);
    }
}

/* Runs the slots from `at` on that run together. Returns how many are done: 0 if they were
 * interrupted, or have to be run again in another order. */
static size_t run_together(struct run *run, size_t at) {
    size_t done = plan_together(run->result->plan, at);
    struct group g;
    group_make(&g, run, at, done);
    if (g.count) {
        run->tally->interrupted = !group_measure(&g, run);
        if (run->tally->interrupted || set_burners_apart(run, &g)) done = 0;
        for (size_t i = 0; i < g.count && done; i++) record(run, &g, &g.members[i]);
    }
    if (done) {
        run->tally->skipped += g.gone;
        run->progress->left_s -= g.gone_s;
    }
    group_free(&g);
    return done;
}

void runner_run(struct runner_tally *tally, struct result *r, struct process_loop *l,
                struct progress *p, uint64_t seed) {
    *tally = (struct runner_tally){0};
    struct run run = {tally, r, l, p, seed, calloc(r->plan->cell_count, sizeof *run.gone)};
    MEMORY_CHECK(run.gone);
    size_t phase = 0;
    for (size_t i = 0; i < r->plan->slot_count && !tally->write_failed;) {
        size_t next = r->plan->cells[r->plan->slot_cell[r->plan->order[i]]].phase_index;
        if (next != phase) enter_phase(&run, phase = next);
        if (l->interrupted) tally->interrupted = true;
        size_t done = tally->interrupted ? 0 : run_together(&run, i);
        if (tally->interrupted) break;
        i += done;
        if (done)
            tally->write_failed = !result_checkpoint(r, i == r->plan->slot_count, &tally->reason);
    }
    progress_end(p);
    free(run.gone);
}
