/* suite.h - suite files: JSON that says what to measure.
 * Invariant: a loaded suite satisfies iobench-suite.schema.json and the rules between its fields,
 * also after overrides. */
#ifndef BENCH_SUITE_SUITE_H
#define BENCH_SUITE_SUITE_H

#include "base/args.h"

#include "bench/support/paths.h"
#include "bench/support/reason.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SUITES_MAX 64

/* Values of the command line that replace those of the suite. */
struct suite_overrides {
    const struct arg_texts *servers; /* empty: as in the suite */
    uint64_t repeats;                /* 0: as in the suite */
    double duration_s;               /* 0: as in the suite */
    const char *connections;         /* "1,50,500"; NULL: as in the suite */
    const char *transports;          /* "epoll,libuv"; NULL: as in the suite */
    const char *measure;             /* "slots" or "rotation"; NULL: as in the suite */
};

/* Sets `path` to the file of the suite NAME of the suites directory, or to the text itself if it
 * contains '/' or ends in ".json". Returns false and the reason if there is no such name. */
bool suite_find(const struct paths *paths, const char *name_or_file, char path[PATH_SIZE],
                struct reason *reason);

/* Loads the suite NAME of the suites directory, or a file if the text contains '/' or ends in
 * ".json". The caller owns it. Returns NULL and "FILE: path: problem" on failure. */
cJSON *suite_load(const struct paths *paths, const char *name_or_file, struct reason *reason);

/* Checks a suite against its schema and the rules between its fields. Returns false and "path:
 * problem" on failure. */
bool suite_check(const cJSON *schema, const cJSON *suite, struct reason *reason);

/* Applies overrides to a loaded suite. Returns false and "--option: problem" on failure. */
bool suite_override(cJSON *suite, const struct suite_overrides *overrides, struct reason *reason);

/* Fills `names` with the names of the suites of iobench, ascending; the caller owns each of them.
 * Returns their number. */
size_t suite_names(const struct paths *paths, char *names[SUITES_MAX]);

#endif
