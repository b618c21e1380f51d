/* kinds.c - the kinds of plots; see kinds.h.
 * Invariant: every series of a plot that is made lies in a panel that exists. */
#include "bench/plot/kinds.h"

#include "base/check.h"

#include "bench/plot/fill.h"

#include <stdio.h>

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
