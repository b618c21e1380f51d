/* ab.c - `iobench ab`: checks its input, predicts the time, runs the pairs, reports the verdicts.
 * Invariant: no slot runs before all options, programs and output paths have been checked. An
 * interrupted comparison has no verdict. */
#include "bench/ab/ab.h"

#include "base/args.h"
#include "base/line.h"
#include "base/memory.h"
#include "base/utf8.h"

#include "bench/cmd/commands.h"
#include "bench/gate/output.h"
#include "bench/session/session.h"
#include "bench/support/apart.h"
#include "bench/support/exit_code.h"
#include "bench/support/files.h"
#include "bench/support/format.h"
#include "bench/support/json_path.h"
#include "bench/support/reason.h"
#include "bench/support/refuse.h"
#include "bench/support/terminal.h"
#include "bench/support/width.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME "iobench ab"
#define BUDGET_S 720 /* unless the suite has a budget_s */

/* The command line. */
struct options {
    struct ab_request request;   /* baseline and candidate */
    struct arg_texts servers;    /* values of --server */
    const char *suite;           /* name or file of the suite */
    double budget_s;             /* longest time, without builds; 0: as in the suite */
    uint64_t seed;               /* for order of slots and arrivals */
    const char *placement;       /* auto, none or S/L */
    const char *output;          /* result file; NULL: named by time, host and suite */
    const char *fail_on;         /* value of --fail-on */
    struct gate_outputs outputs; /* outputs of the verdicts */
    bool dry_run;                /* print cells and time only */
};

/* One run of `iobench ab`. */
struct comparison {
    struct options options;
    struct session session;
    struct ab ab; /* pairs and report */
};

static enum args_outcome read_options(struct options *o, int argc, char **argv) {
    const struct arg rows[] = {
        {"baseline", "SPEC",
         "baseline server: MODEL or PATH/echo-MODEL, with options as in epoll:trigger=edge",
         .text = &o->request.specs[0]},
        {"candidate", "SPEC", "candidate server, written as for --baseline",
         .text = &o->request.specs[1]},
        {"baseline-cmd", "'CMD {port}'",
         "command that starts a baseline server of your own; {port} becomes its port",
         .text = &o->request.commands[0]},
        {"candidate-cmd", "'CMD {port}'", "command that starts a candidate server of your own",
         .text = &o->request.commands[1]},
        {"baseline-rev", "REV",
         "baseline: this source tree at a git revision, built in build/rev; the candidate is this "
         "build",
         .text = &o->request.baseline_rev},
        {"baseline-loadgen", "PATH",
         "baseline load generator; the candidate is the one of this build",
         .text = &o->request.baseline_loadgen},
        {"server", "MODEL[:OPT=V,...]",
         "server to run with --baseline-rev or --baseline-loadgen; may repeat (as in the suite)",
         .texts = &o->servers},
        {"suite", "NAME|FILE", "suite that defines the loads (ci)", .text = &o->suite},
        {"budget", "S", "longest time in seconds, without builds (budget_s of the suite, or 720)",
         .real = {&o->budget_s, 1, 86400}},
        {"seed", "N", "seed for the order of slots and for arrivals (random)",
         .count = {&o->seed, 0, SESSION_SEED_MAX}},
        {"placement", "SPEC",
         "CPUs of server and load generator: auto, none, or two lists as in 0-1/2 (auto)",
         .text = &o->placement},
        {"o", "FILE", "result file with every slot (results/UTC-HOST-ab-SUITE.json)",
         .text = &o->output},
        {"fail-on", NULL,
         "what makes exit code 1: regression (default); inconclusive (also inconclusive results); "
         "never",
         .choice = {&o->fail_on, GATE_FAIL_ON_WORDS}},
        {"json", NULL, "print JSON instead of the table", .flag = &o->outputs.json},
        {"wide", NULL, "print all columns, wider than the terminal if need be",
         .flag = &o->outputs.wide},
        {"junit", "FILE", "write JUnit XML to FILE", .text = &o->outputs.junit},
        {"markdown", "FILE", "append Markdown to FILE", .text = &o->outputs.markdown},
        {"dry-run", NULL, "print the cells and the time they need; run nothing",
         .flag = &o->dry_run},
        {"quiet", NULL, "print no progress and no table", .flag = &o->outputs.quiet},
        {.name = NULL}};
    const struct args_spec spec = {
        .program = NAME,
        .summary =
            "measures a candidate against its baseline in pairs of slots: a regression gate for CI",
        .example = NAME " --baseline-rev origin/main --server epoll --junit ab.xml",
        .args = rows};
    return args_parse(&spec, argc, argv);
}

/* ---- checks: each prints one line when it fails ---- */

