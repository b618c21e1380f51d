/* table.c - the summary at the end of a run.
 * Invariant: what one load's rows show was measured under equal conditions, so that they may be
 * compared; the best of a column is marked only among slots that the load generator did not bound.
 */
#include "bench/table.h"

#include "base/check.h"
#include "bench/report_data.h"
#include "bench/report_format.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RATE, P50, P99, CPU, PER_CPU, OVERHEAD, FIGURES };

/* A column of figures. */
struct column {
    const char *title;     /* with its unit, if the values have none */
    bool larger_is_better; /* what "best" means */
    char *(*format)(char text[FORMAT_SIZE], double value); /* of a value */
};

static char *format_times(char text[FORMAT_SIZE], double value) {
    snprintf(text, FORMAT_SIZE, isnan(value) ? "-" : "%.2f", value);
    return text;
}

static const struct column columns[FIGURES] = {
    [RATE] = {"echoes/s", true, format_count},
    [P50] = {"p50", false, format_duration},
    [P99] = {"p99", false, format_duration},
    [CPU] = {"CPU/echo", false, format_duration},
    [PER_CPU] = {"echoes/CPU s", true, format_count},
    [OVERHEAD] = {"overhead", false, format_times},
};

static void figures_of(const struct report_cell *cell, double floor_ns, double figures[FIGURES]) {
    figures[RATE] = cell->rate.median;
    figures[P50] = cell->latency_ns[0];
    figures[P99] = cell->latency_ns[2];
    figures[CPU] = cell->cpu_ns.median;
    figures[PER_CPU] = cell->per_cpu.median;
    figures[OVERHEAD] = cell->cpu_ns.median / (floor_ns / 2);
}

/* Columns on the screen: bytes of UTF-8 that start a character. */
static int shown_width(const char *text) {
    int width = 0;
    for (; *text; text++) width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

static void put_right(FILE *out, const char *text, int width, bool bold) {
    fprintf(out, "  %*s%s%s%s", width - shown_width(text), "", bold ? "\033[1m" : "", text,
            bold ? "\033[0m" : "");
}

/* Marks what one load's cells have in common. */
struct group {
    const struct report_cell *first; /* of the group, for its load */
    double best[FIGURES];            /* best figure of each column; NAN if there are not two */
    int widths[FIGURES];             /* of each column */
    int server_width;                /* of the first column */
    size_t rows;                     /* cells that may be shown */
};

static bool in_group(const struct report_cell *cell, const struct group *g) {
    return strcmp(cell->load, g->first->load) == 0;
}

static void note_best(struct group *g, const struct report_cell *cell, int k, double value) {
    if (isnan(value) || report_cell_bound(cell) == BOUND_CLIENT) return;
    if (k == RATE && cell->open_loop) return; /* the schedule decides it, not the server */
    bool better = columns[k].larger_is_better ? value > g->best[k] : value < g->best[k];
    if (isnan(g->best[k]) || better) g->best[k] = value;
}

static struct group measure(const struct report *report, const struct report_cell *first,
                            double floor_ns) {
    struct group g = {.first = first, .server_width = shown_width("server")};
    char text[FORMAT_SIZE];
    for (int k = 0; k < FIGURES; k++) {
        g.best[k] = NAN;
        g.widths[k] = shown_width(columns[k].title);
    }
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct report_cell *cell = &report->cells[i];
        double figures[FIGURES];
        if (!in_group(cell, &g)) continue;
        if (shown_width(cell->server) > g.server_width) g.server_width = shown_width(cell->server);
        if (!report_cell_usable(cell)) continue;
        g.rows++;
        figures_of(cell, floor_ns, figures);
        for (int k = 0; k < FIGURES; k++) {
            int width = shown_width(columns[k].format(text, figures[k]));
            if (width > g.widths[k]) g.widths[k] = width;
            note_best(&g, cell, k, figures[k]);
        }
    }
    return g;
}

static void put_verdicts(FILE *out, const struct report_cell *cell) {
    const size_t counts[3] = {cell->valid, cell->suspect, cell->invalid};
    static const char *const names[3] = {"valid", "suspect", "invalid"};
    const char *separator = "  ";
    for (int i = 0; i < 3; i++) {
        if (!counts[i]) continue;
        fprintf(out, "%s%zu %s", separator, counts[i], names[i]);
        separator = ", ";
    }
}

static void put_row(FILE *out, const struct group *g, const struct report_cell *cell,
                    double floor_ns, bool colour) {
    fprintf(out, "  %-*s", g->server_width, cell->server);
    if (cell->skipped) {
        fprintf(out, "  skipped: %s\n", cell->skipped);
        return;
    }
    char text[FORMAT_SIZE];
    double figures[FIGURES];
    bool usable = report_cell_usable(cell);
    figures_of(cell, floor_ns, figures);
    for (int k = 0; k < FIGURES; k++)
        put_right(out, columns[k].format(text, usable ? figures[k] : NAN), g->widths[k],
                  colour && usable && g->rows > 1 && figures[k] == g->best[k]);
    fprintf(out, "  %-7s", usable ? report_bound_names[report_cell_bound(cell)] : "-");
    put_verdicts(out, cell);
    fputc('\n', out);
}

static void put_group(FILE *out, const struct report *report, const struct report_cell *first,
                      double floor_ns, bool colour) {
    struct group g = measure(report, first, floor_ns);
    char load[160];
    format_load(load, sizeof load, first, true);
    fprintf(out, "\n%s\n  %-*s", load, g.server_width, "server");
    for (int k = 0; k < FIGURES; k++) put_right(out, columns[k].title, g.widths[k], false);
    fprintf(out, "  %-7s  slots\n", "bound");
    for (size_t i = 0; i < report->cell_count; i++)
        if (in_group(&report->cells[i], &g)) put_row(out, &g, &report->cells[i], floor_ns, colour);
}

static bool seen_before(const struct report *report, size_t index) {
    for (size_t i = 0; i < index; i++)
        if (strcmp(report->cells[i].load, report->cells[index].load) == 0) return true;
    return false;
}

void table_print(FILE *out, cJSON *document, const char *path, bool colour) {
    cJSON **files = calloc(1, sizeof(cJSON *));
    CHECK(files);
    files[0] = document;
    struct report report;
    report_build(&report, files, &path, 1);
    double floor_ns = report_number(document, "env.floor.roundtrip_ns");
    for (size_t i = 0; i < report.cell_count; i++)
        if (!seen_before(&report, i)) put_group(out, &report, &report.cells[i], floor_ns, colour);
    char text[FORMAT_SIZE];
    fprintf(out,
            "\nechoes/CPU s: per second of server CPU. overhead: CPU/echo over half a bare round"
            " trip (%s here).\nslots: %zu valid, %zu suspect, %zu invalid; cells skipped: %zu\n",
            format_duration(text, floor_ns), report.results[0].valid, report.results[0].suspect,
            report.results[0].invalid, report.results[0].skipped);
    report_free(&report);
}
