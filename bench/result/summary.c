/* summary.c - summaries of cells; see summary.h.
 * Invariant: percentiles come from merged histograms, all other figures from one value per slot. */
#include "bench/result/summary.h"

#include "base/check.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/utf8.h"

#include "bench/result/sample_facts.h"
#include "bench/result/scenario.h"
#include "bench/stats/stats.h"
#include "bench/support/json_path.h"
#include "bench/support/paths.h"
#include "bench/support/reason.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool summary_cell_usable(const struct summary_cell *cell) {
    return cell->valid + cell->suspect > 0;
}

/* One slot that was limited by the load generator is enough: then the cell's figures do not show
 * the server's limit. */
enum bound summary_cell_bound(const struct summary_cell *cell) {
    static const enum bound least_first[] = {BOUND_CLIENT, BOUND_BOTH, BOUND_SERVER, BOUND_NONE};
    for (size_t i = 0; i < sizeof least_first / sizeof *least_first; i++)
        if (cell->bounds[least_first[i]] > 0) return least_first[i];
    return BOUND_UNKNOWN;
}

static const struct summary_span unknown = {NAN, NAN, NAN};

static struct summary_span span_of(const cJSON *cell, const struct metric_facts *metric,
                                   double floor_ns) {
    struct summary_span span = unknown;
    const cJSON *samples = json_item(cell, "samples"), *sample;
    double *values = calloc((size_t)cJSON_GetArraySize(samples) + 1, sizeof *values);
    MEMORY_CHECK(values);
    size_t count = 0;
    cJSON_ArrayForEach(sample, samples) {
        double value = metric_value(metric, sample, floor_ns);
        if (sample_usable(sample) && isfinite(value)) values[count++] = value;
    }
    if (count > 0) {
        qsort(values, count, sizeof *values, stats_ascending);
        span.min = values[0];
        span.max = values[count - 1];
        span.median = stats_median(values, count);
    }
    free(values);
    return span;
}

struct summary_span summary_span_over(const cJSON *cell, const char *path) {
    const struct metric_facts plain = {.path = path};
    return span_of(cell, &plain, NAN);
}

void summary_cell_hist(const struct summary_cell *cell, const char *of, struct hist *into) {
    hist_reset(into);
    struct hist *one = malloc(sizeof *one);
    MEMORY_CHECK(one);
    const cJSON *sample;
    cJSON_ArrayForEach(sample, json_item(cell->json, "samples")) {
        struct reason reason;
        const cJSON *json = json_item(json_item(sample, of), "hist");
        if (sample_usable(sample) && json &&
            json_to_hist(json, one, reason.text, sizeof reason.text))
            hist_merge(into, one);
    }
    free(one);
}

/* A percentile at "latency.p50_ns" is computed from the merged "latency" histogram. Consecutive
 * metrics in the table share the merged histogram. */
static void fill_figures(struct summary_cell *cell, double floor_ns) {
    char of[32], merged_of[32] = "";
    struct hist *merged = malloc(sizeof *merged);
    MEMORY_CHECK(merged);
    hist_reset(merged);
    for (enum metric m = 0; m < METRICS; m++) {
        const struct metric_facts *metric = &metrics[m];
        cell->figures[m] = unknown;
        if (!(metric->loads >> cell->kind & 1)) continue;
        if (metric->quantile <= 0) {
            cell->figures[m] = span_of(cell->json, metric, floor_ns);
            continue;
        }
        snprintf(of, sizeof of, "%.*s", (int)strcspn(metric->path, "."), metric->path);
        if (strcmp(of, merged_of) != 0) summary_cell_hist(cell, of, merged);
        memcpy(merged_of, of, sizeof of);
        if (!hist_enough(merged, metric->quantile)) continue;
        cell->places[m] = hist_place(merged, metric->quantile);
        if (cell->places[m] == HIST_COUNTED)
            cell->figures[m].median = (double)hist_quantile(merged, metric->quantile);
    }
    free(merged);
}

static void add_losses(struct summary_losses *losses, const cJSON *hist) {
    double overflow = json_number(hist, "overflow"), unanswered = json_number(hist, "unanswered");
    if (!cJSON_IsObject(hist)) return;
    losses->overflow += overflow;
    if (isfinite(unanswered)) losses->unanswered += unanswered; /* absent before version 1.4 */
    losses->messages +=
        json_number(hist, "count") + overflow + (isfinite(unanswered) ? unanswered : 0);
}

