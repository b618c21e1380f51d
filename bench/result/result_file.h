/* result_file.h - reading result files: nothing is used that was not checked.
 * Invariant: a document that was returned satisfies the schema and all identities. */
#ifndef BENCH_RESULT_RESULT_FILE_H
#define BENCH_RESULT_RESULT_FILE_H

#include "bench/support/paths.h"
#include "bench/support/reason.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* The version that this iobench writes. It reads every minor version of the same major one. */
#define RESULT_VERSION_MAJOR 1
#define RESULT_VERSION_MINOR 3

/* Reads and checks a result file, owned by the caller. NULL with the reason, without the path. */
cJSON *result_file_read(const struct paths *paths, const char *path, struct reason *reason);

/* Checks a parsed result against the version, the schema and the identities. */
bool result_file_check(const cJSON *schema, const cJSON *document, struct reason *reason);

#endif
