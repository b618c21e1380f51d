/* table.c - the summary tables at the end of a run; see table.h.
 * Invariants: the rows of a group have the same load. A cell that was limited by the load generator
 * is never marked as the best. A line is wider than the limit only if one of its words is. */
#include "bench/report/table.h"

#include "base/line.h"
#include "base/memory.h"

#include "bench/result/sample_facts.h"
#include "bench/result/summary.h"
#include "bench/result/summary_words.h"
#include "bench/support/format.h"
#include "bench/support/json_path.h"
#include "bench/support/text.h"
#include "bench/support/width.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BOUND_WIDTH 7    /* "neither" */
#define SERVER_WIDTH 6   /* "server" */
#define VERDICTS_SIZE 96 /* "12 valid, 3 suspect, 1 invalid" */

/* The layout of a phase's table. Widths are in columns of the terminal. */
struct phase {
    const char *name;
    struct terminal terminal;
    bool shown[METRICS]; /* metrics that have a column */
    bool bound;          /* the column `bound` is shown */
    int widths[METRICS]; /* widths of these columns */
    int server_width;    /* width of the first column */
    int slots_width;     /* width of the last column, without remarks */
};

/* Columns that a narrow table lacks, the first one first. METRICS stands for `bound`. What is not
 * listed always stays. */
static const enum metric dear[] = {
    METRIC_OVERHEAD, METRIC_PER_CPU, METRIC_CONNECT_P50, METRIC_NEWCOMERS_P50, METRIC_P50, METRICS,
    METRIC_CPU,      METRIC_MEMORY,  METRIC_P99,         METRIC_NEWCOMERS_P99};

static void put_right(FILE *out, const char *text, int width, bool bold) {
    fprintf(out, "  %*s%s%s%s", width - width_of(text), "", bold ? "\033[1m" : "", text,
            bold ? "\033[0m" : "");
}

static void list_verdicts(char text[VERDICTS_SIZE], const struct summary_cell *cell) {
    const size_t counts[VERDICTS] = {cell->valid, cell->suspect, cell->invalid};
    *text = '\0';
    for (int i = 0; i < VERDICTS; i++)
        if (counts[i])
            format_append(text, VERDICTS_SIZE, "%s%zu %s", *text ? ", " : "", counts[i],
                          verdict_names[i]);
}

/* Width of a row up to the last column. */
static int width_before_slots(const struct phase *phase) {
    int width = 2 + phase->server_width + (phase->bound ? 2 + BOUND_WIDTH : 0);
    for (enum metric m = 0; m < METRICS; m++)
        if (phase->shown[m]) width += 2 + phase->widths[m];
    return width;
}

static void narrow(struct phase *phase) {
    int columns = phase->terminal.columns;
    if (!columns) return;
    int widest = columns / 3 > SERVER_WIDTH ? columns / 3 : SERVER_WIDTH;
    if (phase->server_width > widest) phase->server_width = widest; /* see put_server */
    for (size_t i = 0; i < sizeof dear / sizeof *dear; i++) {
        if (width_before_slots(phase) + 2 + phase->slots_width <= columns) return;
        if (dear[i] == METRICS)
            phase->bound = false;
        else
            phase->shown[dear[i]] = false;
    }
}

static int larger(int width, const char *text) {
    int other = width_of(text);
    return width > other ? width : other;
}

