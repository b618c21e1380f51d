/* ab.c - `iobench ab`: checks everything, tells how long it may take, compares, concludes.
 * Invariant: nothing is measured before all that was asked for was found good, and nothing is
 * concluded from a comparison that was interrupted. */
#include "bench/ab/ab.h"

#include "base/args.h"
#include "base/check.h"
#include "base/format.h"
#include "base/os.h"

#include "bench/cmd/commands.h"
#include "bench/gate/output.h"
#include "bench/machine/floor.h"
#include "bench/session/session.h"
#include "bench/suite/suite.h"
#include "bench/suite/transports.h"
#include "bench/support/exit_code.h"
#include "bench/support/reason.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUDGET_S 720
#define SEED_MAX 4503599627370496.0 /* 2^52: the load generator adds the pair */

/* The command line. */
struct options {
    struct ab_request request;   /* what is compared */
    struct arg_texts servers;    /* of --server */
    const char *suite;           /* name or file */
    double budget_s;             /* for everything but builds */
    uint64_t seed;               /* of orders and arrivals */
    const char *placement;       /* auto, none or S/L */
    const char *output;          /* result file; NULL: named by time, host and suite */
    const char *fail_on;         /* what makes exit code 1 */
    struct gate_outputs outputs; /* who is told what came of it */
    bool dry_run;                /* print cells and time only */
};

/* All that it stands on. */
struct session {
    struct options options;            /* what was asked for */
    struct paths paths;                /* where things are */
    struct process_loop loop;          /* runs the children */
    bool loop_open;                    /* it was opened */
    struct models own;                 /* beside iobench */
    cJSON *suite;                      /* owned */
    struct placement_policy placement; /* who runs where */
    struct ab ab;                      /* the comparison */
    char output[PATH_SIZE];            /* where the slots go */
};

static int refuse(const char *format, ...) FORMAT_PRINTF(1, 2);

static int refuse(const char *format, ...) {
    char line[2 * REASON_SIZE];
    va_list rest;
    va_start(rest, format);
    vsnprintf(line, sizeof line, format, rest);
    va_end(rest);
    reason_clean(line); /* it may quote a suite */
    fprintf(stderr, "iobench ab: %s\n", line);
    return EXIT_USAGE;
}

static enum args_outcome read_options(struct options *o, int argc, char **argv) {
    const struct arg rows[] = {
        {"baseline", ARG_TEXT, &o->request.specs[0], 0, 0, NULL, "SPEC",
         "MODEL or PATH/echo-MODEL, with options: epoll:trigger=edge"},
        {"candidate", ARG_TEXT, &o->request.specs[1], 0, 0, NULL, "SPEC", "the same"},
        {"baseline-cmd", ARG_TEXT, &o->request.commands[0], 0, 0, NULL, "'CMD {port}'",
         "a server of your own as the baseline"},
        {"candidate-cmd", ARG_TEXT, &o->request.commands[1], 0, 0, NULL, "'CMD {port}'",
         "a server of your own as the candidate"},
        {"baseline-rev", ARG_TEXT, &o->request.baseline_rev, 0, 0, NULL, "REV",
         "this source tree at a git revision, built in build/rev; the candidate is this build"},
        {"baseline-loadgen", ARG_TEXT, &o->request.baseline_loadgen, 0, 0, NULL, "PATH",
         "another load generator; the candidate is this one"},
        {"server", ARG_TEXTS, &o->servers, 0, 0, NULL, "MODEL[:OPT=V,...]",
         "with --baseline-rev and --baseline-loadgen; may repeat (the suite's)"},
        {"suite", ARG_TEXT, &o->suite, 0, 0, NULL, "NAME|FILE", "loads to compare under (ci)"},
        {"budget", ARG_REAL, &o->budget_s, 1, 86400, NULL, "S",
         "longest time in seconds, builds excluded (720)"},
        {"seed", ARG_COUNT, &o->seed, 0, SEED_MAX, NULL, "N", "of orders and arrivals (drawn)"},
        {"placement", ARG_TEXT, &o->placement, 0, 0, NULL, "SPEC",
         "CPUs: auto, none, or SERVER/LOADGEN as in 0-1/2 (auto)"},
        {"o", ARG_TEXT, &o->output, 0, 0, NULL, "FILE",
         "result with every slot (results/UTC-HOST-ab-SUITE.json)"},
        {"fail-on", ARG_CHOICE, &o->fail_on, 0, 0, GATE_FAIL_ON_WORDS, "WHAT",
         "exit code 1 when regression, inconclusive (that too) or never (regression)"},
        {"json", ARG_FLAG, &o->outputs.json, 0, 0, NULL, NULL, "JSON in place of the table"},
        {"junit", ARG_TEXT, &o->outputs.junit, 0, 0, NULL, "FILE", "write JUnit XML"},
        {"markdown", ARG_TEXT, &o->outputs.markdown, 0, 0, NULL, "FILE", "append Markdown"},
        {"dry-run", ARG_FLAG, &o->dry_run, 0, 0, NULL, NULL,
         "print the cells and the time they need, run nothing"},
        {"quiet", ARG_FLAG, &o->outputs.quiet, 0, 0, NULL, NULL, "no progress and no table"},
        {.name = NULL}};
    const struct args_spec spec = {
        .program = "iobench ab",
        .summary = "compares a candidate with its baseline in pairs of slots: a gate for CI",
        .example = "iobench ab --baseline-rev origin/main --server epoll --junit ab.xml",
        .args = rows};
    return args_parse(&spec, argc, argv);
}

