/* write.c - writes the data file and the gnuplot script of a plot; see write.h.
 * Invariant: each text from a result is written to the script as one quoted string on one line. */
#include "bench/plot/write.h"

#include "base/check.h"
#include "base/memory.h"

#include "bench/plot/gnuplot.h"
#include "bench/plot/page.h"
#include "bench/plot/plot.h"
#include "bench/plot/style.h"
#include "bench/support/files.h"
#include "bench/support/format.h"
#include "bench/support/reason.h"
#include "bench/support/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_text(struct text *out, const char *name, const char *text) {
    char line[16384] = ""; /* axes: two lists of ticks, quoted twice */
    plot_quote_text(line, sizeof line, text);
    text_add(out, "%s = %s\n", name, line);
}

static void put_indexed(struct text *out, const char *name, size_t index, const char *text) {
    char key[48];
    snprintf(key, sizeof key, "%s[%zu]", name, index);
    put_text(out, key, text);
}

/* Copies a list of ticks without their labels. */
static void blank_ticks(char *to, const char *ticks) {
    bool quoted = false;
    for (const char *c = ticks; *c != '\0'; c++) {
        if (*c == '"') quoted = !quoted;
        if (!quoted || *c == '"') *to++ = *c;
        if (quoted && *c == '\\') c++;
    }
    *to = '\0';
}

/* Writes the axes of a panel as statements for gnuplot's eval. */
static void put_axes(struct text *out, const struct plot *plot, const struct plot_page *page,
                     size_t p) {
    const struct plot_panel *panel = &plot->panels[p];
    const struct plot_axis *x = &plot->x, *y = &panel->y;
    char ticks[2 * sizeof y->ticks], line[2 * sizeof ticks] = "";
    bool names_y = page->boxes[p].names_y;
    if (names_y)
        memcpy(ticks, y->ticks, sizeof y->ticks);
    else
        blank_ticks(ticks, y->ticks);
    format_append(line, sizeof line,
                  "unset logscale; %s%sset xrange [%.9g:%.9g]; set yrange [%.9g:%.9g]; "
                  "set ytics (%s); ",
                  x->log ? "set logscale x; " : "", y->log ? "set logscale y; " : "", x->min,
                  x->max, y->min, y->max, ticks);
    if (panel->x_hidden)
        format_append(line, sizeof line, "unset xtics");
    else
        format_append(line, sizeof line, "set xtics nomirror out scale 0.6 (%s) textcolor rgb ink",
                      x->ticks);
    put_indexed(out, "panel_axes", p + 1, line);
    put_indexed(out, "panel_x_title", p + 1, panel->x_hidden ? "" : x->title);
    put_indexed(out, "panel_y_title", p + 1, names_y ? y->title : "");
}

static void put_panels(struct text *out, const struct plot *plot, const struct plot_page *page) {
    static const char *const arrays[] = {"title", "left", "right",   "top",     "bottom", "first",
                                         "last",  "axes", "x_title", "y_title", "part"};
    text_add(out,
             "\n# panels: edges as shares of the page, axes, first and last series\n"
             "panels = %zu\n",
             plot->panel_count);
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        text_add(out, "array panel_%s[panels]\n", arrays[i]);
    for (size_t p = 0, first = 0; p < plot->panel_count; p++) {
        const struct plot_panel *panel = &plot->panels[p];
        const struct plot_box *box = &page->boxes[p];
        size_t last = first, n = p + 1;
        while (last < plot->count && plot->series[last].panel == p) last++;
        put_indexed(out, "panel_title", n, panel->title);
        put_axes(out, plot, page, p);
        text_add(out, "panel_left[%zu] = %.5f; panel_right[%zu] = %.5f\n", n,
                 (double)box->left / page->width, n, (double)box->right / page->width);
        text_add(out, "panel_top[%zu] = %.5f; panel_bottom[%zu] = %.5f\n", n,
                 1 - (double)box->top / page->height, n, 1 - (double)box->bottom / page->height);
        text_add(out, "panel_first[%zu] = %zu; panel_last[%zu] = %zu; panel_part[%zu] = %zu\n", n,
                 first + 1, n, last, n, panel->blank ? 0 : panel->part + 1);
        first = last;
    }
}

static void put_series(struct text *out, const struct plot *plot) {
    text_add(out,
             "\n# series: labels, styles, ends of the lines, positions of the labels as shares of "
             "the panel's height,\n# and whether a thin line connects end and label\n"
             "bands = %d\nseries = %zu\n",
             plot->bands, plot->count);
    static const char *const arrays[] = {"name",    "note",   "end_x",  "end_y", "leader",
                                         "label_y", "colour", "marker", "pale"};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        text_add(out, "array series_%s[series + 1]\n", arrays[i]);
    /* gnuplot evaluates a loop once even if its range is empty, as in a last panel without series
     */
    text_add(out, "%s",
             "series_name[series + 1] = ''; series_note[series + 1] = ''\n"
             "series_colour[series + 1] = '#000000'\n"
             "series_marker[series + 1] = 1; series_pale[series + 1] = 0\n");
    for (size_t i = 0; i < plot->count; i++) {
        const struct plot_series *series = &plot->series[i];
        const struct plot_point *end = &series->points[series->count - 1];
        const struct plot_style *style = &series->style;
        size_t n = i + 1;
        char text[128];
        plot_name_series(text, sizeof text, plot, series);
        put_indexed(out, "series_name", n, text);
        put_indexed(out, "series_note", n, series->note);
        text_add(out, "series_end_x[%zu] = %.9g; series_end_y[%zu] = %.9g\n", n, end->x, n, end->y);
        text_add(out, "series_label_y[%zu] = %.5f; series_leader[%zu] = %d\n", n, series->label_y,
                 n, plot->leaders && !plot_ends_early(plot, series));
        text_add(out, "series_colour[%zu] = '%s'; series_marker[%zu] = %d; series_pale[%zu] = %d\n",
                 n, style->colour, n, style->marker, n, series->pale);
        text_add(out, "set style line %zu lc rgb '%s' dt %s lw 2 pt %d ps 0.9\n", n, style->colour,
                 style->dash, style->marker);
    }
}

