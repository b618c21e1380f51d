/* bench_loadgen.c - reports the speed of the load generator, from a result of suite loadgen, and
 * measures the speed of the histogram. It first checks the result and the output path. */
#include "base/args.h"
#include "base/check.h"
#include "base/json.h"

#include "bench/result/result_files.h"
#include "bench/result/summary_words.h"
#include "bench/support/exit_code.h"
#include "bench/support/format.h"
#include "bench/support/json_file.h"
#include "bench/support/json_path.h"
#include "bench/support/refuse.h"
#include "bench/support/version.h"
#include "tools/bench-loadgen/hist_speed.h"
#include "tools/bench-loadgen/rows.h"

#include <stdio.h>
#include <stdlib.h>

static const char program[] = "bench-loadgen";

static cJSON *head_json(const char *result_path, const cJSON *result) {
    cJSON *json = cJSON_CreateObject(), *schema = cJSON_CreateObject(),
          *tool = cJSON_CreateObject(), *of = cJSON_CreateObject();
    json_add_item(json, "schema", schema);
    json_add_item(schema, "name", cJSON_CreateString("iobench-loadgen"));
    json_add_count(schema, "version_major", 1);
    json_add_count(schema, "version_minor", 0);
    json_add_item(json, "tool", tool);
    json_add_item(tool, "version", cJSON_CreateString(version_tool));
    json_add_item(tool, "git_commit", cJSON_CreateString(version_git_commit));
    json_add_item(tool, "git_dirty",
                  version_git_dirty < 0 ? NULL : cJSON_CreateBool(version_git_dirty));
    json_add_item(json, "result", of);
    json_add_item(of, "path", cJSON_CreateString(result_path));
    json_add_item(of, "session_id", cJSON_Duplicate(json_item(result, "session.id"), true));
    return json;
}

static cJSON *hist_json(const struct hist_speed *speed) {
    cJSON *json = cJSON_CreateObject();
    json_add_count(json, "values", HIST_SPEED_VALUES);
    json_add_real(json, "value_median_ns", HIST_SPEED_MEDIAN_NS);
    json_add_real(json, "value_sigma", HIST_SPEED_SIGMA);
    json_add_real(json, "record_ns", speed->record_ns);
    json_add_real(json, "merge_ns", speed->merge_ns);
    json_add_real(json, "quantile_ns", speed->quantile_ns);
    return json;
}

static void print(const struct summary *report, const struct hist_speed *speed) {
    char line[1024], record[FORMAT_SIZE], merge[FORMAT_SIZE], quantile[FORMAT_SIZE];
    summary_environment(line, sizeof line, &report->results[0]);
    puts(line);
    rows_print(stdout, report);
    printf(
        "\nCPU/echo: CPU time of the load generator; the next column is the server's. busy: share"
        " of time in which the load\ngenerator had work. Figures are medians of the slots. * a"
        " slot was disturbed, see %s\n",
        report->results[0].path);
    printf("\nhistogram: record %s, merge %s, quantile %s\n",
           format_duration(record, speed->record_ns), format_duration(merge, speed->merge_ns),
           format_duration(quantile, speed->quantile_ns));
}

static int bench(const char *result, const char *output) {
    struct reason reason;
    struct paths *paths = malloc(sizeof *paths);
    CHECK(paths);
    cJSON **files = NULL;
    int code = EXIT_USAGE;
    const struct report_output to = {program, "-o", output};
    if (!paths_find(paths, program) || !report_may_write(&to, paths, &result, 1)) goto done;
    files = report_read_results(program, paths, &result, 1);
    if (!files) goto done;
    struct summary report;
    summary_build(&report, files, &result, 1);
    struct hist_speed speed = hist_speed_measure();
    cJSON *json = head_json(result, report.results[0].json);
    json_add_item(json, "hist", hist_json(&speed));
    json_add_item(json, "cells", rows_json(&report));
    print(&report, &speed);
    if (json_file_write(output, json, &reason))
        code = EXIT_FINE;
    else
        refuse(program, "-o %s: %s", output, reason.text);
    cJSON_Delete(json);
    summary_clear(&report);
done:
    free(paths);
    return code;
}

int main(int argc, char **argv) {
    const char *output = NULL;
    struct arg_texts results = {0};
    const struct arg rows[] = {{"o", "FILE", "output file (JSON); required", .text = &output},
                               {.name = NULL}};
    const struct args_spec spec = {
        .program = program,
        .summary = "summarises the speed of the load generator in a result of suite loadgen",
        .positional = "RESULT",
        .example = "bench-loadgen results/loadgen.json -o results/loadgen-bench.json",
        .args = rows,
        .positionals = &results};
    enum args_outcome outcome = args_parse(&spec, argc, argv);
    int code = outcome == ARGS_HELP_SHOWN ? EXIT_FINE : EXIT_USAGE;
    if (outcome == ARGS_RUN && (results.count != 1 || !output))
        refuse(program, "%s; try --help", output ? "needs exactly one RESULT" : "-o: missing");
    else if (outcome == ARGS_RUN)
        code = bench(results.items[0], output);
    args_texts_free(&results);
    return code;
}
