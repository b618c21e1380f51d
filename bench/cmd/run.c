/* run.c - `iobench run`: checks its input, plans, runs the slots, prints the table.
 * Invariant: no slot runs before all options, suite fields, servers and the output path have been
 * checked. */
#include "base/args.h"
#include "base/line.h"
#include "base/memory.h"
#include "base/os.h"

#include "bench/cmd/commands.h"
#include "bench/report/table.h"
#include "bench/result/verdict.h"
#include "bench/session/runner.h"
#include "bench/session/session.h"
#include "bench/suite/foreign.h"
#include "bench/suite/suite.h"
#include "bench/support/exit_code.h"
#include "bench/support/files.h"
#include "bench/support/json_path.h"
#include "bench/support/reason.h"
#include "bench/support/refuse.h"
#include "bench/support/terminal.h"
#include "bench/support/text.h"
#include "bench/support/width.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME "iobench run"
#define SPECS_MAX 256

/* The command line. */
struct options {
    const char *suite;         /* name or file */
    struct arg_texts servers;  /* MODEL[:OPT=V,...]; these three replace the servers of the suite */
    struct arg_texts commands; /* commands that start foreign servers */
    struct arg_texts addresses; /* addresses of running servers */
    const char *connections;    /* "1,50"; NULL: as in the suite */
    const char *transports;     /* "epoll,libuv"; NULL: as in the suite */
    const char *measure;        /* slots or rotation; NULL: as in the suite */
    uint64_t repeats;           /* 0: as in the suite */
    double duration_s;          /* 0: as in the suite */
    uint64_t seed;              /* for order of slots and arrivals */
    const char *placement;      /* auto, none or S/L */
    const char *output;         /* file; NULL: named by time, host and suite */
    bool dry_run;               /* print the plan only */
    bool quiet;                 /* no progress, no table */
    bool wide;                  /* all columns of the table */
};

/* One run of a suite. */
struct run {
    struct options options;
    struct session session;
    struct server_spec specs[SPECS_MAX]; /* servers to run */
    size_t spec_count;
    struct plan plan; /* cells and slots */
};

static enum args_outcome read_options(struct options *o, int argc, char **argv) {
    const struct arg rows[] = {
        {"suite", "NAME|FILE", "suite to run (quick)", .text = &o->suite},
        {"server", "MODEL[:OPT=V,...]", "server to run; may repeat (as in the suite)",
         .texts = &o->servers},
        {"server-cmd", "'CMD {port}'",
         "command that starts a server of your own, without a shell; {port} becomes its port; may "
         "repeat",
         .texts = &o->commands},
        {"server-at", "HOST:PORT", "server that is running already; may repeat",
         .texts = &o->addresses},
        {"connections", "N[,N...]", "connections of every load (as in the suite)",
         .text = &o->connections},
        {"transport", "NAME[,NAME...]",
         "transport of the load generator; '*' means each of them (as in the suite)",
         .text = &o->transports},
        {"measure", NULL,
         "give each server the machine for a whole window, or all of them in turns (as in the "
         "suite)",
         .choice = {&o->measure, "slots|rotation"}},
        {"repeats", "N", "slots per cell (as in the suite)", .count = {&o->repeats, 1, 1000}},
        {"duration", "S", "measured window in seconds (as in the suite)",
         .real = {&o->duration_s, 0.01, 3600}},
        {"seed", "N", "seed for the order of slots, arrivals and payload (1)",
         .count = {&o->seed, 0, SESSION_SEED_MAX}},
        {"placement", "SPEC",
         "CPUs of server and load generator: auto, none, or two lists as in 0-1/2 (auto)",
         .text = &o->placement},
        {"o", "FILE", "result file (results/UTC-HOST-SUITE.json)", .text = &o->output},
        {"dry-run", NULL, "print the plan and the time it needs; run nothing", .flag = &o->dry_run},
        {"wide", NULL, "print all columns, wider than the terminal if need be", .flag = &o->wide},
        {"quiet", NULL, "print no progress and no table", .flag = &o->quiet},
        {.name = NULL}};
    const struct args_spec spec = {
        .program = NAME,
        .summary = "runs a suite, with a fresh server and load generator for every slot",
        .example = NAME " --suite quick --server epoll --server io_uring -o result.json",
        .args = rows};
    return args_parse(&spec, argc, argv);
}

