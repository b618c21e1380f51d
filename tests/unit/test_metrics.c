/* test_metrics.c - the table of metrics: complete, and consistent with the schema and the
 * documentation; and metrics that a baseline lacks. Must run from the top of the source tree, which
 * contains the schema and results/README.md. */
#include "bench/ab/cells.h"
#include "bench/result/metrics.h"
#include "bench/result/schema.h"
#include "bench/session/sample.h"
#include "bench/support/json_file.h"
#include "bench/support/json_path.h"
#include "bench/support/reason.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCHEMA "results/iobench-result.schema.json"
#define DOCUMENT "results/README.md"

static cJSON *read_schema(void) {
    struct reason reason;
    cJSON *schema = json_file_read(SCHEMA, &reason);
    if (!schema) fail_msg("%s: %s", SCHEMA, reason.text);
    return schema;
}

/* ---- the table ---- */

static void every_row_is_whole(void **state) {
    (void)state;
    for (int m = 0; m < METRICS; m++) {
        const struct metric_facts *f = &metrics[m];
        if (!f->key) fail_msg("row %d: none", m);
        print_message("%s\n", f->key);
        assert_true(f->path && f->title && f->unit && f->format);
        assert_true(f->loads & METRIC_ALL_LOADS);
        assert_true(f->limit >= 0 && f->limit <= 1);
        assert_int_equal(f->limit > 0, f->gates != 0);
        assert_int_equal(f->limit > 0, (f->gated_loads & METRIC_ALL_LOADS) != 0);
        assert_int_equal(f->gated_loads & METRIC_ALL_LOADS & ~f->loads, 0);
        assert_true(f->quantile >= 0 && f->quantile < 1);
        for (int other = 0; other < m; other++) {
            assert_string_not_equal(metrics[other].key, f->key);
            assert_string_not_equal(metrics[other].title, f->title);
        }
    }
}

static const cJSON *resolved(const cJSON *schema, const cJSON *item) {
    const char *ref = json_text(item, "$ref");
    if (!ref) return item;
    return cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(schema, "$defs"),
                                            strrchr(ref, '/') + 1);
}

static void every_path_is_declared_in_the_schema(void **state) {
    (void)state;
    cJSON *schema = read_schema();
    const cJSON *definitions = cJSON_GetObjectItemCaseSensitive(schema, "$defs");
    for (int m = 0; m < METRICS; m++) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(definitions, "sample");
        char path[128];
        snprintf(path, sizeof path, "%s", metrics[m].path);
        for (char *key = strtok(path, "."); key; key = strtok(NULL, ".")) {
            item = cJSON_GetObjectItemCaseSensitive(json_item(item, "properties"), key);
            if (!item) fail_msg("%s: %s is not in " SCHEMA, metrics[m].key, metrics[m].path);
            item = resolved(schema, item);
        }
    }
    cJSON_Delete(schema);
}

/* ---- the documentation ---- */

static void add_word(char *text, size_t size, const char *word) {
    format_append(text, size, "%s%s", *text ? ", " : "", word);
}

static const char *names(char text[96], unsigned bits, const char *const *words, size_t count) {
    *text = '\0';
    for (size_t i = 0; i < count; i++)
        if (bits >> i & 1) add_word(text, 96, words[i]);
    return text;
}

#define LOAD_WORDS 9
static const char *const load_words[LOAD_WORDS] = {"closed",        "open", "churn",
                                                   "newcomers",     "idle", "counted",
                                                   "many arrivals", "long", "saturating"};

