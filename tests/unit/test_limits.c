/* test_limits.c - verdicts about CPUs that are not a side's own: shared CPUs, quotas, throttling,
 * affinity, pinning. Each case starts from a slot without such a limit and changes fields of the
 * file. */
#include "bench/result/identities_parts.h"
#include "bench/result/result_file.h"
#include "bench/result/verdict.h"
#include "bench/result/verdict_figures.h"
#include "bench/support/json_path.h"
#include "tests/unit/unit.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

static const char env_text[] = "{\"cpu\":{\"logical\":2},\"clock\":{\"cpu_resolution_ns\":1}}";

static const char scenario_text[] =
    "{\"server\":{\"threads\":1,\"foreign\":null},\"load\":\"closed\",\"connections\":10,"
    "\"idle\":0,\"depth\":1,\"outstanding\":1,\"duration_s\":1,\"saturating\":false,"
    "\"placement\":{\"server\":[0],\"loadgen\":[1],\"separate\":true}}";

/* Both sides use half a CPU. */
static const char sample_text[] =
    "{\"server_died\":null,\"window_s\":1,\"messages\":100000,"
    "\"errors\":{\"connect\":0,\"reset\":0,\"timeout\":0,\"short\":0,\"mismatch\":0},"
    "\"totals\":{\"bytes_sent\":7,\"bytes_received\":7,\"connections\":10},"
    "\"server\":{\"pid_scope\":\"process\",\"cpus\":1,\"cpu_ns\":500000000,"
    "\"rss_bytes\":null,"
    "\"stats\":{\"accepted\":10,\"bytes_in\":7,\"bytes_out\":7}},"
    "\"loadgen\":{\"threads\":1,\"cpu_pct\":50,\"busy_pct\":50,\"littles_law_ratio\":1,"
    "\"achieved_over_offered\":1,\"starved_connections\":0},"
    "\"limits\":{\"quota_cpus\":null,\"throttled_pct\":0,\"server_cpus\":[0],\"loadgen_cpus\":[1],"
    "\"pinned\":true},\"series\":[]}";

/* One of the three documents. */
enum document { ENV, SCENARIO, SAMPLE, DOCUMENTS };

/* A field that differs; `key` NULL ends a list of them. */
struct change {
    enum document document;
    const char *path, *value;
};

static void apply(cJSON *document, const struct change *c) {
    const char *last = strrchr(c->path, '.');
    char parent[64] = "";
    if (last) snprintf(parent, sizeof parent, "%.*s", (int)(last - c->path), c->path);
    cJSON *object = last ? (cJSON *)json_item(document, parent) : document;
    assert_true(cJSON_ReplaceItemInObjectCaseSensitive(object, last ? last + 1 : c->path,
                                                       cJSON_Parse(c->value)));
}

/* Writes "VERDICT BOUND: CODE CODE". */
static void judge(const struct change *changes, char *text, size_t size, struct verdict *v) {
    cJSON *documents[DOCUMENTS] = {cJSON_Parse(env_text), cJSON_Parse(scenario_text),
                                   cJSON_Parse(sample_text)};
    struct verdict_figures figures;
    for (const struct change *c = changes; c->path; c++) apply(documents[c->document], c);
    verdict_figures_read(&figures, documents[ENV], documents[SCENARIO], documents[SAMPLE]);
    verdict_decide(v, &figures);
    snprintf(text, size, "%s %s:", verdict_names[v->kind], bound_names[v->bound]);
    for (size_t i = 0; i < v->reason_count; i++) {
        size_t used = strlen(text);
        snprintf(text + used, size - used, " %s", validity_names[v->codes[i]]);
    }
    for (int i = 0; i < DOCUMENTS; i++) cJSON_Delete(documents[i]);
}

struct limits_case {
    const char *expected; /* verdict, bound and codes */
    struct change changes[8];
};

static void expect(const struct limits_case *cases, size_t count) {
    for (size_t i = 0; i < count; i++) {
        char found[256];
        struct verdict v;
        judge(cases[i].changes, found, sizeof found, &v);
        if (strcmp(found, cases[i].expected) != 0) print_error("case %d\n", (int)i);
        assert_string_equal(found, cases[i].expected);
    }
}
#define EXPECT(cases) expect(cases, sizeof(cases) / sizeof *(cases))

#define ONE_CPU                                                                                    \
    {SCENARIO, "placement", "{\"server\":[1],\"loadgen\":[1],\"separate\":false}"}, {              \
        SAMPLE, "limits.server_cpus", "[1]"                                                        \
    }
#define TWO_CPUS                                                                                   \
    {SCENARIO, "placement", "{\"server\":[0,1],\"loadgen\":[0,1],\"separate\":false}"},            \
        {SAMPLE, "limits.server_cpus", "[0,1]"}, {                                                 \
        SAMPLE, "limits.loadgen_cpus", "[0,1]"                                                     \
    }
#define OPEN                                                                                       \
    { SCENARIO, "load", "\"open\"" }
#define FOREIGN                                                                                    \
    { SCENARIO, "server.foreign", "\"cmd\"" }

