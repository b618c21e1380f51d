/* table.c - the summary tables at the end of a run; see table.h.
 * Invariant: the rows of a group have the same load. A cell that was limited by the load generator
 * is never marked as the best. */
#include "bench/report/table.h"

#include "base/check.h"
#include "base/line.h"

#include "bench/result/sample_facts.h"
#include "bench/result/summary.h"
#include "bench/result/summary_words.h"
#include "bench/support/format.h"
#include "bench/support/json_path.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The layout of a phase's table. Widths are in characters. */
struct phase {
    const char *name;
    bool shown[METRICS]; /* metrics that have a column */
    int widths[METRICS]; /* widths of these columns */
    int server_width;    /* width of the first column */
    bool colour;         /* use bold */
};

static void put_right(FILE *out, const char *text, int width, bool bold) {
    fprintf(out, "  %*s%s%s%s", width - format_width(text), "", bold ? "\033[1m" : "", text,
            bold ? "\033[0m" : "");
}

static struct phase measure(const struct summary *report, const char *name, bool colour) {
    struct phase phase = {.name = name, .server_width = format_width("server"), .colour = colour};
    char text[FORMAT_SIZE];
    for (enum metric m = 0; m < METRICS; m++) {
        phase.shown[m] = metrics[m].column && summary_phase_has(report, name, m);
        if (phase.shown[m]) phase.widths[m] = format_width(metrics[m].column);
    }
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct summary_cell *cell = &report->cells[i];
        if (strcmp(cell->phase, name) != 0) continue;
        int server_width = format_width(cell->server);
        if (server_width > phase.server_width) phase.server_width = server_width;
        if (!summary_cell_usable(cell)) continue;
        for (enum metric m = 0; m < METRICS; m++) {
            int width = format_width(summary_figure(text, cell, m));
            if (width > phase.widths[m]) phase.widths[m] = width;
        }
    }
    return phase;
}

/* The cells of one load, and the best figure of each column. */
struct group {
    const struct summary_cell *first; /* its first cell */
    double best[METRICS];             /* NAN if no cell has the figure */
    size_t rows;                      /* number of usable cells */
};

static bool in_group(const struct summary_cell *cell, const struct summary_cell *first) {
    return cell->load == first->load && strcmp(cell->phase, first->phase) == 0;
}

static void note_best(struct group *g, const struct summary_cell *cell, enum metric m) {
    double value = cell->figures[m].median;
    if (isnan(value) || summary_cell_bound(cell) == BOUND_CLIENT) return;
    /* the schedule determines these, so a higher figure is not better */
    if ((m == METRIC_THROUGHPUT || m == METRIC_CHURNED) && cell->kind != LOAD_CLOSED) return;
    bool better = metrics[m].larger_is_better ? value > g->best[m] : value < g->best[m];
    if (isnan(g->best[m]) || better) g->best[m] = value;
}

static struct group rank(const struct summary *report, const struct summary_cell *first) {
    struct group g = {.first = first};
    for (enum metric m = 0; m < METRICS; m++) g.best[m] = NAN;
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct summary_cell *cell = &report->cells[i];
        if (!in_group(cell, first) || !summary_cell_usable(cell)) continue;
        g.rows++;
        for (enum metric m = 0; m < METRICS; m++) note_best(&g, cell, m);
    }
    return g;
}

static void put_verdicts(FILE *out, const struct summary_cell *cell) {
    const size_t counts[VERDICTS] = {cell->valid, cell->suspect, cell->invalid};
    const char *separator = "  ";
    for (int i = 0; i < VERDICTS; i++) {
        if (!counts[i]) continue;
        fprintf(out, "%s%zu %s", separator, counts[i], verdict_names[i]);
        separator = ", ";
    }
    if (summary_cell_usable(cell) && cell->achieved < SAMPLE_ACHIEVED_MIN)
        fprintf(out, "; saturated: %s %% answered in time",
                format_apart(100 * cell->achieved, 100 * SAMPLE_ACHIEVED_MIN, 0).left);
    char losses[256];
    summary_losses(losses, sizeof losses, cell);
    if (*losses) fprintf(out, "; %s", losses);
}

