/* plot.c - the kinds of plots, and the series and points that they are made of.
 * Invariant: every series lies in a panel that exists; points are in ascending x. */
#include "bench/plot.h"

#include "base/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct plot_kind plot_kinds[] = {
    {"throughput", "Throughput against connections",
     "Each line is the median of a server's slots, the band their minimum to maximum. The load is "
     "a closed loop: every connection sends its next message when the echo of the last has come.",
     plot_fill_throughput},
    {"percentiles", "Response time by percentile",
     "Read it from the right: 99 % means that one echo in a hundred took longer. A line ends where "
     "fewer than ten echoes lie beyond.",
     plot_fill_percentiles},
    {"cpu", "Server CPU per echo",
     "What an echo costs the server: full colour in user mode, pale in the kernel. The thin line "
     "spans the slots. The total is exact; the split is as coarse as the system's accounting.",
     plot_fill_cpu},
    {NULL, NULL, NULL, NULL},
};

struct plot_series *plot_add_series(struct plot *plot, const struct report_cell *cell) {
    struct plot_series *grown = realloc(plot->series, (plot->count + 1) * sizeof *grown);
    CHECK(grown != NULL);
    plot->series = grown;
    struct plot_series *series = &grown[plot->count++];
    *series = (struct plot_series){.panel = cell->result,
                                   .style = plot_style_of(cell->model, cell->server)};
    snprintf(series->name, sizeof series->name, "%s", cell->server);
    return series;
}

void plot_add_point(struct plot_series *series, struct plot_point point) {
    CHECK(isfinite(point.x) && isfinite(point.y));
    struct plot_point *grown = realloc(series->points, (series->count + 1) * sizeof *grown);
    CHECK(grown != NULL);
    series->points = grown;
    grown[series->count++] = point;
}

struct plot_point plot_point_of(const struct report_cell *cell, double x,
                                const struct report_span *span) {
    return (struct plot_point){x,         span->median, span->min,
                               span->max, NAN,          cell->suspect > 0 ? 2 : 1};
}

void plot_make(struct plot *plot, const struct plot_kind *kind, const struct report *report) {
    *plot = (struct plot){.kind = kind->name, .panels = report->result_count};
    plot->panel_titles = calloc(report->result_count + 1, sizeof *plot->panel_titles);
    CHECK(plot->panel_titles != NULL);
    for (size_t i = 0; i < report->result_count; i++)
        plot->panel_titles[i] = report->results[i].label;
    snprintf(plot->title, sizeof plot->title, "%s", kind->heading);
    kind->fill(report, plot);
    for (size_t i = 0; i < plot->count; i++)
        CHECK(plot->series[i].panel < plot->panels && plot->series[i].count > 0);
}

void plot_free(struct plot *plot) {
    for (size_t i = 0; i < plot->count; i++) free(plot->series[i].points);
    free(plot->series);
    free(plot->panel_titles);
    *plot = (struct plot){0};
}
