/* table.c - the summary at the end of a run.
 * Invariant: what one load's rows show was measured under equal conditions, so that they may be
 * compared; the best of a column is marked only among slots that the load generator did not bound.
 */
#include "bench/report/table.h"

#include "base/check.h"

#include "bench/result/sample_facts.h"
#include "bench/result/summary.h"
#include "bench/result/summary_words.h"
#include "bench/support/format.h"
#include "bench/support/json_path.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    RATE,
    CHURNED,
    P50,
    P99,
    CONNECT,
    FIRST_P50,
    FIRST_P99,
    MEMORY,
    CPU,
    PER_CPU,
    OVERHEAD,
    FIGURES
};

/* A column of figures. */
struct column {
    const char *title; /* with its unit, if the values have none */
    char *(*format)(char text[FORMAT_SIZE], double value); /* of a value */
    bool larger_is_better;                                 /* what "best" means */
    bool always; /* there also where no cell of the phase knows it */
};

static char *format_times(char text[FORMAT_SIZE], double value) {
    snprintf(text, FORMAT_SIZE, isnan(value) ? "-" : "%.2f", value);
    return text;
}

static const struct column columns[FIGURES] = {
    [RATE] = {"echoes/s", format_count, true, true},
    [CHURNED] = {"conns/s", format_count, true, false},
    [P50] = {"p50", format_duration, false, true},
    [P99] = {"p99", format_duration, false, true},
    [CONNECT] = {"connect p50", format_duration, false, false},
    [FIRST_P50] = {"new p50", format_duration, false, false},
    [FIRST_P99] = {"new p99", format_duration, false, false},
    [MEMORY] = {"memory", format_bytes, false, false},
    [CPU] = {"CPU/echo", format_duration, false, true},
    [PER_CPU] = {"echoes/CPU s", format_count, true, true},
    [OVERHEAD] = {"overhead", format_times, false, true},
};

/* What the loads of a phase have in common: columns and their widths. */
struct phase {
    const char *name;    /* of the suite */
    double floor_ns;     /* a bare round trip */
    bool shown[FIGURES]; /* columns that have something to say */
    int widths[FIGURES]; /* of each column */
    int server_width;    /* of the first column */
    bool colour;         /* bold may be used */
};

static void figures_of(const struct summary_cell *cell, double floor_ns, double figures[FIGURES]) {
    figures[RATE] = cell->rate.median;
    figures[CHURNED] = cell->churned.median;
    figures[P50] = cell->latency_ns[0];
    figures[P99] = cell->latency_ns[2];
    figures[CONNECT] = cell->connect_ns[0];
    figures[FIRST_P50] = cell->first_ns[0];
    figures[FIRST_P99] = cell->first_ns[2];
    figures[MEMORY] = cell->memory.median;
    figures[CPU] = cell->cpu_ns.median;
    figures[PER_CPU] = cell->per_cpu.median;
    figures[OVERHEAD] = cell->cpu_ns.median / (floor_ns / 2);
}

static void put_right(FILE *out, const char *text, int width, bool bold) {
    fprintf(out, "  %*s%s%s%s", width - format_width(text), "", bold ? "\033[1m" : "", text,
            bold ? "\033[0m" : "");
}

static struct phase measure(const struct summary *report, const char *name, double floor_ns,
                            bool colour) {
    struct phase phase = {.name = name,
                          .floor_ns = floor_ns,
                          .server_width = format_width("server"),
                          .colour = colour};
    char text[FORMAT_SIZE];
    for (int k = 0; k < FIGURES; k++) {
        phase.shown[k] = columns[k].always;
        phase.widths[k] = format_width(columns[k].title);
    }
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct summary_cell *cell = &report->cells[i];
        double figures[FIGURES];
        if (strcmp(cell->phase, name) != 0) continue;
        int server_width = format_width(cell->server);
        if (server_width > phase.server_width) phase.server_width = server_width;
        if (!summary_cell_usable(cell)) continue;
        figures_of(cell, floor_ns, figures);
        for (int k = 0; k < FIGURES; k++) {
            int width = format_width(columns[k].format(text, figures[k]));
            if (width > phase.widths[k]) phase.widths[k] = width;
            /* every cell knows its memory, but it is worth a column only beside idle connections */
            if (k == MEMORY ? cell->idle > 0 : isfinite(figures[k])) phase.shown[k] = true;
        }
    }
    return phase;
}

/* The cells of one load, and the best of each column among them. */
struct group {
    const struct summary_cell *first; /* of the group, for its load */
    double best[FIGURES];             /* NAN if nobody knows the figure */
    size_t rows;                      /* cells that may be shown */
};

static bool in_group(const struct summary_cell *cell, const struct summary_cell *first) {
    return cell->load == first->load && strcmp(cell->phase, first->phase) == 0;
}

