/* gnuplot.h - gnuplot itself: its strings, and running it. */
#ifndef BENCH_PLOT_GNUPLOT_H
#define BENCH_PLOT_GNUPLOT_H

#include "bench/support/reason.h"

#include <stdbool.h>
#include <stddef.h>

/* Appends `text` as a string of gnuplot's, in quotes, to a NUL-terminated line; cut to fit. */
void plot_quote(char *line, size_t size, const char *text);

/* Runs gnuplot on KIND.gp in `folder`, which draws KIND.svg and KIND.png. Returns false with the
 * reason: gnuplot is missing, or its first line of complaint. */
bool plot_run(const char *kind, const char *folder, struct reason *reason);

#endif
