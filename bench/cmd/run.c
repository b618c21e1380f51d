/* run.c - `iobench run`: checks everything, plans, runs, sums up.
 * Invariant: the first slot starts only after every option, every field, every server and the
 * output path were found good. */
#include "base/args.h"
#include "base/check.h"
#include "base/format.h"
#include "base/os.h"

#include "bench/cmd/commands.h"
#include "bench/machine/floor.h"
#include "bench/report/table.h"
#include "bench/session/runner.h"
#include "bench/session/session.h"
#include "bench/session/verdict.h"
#include "bench/suite/foreign.h"
#include "bench/suite/suite.h"
#include "bench/suite/transports.h"
#include "bench/support/exit_code.h"
#include "bench/support/json_file.h"
#include "bench/support/reason.h"
#include "bench/support/terminal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPECS_MAX 256
#define SEED_MAX 4503599627370496.0 /* 2^52: the load generator adds the repeat */

/* The command line. */
struct options {
    const char *suite;          /* name or file */
    struct arg_texts servers;   /* MODEL[:OPT=V,...]; these three replace the suite's servers */
    struct arg_texts commands;  /* of foreign servers to start */
    struct arg_texts addresses; /* of foreign servers that run */
    const char *connections;    /* "1,50"; NULL: the suite's */
    const char *transports;     /* "epoll,libuv"; NULL: the suite's */
    uint64_t repeats;           /* 0: the suite's */
    double duration_s;          /* 0: the suite's */
    uint64_t seed;              /* of order and arrivals */
    const char *placement;      /* auto, none or S/L */
    const char *output;         /* file; NULL: named by time, host and suite */
    bool dry_run;               /* print the plan only */
    bool quiet;                 /* no progress, no table */
};

/* All that a session stands on. */
struct session {
    struct options options;              /* what was asked for */
    struct paths paths;                  /* where things are */
    struct process_loop loop;            /* runs the children */
    bool loop_open;                      /* it was opened */
    struct models models;                /* that were found */
    cJSON *suite;                        /* with overrides; owned */
    struct server_spec specs[SPECS_MAX]; /* servers to run */
    size_t spec_count;                   /* how many */
    struct placement_policy placement;   /* who runs where */
    struct plan plan;                    /* cells and slots */
    char output[PATH_SIZE];              /* where the result goes */
};

static int refuse(const char *format, ...) FORMAT_PRINTF(1, 2);

static int refuse(const char *format, ...) {
    char line[2 * REASON_SIZE];
    va_list rest;
    va_start(rest, format);
    vsnprintf(line, sizeof line, format, rest);
    va_end(rest);
    reason_clean(line); /* it may quote a suite */
    fprintf(stderr, "iobench run: %s\n", line);
    return EXIT_USAGE;
}

static enum args_outcome read_options(struct options *o, int argc, char **argv) {
    const struct arg rows[] = {
        {"suite", "NAME|FILE", "what to run (quick)", .text = &o->suite},
        {"server", "MODEL[:OPT=V,...]", "only this one; may repeat (the suite's)",
         .texts = &o->servers},
        {"server-cmd", "'CMD {port}'", "a server of your own, started without a shell; may repeat",
         .texts = &o->commands},
        {"server-at", "HOST:PORT", "a server that runs already; may repeat",
         .texts = &o->addresses},
        {"connections", "N[,N...]", "instead of the suite's in every load",
         .text = &o->connections},
        {"transport", "NAME[,NAME...]",
         "of the load generator, instead of the suite's; '*': every one", .text = &o->transports},
        {"repeats", "N", "slots per cell (the suite's)", .count = {&o->repeats, 1, 1000}},
        {"duration", "S", "window in seconds (the suite's)", .real = {&o->duration_s, 0.01, 3600}},
        {"seed", "N", "of order, arrivals and payload (1)", .count = {&o->seed, 0, SEED_MAX}},
        {"placement", "SPEC", "CPUs: auto, none, or SERVER/LOADGEN as in 0-1/2 (auto)",
         .text = &o->placement},
        {"o", "FILE", "result (results/UTC-HOST-SUITE.json)", .text = &o->output},
        {"dry-run", NULL, "print the plan and the time it needs, run nothing", .flag = &o->dry_run},
        {"quiet", NULL, "no progress and no table", .flag = &o->quiet},
        {.name = NULL}};
    const struct args_spec spec = {
        .program = "iobench run",
        .summary = "runs a suite: a fresh server and load generator for every slot",
        .example = "iobench run --suite quick --server epoll --server io_uring -o result.json",
        .args = rows};
    return args_parse(&spec, argc, argv);
}

