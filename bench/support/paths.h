/* paths.h - locates iobench's programs and files relative to its executable.
 * There are two layouts: the source tree (TREE/build[/CONFIG]/bin/iobench) and an installation
 * (PREFIX/bin/iobench, PREFIX/libexec/iobench, PREFIX/share/iobench). A build outside the source
 * tree has the layout of the source tree: its folders are links into it (mk/elsewhere.sh).
 * Invariant: no path depends on the current directory, except `results` of an installation. */
#ifndef BENCH_SUPPORT_PATHS_H
#define BENCH_SUPPORT_PATHS_H

#include "bench/support/files.h"

#include <stdbool.h>

struct paths {
    char self[PATH_SIZE];          /* the running executable */
    char tree[PATH_SIZE];          /* the source tree, or where it is built; empty: installed */
    char programs[PATH_SIZE];      /* directory of echo-* and loadgen */
    char suites[PATH_SIZE];        /* directory of the suites and iobench-suite.schema.json */
    char plot[PATH_SIZE];          /* directory of the plot templates */
    char result_schema[PATH_SIZE]; /* iobench-result.schema.json */
    char results[PATH_SIZE];       /* default directory of new results */
};

/* Fills `paths`. Prints "COMMAND: why" on stderr and returns false if the installation is broken.
 */
bool paths_find(struct paths *paths, const char *command);

/* The last component of a path. */
const char *paths_file(const char *path);

/* Whether a path ends in `end`, such as ".json". */
bool paths_ends_with(const char *path, const char *end);

/* Writes `text` as one word of a shell command, quoted if needed; cut to fit. */
void paths_word(char *word, size_t size, const char *text);

/* Joins "directory/name" into `path`. Returns false if it does not fit. */
bool paths_join(char path[PATH_SIZE], const char *directory, const char *name);

#endif
