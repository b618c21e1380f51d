/* report_table.c - the tables of the page: one per load, best first.
 * Invariant: a cell without a usable slot shows no figure, and is ranked nowhere. */
#include "bench/report_format.h"
#include "bench/report_html.h"

#include "base/check.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static bool ranked(const struct report_cell *cell) {
    return report_cell_usable(cell) && isfinite(cell->per_cpu.median) &&
           report_cell_bound(cell) != BOUND_CLIENT;
}

/* Larger is worse. Closed loop: CPU an echo costs; open loop: 99th percentile, else the median. */
static double badness(const struct report_cell *cell) {
    if (!report_cell_usable(cell)) return INFINITY;
    if (!cell->open_loop) return ranked(cell) ? 1 / cell->per_cpu.median : 1e30;
    double ns = isfinite(cell->latency_ns[2]) ? cell->latency_ns[2] : cell->latency_ns[0];
    return isfinite(ns) ? ns : 1e30;
}

/* Results one after the other, never mixed: across systems there is no ranking. */
static int best_first(const void *left, const void *right) {
    const struct report_cell *a = *(const struct report_cell *const *)left;
    const struct report_cell *b = *(const struct report_cell *const *)right;
    if (a->result != b->result) return a->result > b->result ? 1 : -1;
    double bad_a = badness(a), bad_b = badness(b);
    if (bad_a != bad_b) return bad_a > bad_b ? 1 : -1;
    return (a > b) - (a < b);
}

/* A figure of the slots; their range on hover. */
static void put_span(FILE *out, const struct report_span *span,
                     char *(*format)(char text[FORMAT_SIZE], double value)) {
    char text[FORMAT_SIZE], low[FORMAT_SIZE], high[FORMAT_SIZE];
    fputs("<td class=\"n\"", out);
    if (isfinite(span->median))
        fprintf(out, " title=\"slots: %s to %s\"", format(low, span->min), format(high, span->max));
    fprintf(out, ">%s</td>", format(text, span->median));
}

/* Whether an earlier slot of the cell gave the same reason. */
static bool said_before(const cJSON *samples, const cJSON *reason) {
    const cJSON *sample, *other;
    cJSON_ArrayForEach(sample, samples) {
        cJSON_ArrayForEach(other, report_item(sample, "validity.reasons")) {
            if (other == reason) return false;
            if (cJSON_IsString(other) && strcmp(other->valuestring, reason->valuestring) == 0)
                return true;
        }
    }
    return false;
}

static void put_reasons(FILE *out, const struct report_cell *cell, const char *separator) {
    const cJSON *samples = report_item(cell->json, "samples"), *sample, *reason;
    bool first = true;
    cJSON_ArrayForEach(sample, samples) {
        cJSON_ArrayForEach(reason, report_item(sample, "validity.reasons")) {
            if (!cJSON_IsString(reason) || said_before(samples, reason)) continue;
            if (!first) fputs(separator, out);
            first = false;
            format_html(out, reason->valuestring);
        }
    }
}

static void put_verdicts(FILE *out, const struct report_cell *cell) {
    static const char *const names[] = {"valid", "suspect", "invalid"};
    const size_t counts[] = {cell->valid, cell->suspect, cell->invalid};
    fputs("<td class=\"v\" title=\"", out);
    put_reasons(out, cell, "; ");
    fputs("\">", out);
    for (int i = 0; i < 3; i++)
        if (counts[i] > 0)
            fprintf(out, "<span class=\"pill %s\">%zu %s</span> ", names[i], counts[i], names[i]);
    if (cell->suspect + cell->invalid > 0) {
        fputs("<small>", out);
        put_reasons(out, cell, "<br>");
        fputs("</small>", out);
    }
    fputs("</td>", out);
}

static void put_server(FILE *out, const struct report_cell *cell) {
    struct plot_style style = plot_style_of(cell->model, cell->server);
    fprintf(out, "<th scope=\"row\"><span class=\"chip\" style=\"background:%s\"></span>",
            style.colour);
    format_html(out, cell->server);
    fputs("</th>", out);
}

/* Says whose rows follow, where there are several results. */
static void put_group(FILE *out, const struct report *report, size_t result, int columns) {
    if (report->result_count < 2) return;
    fprintf(out, "<tr class=\"group\"><th scope=\"rowgroup\" colspan=\"%d\">", columns);
    format_html(out, report->results[result].label);
    fputs("</th></tr>\n", out);
}

static void put_row(FILE *out, const struct report_cell *cell, size_t rank) {
    char text[FORMAT_SIZE];
    fputs("<tr><td class=\"n rank\">", out);
    if (rank > 0)
        fprintf(out, "%zu", rank);
    else
        fputs("<span title=\"not ranked\">\u2013</span>", out);
    fputs("</td>", out);
    put_server(out, cell);
    put_span(out, &cell->rate, format_count);
    for (size_t i = 0; i < QUANTILES; i++)
        fprintf(out, "<td class=\"n\">%s</td>", format_duration(text, cell->latency_ns[i]));
    put_span(out, &cell->cpu_ns, format_count);
    if (isfinite(cell->overhead))
        fprintf(out, "<td class=\"n\">%.2f</td>", cell->overhead);
    else
        fputs("<td class=\"n\">\u2013</td>", out);
    put_span(out, &cell->per_cpu, format_count);
    put_span(out, &cell->rss, format_bytes);
    put_span(out, &cell->fairness, format_ratio);
    fprintf(out, "<td>%s</td>",
            report_cell_usable(cell) ? report_bound_names[report_cell_bound(cell)] : "\u2013");
    put_verdicts(out, cell);
    fputs("</tr>\n", out);
}

