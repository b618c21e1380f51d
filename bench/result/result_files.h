/* result_files.h - reads several results, and checks and prepares output files of reports and
 * plots. Invariant: each error is printed as one line on stderr that begins with `command`. */
#ifndef BENCH_RESULT_RESULT_FILES_H
#define BENCH_RESULT_RESULT_FILES_H

#include "base/args.h"

#include "bench/support/paths.h"
#include "bench/support/reason.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* Reads and checks results. The caller owns the array and the documents. Prints an error and
 * returns NULL if one of them is invalid. */
cJSON **report_read_results(const char *command, const struct paths *paths, const char **names,
                            size_t count);

/* A file that a command is to write. */
struct report_output {
    const char *command; /* "iobench report" */
    const char *option;  /* "-o" */
    const char *path;    /* argument of the option */
};

/* Whether the output is not one of the results, and not part of iobench. Prints an error if it is.
 */
bool report_spares(const struct report_output *output, const struct paths *paths,
                   const char **names, size_t count);

/* The same, and whether files_replace could write the output. */
bool report_may_write(const struct report_output *output, const struct paths *paths,
                      const char **names, size_t count);

/* Whether `folder`, which will be filled with plots for this output, has none of the results in it.
 * Prints an error if not. */
bool report_may_fill(const struct report_output *output, const char *folder, const char **names,
                     size_t count);

/* Removes the files of an earlier plot of this kind from `folder`, so that they are not mistaken
 * for new ones, and that no link in their place is followed. Returns false and the reason if one of
 * them stays. */
bool report_remove_plot(const char *folder, const char *kind, struct reason *reason);

/* Writes `path` with its file extension replaced by `suffix`. Returns the start of the file name.
 */
const char *report_path_beside(char beside[PATH_SIZE], const char *path, const char *suffix);

#endif