static int check_request(struct options *o) {
    const struct ab_request *r = &o->request;
    int baselines = !!r->specs[0] + !!r->commands[0] + !!r->baseline_rev + !!r->baseline_loadgen;
    int candidates = !!r->specs[1] + !!r->commands[1];
    bool own = r->baseline_rev || r->baseline_loadgen;
    if (baselines != 1)
        return refuse(NAME,
                      "%s: give one of --baseline, --baseline-cmd, --baseline-rev and "
                      "--baseline-loadgen",
                      baselines ? "more than one baseline" : "no baseline");
    if (own && candidates)
        return refuse(NAME,
                      "--candidate%s: the candidate is this build; choose its models with --server",
                      r->commands[1] ? "-cmd" : "");
    if (!own && candidates != 1)
        return refuse(NAME, "%s: give one of --candidate and --candidate-cmd",
                      candidates ? "more than one candidate" : "no candidate");
    if (!own && o->servers.count)
        return refuse(NAME, "--server: needs --baseline-rev or --baseline-loadgen");
    o->request.servers = &o->servers;
    return EXIT_FINE;
}

/* Removes burn_ns from every load. A foreign server cannot burn CPU, so its opponent must not. */
static void burn_nothing(cJSON *suite) {
    cJSON *phase, *load;
    cJSON_ArrayForEach(phase, cJSON_GetObjectItemCaseSensitive(suite, "phases"))
        cJSON_ArrayForEach(load, cJSON_GetObjectItemCaseSensitive(phase, "loads"))
            cJSON_DeleteItemFromObjectCaseSensitive(load, "burn_ns");
}

static double budget_s(const struct options *o, const cJSON *suite) {
    double of_suite = json_number(suite, "budget_s");
    if (o->budget_s > 0) return o->budget_s;
    return isfinite(of_suite) ? of_suite : BUDGET_S;
}

static int make_plan(struct comparison *c) {
    struct ab *ab = &c->ab;
    /* it runs slots in an order of its own */
    cJSON_DeleteItemFromObjectCaseSensitive(c->session.suite, "measure");
    int code = session_plan(&c->session, &ab->plan, ab->arms.specs, ab->arms.spec_count);
    if (code) return code;
    ab_prepare(ab);
    if (ab->least_s <= ab->budget_s) return EXIT_FINE;
    struct format_pair pair = format_apart(ab->least_s, ab->budget_s, 0);
    return refuse(NAME,
                  "--budget %s: about %s s are needed: %.0f s for stage 1 and the rest for "
                  "stage 2 of one cell; compare fewer servers or loads",
                  pair.right, pair.left, ab->stage1_s);
}

/* Whether no output is a file that the comparison needs, or the result. */
static bool outputs_fine(const struct comparison *c) {
    const struct gate_outputs *o = &c->options.outputs;
    const struct session *s = &c->session;
    struct reason reason;
    const struct {
        const char *option; /* or the variable */
        const char *path;   /* NULL: not asked for */
    } outputs[] = {{"-o", s->output},
                   {"--junit", o->junit},
                   {"--markdown", o->markdown},
                   {GATE_SUMMARY, gate_outputs_summary(o)}};
    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++) {
        const char *path = outputs[i].path;
        if (!path) continue;
        if (!session_spares(s, outputs[i].option, path)) return false;
        if (ab_request_spares(&c->options.request, path, &reason) &&
            (i == 0 || apart(path, s->output, "the file of -o", &reason)))
            continue;
        refuse(NAME, "%s %s: %s", outputs[i].option, path, reason.text);
        return false;
    }
    return true;
}

static int prepare(struct comparison *c, int argc, char **argv) {
    char name[80];
    struct reason reason;
    struct options *o = &c->options;
    struct session *s = &c->session;
    const struct session_request request = {.command = NAME,
                                            .argc = argc,
                                            .argv = argv,
                                            .suite = o->suite,
                                            .placement = o->placement,
                                            .output = o->output,
                                            .seed = o->seed,
                                            .quiet = o->outputs.quiet};
    int code = check_request(o);
    if (!code) code = session_open(s, &request, NULL);
    if (code) return code;
    if (o->request.commands[0] || o->request.commands[1]) burn_nothing(s->suite);
    c->ab.budget_s = budget_s(o, s->suite);
    if (!gate_outputs_check(&o->outputs, &reason)) return refuse(NAME, "%s", reason.text);
    snprintf(name, sizeof name, "ab-%.60s", json_text(s->suite, "name"));
    code = session_output(s, name);
    if (code) return code;
    if (!outputs_fine(c)) return EXIT_USAGE;
    if (files_standard_output(s->output)) o->outputs.quiet = true; /* the result goes there alone */
    if (!ab_arms_open(&c->ab.arms, &o->request, s, &reason))
        return s->loop.interrupted ? EXIT_INTERRUPTED : refuse(NAME, "%s", reason.text);
    return make_plan(c);
}

