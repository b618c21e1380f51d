/* style.h - colour, dash and marker of each server, the same on every plot and system. */
#ifndef BENCH_PLOT_STYLE_H
#define BENCH_PLOT_STYLE_H

#include "bench/support/reason.h"

#include <stdbool.h>

struct plot_style {
    char colour[8]; /* "#0072B2" */
    char dash[16];  /* gnuplot dash type: "solid", "(8,3)" */
    int marker;     /* gnuplot point type, filled; the hollow type is one less */
};

/* Reads the styles of models from palette.txt in the directory `templates`. Returns false and sets
 * `reason` on failure. Without a palette, and for models that it lacks, styles are derived from the
 * name. */
bool plot_style_load(const char *templates, struct reason *reason);

/* The style of a server. A server with options ("epoll:trigger=edge") has the colour of its model,
 * but another dash and marker. */
struct plot_style plot_style_of(const char *model, const char *server);

#endif
