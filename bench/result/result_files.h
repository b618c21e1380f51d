/* result_files.h - the files that the report and the plots read and write.
 * Invariant: each refusal is one line on stderr that begins with the command's name. */
#ifndef BENCH_RESULT_RESULT_FILES_H
#define BENCH_RESULT_RESULT_FILES_H

#include "base/args.h"

#include "bench/support/paths.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* Reads and checks results; the array and the documents are the caller's. On a bad one says so and
 * returns NULL. */
cJSON **report_read_results(const char *command, const struct paths *paths, const char **names,
                            size_t count);

/* Whether the file that `option` ("-o") names can be written and is none of the results; if not,
 * says why. */
bool report_may_write(const char *command, const char *option, const char *output,
                      const char **names, size_t count);

/* Removes what an earlier plot of a kind left in `folder`: it must not pass for this one's. */
void report_remove_plot(const char *folder, const char *kind);

/* Writes a path without its ending, and `suffix` after it. Returns where its last name begins. */
const char *report_path_beside(char beside[PATH_SIZE], const char *path, const char *suffix);

#endif
