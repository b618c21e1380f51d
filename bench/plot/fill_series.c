/* fill_series.c - the plot of throughput and latency over time, within the slots of one load.
 * Invariant: each server has its own column; all columns have the same axes. */
#include "base/check.h"

#include "bench/plot/fill.h"
#include "bench/plot/layout.h"
#include "bench/result/sample_facts.h"
#include "bench/result/summary_words.h"
#include "bench/support/format.h"
#include "bench/support/json_path.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RATE, LATENCY, PARTS };
enum { PART_HEIGHT = 118 };

/* The ranges that the axes must cover. */
struct extent {
    double t_max;          /* seconds */
    double rate_max;       /* echoes per second */
    double ns_min, ns_max; /* latency */
};

static bool slot_has_series(const cJSON *sample) {
    return sample_usable(sample) && cJSON_GetArraySize(json_item(sample, "series")) > 1;
}

static bool has_series(const struct summary_cell *cell) {
    const cJSON *sample;
    cJSON_ArrayForEach(sample, json_item(cell->json, "samples")) {
        if (slot_has_series(sample)) return true;
    }
    return false;
}

static bool has_closed_series(const struct summary_cell *cell) {
    return cell->kind == LOAD_CLOSED && has_series(cell);
}

/* A slot that is shown. */
struct slot {
    const struct summary_cell *cell;
    const cJSON *sample;
    size_t column; /* column of its server */
    bool pale;     /* not the first slot of its cell */
};

/* Adds a series for a slot in the column of its server. The pointer is valid until the next call.
 */
static struct plot_series *add_slot(struct plot *plot, const struct slot *slot, size_t part) {
    struct plot_series *series = plot_add_series(plot, slot->cell);
    series->panel = plot_panel_of(plot, slot->column, part);
    series->unnamed = true;
    series->pale = slot->pale;
    strcpy(series->style.dash, "solid");
    format_append(series->name, sizeof series->name, ", slot %.0f, %s",
                  json_number(slot->sample, "order"), verdict_names[sample_verdict(slot->sample)]);
    return series;
}

static void drop_empty(struct plot *plot) {
    while (plot->count > 0 && plot->series[plot->count - 1].count == 0) plot->count--;
}

/* Adds the steps of a slot. The x of a step is the middle of its time. */
static void add_steps(struct plot *plot, const struct slot *slot, struct extent *extent) {
    enum plot_marker marker =
        sample_verdict(slot->sample) == VERDICT_SUSPECT ? MARKER_HOLLOW : MARKER_FILLED;
    for (size_t part = 0; part < PARTS; part++) {
        struct plot_series *series = add_slot(plot, slot, part);
        double before = 0;
        const cJSON *step;
        cJSON_ArrayForEach(step, json_item(slot->sample, "series")) {
            double t = json_number(step, "t_s"), length = t - before;
            double rate = json_number(step, "messages") / length;
            double mean = json_number(step, "mean_ns"), max = json_number(step, "max_ns");
            double x = t - length / 2;
            before = t;
            extent->t_max = fmax(extent->t_max, t);
            if (part == RATE && isfinite(rate)) {
                plot_add_point(series, (struct plot_point){x, rate, NAN, NAN, NAN, marker});
                extent->rate_max = fmax(extent->rate_max, rate);
            } else if (part == LATENCY && mean > 0 && max >= mean) {
                plot_add_point(series,
                               (struct plot_point){x, mean / 1e6, NAN, max / 1e6, NAN, marker});
                extent->ns_min = fmin(extent->ns_min, mean);
                extent->ns_max = fmax(extent->ns_max, max);
            }
        }
        drop_empty(plot);
    }
}

static void set_axes(struct plot *plot, const struct extent *extent) {
    plot_axis_linear(&plot->x, extent->t_max, 4);
    plot->x.max = extent->t_max;
    strcpy(plot->x.title, "Time in the window (s)");
    struct plot_axis y[PARTS];
    memset(y, 0, sizeof y);
    plot_axis_linear(&y[RATE], extent->rate_max, 4);
    plot_axis_name(&y[RATE], METRIC_THROUGHPUT);
    if (extent->ns_max > 0) plot_axis_log(&y[LATENCY], extent->ns_min / 1e6, extent->ns_max / 1e6);
    strcpy(y[LATENCY].title, "Latency (ms, log)");
    for (size_t i = 0; i < plot->panel_count; i++) {
        struct plot_panel *panel = &plot->panels[i];
        panel->y = y[panel->part];
        panel->height = PART_HEIGHT;
    }
}

void plot_fill_series(const struct summary *report, struct plot *plot) {
    const struct summary_cell *first = plot_best_load(report, has_closed_series);
    if (!first) first = plot_best_load(report, has_series);
    if (!first) {
        plot_note(plot, "no usable slot has a series");
        return;
    }
    struct extent extent = {.ns_min = INFINITY};
    size_t columns = 0, column = 0;
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct summary_cell *cell = &report->cells[i];
        columns += cell->result == first->result && cell->load == first->load && has_series(cell);
    }
    plot_set_panels(plot, columns, PARTS);
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct summary_cell *cell = &report->cells[i];
        if (cell->result != first->result || cell->load != first->load) continue;
        plot->invalid += cell->invalid;
        if (!has_series(cell)) continue;
        struct plot_panel *panel = &plot->panels[plot_panel_of(plot, column, RATE)];
        snprintf(panel->title, sizeof panel->title, "%s", cell->server);
        struct slot slot = {.cell = cell, .column = column};
        cJSON_ArrayForEach(slot.sample, json_item(cell->json, "samples")) {
            if (!slot_has_series(slot.sample)) continue;
            add_steps(plot, &slot, &extent);
            slot.pale = true;
        }
        column++;
    }
    set_axes(plot, &extent);
    summary_load(plot->subtitle, sizeof plot->subtitle, first, SUMMARY_WHOLE);
    if (report->result_count > 1)
        plot_note(plot, "shows only one of the results: %s", report->results[first->result].label);
    plot_note(plot, "lines: throughput and mean latency per step, dots: longest latency per step");
    strcpy(plot->columns,
           "middle of the step, s; echoes/s or mean latency in ms; not used; longest "
           "latency in ms");
    plot->grid = true;
}