/* The required row of a metric in the table of results/README.md. */
static void document_row(char *line, size_t size, const struct metric_facts *f) {
    static const char *const gates[] = {"`ab`", "`ab` of load generators", "`compare`"};
    char in[96], gated_in[96], by[96], condition[96];
    unsigned conditions = f->loads & ~(unsigned)METRIC_ALL_LOADS;
    bool all = (f->loads & METRIC_ALL_LOADS) == METRIC_ALL_LOADS;
    names(in, all ? conditions : f->loads, load_words, LOAD_WORDS);
    names(gated_in, f->gated_loads & METRIC_ALL_LOADS, load_words, LOAD_WORDS);
    names(condition, f->gated_loads & ~(unsigned)METRIC_ALL_LOADS, load_words, LOAD_WORDS);
    names(by, f->gates, gates, 3);
    snprintf(line, size, "\n| `%s` | %s | %s`%s` | %s | %s | ", f->key, f->title,
             f->compute ? "from " : "", f->path, f->larger_is_better ? "more" : "less",
             *in ? in : "all");
    if (f->limit > 0)
        format_append(line, size, "%g %% in %s%s%s by %s |\n", 100 * f->limit, gated_in,
                      *condition ? " if " : "", condition, by);
    else
        format_append(line, size, "- |\n");
}

static void every_row_stands_in_the_documentation(void **state) {
    (void)state;
    static char text[1 << 17];
    FILE *file = fopen(DOCUMENT, "rb");
    assert_non_null(file);
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    assert_in_range(length, 1, sizeof text - 2);
    bool missing = false;
    for (int m = 0; m < METRICS; m++) {
        char line[512];
        document_row(line, sizeof line, &metrics[m]);
        if (strstr(text, line)) continue;
        print_error("%s lacks this row of its table of metrics:%s", DOCUMENT, line);
        missing = true;
    }
    assert_false(missing);
}

/* ---- values ---- */

static void values_are_read_or_computed(void **state) {
    (void)state;
    cJSON *sample = cJSON_Parse("{\"throughput_per_s\":5,\"window_s\":2,\"server\":{\"cpu_ns\":700,"
                                "\"cpu_ns_per_echo\":300},"
                                "\"loadgen\":{\"offered\":200,\"achieved_over_offered\":0.5,"
                                "\"answered\":30,\"cpu_pct\":50,\"threads\":3}}");
    assert_non_null(sample);
    assert_true(metric_value(&metrics[METRIC_THROUGHPUT], sample, NAN) == 5);
    assert_true(metric_value(&metrics[METRIC_CHURNED], sample, NAN) == 50);
    assert_true(metric_value(&metrics[METRIC_CPU_PER_CONNECTION], sample, NAN) == 7);
    assert_true(metric_value(&metrics[METRIC_ANSWERED], sample, NAN) == 15);
    assert_true(metric_value(&metrics[METRIC_LOADGEN_CPU], sample, NAN) == 1e8);
    assert_true(metric_value(&metrics[METRIC_OVERHEAD], sample, 100) == 6);
    assert_true(isnan(metric_value(&metrics[METRIC_OVERHEAD], sample, NAN)));
    assert_true(isnan(metric_value(&metrics[METRIC_P50], sample, NAN)));
    cJSON_Delete(sample);
}

static void values_read_with_their_unit(void **state) {
    (void)state;
    char text[FORMAT_SIZE];
    assert_string_equal(metric_print(text, METRIC_THROUGHPUT, 1250), "1\u2009250/s");
    assert_string_equal(metric_print(text, METRIC_THROUGHPUT, NAN), "\u2013");
    assert_string_equal(metric_print(text, METRIC_CPU, 1250), "1.25\u00a0\u00b5s");
    assert_string_equal(metric_print(text, METRIC_SYSCALLS, 2.5), "2.5");
    assert_string_equal(metric_print(text, METRIC_WAKEUPS, 0.00312), "0.00312");
}

