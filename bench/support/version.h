/* version.h - version and commit of this iobench. The Makefile generates the file that defines
 * these, so that a new commit rebuilds only one object. */
#ifndef BENCH_SUPPORT_VERSION_H
#define BENCH_SUPPORT_VERSION_H

extern const char version_tool[];       /* "0.1.0" */
extern const char version_git_commit[]; /* "unknown" outside a git repository */
extern const int version_git_dirty;     /* 1: the tree had uncommitted changes; 0: it had none;
                                            -1: git did not tell */

/* The changes to the commit, for a text that ends with it: "", ", modified", ", changes unknown".
 */
static inline const char *version_changes(void) {
    return version_git_dirty < 0 ? ", changes unknown" : version_git_dirty ? ", modified" : "";
}

#endif
