/* write.h - writes the data file and the gnuplot script of a plot.
 * Invariant: the script runs without iobench; it reads only the data file in its own folder. */
#ifndef BENCH_PLOT_WRITE_H
#define BENCH_PLOT_WRITE_H

#include "bench/plot/plot.h"
#include "bench/support/reason.h"

#include <stdbool.h>

/* Places the labels and writes KIND.dat and KIND.gp into `folder`. The plot must have a series.
 * `templates` is the directory of the templates. Returns false and sets `reason` on failure. */
bool plot_write(struct plot *plot, const struct summary *report, const char *templates,
                const char *folder, struct reason *reason);

#endif
