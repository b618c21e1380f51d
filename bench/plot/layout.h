/* layout.h - axes, ticks and label positions.
 * Invariant: pure; same figures in, same layout out. */
#ifndef BENCH_PLOT_LAYOUT_H
#define BENCH_PLOT_LAYOUT_H

#include "bench/plot/plot.h"
#include "bench/result/metrics.h"

#include <stddef.h>

/* Sets an axis from 0 to a round number at or above `max`, in about so many steps with a tick each.
 */
void plot_axis_linear(struct plot_axis *axis, double max, int steps);

/* Sets a logarithmic axis around min..max (both above 0), ticks at 1, 10, ... or 1, 2, 5, 10, ...
 */
void plot_axis_log(struct plot_axis *axis, double min, double max);

/* Sets the title of an axis to the heading of a metric; a unit may be appended. */
void plot_axis_name(struct plot_axis *axis, enum metric metric);

/* Moves n positions (shares of a height) as little as possible, least squares, so that neighbours
 * are at least `gap` apart and all lie in 0..1, order kept. */
void plot_spread(double *positions, size_t n, double gap);

/* Appends a tick to an axis. */
void plot_add_tick(struct plot_axis *axis, const char *label, double value);

/* Where `value` lies on an axis, as a share of its length. */
double plot_axis_share(const struct plot_axis *axis, double value);

/* Labels an x axis where something was measured, dropping what would stand too close. */
void plot_tick_measured(struct plot_axis *axis, const double *measured, size_t count);

#endif
