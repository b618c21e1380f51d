/* page.h - the layout of a plot's page: size, panels and footer. Pure functions.
 * Invariant: the panels of a row have the same width and height. */
#ifndef BENCH_PLOT_PAGE_H
#define BENCH_PLOT_PAGE_H

#include "bench/plot/plot.h"

enum {
    PLOT_FOOTER_MAX = 24,   /* lines */
    PLOT_FOOTER_SIZE = 320, /* bytes per line */
};

/* Coordinates are pixels of the SVG from the top left; the PNG has twice the resolution. */
struct plot_page {
    int width, height;
    struct plot_box *boxes;                         /* drawing area of each panel; owned */
    char footer[PLOT_FOOTER_MAX][PLOT_FOOTER_SIZE]; /* grey lines at the bottom */
    size_t footer_lines;
};

struct plot_box {
    int left, top, right, bottom; /* edges of the drawing area */
    bool names_y;                 /* show title and tick labels of the y axis */
};

/* Lays out a plot. The caller frees page->boxes. */
void plot_lay_out(struct plot_page *page, const struct plot *plot, const struct summary *report);

/* Places the label of each series at the end of its line, or, with plot->legend, from the top down.
 */
void plot_place_labels(struct plot *plot, const struct plot_page *page);

/* Writes the label of a series. */
void plot_name_series(char *text, size_t size, const struct plot *plot,
                      const struct plot_series *series);

/* Whether a line ends well before the others, so that its label contains its last x. */
bool plot_ends_early(const struct plot *plot, const struct plot_series *series);

#endif
