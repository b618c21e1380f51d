/* fill_load.c - the plots of response time against load, and of idle connections.
 * Invariant: the points of a response time line are sorted by offered load. A percentile that lies
 * beyond all answers has no point, and the plot says so. */
#include "base/memory.h"

#include "bench/plot/fill.h"
#include "bench/plot/layout.h"
#include "bench/result/summary_words.h"
#include "bench/support/format.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IDLE_HEIGHT 176
#define MIB (1024.0 * 1024)

/* ---- load ---- */

static bool has_response(const struct summary_cell *cell) {
    return cell->kind == LOAD_OPEN && isfinite(cell->figures[METRIC_ANSWERED].median) &&
           isfinite(cell->figures[METRIC_P50].median) && isfinite(cell->offered_per_s);
}

static int by_offer(const void *left, const void *right) {
    const struct summary_cell *a = *(const struct summary_cell *const *)left;
    const struct summary_cell *b = *(const struct summary_cell *const *)right;
    if (a->result != b->result) return a->result > b->result ? 1 : -1;
    if (a->offered_per_s != b->offered_per_s) return a->offered_per_s > b->offered_per_s ? 1 : -1;
    return (a > b) - (a < b);
}

/* The cells of the family of `first` in all results, sorted; owned by the caller. Counts invalid
 * slots into the plot, and notes the points that it cannot have. */
static const struct summary_cell **cells_like(const struct summary *report,
                                              const struct summary_cell *first, size_t *count,
                                              struct plot *plot) {
    const struct summary_cell **cells = calloc(report->cell_count + 1, sizeof *cells);
    MEMORY_CHECK(cells);
    size_t beyond = 0;
    *count = 0;
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct summary_cell *cell = &report->cells[i];
        if (cell->kind != LOAD_OPEN || !summary_same_load(cell, first, BUT_RATE)) continue;
        plot->invalid += cell->invalid;
        if (cell->places[METRIC_P50] != HIST_COUNTED) beyond++;
        if (cell->places[METRIC_P99] != HIST_COUNTED) beyond++;
        if (has_response(cell)) cells[(*count)++] = cell;
    }
    if (beyond > 0)
        plot_note(plot, "%zu points are missing: they lie beyond 60 s or got no answer", beyond);
    qsort(cells, *count, sizeof *cells, by_offer);
    return cells;
}

static void add_response(struct plot *plot, const struct summary_cell *cell, enum metric metric,
                         double unit_ns) {
    char name[96];
    double ns = cell->figures[metric].median;
    if (!isfinite(ns)) return;
    snprintf(name, sizeof name, "%.80s %s", cell->server, metrics[metric].title);
    size_t panel = plot_panel_of(plot, cell->result, 0);
    struct plot_series *series = plot_series_in(plot, panel, name, cell);
    strcpy(series->style.dash, metric == METRIC_P50 ? "solid" : "(9,5)");
    bool hollow = cell->suspect > 0 || cell->saturated;
    plot_add_point(series,
                   (struct plot_point){cell->figures[METRIC_ANSWERED].median, fmax(ns, 1) / unit_ns,
                                       NAN, NAN, NAN, hollow ? MARKER_HOLLOW : MARKER_FILLED});
}

void plot_fill_load(const struct summary *report, struct plot *plot) {
    const struct summary_cell *first = plot_fullest_family(report, BUT_RATE, has_response);
    size_t count = 0;
    const struct summary_cell **cells = first ? cells_like(report, first, &count, plot) : NULL;
    bool several = false;
    for (size_t i = 1; i < count; i++)
        several = several || (cells[i]->result == cells[i - 1]->result &&
                              cells[i]->offered_per_s > cells[i - 1]->offered_per_s);
    if (!several) {
        plot_note(plot, "no open loop with two rates or more");
        free(cells);
        return;
    }
    double x_max = 0, min = INFINITY, max = 0;
    for (size_t i = 0; i < count; i++) {
        x_max = fmax(x_max, cells[i]->figures[METRIC_ANSWERED].median);
        min = fmin(min, fmax(cells[i]->figures[METRIC_P50].median, 1));
        max = fmax(
            max, fmax(cells[i]->figures[METRIC_P50].median, cells[i]->figures[METRIC_P99].median));
        plot->saturated = plot->saturated || cells[i]->saturated;
    }
    bool milliseconds = max >= 1e6;
    double unit_ns = milliseconds ? 1e6 : 1e3;
    for (size_t i = 0; i < count; i++) {
        add_response(plot, cells[i], METRIC_P50, unit_ns);
        add_response(plot, cells[i], METRIC_P99, unit_ns);
    }
    summary_load(plot->subtitle, sizeof plot->subtitle, first, SUMMARY_NO_RATE);
    format_append(plot->subtitle, sizeof plot->subtitle,
                  " \u00b7 solid: median, dashed: 99th percentile");
    plot_axis_linear(&plot->x, x_max, 6);
    strcpy(plot->x.title, "Achieved load (echoes per second)");
    plot_axis_log(&plot->y, min / unit_ns, max / unit_ns);
    snprintf(plot->y.title, sizeof plot->y.title, "Response time from intended send (%s, log)",
             milliseconds ? "ms" : "\u00b5s");
    snprintf(plot->columns, sizeof plot->columns,
             "achieved echoes/s, median of the slots; response time in %s over all usable slots; "
             "not used; not used",
             milliseconds ? "ms" : "us");
    plot->leaders = true;
    free(cells);
}