/* ---- checks, each of which prints one line when it refuses ---- */

static int add_spec(struct session *s, const char *text) {
    struct reason reason;
    if (s->spec_count == SPECS_MAX) return refuse("more than %d servers", SPECS_MAX);
    struct server_spec *spec = &s->specs[s->spec_count];
    if (!server_spec_read(spec, text, &s->models, &s->loop, &reason))
        return refuse("server %s: %s", text, reason.text);
    s->spec_count++;
    for (size_t i = 0; i + 1 < s->spec_count; i++)
        if (strcmp(s->specs[i].text, spec->text) == 0)
            return refuse("server %s: given twice", spec->text);
    return EXIT_FINE;
}

static int add_foreign(struct session *s, enum server_kind kind, const struct arg_texts *texts) {
    struct reason reason;
    for (size_t i = 0; i < texts->count; i++) {
        if (s->spec_count == SPECS_MAX) return refuse("more than %d servers", SPECS_MAX);
        if (!foreign_spec_read(&s->specs[s->spec_count], kind, texts->items[i], &s->models,
                               &reason))
            return refuse("%s", reason.text);
        s->spec_count++;
    }
    return EXIT_FINE;
}

/* Foreign servers come last, because they join the models, of which "*" means ours. */
static int read_servers(struct session *s) {
    const struct options *o = &s->options;
    bool foreign = o->commands.count || o->addresses.count;
    const cJSON *text, *servers = cJSON_GetObjectItemCaseSensitive(s->suite, "servers");
    if (foreign && !o->servers.count) servers = NULL;
    cJSON_ArrayForEach(text, servers) {
        bool all = strcmp(text->valuestring, "*") == 0;
        size_t count = all ? s->models.count : 1;
        for (size_t i = 0; i < count; i++) {
            int code = add_spec(s, all ? s->models.servers[i].name : text->valuestring);
            if (code) return code;
        }
    }
    int code = add_foreign(s, SERVER_COMMAND, &o->commands);
    return code ? code : add_foreign(s, SERVER_AT, &o->addresses);
}

static int read_suite(struct session *s) {
    const struct options *o = &s->options;
    struct reason reason;
    const struct suite_overrides overrides = {.servers = &o->servers,
                                              .repeats = o->repeats,
                                              .duration_s = o->duration_s,
                                              .connections = o->connections,
                                              .transports = o->transports};
    s->suite = suite_load(&s->paths, o->suite, &reason);
    if (!s->suite) return refuse("--suite %s", reason.text);
    if (!suite_override(s->suite, &overrides, &reason)) return refuse("%s", reason.text);
    return EXIT_FINE;
}

static int make_plan(struct session *s) {
    struct reason reason;
    const struct process_loop *l = &s->loop;
    if (!placement_read(&s->placement, s->options.placement, l->cpus, l->cpu_count, &reason))
        return refuse("--placement: %s", reason.text);
    if (!transports_resolve(s->suite, s->models.loadgen.describe, &reason))
        return refuse("%s", reason.text);
    const struct plan_input input = {.suite = s->suite,
                                     .servers = s->specs,
                                     .server_count = s->spec_count,
                                     .loadgen = &s->models.loadgen,
                                     .placement = &s->placement,
                                     .cpus = l->cpus,
                                     .cpu_count = l->cpu_count,
                                     .descriptors = os_descriptors_limit(),
                                     .seed = s->options.seed};
    if (!plan_make(&s->plan, &input, &reason))
        return refuse("--suite %s: %s", s->options.suite, reason.text);
    return EXIT_FINE;
}

static int choose_output(struct session *s) {
    struct reason reason;
    const char *suite = cJSON_GetObjectItemCaseSensitive(s->suite, "name")->valuestring;
    if (!session_output(s->output, &s->paths, s->options.output, suite, &reason))
        return refuse("%s", reason.text);
    return EXIT_FINE;
}

static int prepare(struct session *s) {
    struct reason reason;
    if (!paths_find(&s->paths, "iobench run")) return EXIT_USAGE;
    int code = read_suite(s);
    if (code) return code;
    int error = process_loop_open(&s->loop, true);
    if (error) return refuse("event loop: %s", uv_strerror(error));
    s->loop_open = true;
    if (!models_find(&s->models, &s->loop, &s->paths, &reason)) return refuse("%s", reason.text);
    code = read_servers(s);
    if (!code) code = make_plan(s);
    if (!code) code = choose_output(s);
    return code;
}

