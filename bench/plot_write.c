/* plot_write.c - a plot's data file and its gnuplot script.
 * Invariant: whatever a name or a system's description holds, it reaches gnuplot as one quoted
 * string of one line. */
#include "bench/plot.h"
#include "bench/report_format.h"

#include "base/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sizes in pixels of the SVG; the PNG has twice as many. */
enum {
    MARGIN_TOP = 92,      /* title and subtitle */
    PANEL_TITLE = 30,     /* above each panel, where there are several */
    PANEL_HEIGHT = 390,   /* of lines */
    BAR_HEIGHT = 44,      /* a row of bars */
    AXIS_BELOW = 66,      /* ticks and title of x */
    AXIS_LEFT = 94,       /* ticks and title of y */
    FOOTER_LINE = 15,     /* a line of the footer */
    CHARACTER = 8,        /* width of one, on average, at 13 pixels */
    FOOTER_CHARACTER = 6, /* the same at 10.5 pixels */
    LABEL_DISTANCE = 17,  /* between direct labels */
    COLUMNS = 3,          /* of panels at most */
    FOOTER_MAX = 24,      /* lines */
    FOOTER_SIZE = 320,    /* bytes of one */
};

/* Where everything stands, in pixels from the top left. */
struct page {
    size_t columns, rows;                 /* of panels */
    int width, height;                    /* of the page */
    int cell_width, cell_height;          /* a panel with what surrounds it */
    int left, right;                      /* beside a panel, within its cell */
    int panel_height;                     /* the drawn area */
    int above;                            /* over the drawn area, within its cell */
    char footer[FOOTER_MAX][FOOTER_SIZE]; /* lines in grey at the bottom */
    size_t footer_lines;                  /* how many */
};

void plot_quote(char *line, size_t size, const char *text) {
    size_t used = strlen(line);
    if (used + 3 > size) return;
    line[used++] = '\'';
    for (const char *c = text; *c != '\0' && used + 4 <= size; c++) {
        if (*c == '\'') line[used++] = '\'';
        line[used++] = (unsigned char)*c < ' ' || *c == 127 ? ' ' : *c;
    }
    line[used++] = '\'';
    line[used] = '\0';
}

static void put_text(FILE *out, const char *name, const char *text) {
    char line[1100] = "";
    plot_quote(line, sizeof line, text);
    fprintf(out, "%s = %s\n", name, line);
}

/* Adds text to the footer, broken at the middle dots so that a line holds at most `limit` bytes. */
static void add_footer(struct page *page, const char *text, size_t limit) {
    static const char dot[] = " \u00b7 ";
    const size_t dot_size = sizeof dot - 1;
    bool fresh = true;
    while (page->footer_lines < FOOTER_MAX && *text != '\0') {
        const char *end = strstr(text, dot);
        size_t length = end != NULL ? (size_t)(end - text) : strlen(text);
        char *line = page->footer[page->footer_lines - !fresh];
        if (!fresh && strlen(line) + dot_size + length > limit) fresh = true;
        if (fresh) {
            line = page->footer[page->footer_lines++];
            *line = '\0';
        }
        format_append(line, FOOTER_SIZE, "%s%.*s", fresh ? "" : dot, (int)length, text);
        fresh = false;
        text += length + (end != NULL ? dot_size : 0);
    }
}

