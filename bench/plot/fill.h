/* fill.h - the fill functions of the kinds of plots, and how they choose a load.
 * Invariant: a plot shows one load, or one family of loads, and only what usable slots measured at
 * it. */
#ifndef BENCH_PLOT_FILL_H
#define BENCH_PLOT_FILL_H

#include "bench/plot/plot.h"

void plot_fill_throughput(const struct summary *report, struct plot *plot);
void plot_fill_load(const struct summary *report, struct plot *plot);
void plot_fill_idle(const struct summary *report, struct plot *plot);
void plot_fill_percentiles(const struct summary *report, struct plot *plot);
void plot_fill_newcomers(const struct summary *report, struct plot *plot);
void plot_fill_cpu(const struct summary *report, struct plot *plot);
void plot_fill_series(const struct summary *report, struct plot *plot);
void plot_fill_order(const struct summary *report, struct plot *plot);

/* The first cell of the family of loads with most cells that count; NULL if none does. The loads of
 * a family are the same but for one field. */
const struct summary_cell *plot_fullest_family(const struct summary *report, enum scenario_but but,
                                               bool (*counts)(const struct summary_cell *cell));

/* A cell of the load that suits a plot of one load best, of cells that count: measured in more
 * results, then an open loop, then nothing beside the load, then most cells not saturated, then
 * nearer to half of the capacity and with more cells, then nearer to 50 connections; NULL if there
 * is none. */
const struct summary_cell *plot_best_load(const struct summary *report,
                                          bool (*counts)(const struct summary_cell *cell));

#endif
