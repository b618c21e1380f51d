/* kinds.h - the kinds of plots that are drawn from results. */
#ifndef BENCH_PLOT_KINDS_H
#define BENCH_PLOT_KINDS_H

#include "bench/plot/plot.h"
#include "bench/result/summary.h"

#include <stddef.h>

/* A kind of plot. To add one: a row in plot_kinds, its fill function, and its template. */
struct plot_kind {
    const char *name;     /* "throughput"; its files carry it */
    const char *template; /* of plot/ */
    const char *heading;  /* in the report */
    const char *note;     /* how to read it, in a sentence or two */
    size_t parts;         /* figures below one another; 0: the fill function sets panels up */
    /* Fills `plot` (zeroed but for kind and panels); leaves count 0, and says why in notes, when
     * the results have nothing for it. */
    void (*fill)(const struct summary *report, struct plot *plot);
};
extern const struct plot_kind plot_kinds[]; /* ended by name NULL */

/* Fills `plot` as `kind` draws `report`. The report has to live as long as the plot. */
void plot_make(struct plot *plot, const struct plot_kind *kind, const struct summary *report);

#endif
