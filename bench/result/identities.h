/* identities.h - relations that the figures of a result must satisfy among themselves.
 * Invariant: a document that the schema refuses is never looked at here. The rules are stated in
 * results/README.md. */
#ifndef BENCH_RESULT_IDENTITIES_H
#define BENCH_RESULT_IDENTITIES_H
#include "bench/support/reason.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* Checks a whole result. Returns false with "path: is FOUND, expected EXPECTED because ...". */
bool identities_check(const cJSON *document, struct reason *reason);

/* Checks one sample of a scenario; `path` is what its messages begin with. */
bool identities_check_sample(const cJSON *scenario, const cJSON *sample, const char *path,
                             struct reason *reason);

#endif
