/* plan.h - what a session will run, and in which order: cells and slots.
 * Invariant: the same suite, servers, policy and seed give the same plan on every machine with the
 * same CPUs. Slots are numbered cell-major: cell 0 repeat 0, cell 0 repeat 1, ... Skipped cells
 * have none. */
#ifndef BENCH_SUITE_PLAN_H
#define BENCH_SUITE_PLAN_H

#include "base/format.h"

#include "bench/result/codes.h"
#include "bench/suite/models.h"
#include "bench/suite/placement.h"
#include "bench/support/reason.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CELL_ID_SIZE 384
#define CELL_REASON_SIZE 192
#define PLAN_CELLS_MAX 10000

enum cell_load { CELL_CLOSED, CELL_OPEN, CELL_CHURN };
extern const char *const cell_load_names[3]; /* "closed", "open", "churn" */

#define PLAN_NO_CELL SIZE_MAX

/* One scenario: everything that two slots must share to be repeats of each other. */
struct cell {
    char id[CELL_ID_SIZE];                /* "epoll/closed/c50/d1/64B" */
    const struct server_spec *server;     /* the model with its options */
    const struct program *loadgen;        /* what loads it */
    const char *phase;                    /* name of its phase; points into the suite */
    size_t phase_index;                   /* position of that phase */
    size_t load_index;                    /* of the plan; the cells of all servers share it */
    enum cell_load load;                  /* shape of the load */
    uint32_t connections;                 /* that send; churn: open at once at most */
    enum skip_code skip_code;             /* of `skipped`, below */
    uint32_t idle;                        /* more connections, which stay silent */
    double newcomers_per_s;               /* connections that arrive beside the load; 0: none */
    uint32_t depth;                       /* closed loop: messages in flight per connection */
    double rate_per_s;                    /* open loop: messages, churn: connections per second;
                                             NAN until plan_set_rates if it is a rate_pct */
    double rate_pct;                      /* of the best server's capacity; NAN: rate_per_s given */
    size_t capacity_cell;                 /* rate_pct: this server's cell of the earlier phase */
    const char *arrival;                  /* open loop and churn: "poisson" or "constant" */
    uint32_t outstanding;                 /* open loop: unanswered messages per connection */
    uint32_t churn_echoes;                /* churn: echoes of a connection */
    bool saturating;                      /* the rate is meant to be too much */
    bool counted;                         /* its slots count the server's system calls, which slows
                                             it */
    uint32_t size_bytes;                  /* of a message */
    double warmup_s, duration_s, drain_s; /* as planned */
    uint32_t server_threads;              /* instances of the model */
    uint32_t burn_ns;                     /* CPU burnt by the server per receive */
    uint32_t loadgen_threads;             /* at most one a connection */
    const char *transport;                /* of the load generator; "auto" lets it choose */
    struct placement placement;           /* CPUs of both */
    char skipped[CELL_REASON_SIZE];       /* why it cannot run here; empty if it can */
    size_t first_slot;                    /* its slots are first_slot .. first_slot + repeats - 1 */
};

struct plan {
    struct cell *cells; /* in suite order, servers innermost; owned */
    size_t cell_count;  /* how many */
    size_t repeats;     /* slots per cell */
    size_t *order;      /* slot numbers as they run; owned */
    size_t slot_count;  /* how many */
    size_t *slot_cell;  /* cell of each slot number; owned */
    double predicted_s; /* how long all slots take, about */
};

/* What a plan is made of. */
struct plan_input {
    const cJSON *suite;                       /* checked; outlives the plan */
    const struct server_spec *servers;        /* outlive the plan */
    size_t server_count;                      /* how many */
    const struct program *loadgen;            /* what loads them; outlives the plan */
    const struct placement_policy *placement; /* who runs where */
    const int *cpus;                          /* where iobench may run */
    size_t cpu_count;                         /* how many; 0: unknown */
    uint64_t descriptors;                     /* limit of a process; OS_UNKNOWN: none known */
    uint64_t seed;                            /* of the order */
};

/* Makes a plan. Returns false with the reason: too many cells, two with the same id, or a rate_pct
 * of a capacity that no cell measures. */
bool plan_make(struct plan *plan, const struct plan_input *input, struct reason *reason);
void plan_free(struct plan *plan);

/* Notes why a cell is not run. */
void plan_skip(struct cell *cell, enum skip_code code, const char *format, ...) FORMAT_PRINTF(3, 4);

/* Notes in an open-loop cell which closed-loop cell of the phase `of_phase`, before its own, has
 * the same server and the same conditions. Returns false if there is none. */
bool plan_find_capacity(const struct plan *plan, struct cell *cell, const char *of_phase);

/* Before a phase starts: turns rate_pct into rate_per_s, and finds out whom that saturates.
 * `capacity(context, cell)` is what an earlier cell served, per s; NAN if that is not known. A cell
 * whose server's capacity is not known is skipped, with the reason. Returns whether any changed. */
bool plan_set_rates(struct plan *plan, size_t phase_index,
                    double (*capacity)(void *context, size_t cell), void *context);

/* How long one slot of a cell takes, about, in s. */
double plan_slot_s(const struct cell *cell);

/* The scenario as the result file holds it; owned by the caller. */
cJSON *plan_scenario(const struct cell *cell);

#endif
