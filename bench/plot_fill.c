/* plot_fill.c - what each kind of plot shows of the results.
 * Invariant: a plot shows one load, and only what usable slots measured at it. */
#include "bench/plot.h"
#include "bench/report_format.h"

#include "base/check.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PERCENTILE_START (1 / 0.9) /* 1/(1-p) of the 10th percentile */

/* A closed load without its number of connections: "d1/64B" of "closed/c50/d1/64B". */
static const char *family_of(const struct report_cell *cell) {
    const char *slash = strchr(cell->load, '/');
    slash = slash != NULL ? strchr(slash + 1, '/') : NULL;
    return slash != NULL ? slash + 1 : "";
}

static bool in_family(const struct report_cell *cell, const char *family) {
    return !cell->open_loop && strcmp(family_of(cell), family) == 0;
}

static bool has_rate(const struct report_cell *cell) {
    return isfinite(cell->rate.median) && cell->connections > 0;
}

/* The cell whose family of closed loads has most points; NULL if none has any. */
static const struct report_cell *fullest_family(const struct report *report) {
    const struct report_cell *best = NULL;
    size_t most = 0;
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct report_cell *cell = &report->cells[i];
        if (cell->open_loop || !has_rate(cell)) continue;
        size_t points = 0;
        for (size_t k = 0; k < report->cell_count; k++)
            points += in_family(&report->cells[k], family_of(cell)) && has_rate(&report->cells[k]);
        if (points > most) best = cell, most = points;
    }
    return best;
}

static int by_x(const void *left, const void *right) {
    double a = ((const struct plot_point *)left)->x, b = ((const struct plot_point *)right)->x;
    return (a > b) - (a < b);
}

/* The series of a cell's server in its result, added where it is new. */
static struct plot_series *series_for(struct plot *plot, const struct report_cell *cell) {
    for (size_t i = 0; i < plot->count; i++)
        if (plot->series[i].panel == cell->result &&
            strcmp(plot->series[i].name, cell->server) == 0)
            return &plot->series[i];
    return plot_add_series(plot, cell);
}

/* Ticks where something was measured, dropping what would stand too close. */
static void tick_connections(struct plot *plot, const double *measured, size_t count) {
    struct plot_axis *axis = &plot->x;
    double last = 0;
    *axis->ticks = '\0';
    for (size_t i = 0; i < count; i++) {
        char text[FORMAT_SIZE];
        bool close = last > 0 && log(measured[i] / last) < 0.05 * log(axis->max / axis->min);
        if (close) continue;
        plot_add_tick(axis, format_short(text, measured[i]), measured[i]);
        last = measured[i];
    }
}

static int ascending(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void connections_axis(struct plot *plot) {
    size_t capacity = 0, distinct = 0, n = 0;
    for (size_t i = 0; i < plot->count; i++) capacity += plot->series[i].count;
    double *measured = calloc(capacity + 1, sizeof *measured);
    CHECK(measured != NULL);
    for (size_t i = 0; i < plot->count; i++)
        for (size_t k = 0; k < plot->series[i].count; k++)
            measured[n++] = plot->series[i].points[k].x;
    qsort(measured, n, sizeof *measured, ascending);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || measured[i] > measured[distinct - 1]) measured[distinct++] = measured[i];
    strcpy(plot->x.title, "Connections (log scale)");
    plot->x.log = true;
    /* with one number of connections the servers stand side by side around it */
    double slack = distinct == 1 ? 2 : 1.15;
    plot->x.min = measured[0] / slack;
    plot->x.max = measured[distinct - 1] * slack;
    tick_connections(plot, measured, distinct);
    free(measured);
    plot->says_reach = plot->leaders = distinct > 1;
    if (distinct > 1) return;
    strcpy(plot->x.title, "Connections");
    size_t in_panel = 0;
    for (size_t i = 0; i < plot->count; i++) {
        size_t siblings = 0;
        in_panel = i > 0 && plot->series[i - 1].panel == plot->series[i].panel ? in_panel + 1 : 0;
        for (size_t k = 0; k < plot->count; k++)
            siblings += plot->series[k].panel == plot->series[i].panel;
        double offset = ((double)in_panel + 0.5) / (double)siblings - 0.5;
        plot->series[i].points[0].x *= pow(2.5, offset);
    }
    strcpy(plot->notes, "one number of connections only: the servers stand side by side at it");
}