/* Adds up what the percentiles of a usable slot do not show. */
static void count_losses(struct summary_cell *cell, const cJSON *sample) {
    add_losses(&cell->messages, json_item(sample, "latency.hist"));
    add_losses(&cell->newcomers, json_item(sample, "newcomers.hist"));
    for (int i = 0; i < sample_reasons(sample); i++)
        if (sample_code(sample, i) == VALIDITY_IN_FLIGHT_AT_END)
            cell->in_flight_ns =
                fmax(cell->in_flight_ns, json_number(sample, "loadgen.oldest_in_flight_ns"));
}

static void count_slots(struct summary_cell *cell, struct summary_result *result) {
    double user = 0, both = 0;
    cell->in_flight_ns = NAN;
    const cJSON *sample;
    cJSON_ArrayForEach(sample, json_item(cell->json, "samples")) {
        size_t *const counts[VERDICTS] = {[VERDICT_VALID] = &cell->valid,
                                          [VERDICT_SUSPECT] = &cell->suspect,
                                          [VERDICT_INVALID] = &cell->invalid};
        (*counts[sample_verdict(sample)])++;
        if (!sample_usable(sample)) continue;
        count_losses(cell, sample);
        cell->bounds[sample_bound(sample)]++;
        if (!cell->basis) cell->basis = json_text(sample, "latency.basis");
        double slot_user = json_number(sample, "server.cpu_user_s");
        double slot_sys = json_number(sample, "server.cpu_sys_s");
        if (isfinite(slot_user + slot_sys)) user += slot_user, both += slot_user + slot_sys;
    }
    cell->cpu_user_share = both > 0 ? user / both : NAN;
    result->valid += cell->valid;
    result->suspect += cell->suspect;
    result->invalid += cell->invalid;
    result->skipped += cell->skipped != NULL;
}

static double number_or_0(const cJSON *object, const char *path) {
    double value = json_number(object, path);
    return isfinite(value) ? value : 0;
}

static void read_load(struct summary_cell *cell) {
    const cJSON *scenario = json_item(cell->json, "scenario");
    const char *load = json_text(scenario, "load");
    if (load && strcmp(load, "open") == 0) cell->kind = LOAD_OPEN;
    if (load && strcmp(load, "churn") == 0) cell->kind = LOAD_CHURN;
    cell->phase = json_text(scenario, "phase");
    if (!cell->phase) cell->phase = "";
    cell->connections = json_number(scenario, "connections");
    cell->idle = number_or_0(scenario, "idle");
    cell->newcomers_per_s = number_or_0(scenario, "newcomers_per_s");
    cell->offered_per_s = json_number(scenario, "rate_per_s");
    cell->achieved = summary_span_over(cell->json, "loadgen.achieved_over_offered").median;
    /* a load that is meant to saturate the server does not always do so */
    cell->saturated = isnan(cell->achieved) ? cJSON_IsTrue(json_item(scenario, "saturating"))
                                            : cell->achieved < SAMPLE_ACHIEVED_MIN;
}

static void summarise(struct summary_cell *cell, struct summary_result *result) {
    cell->server = scenario_server(json_item(cell->json, "scenario"));
    cell->model = json_text(cell->json, "scenario.server.model");
    if (!cell->model) cell->model = cell->server;
    cell->skipped = json_text(cell->json, "skipped.reason");
    read_load(cell);
    count_slots(cell, result);
    fill_figures(cell, json_number(result->json, "env.floor.roundtrip_ns"));
    /* answers of a saturated server during the drain are late and do not count as throughput */
    if (cell->kind == LOAD_OPEN && cell->saturated)
        cell->figures[METRIC_THROUGHPUT] = cell->figures[METRIC_ANSWERED];
}

bool summary_same_load(const struct summary_cell *one, const struct summary_cell *two,
                       enum scenario_but but) {
    return one->load == two->load || scenario_same_load(json_item(one->json, "scenario"),
                                                        json_item(two->json, "scenario"), but);
}

/* Sets the load number of the last cell: the position of the first cell with the same load. */
static void number_load(struct summary *report) {
    size_t last = report->cell_count - 1;
    struct summary_cell *cell = &report->cells[last];
    const cJSON *scenario = json_item(cell->json, "scenario");
    for (cell->load = 0; cell->load < last; cell->load++) {
        const struct summary_cell *first = &report->cells[cell->load];
        if (first->load == cell->load &&
            scenario_same_load(json_item(first->json, "scenario"), scenario, BUT_NOTHING))
            return;
    }
}

/* How much of the file's path a label contains. */
enum label_path { LABEL_NO_PATH, LABEL_NAME, LABEL_PATH };