static void fill_footer(struct page *page, const struct plot *plot, const struct report *report) {
    size_t limit = (size_t)(page->width - 40) / FOOTER_CHARACTER;
    bool suspect = false;
    for (size_t i = 0; i < plot->count; i++)
        for (size_t k = 0; k < plot->series[i].count; k++)
            suspect = suspect || plot->series[i].points[k].marker == 2;
    char notes[600] = "";
    if (suspect)
        format_append(notes, sizeof notes,
                      plot->bars ? "* a slot behind it is suspect"
                                 : "hollow: a slot behind it is suspect");
    if (plot->invalid > 0)
        format_append(notes, sizeof notes, "%s%zu invalid slot%s left out",
                      *notes != '\0' ? " \u00b7 " : "", plot->invalid,
                      plot->invalid > 1 ? "s" : "");
    if (*plot->notes != '\0')
        format_append(notes, sizeof notes, "%s%s", *notes != '\0' ? " \u00b7 " : "", plot->notes);
    add_footer(page, notes, limit);
    for (size_t i = 0; i < report->result_count; i++) {
        char line[1024] = "", environment[768];
        format_environment(environment, sizeof environment, &report->results[i]);
        if (report->result_count > 1)
            format_append(line, sizeof line, "%s: ", report->results[i].label);
        format_append(line, sizeof line, "%s", environment);
        add_footer(page, line, limit);
    }
}

/* Whether a line ends well before the others: its name then says where. */
static bool ends_early(const struct plot *plot, const struct plot_series *series) {
    return plot->says_reach && series->points[series->count - 1].x < plot->x.max / 1.3;
}

/* What stands beside a series. */
static void name_series(char *text, size_t size, const struct plot *plot,
                        const struct plot_series *series) {
    char reach[FORMAT_SIZE];
    snprintf(text, size, "%s", series->name);
    if (ends_early(plot, series))
        format_append(text, size, " (to %s)",
                      format_short(reach, series->points[series->count - 1].x));
}

static int longest_name(const struct plot *plot) {
    size_t longest = 0;
    for (size_t i = 0; i < plot->count; i++) {
        char text[96];
        name_series(text, sizeof text, plot, &plot->series[i]);
        if (strlen(text) > longest) longest = strlen(text);
    }
    return (int)longest;
}

static void lay_out(struct page *page, const struct plot *plot, const struct report *report) {
    static const int widths[COLUMNS] = {960, 680, 600};
    int names = CHARACTER * longest_name(plot);
    *page = (struct page){.columns = plot->panels < COLUMNS ? plot->panels : COLUMNS};
    if (plot->panels == 4) page->columns = 2;
    page->rows = (plot->panels + page->columns - 1) / page->columns;
    page->cell_width = widths[page->columns - 1];
    page->width = page->cell_width * (int)page->columns;
    page->left = plot->bars ? 30 + names : AXIS_LEFT;
    page->right = plot->bars ? 34 : 48 + names;
    page->panel_height =
        plot->bars ? (int)(plot->y.min - plot->y.max + 0.5) * BAR_HEIGHT : PANEL_HEIGHT;
    page->above = plot->panels > 1 ? PANEL_TITLE : 0;
    page->cell_height = page->above + page->panel_height + AXIS_BELOW;
    fill_footer(page, plot, report);
    page->height = MARGIN_TOP + (int)page->rows * page->cell_height +
                   (int)page->footer_lines * FOOTER_LINE + 20;
}

/* Stands the labels of each panel's series beside the ends of their lines. */
static void place_labels(struct plot *plot, int panel_height) {
    double *wished = calloc(plot->count + 1, sizeof *wished);
    CHECK(wished != NULL);
    for (size_t first = 0, last; first < plot->count; first = last) {
        for (last = first; last < plot->count; last++) {
            const struct plot_series *series = &plot->series[last];
            if (series->panel != plot->series[first].panel) break;
            wished[last] = plot_axis_share(&plot->y, series->points[series->count - 1].y);
        }
        plot_spread(wished + first, last - first, (double)LABEL_DISTANCE / panel_height);
        for (size_t i = first; i < last; i++) plot->series[i].label_y = wished[i];
    }
    free(wished);
}

