/* table.c - prints a comparison as a table for a terminal or a log.
 * Invariant: a row takes one line of less than 120 characters; its remark takes the next line. Lost
 * slots take a line of their cell. */
#include "base/line.h"

#include "bench/gate/output.h"
#include "bench/gate/words.h"
#include "bench/support/format.h"

#include <string.h>

enum { METRIC, BASELINE, CANDIDATE, CHANGE, INTERVAL, P, COUNT, COLUMNS };

/* Layout of all rows. */
struct layout {
    const struct gate_report *report;
    const char *titles[COLUMNS]; /* titles of the columns before the verdict */
    int widths[COLUMNS];         /* widths of these columns */
    bool colour;                 /* colour the verdicts */
};

static void cells_of(const char *cells[COLUMNS], const struct gate_row *row,
                     const struct gate_words *words) {
    cells[METRIC] = metrics[row->metric].title;
    cells[BASELINE] = words->baseline;
    cells[CANDIDATE] = words->candidate;
    cells[CHANGE] = words->change;
    cells[INTERVAL] = words->interval;
    cells[P] = words->p_marked;
    cells[COUNT] = words->count;
}

static void widen(struct layout *layout, const struct gate_row *row) {
    struct gate_words words;
    const char *cells[COLUMNS];
    gate_words(&words, layout->report, row);
    cells_of(cells, row, &words);
    for (int k = 0; k < COLUMNS; k++) {
        int width = format_width(cells[k]);
        if (width > layout->widths[k]) layout->widths[k] = width;
    }
}

static struct layout measure(const struct gate_report *report, bool colour) {
    struct layout layout = {.report = report,
                            .titles = {"metric", "baseline", "candidate", "change", "90 % interval",
                                       "p", gate_count_title(report)},
                            .colour = colour};
    for (int k = 0; k < COLUMNS; k++) layout.widths[k] = format_width(layout.titles[k]);
    for (size_t i = 0; i < report->row_count; i++) widen(&layout, &report->rows[i]);
    if (report->has_control) widen(&layout, &report->control);
    return layout;
}

static const char *colour_of(enum gate_verdict verdict) {
    switch (verdict) {
    case GATE_REGRESSED:
    case GATE_NOT_MEASURED:
    case GATE_INCOMPARABLE:
        return "\033[31m";
    case GATE_IMPROVED:
        return "\033[32m";
    case GATE_INCONCLUSIVE:
        return "\033[33m";
    default:
        return "";
    }
}

static void put_cells(FILE *out, const struct layout *layout, const char *const cells[COLUMNS]) {
    fprintf(out, "  %s%*s", cells[METRIC], layout->widths[METRIC] - format_width(cells[METRIC]),
            "");
    for (int k = METRIC + 1; k < COLUMNS; k++)
        fprintf(out, "  %*s%s", layout->widths[k] - format_width(cells[k]), "", cells[k]);
}

static void put_row(FILE *out, const struct layout *layout, const struct gate_row *row) {
    struct gate_words words;
    const char *cells[COLUMNS];
    const char *colour = layout->colour ? colour_of(row->verdict) : "";
    gate_words(&words, layout->report, row);
    cells_of(cells, row, &words);
    put_cells(out, layout, cells);
    fprintf(out, "  %s%s%s\n", colour, words.verdict, *colour ? "\033[0m" : "");
    if (*words.remark) line_print(out, "    %s", words.remark);
}

void gate_print(FILE *out, const struct gate_report *report, int exit_code, const char *why,
                bool colour) {
    struct layout layout = measure(report, colour);
    char text[GATE_WORDS_SIZE];
    fputc('\n', out);
    line_print(out, "baseline:  %s", report->baseline);
    line_print(out, "candidate: %s", report->candidate);
    fputc('\n', out);
    put_cells(out, &layout, layout.titles);
    fputs("  verdict\n", out);
    for (size_t i = 0; i < report->row_count; i++) {
        const struct gate_row *row = &report->rows[i];
        if (i == 0 || strcmp(row->cell, row[-1].cell) != 0) {
            line_print(out, "%s", row->cell);
            if (gate_losses_of_cell(text, report, row->cell)) line_print(out, "  %s", text);
        }
        put_row(out, &layout, row);
    }
    if (report->has_control) {
        line_print(out, "control, the baseline against a copy of it: %s", report->control.cell);
        put_row(out, &layout, &report->control);
    }
    gate_legend(text, report);
    fprintf(out, "\n%s", text);
    if (*report->note.text) line_print(out, "%s", report->note.text);
    gate_sum(text, report);
    fprintf(out, "%s\n", text);
    const char *word = gate_conclusion(text, report, exit_code, why);
    const char *bold = colour ? "\033[1m" : "";
    fprintf(out, "%siobench %s: %s: %s%s\n", bold, report->command, word, text,
            colour ? "\033[0m" : "");
}
