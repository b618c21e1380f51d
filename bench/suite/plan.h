/* plan.h - the cells of a session, and the order of their slots. Slots are numbered by cell, then
 * by repeat. Skipped cells have none. A rotation is several slots at once: those of one load and
 * repeat, whose servers are measured in turns by one load generator. They stand next to each other
 * in the order.
 * Invariant: the same suite, servers, placement and seed give the same plan on every machine with
 * the same CPUs. */
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
#define PLAN_DESCRIPTORS_RESERVED 64u /* of a load generator, besides those of connections */

enum cell_load { CELL_CLOSED, CELL_OPEN, CELL_CHURN };
extern const char *const cell_load_names[3]; /* "closed", "open", "churn" */

#define PLAN_NO_CELL SIZE_MAX

/* One scenario. Slots of one cell are repeats of each other. */
struct cell {
    char id[CELL_ID_SIZE];            /* "epoll/closed/c50/d1/64B" */
    const struct server_spec *server; /* the model with its options */
    const struct program *loadgen;
    const char *phase;        /* name of its phase; points into the suite */
    size_t phase_index;       /* position of that phase */
    size_t load_index;        /* number of the load; cells of all servers share it */
    enum cell_load load;      /* kind of load */
    uint32_t connections;     /* sending connections; churn: most that are open at once */
    enum skip_code skip_code; /* code of `skipped` */
    uint32_t idle;            /* further connections, which stay silent */
    double newcomers_per_s;   /* connections that arrive beside the load; 0: none */
    uint32_t depth;           /* closed loop: messages in flight per connection */
    double rate_per_s;        /* open loop: messages, churn: connections per second;
                                 NAN until plan_set_rates if it is a rate_pct */
    double rate_pct;          /* percent of the best server's capacity; NAN: rate_per_s is given */
    size_t capacity_cell; /* rate_pct: cell that measures this server's capacity; or PLAN_NO_CELL */
    const char *arrival;  /* open loop and churn: "poisson" or "constant" */
    uint32_t outstanding; /* open loop: unanswered messages per connection */
    uint32_t churn_echoes;                /* churn: echoes per connection */
    bool saturating;                      /* the rate is meant to exceed the capacity */
    bool counted;                         /* count system calls of the server, which slows it */
    uint32_t size_bytes;                  /* size of a message */
    double warmup_s, duration_s, drain_s; /* planned times */
    uint32_t turns;          /* in a rotation: slices, which make up duration_s; 0: it is in none */
    uint32_t server_threads; /* instances of the server */
    uint32_t burn_ns;        /* CPU time in ns that the server burns per receive */
    uint32_t loadgen_threads;       /* at most one per connection */
    const char *transport;          /* transport of the load generator; "auto": it chooses */
    struct placement placement;     /* CPUs of server and load generator */
    char skipped[CELL_REASON_SIZE]; /* why it cannot run here; empty if it can */
    char apart[CELL_REASON_SIZE];   /* why it is in no rotation, though the suite wants them;
                                       may be empty */
    size_t first_slot;              /* slots first_slot to first_slot + repeats - 1 */
};

/* All cells and slots of a session. */
struct plan {
    struct cell *cells; /* in the order of the suite, servers innermost; owned */
    size_t cell_count;
    size_t repeats; /* slots per cell */
    size_t *order;  /* slot numbers in the order of the run; owned */
    size_t slot_count;
    size_t *slot_cell;  /* cell of each slot number; owned */
    double predicted_s; /* predicted time of all slots */
};

/* Input of plan_make. */
struct plan_input {
    const cJSON *suite;                /* must be checked; must outlive the plan */
    const struct server_spec *servers; /* outlive the plan */
    size_t server_count;
    const struct program *loadgen;            /* must outlive the plan */
    const struct placement_policy *placement; /* rule for choosing CPUs */
    const int *cpus;                          /* CPUs that iobench may use */
    size_t cpu_count;                         /* 0: unknown */
    uint64_t descriptors; /* limit of open files per process; may be OS_UNKNOWN */
    uint64_t seed;        /* for the order of slots */
};

/* Makes a plan. Returns false and the reason if there are too many cells, two cells have the same
 * id, or no cell measures the capacity that a rate_pct refers to. */
bool plan_make(struct plan *plan, const struct plan_input *input, struct reason *reason);
void plan_free(struct plan *plan);

/* Its part that numbers the slots of the cells and shuffles them. */
void plan_order(struct plan *plan, const struct plan_input *input, size_t phases);

/* Marks a cell as skipped, with code and reason. */
void plan_skip(struct cell *cell, enum skip_code code, const char *format, ...) FORMAT_PRINTF(3, 4);

/* Sets the capacity_cell of an open loop: the closed loop with the same server and conditions in
 * the earlier phase `of_phase`. Returns false if there is none. */
bool plan_find_capacity(const struct plan *plan, struct cell *cell, const char *of_phase);

/* Sets rate_per_s and saturating of the cells with a rate_pct; call it before a phase starts.
 * `capacity(context, cell)` returns the throughput of an earlier cell per s, or NAN if it is
 * unknown. Skips cells whose own capacity is unknown. Returns whether any cell changed. */
bool plan_set_rates(struct plan *plan, size_t phase_index,
                    double (*capacity)(void *context, size_t cell), void *context);

/* Predicted time of one slot of a cell, in s; in a rotation its part of that. */
double plan_slot_s(const struct cell *cell);

/* The number of slots that run together with the one at order[at]: 1, or those of its rotation,
 * from order[at] on. */
size_t plan_together(const struct plan *plan, size_t at);

/* Gives a cell slots of its own, with the reason. In the order from `from` on they follow those of
 * its rotation. */
void plan_set_apart(struct plan *plan, size_t cell, size_t from, const char *format, ...)
    FORMAT_PRINTF(4, 5);

/* The scenario for the result file; owned by the caller. */
cJSON *plan_scenario(const struct cell *cell);

#endif
