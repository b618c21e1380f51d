/* page_tables.c - the tables of the page; see page.h. The rows of a load are sorted, best first.
 * Invariant: a cell without a usable slot has no figures and no rank. */
#include "base/memory.h"

#include "bench/plot/style.h"
#include "bench/report/page.h"
#include "bench/result/sample_facts.h"
#include "bench/result/summary_words.h"
#include "bench/support/format.h"
#include "bench/support/json_path.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static bool ranked(const struct summary_cell *cell) {
    return summary_cell_usable(cell) && isfinite(cell->figures[METRIC_PER_CPU].median) &&
           summary_cell_bound(cell) != BOUND_CLIENT;
}

#define BEYOND_ANSWERS 1e20 /* longer than any time, in ns */

/* Sort key of a cell; larger is worse. It is the CPU per echo for closed loops, and for open loops
 * the 99th percentile, or the median if there are too few messages. A percentile that lies beyond
 * all answers is the worst. Churn uses the percentiles of whole connections. */
static double badness(const struct summary_cell *cell) {
    if (!summary_cell_usable(cell)) return INFINITY;
    if (cell->kind == LOAD_CLOSED)
        return ranked(cell) ? 1 / cell->figures[METRIC_PER_CPU].median : 1e30;
    bool churn = cell->kind == LOAD_CHURN;
    const enum metric metric_p99 = churn ? METRIC_NEWCOMERS_P99 : METRIC_P99;
    const enum metric metric_p50 = churn ? METRIC_NEWCOMERS_P50 : METRIC_P50;
    double p99 = cell->figures[metric_p99].median, p50 = cell->figures[metric_p50].median;
    if (isfinite(p99)) return p99;
    if (cell->places[metric_p50] != HIST_COUNTED) p50 = BEYOND_ANSWERS;
    if (cell->places[metric_p99] != HIST_COUNTED) return BEYOND_ANSWERS + p50;
    return isfinite(p50) ? p50 : 1e30;
}

/* Sorts by result first, because servers of different systems are not ranked against each other. */
static int best_first(const void *left, const void *right) {
    const struct summary_cell *a = *(const struct summary_cell *const *)left;
    const struct summary_cell *b = *(const struct summary_cell *const *)right;
    if (a->result != b->result) return a->result > b->result ? 1 : -1;
    double bad_a = badness(a), bad_b = badness(b);
    if (bad_a != bad_b) return bad_a > bad_b ? 1 : -1;
    return (a > b) - (a < b);
}

/* Writes a figure, with the range of the slots as its tooltip. */
static void put_figure(FILE *out, const struct summary_cell *cell, enum metric m) {
    const struct summary_span *span = &cell->figures[m];
    char *(*format)(char text[FORMAT_SIZE], double value) = metrics[m].format;
    char text[FORMAT_SIZE], low[FORMAT_SIZE], high[FORMAT_SIZE];
    fputs("<td class=\"n\"", out);
    if (isfinite(span->min))
        fprintf(out, " title=\"slots: %s to %s\"", format(low, span->min), format(high, span->max));
    fputc('>', out);
    format_html(out, summary_figure(text, cell, m));
    fputs("</td>", out);
}

/* A reason of a slot. */
struct given {
    const char *text;
    enum validity_code code; /* VALIDITY_CODES if unknown */
};

static struct given reason_of(const cJSON *sample, int index) {
    return (struct given){sample_reason(sample, index), sample_code(sample, index)};
}

/* Whether two reasons have the same text, or with `roughly` the same code. */
static bool same_reason(struct given a, struct given b, bool roughly) {
    if (roughly && a.code != VALIDITY_CODES) return a.code == b.code;
    return strcmp(a.text, b.text) == 0;
}

/* Whether the same reason occurs in the cell before reason `index` of the sample `last`. */
static bool said_before(const cJSON *samples, const cJSON *last, int index, bool roughly) {
    const cJSON *sample;
    struct given reason = reason_of(last, index);
    cJSON_ArrayForEach(sample, samples) {
        int count = sample == last ? index : sample_reasons(sample);
        for (int i = 0; i < count; i++)
            if (same_reason(reason, reason_of(sample, i), roughly)) return true;
        if (sample == last) break;
    }
    return false;
}

