/* plot.c - panels, series and points of a plot; see plot.h. */
#include "bench/plot/plot.h"

#include "base/check.h"
#include "base/memory.h"

#include "bench/stats/stats.h"
#include "bench/support/format.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PANELS_IN_ROW = 3 };

void plot_set_panels(struct plot *plot, size_t count, size_t parts) {
    size_t columns = count == 4 ? 2 : count < PANELS_IN_ROW ? count : PANELS_IN_ROW;
    size_t blocks = (count + columns - 1) / columns;
    plot->parts = parts;
    plot->page_columns = columns;
    plot->panel_count = blocks * parts * columns;
    plot->panels = calloc(plot->panel_count, sizeof *plot->panels);
    MEMORY_CHECK(plot->panels);
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
    MEMORY_CHECK(grown);
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
    MEMORY_CHECK(grown);
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

double *plot_distinct_x(const struct plot *plot, size_t *count) {
    size_t capacity = 0, n = 0, distinct = 0;
    for (size_t i = 0; i < plot->count; i++) capacity += plot->series[i].count;
    double *xs = calloc(capacity + 1, sizeof *xs);
    MEMORY_CHECK(xs);
    for (size_t i = 0; i < plot->count; i++)
        for (size_t k = 0; k < plot->series[i].count; k++) xs[n++] = plot->series[i].points[k].x;
    qsort(xs, n, sizeof *xs, stats_ascending);
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

void plot_free(struct plot *plot) {
    for (size_t i = 0; i < plot->count; i++) free(plot->series[i].points);
    free(plot->series);
    free(plot->panels);
    *plot = (struct plot){0};
}