/* Writes all values of the plot as gnuplot statements. */
static void put_values(struct text *out, const struct plot *plot, const struct plot_page *page) {
    text_add(out,
             "# %s.gp - written by iobench; draws %s.svg and %s.png from %s.dat.\n"
             "# Run it in this folder: gnuplot %s.gp\n"
             "if (GPVAL_VERSION < 5.2) print 'gnuplot 5.2 or later is needed'; exit\n\n",
             plot->kind, plot->kind, plot->kind, plot->kind, plot->kind);
    put_text(out, "name", plot->kind);
    put_text(out, "page_title", plot->title);
    put_text(out, "page_subtitle", plot->subtitle);
    text_add(out, "page_width = %d\npage_height = %d\nfooter_lines = %zu\narray footer[%zu]\n",
             page->width, page->height, page->footer_lines, page->footer_lines + 1);
    for (size_t i = 0; i < page->footer_lines; i++)
        put_indexed(out, "footer", i + 1, page->footer[i]);
    put_panels(out, plot, page);
    put_series(out, plot);
    text_add(out, "\n");
}

/* Copies the template NAME.gp. */
static bool put_template(struct text *out, const char *templates, const char *name,
                         struct reason *reason) {
    char path[PATH_SIZE];
    size_t size;
    struct reason why;
    if (snprintf(path, sizeof path, "%s/%s.gp", templates, name) >= PATH_SIZE)
        return reason_set(reason, "%.200s: the path is too long", templates);
    char *text = files_read(path, &size, &why);
    if (!text) return reason_set(reason, "%s: %s", path, why.text);
    text_add(out, "%s\n", text);
    free(text);
    return true;
}

static void put_number(struct text *out, double value) {
    if (isfinite(value))
        text_add(out, "%.9g ", value);
    else
        text_add(out, "NaN ");
}

static void put_data(struct text *out, const struct plot *plot) {
    text_add(out,
             "# %s; %s\n# columns: %s; part in full colour; marker (0 none, 1 filled, 2 hollow, "
             "3 cross: an invalid slot)\n# one block per series, separated by two empty lines\n",
             plot->title, plot->subtitle, plot->columns);
    for (size_t i = 0; i < plot->count; i++) {
        const struct plot_series *series = &plot->series[i];
        char name[200] = "", panel[600] = "";
        plot_quote_text(name, sizeof name, series->name);
        plot_quote_text(panel, sizeof panel, plot->panels[series->panel].title);
        text_add(out, "%s# series %zu: %s in panel %zu %s\n", i > 0 ? "\n\n" : "", i + 1, name,
                 series->panel + 1, panel);
        for (size_t k = 0; k < series->count; k++) {
            const struct plot_point *point = &series->points[k];
            put_number(out, point->x);
            put_number(out, point->y);
            put_number(out, point->low);
            put_number(out, point->high);
            put_number(out, point->part);
            text_add(out, "%d\n", point->marker);
        }
    }
}

/* Writes the file FOLDER/KIND.ENDING. */
static bool write_file(const char *folder, const char *kind, const char *ending,
                       const struct text *text, struct reason *reason) {
    char path[PATH_SIZE];
    struct reason why;
    if (snprintf(path, sizeof path, "%s/%s.%s", folder, kind, ending) >= PATH_SIZE)
        return reason_set(reason, "%.200s: the path is too long", folder);
    return files_replace(path, text->data, text->size, &why) ||
           reason_set(reason, "%s: %s", path, why.text);
}

bool plot_write(struct plot *plot, const struct summary *report, const char *templates,
                const char *folder, struct reason *reason) {
    CHECK_OP(plot->count, >, 0);
    struct plot_page *page = malloc(sizeof *page);
    MEMORY_CHECK(page);
    plot_lay_out(page, plot, report);
    if (!plot->bars) plot_place_labels(plot, page);
    struct text data = {0}, script = {0};
    put_data(&data, plot);
    put_values(&script, plot, page);
    bool written = write_file(folder, plot->kind, "dat", &data, reason) &&
                   put_template(&script, templates, "frame", reason) &&
                   put_template(&script, templates, plot->template, reason) &&
                   write_file(folder, plot->kind, "gp", &script, reason);
    free(data.data);
    free(script.data);
    free(page->boxes);
    free(page);
    return written;
}