static void put_row(FILE *out, const struct phase *phase, const struct group *g,
                    const struct summary_cell *cell) {
    fprintf(out, "  %s%-*s", line_guard(cell->server), phase->server_width, cell->server);
    if (cell->skipped) {
        fprintf(out, "  skipped: %s\n", cell->skipped);
        return;
    }
    char text[FORMAT_SIZE];
    bool usable = summary_cell_usable(cell);
    for (enum metric m = 0; m < METRICS; m++) {
        double value = usable ? cell->figures[m].median : NAN;
        if (phase->shown[m])
            put_right(out, summary_figure(text, cell, m), phase->widths[m],
                      phase->colour && g->rows > 1 && value == g->best[m]);
    }
    fprintf(out, "  %-7s", usable ? bound_names[summary_cell_bound(cell)] : "-");
    put_verdicts(out, cell);
    fputc('\n', out);
}

static void put_group(FILE *out, const struct summary *report, const struct phase *phase,
                      const struct summary_cell *first) {
    struct group g = rank(report, first);
    char load[256], rate[FORMAT_SIZE];
    summary_load(load, sizeof load, first, SUMMARY_WHOLE);
    fputs(load, out);
    if (isfinite(json_number(first->json, "scenario.rate_pct")) && isfinite(first->offered_per_s))
        fprintf(out, " \u00b7 %s/s offered", format_count(rate, first->offered_per_s));
    fputc('\n', out);
    for (size_t i = 0; i < report->cell_count; i++)
        if (in_group(&report->cells[i], first)) put_row(out, phase, &g, &report->cells[i]);
}

static void put_phase(FILE *out, const struct summary *report, const struct phase *phase) {
    fprintf(out, "\n%sphase %s%s\n  %-*s", phase->colour ? "\033[1m" : "", phase->name,
            phase->colour ? "\033[0m" : "", phase->server_width, "server");
    for (enum metric m = 0; m < METRICS; m++)
        if (phase->shown[m]) put_right(out, metrics[m].column, phase->widths[m], false);
    fprintf(out, "  %-7s  slots\n", "bound");
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct summary_cell *cell = &report->cells[i];
        size_t before = 0;
        if (strcmp(cell->phase, phase->name) != 0) continue;
        while (before < i && !in_group(&report->cells[before], cell)) before++;
        if (before == i) put_group(out, report, phase, cell);
    }
}

/* Whether an earlier cell has the same phase. */
static bool phase_seen(const struct summary *report, size_t index) {
    for (size_t i = 0; i < index; i++)
        if (strcmp(report->cells[i].phase, report->cells[index].phase) == 0) return true;
    return false;
}

/* Explains the columns that only some runs have. */
static void put_meanings(FILE *out, const bool shown[METRICS]) {
    bool arrivals = shown[METRIC_CONNECT_P50], memory = shown[METRIC_MEMORY];
    if (arrivals)
        fputs("connect: time from the call to the established connection. new: time from the"
              " scheduled start of a connection\nto its first echo.",
              out);
    if (memory) fprintf(out, "%smemory: resident memory of the server.", arrivals ? " " : "");
    if (arrivals || memory) fputc('\n', out);
}

void table_print(FILE *out, cJSON *document, const char *path, bool colour) {
    cJSON **files = calloc(1, sizeof(cJSON *));
    CHECK(files);
    files[0] = document;
    struct summary report;
    summary_build(&report, files, &path, 1);
    double floor_ns = json_number(document, "env.floor.roundtrip_ns");
    bool shown[METRICS] = {false};
    for (size_t i = 0; i < report.cell_count; i++) {
        if (phase_seen(&report, i)) continue;
        struct phase phase = measure(&report, report.cells[i].phase, colour);
        put_phase(out, &report, &phase);
        for (enum metric m = 0; m < METRICS; m++) shown[m] = shown[m] || phase.shown[m];
    }
    char text[FORMAT_SIZE];
    fprintf(out,
            "\nechoes/CPU s: per second of server CPU. overhead: CPU/echo over half a bare round"
            " trip (%s here).\n",
            format_duration(text, floor_ns));
    put_meanings(out, shown);
    fprintf(out, "slots: %zu valid, %zu suspect, %zu invalid; cells skipped: %zu\n",
            report.results[0].valid, report.results[0].suspect, report.results[0].invalid,
            report.results[0].skipped);
    summary_clear(&report);
}
