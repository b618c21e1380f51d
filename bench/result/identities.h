/* identities.h - relations that the figures of a result must satisfy among themselves.
 * Invariant: a document that the schema refuses is never looked at here. The rules are stated in
 * results/README.md. */
#ifndef BENCH_RESULT_IDENTITIES_H
#define BENCH_RESULT_IDENTITIES_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* Checks a whole result. Returns false with "path: is FOUND, expected EXPECTED because ...". */
bool identities_check(const cJSON *document, char *reason, size_t reason_size);

/* Checks one sample of a scenario; `path` is what its messages begin with. */
bool identities_check_sample(const cJSON *scenario, const cJSON *sample, const char *path,
                             char *reason, size_t reason_size);

#endif
