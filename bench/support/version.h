/* version.h - version and commit of this iobench. The Makefile generates the file that defines
 * these, so that a new commit rebuilds only one object. */
#ifndef BENCH_SUPPORT_VERSION_H
#define BENCH_SUPPORT_VERSION_H

#include <stdbool.h>

extern const char version_tool[];       /* "0.1.0" */
extern const char version_git_commit[]; /* "unknown" outside a git repository */
extern const bool version_git_dirty;    /* the tree had uncommitted changes */

#endif