/* The layout with all columns, for any width. */
static struct phase measure(const struct summary *report, const char *name) {
    struct phase phase = {.name = name,
                          .bound = true,
                          .server_width = SERVER_WIDTH,
                          .slots_width = width_of("slots")};
    char text[FORMAT_SIZE], verdicts[VERDICTS_SIZE];
    for (enum metric m = 0; m < METRICS; m++) {
        phase.shown[m] = metrics[m].column && summary_phase_has(report, name, m);
        if (phase.shown[m]) phase.widths[m] = width_of(metrics[m].column);
    }
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct summary_cell *cell = &report->cells[i];
        if (strcmp(cell->phase, name) != 0) continue;
        phase.server_width = larger(phase.server_width, cell->server);
        list_verdicts(verdicts, cell);
        phase.slots_width = larger(phase.slots_width, verdicts);
        if (!summary_cell_usable(cell)) continue;
        for (enum metric m = 0; m < METRICS; m++)
            phase.widths[m] = larger(phase.widths[m], summary_figure(text, cell, m));
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

/* Writes what a row says after its figures: the number of slots by verdict, and remarks. */
static void put_verdicts(FILE *out, const struct phase *phase, const struct summary_cell *cell) {
    char losses[256], verdicts[VERDICTS_SIZE];
    struct text text = {0};
    list_verdicts(verdicts, cell);
    text_add(&text, "%s", verdicts);
    if (summary_cell_usable(cell) && cell->achieved < SAMPLE_ACHIEVED_MIN)
        text_add(&text, "; saturated: %s %% answered in time",
                 format_apart(100 * cell->achieved, 100 * SAMPLE_ACHIEVED_MIN, 0).left);
    summary_losses(losses, sizeof losses, cell);
    if (*losses) text_add(&text, "; %s", losses);
    int columns = phase->terminal.columns, at = width_before_slots(phase) + 2;
    if (!columns || at + width_of(text.data) <= columns) {
        fprintf(out, "  %s\n", text.data);
    } else { /* remarks go to the next line, and the number of slots too, if it must */
        bool fits = at + width_of(verdicts) <= columns;
        fprintf(out, "%s%s\n%4s", fits ? "  " : "", fits ? verdicts : "", "");
        width_print(out, text.data + (fits ? strlen(verdicts) + strlen("; ") : 0),
                    (struct width_place){columns, 4, 4});
    }
    free(text.data);
}

/* A name that is wider than its column has a line of its own. */
static void put_server(FILE *out, const struct phase *phase, const char *server) {
    int room = phase->server_width - width_of(server);
    fputs("  ", out);
    if (room >= 0)
        fprintf(out, "%s%s%*s", line_guard(server), server, room, "");
    else
        width_print(out, server, (struct width_place){phase->terminal.columns, 2, 2});
    if (room < 0) fprintf(out, "  %*s", phase->server_width, "");
}

static void put_row(FILE *out, const struct phase *phase, const struct group *g,
                    const struct summary_cell *cell) {
    put_server(out, phase, cell->server);
    if (cell->skipped) {
        struct text text = {0};
        int at = 2 + phase->server_width + 2;
        text_add(&text, "skipped: %s", cell->skipped);
        fputs("  ", out);
        width_print(out, text.data, (struct width_place){phase->terminal.columns, at, at});
        free(text.data);
        return;
    }
    char text[FORMAT_SIZE];
    bool usable = summary_cell_usable(cell);
    for (enum metric m = 0; m < METRICS; m++) {
        double value = usable ? cell->figures[m].median : NAN;
        if (phase->shown[m])
            put_right(out, summary_figure(text, cell, m), phase->widths[m],
                      phase->terminal.colour && g->rows > 1 && value == g->best[m]);
    }
    if (phase->bound)
        fprintf(out, "  %-*s", BOUND_WIDTH, usable ? bound_names[summary_cell_bound(cell)] : "-");
    put_verdicts(out, phase, cell);
}

/* Whether some servers of the load took turns. */
static bool in_turns(const struct summary *report, const struct summary_cell *first) {
    for (size_t i = 0; i < report->cell_count; i++)
        if (in_group(&report->cells[i], first) &&
            json_item(report->cells[i].json, "scenario.turns"))
            return true;
    return false;
}

/* Below a load whose servers took turns: those that did not, and why. */
static void put_apart(FILE *out, const struct summary *report, const struct phase *phase,
                      const struct summary_cell *first) {
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct summary_cell *cell = &report->cells[i];
        const char *why = json_text(cell->json, "apart");
        if (!why || cell->skipped || !in_group(cell, first)) continue;
        struct text text = {0};
        text_add(&text, "%s was measured apart: %s", cell->server, why);
        fputs("    ", out);
        width_print(out, text.data, (struct width_place){phase->terminal.columns, 4, 4});
        free(text.data);
    }
}