static void loads_decide_where_a_metric_is(void **state) {
    (void)state;
    static const struct {
        const char *scenario; /* scenario of a cell in JSON */
        enum metric metric;
        bool is_there; /* expected */
    } cases[] = {
        {"{\"load\":\"churn\"}", METRIC_CHURNED, true},
        {"{\"load\":\"open\"}", METRIC_CHURNED, false},
        {"{\"load\":\"churn\"}", METRIC_NEWCOMERS_P50, true},
        {"{\"load\":\"closed\",\"newcomers_per_s\":9}", METRIC_NEWCOMERS_P50, true},
        {"{\"load\":\"closed\",\"newcomers_per_s\":0}", METRIC_NEWCOMERS_P50, false},
        {"{\"load\":\"closed\",\"idle\":9}", METRIC_MEMORY, true},
        {"{\"load\":\"closed\",\"idle\":0}", METRIC_MEMORY, false},
        {"{\"load\":\"open\",\"counted\":true}", METRIC_SYSCALLS, true},
        {"{\"load\":\"open\"}", METRIC_SYSCALLS, false},
        {"{\"load\":\"open\"}", METRIC_P50, true},
        {"{}", METRIC_P50, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cJSON *scenario = cJSON_Parse(cases[i].scenario);
        assert_non_null(scenario);
        assert_int_equal(metric_in_load(cases[i].metric, scenario), cases[i].is_there);
        cJSON_Delete(scenario);
    }
}

static void gates_use_a_metric_where_it_can_be_measured(void **state) {
    (void)state;
    static const struct {
        const char *scenario; /* scenario of a cell in JSON */
        enum metric metric;
        bool is_gated; /* expected of `ab` */
    } cases[] = {
        /* as before this metric had a gate: nothing new in the loads of suite ci */
        {"{\"load\":\"open\",\"warmup_s\":0.3,\"duration_s\":1}", METRIC_P999, false},
        {"{\"load\":\"open\",\"warmup_s\":0.3,\"duration_s\":1}", METRIC_P99, true},
        {"{\"load\":\"open\",\"warmup_s\":0.3,\"duration_s\":1}", METRIC_MEMORY, false},
        {"{\"load\":\"closed\",\"warmup_s\":0.3,\"duration_s\":1,\"idle\":0}",
         METRIC_MEMORY_PER_CONNECTION, false},
        {"{\"load\":\"open\",\"warmup_s\":3,\"duration_s\":5}", METRIC_P999, true},
        {"{\"load\":\"closed\",\"warmup_s\":3,\"duration_s\":5}", METRIC_P999, false},
        {"{\"load\":\"open\",\"warmup_s\":3,\"duration_s\":5}", METRIC_MEMORY, true},
        {"{\"load\":\"open\",\"warmup_s\":3,\"duration_s\":5}", METRIC_MEMORY_PER_CONNECTION,
         false},
        {"{\"load\":\"closed\",\"idle\":9}", METRIC_MEMORY, true},
        {"{\"load\":\"closed\",\"idle\":9}", METRIC_MEMORY_PER_CONNECTION, true},
        {"{\"load\":\"closed\",\"newcomers_per_s\":1000,\"duration_s\":1.2}", METRIC_NEWCOMERS_P99,
         true},
        {"{\"load\":\"closed\",\"newcomers_per_s\":1000,\"duration_s\":1.2}", METRIC_NEWCOMERS_P50,
         true},
        {"{\"load\":\"closed\",\"newcomers_per_s\":200,\"duration_s\":1.5}", METRIC_NEWCOMERS_P99,
         false},
        {"{\"load\":\"open\",\"rate_per_s\":90000,\"newcomers_per_s\":0,\"duration_s\":1}",
         METRIC_NEWCOMERS_P99, false},
        {"{\"load\":\"churn\",\"rate_per_s\":4000,\"duration_s\":1}", METRIC_NEWCOMERS_P99, true},
        {"{\"load\":\"churn\",\"rate_per_s\":4000,\"duration_s\":1}", METRIC_CONNECT_P99, true},
        {"{\"load\":\"churn\",\"rate_per_s\":4000,\"duration_s\":1}", METRIC_MEMORY, true},
        {"{\"load\":\"churn\",\"rate_per_s\":400,\"duration_s\":1}", METRIC_CONNECT_P99, false},
        {"{\"load\":\"churn\",\"rate_per_s\":4000,\"duration_s\":1}", METRIC_CPU_PER_CONNECTION,
         true},
        {"{\"load\":\"churn\",\"rate_per_s\":4000,\"duration_s\":1}", METRIC_ANSWERED, false},
        {"{\"load\":\"churn\",\"rate_per_s\":4000,\"duration_s\":1,\"saturating\":true}",
         METRIC_ANSWERED, true},
        {"{\"load\":\"churn\",\"rate_per_s\":4000,\"duration_s\":1,\"saturating\":true}",
         METRIC_NEWCOMERS_P99, false},
        {"{\"load\":\"open\",\"saturating\":true,\"warmup_s\":3,\"duration_s\":5}", METRIC_MEMORY,
         false},
        {"{\"load\":\"open\",\"counted\":true,\"warmup_s\":3,\"duration_s\":5}", METRIC_P999,
         false},
        {"{\"load\":\"open\",\"counted\":true}", METRIC_SYSCALLS, true},
        {"{\"load\":\"open\",\"counted\":true,\"saturating\":true}", METRIC_SYSCALLS, false},
        {"{\"load\":\"open\"}", METRIC_SYSCALLS, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cJSON *scenario = cJSON_Parse(cases[i].scenario);
        assert_non_null(scenario);
        if (metric_gated(cases[i].metric, METRIC_AB, scenario) != cases[i].is_gated)
            fail_msg("%s: %s", cases[i].scenario, metrics[cases[i].metric].key);
        cJSON_Delete(scenario);
    }
}

/* ---- metrics that a version lacks ---- */

static void an_absent_key_is_lacking_and_null_is_not(void **state) {
    (void)state;
    static const struct {
        const char *sample; /* slot in JSON */
        bool lacking;       /* it lacks the p99 */
    } cases[] = {{"{\"latency\":{\"p50_ns\":5}}", true},
                 {"{}", true},
                 {"{\"latency\":{\"p99_ns\":5}}", false},
                 {"{\"latency\":{\"p99_ns\":null}}", false},
                 {"{\"latency\":null}", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cJSON *sample = cJSON_Parse(cases[i].sample);
        assert_non_null(sample);
        assert_int_equal(metric_lacking(METRIC_P99, sample), cases[i].lacking);
        cJSON_Delete(sample);
    }
}

#define SLOT(p99)                                                                                  \
    "{\"latency\":{\"p50_ns\":1000" p99 "},\"loadgen\":{\"bound\":\"none\"},"                      \
    "\"validity\":{\"verdict\":\"valid\",\"reasons\":[]}}"

/* As with --baseline-loadgen and an older load generator. */
static void ab_takes_what_the_baseline_lacks_for_new(void **state) {
    (void)state;
    static struct ab_cell cell;
    struct gate_losses losses = {.cell = ""};
    struct gate_row rows[2] = {{.metric = METRIC_P50, .gated = true},
                               {.metric = METRIC_P99, .gated = true}};
    cJSON *scenario = cJSON_Parse("{\"load\":\"open\"}");
    cJSON *old = cJSON_Parse(SLOT("")), *now = cJSON_Parse(SLOT(",\"p99_ns\":5000"));
    assert_true(scenario && old && now);
    cell = (struct ab_cell){.rows = {&rows[0], &rows[1]}, .row_count = 2, .losses = &losses};
    for (int pair = 0; pair < GATE_STAGE1_PAIRS; pair++) {
        assert_true(ab_cell_wants(&cell));
        ab_cell_add(&cell, (const cJSON *[]){scenario, scenario}, (const cJSON *[]){old, now});
    }
    assert_false(ab_cell_wants(&cell)); /* it does not wait for the new metric */
    ab_cell_estimate(&cell);
    struct gate_report report = {.rows = rows, .row_count = 2};
    gate_decide(&report);
    assert_int_equal(rows[0].verdict, GATE_PASS);
    assert_true(rows[0].gated);
    assert_int_equal(rows[1].verdict, GATE_NEW);
    assert_int_equal(rows[1].reason.code, GATE_NEW_METRIC);
    assert_false(rows[1].gated);
    cJSON_Delete(now);
    cJSON_Delete(old);
    cJSON_Delete(scenario);
}

/* A foreign server may allocate the memory of its connections before they come. */
static void memory_that_does_not_grow_is_excused_in_foreign_servers(void **state) {
    (void)state;
    static struct ab_cell cell;
    struct gate_losses losses = {.cell = ""};
    cJSON *scenario = cJSON_Parse("{\"load\":\"closed\",\"idle\":2000}");
    cJSON *slot = cJSON_Parse("{\"server\":{\"rss_bytes\":5000,\"rss_per_connection_bytes\":0},"
                              "\"loadgen\":{\"bound\":\"none\"},"
                              "\"validity\":{\"verdict\":\"valid\",\"reasons\":[]}}");
    assert_true(scenario && slot);
    for (int foreign = 0; foreign < 2; foreign++) {
        struct gate_row rows[2] = {{.metric = METRIC_MEMORY},
                                   {.metric = METRIC_MEMORY_PER_CONNECTION}};
        cell = (struct ab_cell){.rows = {&rows[0], &rows[1]},
                                .row_count = 2,
                                .losses = &losses,
                                .foreign = foreign == 1};
        for (int pair = 0; pair < GATE_STAGE1_PAIRS; pair++)
            ab_cell_add(&cell, (const cJSON *[]){scenario, scenario},
                        (const cJSON *[]){slot, slot});
        ab_cell_estimate(&cell);
        struct gate_report report = {.rows = rows, .row_count = 2};
        gate_decide(&report);
        assert_int_equal(rows[0].verdict, GATE_PASS);
        assert_true(rows[0].gated);
        assert_int_equal(rows[1].verdict, GATE_NOT_MEASURED);
        assert_int_equal(rows[1].gated, !foreign);
    }
    cJSON_Delete(slot);
    cJSON_Delete(scenario);
}

/* ---- the writer ---- */

static void a_sample_without_figures_is_as_declared(void **state) {
    (void)state;
    cJSON *schema = read_schema();
    for (int counted = 0; counted < 2; counted++) {
        struct reason reason = {.text = ""};
        const struct cell cell = {.counted = counted == 1};
        const struct sample_facts facts = {
            .cell = &cell, .server_build = "s", .loadgen_build = "l"};
        const struct slot_outcome outcome = {
            .end = SLOT_FAILED, .code = VALIDITY_LOADGEN_LATE, .reason = {.text = "no figures"}};
        cJSON *sample = sample_make_failed(&facts, &outcome);
        if (!schema_check_strict(schema, "sample", sample, "", &reason))
            fail_msg("%s", reason.text);
        cJSON_AddNullToObject(sample, "undeclared");
        assert_false(schema_check_strict(schema, "sample", sample, "", &reason));
        assert_string_equal(reason.text, "undeclared: unknown field");
        cJSON_Delete(sample);
    }
    cJSON_Delete(schema);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_whole),
        cmocka_unit_test(every_path_is_declared_in_the_schema),
        cmocka_unit_test(every_row_stands_in_the_documentation),
        cmocka_unit_test(values_are_read_or_computed),
        cmocka_unit_test(values_read_with_their_unit),
        cmocka_unit_test(loads_decide_where_a_metric_is),
        cmocka_unit_test(gates_use_a_metric_where_it_can_be_measured),
        cmocka_unit_test(an_absent_key_is_lacking_and_null_is_not),
        cmocka_unit_test(ab_takes_what_the_baseline_lacks_for_new),
        cmocka_unit_test(memory_that_does_not_grow_is_excused_in_foreign_servers),
        cmocka_unit_test(a_sample_without_figures_is_as_declared),
    };
    return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
