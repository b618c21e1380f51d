/* page.h - where everything stands on a plot's page.
 * Invariant: pure; panels of one row are equally high and wide. */
#ifndef BENCH_PLOT_PAGE_H
#define BENCH_PLOT_PAGE_H

#include "bench/plot/plot.h"

enum {
    PLOT_FOOTER_MAX = 24,   /* lines */
    PLOT_FOOTER_SIZE = 320, /* bytes of one */
};

/* Pixels of the SVG from the top left; the PNG has twice as many. */
struct plot_page {
    int width, height;                              /* of the page */
    struct plot_box *boxes;                         /* drawn areas, one per panel; owned */
    char footer[PLOT_FOOTER_MAX][PLOT_FOOTER_SIZE]; /* lines in grey at the bottom */
    size_t footer_lines;                            /* how many */
};

struct plot_box {
    int left, top, right, bottom; /* edges of the drawn area */
    bool names_y;                 /* the title and labels of y stand beside it */
};

/* Lays out a plot; the page's boxes are the caller's to free. */
void plot_lay_out(struct plot_page *page, const struct plot *plot, const struct summary *report);

/* Stands the labels of each panel's series beside the ends of their lines, or from the top down. */
void plot_place_labels(struct plot *plot, const struct plot_page *page);

/* What stands beside a series. */
void plot_name_series(char *text, size_t size, const struct plot *plot,
                      const struct plot_series *series);

/* Whether a line ends well before the others: its name then says where. */
bool plot_ends_early(const struct plot *plot, const struct plot_series *series);

#endif