static void put_head(FILE *out, const struct report_cell *first) {
    char load[256];
    bool intended = first->basis != NULL && strcmp(first->basis, "intended") == 0;
    const char *time = intended ? "response time from the intended send" : "service time";
    format_load(load, sizeof load, first, true);
    fputs("<h3>", out);
    format_html(out, load);
    fprintf(out,
            "</h3><p class=\"note\">Sorted by %s. Percentiles are %s, over all usable slots "
            "together; the other figures are medians of the slots, their range on hover.</p>\n",
            first->open_loop
                ? "the 99th percentile, shortest first"
                : "echoes per second of server CPU, most first; what the load generator "
                  "limited is not ranked",
            time);
    fputs("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"", out);
    format_html(out, load);
    fputs(
        "\"><table><thead><tr><th scope=\"col\" class=\"n\">#</th><th scope=\"col\">Server</th>"
        "<th scope=\"col\" class=\"n\">Echoes<br>per second</th>"
        "<th scope=\"col\" class=\"n\">p50</th><th scope=\"col\" class=\"n\">p90</th>"
        "<th scope=\"col\" class=\"n\">p99</th><th scope=\"col\" class=\"n\">p99.9</th>"
        "<th scope=\"col\" class=\"n\">Server CPU<br>per echo, ns</th>"
        "<th scope=\"col\" class=\"n\" title=\"CPU per echo over half of a bare TCP round trip on "
        "that machine\">Over-<br>head</th>"
        "<th scope=\"col\" class=\"n\">Echoes per<br>CPU second</th>"
        "<th scope=\"col\" class=\"n\">Memory per<br>connection</th>"
        "<th scope=\"col\" class=\"n\" title=\"Jain's index of echoes per connection; 1 is equal "
        "shares\">Fairness</th><th scope=\"col\">Bound</th><th scope=\"col\">Slots</th></tr>"
        "</thead><tbody>\n",
        out);
}

/* Whether a cell is the first with its load that was run. */
static bool first_of_load(const struct report *report, size_t index) {
    if (report->cells[index].skipped != NULL) return false;
    for (size_t i = 0; i < index; i++)
        if (report->cells[i].skipped == NULL &&
            strcmp(report->cells[i].load, report->cells[index].load) == 0)
            return false;
    return true;
}

void report_html_tables(FILE *out, const struct report *report) {
    const struct report_cell **cells = calloc(report->cell_count + 1, sizeof *cells);
    CHECK(cells != NULL);
    for (size_t i = 0; i < report->cell_count; i++) {
        if (!first_of_load(report, i)) continue;
        size_t count = 0, rank = 0;
        for (size_t k = i; k < report->cell_count; k++) {
            const struct report_cell *cell = &report->cells[k];
            if (cell->skipped == NULL && strcmp(cell->load, report->cells[i].load) == 0)
                cells[count++] = cell;
        }
        qsort(cells, count, sizeof *cells, best_first);
        fputs("<section class=\"load\">", out);
        put_head(out, cells[0]);
        for (size_t k = 0; k < count; k++) {
            if (k == 0 || cells[k]->result != cells[k - 1]->result) {
                put_group(out, report, cells[k]->result, 14);
                rank = 0;
            }
            bool ranks = badness(cells[k]) < 1e30 && ranked(cells[k]);
            put_row(out, cells[k], ranks ? ++rank : 0);
        }
        fputs("</tbody></table></div></section>\n", out);
    }
    free(cells);
}

void report_html_skipped(FILE *out, const struct report *report) {
    size_t last = SIZE_MAX;
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct report_cell *cell = &report->cells[i];
        if (cell->skipped == NULL) continue;
        if (last == SIZE_MAX)
            fputs("<section><h2>Not run</h2><div class=\"scroll\"><table><thead><tr>"
                  "<th scope=\"col\">Server</th><th scope=\"col\">Load</th>"
                  "<th scope=\"col\">Reason</th></tr></thead><tbody>\n",
                  out);
        if (cell->result != last) put_group(out, report, cell->result, 3);
        last = cell->result;
        char load[256];
        format_load(load, sizeof load, cell, true);
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

/* Whether an earlier result, or an earlier entry of this one, describes the same model. */
static bool model_shown(const struct report *report, const cJSON *model) {
    const char *name = report_text(model, "name");
    for (size_t i = 0; i < report->result_count; i++) {
        const cJSON *other;
        cJSON_ArrayForEach(other, report_item(report->results[i].json, "session.models")) {
            const char *other_name = report_text(other, "name");
            if (other == model) return false;
            if (name != NULL && other_name != NULL && strcmp(name, other_name) == 0) return true;
        }
    }
    return false;
}

void report_html_models(FILE *out, const struct report *report) {
    static const char *const keys[] = {"summary", "initiation", "notification"};
    fputs("<section><h2>The models, and the two questions to ask of each</h2>"
          "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">Model</th>"
          "<th scope=\"col\">What it is</th><th scope=\"col\">How is input and output started?</th>"
          "<th scope=\"col\">How is its completion learned?</th></tr></thead><tbody>\n",
          out);
    for (size_t i = 0; i < report->result_count; i++) {
        const cJSON *model;
        cJSON_ArrayForEach(model, report_item(report->results[i].json, "session.models")) {
            const char *name = report_text(model, "name");
            if (name == NULL || model_shown(report, model)) continue;
            fprintf(out,
                    "<tr><th scope=\"row\"><span class=\"chip\" style=\"background:%s\"></span>",
                    plot_style_of(name, name).colour);
            format_html(out, name);
            fputs("</th>", out);
            for (size_t k = 0; k < 3; k++) {
                const char *text = report_text(model, keys[k]);
                fputs("<td class=\"text\">", out);
                for (const char *c = text != NULL ? text : ""; *c != '\0'; c++) {
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
