/* paths.h - where iobench's own programs and files are, relative to its executable.
 * Two layouts: the source tree (TREE/build[/CONFIG]/bin/iobench) and the installed one
 * (PREFIX/bin/iobench, PREFIX/libexec/iobench, PREFIX/share/iobench).
 * Invariant: no path depends on the current directory, but the default output of the installed
 * layout. */
#ifndef BENCH_SUPPORT_PATHS_H
#define BENCH_SUPPORT_PATHS_H

#include "bench/support/files.h"

#include <stdbool.h>

struct paths {
    char self[PATH_SIZE];          /* the running iobench */
    char programs[PATH_SIZE];      /* directory of echo-* and loadgen */
    char suites[PATH_SIZE];        /* directory of NAME.json and iobench-suite.schema.json */
    char plot[PATH_SIZE];          /* directory of the plot templates */
    char result_schema[PATH_SIZE]; /* iobench-result.schema.json */
    char results[PATH_SIZE];       /* directory where results go unless told otherwise */
};

/* Finds them. Returns false after one line on stderr, "COMMAND: ..."; a programmer's error is not
 * possible here, a broken installation is. */
bool paths_find(struct paths *paths, const char *command);

/* The last part of a path; all of it if it names no directory. */
const char *paths_file(const char *path);

/* Joins "directory/name" into `path`. Returns false if it does not fit. */
bool paths_join(char path[PATH_SIZE], const char *directory, const char *name);

#endif
