/* builds.h - which executables a session used, told apart by their content.
 * Invariant: equal files have equal ids. */
#ifndef BENCH_SESSION_BUILDS_H
#define BENCH_SESSION_BUILDS_H

#include "bench/suite/models.h"

#include <cjson/cJSON.h>

/* Adds the executable at `path` to `builds` unless it is there, with what its --describe says of
 * how it was built (NULL: of this iobench itself). Returns its id, which the array owns. */
const char *builds_add(cJSON *builds, const char *program, const char *path, const cJSON *describe);

/* The same of a server: of a command, the file that its first word starts, which may be an
 * interpreter; of one that runs already, nothing is known but its name. */
const char *builds_add_server(cJSON *builds, const struct program *server);

#endif