/* Writes the distinct reasons of a cell's slots. */
static void put_reasons(FILE *out, const struct summary_cell *cell, const char *separator,
                        bool roughly) {
    const cJSON *samples = json_item(cell->json, "samples"), *sample;
    const char *before = "";
    cJSON_ArrayForEach(sample, samples) {
        for (int i = 0; i < sample_reasons(sample); i++) {
            if (said_before(samples, sample, i, roughly)) continue;
            fputs(before, out);
            before = separator;
            format_html(out, sample_reason(sample, i));
        }
    }
}

/* Writes a pill if the cell is saturated. */
static void put_saturation(FILE *out, const struct summary_cell *cell) {
    if (!(cell->achieved < SAMPLE_ACHIEVED_MIN)) return;
    struct format_pair pair = format_apart(100 * cell->achieved, 100 * SAMPLE_ACHIEVED_MIN, 0);
    fprintf(out, "<span class=\"pill saturated\">saturated: %s\u00a0%% served</span> ", pair.left);
}

static void put_verdicts(FILE *out, const struct summary_cell *cell) {
    const size_t counts[VERDICTS] = {cell->valid, cell->suspect, cell->invalid};
    fputs("<td class=\"v\" title=\"", out);
    put_reasons(out, cell, "; ", false);
    fputs("\">", out);
    if (summary_cell_usable(cell)) put_saturation(out, cell);
    for (int i = 0; i < VERDICTS; i++)
        if (counts[i] > 0)
            fprintf(out, "<span class=\"pill %s\">%zu %s</span> ", verdict_names[i], counts[i],
                    verdict_names[i]);
    char losses[256];
    summary_losses(losses, sizeof losses, cell);
    if (*losses) {
        fputs("<small>", out);
        format_html(out, losses);
        fputs("</small>", out);
    }
    const char *apart = json_text(cell->json, "apart");
    if (apart) {
        fputs("<small>measured apart: ", out);
        format_html(out, apart);
        fputs("</small>", out);
    } else if (json_item(cell->json, "scenario.turns")) {
        fputs("<small>in turns</small>", out);
    }
    if (cell->suspect + cell->invalid > 0) {
        fputs("<small>", out);
        put_reasons(out, cell, "<br>", true);
        fputs("</small>", out);
    }
    fputs("</td>", out);
}

static void put_server(FILE *out, const struct summary_cell *cell) {
    struct plot_style style = plot_style_of(cell->model, cell->server);
    fprintf(out, "<th scope=\"row\"><span class=\"chip\" style=\"background:%s\"></span>",
            style.colour);
    format_html(out, cell->server);
    fputs("</th>", out);
}

/* Writes the rate that a share of the capacity was in the session of this cell. */
static void put_offered(FILE *out, const struct summary_cell *cell) {
    char offered[FORMAT_SIZE];
    if (isfinite(json_number(cell->json, "scenario.rate_pct")))
        fprintf(out, " \u00b7 %s/s offered", format_count(offered, cell->offered_per_s));
}

/* Writes the label of a result above its rows, if there are several results, and the offered rate
 * of a cell; NULL: without a rate. */
static void put_group(FILE *out, const struct summary *report, size_t result,
                      const struct summary_cell *cell, int columns) {
    if (report->result_count < 2) return;
    fprintf(out, "<tr class=\"group\"><th scope=\"rowgroup\" colspan=\"%d\">", columns);
    format_html(out, report->results[result].label);
    if (cell) put_offered(out, cell);
    fputs("</th></tr>\n", out);
}

/* The columns of a phase. */
struct columns {
    bool shown[METRICS]; /* metrics that have a column */
    int count;           /* number of all columns, including those without a metric */
};

static struct columns columns_of(const struct summary *report, const char *phase) {
    struct columns columns = {.count = 4}; /* rank, server, bound, slots */
    for (enum metric m = 0; m < METRICS; m++) {
        columns.shown[m] = metrics[m].heading && summary_phase_has(report, phase, m);
        columns.count += columns.shown[m];
    }
    return columns;
}

static void put_row(FILE *out, const struct summary_cell *cell, size_t rank,
                    const struct columns *columns) {
    fputs("<tr><td class=\"n rank\">", out);
    if (rank > 0)
        fprintf(out, "%zu", rank);
    else
        fputs("<span title=\"not ranked\">\u2013</span>", out);
    fputs("</td>", out);
    put_server(out, cell);
    for (enum metric m = 0; m < METRICS; m++)
        if (columns->shown[m]) put_figure(out, cell, m);
    fprintf(out, "<td>%s</td>",
            summary_cell_usable(cell) ? bound_names[summary_cell_bound(cell)] : "\u2013");
    put_verdicts(out, cell);
    fputs("</tr>\n", out);
}

