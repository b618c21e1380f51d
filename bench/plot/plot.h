/* plot.h - plots by gnuplot: a kind fills a `struct plot`; data, script and pictures follow from
 * it. Invariant: of a plot with anything to show KIND.dat and KIND.gp stand in the folder, gnuplot
 * or not; the script is complete, names only files beside it, and needs no iobench to run again. */
#ifndef BENCH_PLOT_PLOT_H
#define BENCH_PLOT_PLOT_H

#include "bench/result/summary.h"
#include "bench/support/reason.h"

#include <stdbool.h>
#include <stddef.h>

/* How a server is drawn, the same on every plot and system. */
struct plot_style {
    char colour[8]; /* "#0072B2" */
    char dash[16];  /* gnuplot's dash type: "solid", "(8,3)" */
    int marker;     /* gnuplot's point type when filled; the hollow one is one less */
};

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

/* A kind of plot. To add one: a row in plot_kinds, its fill function, and its template. */
struct plot_kind {
    const char *name;     /* "throughput"; its files carry it */
    const char *template; /* of plot/ */
    const char *heading;  /* in the report */
    const char *note;     /* how to read it, in a sentence or two */
    size_t parts;         /* figures below one another; 0: the fill function sets panels up */
    /* Fills `plot` (zeroed but for kind and panels); leaves count 0, and says why in notes, when
     * the results have nothing for it. */
    void (*fill)(const struct summary *report, struct plot *plot);
};
extern const struct plot_kind plot_kinds[]; /* ended by name NULL */

/* Fills `plot` as `kind` draws `report`. The report has to live as long as the plot. */
void plot_make(struct plot *plot, const struct plot_kind *kind, const struct summary *report);

void plot_free(struct plot *plot);

/* Places the labels and writes KIND.dat and KIND.gp into `folder`; plot->count > 0. Returns 0, or
 * -1 with the reason. */
int plot_write(struct plot *plot, const struct summary *report, const char *templates,
               const char *folder, struct reason *reason);

/* Appends `text` as a string of gnuplot's, in quotes, to a NUL-terminated line; cut to fit. */
void plot_quote(char *line, size_t size, const char *text);

/* Runs gnuplot on KIND.gp in `folder`, which draws KIND.svg and KIND.png. Returns 0, or -1 with the
 * reason: gnuplot is missing, or its first line of complaint. */
int plot_run(const char *kind, const char *folder, struct reason *reason);

/* Reads the styles from templates/palette.txt; before that, and for unknown models, styles are
 * derived from the name. Returns 0, or -1 with the reason. */
int plot_style_load(const char *templates, struct reason *reason);

/* The style of a server; with options ("epoll:trigger=edge") it keeps its model's colour. */
struct plot_style plot_style_of(const char *model, const char *server);

/* ---- layout: pure ---- */

/* Sets an axis from 0 to a round number at or above `max`, in about so many steps with a tick each.
 */
void plot_axis_linear(struct plot_axis *axis, double max, int steps);

/* Sets a logarithmic axis around min..max (both above 0), ticks at 1, 10, ... or 1, 2, 5, 10, ...
 */
void plot_axis_log(struct plot_axis *axis, double min, double max);

/* Moves n positions (shares of a height) as little as possible, least squares, so that neighbours
 * are at least `gap` apart and all lie in 0..1, order kept. */
void plot_spread(double *positions, size_t n, double gap);

/* Appends a tick to an axis. */
void plot_add_tick(struct plot_axis *axis, const char *label, double value);

/* Where `value` lies on an axis, as a share of its length. */
double plot_axis_share(const struct plot_axis *axis, double value);

#endif
