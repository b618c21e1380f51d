/* builds.h - the executables that a session used.
 * Invariant: equal files have equal ids. */
#ifndef BENCH_SESSION_BUILDS_H
#define BENCH_SESSION_BUILDS_H

#include "bench/suite/models.h"
#include "bench/suite/plan.h"
#include "bench/support/reason.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

/* Adds the executable at `path` to `builds` unless it is there. `describe` is the output of its
 * --describe; NULL means iobench itself. Returns its id, which the array owns. Every call hashes
 * the file. */
const char *builds_add(cJSON *builds, const char *program, const char *path, const cJSON *describe);

/* Adds a server. The executable of a command is the file that its first word starts, which may be
 * an interpreter. For a server that runs already only the name is known. */
const char *builds_add_server(cJSON *builds, const struct program *server);

/* A file as it was at some time. */
struct builds_file {
    const char *path; /* not owned */
    uv_stat_t facts;  /* of the file */
};

/* The programs that the slots of a plan start. They must stay the same until the session ends, or
 * some slots are those of another build than builds[] says. */
struct builds_watch {
    struct builds_file *files; /* owned */
    size_t count;
};

/* Notes the programs as they are now. Call it before they are hashed. */
void builds_watch(struct builds_watch *w, const struct plan *plan);
void builds_watch_free(struct builds_watch *w);

/* Returns false and the reason if one of them has been replaced, changed or removed since. */
bool builds_unchanged(const struct builds_watch *w, struct reason *reason);

#endif
