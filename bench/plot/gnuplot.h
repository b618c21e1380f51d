/* gnuplot.h - quotes strings for gnuplot and runs it. */
#ifndef BENCH_PLOT_GNUPLOT_H
#define BENCH_PLOT_GNUPLOT_H

#include "bench/support/reason.h"

#include <stdbool.h>
#include <stddef.h>

/* Appends `text` to a NUL-terminated line as a quoted gnuplot string; cuts the text to fit. */
void plot_quote(char *line, size_t size, const char *text);

enum plot_outcome {
    PLOT_DRAWN,
    PLOT_FAILED,  /* another plot may succeed */
    PLOT_HOPELESS /* gnuplot is not installed or does not end: another plot would fail, too */
};

/* Runs gnuplot on KIND.gp in `folder`, which draws KIND.FORMAT; `format` is "svg" or "png". After
 * a failure there is no such file, and `reason` is set. */
enum plot_outcome plot_run(const char *kind, const char *folder, const char *format,
                           struct reason *reason);

#endif
