/* losses.h - what became of the slots of both sides of a comparison. Pure.
 * Invariant: every slot that ran is counted once; a slot is counted whether or not its figures
 * count. */
#ifndef BENCH_GATE_LOSSES_H
#define BENCH_GATE_LOSSES_H

#include "bench/gate/gate_reason.h"
#include "bench/stats/stats.h"
#include "bench/suite/plan.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* What became of a slot. */
enum gate_loss {
    LOSS_NONE,      /* nothing was lost */
    LOSS_FAILED,    /* the server failed */
    LOSS_SATURATED, /* the server did not keep up with the rate */
    LOSS_DISTURBED, /* it is invalid for another reason */
    LOSSES
};
extern const char *const gate_loss_names[LOSSES]; /* "failed"; NULL: LOSS_NONE */

/* Failures that no disturbance of the machine explains: one of them is enough, if the other side
 * never shows any of its kind. */
enum gate_fault { FAULT_WRONG_ECHO, FAULT_CRASH, FAULT_LOST_CONNECTION, FAULT_UNANSWERED, FAULTS };

/* One slot. */
struct gate_slot {
    enum gate_loss loss;
    bool faults[FAULTS];    /* kinds of faults that it shows; any makes it LOSS_FAILED */
    struct gate_reason why; /* what was lost, quoted from the slot */
};

/* Sets what became of a slot; `sample` and the `scenario` of its cell are those of a result. */
void gate_slot_read(struct gate_slot *slot, const cJSON *scenario, const cJSON *sample);

/* Whether the slot shows any fault. */
bool gate_slot_faulty(const struct gate_slot *slot);

/* The slots of one side in one cell. */
struct gate_count {
    size_t slots;          /* slots that ran */
    size_t lost[LOSSES];   /* slots of each kind of loss */
    size_t faults[FAULTS]; /* slots that show each kind of fault */
};

/* The slots of one cell. */
struct gate_losses {
    char cell[CELL_ID_SIZE];        /* id of the cell without its arm */
    struct gate_count sides[2];     /* baseline and candidate */
    struct gate_reason why[LOSSES]; /* the candidate's first loss of each kind */
};

/* Counts a slot; side 0 is the baseline, 1 the candidate. */
void gate_losses_add(struct gate_losses *losses, int side, const struct gate_slot *slot);

#define GATE_SETTLED_P 0.01 /* largest p at which more slots tell nothing new */
#define GATE_OPEN_P 0.10    /* largest p at which more slots are worth their time */

/* Whether the slots of a cell leave no doubt that the candidate loses more of them: no further ones
 * are needed. */
bool gate_losses_settled(const struct gate_losses *losses);

/* Whether they are not settled, but the candidate shows a fault that the baseline does not show, or
 * it seems to lose more slots. */
bool gate_losses_open(const struct gate_losses *losses);

/* The sum of `count` cells for one side. */
struct gate_count gate_losses_sum(const struct gate_losses *losses, size_t count, int side);

/* The slots with this loss as a table: the baseline is on the left. */
struct stats_table gate_losses_table(const struct gate_losses *losses, enum gate_loss loss);

#endif
