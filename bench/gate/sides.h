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
    const char *const *paths; /* names of the files in messages */
    size_t count;             /* at least 1 */
};

/* The cell called `id` of a result; NULL if there is none. */
const cJSON *side_cell(const cJSON *file, const char *id);

/* Whether two samples are one slot: all their figures are equal. Where the sample stands in its
 * file does not matter, and a slot without figures is like no other. */
bool side_same_slot(const cJSON *one, const cJSON *two);

/* Whether the cell `id` has a slot that both files hold. */
bool side_share_slot(const cJSON *one, const cJSON *two, const char *id);

/* The index on `side` of the session that `file` holds: it has the same id, or holds the same slot
 * under another one. side->count if it is not there. */
size_t side_session(const struct side *side, const cJSON *file);

/* Whether both sides hold the same sessions. */
bool sides_same_sessions(const struct side sides[SIDES]);

/* Whether these files can be compared: they are results of `iobench run`, no session is twice on a
 * side, and none is on both sides unless both sides hold the same sessions. Returns false and
 * "FILE: reason" if not. */
bool sides_possible(const struct side sides[SIDES], struct reason *reason);

#endif
