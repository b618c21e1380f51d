/* result_files.h - reads several results, and checks and prepares output files of reports and
 * plots. Invariant: each error is printed as one line on stderr that begins with `command`. */
#ifndef BENCH_RESULT_RESULT_FILES_H
#define BENCH_RESULT_RESULT_FILES_H

#include "base/args.h"

#include "bench/support/paths.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* Reads and checks results. The caller owns the array and the documents. Prints an error and
 * returns NULL if one of them is invalid. */
cJSON **report_read_results(const char *command, const struct paths *paths, const char **names,
                            size_t count);

/* Whether `output`, the argument of `option` ("-o"), can be written and is not one of the results.
 * Prints an error if not. */
bool report_may_write(const char *command, const char *option, const char *output,
                      const char **names, size_t count);

/* Removes the files of an earlier plot of this kind from `folder`, so that they are not mistaken
 * for new ones. */
void report_remove_plot(const char *folder, const char *kind);

/* Writes `path` with its file extension replaced by `suffix`. Returns the start of the file name.
 */
const char *report_path_beside(char beside[PATH_SIZE], const char *path, const char *suffix);

#endif
