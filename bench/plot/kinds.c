/* kinds.c - the kinds of plots; see kinds.h. */
#include "bench/plot/kinds.h"

#include "base/check.h"

#include "bench/plot/fill.h"

#include <stdio.h>

const struct plot_kind plot_kinds[] = {
    {"throughput", "lines", "Throughput against connections",
     "A line shows the median of a server's slots, a band the range from minimum to maximum. The "
     "load is a closed loop: each connection sends its next message after it received the last "
     "echo.",
     1, plot_fill_throughput},
    {"load", "lines", "Response time against load",
     "How long users wait as the load grows. Solid lines show the median, dashed lines the 99th "
     "percentile. A server has reached its capacity where its line turns upwards and no longer "
     "moves to the right.",
     1, plot_fill_load},
    {"percentiles", "lines", "Response time by percentile",
     "At 99 %, one echo in a hundred took longer than the line shows. A line ends where fewer than "
     "ten echoes took longer.",
     1, plot_fill_percentiles},
    {"cpu", "cpu", "Server CPU per echo",
     "The CPU time that the server needs for an echo: full colour in user mode, pale colour in the "
     "kernel. The thin line shows the range of the slots. The total is exact; the split has only "
     "the resolution of the operating system's accounting.",
     1, plot_fill_cpu},
    {"idle", "lines", "The price of idle connections",
     "The same load with a growing number of idle connections. A model that passes all its "
     "descriptors to each wait call pays for every idle connection.",
     3, plot_fill_idle},
    {"newcomers", "lines", "Time to a newcomer's first echo",
     "Time from the scheduled start of a new connection to its first complete echo. At 99 %, one "
     "newcomer in a hundred waited longer.",
     1, plot_fill_newcomers},
    {"series", "series", "Throughput and latency within the window",
     "Throughput and latency over time, one column per server. The bold line is the server's first "
     "slot, pale lines are its other slots, dots show the longest latency of each step. In a good "
     "measurement the lines are flat.",
     0, plot_fill_series},
    {"order", "order", "Slots in the order of their run",
     "Each slot relative to the median of its cell. If points of all colours move together, the "
     "cause is the machine or other work on it, not the servers.",
     2, plot_fill_order},
    {NULL, NULL, NULL, NULL, 0, NULL},
};

/* Insertion sort, because it is stable: series of a panel keep their order. */
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
