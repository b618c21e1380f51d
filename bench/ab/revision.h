/* revision.h - the programs of another git revision. */
#ifndef BENCH_AB_REVISION_H
#define BENCH_AB_REVISION_H

#include "bench/support/paths.h"
#include "bench/support/process.h"
#include "bench/support/reason.h"

#include <stdbool.h>

/* A revision of the source tree that iobench was built in. */
struct ab_revision {
    const char *name;         /* as git knows it */
    const char *build_type;   /* "release", "asan", ...: how to build it */
    char sha[72];             /* what the name stands for */
    char programs[PATH_SIZE]; /* directory of what was built */
};

/* Unpacks the revision called `name` to build/rev/SHA, unless it is there, and builds it there;
 * `own` is the directory of iobench's programs. Gives `sha` and `programs`. Returns false with the
 * reason. */
bool ab_revision_build(struct ab_revision *revision, const char *own, struct process_loop *loop,
                       struct reason *reason);

#endif
