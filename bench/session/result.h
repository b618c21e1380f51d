/* result.h - the result document while a session writes it.
 * Invariant: at every moment the document is a valid result of what has been measured so far: a
 * cell whose turn has not come is `skipped` with a reason that says so. The arrays of its samples
 * are there as text only: to read them, read the file. */
#ifndef BENCH_SESSION_RESULT_H
#define BENCH_SESSION_RESULT_H

#include "bench/machine/environment.h"
#include "bench/session/slot.h"
#include "bench/suite/plan.h"
#include "bench/support/reason.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct result {
    cJSON *document;            /* the whole; owned */
    cJSON *schema;              /* iobench-result.schema.json; owned */
    struct plan *plan;          /* what is run; outlives this */
    const char **server_build;  /* id in builds[] of each cell's server; owned */
    const char **loadgen_build; /* the same of each cell's load generator; owned */
    const char *own_loadgen;    /* id of the load generator of this build */
    bool in_order;              /* slots are numbered as they come: session.order grows */
    uint64_t started_ns;        /* monotonic clock at the start */
    struct cpu_ticks ticks;     /* of the machine at the start */
    const char *path;           /* of the file */
};

/* What a result says besides what was measured. */
struct result_facts {
    const char *mode;            /* "run": the plan's order holds; "ab": slots come as they come */
    const cJSON *suite;          /* name and description are taken */
    const struct models *models; /* that were found */
    struct plan *plan;           /* with at least one cell */
    int argc;                    /* the command line */
    char **argv;                 /* its words */
    uint64_t seed;               /* of the session */
    const struct paths *paths;   /* where iobench and the schema are */
    cJSON *machine_floor;        /* taken over */
    cJSON *findings;             /* of the doctor; taken over */
};

/* Starts a document that will be written to `path`. Returns false with the reason. */
bool result_open(struct result *r, const struct result_facts *facts, const char *path,
                 struct reason *reason);

/* Adds what a slot gave as a sample of its cell, judged, and returns it (owned by the document).
 * `order` is its position in the run, `offset_s` when it began. Only for slots that were measured
 * or have failed. */
const cJSON *result_add(struct result *r, size_t cell, struct slot_outcome *o, size_t order,
                        double offset_s);

/* The scenario of a cell; owned by the document. */
const cJSON *result_scenario(const struct result *r, size_t cell);

/* Whether a slot of the cell has been added. */
bool result_has_samples(const struct result *r, size_t cell);

/* Median throughput of a cell's usable slots, per s; NAN if there is none. */
double result_throughput(const struct result *r, size_t cell);

/* Copies what plan_set_rates changed of a cell. Only for a cell without samples. */
void result_set_rate(struct result *r, size_t cell);

/* Marks a cell as one that cannot run here. Only for a cell without samples. */
void result_skip(struct result *r, size_t cell, enum skip_code code, const char *reason);

/* Brings duration and completeness up to date and replaces the file. Returns false with the
 * reason. */
bool result_write(struct result *r, bool complete, struct reason *reason);

/* Seconds since the session began. */
double result_elapsed_s(const struct result *r);

void result_free(struct result *r);

#endif
