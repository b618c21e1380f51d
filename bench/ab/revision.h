/* revision.h - the programs of another git revision. */
#ifndef BENCH_AB_REVISION_H
#define BENCH_AB_REVISION_H

#include "bench/support/paths.h"
#include "bench/support/process.h"
#include "bench/support/reason.h"

#include <stdbool.h>

/* Unpacks git revision `rev` of the source tree that iobench was built in to build/rev/SHA, unless
 * it is there, and builds it there. Gives the directory of its programs and the SHA. Returns false
 * with the reason. */
bool ab_revision_build(const char *rev, const struct paths *paths, const char *build_type,
                       struct process_loop *loop, char programs[PATH_SIZE], char sha[72],
                       struct reason *reason);

#endif