/* Explains how the rows of a phase are sorted, which depends on its loads. */
static void put_sorting(FILE *out, const struct summary *report, const char *phase) {
    static const char *const by[] = {
        [LOAD_CLOSED] = ("closed loops by echoes per second of server CPU, highest first (not "
                         "ranked if the load generator was the limit)"),
        [LOAD_OPEN] = "open loops by the 99th percentile, shortest first",
        [LOAD_CHURN] = "churn by the 99th percentile of whole connections, shortest first"};
    bool present[3] = {false};
    const char *separator = "Order: ";
    for (size_t i = 0; i < report->cell_count; i++)
        if (strcmp(report->cells[i].phase, phase) == 0) present[report->cells[i].kind] = true;
    fputs("<p class=\"note\">", out);
    for (size_t i = 0; i < 3; i++) {
        if (!present[i]) continue;
        fprintf(out, "%s%s", separator, by[i]);
        separator = "; ";
    }
    fprintf(
        out,
        ". Percentiles show %s and cover all usable slots together. Other figures are medians "
        "of the slots; the tooltip shows their range. A percentile is one of all messages, also of "
        "those that got no answer.</p>\n",
        !present[LOAD_OPEN]    ? "service time"
        : present[LOAD_CLOSED] ? "response time from the intended send in open loops, and "
                                 "service time in closed loops,"
                               : "response time from the intended send");
}

/* Writes the title of a column. A newline in it becomes a line break. */
static void put_heading(FILE *out, const struct metric_facts *facts) {
    fputs("<th scope=\"col\" class=\"n\"", out);
    if (facts->hint) fprintf(out, " title=\"%s\"", facts->hint);
    fputc('>', out);
    for (const char *c = facts->heading; *c != '\0'; c++)
        if (*c == '\n')
            fputs("<br>", out);
        else
            fputc(*c, out);
    fputs("</th>", out);
}

static void put_head(FILE *out, const struct summary *report, const char *phase,
                     const struct columns *columns) {
    put_sorting(out, report, phase);
    fputs("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"", out);
    format_html(out, phase);
    fputs("\"><table><thead><tr><th scope=\"col\" class=\"n\">#</th>"
          "<th scope=\"col\">Server</th>",
          out);
    for (enum metric m = 0; m < METRICS; m++)
        if (columns->shown[m]) put_heading(out, &metrics[m]);
    fputs("<th scope=\"col\">Bound</th><th scope=\"col\">Slots</th></tr></thead><tbody>\n", out);
}

static bool same_rows(const struct summary_cell *a, const struct summary_cell *b) {
    return !a->skipped && !b->skipped && strcmp(a->phase, b->phase) == 0 && a->load == b->load;
}

static void put_load(FILE *out, const struct summary *report, const struct summary_cell **cells,
                     size_t count, const struct columns *columns) {
    char load[256];
    size_t rank = 0;
    summary_load(load, sizeof load, cells[0], SUMMARY_WHOLE);
    fprintf(out, "<tr class=\"load\"><th scope=\"rowgroup\" colspan=\"%d\">", columns->count);
    format_html(out, load);
    if (report->result_count == 1) put_offered(out, cells[0]);
    fputs("</th></tr>\n", out);
    for (size_t k = 0; k < count; k++) {
        if (k == 0 || cells[k]->result != cells[k - 1]->result) {
            put_group(out, report, cells[k]->result, cells[k], columns->count);
            rank = 0;
        }
        bool ranks = badness(cells[k]) < 1e30 && ranked(cells[k]);
        put_row(out, cells[k], ranks ? ++rank : 0, columns);
    }
}

/* Writes the table of a phase: its loads below each other. */
static void put_phase(FILE *out, const struct summary *report, const char *phase, size_t number) {
    const struct summary_cell **cells = calloc(report->cell_count + 1, sizeof *cells);
    MEMORY_CHECK(cells);
    struct columns columns = columns_of(report, phase);
    fprintf(out, "<section class=\"phase\" id=\"phase-%zu\"><h3>", number);
    format_html(out, phase);
    fputs("</h3>", out);
    put_head(out, report, phase, &columns);
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct summary_cell *first = &report->cells[i];
        size_t count = 0, before = 0;
        if (strcmp(first->phase, phase) != 0) continue;
        for (size_t k = 0; k < i; k++) before += same_rows(&report->cells[k], first);
        for (size_t k = i; k < report->cell_count && before == 0; k++)
            if (same_rows(first, &report->cells[k])) cells[count++] = &report->cells[k];
        if (count == 0) continue;
        qsort(cells, count, sizeof *cells, best_first);
        put_load(out, report, cells, count, &columns);
    }
    fputs("</tbody></table></div></section>\n", out);
    free(cells);
}

