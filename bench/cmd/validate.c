/* validate.c - `iobench validate FILE...`: checks result files.
 * Invariant: every file is checked, and the exit code is 0 only if all are valid. */
#include "base/args.h"
#include "base/line.h"

#include "bench/cmd/commands.h"
#include "bench/result/result_file.h"
#include "bench/support/exit_code.h"
#include "bench/support/paths.h"
#include "bench/support/reason.h"
#include "bench/support/refuse.h"

#include <stdbool.h>
#include <stdio.h>

#define NAME "iobench validate"

int cmd_validate(int argc, char **argv) {
    bool quiet = false;
    struct arg_texts files = {0};
    const struct arg rows[] = {{"quiet", NULL, "print nothing about valid files", .flag = &quiet},
                               {.name = NULL}};
    const struct args_spec spec = {
        .program = NAME,
        .summary = "checks result files: the schema, figures against each other, every verdict",
        .positional = "FILE...",
        .example = NAME " results/*.json",
        .args = rows,
        .positionals = &files};
    enum args_outcome outcome = args_parse(&spec, argc, argv);
    struct paths paths;
    int code = outcome == ARGS_HELP_SHOWN ? EXIT_FINE : EXIT_USAGE;
    if (outcome == ARGS_RUN && !files.count)
        refuse(NAME, "no FILE given; try --help");
    else if (outcome == ARGS_RUN && paths_find(&paths, NAME)) {
        code = EXIT_FINE;
        for (size_t i = 0; i < files.count; i++) {
            struct reason reason;
            cJSON *document = result_file_read(&paths, files.items[i], &reason);
            if (!document) {
                refuse(NAME, "%s: %s", files.items[i], reason.text);
                code = EXIT_USAGE;
            } else if (!quiet) {
                line_print(stdout, "%s: valid", files.items[i]);
            }
            cJSON_Delete(document);
        }
    }
    args_texts_free(&files);
    return code;
}