static char *clean_copy(const char *text) {
    char *copy = malloc(strlen(text) + 1);
    MEMORY_CHECK(copy);
    strcpy(copy, text);
    utf8_clean(copy);
    return copy;
}

/* The label of a result, "Debian GNU/Linux 12, wine 8.0", followed by the file name without its
 * extension, or by the path as given, as `with_path` demands. Owned by the caller. */
static char *label_of(const struct summary_result *result, enum label_path with_path) {
    const cJSON *host = json_item(result->json, "env.host");
    const char *os = json_text(host, "os_version");
    if (!os) os = json_text(host, "os");
    const char *emulator = json_text(host, "emulator");
    MEMORY_CHECK(result->path);
    const char *name = with_path == LABEL_NAME ? paths_file(result->path) : result->path;
    const char *dot = strrchr(name, '.');
    bool cut = with_path == LABEL_NAME && dot && dot != name;
    int name_length = cut ? (int)(dot - name) : (int)strlen(name);
    char text[256];
    snprintf(text, sizeof text, "%s%s%s%s%.*s", os ? os : "unknown system", emulator ? ", " : "",
             emulator ? emulator : "", with_path ? " \u00b7 " : "", with_path ? name_length : 0,
             name);
    return clean_copy(text);
}

static void add_position(struct summary_result *result, size_t position) {
    size_t size = strlen(result->label) + 32;
    char *label = malloc(size);
    MEMORY_CHECK(label);
    snprintf(label, size, "%s #%zu", result->label, position);
    free(result->label);
    result->label = label;
}

static bool same_label(const struct summary_result *a, const struct summary_result *b) {
    MEMORY_CHECK(a->label && b->label);
    return strcmp(a->label, b->label) == 0;
}

/* Sets unique labels. Equal labels get as much of the path as needed. If the same path is given
 * twice, its position on the command line is added. */
static void label_results(struct summary *report) {
    CHECK(report->result_count > 0);
    bool *twins = malloc(report->result_count * sizeof *twins);
    MEMORY_CHECK(twins);
    memset(twins, true, report->result_count * sizeof *twins);
    for (enum label_path more = LABEL_NO_PATH; more <= LABEL_PATH; more++) {
        for (size_t i = 0; i < report->result_count; i++) {
            if (!twins[i]) continue;
            free(report->results[i].label);
            report->results[i].label = label_of(&report->results[i], more);
        }
        for (size_t i = 0; i < report->result_count; i++) {
            twins[i] = false;
            for (size_t k = 0; k < report->result_count; k++)
                if (i != k && same_label(&report->results[i], &report->results[k])) twins[i] = true;
        }
    }
    for (size_t i = 0; i < report->result_count; i++)
        if (twins[i]) add_position(&report->results[i], i + 1);
    free(twins);
}

bool summary_phase_has(const struct summary *report, const char *phase, enum metric metric) {
    if (metrics[metric].loads == METRIC_ALL_LOADS) return true;
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct summary_cell *cell = &report->cells[i];
        bool has = isfinite(cell->figures[metric].median) || cell->places[metric] != HIST_COUNTED;
        if (strcmp(cell->phase, phase) == 0 && has &&
            metric_in_load(metric, json_item(cell->json, "scenario")))
            return true;
    }
    return false;
}

void summary_build(struct summary *report, cJSON **files, const char *const *paths, size_t count) {
    *report = (struct summary){.result_count = count};
    size_t cells = 0;
    for (size_t i = 0; i < count; i++)
        cells += (size_t)cJSON_GetArraySize(json_item(files[i], "cells"));
    report->results = calloc(count + 1, sizeof *report->results);
    report->cells = calloc(cells + 1, sizeof *report->cells);
    MEMORY_CHECK(report->results && report->cells);
    for (size_t i = 0; i < count; i++) {
        struct summary_result *result = &report->results[i];
        result->json = files[i];
        result->path = clean_copy(paths[i]);
        const cJSON *json;
        cJSON_ArrayForEach(json, json_item(files[i], "cells")) {
            struct summary_cell *cell = &report->cells[report->cell_count++];
            cell->json = json;
            cell->result = i;
            summarise(cell, result);
            number_load(report);
        }
    }
    label_results(report);
    free(files);
}

void summary_clear(struct summary *report) {
    for (size_t i = 0; i < report->cell_count; i++) free(report->cells[i].server);
    for (size_t i = 0; i < report->result_count; i++) {
        cJSON_Delete(report->results[i].json);
        free(report->results[i].label);
        free(report->results[i].path);
    }
    free(report->cells);
    free(report->results);
    *report = (struct summary){0};
}
