/* suite.h - suite files: what to measure, as JSON.
 * Invariant: a suite that was loaded satisfies iobench-suite.schema.json and the rules between its
 * fields, also after overrides. */
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

/* What the command line puts in place of what the suite says. */
struct suite_overrides {
    const struct arg_texts *servers; /* if any: instead of the suite's list */
    uint64_t repeats;                /* 0: as the suite says */
    double duration_s;               /* 0: as the suite says */
    const char *connections;         /* "1,50,500"; NULL: as the suite says */
    const char *transports;          /* "epoll,libuv"; NULL: as the suite says */
};

/* Loads the suite NAME of the suites directory, or a file if the text holds a '/' or ends in
 * ".json". Owned by the caller. NULL with "FILE: path: what is wrong" in `reason`. */
cJSON *suite_load(const struct paths *paths, const char *name_or_file, struct reason *reason);

/* Checks a suite against its schema and the rules between its fields. Returns false with
 * "path: what is wrong". */
bool suite_check(const cJSON *schema, const cJSON *suite, struct reason *reason);

/* Puts overrides into a loaded suite. Returns false with "--option: what is wrong". */
bool suite_override(cJSON *suite, const struct suite_overrides *overrides, struct reason *reason);

/* Names of the suites that come with iobench, ascending: fills `names` (each owned by the caller)
 * and returns how many. */
size_t suite_names(const struct paths *paths, char *names[SUITES_MAX]);

#endif
