/* plot.c - the kinds of plots, and the panels, series and points that they are made of.
 * Invariant: every series lies in a panel that exists and has points; series stand in the order of
 * their panels. */
#include "bench/plot/plot.h"
#include "bench/plot/fill.h"
#include "bench/support/format.h"

#include "base/check.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct plot_kind plot_kinds[] = {
    {"throughput", "lines", "Throughput against connections",
     "Each line is the median of a server's slots, the band their minimum to maximum. The load is "
     "a closed loop: every connection sends its next message when the echo of the last has come.",
     1, plot_fill_throughput},
    {"load", "lines", "Response time against load",
     "What users feel as the load grows: a solid line is the median, a dashed one the 99th "
     "percentile. Where a line turns upwards, and then no longer gets further to the right, the "
     "server has reached its capacity.",
     1, plot_fill_load},
    {"percentiles", "lines", "Response time by percentile",
     "Read it from the right: 99 % means that one echo in a hundred took longer. A line ends where "
     "fewer than ten echoes lie beyond.",
     1, plot_fill_percentiles},
    {"cpu", "cpu", "Server CPU per echo",
     "What an echo costs the server: full colour in user mode, pale in the kernel. The thin line "
     "spans the slots. The total is exact; the split is as coarse as the system's accounting.",
     1, plot_fill_cpu},
    {"idle", "lines", "The price of idle connections",
     "The same load beside more and more connections that stay silent. A model that hands all its "
     "descriptors over at every wait pays for each of them.",
     3, plot_fill_idle},
    {"newcomers", "lines", "Time to a newcomer's first echo",
     "From the moment at which a new connection was due to its first whole echo, by percentile: "
     "99 % means that one newcomer in a hundred waited longer.",
     1, plot_fill_newcomers},
    {"series", "series", "Throughput and latency within the window",
     "Throughput and latency step by step, a panel per server. Bold is a server's first slot, pale "
     "are its others; dots are the longest latency of a step. Level lines are what a window should "
     "show.",
     0, plot_fill_series},
    {"order", "order", "Slots in the order of their run",
     "Each slot against the median of its cell. Points that move together whatever their colour "
     "tell of the machine and its neighbours, not of the servers.",
     2, plot_fill_order},
    {NULL, NULL, NULL, NULL, 0, NULL},
};

enum { PANELS_IN_ROW = 3 };

void plot_set_panels(struct plot *plot, size_t count, size_t parts) {
    size_t columns = count == 4 ? 2 : count < PANELS_IN_ROW ? count : PANELS_IN_ROW;
    size_t blocks = (count + columns - 1) / columns;
    plot->parts = parts;
    plot->page_columns = columns;
    plot->panel_count = blocks * parts * columns;
    plot->panels = calloc(plot->panel_count, sizeof *plot->panels);
    CHECK(plot->panels != NULL);
    for (size_t i = 0; i < blocks * columns; i++)
        for (size_t part = 0; part < parts; part++) {
            struct plot_panel *panel = &plot->panels[plot_panel_of(plot, i, part)];
            panel->part = part;
            panel->blank = i >= count;
            panel->x_hidden = panel->blank || part + 1 < parts;
        }
}

size_t plot_panel_of(const struct plot *plot, size_t result, size_t part) {
    size_t block = result / plot->page_columns;
    return (block * plot->parts + part) * plot->page_columns + result % plot->page_columns;
}

struct plot_series *plot_append_series(struct plot *plot) {
    struct plot_series *grown = realloc(plot->series, (plot->count + 1) * sizeof *grown);
    CHECK(grown != NULL);
    plot->series = grown;
    struct plot_series *series = &grown[plot->count++];
    *series = (struct plot_series){.panel = 0};
    return series;
}

struct plot_series *plot_add_series(struct plot *plot, const struct summary_cell *cell) {
    struct plot_series *series = plot_append_series(plot);
    series->style = plot_style_of(cell->model, cell->server);
    if (plot->parts > 0) series->panel = plot_panel_of(plot, cell->result, 0);
    snprintf(series->name, sizeof series->name, "%s", cell->server);
    return series;
}

