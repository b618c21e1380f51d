/* kinds.h - the kinds of plots that are drawn from results. */
#ifndef BENCH_PLOT_KINDS_H
#define BENCH_PLOT_KINDS_H

#include "bench/plot/plot.h"
#include "bench/result/summary.h"

#include <stddef.h>

/* A kind of plot. A new kind needs a row in plot_kinds, a fill function and a template. */
struct plot_kind {
    const char *name;     /* "throughput"; also the name of its files */
    const char *template; /* name of the template in plot/ */
    const char *heading;  /* title */
    const char *note;     /* how to read it; shown below the plot in the report */
    size_t parts;         /* charts on top of each other; 0: the fill function sets up the panels */
    /* Fills `plot`, in which only kind, title and panels are set. If the results have no data for
     * it, leaves count 0 and puts the reason into notes. */
    void (*fill)(const struct summary *report, struct plot *plot);
};
extern const struct plot_kind plot_kinds[]; /* the last entry has the name NULL */

/* Fills `plot` with the data of `report`, which must outlive the plot. The caller frees the plot
 * with plot_free. */
void plot_make(struct plot *plot, const struct plot_kind *kind, const struct summary *report);

#endif
