/* builds.h - which executables a session used, told apart by their content.
 * Invariant: equal files have equal ids. */
#ifndef BENCH_BUILDS_H
#define BENCH_BUILDS_H

#include <cjson/cJSON.h>

/* Adds the executable at `path` to `builds` unless it is there, with what its --describe says of
 * how it was built (NULL: of this iobench itself). Returns its id, which the array owns. */
const char *builds_add(cJSON *builds, const char *program, const char *path, const cJSON *describe);

#endif
