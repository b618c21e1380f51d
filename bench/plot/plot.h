/* plot.h - what a plot is, and how it is built; kinds.h lists the plots there are.
 * Invariant: series stand in the order of their panels, and each has points. */
#ifndef BENCH_PLOT_PLOT_H
#define BENCH_PLOT_PLOT_H

#include "base/format.h"

#include "bench/plot/style.h"
#include "bench/result/summary.h"

#include <stdbool.h>
#include <stddef.h>

/* Its values stand in data files and templates. */
enum plot_marker {
    MARKER_NONE,
    MARKER_FILLED,
    MARKER_HOLLOW, /* a slot behind it is suspect, or was saturated */
    MARKER_CROSS,  /* a slot that gave no figure, at the edge */
};

struct plot_point {
    double x, y;      /* median; never NAN */
    double low, high; /* over the slots; NAN draws nothing */
    double part;      /* what of y is drawn in full colour (CPU: user mode); NAN if unknown */
    enum plot_marker marker; /* how far it is to be believed */
};

/* One line or bar: a server in a result. */
struct plot_series {
    char name[96];             /* what it is; direct label */
    char note[32];             /* what else is said of it, where the template has room; or empty */
    size_t panel;              /* panel it is in */
    struct plot_style style;   /* how it looks */
    bool unnamed;              /* its name does not stand beside its end */
    bool pale;                 /* in the background */
    struct plot_point *points; /* in the order in which a line joins them; owned */
    size_t count;              /* how many */
    double label_y;            /* where its label stands: a share of the panel's height, 0..1 */
};

struct plot_axis {
    char title[96];   /* with its unit */
    double min, max;  /* what is shown */
    bool log;         /* logarithmic */
    double zero_at;   /* of a logarithmic one: where 0 stands; 0 if nowhere */
    char ticks[2048]; /* gnuplot's list: 'label' position, ... */
};

/* A drawn area with its own y. Panels stand in rows of plot.page_columns. */
struct plot_panel {
    char title[160];    /* above it, or empty */
    struct plot_axis y; /* that of the plot where it has no ticks */
    size_t part;        /* which of the figures that a plot shows one below the other */
    int height;         /* in pixels; 0: the usual */
    bool x_hidden;      /* its x stands below a panel further down */
    bool blank;         /* nothing there, only its place */
};

struct plot {
    const char *kind;           /* names its files */
    const char *template;       /* of plot/, what is drawn inside a panel */
    char title[128];            /* what is shown */
    char subtitle[256];         /* of which load */
    char columns[256];          /* what the data columns are, with units */
    struct plot_axis x, y;      /* shared by all panels */
    struct plot_panel *panels;  /* row by row; owned */
    size_t panel_count;         /* how many */
    size_t page_columns;        /* panels in a row */
    size_t parts;               /* figures below one another, per result */
    struct plot_series *series; /* ordered by panel; owned */
    size_t count;               /* how many; 0: there is nothing to plot */
    bool bars;                  /* horizontal bars: a panel's height follows their number */
    int bar_height;             /* of each, in pixels; 0: the usual */
    int bar_room;               /* to their right, in pixels; 0: the usual */
    bool grid;                  /* narrow panels, y told at the left, names above */
    bool bands;                 /* from the smallest slot to the largest */
    bool leaders;               /* thin lines lead from the ends to the names */
    bool legend;                /* names stand from the top down, not at the ends */
    bool says_reach;            /* a line that ends early says at which x, beside its name */
    bool saturated;             /* a hollow point may mean that */
    char notes[512];            /* about this plot's points, for the footer */
    size_t invalid;             /* slots left out of it */
};

/* ---- building one ---- */

/* Sets up `count` columns' worth of panels, wrapped into rows; the parts of one stand below one
 * another. A kind that has parts gets them set up for it, a column per result. */
void plot_set_panels(struct plot *plot, size_t count, size_t parts);

/* Which panel shows a part of a result, or of whatever the columns are. */
size_t plot_panel_of(const struct plot *plot, size_t column, size_t part);

/* Appends an empty series in the first panel; valid until the next call. */
struct plot_series *plot_append_series(struct plot *plot);

/* Appends a series for `cell` (styled, named, in the panel of its result's first part, no points
 * yet); valid until the next call. */
struct plot_series *plot_add_series(struct plot *plot, const struct summary_cell *cell);

/* The series called `name` in `panel`, added in the style of `cell` where it is new; valid until
 * the next call. */
struct plot_series *plot_series_in(struct plot *plot, size_t panel, const char *name,
                                   const struct summary_cell *cell);

/* Appends a point to a series. */
void plot_add_point(struct plot_series *series, struct plot_point point);

/* The point of a cell at `x` for a metric of its slots: hollow if one of them is suspect. */
struct plot_point plot_point_of(const struct summary_cell *cell, double x,
                                const struct summary_span *span);

/* Sorts a plot's points by x, series by series. */
void plot_sort_points(struct plot *plot);

/* The different x of a plot's points, ascending; owned by the caller, *count of them. */
double *plot_distinct_x(const struct plot *plot, size_t *count);

/* Adds to a plot's notes, which middle dots join. */
void plot_note(struct plot *plot, const char *format, ...) FORMAT_PRINTF(2, 3);

void plot_free(struct plot *plot);

#endif
