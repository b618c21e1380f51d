/* models.h - the servers and the load generator, with their descriptions.
 * Invariant: iobench knows nothing about its models except the output of --describe. A foreign
 * server gets a substitute description and is never run with --describe. */
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
    SERVER_OURS,    /* echo-NAME: prints a ready line and statistics */
    SERVER_COMMAND, /* --server-cmd: started and ended for every slot */
    SERVER_AT,      /* --server-at: runs already; iobench does not stop it */
};
extern const char *const server_kind_names[3]; /* NULL, "cmd", "at" */

/* A server or the load generator. */
struct program {
    char path[PATH_SIZE];       /* executable; empty for SERVER_AT */
    char name[MODEL_NAME_SIZE]; /* "epoll" of echo-epoll; "loadgen"; see foreign_name */
    enum server_kind kind;
    const char *command; /* command or address of a foreign server; NULL: ours; not owned */
    cJSON *describe;     /* output of --describe without the outer object; owned */
    bool silent;         /* --describe failed; `describe` is a substitute with the reason */
};

/* All programs. */
struct models {
    struct program servers[MODELS_MAX]; /* ours by ascending name, then foreign ones */
    size_t count;
    struct program loadgen;
};

/* A server as a suite or the command line names it: "epoll:trigger=edge". */
struct server_spec {
    const struct program *program; /* the model */
    const char *arm;               /* name of the arm in `iobench ab`; otherwise NULL */
    char text[SPEC_SIZE];          /* canonical text, options by ascending name */
    size_t option_count;
    char options[SPEC_OPTIONS_MAX][64]; /* "trigger=edge", ascending */
    cJSON *describe;                    /* description with these options; owned */
};

/* Finds all echo-* programs and loadgen, and runs each with --describe. A server that fails to
 * describe itself is kept as unavailable. Returns false and the reason if loadgen fails, or all
 * servers fail. */
bool models_find(struct models *m, struct process_loop *l, const struct paths *paths,
                 struct reason *reason);
void models_free(struct models *m);

/* Finds only the load generator in `directory` and runs it with --describe. Returns false and the
 * reason on failure. */
bool models_find_loadgen(struct models *m, struct process_loop *l, const char *directory,
                         struct reason *reason);

/* Runs a program with arguments, --describe among them. Returns its description, owned by the
 * caller, or NULL and the reason. */
cJSON *models_describe(struct process_loop *l, char *const *args, struct reason *reason);

/* Makes a substitute description, owned by the caller. `reason` explains why the server is
 * unavailable; NULL: it is available. */
cJSON *models_stand_in(const char *name, const char *summary, const char *reason);

/* Reads "MODEL[:NAME=VALUE,...]" and runs the model with these options and --describe, which checks
 * them. Returns false and the reason on failure. */
bool server_spec_read(struct server_spec *spec, const char *text, const struct models *m,
                      struct process_loop *l, struct reason *reason);
void server_spec_free(struct server_spec *spec);

#endif