/* ---- running ---- */

/* Prints the cells, and how long the comparison takes at least and at most. */
static void print_plan(FILE *out, const struct ab *ab, struct terminal terminal) {
    for (size_t i = 0; i < ab->report.row_count; i++) {
        const struct gate_row *row = &ab->report.rows[i];
        if (i == 0 || strcmp(row->cell, row[-1].cell) != 0)
            width_row(out, row->cell, 48,
                      row->verdict != GATE_UNDECIDED ? gate_verdict_names[row->verdict]
                      : *row->reason.text            ? row->reason.text
                                                     : "compared",
                      terminal.columns);
    }
    char time[96];
    snprintf(time, sizeof time, "about %.0f s with the control if nothing changed, at most %.0f s",
             ab->stage1_s + ab->spare_s, ab->budget_s);
    width_print(out, time, (struct width_place){.columns = terminal.columns});
}

/* Runs the pairs and decides. Returns an exit code; not 0 if there is no verdict. */
static int measure(struct comparison *c) {
    struct session *s = &c->session;
    struct ab *ab = &c->ab;
    int code = session_start(s, &ab->result, &ab->plan, "ab", &ab->arms.models[AB_CANDIDATE]);
    if (code) return code;
    ab->loop = &s->loop;
    ab_run(ab);
    if (ab->write_failed) {
        code = refuse(NAME, "%s: %s", s->output, ab->reason.text);
    } else if (ab->interrupted) {
        if (ab->slots)
            line_print(stderr, NAME ": interrupted; %zu slots are in %s", ab->slots, s->output);
        else
            fprintf(stderr, NAME ": interrupted before the first slot ended\n");
        if (!ab->slots && !c->options.output) files_remove(s->output); /* it was created for them */
        code = EXIT_INTERRUPTED;
    }
    result_free(&ab->result);
    return code;
}

static int conclude(const struct comparison *c) {
    struct reason reason;
    struct reason why;
    int code = gate_exit_code(&c->ab.report, gate_fail_on_read(c->options.fail_on), &why);
    if (gate_outputs_write(&c->options.outputs, &c->ab.report, code, why.text, &reason))
        return code;
    int refused = refuse(NAME, "%s", reason.text);
    return code == EXIT_REGRESSED ? code : refused;
}

static int run(struct comparison *c) {
    struct ab *ab = &c->ab;
    struct gate_report *report = &ab->report;
    bool quiet = c->options.outputs.quiet;
    report->command = "ab";
    report->seed = ab->seed;
    report->budget_s = ab->budget_s;
    report->duration_s = 0;
    snprintf(report->baseline, GATE_NAME_SIZE, "%s", ab->arms.labels[0]);
    snprintf(report->candidate, GATE_NAME_SIZE, "%s", ab->arms.labels[1]);
    if (c->options.dry_run) {
        print_plan(stdout, ab, terminal_look(1, c->options.outputs.wide));
        return EXIT_FINE;
    }
    if (ab->cell_count) { /* if 0, all are identical or new */
        if (!quiet) print_plan(stderr, ab, terminal_look(2, c->options.outputs.wide));
        ab->plan.slot_count = 2 * (GATE_STAGE1_PAIRS + ab->spare_rounds) * ab->cell_count;
        ab->plan.predicted_s = ab->stage1_s + ab->spare_s;
        progress_start(&ab->progress, &ab->plan, quiet);
        int code = measure(c);
        if (code) return code;
        snprintf(report->result, sizeof report->result, "%s", c->session.output);
        utf8_clean(report->result);
    }
    return conclude(c);
}

static void comparison_free(struct comparison *c) {
    ab_free(&c->ab);
    session_close(&c->session);
    args_texts_free(&c->options.servers);
    free(c);
}

/* Draws a seed, so that a second run of a CI job does not repeat the order of the first. */
static uint64_t drawn_seed(void) {
    uint32_t seed = 0;
    uv_random(NULL, NULL, &seed, sizeof seed, 0, NULL);
    return seed;
}

int cmd_ab(int argc, char **argv) {
    struct comparison *c = calloc(1, sizeof *c);
    MEMORY_CHECK(c);
    c->options = (struct options){
        .suite = "ci", .seed = drawn_seed(), .placement = "auto", .fail_on = "regression"};
    enum args_outcome outcome = read_options(&c->options, argc, argv);
    int code = outcome == ARGS_HELP_SHOWN ? EXIT_FINE : EXIT_USAGE;
    c->ab.seed = c->options.seed;
    if (outcome == ARGS_RUN) {
        code = prepare(c, argc, argv);
        if (session_interrupted(&c->session))
            code = EXIT_INTERRUPTED;
        else if (!code)
            code = run(c);
    }
    comparison_free(c);
    return code;
}
