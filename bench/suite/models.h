/* models.h - which servers there are and what they say of themselves.
 * Invariant: all that iobench knows of a model of its own stands in what its --describe printed; a
 * foreign server has a stand-in for that, and nobody asks it. */
#ifndef BENCH_SUITE_MODELS_H
#define BENCH_SUITE_MODELS_H

#include "bench/support/paths.h"
#include "bench/support/process.h"
#include "bench/support/reason.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#define MODELS_MAX 64
#define MODEL_NAME_SIZE 48
#define SPEC_OPTIONS_MAX 8
#define SPEC_SIZE 192

enum server_kind {
    SERVER_OURS,    /* echo-NAME: says when it is ready and what it counted */
    SERVER_COMMAND, /* of --server-cmd: started and ended for every slot */
    SERVER_AT,      /* of --server-at: runs already and stays */
};
extern const char *const server_kind_names[3]; /* NULL, "cmd", "at" */

/* A server or the load generator. */
struct program {
    char path[PATH_SIZE];       /* of the executable; empty if there is none to be started */
    char name[MODEL_NAME_SIZE]; /* "epoll" of echo-epoll; "loadgen"; made up for a foreign server */
    enum server_kind kind;      /* whose it is */
    const char *command;        /* of a foreign server, as given; NULL: ours; not owned */
    cJSON *describe;            /* what --describe printed, without the wrapper; owned */
    bool silent; /* it printed nothing of use: describe is a stand-in that says why */
};

struct models {
    struct program servers[MODELS_MAX]; /* ours by name, ascending; foreign ones behind them */
    size_t count;                       /* how many */
    struct program loadgen;             /* the load generator */
};

/* A server as a suite or the command line names it: "epoll:trigger=edge". */
struct server_spec {
    const struct program *program;      /* of which model */
    const char *arm;                    /* of `iobench ab`, which tells it apart; else NULL */
    char text[SPEC_SIZE];               /* canonical: options by name, ascending */
    size_t option_count;                /* how many options are given */
    char options[SPEC_OPTIONS_MAX][64]; /* "trigger=edge", ascending */
    cJSON *describe;                    /* with these options; owned */
};

/* Finds every echo-* and loadgen and asks each to describe itself. Returns false with the reason
 * if there is no loadgen or no server that describes itself. A server that does not is kept as one
 * that is not available. */
bool models_find(struct models *m, struct process_loop *l, const struct paths *paths,
                 struct reason *reason);
void models_free(struct models *m);

/* Finds only the load generator of `directory`, and asks it; leaves the servers alone. Returns
 * false with the reason. */
bool models_find_loadgen(struct models *m, struct process_loop *l, const char *directory,
                         struct reason *reason);

/* Stands in for what a server would say of itself. `reason`: why it is not available; NULL: it is.
 * Owned by the caller. */
cJSON *models_stand_in(const char *name, const char *summary, const char *reason);

/* Reads "MODEL[:NAME=VALUE,...]" and asks that model whether it takes these options. Returns false
 * with the reason. */
bool server_spec_read(struct server_spec *spec, const char *text, const struct models *m,
                      struct process_loop *l, struct reason *reason);
void server_spec_free(struct server_spec *spec);

/* A field of a describe object as number (NAN if null or absent) or text (NULL). */
double describe_number(const cJSON *describe, const char *key);
const char *describe_text(const cJSON *describe, const char *key);

#endif
