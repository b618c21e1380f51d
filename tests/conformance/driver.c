/* driver.c - runs all cases of the conformance suite with one server command. The tables of cases
 * and the server's --describe determine what is run.
 *
 *   conformance [--only NAME] [--list] [--skip NAME[=REASON]] [--timeout-scale X]
 *               [--expect-limit N] [--connections N] [--wave N] [--seed N]
 *               [--observer COMMAND] -- SERVER-COMMAND... */
#include "base/args.h"
#include "base/os.h"

#include "tests/conformance/conformance.h"
#include "tests/support/process.h"

#include <stdio.h>
#include <string.h>

enum { EXIT_USAGE = 2 };

static const struct conformance_case *const tables[] = {cases_bytes, cases_close, cases_many,
                                                        cases_limits, cases_signals};

/* The argument that harness_run passes to run_body. */
struct run {
    const struct conformance_case *c;
    const struct setup *setup;
};

static void run_body(const void *argument) {
    const struct run *run = argument;
    run->c->run(run->setup);
}

static void run_case(const struct conformance_case *c, const struct setup *setup) {
    char label[160];
    snprintf(label, sizeof label, "conformance/%s %s%s%s", setup->described.name, setup->option,
             setup->option[0] ? "/" : "", c->name);
    harness_run(label, run_body, &(struct run){c, setup}, c->deadline_s * setup->timeout_scale);
}

/* The options of the driver. */
struct request {
    const char *only;         /* name of the only case to run; empty: all */
    struct arg_texts skipped; /* cases to skip: NAME or NAME=REASON */
    bool list;                /* only print the names */
};

static void run_tables(struct request *r, struct setup *setup, bool basic_only) {
    for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++) {
        for (const struct conformance_case *c = tables[t]; c->name; c++) {
            if (basic_only && !c->basic) continue;
            const char *skipped = harness_skip_reason(&r->skipped, c->name);
            if (r->list)
                puts(c->name);
            else if (r->only[0] && strcmp(r->only, c->name) != 0)
                continue;
            else if (skipped)
                printf("skip conformance/%s %s # %s\n", setup->described.name, c->name, skipped);
            else
                run_case(c, setup);
        }
    }
}

static void run_variant(struct request *r, struct setup *setup, const char *name,
                        const char *value) {
    snprintf(setup->option, sizeof setup->option, "%.31s=%.31s", name, value);
    struct described with_option;
    char label[160];
    snprintf(label, sizeof label, "conformance/%s %s/describe", setup->described.name,
             setup->option);
    harness_guard(label, 20 * setup->timeout_scale);
    describe_read(setup->command, setup->option, &with_option);
    harness_unguard();
    if (with_option.available)
        run_tables(r, setup, true);
    else
        printf("skip conformance/%s %s # %s\n", setup->described.name, setup->option,
               with_option.reason);
}

/* Runs the basic cases with each choice of each option, and with both ends of each range. */
static void run_variants(struct request *r, struct setup *setup) {
    for (size_t i = 0; i < setup->described.option_count; i++) {
        const struct described_option *o = &setup->described.options[i];
        for (size_t k = 0; k < o->choice_count; k++) run_variant(r, setup, o->name, o->choices[k]);
        char number[24];
        for (int end = 0; !o->choice_count && end < 2; end++) {
            snprintf(number, sizeof number, "%llu", (unsigned long long)(end ? o->max : o->min));
            run_variant(r, setup, o->name, number);
        }
    }
}

/* A model that is not available on this machine must exit with code 77. */
static void check_unavailable(const struct setup *setup) {
    static char output[4096];
    int code = process_collect(setup->command, output, sizeof output);
    REQUIRE(code == 77 && !output[0], "not available, but the exit code is %d and the output '%s'",
            code, output);
    case_skip("%s", setup->described.reason);
}

static void run_all(struct request *r, struct setup *setup, uint64_t expect_limit) {
    char label[160];
    snprintf(label, sizeof label, "conformance/%s describe", setup->command[0]);
    harness_guard(label, 20 * setup->timeout_scale);
    describe_read(setup->command, "", &setup->described);
    if (expect_limit) setup->described.connections_limit = expect_limit;
    snprintf(label, sizeof label, "conformance/%s describe", setup->described.name);
    harness_guard(label, 20 * setup->timeout_scale);
    if (!setup->described.available) check_unavailable(setup);
    harness_unguard();
    if (!r->only[0] || strcmp(r->only, "describe") == 0) printf("ok %s\n", label);
    run_tables(r, setup, false);
    run_variants(r, setup);
    fflush(stdout);
}

int main(int argc, char **argv) {
    struct request request = {.only = ""};
    struct setup setup = {.timeout_scale = 1.0};
    uint64_t connections = 1000, wave = 500, expect_limit = 0;
    setup.seed = 1;
    const struct arg args[] = {
        {"only", "NAME", "one case", .text = &request.only},
        {"skip", "NAME[=REASON]", "leave a case out; may repeat", .texts = &request.skipped},
        {"list", NULL, "print the names of all cases", .flag = &request.list},
        {"timeout-scale", "X", "multiply every deadline (1)",
         .real = {&setup.timeout_scale, 0.1, 100}},
        {"expect-limit", "N", "connections the server can hold (as it describes)",
         .count = {&expect_limit, 0, 1e6}},
        {"connections", "N", "size of the case 'thousands' (1000)",
         .count = {&connections, 1, 1e6}},
        {"wave", "N", "connections of each wave of the case 'fd-reuse' (500)",
         .count = {&wave, 1, 1e6}},
        {"observer", "COMMAND",
         "prints the descriptors and resident bytes of the process id behind it",
         .text = &setup.observer},
        {"seed", "N", "of payloads and orders (1)", .count = {&setup.seed, 0, 1e15}},
        {.name = NULL},
    };
    const struct args_spec spec = {
        .program = "conformance",
        .summary =
            "black-box tests of one echo server; put '-- SERVER-COMMAND...' behind the options",
        .example = "conformance --only slow-reader -- build/bin/echo-epoll",
        .args = args,
    };
    int own = 1;
    while (own < argc && strcmp(argv[own], "--") != 0) own++;
    os_init();
    enum args_outcome outcome = args_parse(&spec, own, argv);
    if (outcome != ARGS_RUN) return outcome == ARGS_WRONG ? EXIT_USAGE : 0;
    setup.connections = (uint32_t)connections;
    setup.wave = (uint32_t)wave;
    if (request.list) {
        run_tables(&request, &setup, false);
        return 0;
    }
    if (own + 1 >= argc) {
        fprintf(stderr, "conformance: no server command behind '--'\n");
        return EXIT_USAGE;
    }
    setup.command = argv + own + 1;
    harness_start();
    run_all(&request, &setup, expect_limit);
    args_texts_free(&request.skipped);
    return harness_exit_code();
}
