/* builds.h - the executables that a session used.
 * Invariant: equal files have equal ids. */
#ifndef BENCH_SESSION_BUILDS_H
#define BENCH_SESSION_BUILDS_H

#include "bench/suite/models.h"

#include <cjson/cJSON.h>

/* Adds the executable at `path` to `builds` unless it is there. `describe` is the output of its
 * --describe; NULL means iobench itself. Returns its id, which the array owns. Every call hashes
 * the file. */
const char *builds_add(cJSON *builds, const char *program, const char *path, const cJSON *describe);

/* Adds a server. The executable of a command is the file that its first word starts, which may be
 * an interpreter. For a server that runs already only the name is known. */
const char *builds_add_server(cJSON *builds, const struct program *server);

#endif