static void put_group(FILE *out, const struct summary *report, const struct phase *phase,
                      const struct summary_cell *first) {
    struct group g = rank(report, first);
    char load[320], rate[FORMAT_SIZE];
    summary_load(load, sizeof load, first, SUMMARY_WHOLE);
    if (isfinite(json_number(first->json, "scenario.rate_pct")) && isfinite(first->offered_per_s))
        format_append(load, sizeof load, " \u00b7 %s/s offered",
                      format_count(rate, first->offered_per_s));
    bool turns = in_turns(report, first);
    if (turns) format_append(load, sizeof load, " \u00b7 in turns");
    width_print(out, load, (struct width_place){phase->terminal.columns, 0, 4});
    for (size_t i = 0; i < report->cell_count; i++)
        if (in_group(&report->cells[i], first)) put_row(out, phase, &g, &report->cells[i]);
    if (turns) put_apart(out, report, phase, first);
}

static void put_phase(FILE *out, const struct summary *report, const struct phase *phase) {
    bool bold = phase->terminal.colour;
    fprintf(out, "\n%sphase %s%s\n  %-*s", bold ? "\033[1m" : "", phase->name,
            bold ? "\033[0m" : "", phase->server_width, "server");
    for (enum metric m = 0; m < METRICS; m++)
        if (phase->shown[m]) put_right(out, metrics[m].column, phase->widths[m], false);
    if (phase->bound) fprintf(out, "  %-*s", BOUND_WIDTH, "bound");
    fputs("  slots\n", out);
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

/* Explains the columns that are shown. */
static void put_meanings(FILE *out, const bool shown[METRICS], double floor_ns,
                         struct width_place place) {
    char figure[FORMAT_SIZE];
    struct text text = {0};
    if (shown[METRIC_PER_CPU]) text_add(&text, "echoes/CPU s: per second of server CPU. ");
    if (shown[METRIC_OVERHEAD])
        text_add(&text, "overhead: CPU/echo over half a bare round trip (%s here). ",
                 format_duration(figure, floor_ns));
    if (shown[METRIC_CONNECT_P50])
        text_add(&text, "connect: time from the call to the established connection. ");
    if (shown[METRIC_NEWCOMERS_P50] || shown[METRIC_NEWCOMERS_P99])
        text_add(&text, "new: time from the scheduled start of a connection to its first echo. ");
    if (shown[METRIC_MEMORY]) text_add(&text, "memory: resident memory of the server. ");
    if (text.data) text.data[text.size - 1] = '\0'; /* the last blank */
    if (text.data) width_print(out, text.data, place);
    free(text.data);
}

static void put_left_out(FILE *out, const bool left_out[METRICS + 1], struct width_place place) {
    struct text text = {0};
    for (size_t i = 0; i < sizeof dear / sizeof *dear; i++)
        if (left_out[dear[i]])
            text_add(&text, "%s%s", text.data ? ", " : "left out: ",
                     dear[i] == METRICS ? "bound" : metrics[dear[i]].column);
    if (!text.data) return;
    text_add(&text, "; --wide shows all columns.");
    width_print(out, text.data, place);
    free(text.data);
}

void table_print(FILE *out, cJSON *document, const char *path, struct terminal terminal) {
    cJSON **files = calloc(1, sizeof(cJSON *));
    MEMORY_CHECK(files);
    files[0] = document;
    struct summary report;
    summary_build(&report, files, &path, 1);
    bool shown[METRICS] = {false}, left_out[METRICS + 1] = {false};
    for (size_t i = 0; i < report.cell_count; i++) {
        if (phase_seen(&report, i)) continue;
        const struct phase whole = measure(&report, report.cells[i].phase);
        struct phase phase = whole;
        phase.terminal = terminal;
        narrow(&phase);
        put_phase(out, &report, &phase);
        for (enum metric m = 0; m < METRICS; m++) {
            shown[m] = shown[m] || phase.shown[m];
            left_out[m] = left_out[m] || (whole.shown[m] && !phase.shown[m]);
        }
        left_out[METRICS] = left_out[METRICS] || !phase.bound;
    }
    struct width_place place = {.columns = terminal.columns};
    fputc('\n', out);
    put_meanings(out, shown, json_number(document, "env.floor.roundtrip_ns"), place);
    put_left_out(out, left_out, place);
    char line[160];
    snprintf(line, sizeof line, "slots: %zu valid, %zu suspect, %zu invalid; cells skipped: %zu",
             report.results[0].valid, report.results[0].suspect, report.results[0].invalid,
             report.results[0].skipped);
    width_print(out, line, place);
    summary_clear(&report);
}