/* ---- checks: each prints one line when it fails ---- */

static int add_spec(struct run *r, const char *text) {
    struct reason reason;
    if (r->spec_count == SPECS_MAX) return refuse(NAME, "more than %d servers", SPECS_MAX);
    struct server_spec *spec = &r->specs[r->spec_count];
    if (!server_spec_read(spec, text, &r->session.own, &r->session.loop, &reason))
        return refuse(NAME, "server %s: %s", text, reason.text);
    r->spec_count++;
    for (size_t i = 0; i + 1 < r->spec_count; i++)
        if (strcmp(r->specs[i].text, spec->text) == 0)
            return refuse(NAME, "server %s: given twice", spec->text);
    return EXIT_FINE;
}

static int add_foreign(struct run *r, enum server_kind kind, const struct arg_texts *texts) {
    struct reason reason;
    for (size_t i = 0; i < texts->count; i++) {
        if (r->spec_count == SPECS_MAX) return refuse(NAME, "more than %d servers", SPECS_MAX);
        if (!foreign_spec_read(&r->specs[r->spec_count], kind, texts->items[i], &r->session.own,
                               &reason))
            return refuse(NAME, "%s", reason.text);
        r->spec_count++;
    }
    return EXIT_FINE;
}

/* Foreign servers come last, because they are added to the models, and "*" must not name them. */
static int read_servers(struct run *r) {
    const struct options *o = &r->options;
    const struct models *own = &r->session.own;
    bool foreign = o->commands.count || o->addresses.count;
    const cJSON *text, *servers = cJSON_GetObjectItemCaseSensitive(r->session.suite, "servers");
    if (foreign && !o->servers.count) servers = NULL;
    cJSON_ArrayForEach(text, servers) {
        bool all = strcmp(text->valuestring, "*") == 0;
        size_t count = all ? own->count : 1;
        for (size_t i = 0; i < count; i++) {
            int code = add_spec(r, all ? own->servers[i].name : text->valuestring);
            if (code) return code;
        }
    }
    int code = add_foreign(r, SERVER_COMMAND, &o->commands);
    return code ? code : add_foreign(r, SERVER_AT, &o->addresses);
}

static int prepare(struct run *r, int argc, char **argv) {
    const struct options *o = &r->options;
    struct session *s = &r->session;
    const struct session_request request = {.command = NAME,
                                            .argc = argc,
                                            .argv = argv,
                                            .suite = o->suite,
                                            .placement = o->placement,
                                            .output = o->output,
                                            .seed = o->seed,
                                            .quiet = o->quiet};
    const struct suite_overrides overrides = {.servers = &o->servers,
                                              .repeats = o->repeats,
                                              .duration_s = o->duration_s,
                                              .connections = o->connections,
                                              .transports = o->transports,
                                              .measure = o->measure};
    int code = session_open(s, &request, &overrides);
    if (!code) code = read_servers(r);
    if (!code) code = session_plan(s, &r->plan, r->specs, r->spec_count);
    if (!code) code = session_output(s, json_text(s->suite, "name"));
    for (size_t i = 0; !code && i < r->spec_count; i++) {
        const struct program *server = r->specs[i].program;
        if (server->kind == SERVER_COMMAND && foreign_uses(server->command, s->output))
            code = refuse(NAME, "-o %s: is part of --server-cmd", s->output);
    }
    return code;
}

/* ---- running ---- */

static void print_plan(const struct plan *p, bool wide) {
    int columns = terminal_look(1, wide).columns;
    for (size_t i = 0; i < p->cell_count; i++) {
        const struct cell *c = &p->cells[i];
        struct text what = {0};
        if (*c->skipped)
            text_add(&what, "skipped: %s", c->skipped);
        else
            text_add(&what, "%zu x %.1f s%s%s", p->repeats, plan_slot_s(c),
                     c->turns    ? " in turns"
                     : *c->apart ? " apart: "
                                 : "",
                     c->apart);
        width_row(stdout, c->id, 48, what.data, columns);
        free(what.data);
    }
    printf("%zu cells, %zu slots, about %.0f s\n", p->cell_count, p->slot_count, p->predicted_s);
}

