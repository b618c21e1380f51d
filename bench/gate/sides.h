/* sides.h - the two sides of a comparison of result files. */
#ifndef BENCH_GATE_SIDES_H
#define BENCH_GATE_SIDES_H

#include "bench/support/reason.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

enum { SIDE_BASELINE, SIDE_CANDIDATE, SIDES };
extern const char *const side_names[SIDES]; /* "baseline", "candidate" */

/* One side: each file is a session. */
struct side {
    cJSON *const *files;      /* checked results (result_file.h) */
    const char *const *paths; /* of the files, for people */
    size_t count;             /* files; at least 1 */
};

/* The cell of that id in a result; NULL if it has none. */
const cJSON *side_cell(const cJSON *file, const char *id);

/* The index on `side` of the session that `file` holds; side->count if it is not there. */
size_t side_session(const struct side *side, const cJSON *file);

/* Whether both sides hold the same sessions. */
bool sides_same_sessions(const struct side sides[SIDES]);

/* Whether these files can be two sides at all: results of `iobench run`, no session twice on a
 * side, none on both sides unless both sides are the same sessions. False with "FILE: reason". */
bool sides_possible(const struct side sides[SIDES], struct reason *reason);

#endif
