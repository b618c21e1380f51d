/* plot.h - a plot in memory, and functions to build it. kinds.h lists the kinds of plots.
 * Invariant: in a complete plot the series are sorted by panel, and each has points. */
#ifndef BENCH_PLOT_PLOT_H
#define BENCH_PLOT_PLOT_H

#include "base/format.h"

#include "bench/plot/style.h"
#include "bench/result/summary.h"

#include <stdbool.h>
#include <stddef.h>

/* The numbers are part of the data files and templates. */
enum plot_marker {
    MARKER_NONE,
    MARKER_FILLED,
    MARKER_HOLLOW, /* at least one slot is suspect or saturated */
    MARKER_CROSS,  /* an invalid slot; its y is not a value */
};

struct plot_point {
    double x, y;             /* y is a median; never NAN */
    double low, high;        /* range of the slots; NAN: not drawn */
    double part;             /* part of y in full colour (CPU in user mode); NAN if unknown */
    enum plot_marker marker; /* shape of the point */
};

/* One line or bar: a server in a result. */
struct plot_series {
    char name[96];             /* label */
    char note[32];             /* further text, if the template shows it; may be empty */
    size_t panel;              /* index of its panel */
    struct plot_style style;   /* colour, dash and marker */
    bool unnamed;              /* has no label */
    bool pale;                 /* drawn in the background */
    struct plot_point *points; /* in the order in which the line connects them; owned */
    size_t count;
    double label_y; /* position of the label, as a share of the panel's height, 0..1 */
};

struct plot_axis {
    char title[96];  /* with the unit */
    double min, max; /* visible range */
    bool log;
    double zero_at;   /* position that stands for 0 on a logarithmic axis; 0: there is none */
    char ticks[2048]; /* gnuplot's list: "label" position, ... */
};

/* A drawing area with its own y axis. Panels form rows of plot.page_columns. */
struct plot_panel {
    char title[160];    /* may be empty */
    struct plot_axis y; /* plot.y is used if it has no ticks */
    size_t part;        /* index of its chart among those on top of each other */
    int height;         /* pixels; 0: default */
    bool x_hidden;      /* has no labels on the x axis; a panel below shows them */
    bool blank;         /* an empty position in the grid of panels */
};

struct plot {
    const char *kind;          /* also the name of the files */
    const char *template;      /* name of the template in plot/ */
    char title[128];           /* heading of the kind */
    char subtitle[256];        /* the load */
    char columns[256];         /* description of the data columns, with units */
    struct plot_axis x, y;     /* shared by all panels */
    struct plot_panel *panels; /* row by row; owned */
    size_t panel_count;
    size_t page_columns;        /* panels in a row */
    size_t parts;               /* charts on top of each other, per result */
    struct plot_series *series; /* sorted by panel; owned */
    size_t count;               /* number of series; 0: there is nothing to plot */
    bool bars;                  /* horizontal bars; their number determines the panel height */
    int bar_height;             /* pixels per bar; 0: default */
    int bar_room;               /* pixels to the right of the bars; 0: default */
    bool grid;                  /* narrow panels with titles; only the first column labels y */
    bool bands;                 /* draw the range of the slots */
    bool leaders;               /* draw thin lines from the ends of the lines to their labels */
    bool legend;                /* place the labels from the top down, not at the ends of lines */
    bool says_reach;            /* the label of a line that ends early contains its last x */
    bool saturated;             /* hollow points may be saturated ones */
    char notes[512];            /* text for the footer */
    size_t invalid;             /* number of invalid slots that are left out */
};

/* ---- building a plot ---- */

/* Sets up panels in `count` columns, which wrap into rows of the page. The `parts` of a column are
 * on top of each other. plot_make calls it for kinds with parts, with a column per result. */
void plot_set_panels(struct plot *plot, size_t count, size_t parts);

/* Index of the panel that shows a part of a column. */
size_t plot_panel_of(const struct plot *plot, size_t column, size_t part);

/* Appends an empty series in the first panel. The pointer is valid until the next call. */
struct plot_series *plot_append_series(struct plot *plot);

/* Appends a series for `cell` with its name and style but without points, in the panel of the
 * result's first part. The pointer is valid until the next call. */
struct plot_series *plot_add_series(struct plot *plot, const struct summary_cell *cell);

/* The series `name` in `panel`. If there is none, adds it with the style of `cell`. The pointer is
 * valid until the next call. */
struct plot_series *plot_series_in(struct plot *plot, size_t panel, const char *name,
                                   const struct summary_cell *cell);

void plot_add_point(struct plot_series *series, struct plot_point point);

/* The point of a cell at `x` with the median and range in `span`; hollow if a slot is suspect. */
struct plot_point plot_point_of(const struct summary_cell *cell, double x,
                                const struct summary_span *span);

/* Sorts the points of each series by x. */
void plot_sort_points(struct plot *plot);

/* The distinct x values of all points, ascending; owned by the caller. */
double *plot_distinct_x(const struct plot *plot, size_t *count);

/* Appends to the notes, after a middle dot. */
void plot_note(struct plot *plot, const char *format, ...) FORMAT_PRINTF(2, 3);

void plot_free(struct plot *plot);

#endif
