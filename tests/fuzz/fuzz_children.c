/* fuzz_children.c - fuzzes the parsers of child output: ready line, statistics, description and
 * figures. Each input is parsed as each of them.
 * Invariant: each parser either accepts the input and gives valid data, or gives a one-line reason.
 */
#include "bench/result/identities.h"
#include "bench/result/result_file.h"
#include "bench/result/schema.h"
#include "bench/session/sample.h"
#include "bench/session/server.c" // NOLINT(bugprone-suspicious-include)
#include "bench/session/slot.c"   // NOLINT(bugprone-suspicious-include)
#include "bench/support/reason.h"
#include "tests/fuzz/children.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

static void read_server(char *text, size_t size) {
    struct slot_outcome o;
    struct server server = {.outcome = &o, .process = {.text = text, .size = size}};
    outcome_init(&o);
    if (strchr(text, '\n')) {
        if (read_ready(&server))
            CHECK(server.pid >= 1);
        else
            fuzz_check_reason(o.reason.text);
    }
    cJSON_Delete(last_object(&server.process, "stats"));
}

static void judge(struct slot_outcome *o, const struct cell *c, const cJSON *scenario) {
    const struct sample_facts facts = {.cell = c,
                                       .scenario = scenario,
                                       .server_build = "a",
                                       .loadgen_build = "b",
                                       .order = 0,
                                       .offset_s = 1};
    const struct identities_file file = {.version_minor = RESULT_VERSION_MINOR};
    struct reason why;
    cJSON *sample = sample_make(&facts, o);
    if (!schema_check(fuzz_schema(FUZZ_RESULT_SCHEMA), "sample", sample, "figures", &why) ||
        !identities_check_sample(&file, scenario, sample, "figures", &why))
        fuzz_check_reason(why.text);
    cJSON_Delete(sample);
}

#define TARGETS 2 /* of a rotation */

static void read_outcome(struct slot_outcome *o, const struct cell *c) {
    if (o->end == SLOT_MEASURED) {
        o->stats = cJSON_Duplicate(cJSON_GetObjectItem(o->figures, "stats"), true);
        cJSON *scenario = plan_scenario(c);
        judge(o, c, scenario);
        cJSON_Delete(scenario);
    } else {
        fuzz_check_reason(o->reason.text);
    }
    outcome_free(o);
}

static void read_load(char *text, size_t size) {
    static struct program program = {.name = "x"};
    static struct server_spec server = {.program = &program, .text = "x"};
    static struct cell cells[] = {
        {.load = CELL_CLOSED}, {.load = CELL_OPEN}, {.load = CELL_CHURN}, {.turns = 2}};
    if (!server.describe) server.describe = cJSON_Parse("{\"threads_max\":4}");
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        struct cell *c = &cells[i];
        c->server = &server;
        c->phase = c->transport = c->arrival = "x";
        c->connections = c->depth = c->outstanding = c->size_bytes = c->server_threads = 1;
        c->rate_pct = NAN;
        c->duration_s = 0.02;
        struct slot_outcome outcomes[TARGETS];
        struct server servers[TARGETS] = {{.outcome = &outcomes[0]}, {.outcome = &outcomes[1]}};
        const struct slot slot = {.cell = c, .servers = servers, .count = c->turns ? TARGETS : 1};
        const struct process p = {.text = text, .size = size};
        for (size_t k = 0; k < slot.count; k++) outcome_init(&outcomes[k]);
        read_figures(&slot, &p);
        for (size_t k = 0; k < slot.count; k++) read_outcome(&outcomes[k], c);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = fuzz_text(data, size);
    read_server(text, size);
    fuzz_describe(text, size);
    read_load(text, size);
    free(text);
    return 0;
}