/* ---- idle ---- */

static bool is_crowded(const struct summary_cell *cell) {
    return cell->idle > 0 && isfinite(cell->figures[METRIC_THROUGHPUT].median);
}

/* Sets a logarithmic axis, because suites multiply the number of idle connections. 0 is placed one
 * step to the left of the smallest number. */
static void idle_axis(struct plot *plot, double least, double most) {
    plot->x.log = true;
    plot->x.zero_at = least / fmax(pow(most / least, 0.16), 2);
    plot->x.min = plot->x.zero_at / 1.1;
    plot->x.max = most * 1.1;
    strcpy(plot->x.title, "Idle connections (log scale; 0 at the left)");
}

static void tick_idle(struct plot *plot) {
    size_t count;
    double *xs = plot_distinct_x(plot, &count);
    bool from_zero = count > 0 && xs[0] <= plot->x.zero_at;
    plot_tick_measured(&plot->x, xs + from_zero, count - from_zero);
    if (from_zero) plot_add_tick(&plot->x, "0", plot->x.zero_at);
    free(xs);
}

/* The metrics of the three charts, from the top down. */
static const enum metric idle_parts[] = {METRIC_THROUGHPUT, METRIC_PER_CPU, METRIC_MEMORY};

static void set_idle_y(struct plot *plot, size_t part, double min, double max) {
    struct plot_axis y = {0};
    bool wide = part == 2 && min > 0 && max / min > 20;
    if (wide)
        plot_axis_log(&y, min, max);
    else
        plot_axis_linear(&y, max, 4);
    plot_axis_name(&y, idle_parts[part]);
    format_append(y.title, sizeof y.title, "%s%s",
                  idle_parts[part] == METRIC_MEMORY ? " (MiB)" : "", wide ? ", log" : "");
    for (size_t i = 0; i < plot->panel_count; i++) {
        if (plot->panels[i].part != part) continue;
        plot->panels[i].y = y;
        plot->panels[i].height = IDLE_HEIGHT;
    }
}

void plot_fill_idle(const struct summary *report, struct plot *plot) {
    const struct summary_cell *first = plot_fullest_family(report, BUT_IDLE, is_crowded);
    if (!first) {
        plot_note(plot, "no cell has idle connections");
        return;
    }
    double least = INFINITY, most = 0, low[3] = {INFINITY, INFINITY, INFINITY}, high[3] = {0};
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct summary_cell *cell = &report->cells[i];
        if (!is_crowded(cell) || !summary_same_load(cell, first, BUT_IDLE)) continue;
        least = fmin(least, cell->idle);
        most = fmax(most, cell->idle);
    }
    idle_axis(plot, least, most);
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct summary_cell *cell = &report->cells[i];
        if (!summary_same_load(cell, first, BUT_IDLE)) continue;
        plot->invalid += cell->invalid;
        for (size_t part = 0; part < 3; part++) {
            struct summary_span span = cell->figures[idle_parts[part]];
            if (!isfinite(span.median)) continue;
            double unit = idle_parts[part] == METRIC_MEMORY ? MIB : 1;
            span = (struct summary_span){span.median / unit, span.min / unit, span.max / unit};
            low[part] = fmin(low[part], span.min);
            high[part] = fmax(high[part], span.max);
            size_t panel = plot_panel_of(plot, cell->result, part);
            plot_add_point(
                plot_series_in(plot, panel, cell->server, cell),
                plot_point_of(cell, cell->idle > 0 ? cell->idle : plot->x.zero_at, &span));
        }
    }
    plot_sort_points(plot);
    tick_idle(plot);
    for (size_t part = 0; part < 3; part++) set_idle_y(plot, part, low[part], high[part]);
    summary_load(plot->subtitle, sizeof plot->subtitle, first, SUMMARY_NO_IDLE);
    format_append(plot->subtitle, sizeof plot->subtitle, " \u00b7 median and range of the slots");
    strcpy(plot->columns, "idle connections (a value left of the others means 0); echoes/s, echoes "
                          "per CPU second or MiB: median, min, max of the slots");
    plot->bands = plot->leaders = plot->says_reach = true;
}
