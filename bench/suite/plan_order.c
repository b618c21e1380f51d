/* plan_order.c - the random order of the slots of a plan, and which of them are rotations. Pure.
 * Invariant: within a phase every round runs each cell once, so slow changes of the machine affect
 * all cells alike. Cells of one load stand next to each other. */
#include "base/check.h"
#include "base/memory.h"
#include "base/os.h"
#include "base/rng.h"

#include "bench/suite/plan.h"
#include "bench/support/json_path.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- rotations ---- */

/* The end of the cells with the load of `cell`. */
static size_t load_end(const struct plan *plan, size_t cell) {
    size_t end = cell;
    while (end < plan->cell_count && plan->cells[end].load_index == plan->cells[cell].load_index)
        end++;
    return end;
}

/* Gives slots of their own to cells that have nothing to be compared with, or whose rotation has
 * more servers or needs more files than a load generator can have. */
static void leave_rotations(struct plan *plan, const struct plan_input *in) {
    double targets_max = json_number(in->loadgen->describe, "targets_max");
    for (size_t i = 0, end; i < plan->cell_count; i = end) {
        uint64_t count = 0, files = PLAN_DESCRIPTORS_RESERVED;
        end = load_end(plan, i);
        for (size_t k = i; k < end; k++) {
            const struct cell *c = &plan->cells[k];
            if (!c->turns || *c->skipped) continue;
            files += (uint64_t)c->connections + c->idle;
            count++;
        }
        const char *why = count < 2 ? "no other server has this load"
                          : !((double)count <= targets_max)
                              ? "too many servers for one load generator"
                          : in->descriptors != OS_UNKNOWN && files > in->descriptors
                              ? "all servers together need more descriptors than ulimit -n allows"
                              : NULL;
        for (size_t k = i; k < end && why; k++) {
            if (!plan->cells[k].turns) continue;
            plan->cells[k].turns = 0;
            snprintf(plan->cells[k].apart, CELL_REASON_SIZE, "%s", why);
        }
    }
}

/* Whether two slots, given by number, belong to one rotation. */
static bool same_rotation(const struct plan *plan, size_t one, size_t two) {
    const struct cell *a = &plan->cells[plan->slot_cell[one]];
    const struct cell *b = &plan->cells[plan->slot_cell[two]];
    return a->turns && b->turns && a->load_index == b->load_index &&
           one - a->first_slot == two - b->first_slot;
}

size_t plan_together(const struct plan *plan, size_t at) {
    size_t count = 1;
    while (at + count < plan->slot_count &&
           same_rotation(plan, plan->order[at], plan->order[at + count]))
        count++;
    return count;
}

static void swap(size_t *one, size_t *two) {
    size_t item = *one;
    *one = *two;
    *two = item;
}

void plan_set_apart(struct plan *plan, size_t cell, size_t from, const char *format, ...) {
    struct cell *c = &plan->cells[cell];
    size_t *order = plan->order;
    va_list rest;
    va_start(rest, format);
    vsnprintf(c->apart, sizeof c->apart, format, rest);
    va_end(rest);
    for (size_t i = from; i < plan->slot_count; i++) {
        if (plan->slot_cell[order[i]] != cell) continue;
        for (; i + 1 < plan->slot_count && same_rotation(plan, order[i], order[i + 1]); i++)
            swap(&order[i], &order[i + 1]);
    }
    c->turns = 0;
}

/* ---- the order ---- */

/* Fisher and Yates. */
static void shuffle(size_t *items, size_t count, struct rng *random) {
    for (size_t left = count; left > 1; left--)
        swap(&items[rng_below(random, left)], &items[left - 1]);
}

/* Appends the slots of a rotation, shuffled, or the slot of a cell that is in none. */
static void add_slots(struct plan *plan, size_t cell, size_t repeat, struct rng *random) {
    size_t start = plan->slot_count,
           end = plan->cells[cell].turns ? load_end(plan, cell) : cell + 1;
    for (size_t i = cell; i < end; i++) {
        const struct cell *c = &plan->cells[i];
        if (!*c->skipped && (i == cell || c->turns))
            plan->order[plan->slot_count++] = c->first_slot + repeat;
    }
    shuffle(plan->order + start, plan->slot_count - start, random);
}

/* Appends one round of a phase to the order, shuffled. */
static void add_round(struct plan *plan, size_t phase, size_t repeat, struct rng *random) {
    size_t *firsts = calloc(plan->cell_count + 1, sizeof *firsts), count = 0;
    size_t rotation = PLAN_NO_CELL; /* load of the last one */
    MEMORY_CHECK(firsts);
    for (size_t i = 0; i < plan->cell_count; i++) {
        const struct cell *c = &plan->cells[i];
        if (c->phase_index != phase || *c->skipped) continue;
        plan->predicted_s += plan_slot_s(c);
        if (c->turns && c->load_index == rotation) continue;
        if (c->turns) rotation = c->load_index;
        firsts[count++] = i;
    }
    shuffle(firsts, count, random);
    for (size_t i = 0; i < count; i++) add_slots(plan, firsts[i], repeat, random);
    free(firsts);
}

void plan_order(struct plan *plan, const struct plan_input *in, size_t phases) {
    size_t slots = 0;
    leave_rotations(plan, in);
    plan->order = calloc(plan->cell_count * plan->repeats + 1, sizeof *plan->order);
    plan->slot_cell = calloc(plan->cell_count * plan->repeats + 1, sizeof *plan->slot_cell);
    MEMORY_CHECK(plan->order && plan->slot_cell);
    for (size_t i = 0; i < plan->cell_count; i++) {
        plan->cells[i].first_slot = slots;
        if (*plan->cells[i].skipped) continue;
        for (size_t r = 0; r < plan->repeats; r++) plan->slot_cell[slots++] = i;
    }
    struct rng random;
    rng_seed(&random, in->seed, 0);
    for (size_t p = 0; p < phases; p++)
        for (size_t r = 0; r < plan->repeats; r++) add_round(plan, p, r, &random);
    CHECK_OP(plan->slot_count, ==, slots);
}
