/* result_file.h - reads and checks result files.
 * Invariant: a returned document satisfies the schema and all identities. */
#ifndef BENCH_RESULT_RESULT_FILE_H
#define BENCH_RESULT_RESULT_FILE_H

#include "bench/support/paths.h"
#include "bench/support/reason.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* The schema version that this iobench writes. It reads all minor versions of this major version.
 */
#define RESULT_VERSION_MAJOR 1
#define RESULT_VERSION_MINOR 6

/* Reads and checks a result file; owned by the caller. Returns NULL and sets `reason`, which does
 * not contain the path, on failure. */
cJSON *result_file_read(const struct paths *paths, const char *path, struct reason *reason);

/* Checks the version of a parsed result, then the schema, then the identities. Sets `reason` on
 * failure. */
bool result_file_check(const cJSON *schema, const cJSON *document, struct reason *reason);

#endif