/* ---- checks, each of which prints one line when it refuses ---- */

static int check_request(struct options *o) {
    const struct ab_request *r = &o->request;
    int baselines = !!r->specs[0] + !!r->commands[0] + !!r->baseline_rev + !!r->baseline_loadgen;
    int candidates = !!r->specs[1] + !!r->commands[1];
    bool own = r->baseline_rev || r->baseline_loadgen;
    if (baselines != 1)
        return refuse("%s: give one of --baseline, --baseline-cmd, --baseline-rev and "
                      "--baseline-loadgen",
                      baselines ? "more than one baseline" : "no baseline");
    if (own && candidates)
        return refuse("--candidate%s: the candidate is this build; --server says which models",
                      r->commands[1] ? "-cmd" : "");
    if (!own && candidates != 1)
        return refuse("%s: give one of --candidate and --candidate-cmd",
                      candidates ? "more than one candidate" : "no candidate");
    if (!own && o->servers.count)
        return refuse("--server: goes with --baseline-rev or --baseline-loadgen");
    o->request.servers = &o->servers;
    return EXIT_FINE;
}

/* A foreign server does not know how to burn CPU: then neither does the other. */
static void burn_nothing(cJSON *suite) {
    cJSON *phase, *load;
    cJSON_ArrayForEach(phase, cJSON_GetObjectItemCaseSensitive(suite, "phases"))
        cJSON_ArrayForEach(load, cJSON_GetObjectItemCaseSensitive(phase, "loads"))
            cJSON_DeleteItemFromObjectCaseSensitive(load, "burn_ns");
}

static int read_suite(struct session *s) {
    struct reason reason;
    const struct options *o = &s->options;
    s->suite = suite_load(&s->paths, o->suite, &reason);
    if (!s->suite) return refuse("--suite %s", reason.text);
    if (!transports_resolve(s->suite, s->own.loadgen.describe, &reason))
        return refuse("%s", reason.text);
    if (o->request.commands[0] || o->request.commands[1]) burn_nothing(s->suite);
    return EXIT_FINE;
}

static int make_plan(struct session *s) {
    struct reason reason;
    const struct process_loop *l = &s->loop;
    struct ab *ab = &s->ab;
    if (!placement_read(&s->placement, s->options.placement, l->cpus, l->cpu_count, &reason))
        return refuse("--placement: %s", reason.text);
    const struct plan_input input = {.suite = s->suite,
                                     .servers = ab->arms.specs,
                                     .server_count = ab->arms.spec_count,
                                     .loadgen = &s->own.loadgen,
                                     .placement = &s->placement,
                                     .cpus = l->cpus,
                                     .cpu_count = l->cpu_count,
                                     .descriptors = os_descriptors_limit(),
                                     .seed = s->options.seed};
    if (!plan_make(&ab->plan, &input, &reason))
        return refuse("--suite %s: %s", s->options.suite, reason.text);
    ab_prepare(ab);
    if (ab->least_s > s->options.budget_s)
        return refuse(
            "--budget %.0f: about %.0f s are needed: %.0f s for a first look, the rest to "
            "prove a change of one cell; compare fewer servers or loads",
            s->options.budget_s, ab->least_s, ab->stage1_s);
    return EXIT_FINE;
}

static int prepare(struct session *s) {
    char name[80];
    struct reason reason;
    struct options *o = &s->options;
    int code = check_request(o);
    if (code) return code;
    if (!paths_find(&s->paths, "iobench ab")) return EXIT_USAGE;
    int error = process_loop_open(&s->loop, true);
    if (error) return refuse("event loop: %s", uv_strerror(error));
    s->loop_open = true;
    if (!models_find(&s->own, &s->loop, &s->paths, &reason)) return refuse("%s", reason.text);
    code = read_suite(s);
    if (code) return code;
    snprintf(name, sizeof name, "ab-%.60s",
             cJSON_GetObjectItemCaseSensitive(s->suite, "name")->valuestring);
    if (!gate_outputs_check(&o->outputs, &reason) ||
        !session_output(s->output, &s->paths, o->output, name, &reason) ||
        !ab_arms_open(&s->ab.arms, &o->request, &s->paths, &s->own, s->suite, &s->loop, &reason))
        return s->loop.interrupted ? EXIT_INTERRUPTED : refuse("%s", reason.text);
    return make_plan(s);
}

/* ---- running ---- */