static void put_panels(FILE *out, const struct plot *plot, const struct page *page) {
    fprintf(out,
            "\n# panels: edges as shares of the page, and the series that they hold\n"
            "panels = %zu\narray panel_title[panels]\narray panel_left[panels]\n"
            "array panel_right[panels]\narray panel_top[panels]\narray panel_bottom[panels]\n"
            "array panel_first[panels]\narray panel_last[panels]\n",
            plot->panels);
    for (size_t p = 0, first = 0; p < plot->panels; p++) {
        size_t last = first;
        while (last < plot->count && plot->series[last].panel == p) last++;
        int x = page->cell_width * (int)(p % page->columns);
        int y = MARGIN_TOP + page->cell_height * (int)(p / page->columns) + page->above;
        char name[64];
        snprintf(name, sizeof name, "panel_title[%zu]", p + 1);
        put_text(out, name, plot->panels > 1 ? plot->panel_titles[p] : "");
        fprintf(out,
                "panel_left[%zu] = %.5f; panel_right[%zu] = %.5f; panel_top[%zu] = %.5f; "
                "panel_bottom[%zu] = %.5f\npanel_first[%zu] = %zu; panel_last[%zu] = %zu\n",
                p + 1, (double)(x + page->left) / page->width, p + 1,
                (double)(x + page->cell_width - page->right) / page->width, p + 1,
                1 - (double)y / page->height, p + 1,
                1 - (double)(y + page->panel_height) / page->height, p + 1, first + 1, p + 1, last);
        first = last;
    }
}

/* The arrays have an element to spare: gnuplot evaluates even a loop that runs never, once. */
static void put_series(FILE *out, const struct plot *plot) {
    fprintf(
        out,
        "\n# series: names, styles, ends of their lines, heights of their names (shares), whether "
        "a thin line leads there\n"
        "series = %zu\narray series_name[series + 1]\narray series_end_x[series + 1]\n"
        "array series_end_y[series + 1]\narray series_leader[series + 1]\narray "
        "series_label_y[series + 1]\n"
        "array series_colour[series + 1]\narray series_marker[series + 1]\n",
        plot->count);
    for (size_t i = 0; i < plot->count; i++) {
        const struct plot_series *series = &plot->series[i];
        const struct plot_point *end = &series->points[series->count - 1];
        char name[64], text[96];
        name_series(text, sizeof text, plot, series);
        snprintf(name, sizeof name, "series_name[%zu]", i + 1);
        put_text(out, name, text);
        const struct plot_style *style = &series->style;
        size_t n = i + 1;
        fprintf(out, "series_end_x[%zu] = %.9g; series_end_y[%zu] = %.9g\n", n, end->x, n, end->y);
        fprintf(out, "series_label_y[%zu] = %.5f; series_leader[%zu] = %d\n", n, series->label_y, n,
                plot->leaders && !ends_early(plot, series));
        fprintf(out, "series_colour[%zu] = '%s'; series_marker[%zu] = %d\n", n, style->colour, n,
                style->marker);
        fprintf(out, "set style line %zu lc rgb '%s' dt %s lw 2 pt %d ps 0.9\n", n, style->colour,
                style->dash, style->marker);
    }
}

static void put_axis(FILE *out, const char *axis, const struct plot_axis *values) {
    char name[32];
    snprintf(name, sizeof name, "%s_title", axis);
    put_text(out, name, values->title);
    fprintf(out, "set %srange [%.9g:%.9g]\nset %stics (%s)\n", axis, values->min, values->max, axis,
            values->ticks);
    if (values->log) fprintf(out, "set logscale %s\n", axis);
}

/* The values of this plot, as gnuplot statements. */
static void put_values(FILE *out, const struct plot *plot, const struct page *page) {
    fprintf(out,
            "# %s.gp - written by iobench report; draws %s.svg and %s.png from %s.dat.\n"
            "# Run it in this folder: gnuplot %s.gp\n\n",
            plot->kind, plot->kind, plot->kind, plot->kind, plot->kind);
    put_text(out, "name", plot->kind);
    put_text(out, "page_title", plot->title);
    put_text(out, "page_subtitle", plot->subtitle);
    fprintf(out, "page_width = %d\npage_height = %d\nfooter_lines = %zu\narray footer[%zu]\n",
            page->width, page->height, page->footer_lines, page->footer_lines + 1);
    for (size_t i = 0; i < page->footer_lines; i++) {
        char key[32];
        snprintf(key, sizeof key, "footer[%zu]", i + 1);
        put_text(out, key, page->footer[i]);
    }
    put_axis(out, "x", &plot->x);
    put_axis(out, "y", &plot->y);
    put_panels(out, plot, page);
    put_series(out, plot);
    fputc('\n', out);
}

