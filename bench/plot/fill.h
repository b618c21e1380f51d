/* fill.h - the functions that fill plots with data, and the choice of the load to plot.
 * Invariant: a plot shows one load or one family of loads, and only figures of usable slots. */
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

/* The first cell of the family of loads that has the most cells for which counts() is true; NULL if
 * there are none. The loads of a family differ only in the field `but`. */
const struct summary_cell *plot_fullest_family(const struct summary *report, enum scenario_but but,
                                               bool (*counts)(const struct summary_cell *cell));

/* A cell of the load that is best for a plot of a single load, among cells for which counts() is
 * true; NULL if there are none. The criteria in order: measured in the most results; an open loop;
 * no idle connections and newcomers; most cells not saturated; close to half of the capacity and
 * many cells; close to 50 connections. */
const struct summary_cell *plot_best_load(const struct summary *report,
                                          bool (*counts)(const struct summary_cell *cell));

#endif