void plot_fill_throughput(const struct report *report, struct plot *plot) {
    const struct report_cell *first = fullest_family(report);
    strcpy(plot->columns, "connections; echoes/s: median, min, max of the slots");
    if (first == NULL) {
        strcpy(plot->notes, "no closed-loop cell has a usable slot");
        return;
    }
    double max = 0;
    size_t pair = 0, points = 0;
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct report_cell *cell = &report->cells[i];
        if (!in_family(cell, family_of(first))) continue;
        plot->invalid += cell->invalid;
        if (!has_rate(cell)) continue;
        plot_add_point(series_for(plot, cell), plot_point_of(cell, cell->connections, &cell->rate));
        if (cell->rate.max > max) max = cell->rate.max;
        pair += report_cell_bound(cell) == BOUND_BOTH;
        points++;
    }
    for (size_t i = 0; i < plot->count; i++)
        qsort(plot->series[i].points, plot->series[i].count, sizeof(struct plot_point), by_x);
    format_load(plot->subtitle, sizeof plot->subtitle, first, false);
    format_append(plot->subtitle, sizeof plot->subtitle, " \u00b7 median and range of the slots");
    connections_axis(plot);
    plot_axis_linear(&plot->y, max);
    strcpy(plot->y.title, "Throughput (echoes per second)");
    if (pair > 0)
        format_append(plot->notes, sizeof plot->notes,
                      "%s%zu of %zu points: server and load generator both at their limit, a "
                      "figure of the pair",
                      *plot->notes != '\0' ? " \u00b7 " : "", pair, points);
}

/* How well a load suits a plot of one load: measured in more results, then an open loop, then with
 * more cells, then nearer to 50 connections. */
static double suitability(const struct report *report, const struct report_cell *like) {
    size_t cells = 0, results = 0, last = SIZE_MAX;
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct report_cell *cell = &report->cells[i];
        if (!report_cell_usable(cell) || strcmp(cell->load, like->load) != 0) continue;
        cells++;
        results += cell->result != last; /* cells come result by result */
        last = cell->result;
    }
    return 1e9 * (double)results + 1e6 * like->open_loop + (double)cells -
           fabs(log(like->connections / 50)) / 100;
}

/* A cell of the load that suits best; NULL if there is none. */
static const struct report_cell *best_load(const struct report *report, bool closed_only) {
    const struct report_cell *best = NULL;
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct report_cell *cell = &report->cells[i];
        if (!report_cell_usable(cell) || (closed_only && cell->open_loop)) continue;
        if (best == NULL || suitability(report, cell) > suitability(report, best)) best = cell;
    }
    return best;
}

static void add_quantile(struct plot_series *series, const struct hist *h, double x, int marker,
                         double unit_ns) {
    double y = fmax((double)hist_quantile(h, 1 - 1 / x), 1) / unit_ns; /* a logarithm needs it */
    plot_add_point(series, (struct plot_point){x, y, NAN, NAN, NAN, marker});
}

/* The curve of one histogram from the 10th percentile: 20 points a decade of 1/(1-p), markers at
 * the named percentiles, up to where ten values lie beyond. */
static void add_curve(struct plot_series *series, const struct hist *h, int marker,
                      double unit_ns) {
    const double last = fmax((double)h->count / 10, 1.25) * (1 + 1e-9);
    add_quantile(series, h, PERCENTILE_START, 0, unit_ns);
    for (int i = 2; i < 200 && pow(10, i / 20.0) <= last; i++) {
        add_quantile(series, h, pow(10, i / 20.0), i % 20 == 0 ? marker : 0, unit_ns);
        if (i == 6 && last >= 2) add_quantile(series, h, 2, marker, unit_ns);
    }
}

static void percentile_axes(struct plot *plot, bool milliseconds, const char *basis) {
    double min = INFINITY, max = 0, x_max = 10;
    for (size_t i = 0; i < plot->count; i++)
        for (size_t k = 0; k < plot->series[i].count; k++) {
            const struct plot_point *point = &plot->series[i].points[k];
            min = fmin(min, point->y);
            max = fmax(max, point->y);
            x_max = fmax(x_max, point->x);
        }
    plot_axis_log(&plot->y, min, max);
    bool intended = basis != NULL && strcmp(basis, "intended") == 0;
    format_append(plot->y.title, sizeof plot->y.title, "%s (%s, log scale)",
                  intended ? "Response time from intended send" : "Service time",
                  milliseconds ? "ms" : "\u00b5s");
    plot->leaders = true;
    plot->x.log = true;
    plot->x.min = PERCENTILE_START;
    plot->x.max = x_max * 1.02;
    strcpy(plot->x.title, "Share of echoes answered within that time (percentile, 1/(1\u2212p))");
    plot_add_tick(&plot->x, "50 %", 2);
    plot_add_tick(&plot->x, "90 %", 10);
    char label[16] = "99 %";
    size_t nines = 2;
    for (double x = 100; x <= plot->x.max && nines < 9; x *= 10) {
        plot_add_tick(&plot->x, label, x);
        /* "99 %", "99.9 %", "99.99 %", ... */
        snprintf(label, sizeof label, "99.%.*s %%", (int)++nines - 2, "9999999");
    }
}

