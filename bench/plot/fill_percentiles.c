/* fill_percentiles.c - the plots of response time by percentile, for echoes and for newcomers.
 * Invariant: a line ends where fewer than ten messages are larger, and before the first message
 * without a counted value. */
#include "base/memory.h"

#include "bench/plot/fill.h"
#include "bench/plot/layout.h"
#include "bench/result/summary_words.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PERCENTILE_START (1 / 0.9) /* 1/(1-p) of the 10th percentile */

static void add_quantile(struct plot_series *series, const struct hist *h, double x,
                         enum plot_marker marker, double unit_ns) {
    double y =
        fmax((double)hist_quantile(h, 1 - 1 / x), 1) / unit_ns; /* above 0 for the log axis */
    plot_add_point(series, (struct plot_point){x, y, NAN, NAN, NAN, marker});
}

/* Whether the quantile at `x` has a time. */
static bool is_counted(const struct hist *h, double x) {
    return hist_place(h, 1 - 1 / x) == HIST_COUNTED;
}

/* Adds the curve of a histogram, from the 10th percentile to where ten messages are larger or got
 * no answer. It has 20 points per decade of 1/(1-p), and markers at the labelled percentiles. */
static void add_curve(struct plot_series *series, const struct hist *h, enum plot_marker marker,
                      double unit_ns) {
    const double last = fmax((double)hist_messages(h) / HIST_BEYOND, 1.25) * (1 + 1e-9);
    add_quantile(series, h, PERCENTILE_START, MARKER_NONE, unit_ns);
    for (int i = 2; i < 200 && pow(10, i / 20.0) <= last; i++) {
        if (!is_counted(h, pow(10, i / 20.0))) break;
        add_quantile(series, h, pow(10, i / 20.0), i % 20 == 0 ? marker : MARKER_NONE, unit_ns);
        if (i == 6 && last >= 2 && is_counted(h, 2)) add_quantile(series, h, 2, marker, unit_ns);
    }
}

static void set_axes(struct plot *plot) {
    double min = INFINITY, max = 0, x_max = 10;
    for (size_t i = 0; i < plot->count; i++)
        for (size_t k = 0; k < plot->series[i].count; k++) {
            const struct plot_point *point = &plot->series[i].points[k];
            min = fmin(min, point->y);
            max = fmax(max, point->y);
            x_max = fmax(x_max, point->x);
        }
    plot_axis_log(&plot->y, min, max);
    plot->leaders = true;
    plot->x.log = true;
    plot->x.min = PERCENTILE_START;
    plot->x.max = x_max * 1.02;
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

/* Adds the curves of the histogram `of` ("latency" or "newcomers") for all cells with the load of
 * `first`. `what` is the name of the measured time. */
static void add_curves(const struct summary *report, struct plot *plot,
                       const struct summary_cell *first, const char *of, const char *what) {
    bool latency = strcmp(of, "latency") == 0;
    bool milliseconds = first->figures[latency ? METRIC_P50 : METRIC_NEWCOMERS_P50].median >= 1e6 ||
                        first->figures[latency ? METRIC_P99 : METRIC_NEWCOMERS_P99].median >= 1e6;
    struct hist *merged = malloc(sizeof *merged);
    MEMORY_CHECK(merged);
    bool lost = false; /* some messages have no counted value */
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct summary_cell *cell = &report->cells[i];
        if (cell->load != first->load) continue;
        plot->invalid += cell->invalid;
        summary_cell_hist(cell, of, merged);
        lost = lost || merged->overflow + merged->unanswered > 0;
        if (merged->count == 0 || !is_counted(merged, PERCENTILE_START)) continue;
        add_curve(plot_add_series(plot, cell), merged,
                  cell->suspect > 0 ? MARKER_HOLLOW : MARKER_FILLED, milliseconds ? 1e6 : 1e3);
    }
    free(merged);
    if (lost) plot_note(plot, "lines end where answers took more than 60 s or never came");
    summary_load(plot->subtitle, sizeof plot->subtitle, first, SUMMARY_WHOLE);
    set_axes(plot);
    snprintf(plot->y.title, sizeof plot->y.title, "%s (%s, log scale)", what,
             milliseconds ? "ms" : "\u00b5s");
    snprintf(plot->columns, sizeof plot->columns,
             "1/(1-p); time in %s at percentile p over all usable slots; not used; not used",
             milliseconds ? "ms" : "us");
}

static bool has_latency(const struct summary_cell *cell) {
    return cell->kind != LOAD_CHURN && isfinite(cell->figures[METRIC_P50].median);
}

static bool has_newcomers(const struct summary_cell *cell) {
    return cell->kind != LOAD_CHURN && isfinite(cell->figures[METRIC_NEWCOMERS_P50].median);
}

static bool has_churn(const struct summary_cell *cell) {
    return cell->kind == LOAD_CHURN && isfinite(cell->figures[METRIC_NEWCOMERS_P50].median);
}

void plot_fill_percentiles(const struct summary *report, struct plot *plot) {
    const struct summary_cell *first = plot_best_load(report, has_latency);
    if (!first) {
        plot_note(plot, "no cell has a latency histogram");
        return;
    }
    bool intended = first->basis && strcmp(first->basis, "intended") == 0;
    strcpy(plot->x.title, "Share of echoes answered within that time (percentile, 1/(1\u2212p))");
    add_curves(report, plot, first, "latency",
               intended ? "Response time from intended send" : "Service time");
    if (first->kind == LOAD_OPEN) return;
    strcpy(plot->title, "Service time by percentile");
    plot_note(plot, "closed loop: service time, not the response time under a given load");
}

void plot_fill_newcomers(const struct summary *report, struct plot *plot) {
    const struct summary_cell *first = plot_best_load(report, has_newcomers);
    if (!first) first = plot_best_load(report, has_churn);
    if (!first) {
        plot_note(plot, "no cell has newcomers");
        return;
    }
    strcpy(plot->x.title,
           "Share of new connections served within that time (percentile, 1/(1\u2212p))");
    add_curves(report, plot, first, "newcomers", "Time from scheduled start to first echo");
}