static void shared_cpus_are_full_when_both_together_fill_them(void **state) {
    (void)state;
    static const struct limits_case cases[] = {
        {"valid none:", {{0}}},
        {"suspect both: shared_cpus_full", {ONE_CPU}},
        {"suspect both: shared_cpus_full", {ONE_CPU, OPEN, {SAMPLE, "loadgen.cpu_pct", "45"}}},
        {"valid none:", {ONE_CPU, OPEN, {SAMPLE, "loadgen.cpu_pct", "44"}}},
        /* a closed loop on one CPU leaves it no rest: others had the remainder */
        {"suspect none: shared_cpus_full", {ONE_CPU, {SAMPLE, "loadgen.cpu_pct", "40"}}},
        {"suspect none: shared_cpus_full cpus_taken", {ONE_CPU, {SAMPLE, "loadgen.cpu_pct", "30"}}},
        /* but a foreign server may sleep */
        {"valid none:", {ONE_CPU, FOREIGN, {SAMPLE, "loadgen.cpu_pct", "30"}}},
        {"suspect both: shared_cpus_full", {ONE_CPU, FOREIGN}},
        /* two threads on two CPUs do not compete; three do */
        {"valid none:", {TWO_CPUS}},
        {"valid none:", {TWO_CPUS, {SAMPLE, "loadgen.threads", "2"}}},
        {"suspect both: shared_cpus_full",
         {TWO_CPUS, {SAMPLE, "server.cpus", "2"}, {SAMPLE, "server.cpu_ns", "1450000000"}}},
        {"suspect none: shared_cpus_full cpus_taken",
         {TWO_CPUS, {SAMPLE, "server.cpus", "2"}, {SCENARIO, "connections", "50"}}},
        {"suspect both: shared_cpus_full",
         {{SCENARIO, "placement", "{\"server\":[0,1],\"loadgen\":[1],\"separate\":false}"},
          {SAMPLE, "limits.server_cpus", "[0,1]"},
          {SAMPLE, "server.cpus", "2"},
          {SAMPLE, "server.cpu_ns", "1450000000"}}},
        /* a system that lists no CPUs */
        {"valid none:", {{SCENARIO, "placement", "{\"separate\":false}"}}},
        {"suspect both: shared_cpus_full",
         {{SCENARIO, "placement", "{\"separate\":false}"}, {ENV, "cpu.logical", "1"}}},
    };
    EXPECT(cases);
}

static void unknown_cpu_of_the_server_is_no_excuse(void **state) {
    (void)state;
    static const struct limits_case cases[] = {
        {"valid unknown:", {{SAMPLE, "server.cpu_ns", "null"}}},
        {"suspect unknown: shared_cpus_full",
         {ONE_CPU,
          FOREIGN,
          {SAMPLE, "server.cpu_ns", "null"},
          {SAMPLE, "server.pid_scope", "\"hidden\""}}},
        {"valid unknown:", {ONE_CPU, FOREIGN, OPEN, {SAMPLE, "server.cpu_ns", "null"}}},
        /* a server that runs elsewhere shares nothing that is known */
        {"valid unknown:",
         {{SCENARIO, "placement", "{\"server\":[],\"loadgen\":[1],\"separate\":false}"},
          FOREIGN,
          {SAMPLE, "server.pid_scope", "null"},
          {SAMPLE, "server.cpu_ns", "null"},
          {SAMPLE, "limits.quota_cpus", "0.5"}}},
    };
    EXPECT(cases);
}

static void a_quota_is_shared_by_both(void **state) {
    (void)state;
    static const struct limits_case cases[] = {
        {"suspect both: shared_cpus_full", {{SAMPLE, "limits.quota_cpus", "1"}}},
        {"valid none:", {{SAMPLE, "limits.quota_cpus", "1.1"}}},
        {"valid none:", {{SAMPLE, "limits.quota_cpus", "1.1"}, {SCENARIO, "connections", "50"}}},
        /* enough for both; then the rules for separate CPUs apply */
        {"suspect none: cpus_taken",
         {{SAMPLE, "limits.quota_cpus", "8"}, {SCENARIO, "connections", "50"}}},
        {"suspect both: shared_cpus_full", {ONE_CPU, {SAMPLE, "limits.quota_cpus", "0.5"}}},
        {"valid none:", {{SAMPLE, "limits.throttled_pct", "1"}}},
        {"suspect none: throttled", {{SAMPLE, "limits.throttled_pct", "1.1"}}},
        {"valid none:", {{SAMPLE, "limits.throttled_pct", "null"}}},
        {"valid none:", {{SAMPLE, "limits", "null"}}}, /* an older file */
    };
    EXPECT(cases);
}