void report_html_tables(FILE *out, const struct summary *report) {
    const char **phases = calloc(report->cell_count + 1, sizeof *phases);
    MEMORY_CHECK(phases);
    size_t count = 0;
    for (size_t i = 0; i < report->cell_count; i++) {
        size_t known = 0;
        while (known < count && strcmp(phases[known], report->cells[i].phase) != 0) known++;
        if (known == count && !report->cells[i].skipped) phases[count++] = report->cells[i].phase;
    }
    for (size_t i = 0; i < count && count > 1; i++) {
        fprintf(out, "%s<a href=\"#phase-%zu\">", i == 0 ? "<p>" : " \u00b7 ", i + 1);
        format_html(out, phases[i]);
        fputs(i + 1 == count ? "</a></p>\n" : "</a>", out);
    }
    for (size_t i = 0; i < count; i++) put_phase(out, report, phases[i], i + 1);
    free(phases);
}

void report_html_skipped(FILE *out, const struct summary *report) {
    size_t last = SIZE_MAX;
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct summary_cell *cell = &report->cells[i];
        if (!cell->skipped) continue;
        if (last == SIZE_MAX)
            fputs("<section><h2>Not run</h2><div class=\"scroll\"><table><thead><tr>"
                  "<th scope=\"col\">Server</th><th scope=\"col\">Load</th>"
                  "<th scope=\"col\">Reason</th></tr></thead><tbody>\n",
                  out);
        if (cell->result != last) put_group(out, report, cell->result, NULL, 3);
        last = cell->result;
        char load[256];
        summary_load(load, sizeof load, cell, SUMMARY_WHOLE);
        fputs("<tr>", out);
        put_server(out, cell);
        fputs("<td>", out);
        format_html(out, load);
        fputs("</td><td class=\"text\">", out);
        format_html(out, cell->skipped);
        fputs("</td></tr>\n", out);
    }
    if (last != SIZE_MAX) fputs("</tbody></table></div></section>\n", out);
}

/* Whether an earlier result, or an earlier entry of the same result, describes the same model. */
static bool model_shown(const struct summary *report, const cJSON *model) {
    const char *name = json_text(model, "name");
    for (size_t i = 0; i < report->result_count; i++) {
        const cJSON *other;
        cJSON_ArrayForEach(other, json_item(report->results[i].json, "session.models")) {
            const char *other_name = json_text(other, "name");
            if (other == model) return false;
            if (name && other_name && strcmp(name, other_name) == 0) return true;
        }
    }
    return false;
}

void report_html_models(FILE *out, const struct summary *report) {
    static const char *const keys[] = {"summary", "initiation", "notification"};
    fputs("<section><h2>The models, and two questions about each</h2>"
          "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">Model</th>"
          "<th scope=\"col\">Description</th>"
          "<th scope=\"col\">How does it start input and output?</th>"
          "<th scope=\"col\">How does it learn of completion?</th></tr></thead><tbody>\n",
          out);
    for (size_t i = 0; i < report->result_count; i++) {
        const cJSON *model;
        cJSON_ArrayForEach(model, json_item(report->results[i].json, "session.models")) {
            const char *name = json_text(model, "name");
            if (!name || model_shown(report, model)) continue;
            fprintf(out,
                    "<tr><th scope=\"row\"><span class=\"chip\" style=\"background:%s\"></span>",
                    plot_style_of(name, name).colour);
            format_html(out, name);
            fputs("</th>", out);
            for (size_t k = 0; k < 3; k++) {
                const char *text = json_text(model, keys[k]);
                fputs("<td class=\"text\">", out);
                for (const char *c = text ? text : ""; *c != '\0'; c++) {
                    char one[2] = {k > 0 && *c == '_' ? ' ' : *c, '\0'};
                    format_html(out, one);
                }
                fputs("</td>", out);
            }
            fputs("</tr>\n", out);
        }
    }
    fputs("</tbody></table></div></section>\n", out);
}
