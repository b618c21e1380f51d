/* fuzz_suite.c - fuzzes the reader of suites, the plan and its scenarios.
 * Invariant: an accepted suite is also accepted after overrides, and the result schema accepts its
 * scenarios. */
#include "base/check.h"
#include "base/os.h"

#include "bench/result/schema.h"
#include "bench/suite/plan.h"
#include "bench/suite/suite.h"
#include "bench/suite/transports.h"
#include "bench/support/json_file.h"
#include "bench/support/reason.h"
#include "tests/fuzz/fuzz.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { SERVERS = 3, SCENARIOS_MAX = 30 };

/* Servers, as iobench would find them. */
static struct program programs[SERVERS];
static struct server_spec servers[SERVERS];
static struct program loadgen; /* has a description, but is never run */

static void make_servers(void) {
    static const char available[] =
        "{\"connections_limit\":null,\"threads_max\":256,\"available\":true,\"reason\":null,"
        "\"options\":[{\"name\":\"trigger\",\"choices\":[\"level\",\"edge\"]}]}";
    static const char limited[] =
        "{\"connections_limit\":100,\"threads_max\":2,\"available\":true,\"reason\":null}";
    static const char absent[] = "{\"threads_max\":1,\"available\":false,\"reason\":\"no ring\"}";
    const char *const describes[SERVERS] = {available, limited, absent};
    if (servers[0].program) return;
    loadgen.describe = cJSON_Parse("{\"transports\":[\"epoll\"],\"transports_missing\":"
                                   "[{\"name\":\"ring\",\"reason\":\"switched off\"}]}");
    CHECK(loadgen.describe);
    for (int i = 0; i < SERVERS; i++) {
        snprintf(programs[i].name, sizeof programs[i].name, "model%d", i);
        /* makes the ids of cells as long as possible */
        snprintf(
            servers[i].text, sizeof servers[i].text, "model%d%.*s", i, i ? 0 : 185,
            ":trigger=edge,xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
        servers[i].program = &programs[i];
        servers[i].describe = cJSON_Parse(describes[i]);
        CHECK(servers[i].describe);
    }
    servers[0].option_count = 1;
    snprintf(servers[0].options[0], sizeof servers[0].options[0], "trigger=edge");
}

static double capacity(void *context, size_t cell) {
    (void)context;
    return cell % 3 == 0 ? NAN : 1000.0 * (double)cell;
}

static void check_plan(struct plan *plan) {
    struct reason reason;
    CHECK_OP(plan->cell_count, >, 0);
    for (size_t i = 0; i < plan->cell_count && i < SCENARIOS_MAX; i++) {
        plan_set_rates(plan, plan->cells[i].phase_index, capacity, NULL);
        CHECK(plan_slot_s(&plan->cells[i]) > 0);
        cJSON *scenario = plan_scenario(&plan->cells[i]);
        bool fine = schema_check(fuzz_schema(FUZZ_RESULT_SCHEMA), "scenario", scenario, "scenario",
                                 &reason);
        if (!fine) fprintf(stderr, "%s: %s\n", plan->cells[i].id, reason.text);
        CHECK(fine);
        cJSON_Delete(scenario);
    }
}

static void plan_it(const cJSON *suite) {
    static const int cpus[] = {0, 1};
    static const struct placement_policy policy;
    struct plan plan;
    struct reason reason;
    const struct plan_input input = {.suite = suite,
                                     .servers = servers,
                                     .server_count = SERVERS,
                                     .loadgen = &loadgen,
                                     .placement = &policy,
                                     .cpus = cpus,
                                     .cpu_count = 2,
                                     .descriptors = 100000,
                                     .seed = 1};
    if (plan_make(&plan, &input, &reason)) {
        check_plan(&plan);
        plan_free(&plan);
    } else {
        fuzz_check_reason(reason.text);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct arg_texts none;
    static const struct suite_overrides overrides = {.servers = &none,
                                                     .repeats = 2,
                                                     .duration_s = 0.5,
                                                     .connections = "1,50",
                                                     .transports = "auto,*"};
    const cJSON *schema = fuzz_schema(FUZZ_SUITE_SCHEMA);
    struct reason reason;
    char *text = fuzz_text(data, size);
    make_servers();
    cJSON *suite = json_text_parse(text, size, &reason);
    if (suite && suite_check(schema, suite, &reason)) {
        plan_it(suite);
        CHECK(suite_override(suite, &overrides, &reason));
        CHECK(suite_check(schema, suite, &reason));
        CHECK(transports_resolve(suite, loadgen.describe, &reason));
        plan_it(suite);
    } else {
        fuzz_check_reason(reason.text);
    }
    cJSON_Delete(suite);
    free(text);
    return 0;
}
