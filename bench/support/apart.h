/* apart.h - keeps the files that a command writes apart from those that it reads or needs.
 * Invariant: files are compared as the system knows them, so another path to a file is no way
 * around.
 */
#ifndef BENCH_SUPPORT_APART_H
#define BENCH_SUPPORT_APART_H

#include "bench/support/paths.h"
#include "bench/support/reason.h"

#include <stdbool.h>

/* Whether `output` is another file than `other`, which is `role`: "the suite". Either may be NULL.
 * Sets the reason "is ROLE" if not. */
bool apart(const char *output, const char *other, const char *role, struct reason *reason);

/* Whether `output` is none of iobench's programs, suites, schemas and templates. */
bool apart_from_own(const char *output, const struct paths *paths, struct reason *reason);

#endif
