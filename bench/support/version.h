/* version.h - what this iobench is, as the Makefile found it.
 * Invariant: only the generated object defines these, so that a new commit rebuilds one file. */
#ifndef BENCH_SUPPORT_VERSION_H
#define BENCH_SUPPORT_VERSION_H

#include <stdbool.h>

extern const char version_tool[];       /* "0.1.0" */
extern const char version_git_commit[]; /* of the source tree; "unknown" outside a repository */
extern const bool version_git_dirty;    /* whether the tree differed from that commit */

#endif
