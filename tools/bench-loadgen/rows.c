/* rows.c - figures of the load generator from the slots of a cell; see rows.h. */
#include "tools/bench-loadgen/rows.h"

#include "base/json.h"

#include "bench/result/sample_facts.h"
#include "bench/support/json_path.h"

#include <math.h>

static enum row_slot slot_kind(const cJSON *slot) {
    if (sample_verdict(slot) == VERDICT_VALID) return ROW_VALID;
    if (!sample_usable(slot)) return ROW_INVALID;
    /* "bound by the load generator" is one reason; a second reason means that the slot was
     * disturbed */
    bool alone = sample_reasons(slot) == 1;
    return alone && sample_code(slot, 0) == VALIDITY_BOUND_CLIENT ? ROW_BOUND : ROW_SUSPECT;
}

struct row row_of(const struct summary_cell *cell) {
    const cJSON *json = cell->json, *slot;
    bool spins = cell->kind != LOAD_CLOSED; /* busy-waits for the next arrival, which is not work */
    struct row row = {
        .cell = cell,
        .transport = json_text(json, "scenario.loadgen.transport"),
        .figures = {[ROW_CONNECTIONS] = cell->connections,
                    [ROW_DEPTH] = json_number(json, "scenario.depth"),
                    [ROW_RATE] = json_number(json, "scenario.rate_per_s"),
                    [ROW_ACHIEVED] = cell->achieved,
                    [ROW_ECHOES] = cell->figures[METRIC_THROUGHPUT].median,
                    [ROW_LOADGEN_CPU] = spins ? NAN : cell->figures[METRIC_LOADGEN_CPU].median,
                    [ROW_SERVER_CPU] = cell->figures[METRIC_CPU].median,
                    [ROW_BUSY] = summary_span_over(json, "loadgen.busy_pct").median,
                    [ROW_SEND_LAG] = summary_span_over(json, "loadgen.send_lag_p99_ns").median},
    };
    cJSON_ArrayForEach(slot, json_item(json, "samples")) {
        const char *used = json_text(slot, "loadgen.transport");
        if (used) row.transport = used;
        row.slots[slot_kind(slot)]++;
    }
    return row;
}

static cJSON *row_json(const struct row *row) {
    static const char *const figures[ROW_FIGURES] = {[ROW_CONNECTIONS] = "connections",
                                                     [ROW_DEPTH] = "depth",
                                                     [ROW_RATE] = "rate_per_s",
                                                     [ROW_ACHIEVED] = "achieved_over_offered",
                                                     [ROW_ECHOES] = "echoes_per_s",
                                                     [ROW_LOADGEN_CPU] = "loadgen_cpu_ns_per_echo",
                                                     [ROW_SERVER_CPU] = "server_cpu_ns_per_echo",
                                                     [ROW_BUSY] = "loadgen_busy_pct",
                                                     [ROW_SEND_LAG] = "send_lag_p99_ns"};
    static const char *const slots[ROW_SLOTS] = {"valid", "bound", "suspect", "invalid"};
    const struct summary_cell *cell = row->cell;
    cJSON *json = cJSON_CreateObject(), *counts = cJSON_CreateObject();
    json_add_item(json, "id", cJSON_Duplicate(json_item(cell->json, "id"), true));
    json_add_item(json, "phase", cJSON_CreateString(cell->phase));
    json_add_item(json, "server", cJSON_CreateString(cell->server));
    json_add_item(json, "transport", cJSON_CreateString(row->transport));
    for (int k = 0; k < ROW_FIGURES; k++) json_add_real(json, figures[k], row->figures[k]);
    bool usable = summary_cell_usable(cell);
    json_add_item(json, "bound",
                  usable ? cJSON_CreateString(bound_names[summary_cell_bound(cell)]) : NULL);
    for (int k = 0; k < ROW_SLOTS; k++) json_add_count(counts, slots[k], row->slots[k]);
    json_add_item(json, "slots", counts);
    json_add_item(json, "skipped", cell->skipped ? cJSON_CreateString(cell->skipped) : NULL);
    return json;
}

cJSON *rows_json(const struct summary *report) {
    cJSON *array = cJSON_CreateArray();
    for (size_t i = 0; i < report->cell_count; i++) {
        struct row row = row_of(&report->cells[i]);
        cJSON_AddItemToArray(array, row_json(&row));
    }
    return array;
}
