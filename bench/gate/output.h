/* output.h - a comparison for people and for machines.
 * Invariant: all of them show every row, and no row that was not measured as if it were fine. */
#ifndef BENCH_GATE_OUTPUT_H
#define BENCH_GATE_OUTPUT_H

#include "bench/gate/gate.h"
#include "bench/support/reason.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdio.h>

/* The table at the end, for a terminal or a log, with the conclusion as its last line. `exit_code`
 * and `why` as gate_exit_code gave them. */
void gate_print(FILE *out, const struct gate_report *report, int exit_code, const char *why,
                bool colour);

/* The whole report as JSON (results/README.md explains the fields); owned by the caller. */
cJSON *gate_json(const struct gate_report *report, int exit_code, const char *why);

/* JUnit XML: a test case per row, and one for the control. Owned by the caller, as malloc made it.
 */
char *gate_junit(const struct gate_report *report, int exit_code, const char *why);

/* GitHub-flavoured Markdown for a job summary or a comment. Owned by the caller, as malloc made it.
 */
char *gate_markdown(const struct gate_report *report, int exit_code, const char *why);

/* GitHub workflow commands, "::error ...": at most 9, then one that counts the rest. */
void gate_annotate(FILE *out, const struct gate_report *report, int exit_code, const char *why);

/* What was asked for, as given on the command line; NULL: not asked for. */
struct gate_outputs {
    bool json;            /* JSON on stdout in place of the table */
    bool quiet;           /* no table */
    const char *junit;    /* file to be written */
    const char *markdown; /* file to be appended to */
};

/* Whether the files can be written; false with "--junit FILE: reason". Also looks at the file that
 * GITHUB_STEP_SUMMARY names. */
bool gate_outputs_check(const struct gate_outputs *outputs, struct reason *reason);

/* Does all that was asked for, appends the Markdown to the file that GITHUB_STEP_SUMMARY names too,
 * and annotates when GITHUB_ACTIONS is "true". Returns false with the reason if a file could not be
 * written. */
bool gate_outputs_write(const struct gate_outputs *outputs, const struct gate_report *report,
                        int exit_code, const char *why, struct reason *reason);

#endif
