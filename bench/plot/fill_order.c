/* fill_order.c - the plot of all slots in the order of the run, relative to the median of their
 * cell, and of steal time. Unlike other plots it shows invalid slots, as crosses at the edge. */
#include "base/memory.h"

#include "bench/plot/fill.h"
#include "bench/plot/layout.h"
#include "bench/result/sample_facts.h"
#include "bench/stats/stats.h"
#include "bench/support/format.h"
#include "bench/support/json_path.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS, STEAL };
enum { SLOTS_HEIGHT = 330, STEAL_HEIGHT = 90 };

#define BEYOND 4.0 /* end of the scale, as a ratio to the median */

/* The value of a slot that is compared within its cell; larger is better. */
static double headline(const struct summary_cell *cell, const cJSON *sample) {
    enum metric metric = cell->kind == LOAD_CLOSED ? METRIC_THROUGHPUT
                         : cell->saturated         ? METRIC_ANSWERED
                         : cell->kind == LOAD_OPEN ? METRIC_P50
                                                   : METRIC_NEWCOMERS_P50;
    double value = metric_value(&metrics[metric], sample, NAN);
    return metrics[metric].larger_is_better ? value : 1 / value;
}

/* The median of a cell's usable slots; NAN if fewer than two of them have a value. */
static double typical(const struct summary_cell *cell) {
    const cJSON *samples = json_item(cell->json, "samples"), *sample;
    double *values = calloc((size_t)cJSON_GetArraySize(samples) + 1, sizeof *values);
    MEMORY_CHECK(values);
    size_t count = 0;
    cJSON_ArrayForEach(sample, samples) {
        double value = headline(cell, sample);
        if (sample_usable(sample) && isfinite(value) && value > 0) values[count++] = value;
    }
    double median = count < 2 ? NAN : stats_median(values, count);
    free(values);
    return median;
}

/* The ranges that the axes must cover. */
struct extent {
    double t_max;     /* seconds */
    double furthest;  /* largest ratio to the median, or its inverse if below 1 */
    double steal_max; /* percent */
    size_t beyond;    /* number of slots beyond the scale */
    size_t alone;     /* number of usable slots without a second one in their cell */
};

static struct plot_point slot_point(const struct summary_cell *cell, const cJSON *sample,
                                    double median, struct extent *extent) {
    double ratio = headline(cell, sample) / median;
    struct plot_point point = {
        json_number(sample, "started_offset_s"), NAN, NAN, NAN, NAN, MARKER_FILLED};
    if (!sample_usable(sample)) {
        point.y = 0; /* set_ratio_axis moves it to the edge */
        point.marker = MARKER_CROSS;
    } else if (ratio > 0 && isfinite(ratio)) {
        if (ratio > BEYOND || ratio < 1 / BEYOND) extent->beyond++;
        point.y = fmin(fmax(ratio, 1 / BEYOND), BEYOND);
        extent->furthest = fmax(extent->furthest, fmax(point.y, 1 / point.y));
        if (sample_verdict(sample) == VERDICT_SUSPECT) point.marker = MARKER_HOLLOW;
    } else {
        if (isfinite(headline(cell, sample))) extent->alone++;
    }
    return point;
}

static void add_slots(struct plot *plot, const struct summary_cell *cell, struct extent *extent) {
    double median = typical(cell);
    const cJSON *sample;
    cJSON_ArrayForEach(sample, json_item(cell->json, "samples")) {
        struct plot_point point = slot_point(cell, sample, median, extent);
        extent->t_max = fmax(extent->t_max, point.x);
        double steal = json_number(sample, "steal_pct");
        if (isfinite(steal)) {
            size_t panel = plot_panel_of(plot, cell->result, STEAL);
            struct plot_series *bars = plot_series_in(plot, panel, "steal", cell);
            bars->unnamed = true;
            strcpy(bars->style.colour, "#7a7a7a");
            plot_add_point(bars, (struct plot_point){point.x, steal, NAN, NAN, NAN, MARKER_NONE});
            extent->steal_max = fmax(extent->steal_max, steal);
        }
        if (isnan(point.y)) continue;
        size_t panel = plot_panel_of(plot, cell->result, SLOTS);
        plot_add_point(plot_series_in(plot, panel, cell->server, cell), point);
    }
}

