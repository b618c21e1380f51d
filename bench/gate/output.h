/* output.h - the output formats of a comparison.
 * Invariant: no format shows a row that was not measured as passed. */
#ifndef BENCH_GATE_OUTPUT_H
#define BENCH_GATE_OUTPUT_H

#include "bench/gate/gate.h"
#include "bench/support/reason.h"
#include "bench/support/terminal.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdio.h>

/* Prints the table for a terminal or a log; it ends with the conclusion, which is one line except
 * on a terminal. Columns that do not fit are left out, and named below. `exit_code` and `why` come
 * from gate_exit_code. */
void gate_print(FILE *out, const struct gate_report *report, int exit_code, const char *why,
                struct terminal terminal);

/* The report as JSON, owned by the caller. results/README.md explains the fields. */
cJSON *gate_json(const struct gate_report *report, int exit_code, const char *why);

/* JUnit XML with a test case per row and one for the control. The caller frees it. */
char *gate_junit(const struct gate_report *report, int exit_code, const char *why);

/* GitHub-flavoured Markdown for a job summary or a comment. The caller frees it. */
char *gate_markdown(const struct gate_report *report, int exit_code, const char *why);

/* Prints GitHub workflow commands, "::error ...": at most 9 rows, then one that counts the rest. */
void gate_annotate(FILE *out, const struct gate_report *report, int exit_code, const char *why);

/* The outputs that the command line requests. */
struct gate_outputs {
    bool json;            /* print JSON instead of the table */
    bool quiet;           /* print no table */
    bool wide;            /* all columns of the table */
    const char *junit;    /* file to write; NULL: none */
    const char *markdown; /* file to append to; NULL: none */
};

/* The variable with the path of a job's summary on GitHub. */
#define GATE_SUMMARY "GITHUB_STEP_SUMMARY"

/* The file of that variable; NULL if there is none or --markdown names the same file. */
const char *gate_outputs_summary(const struct gate_outputs *outputs);

/* Checks that the files can be written and differ, including the one that GITHUB_STEP_SUMMARY
 * names. Returns false and "--junit FILE: reason" if not. */
bool gate_outputs_check(const struct gate_outputs *outputs, struct reason *reason);

/* Writes all requested outputs. Also appends the Markdown to the file that GITHUB_STEP_SUMMARY
 * names, and prints annotations if GITHUB_ACTIONS is "true". Returns false and the reason if a file
 * could not be written. */
bool gate_outputs_write(const struct gate_outputs *outputs, const struct gate_report *report,
                        int exit_code, const char *why, struct reason *reason);

#endif