/* ---- running ---- */

static void print_plan(const struct session *s) {
    const struct plan *p = &s->plan;
    for (size_t i = 0; i < p->cell_count; i++) {
        const struct cell *c = &p->cells[i];
        if (*c->skipped)
            printf("%-48s  skipped: %s\n", c->id, c->skipped);
        else
            printf("%-48s  %zu x %.1f s\n", c->id, p->repeats, plan_slot_s(c));
    }
    printf("%zu cells, %zu slots, about %.0f s\n", p->cell_count, p->slot_count, p->predicted_s);
}

/* The exit code of a session that was not interrupted. */
static int judge(const struct runner_tally *t) {
    if (t->wrong_echo) return EXIT_WRONG_ECHO;
    if (t->slots[VERDICT_VALID] + t->slots[VERDICT_SUSPECT] == 0) return EXIT_NOTHING;
    return EXIT_FINE;
}

static int finish(struct session *s, struct result *result, const struct runner_tally *tally) {
    struct reason reason;
    if (tally->write_failed) return EXIT_USAGE;
    if (!result_write(result, !tally->interrupted, &reason))
        return refuse("%s: %s", s->output, reason.text);
    if (tally->interrupted) {
        size_t kept = tally->slots[0] + tally->slots[1] + tally->slots[2];
        fprintf(stderr, "iobench run: interrupted; %zu of %zu slots are in %s\n", kept,
                s->plan.slot_count, s->output);
        return EXIT_INTERRUPTED;
    }
    int code = judge(tally);
    if (!s->options.quiet) {
        cJSON *document = json_file_read(s->output, &reason);
        if (!document) return refuse("%s: %s", s->output, reason.text);
        table_print(stdout, document, s->output, terminal_colour(1));
        printf("result: %s\n", s->output);
    }
    if (code == EXIT_WRONG_ECHO)
        fprintf(stderr, "iobench run: wrong echoes in %zu slots\n", tally->wrong_echo);
    if (code == EXIT_NOTHING) fprintf(stderr, "iobench run: nothing trustworthy was measured\n");
    return code;
}

static int run(struct session *s, int argc, char **argv) {
    struct reason reason;
    const struct process_loop *l = &s->loop;
    const struct placement *first = &s->plan.cells[0].placement;
    const struct result_facts facts = {
        .mode = "run",
        .suite = s->suite,
        .models = &s->models,
        .plan = &s->plan,
        .argc = argc,
        .argv = argv,
        .seed = s->options.seed,
        .paths = &s->paths,
        .findings = session_examine("iobench run", &s->models, s->options.quiet),
        .machine_floor =
            floor_json(first->server_count ? first->server[0] : -1, l->cpus, l->cpu_count)};
    struct result result;
    if (!result_open(&result, &facts, s->output, &reason)) return refuse("%s", reason.text);
    struct progress progress;
    struct runner_tally tally;
    progress_start(&progress, &s->plan, s->options.quiet);
    runner_run(&tally, &result, &s->loop, &progress, s->options.seed);
    int code = finish(s, &result, &tally);
    result_free(&result);
    return code;
}

static void session_free(struct session *s) {
    plan_free(&s->plan);
    for (size_t i = 0; i < s->spec_count; i++) server_spec_free(&s->specs[i]);
    models_free(&s->models);
    cJSON_Delete(s->suite);
    if (s->loop_open) process_loop_close(&s->loop);
    args_texts_free(&s->options.servers);
    args_texts_free(&s->options.commands);
    args_texts_free(&s->options.addresses);
    free(s);
}

int cmd_run(int argc, char **argv) {
    struct session *s = calloc(1, sizeof *s);
    CHECK(s);
    s->options.suite = "quick";
    s->options.seed = 1;
    s->options.placement = "auto";
    enum args_outcome outcome = read_options(&s->options, argc, argv);
    int code = outcome == ARGS_HELP_SHOWN ? EXIT_FINE : EXIT_USAGE;
    if (outcome == ARGS_RUN) {
        code = prepare(s);
        if (s->loop_open && s->loop.interrupted)
            code = EXIT_INTERRUPTED;
        else if (!code && s->options.dry_run)
            print_plan(s);
        else if (!code)
            code = run(s, argc, argv);
    }
    session_free(s);
    return code;
}
