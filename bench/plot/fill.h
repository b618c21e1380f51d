/* fill.h - what the fill functions of the kinds of plots share, and these functions.
 * Invariant: a plot shows one load, or one family of loads, and only what usable slots measured at
 * it. */
#ifndef BENCH_PLOT_FILL_H
#define BENCH_PLOT_FILL_H

#include "base/format.h"
#include "bench/plot/plot.h"

void plot_fill_throughput(const struct summary *report, struct plot *plot);
void plot_fill_load(const struct summary *report, struct plot *plot);
void plot_fill_idle(const struct summary *report, struct plot *plot);
void plot_fill_percentiles(const struct summary *report, struct plot *plot);
void plot_fill_newcomers(const struct summary *report, struct plot *plot);
void plot_fill_cpu(const struct summary *report, struct plot *plot);
void plot_fill_series(const struct summary *report, struct plot *plot);
void plot_fill_order(const struct summary *report, struct plot *plot);

/* Sets up `count` columns' worth of panels, wrapped into rows; the parts of one stand below one
 * another. A kind that has parts gets them set up for it, a column per result. */
void plot_set_panels(struct plot *plot, size_t count, size_t parts);

/* Which panel shows a part of a result, or of whatever the columns are. */
size_t plot_panel_of(const struct plot *plot, size_t column, size_t part);

/* Appends an empty series in the first panel; valid until the next call. */
struct plot_series *plot_append_series(struct plot *plot);

/* Appends a series for `cell` (styled, named, in the panel of its result's first part, no points
 * yet); valid until the next call. */
struct plot_series *plot_add_series(struct plot *plot, const struct summary_cell *cell);

/* The series called `name` in `panel`, added in the style of `cell` where it is new; valid until
 * the next call. */
struct plot_series *plot_series_in(struct plot *plot, size_t panel, const char *name,
                                   const struct summary_cell *cell);

/* Appends a point to a series. */
void plot_add_point(struct plot_series *series, struct plot_point point);

/* The point of a cell at `x` for a metric of its slots: hollow if one of them is suspect. */
struct plot_point plot_point_of(const struct summary_cell *cell, double x,
                                const struct summary_span *span);

/* Sorts a plot's points by x, series by series. */
void plot_sort_points(struct plot *plot);

/* The different x of a plot's points, ascending; owned by the caller, *count of them. */
double *plot_distinct_x(const struct plot *plot, size_t *count);

/* Labels an x axis where something was measured, dropping what would stand too close. */
void plot_tick_measured(struct plot_axis *axis, const double *measured, size_t count);

/* Adds to a plot's notes, which middle dots join. */
void plot_note(struct plot *plot, const char *format, ...) FORMAT_PRINTF(2, 3);

/* ---- which load ---- */

/* Whether two cells' loads differ in nothing but one part, "c" of "c50" say. */
bool plot_same_family(const struct summary_cell *a, const struct summary_cell *b, const char *part);

/* The first cell of the family of loads with most cells that count; NULL if none does. */
const struct summary_cell *plot_fullest_family(const struct summary *report, const char *part,
                                              bool (*counts)(const struct summary_cell *cell));

/* A cell of the load that suits a plot of one load best, of cells that count: measured in more
 * results, then an open loop, then nothing beside the load, then most cells not saturated, then
 * nearer to half of the capacity and with more cells, then nearer to 50 connections; NULL if there
 * is none. */
const struct summary_cell *plot_best_load(const struct summary *report,
                                         bool (*counts)(const struct summary_cell *cell));

#endif
