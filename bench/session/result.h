/* result.h - the result document of a running session.
 * Invariant: the document is always a valid result. A cell that has not run yet is `skipped`, with
 * SKIP_NOT_REACHED. Arrays in its samples are stored as text; to read them, read the file. */
#ifndef BENCH_SESSION_RESULT_H
#define BENCH_SESSION_RESULT_H

#include "bench/machine/environment.h"
#include "bench/session/builds.h"
#include "bench/session/slot.h"
#include "bench/suite/plan.h"
#include "bench/support/reason.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A result while it grows. */
struct result {
    cJSON *document;            /* whole result; owned */
    cJSON *schema;              /* iobench-result.schema.json; owned */
    struct plan *plan;          /* cells and slots; outlives the result */
    const char **server_build;  /* per cell: id of the server in builds[]; owned */
    const char **loadgen_build; /* per cell: id of the load generator in builds[]; owned */
    const char *own_loadgen;    /* id of the load generator of this build */
    struct builds_watch watch;  /* the programs as they were hashed */
    bool in_order;              /* slots are not planned; session.order grows with them */
    uint64_t started_ns;        /* monotonic clock at the start */
    struct cpu_ticks ticks;     /* CPU time of the machine at the start */
    const char *path;           /* file to write */
};

/* Facts that a result records besides the slots. */
struct result_facts {
    const char *mode;            /* "run": slots follow the plan; "ab": slots are not planned */
    const cJSON *suite;          /* for its name and description */
    const struct models *models; /* the models of the session */
    struct plan *plan;           /* has at least one cell */
    int argc;
    char **argv;               /* command line */
    uint64_t seed;             /* seed of the session */
    const struct paths *paths; /* paths of iobench and the schema */
    cJSON *machine_floor;      /* ownership passes to the result */
    cJSON *findings;           /* findings of the doctor; ownership passes to the result */
};

/* Starts a document that will be written to `path`. Returns false and the reason on failure. */
bool result_open(struct result *r, const struct result_facts *facts, const char *path,
                 struct reason *reason);

/* Judges a slot that was measured or failed, and adds it as a sample of its cell. `order` is its
 * position in the run, `offset_s` its start. Returns the sample, which the document owns. */
const cJSON *result_add(struct result *r, size_t cell, struct slot_outcome *o, size_t order,
                        double offset_s);

/* The scenario of a cell; owned by the document. */
const cJSON *result_scenario(const struct result *r, size_t cell);

/* Whether the cell has samples. */
bool result_has_samples(const struct result *r, size_t cell);

/* Median throughput of the usable slots of a cell, per s; NAN if there are none. */
double result_throughput(const struct result *r, size_t cell);

/* Updates the scenario of a cell after plan_set_rates. The cell must not have samples. */
void result_set_rate(struct result *r, size_t cell);

/* Updates a cell and the order after plan_set_apart. The cell must not have samples. */
void result_set_apart(struct result *r, size_t cell);

/* Marks a cell as skipped. The cell must not have samples. */
void result_skip(struct result *r, size_t cell, enum skip_code code, const char *reason);

/* Updates duration and completeness, and replaces the file. Returns false and the reason on
 * failure, and if a program is no longer the one that builds[] names: the file then keeps the
 * slots before. */
bool result_write(struct result *r, bool complete, struct reason *reason);

/* The same after every slot, unless the file is a stream, which gets the result once, at the end.
 */
bool result_checkpoint(struct result *r, bool complete, struct reason *reason);

/* The document as a reader of the file gets it; owned by the caller. */
cJSON *result_copy(const struct result *r);

/* Seconds since the session began. */
double result_elapsed_s(const struct result *r);

void result_free(struct result *r);

#endif
