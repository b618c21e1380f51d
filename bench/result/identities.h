/* identities.h - consistency checks between the fields of a result: relations that must hold.
 * results/README.md lists the rules. Callers check the document against the schema first. */
#ifndef BENCH_RESULT_IDENTITIES_H
#define BENCH_RESULT_IDENTITIES_H

#include "bench/result/identities_file.h"
#include "bench/support/reason.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* Checks a whole result. Returns false with "path: is FOUND, expected EXPECTED because ...". */
bool identities_check(const cJSON *document, struct reason *reason);

/* The file of a parsed result, which must outlive it. */
struct identities_file identities_file(const cJSON *document);

/* Checks one sample of a scenario. Error texts begin with `path`. */
bool identities_check_sample(const struct identities_file *file, const cJSON *scenario,
                             const cJSON *sample, const char *path, struct reason *reason);

#endif
