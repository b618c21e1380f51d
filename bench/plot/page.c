/* page.c - the layout of a plot's page; see page.h. */
#include "bench/plot/page.h"

#include "base/check.h"
#include "base/memory.h"

#include "bench/plot/layout.h"
#include "bench/result/summary_words.h"
#include "bench/support/format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MARGIN_TOP = 92,      /* title and subtitle */
    PANEL_TITLE = 30,     /* above a row of panels with titles */
    PANEL_GAP = 18,       /* above a row of panels without titles, except the first row */
    PANEL_HEIGHT = 390,   /* default height of a panel with lines */
    BAR_HEIGHT = 44,      /* default height of a bar and its gap */
    BAR_ROOM = 34,        /* default space to the right of bars */
    BARS_WIDTH_MIN = 360, /* minimum width of the bars, even with long names */
    AXIS_BELOW = 66,      /* ticks and title of the x axis */
    AXIS_LEFT = 94,       /* ticks and title of the y axis */
    GRID_GAP = 28,        /* between narrow panels */
    FOOTER_LINE = 15,     /* line height of the footer */
    CHARACTER = 8,        /* average width of a character at 13 pixels */
    FOOTER_CHARACTER = 6, /* average width of a character at 10.5 pixels */
    LABEL_DISTANCE = 17,  /* minimum distance between labels of lines */
    COLUMNS = 3,          /* maximum number of panels in a row */
};

/* Adds text to the footer. Breaks it at the middle dots into lines of at most `limit` bytes. */
static void add_footer(struct plot_page *page, const char *text, size_t limit) {
    static const char dot[] = " \u00b7 ";
    const size_t dot_size = sizeof dot - 1;
    bool fresh = true;
    while (page->footer_lines < PLOT_FOOTER_MAX && *text != '\0') {
        const char *end = strstr(text, dot);
        size_t length = end ? (size_t)(end - text) : strlen(text);
        char *line = page->footer[page->footer_lines - !fresh];
        if (!fresh && strlen(line) + dot_size + length > limit) fresh = true;
        if (fresh) {
            line = page->footer[page->footer_lines++];
            *line = '\0';
        }
        format_append(line, PLOT_FOOTER_SIZE, "%s%.*s", fresh ? "" : dot, (int)length, text);
        fresh = false;
        text += length + (end ? dot_size : 0);
    }
}

/* Explains the marks that occur in the plot. */
static void explain_marks(char *notes, size_t size, const struct plot *plot) {
    bool hollow = false, crosses = false;
    for (size_t i = 0; i < plot->count; i++)
        for (size_t k = 0; k < plot->series[i].count; k++) {
            hollow = hollow || plot->series[i].points[k].marker == MARKER_HOLLOW;
            crosses = crosses || plot->series[i].points[k].marker == MARKER_CROSS;
        }
    if (hollow)
        format_append(notes, size, "%s %sa slot is suspect",
                      plot->bars ? "*" : "hollow:", plot->saturated ? "saturated, or " : "");
    if (plot->invalid > 0 && !crosses)
        format_append(notes, size, "%s%zu invalid slot%s left out",
                      *notes != '\0' ? " \u00b7 " : "", plot->invalid,
                      plot->invalid > 1 ? "s" : "");
    if (crosses)
        format_append(notes, size, "%scross: invalid slot, without a value",
                      *notes != '\0' ? " \u00b7 " : "");
}

static void fill_footer(struct plot_page *page, const struct plot *plot,
                        const struct summary *report) {
    size_t limit = (size_t)(page->width - 40) / FOOTER_CHARACTER;
    char notes[800] = "";
    explain_marks(notes, sizeof notes, plot);
    if (*plot->notes != '\0')
        format_append(notes, sizeof notes, "%s%s", *notes != '\0' ? " \u00b7 " : "", plot->notes);
    add_footer(page, notes, limit);
    for (size_t i = 0; i < report->result_count; i++) {
        char line[1024] = "", environment[768];
        summary_environment(environment, sizeof environment, &report->results[i]);
        if (report->result_count > 1)
            format_append(line, sizeof line, "%s: ", report->results[i].label);
        format_append(line, sizeof line, "%s", environment);
        add_footer(page, line, limit);
    }
}

bool plot_ends_early(const struct plot *plot, const struct plot_series *series) {
    return plot->says_reach && series->points[series->count - 1].x < plot->x.max / 1.3;
}

