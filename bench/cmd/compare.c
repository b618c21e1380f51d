/* compare.c - `iobench compare BASE... --to CAND...`: tests whether CAND is worse than BASE.
 * Invariant: nothing is written before all results have been read and checked. */
#include "bench/gate/compare.h"

#include "base/args.h"
#include "base/memory.h"

#include "bench/cmd/commands.h"
#include "bench/gate/alike.h"
#include "bench/gate/output.h"
#include "bench/gate/sides.h"
#include "bench/result/result_files.h"
#include "bench/support/exit_code.h"
#include "bench/support/paths.h"
#include "bench/support/reason.h"
#include "bench/support/refuse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME "iobench compare"

/* The command line. */
struct options {
    struct arg_texts sides[SIDES]; /* files of BASE and CAND */
    struct arg_texts vary;         /* values of --vary */
    bool gate;                     /* a regression fails, however few the sessions */
    const char *fail_on;           /* value of --fail-on */
    struct gate_outputs outputs;   /* outputs of the verdicts */
};

static void print_keys(void) {
    printf("\nkeys of --vary:\n");
    for (const struct alike_key *key = alike_keys; key->name; key++)
        printf("  %-12s %s\n", key->name, key->help);
    printf("\nexit codes: 0 no regression; 1 regression; 2 wrong usage or file;\n"
           "3 no trustworthy verdict\n");
}

/* Whether `file`, the value of `option`, is none of the results. NULL: the option was not given. */
static bool spares(const struct options *o, const struct paths *paths, const char *option,
                   const char *file) {
    const struct report_output to = {NAME, option, file};
    for (int s = 0; file && s < SIDES; s++)
        if (!report_spares(&to, paths, o->sides[s].items, o->sides[s].count)) return false;
    return true;
}

static bool options_fine(const struct options *o, const struct paths *paths, unsigned *vary) {
    struct reason reason;
    for (size_t i = 0; i < o->vary.count; i++) {
        if (alike_vary(vary, o->vary.items[i], &reason)) continue;
        refuse(NAME, "--vary %s: %s", o->vary.items[i], reason.text);
        return false;
    }
    if (o->sides[SIDE_BASELINE].count == 0) {
        refuse(NAME, "no BASE given; try --help");
    } else if (o->sides[SIDE_CANDIDATE].count == 0) {
        refuse(NAME, "--to: no CAND given; try --help");
    } else if (spares(o, paths, "--junit", o->outputs.junit) &&
               spares(o, paths, "--markdown", o->outputs.markdown) &&
               spares(o, paths, GATE_SUMMARY, gate_outputs_summary(&o->outputs))) {
        if (gate_outputs_check(&o->outputs, &reason)) return true;
        refuse(NAME, "%s", reason.text);
    }
    return false;
}

static int compare(const struct options *o, cJSON **files[SIDES], unsigned vary) {
    struct side sides[SIDES];
    struct gate_report report;
    struct reason reason;
    struct reason why;
    for (int s = 0; s < SIDES; s++)
        sides[s] = (struct side){files[s], o->sides[s].items, o->sides[s].count};
    if (!sides_possible(sides, &reason)) {
        refuse(NAME, "%s", reason.text);
        return EXIT_USAGE;
    }
    compare_build(&report, sides, vary, o->gate);
    int code = gate_exit_code(&report, gate_fail_on_read(o->fail_on), &why);
    if (!gate_outputs_write(&o->outputs, &report, code, why.text, &reason)) {
        refuse(NAME, "%s", reason.text);
        code = EXIT_USAGE;
    }
    compare_clear(&report);
    return code;
}

static int read_and_compare(const struct options *o, const struct paths *paths, unsigned vary) {
    cJSON **files[SIDES] = {NULL};
    int code = EXIT_USAGE;
    bool all = true;
    for (int s = 0; all && s < SIDES; s++) {
        files[s] = report_read_results(NAME, paths, o->sides[s].items, o->sides[s].count);
        all = files[s] != NULL;
    }
    if (all) code = compare(o, files, vary);
    for (int s = 0; s < SIDES; s++) {
        for (size_t i = 0; files[s] && i < o->sides[s].count; i++) cJSON_Delete(files[s][i]);
        free(files[s]);
    }
    return code;
}

int cmd_compare(int argc, char **argv) {
    struct options o = {.fail_on = "regression"};
    const struct arg rows[] = {
        {"to", "CAND...", "results to compare with BASE; each file is one session",
         .divider = &o.sides[SIDE_CANDIDATE]},
        {"gate", NULL, "exit code 1 for a regression even with one session per side",
         .flag = &o.gate},
        {"fail-on", NULL,
         "what makes exit code 1: regression (default); inconclusive (also inconclusive results); "
         "never",
         .choice = {&o.fail_on, GATE_FAIL_ON_WORDS}},
        {"vary", "KEY", "allow this condition to differ (see below); may repeat", .texts = &o.vary},
        {"json", NULL, "print JSON instead of the table", .flag = &o.outputs.json},
        {"wide", NULL, "print all columns, wider than the terminal if need be",
         .flag = &o.outputs.wide},
        {"junit", "FILE", "write JUnit XML to FILE", .text = &o.outputs.junit},
        {"markdown", "FILE", "append Markdown to FILE", .text = &o.outputs.markdown},
        {"quiet", NULL, "print no table", .flag = &o.outputs.quiet},
        {.name = NULL}};
    const struct args_spec spec = {
        .program = NAME,
        .summary = "tests whether results are worse than earlier ones, cell by cell",
        .positional = "BASE... --to CAND...",
        .example = NAME " before-1.json before-2.json --to after-1.json after-2.json",
        .args = rows,
        .positionals = &o.sides[SIDE_BASELINE]};
    unsigned vary = 0;
    struct paths *paths = malloc(sizeof *paths);
    MEMORY_CHECK(paths);
    enum args_outcome outcome = args_parse(&spec, argc, argv);
    int code = outcome == ARGS_HELP_SHOWN ? EXIT_FINE : EXIT_USAGE;
    if (outcome == ARGS_HELP_SHOWN) print_keys();
    if (outcome == ARGS_RUN && paths_find(paths, NAME) && options_fine(&o, paths, &vary))
        code = read_and_compare(&o, paths, vary);
    for (int s = 0; s < SIDES; s++) args_texts_free(&o.sides[s]);
    args_texts_free(&o.vary);
    free(paths);
    return code;
}
