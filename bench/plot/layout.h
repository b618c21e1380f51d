/* layout.h - axes, ticks and positions of labels. Pure functions. */
#ifndef BENCH_PLOT_LAYOUT_H
#define BENCH_PLOT_LAYOUT_H

#include "bench/plot/plot.h"
#include "bench/result/metrics.h"

#include <stddef.h>

/* Sets a linear axis from 0 to a round number of at least `max`, with about `steps` ticks. */
void plot_axis_linear(struct plot_axis *axis, double max, int steps);

/* Sets a logarithmic axis around min..max, both above 0. The ticks are at 1, 2, 5, 10 and so on; if
 * the range is wide, at 1, 10, 100. */
void plot_axis_log(struct plot_axis *axis, double min, double max);

/* Sets the title of an axis to the heading of a metric, which has no unit. */
void plot_axis_name(struct plot_axis *axis, enum metric metric);

/* Moves n positions (0..1, shares of a height) so that neighbours are at least `gap` apart and all
 * stay within 0..1. Keeps their order and minimises the sum of squared moves. */
void plot_spread(double *positions, size_t n, double gap);

void plot_add_tick(struct plot_axis *axis, const char *label, double value);

/* Position of `value` on an axis, as a share of its length. */
double plot_axis_share(const struct plot_axis *axis, double value);

/* Sets ticks of an x axis at the measured values; leaves out those too close to the last one. */
void plot_tick_measured(struct plot_axis *axis, const double *measured, size_t count);

#endif