/* A copy of templates/name. */
static int put_template(FILE *out, const char *templates, const char *name, char *reason,
                        size_t reason_size) {
    char path[4096], chunk[4096];
    snprintf(path, sizeof path, "%s/%s.gp", templates, name);
    FILE *in = fopen(path, "rb");
    if (in == NULL) {
        snprintf(reason, reason_size, "%s: cannot open", path);
        return -1;
    }
    for (size_t got; (got = fread(chunk, 1, sizeof chunk, in)) > 0;) fwrite(chunk, 1, got, out);
    fclose(in);
    fputc('\n', out);
    return 0;
}

static void put_number(FILE *out, double value) {
    if (isfinite(value))
        fprintf(out, "%.9g ", value);
    else
        fputs("NaN ", out);
}

static void put_data(FILE *out, const struct plot *plot) {
    fprintf(out,
            "# %s; %s\n# columns: %s; part of it in full colour; marker (0 none, 1 filled, "
            "2 hollow: a suspect slot)\n# one block per series, two empty lines between\n",
            plot->title, plot->subtitle, plot->columns);
    for (size_t i = 0; i < plot->count; i++) {
        const struct plot_series *series = &plot->series[i];
        char name[200] = "", panel[600] = "";
        plot_quote(name, sizeof name, series->name);
        plot_quote(panel, sizeof panel, plot->panel_titles[series->panel]);
        fprintf(out, "%s# series %zu: %s on %s\n", i > 0 ? "\n\n" : "", i + 1, name, panel);
        for (size_t k = 0; k < series->count; k++) {
            const struct plot_point *point = &series->points[k];
            put_number(out, point->x);
            put_number(out, point->y);
            put_number(out, point->low);
            put_number(out, point->high);
            put_number(out, point->part);
            fprintf(out, "%d\n", point->marker);
        }
    }
}

static FILE *open_file(const char *folder, const char *kind, const char *ending, char *reason,
                       size_t reason_size) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.%s", folder, kind, ending);
    FILE *out = fopen(path, "wb");
    if (out == NULL) snprintf(reason, reason_size, "%s: cannot write", path);
    return out;
}

static int close_file(FILE *out, const char *folder, char *reason, size_t reason_size) {
    bool failed = ferror(out) != 0;
    if (fclose(out) == 0 && !failed) return 0;
    snprintf(reason, reason_size, "%s: cannot write", folder);
    return -1;
}

int plot_write(struct plot *plot, const struct report *report, const char *templates,
               const char *folder, char *reason, size_t reason_size) {
    CHECK_OP(plot->count, >, 0);
    struct page *page = malloc(sizeof *page);
    CHECK(page != NULL);
    lay_out(page, plot, report);
    if (!plot->bars) place_labels(plot, page->panel_height);
    FILE *data = open_file(folder, plot->kind, "dat", reason, reason_size);
    FILE *script = NULL;
    int result = -1;
    if (data == NULL) goto done;
    put_data(data, plot);
    if (close_file(data, folder, reason, reason_size) != 0) goto done;
    script = open_file(folder, plot->kind, "gp", reason, reason_size);
    if (script == NULL) goto done;
    put_values(script, plot, page);
    result = put_template(script, templates, "frame", reason, reason_size);
    if (result == 0) result = put_template(script, templates, plot->kind, reason, reason_size);
    int closed = close_file(script, folder, reason, reason_size);
    if (result == 0) result = closed;
done:
    free(page);
    return result;
}