void plot_fill_percentiles(const struct report *report, struct plot *plot) {
    const struct report_cell *first = best_load(report, false);
    if (first == NULL) {
        strcpy(plot->notes, "no cell has a usable slot");
        return;
    }
    bool milliseconds = first->latency_ns[0] >= 1e6 || first->latency_ns[2] >= 1e6;
    struct hist *merged = malloc(sizeof *merged);
    CHECK(merged != NULL);
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct report_cell *cell = &report->cells[i];
        if (strcmp(cell->load, first->load) != 0) continue;
        plot->invalid += cell->invalid;
        report_cell_hist(cell, merged);
        if (merged->count == 0) continue;
        add_curve(plot_add_series(plot, cell), merged, cell->suspect > 0 ? 2 : 1,
                  milliseconds ? 1e6 : 1e3);
    }
    free(merged);
    if (plot->count == 0) {
        strcpy(plot->notes, "no cell has a latency histogram");
        return;
    }
    format_load(plot->subtitle, sizeof plot->subtitle, first, true);
    percentile_axes(plot, milliseconds, first->basis);
    snprintf(plot->columns, sizeof plot->columns,
             "1/(1-p); latency in %s at percentile p over all usable slots; not used; not used",
             milliseconds ? "ms" : "us");
    if (first->open_loop) return;
    strcpy(plot->title, "Service time by percentile");
    strcpy(plot->notes, "closed loop: service time, not what users wait under a given load");
}

/* The row of a server on a plot of bars: after all rows with a smaller figure. */
static int by_y(const void *left, const void *right) {
    const struct report_cell *a = *(const struct report_cell *const *)left;
    const struct report_cell *b = *(const struct report_cell *const *)right;
    if (a->result != b->result) return a->result > b->result ? 1 : -1;
    return (a->cpu_ns.median > b->cpu_ns.median) - (a->cpu_ns.median < b->cpu_ns.median);
}

/* The rows' names, in order; each server has one row in all panels. Returns the row, from 1. */
static double row_of(struct plot *plot, const char **names, size_t *rows, const char *server) {
    size_t row = 0;
    while (row < *rows && strcmp(names[row], server) != 0) row++;
    if (row == *rows) {
        names[(*rows)++] = server;
        plot_add_tick(&plot->y, server, (double)row + 1);
    }
    return (double)row + 1;
}

static void add_bars(struct plot *plot, const struct report_cell **cells, size_t count) {
    const char **names = calloc(count + 1, sizeof *names);
    CHECK(names != NULL);
    size_t rows = 0, unsplit = 0;
    double max = 0;
    for (size_t i = 0; i < count; i++) {
        const struct report_cell *cell = cells[i];
        double row = row_of(plot, names, &rows, cell->server);
        struct plot_point point = plot_point_of(cell, row, &cell->cpu_ns);
        point.part = point.y * cell->cpu_user_share;
        if (!isfinite(point.part)) unsplit++;
        plot_add_point(plot_add_series(plot, cell), point);
        max = fmax(max, cell->cpu_ns.max);
    }
    free(names);
    plot_axis_linear(&plot->x, max * 1.12); /* room for the figure at the end of a bar */
    plot->y.min = (double)rows + 0.6;
    plot->y.max = 0.4;
    if (unsplit > 0) strcpy(plot->notes, "all in pale colour: the system tells no split");
}

void plot_fill_cpu(const struct report *report, struct plot *plot) {
    const struct report_cell *first = best_load(report, true);
    const struct report_cell **cells = calloc(report->cell_count + 1, sizeof *cells);
    CHECK(cells != NULL);
    size_t count = 0;
    for (size_t i = 0; first != NULL && i < report->cell_count; i++) {
        const struct report_cell *cell = &report->cells[i];
        if (strcmp(cell->load, first->load) != 0) continue;
        plot->invalid += cell->invalid;
        if (isfinite(cell->cpu_ns.median)) cells[count++] = cell;
    }
    plot->bars = true;
    strcpy(plot->columns, "row; server CPU ns per echo: median, min, max of the slots");
    strcpy(plot->x.title, "Server CPU per echo (ns): full colour user mode, pale kernel");
    if (count > 0) {
        qsort(cells, count, sizeof *cells, by_y);
        format_load(plot->subtitle, sizeof plot->subtitle, first, true);
        add_bars(plot, cells, count);
    } else {
        strcpy(plot->notes, "no closed-loop cell knows the server's CPU time");
    }
    free(cells);
}
