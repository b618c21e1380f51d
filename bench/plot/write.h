/* write.h - the files of a plot.
 * Invariant: KIND.dat and KIND.gp are written, gnuplot or not; the script is complete, names only
 * files beside it, and needs no iobench to run again. */
#ifndef BENCH_PLOT_WRITE_H
#define BENCH_PLOT_WRITE_H

#include "bench/plot/plot.h"
#include "bench/support/reason.h"

#include <stdbool.h>

/* Places the labels and writes KIND.dat and KIND.gp into `folder`; plot->count > 0. Returns false
 * with the reason. */
bool plot_write(struct plot *plot, const struct summary *report, const char *templates,
                const char *folder, struct reason *reason);

#endif
