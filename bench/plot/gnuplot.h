/* gnuplot.h - quotes strings for gnuplot and runs it. */
#ifndef BENCH_PLOT_GNUPLOT_H
#define BENCH_PLOT_GNUPLOT_H

#include "bench/support/reason.h"

#include <stdbool.h>
#include <stddef.h>

/* Appends `text` to a NUL-terminated line as a quoted gnuplot string; cuts the text to fit. In
 * single quotes, gnuplot 5.4 does not understand an apostrophe at the start; in double quotes it
 * runs what stands between grave accents, so they are written as numbers. */
void plot_quote(char *line, size_t size, const char *text);

/* The same for a text that is drawn, as opposed to a path: cleans it, and writes "]]>" as "]] >",
 * because gnuplot copies it into an SVG file, where XML forbids it. */
void plot_quote_text(char *line, size_t size, const char *text);

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