/* Sets a scale of ratios that is symmetric around 1. Moves invalid slots below its lower end. */
static void set_ratio_axis(struct plot *plot, struct plot_axis *y, double furthest) {
    static const double steps[] = {1.01, 1.02, 1.05, 1.1, 1.25, 1.5, 2, 3, 4};
    double edge = fmax(furthest, 1.04) * 1.03, last = 1;
    *y = (struct plot_axis){.log = true, .min = 1 / edge, .max = edge};
    plot_add_tick(y, "median", 1);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        char text[FORMAT_SIZE];
        if (steps[i] > edge || log(steps[i] / last) < 0.13 * log(edge)) continue;
        last = steps[i];
        snprintf(text, sizeof text, "\u00d7 %g", steps[i]);
        plot_add_tick(y, text, steps[i]);
        snprintf(text, sizeof text, "\u00f7 %g", steps[i]);
        plot_add_tick(y, text, 1 / steps[i]);
    }
    bool crosses = false;
    for (size_t i = 0; i < plot->count; i++)
        for (size_t k = 0; k < plot->series[i].count; k++) {
            struct plot_point *point = &plot->series[i].points[k];
            if (point->marker != MARKER_CROSS) continue;
            point->y = y->min * pow(edge, -0.07);
            crosses = true;
        }
    if (crosses) y->min *= pow(edge, -0.14);
    strcpy(y->title, "Ratio to the cell's median");
}

static void set_time_axis(struct plot *plot, double t_max) {
    double unit = t_max > 600 ? 60 : 1;
    for (size_t i = 0; i < plot->count; i++)
        for (size_t k = 0; k < plot->series[i].count; k++) plot->series[i].points[k].x /= unit;
    plot_axis_linear(&plot->x, t_max / unit, 8);
    double room = 0.015 * fmax(t_max, 1) / unit;
    plot->x.min = -room;
    plot->x.max = fmax(t_max, 1) / unit + room;
    snprintf(plot->x.title, sizeof plot->x.title, "Start of the slot (%s after session start)",
             unit > 1 ? "minutes" : "s");
}

void plot_fill_order(const struct summary *report, struct plot *plot) {
    struct extent extent = {.furthest = 1};
    bool some = false;
    for (size_t i = 0; i < report->cell_count; i++)
        some = some || isfinite(typical(&report->cells[i]));
    if (!some) {
        plot_note(plot, "no cell has two usable slots");
        return;
    }
    for (size_t i = 0; i < report->cell_count; i++) {
        add_slots(plot, &report->cells[i], &extent);
        plot->invalid += report->cells[i].invalid;
    }
    plot_sort_points(plot);
    struct plot_axis y[2];
    set_time_axis(plot, extent.t_max);
    set_ratio_axis(plot, &y[SLOTS], extent.furthest);
    memset(&y[STEAL], 0, sizeof y[STEAL]);
    plot_axis_linear(&y[STEAL], fmax(extent.steal_max, 10), 3);
    strcpy(y[STEAL].title, "Steal (%)");
    for (size_t i = 0; i < plot->panel_count; i++) {
        plot->panels[i].y = y[plot->panels[i].part];
        plot->panels[i].height = plot->panels[i].part == SLOTS ? SLOTS_HEIGHT : STEAL_HEIGHT;
    }
    strcpy(plot->subtitle, "higher is better: throughput for closed and saturated loads, else the "
                           "inverse of the median response time");
    strcpy(plot->columns,
           "start of the slot; ratio to the median of its cell, or steal in percent; "
           "not used; not used");
    if (extent.beyond > 0)
        plot_note(plot, "%zu slot%s beyond %g times the median drawn at the edge", extent.beyond,
                  extent.beyond > 1 ? "s" : "", BEYOND);
    if (extent.alone > 0)
        plot_note(plot, "%zu slot%s not shown: the only usable one of a cell", extent.alone,
                  extent.alone > 1 ? "s" : "");
    plot->legend = true;
}