struct plot_series *plot_series_in(struct plot *plot, size_t panel, const char *name,
                                   const struct summary_cell *cell) {
    for (size_t i = 0; i < plot->count; i++)
        if (plot->series[i].panel == panel && strcmp(plot->series[i].name, name) == 0)
            return &plot->series[i];
    struct plot_series *series = plot_add_series(plot, cell);
    series->panel = panel;
    snprintf(series->name, sizeof series->name, "%s", name);
    return series;
}

void plot_add_point(struct plot_series *series, struct plot_point point) {
    CHECK(isfinite(point.x) && isfinite(point.y));
    struct plot_point *grown = realloc(series->points, (series->count + 1) * sizeof *grown);
    CHECK(grown != NULL);
    series->points = grown;
    grown[series->count++] = point;
}

struct plot_point plot_point_of(const struct summary_cell *cell, double x,
                                const struct summary_span *span) {
    return (struct plot_point){.x = x,
                               .y = span->median,
                               .low = span->min,
                               .high = span->max,
                               .part = NAN,
                               .marker = cell->suspect > 0 ? MARKER_HOLLOW : MARKER_FILLED};
}

static int by_x(const void *left, const void *right) {
    double a = ((const struct plot_point *)left)->x, b = ((const struct plot_point *)right)->x;
    return (a > b) - (a < b);
}

void plot_sort_points(struct plot *plot) {
    for (size_t i = 0; i < plot->count; i++)
        qsort(plot->series[i].points, plot->series[i].count, sizeof(struct plot_point), by_x);
}

static int ascending(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

double *plot_distinct_x(const struct plot *plot, size_t *count) {
    size_t capacity = 0, n = 0, distinct = 0;
    for (size_t i = 0; i < plot->count; i++) capacity += plot->series[i].count;
    double *xs = calloc(capacity + 1, sizeof *xs);
    CHECK(xs != NULL);
    for (size_t i = 0; i < plot->count; i++)
        for (size_t k = 0; k < plot->series[i].count; k++) xs[n++] = plot->series[i].points[k].x;
    qsort(xs, n, sizeof *xs, ascending);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || xs[i] > xs[distinct - 1]) xs[distinct++] = xs[i];
    *count = distinct;
    return xs;
}

void plot_note(struct plot *plot, const char *format, ...) {
    char text[sizeof plot->notes];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    format_append(plot->notes, sizeof plot->notes, "%s%s", *plot->notes != '\0' ? " \u00b7 " : "",
                  text);
}

/* Stable, so that series keep the order in which they were added within a panel. */
static void sort_by_panel(struct plot *plot) {
    for (size_t i = 1; i < plot->count; i++)
        for (size_t k = i; k > 0 && plot->series[k - 1].panel > plot->series[k].panel; k--) {
            struct plot_series moved = plot->series[k];
            plot->series[k] = plot->series[k - 1];
            plot->series[k - 1] = moved;
        }
}

void plot_make(struct plot *plot, const struct plot_kind *kind, const struct summary *report) {
    *plot = (struct plot){.kind = kind->name, .template = kind->template};
    if (kind->parts > 0) plot_set_panels(plot, report->result_count, kind->parts);
    for (size_t i = 0; kind->parts > 0 && report->result_count > 1 && i < report->result_count; i++)
        snprintf(plot->panels[plot_panel_of(plot, i, 0)].title, sizeof plot->panels->title, "%s",
                 report->results[i].label);
    snprintf(plot->title, sizeof plot->title, "%s", kind->heading);
    kind->fill(report, plot);
    sort_by_panel(plot);
    for (size_t i = 0; i < plot->count; i++)
        CHECK(plot->series[i].panel < plot->panel_count && plot->series[i].count > 0);
    for (size_t i = 0; i < plot->panel_count; i++)
        if (*plot->panels[i].y.ticks == '\0') plot->panels[i].y = plot->y;
}

void plot_free(struct plot *plot) {
    for (size_t i = 0; i < plot->count; i++) free(plot->series[i].points);
    free(plot->series);
    free(plot->panels);
    *plot = (struct plot){0};
}