static void other_cpus_than_planned_are_suspect(void **state) {
    (void)state;
    static const struct limits_case cases[] = {
        {"suspect none: affinity_changed", {{SAMPLE, "limits.server_cpus", "[1]"}}},
        {"suspect none: affinity_changed", {{SAMPLE, "limits.server_cpus", "[0,1]"}}},
        {"suspect none: affinity_changed", {{SAMPLE, "limits.loadgen_cpus", "[0]"}}},
        {"suspect none: affinity_changed", {TWO_CPUS, {SAMPLE, "limits.server_cpus", "[0]"}}},
        {"valid none:", {TWO_CPUS, {SAMPLE, "limits.server_cpus", "[1,0]"}}},
        {"valid none:", {{SAMPLE, "limits.server_cpus", "null"}}},
        /* what was never pinned has not moved */
        {"suspect none: not_pinned",
         {{SAMPLE, "limits.pinned", "false"}, {SAMPLE, "limits.server_cpus", "[0,1]"}}},
        {"valid none:", {TWO_CPUS, {SAMPLE, "limits.pinned", "false"}}},
        {"valid none:", {{SAMPLE, "limits.pinned", "null"}, {SAMPLE, "limits.server_cpus", "[1]"}}},
    };
    EXPECT(cases);
}

static void the_reasons_are_sentences(void **state) {
    (void)state;
    static const struct change changes[] = {ONE_CPU,
                                            {SAMPLE, "limits.quota_cpus", "0.5"},
                                            {SAMPLE, "limits.throttled_pct", "48.25"},
                                            {SAMPLE, "limits.loadgen_cpus", "[0]"},
                                            {0}};
    char found[256];
    struct verdict v;
    judge(changes, found, sizeof found, &v);
    assert_int_equal(v.reason_count, 3);
    assert_string_equal(v.reasons[0], "server and load generator compete for 0.5 CPU, and used "
                                      "100 % together");
    assert_string_equal(v.reasons[1], "a CPU quota stopped the processes for 48.2 % of the window, "
                                      "more than 1.0 %");
    assert_string_equal(v.reasons[2],
                        "at the end of the window the CPUs of the load generator were "
                        "not those of the plan");
}

static void limits_agree_with_placement_and_scope(void **state) {
    (void)state;
#define GROUP                                                                                      \
    { SAMPLE, "server.pid_scope", "\"group\"" }
#define HIDDEN                                                                                     \
    { SAMPLE, "server.pid_scope", "\"hidden\"" }
#define NO_CPU                                                                                     \
    { SAMPLE, "server.cpu_ns", "null" }
    static const struct {
        const char *fault; /* NULL: none */
        struct change changes[4];
    } cases[] = {
        {NULL, {{0}}},
        {"limits: is missing", {{SAMPLE, "limits", "null"}}},
        {NULL, {{SAMPLE, "limits", "null"}, {SAMPLE, "messages", "null"}}},
        {"limits.pinned: must be null if", {{SAMPLE, "limits.pinned", "null"}}},
        {"limits.pinned: must be null if", {{SCENARIO, "placement.loadgen", "[]"}}},
        {NULL, {{SCENARIO, "placement.loadgen", "[]"}, {SAMPLE, "limits.pinned", "null"}}},
        {"limits.server_cpus: is not null", {{SAMPLE, "server.pid_scope", "null"}}},
        {"limits.server_cpus: does not ascend", {{SAMPLE, "limits.server_cpus", "[1,1]"}}},
        {"limits.loadgen_cpus: does not ascend", {{SAMPLE, "limits.loadgen_cpus", "[1,0]"}}},
        {"limits.quota_cpus: is 0", {{SAMPLE, "limits.quota_cpus", "0"}}},
        {NULL, {GROUP}},
        {"server.cpu_ns: is null, but", {GROUP, NO_CPU}},
        {"server.rss_bytes: is not null, but pid_scope is group",
         {GROUP, {SAMPLE, "server.rss_bytes", "4096"}}},
        {"server.cpu_ns: is not null, but pid_scope is hidden", {HIDDEN}},
        {NULL, {HIDDEN, NO_CPU}},
        {NULL, {NO_CPU, {SAMPLE, "server.rss_bytes", "4096"}}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cJSON *scenario = cJSON_Parse(scenario_text), *sample = cJSON_Parse(sample_text);
        struct reason why = {.text = ""};
        const struct identities_place place = {.path = "", .reason = &why};
        const struct identities_file file = {.version_minor = RESULT_VERSION_MINOR};
        for (const struct change *c = cases[i].changes; c->path; c++)
            apply(c->document == SCENARIO ? scenario : sample, c);
        bool fine =
            identities_check_limits(&(struct identities_slot){&place, &file, scenario, sample});
        const char *fault = cases[i].fault ? cases[i].fault : "";
        if (strncmp(why.text, fault, strlen(fault)) != 0 || fine != !cases[i].fault)
            print_error("case %d: '%s'\n", (int)i, why.text);
        assert_int_equal(fine, !cases[i].fault);
        assert_memory_equal(why.text, fault, strlen(fault));
        cJSON_Delete(scenario);
        cJSON_Delete(sample);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shared_cpus_are_full_when_both_together_fill_them),
        cmocka_unit_test(unknown_cpu_of_the_server_is_no_excuse),
        cmocka_unit_test(a_quota_is_shared_by_both),
        cmocka_unit_test(other_cpus_than_planned_are_suspect),
        cmocka_unit_test(the_reasons_are_sentences),
        cmocka_unit_test(limits_agree_with_placement_and_scope),
    };
    return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
