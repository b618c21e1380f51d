/* export.c - `iobench export --hlog RESULT`: writes the histograms of a result for other tools.
 * Invariant: the log is written whole or not at all, and never replaces the result. */
#include "base/args.h"
#include "base/line.h"
#include "base/memory.h"

#include "bench/cmd/commands.h"
#include "bench/result/hlog.h"
#include "bench/result/result_files.h"
#include "bench/support/exit_code.h"
#include "bench/support/files.h"
#include "bench/support/paths.h"
#include "bench/support/reason.h"
#include "bench/support/refuse.h"

#include <stdio.h>
#include <stdlib.h>

#define NAME "iobench export"

/* The command line. */
struct options {
    bool hlog;                /* write an HdrHistogram log */
    bool quiet;               /* print no summary */
    const char *output;       /* file; NULL: beside the result */
    struct arg_texts results; /* exactly one */
};

static void print_summary(const char *output, const struct hlog *log) {
    char left_out[64] = "";
    if (log->invalid)
        snprintf(left_out, sizeof left_out, "; invalid slots left out: %zu", log->invalid);
    line_print(stdout, "log: %s (%zu histograms of %zu slots%s)", output, log->histograms,
               log->slots, left_out);
}

static int export_hlog(const struct options *o, const struct paths *paths) {
    char beside[PATH_SIZE];
    struct reason reason;
    const char *result = o->results.items[0], *output = o->output;
    if (!output) {
        report_path_beside(beside, result, ".hlog");
        output = beside;
    }
    const struct report_output to = {NAME, "-o", output};
    cJSON **files = report_read_results(NAME, paths, o->results.items, 1);
    if (!files) return EXIT_USAGE;
    int code = EXIT_USAGE;
    struct hlog log;
    if (!hlog_from_result(&log, files[0], &reason)) {
        refuse(NAME, "%s: %s", result, reason.text);
    } else if (report_may_write(&to, paths, o->results.items, 1)) {
        if (files_replace(output, log.text.data, log.text.size, &reason))
            code = EXIT_FINE;
        else
            refuse(NAME, "-o %s: %s", output, reason.text);
    }
    if (code == EXIT_FINE && !o->quiet && !files_standard_output(output))
        print_summary(output, &log);
    hlog_clear(&log);
    cJSON_Delete(files[0]);
    free(files);
    return code;
}

static bool options_fine(const struct options *o) {
    if (o->results.count == 0)
        refuse(NAME, "no RESULT given; try --help");
    else if (o->results.count > 1)
        refuse(NAME, "%s: one RESULT at a time", o->results.items[1]);
    else if (!o->hlog)
        refuse(NAME, "--hlog: missing; it is the only format");
    else
        return true;
    return false;
}

int cmd_export(int argc, char **argv) {
    struct options o = {0};
    const struct arg rows[] = {
        {"hlog", NULL, "write an interval log of HdrHistogram", .flag = &o.hlog},
        {"o", "FILE", "log file (RESULT with .hlog instead of .json)", .text = &o.output},
        {"quiet", NULL, "print no summary", .flag = &o.quiet},
        {.name = NULL},
    };
    const struct args_spec spec = {
        .program = NAME,
        .summary = "writes the histograms of a result for other tools",
        .positional = "RESULT",
        .example = NAME " --hlog results/linux.json -o linux.hlog",
        .args = rows,
        .positionals = &o.results,
    };
    struct paths *paths = malloc(sizeof *paths);
    MEMORY_CHECK(paths);
    enum args_outcome outcome = args_parse(&spec, argc, argv);
    int code = outcome == ARGS_HELP_SHOWN ? EXIT_FINE : EXIT_USAGE;
    if (outcome == ARGS_RUN && options_fine(&o) && paths_find(paths, NAME))
        code = export_hlog(&o, paths);
    args_texts_free(&o.results);
    free(paths);
    return code;
}
