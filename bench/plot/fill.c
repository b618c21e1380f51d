/* fill.c - the plots of throughput against connections, and of CPU per echo. */
#include "bench/plot/fill.h"

#include "base/memory.h"

#include "bench/plot/layout.h"
#include "bench/result/summary_words.h"
#include "bench/support/format.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool has_rate(const struct summary_cell *cell) {
    return cell->kind == LOAD_CLOSED && isfinite(cell->figures[METRIC_THROUGHPUT].median) &&
           cell->connections > 0;
}

/* Whether a cell has a rate without idle connections and newcomers. */
static bool is_capacity(const struct summary_cell *cell) {
    return has_rate(cell) && cell->idle <= 0 && cell->newcomers_per_s <= 0;
}

static void connections_axis(struct plot *plot) {
    size_t distinct;
    double *measured = plot_distinct_x(plot, &distinct);
    strcpy(plot->x.title, "Connections (log scale)");
    plot->x.log = true;
    /* if there is only one number of connections, the servers are placed side by side around it */
    double slack = distinct == 1 ? 2 : 1.15;
    plot->x.min = measured[0] / slack;
    plot->x.max = measured[distinct - 1] * slack;
    plot_tick_measured(&plot->x, measured, distinct);
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
    plot_note(plot, "only one number of connections: servers are placed side by side");
}

void plot_fill_throughput(const struct summary *report, struct plot *plot) {
    const struct summary_cell *first = plot_fullest_family(report, BUT_CONNECTIONS, is_capacity);
    if (!first) first = plot_fullest_family(report, BUT_CONNECTIONS, has_rate);
    plot->bands = true;
    strcpy(plot->columns, "connections; echoes/s: median, min, max of the slots");
    if (!first) {
        plot_note(plot, "no closed-loop cell has a usable slot");
        return;
    }
    double max = 0;
    size_t pair = 0, points = 0;
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct summary_cell *cell = &report->cells[i];
        if (cell->kind != LOAD_CLOSED || !summary_same_load(cell, first, BUT_CONNECTIONS)) continue;
        plot->invalid += cell->invalid;
        if (!has_rate(cell)) continue;
        size_t panel = plot_panel_of(plot, cell->result, 0);
        plot_add_point(plot_series_in(plot, panel, cell->server, cell),
                       plot_point_of(cell, cell->connections, &cell->figures[METRIC_THROUGHPUT]));
        if (cell->figures[METRIC_THROUGHPUT].max > max) max = cell->figures[METRIC_THROUGHPUT].max;
        pair += summary_cell_bound(cell) == BOUND_BOTH;
        points++;
    }
    plot_sort_points(plot);
    summary_load(plot->subtitle, sizeof plot->subtitle, first, SUMMARY_NO_CONNECTIONS);
    format_append(plot->subtitle, sizeof plot->subtitle, " \u00b7 median and range of the slots");
    connections_axis(plot);
    plot_axis_linear(&plot->y, max, 6);
    plot_axis_name(&plot->y, METRIC_THROUGHPUT);
    if (pair > 0)
        plot_note(plot,
                  "%zu of %zu points: server and load generator both at their limit, so the figure "
                  "describes the pair",
                  pair, points);
}

/* Orders bars by result, then by CPU per echo, the smallest first. */
static int by_y(const void *left, const void *right) {
    const struct summary_cell *a = *(const struct summary_cell *const *)left;
    const struct summary_cell *b = *(const struct summary_cell *const *)right;
    if (a->result != b->result) return a->result > b->result ? 1 : -1;
    return (a->figures[METRIC_CPU].median > b->figures[METRIC_CPU].median) -
           (a->figures[METRIC_CPU].median < b->figures[METRIC_CPU].median);
}

/* Returns the row of a server, counted from 1; it is the same in all panels. Adds a new row to
 * `names` if needed. */
static double row_of(struct plot *plot, const char **names, size_t *rows, const char *server) {
    size_t row = 0;
    while (row < *rows && strcmp(names[row], server) != 0) row++;
    if (row == *rows) {
        names[(*rows)++] = server;
        plot_add_tick(&plot->y, server, (double)row + 1);
    }
    return (double)row + 1;
}

static void add_bars(struct plot *plot, const struct summary_cell **cells, size_t count) {
    const char **names = calloc(count + 1, sizeof *names);
    MEMORY_CHECK(names);
    size_t rows = 0, unsplit = 0;
    double max = 0;
    for (size_t i = 0; i < count; i++) {
        const struct summary_cell *cell = cells[i];
        double row = row_of(plot, names, &rows, cell->server);
        struct plot_point point = plot_point_of(cell, row, &cell->figures[METRIC_CPU]);
        point.part = point.y * cell->cpu_user_share;
        if (!isfinite(point.part)) unsplit++;
        plot_add_point(plot_add_series(plot, cell), point);
        max = fmax(max, cell->figures[METRIC_CPU].max);
    }
    free(names);
    plot_axis_linear(&plot->x, max * 1.12, 6); /* space for the number at the end of a bar */
    plot->y.min = (double)rows + 0.6;
    plot->y.max = 0.4;
    if (unsplit > 0)
        plot_note(plot, "only pale colour: the system does not split user mode and kernel");
}

static bool has_cpu(const struct summary_cell *cell) {
    return cell->kind == LOAD_CLOSED && isfinite(cell->figures[METRIC_CPU].median);
}

void plot_fill_cpu(const struct summary *report, struct plot *plot) {
    const struct summary_cell *first = plot_best_load(report, has_cpu);
    const struct summary_cell **cells = calloc(report->cell_count + 1, sizeof *cells);
    MEMORY_CHECK(cells);
    size_t count = 0;
    for (size_t i = 0; first && i < report->cell_count; i++) {
        const struct summary_cell *cell = &report->cells[i];
        if (cell->load != first->load) continue;
        plot->invalid += cell->invalid;
        if (isfinite(cell->figures[METRIC_CPU].median)) cells[count++] = cell;
    }
    plot->bars = true;
    strcpy(plot->columns, "row; server CPU ns per echo: median, min, max of the slots");
    plot_axis_name(&plot->x, METRIC_CPU);
    format_append(plot->x.title, sizeof plot->x.title, " (ns): full colour user mode, pale kernel");
    if (count > 0) {
        qsort(cells, count, sizeof *cells, by_y);
        summary_load(plot->subtitle, sizeof plot->subtitle, first, SUMMARY_WHOLE);
        add_bars(plot, cells, count);
    } else {
        plot_note(plot, "no closed-loop cell has the server's CPU time");
    }
    free(cells);
}