/* The worst case first, so that nobody waits without knowing for how long. */
static void print_plan(FILE *out, const struct session *s) {
    const struct ab *ab = &s->ab;
    for (size_t i = 0; i < ab->report.row_count; i++) {
        const struct gate_row *row = &ab->report.rows[i];
        if (i == 0 || strcmp(row->cell, row[-1].cell) != 0)
            fprintf(out, "%-48s  %s\n", row->cell,
                    row->verdict != GATE_UNDECIDED ? gate_verdict_names[row->verdict]
                    : *row->reason.text            ? row->reason.text
                                                   : "compared");
    }
    fprintf(out, "with the control about %.0f s if nothing changed, at most %.0f s\n", ab->stage1_s,
            ab->budget_s);
}

/* Opens the result, runs, and leaves the report with its verdicts. */
static int measure(struct session *s, int argc, char **argv) {
    struct reason reason;
    struct ab *ab = &s->ab;
    const struct process_loop *l = &s->loop;
    const struct placement *first = &ab->plan.cells[0].placement;
    const struct result_facts facts = {
        .mode = "ab",
        .suite = s->suite,
        .models = &ab->arms.models[AB_CANDIDATE],
        .plan = &ab->plan,
        .argc = argc,
        .argv = argv,
        .seed = ab->seed,
        .paths = &s->paths,
        .findings = session_examine("iobench ab", &s->own, s->options.outputs.quiet),
        .machine_floor =
            floor_json(first->server_count ? first->server[0] : -1, l->cpus, l->cpu_count)};
    if (!result_open(&ab->result, &facts, s->output, &reason)) return refuse("%s", reason.text);
    ab->loop = &s->loop;
    ab_run(ab);
    int code = EXIT_FINE;
    if (ab->write_failed) {
        code = refuse("%s: %s", s->output, ab->reason.text);
    } else if (ab->interrupted) {
        if (ab->slots)
            fprintf(stderr, "iobench ab: interrupted; %zu slots are in %s\n", ab->slots, s->output);
        else
            fprintf(stderr, "iobench ab: interrupted before the first slot ended\n");
        code = EXIT_INTERRUPTED;
    }
    result_free(&ab->result);
    return code;
}

static int conclude(const struct session *s) {
    struct reason reason;
    struct reason why;
    enum gate_fail_on fail_on = gate_fail_on_read(s->options.fail_on);
    int code = gate_exit_code(&s->ab.report, fail_on, &why);
    if (!gate_outputs_write(&s->options.outputs, &s->ab.report, code, why.text, &reason))
        return refuse("%s", reason.text) && code == EXIT_REGRESSED ? code : EXIT_USAGE;
    return code;
}

static int run(struct session *s, int argc, char **argv) {
    struct ab *ab = &s->ab;
    struct gate_report *report = &ab->report;
    bool quiet = s->options.outputs.quiet;
    report->command = "ab";
    report->seed = ab->seed;
    report->budget_s = ab->budget_s;
    report->duration_s = 0;
    snprintf(report->baseline, GATE_NAME_SIZE, "%s", ab->arms.labels[0]);
    snprintf(report->candidate, GATE_NAME_SIZE, "%s", ab->arms.labels[1]);
    if (s->options.dry_run) {
        print_plan(stdout, s);
        return EXIT_FINE;
    }
    if (ab->cell_count) { /* else all are identical or new */
        if (!quiet) print_plan(stderr, s);
        ab->plan.slot_count = 2 * GATE_STAGE1_PAIRS * ab->cell_count;
        ab->plan.predicted_s = ab->stage1_s;
        progress_start(&ab->progress, &ab->plan, quiet);
        snprintf(report->result, sizeof report->result, "%s", s->output);
        int code = measure(s, argc, argv);
        if (code) return code;
    }
    return conclude(s);
}

static void session_free(struct session *s) {
    ab_free(&s->ab);
    models_free(&s->own);
    cJSON_Delete(s->suite);
    if (s->loop_open) process_loop_close(&s->loop);
    args_texts_free(&s->options.servers);
    free(s);
}

/* Two runs of one job must not have their coins in common: the second would repeat the first's
 * luck.
 */
static uint64_t drawn_seed(void) {
    uint32_t seed = 0;
    uv_random(NULL, NULL, &seed, sizeof seed, 0, NULL);
    return seed;
}

int cmd_ab(int argc, char **argv) {
    struct session *s = calloc(1, sizeof *s);
    CHECK(s);
    s->options = (struct options){.suite = "ci",
                                  .budget_s = BUDGET_S,
                                  .seed = drawn_seed(),
                                  .placement = "auto",
                                  .fail_on = "regression"};
    enum args_outcome outcome = read_options(&s->options, argc, argv);
    int code = outcome == ARGS_HELP_SHOWN ? EXIT_FINE : EXIT_USAGE;
    s->ab.budget_s = s->options.budget_s;
    s->ab.seed = s->options.seed;
    if (outcome == ARGS_RUN) {
        code = prepare(s);
        if (s->loop_open && s->loop.interrupted)
            code = EXIT_INTERRUPTED;
        else if (!code)
            code = run(s, argc, argv);
    }
    session_free(s);
    return code;
}
