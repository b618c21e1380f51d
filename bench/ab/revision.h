/* revision.h - builds the programs of another git revision. */
#ifndef BENCH_AB_REVISION_H
#define BENCH_AB_REVISION_H

#include "bench/support/paths.h"
#include "bench/support/process.h"
#include "bench/support/reason.h"

#include <stdbool.h>

/* A revision of the source tree that iobench was built in. */
struct ab_revision {
    const char *name;         /* any name that git accepts */
    const char *build_type;   /* "release", "asan", ...: how to build it */
    char sha[72];             /* id of the commit */
    char programs[PATH_SIZE]; /* directory of the built programs */
};

/* Unpacks the revision `name` to build/rev/SHA in `source`, unless that exists, and builds it
 * there. `source` is the source tree, or where it is built (struct paths). Sets `sha` and
 * `programs`. Returns false and the reason on failure. */
bool ab_revision_build(struct ab_revision *revision, const char *source, struct process_loop *loop,
                       struct reason *reason);

#endif