static void note_best(struct group *g, const struct summary_cell *cell, int k, double value) {
    if (isnan(value) || summary_cell_bound(cell) == BOUND_CLIENT) return;
    /* the schedule decides these, and who falls behind it is not the best */
    if ((k == RATE || k == CHURNED) && cell->kind != LOAD_CLOSED) return;
    bool better = columns[k].larger_is_better ? value > g->best[k] : value < g->best[k];
    if (isnan(g->best[k]) || better) g->best[k] = value;
}

static struct group rank(const struct summary *report, const struct summary_cell *first,
                         double floor_ns) {
    struct group g = {.first = first};
    for (int k = 0; k < FIGURES; k++) g.best[k] = NAN;
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct summary_cell *cell = &report->cells[i];
        double figures[FIGURES];
        if (!in_group(cell, first) || !summary_cell_usable(cell)) continue;
        g.rows++;
        figures_of(cell, floor_ns, figures);
        for (int k = 0; k < FIGURES; k++) note_best(&g, cell, k, figures[k]);
    }
    return g;
}

static void put_verdicts(FILE *out, const struct summary_cell *cell) {
    const size_t counts[3] = {cell->valid, cell->suspect, cell->invalid};
    static const char *const names[3] = {"valid", "suspect", "invalid"};
    const char *separator = "  ";
    for (int i = 0; i < 3; i++) {
        if (!counts[i]) continue;
        fprintf(out, "%s%zu %s", separator, counts[i], names[i]);
        separator = ", ";
    }
    if (summary_cell_usable(cell) && cell->achieved < SAMPLE_ACHIEVED_MIN)
        fprintf(out, "; saturated: %.0f %% answered in time", 100 * cell->achieved);
}

static void put_row(FILE *out, const struct phase *phase, const struct group *g,
                    const struct summary_cell *cell) {
    fprintf(out, "  %-*s", phase->server_width, cell->server);
    if (cell->skipped) {
        fprintf(out, "  skipped: %s\n", cell->skipped);
        return;
    }
    char text[FORMAT_SIZE];
    double figures[FIGURES];
    bool usable = summary_cell_usable(cell);
    figures_of(cell, phase->floor_ns, figures);
    for (int k = 0; k < FIGURES; k++)
        if (phase->shown[k])
            put_right(out, columns[k].format(text, usable ? figures[k] : NAN), phase->widths[k],
                      phase->colour && usable && g->rows > 1 && figures[k] == g->best[k]);
    fprintf(out, "  %-7s", usable ? sample_bound_names[summary_cell_bound(cell)] : "-");
    put_verdicts(out, cell);
    fputc('\n', out);
}

static void put_group(FILE *out, const struct summary *report, const struct phase *phase,
                      const struct summary_cell *first) {
    struct group g = rank(report, first, phase->floor_ns);
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
    for (int k = 0; k < FIGURES; k++)
        if (phase->shown[k]) put_right(out, columns[k].title, phase->widths[k], false);
    fprintf(out, "  %-7s  slots\n", "bound");
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct summary_cell *cell = &report->cells[i];
        size_t before = 0;
        if (strcmp(cell->phase, phase->name) != 0) continue;
        while (before < i && !in_group(&report->cells[before], cell)) before++;
        if (before == i) put_group(out, report, phase, cell);
    }
}

/* Whether an earlier cell is of the same phase. */
static bool phase_seen(const struct summary *report, size_t index) {
    for (size_t i = 0; i < index; i++)
        if (strcmp(report->cells[i].phase, report->cells[index].phase) == 0) return true;
    return false;
}

/* What the columns mean that not every run has. */
static void put_meanings(FILE *out, const bool shown[FIGURES]) {
    if (shown[CONNECT])
        fputs("connect: from the call to the established connection. new: from the time at which a"
              " connection was due\nto its first echo.",
              out);
    if (shown[MEMORY]) fputs(" memory: of the server, resident.", out);
    if (shown[CONNECT] || shown[MEMORY]) fputc('\n', out);
}

void table_print(FILE *out, cJSON *document, const char *path, bool colour) {
    cJSON **files = calloc(1, sizeof(cJSON *));
    CHECK(files);
    files[0] = document;
    struct summary report;
    summary_build(&report, files, &path, 1);
    double floor_ns = json_number(document, "env.floor.roundtrip_ns");
    bool shown[FIGURES] = {false};
    for (size_t i = 0; i < report.cell_count; i++) {
        if (phase_seen(&report, i)) continue;
        struct phase phase = measure(&report, report.cells[i].phase, floor_ns, colour);
        put_phase(out, &report, &phase);
        for (int k = 0; k < FIGURES; k++) shown[k] = shown[k] || phase.shown[k];
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