void plot_name_series(char *text, size_t size, const struct plot *plot,
                      const struct plot_series *series) {
    char reach[FORMAT_SIZE];
    double x = series->points[series->count - 1].x;
    snprintf(text, size, "%s", series->unnamed ? "" : series->name);
    if (plot_ends_early(plot, series))
        format_append(text, size, " (to %s)", x <= plot->x.zero_at ? "0" : format_short(reach, x));
}

static int longest_name(const struct plot *plot) {
    size_t longest = 0;
    for (size_t i = 0; i < plot->count; i++) {
        char text[128];
        plot_name_series(text, sizeof text, plot, &plot->series[i]);
        if (strlen(text) > longest) longest = strlen(text);
    }
    return (int)longest;
}

/* Sets tops and bottoms of all boxes. Returns the y at which the last row ends. */
static int place_rows(struct plot_page *page, const struct plot *plot) {
    int y = MARGIN_TOP;
    for (size_t first = 0; first < plot->panel_count; first += plot->page_columns) {
        int bar = plot->bar_height > 0 ? plot->bar_height : BAR_HEIGHT;
        int height = plot->bars ? (int)(plot->y.min - plot->y.max + 0.5) * bar : 0;
        bool titles = false, x_shown = false;
        for (size_t i = first; i < first + plot->page_columns; i++) {
            const struct plot_panel *panel = &plot->panels[i];
            int wished = panel->height > 0 ? panel->height : PANEL_HEIGHT;
            if (!plot->bars && wished > height) height = wished;
            titles = titles || *panel->title != '\0';
            x_shown = x_shown || !panel->x_hidden;
        }
        y += titles ? PANEL_TITLE : first > 0 ? PANEL_GAP : 0;
        for (size_t i = first; i < first + plot->page_columns; i++) {
            page->boxes[i].top = y;
            page->boxes[i].bottom = y + height;
        }
        y += height + (x_shown ? AXIS_BELOW : 0);
    }
    return y;
}

/* Sets the page width and the left and right edges of all boxes. In a grid only the first column
 * has labels on its y axis. */
static void place_columns(struct plot_page *page, const struct plot *plot) {
    static const int widths[COLUMNS] = {960, 680, 600};
    CHECK(plot->page_columns > 0 && plot->page_columns <= COLUMNS);
    int columns = (int)plot->page_columns, names = CHARACTER * longest_name(plot);
    int cell = plot->grid ? widths[0] / columns : widths[columns - 1];
    int room = plot->bar_room > 0 ? plot->bar_room : BAR_ROOM;
    int left = plot->bars ? 30 + names : AXIS_LEFT, right = plot->bars ? room : 48 + names;
    if (plot->bars && cell < left + BARS_WIDTH_MIN + right) cell = left + BARS_WIDTH_MIN + right;
    page->width = cell * columns;
    for (size_t i = 0; i < plot->panel_count; i++) {
        struct plot_box *box = &page->boxes[i];
        int column = (int)(i % plot->page_columns);
        box->names_y = !plot->grid || column == 0;
        if (plot->grid) {
            int drawn = (page->width - AXIS_LEFT - columns * GRID_GAP) / columns;
            box->left = AXIS_LEFT + column * (drawn + GRID_GAP);
            box->right = box->left + drawn;
        } else {
            box->left = column * cell + left;
            box->right = (column + 1) * cell - right;
        }
    }
}

void plot_lay_out(struct plot_page *page, const struct plot *plot, const struct summary *report) {
    *page = (struct plot_page){.boxes = calloc(plot->panel_count + 1, sizeof *page->boxes)};
    MEMORY_CHECK(page->boxes);
    place_columns(page, plot);
    int end = place_rows(page, plot);
    fill_footer(page, plot, report);
    page->height = end + (int)page->footer_lines * FOOTER_LINE + 20;
}

void plot_place_labels(struct plot *plot, const struct plot_page *page) {
    double *wished = calloc(plot->count + 1, sizeof *wished);
    MEMORY_CHECK(wished);
    for (size_t first = 0, last; first < plot->count; first = last) {
        size_t panel = plot->series[first].panel;
        for (last = first; last < plot->count; last++) {
            const struct plot_series *series = &plot->series[last];
            if (series->panel != panel) break;
            double y = series->points[series->count - 1].y;
            wished[last] =
                plot->legend ? 1 - 1e-6 * (double)last : plot_axis_share(&plot->panels[panel].y, y);
        }
        int height = page->boxes[panel].bottom - page->boxes[panel].top;
        plot_spread(wished + first, last - first, (double)LABEL_DISTANCE / height);
        for (size_t i = first; i < last; i++) plot->series[i].label_y = wished[i];
    }
    free(wished);
}
