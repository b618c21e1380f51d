/* test_long_runs.c - a measured slot, as it would be after hours, days and years: its sums exceed
 * 2^53 and 2^64. It must be written, read, validated, merged, exported and plotted. Must run from
 * the top of the source tree, which contains the schema and the sample. */
#include "base/json.h"

#include "bench/plot/kinds.h"
#include "bench/plot/plot.h"
#include "bench/result/hlog.h"
#include "bench/result/result_file.h"
#include "bench/result/summary.h"
#include "bench/support/json_file.h"
#include "bench/support/json_path.h"
#include "bench/support/reason.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLE "results/samples/linux-6.18-xeon-2cpu.json"

/* Multiplies numbers, given by their paths. */
static void scale(const cJSON *json, double factor, const char *const *paths, size_t count) {
    for (size_t i = 0; i < count; i++) {
        cJSON *item = (cJSON *)json_item(json, paths[i]);
        double value = json_number(json, paths[i]);
        if (!item || isnan(value)) {
            fail_msg("%s is no number", paths[i]);
            return;
        }
        cJSON_SetNumberHelper(item, value * factor);
    }
}
#define SCALE(json, factor, ...)                                                                   \
    scale(json, factor, (const char *const[]){__VA_ARGS__},                                        \
          sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

/* The same distribution with 3^times as many values. */
static void scale_latency(cJSON *sample, const char *key, int times) {
    struct hist *h = test_calloc(2, sizeof *h);
    struct reason reason;
    const cJSON *latency = json_item(sample, key);
    assert_true(json_to_hist(json_item(latency, "hist"), h, reason.text, sizeof reason.text));
    for (int i = 0; i < times; i++) {
        h[1] = h[0];
        hist_merge(&h[0], &h[1]);
        hist_merge(&h[0], &h[1]);
    }
    cJSON *scaled = json_from_latency(json_text(latency, "basis"), h);
    assert_true(cJSON_ReplaceItemInObjectCaseSensitive(sample, key, scaled));
    test_free(h);
}

/* The committed result with only its first closed loop, whose first slot took 3^times as long. */
static cJSON *make_long(int times) {
    struct reason reason;
    cJSON *document = json_file_read(SAMPLE, &reason);
    if (!document) fail_msg("%s", reason.text);
    cJSON *cells = (cJSON *)json_item(document, "cells");
    cJSON *cell = cells->child;
    while (strcmp(json_text(cell, "scenario.load"), "closed") != 0) cell = cell->next;
    cell = cJSON_DetachItemViaPointer(cells, cell);
    cJSON_Delete(cJSON_DetachItemFromObject(document, "cells"));
    cJSON_AddItemToArray(cJSON_AddArrayToObject(document, "cells"), cell);
    cJSON *samples = (cJSON *)json_item(cell, "samples"), *sample = samples->child;
    while (sample->next) cJSON_Delete(cJSON_DetachItemViaPointer(samples, sample->next));
    double factor = 1;
    for (int i = 0; i < times; i++) factor *= 3;
    SCALE(document, factor, "session.duration_s");
    SCALE(cell, factor, "scenario.duration_s");
    SCALE(sample, factor, "window_s", "messages", "bytes", "totals.bytes_sent",
          "totals.bytes_received", "server.cpu_ns", "server.cpu_user_s", "server.cpu_sys_s",
          "server.stats.bytes_in", "server.stats.bytes_out", "loadgen.answered",
          "fairness.echoes_min", "fairness.echoes_median", "fairness.echoes_max");
    cJSON *step;
    cJSON_ArrayForEach(step, json_item(sample, "series")) SCALE(step, factor, "t_s", "messages");
    scale_latency(sample, "latency", times);
    scale_latency(sample, "service", times);
    return document;
}

static void validate(const cJSON *document) {
    struct reason reason;
    cJSON *schema = json_file_read("results/iobench-result.schema.json", &reason);
    assert_non_null(schema);
    if (!result_file_check(schema, document, &reason)) fail_msg("%s", reason.text);
    cJSON_Delete(schema);
}

/* Takes ownership of `document`. */
static void merge_and_plot(cJSON *document) {
    static const char *const paths[] = {"a.json", "b.json"};
    cJSON **files = calloc(2, sizeof *files);
    assert_non_null(files);
    files[0] = document;
    files[1] = cJSON_Duplicate(document, true);
    struct summary summary;
    summary_build(&summary, files, paths, 2);
    for (const struct plot_kind *kind = plot_kinds; kind->name; kind++) {
        struct plot plot;
        plot_make(&plot, kind, &summary);
        plot_free(&plot);
    }
    summary_clear(&summary);
}

static void a_slot_may_take_years(void **state) {
    (void)state;
    double most_sum = 0, most_bytes = 0, most_cpu = 0;
    for (int times = 0; times <= 23; times += times < 20 ? 5 : 3) {
        struct reason reason;
        struct hlog log;
        cJSON *document = make_long(times);
        char *text = json_text_print(document);
        cJSON_Delete(document);
        document = json_text_parse(text, strlen(text), &reason);
        if (!document) fail_msg("%s", reason.text);
        cJSON_free(text);
        validate(document);
        if (!hlog_from_result(&log, document, &reason)) fail_msg("%s", reason.text);
        hlog_clear(&log);
        const cJSON *sample = json_item(json_item(document, "cells")->child, "samples")->child;
        most_sum = json_number(sample, "latency.hist.sum_ns");
        most_bytes = json_number(sample, "bytes");
        most_cpu = json_number(sample, "server.cpu_ns");
        merge_and_plot(document);
    }
    assert_true(most_sum > 0x1p64 && most_bytes > 0x1p53 && most_cpu > 0x1p53);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slot_may_take_years),
    };
    return cmocka_run_group_tests_name("long_runs", tests, NULL, NULL);
}