/* The exit code of a session that was not interrupted. */
static int judge(const struct runner_tally *t) {
    if (t->wrong_echo) return EXIT_WRONG_ECHO;
    if (t->slots[VERDICT_VALID] + t->slots[VERDICT_SUSPECT] == 0) return EXIT_NOTHING;
    return EXIT_FINE;
}

static int finish(struct run *r, struct result *result, const struct runner_tally *tally) {
    struct reason reason;
    const char *output = r->session.output;
    if (tally->write_failed) return refuse(NAME, "%s: %s", output, tally->reason.text);
    if (!result_write(result, !tally->interrupted, &reason))
        return refuse(NAME, "%s: %s", output, reason.text);
    if (tally->interrupted) {
        size_t kept = tally->slots[0] + tally->slots[1] + tally->slots[2];
        line_print(stderr, NAME ": interrupted; %zu of %zu slots are in %s", kept,
                   r->plan.slot_count, output);
        return EXIT_INTERRUPTED;
    }
    int code = judge(tally);
    if (!r->options.quiet && !files_standard_output(output)) {
        cJSON *document = result_copy(result);
        table_print(stdout, document, output, terminal_look(1, r->options.wide));
        line_print(stdout, "result: %s", output);
    }
    if (code == EXIT_WRONG_ECHO)
        fprintf(stderr, NAME ": wrong echoes in %zu slots\n", tally->wrong_echo);
    if (code == EXIT_NOTHING) fprintf(stderr, NAME ": nothing trustworthy was measured\n");
    return code;
}

/* Refuses names without an address before the first slot. Which of its addresses answers, the load
 * generator finds out in every slot. */
static int check_names(const struct arg_texts *addresses) {
    struct os_address address;
    char host[256], reason[160];
    uint16_t port;
    for (size_t i = 0; i < addresses->count; i++)
        if (os_address_split(addresses->items[i], host, sizeof host, &port) &&
            !os_address_resolve(host, port, &address, reason, sizeof reason))
            return refuse(NAME, "--server-at %.200s: %s", addresses->items[i], reason);
    return EXIT_FINE;
}

static int measure(struct run *r) {
    struct session *s = &r->session;
    struct result result;
    int code = check_names(&r->options.addresses);
    if (!code) code = session_start(s, &result, &r->plan, "run", &s->own);
    if (code) return code;
    struct progress progress;
    struct runner_tally tally;
    progress_start(&progress, &r->plan, r->options.quiet);
    runner_run(&tally, &result, &s->loop, &progress, r->options.seed);
    code = finish(r, &result, &tally);
    result_free(&result);
    return code;
}

static void run_free(struct run *r) {
    plan_free(&r->plan);
    for (size_t i = 0; i < r->spec_count; i++) server_spec_free(&r->specs[i]);
    session_close(&r->session);
    args_texts_free(&r->options.servers);
    args_texts_free(&r->options.commands);
    args_texts_free(&r->options.addresses);
    free(r);
}

int cmd_run(int argc, char **argv) {
    struct run *r = calloc(1, sizeof *r);
    MEMORY_CHECK(r);
    r->options.suite = "quick";
    r->options.seed = 1;
    r->options.placement = "auto";
    enum args_outcome outcome = read_options(&r->options, argc, argv);
    int code = outcome == ARGS_HELP_SHOWN ? EXIT_FINE : EXIT_USAGE;
    if (outcome == ARGS_RUN) {
        code = prepare(r, argc, argv);
        if (session_interrupted(&r->session))
            code = EXIT_INTERRUPTED;
        else if (!code && r->options.dry_run)
            print_plan(&r->plan, r->options.wide);
        else if (!code)
            code = measure(r);
    }
    run_free(r);
    return code;
}
