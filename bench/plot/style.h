/* style.h - how servers look: one colour per model on every plot and system. */
#ifndef BENCH_PLOT_STYLE_H
#define BENCH_PLOT_STYLE_H

#include "bench/support/reason.h"

#include <stdbool.h>

/* How a server is drawn, the same on every plot and system. */
struct plot_style {
    char colour[8]; /* "#0072B2" */
    char dash[16];  /* gnuplot's dash type: "solid", "(8,3)" */
    int marker;     /* gnuplot's point type when filled; the hollow one is one less */
};

/* Reads the styles from templates/palette.txt; before that, and for unknown models, styles are
 * derived from the name. Returns false with the reason. */
bool plot_style_load(const char *templates, struct reason *reason);

/* The style of a server; with options ("epoll:trigger=edge") it keeps its model's colour. */
struct plot_style plot_style_of(const char *model, const char *server);

#endif
