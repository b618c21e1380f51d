/* table.c - prints a comparison as a table for a terminal or a log.
 * Invariant: a row takes one line; its remark follows. Lost slots take a line of their cell. */
#include "bench/gate/output.h"
#include "bench/gate/words.h"
#include "bench/support/format.h"
#include "bench/support/text.h"
#include "bench/support/width.h"

#include <stdlib.h>
#include <string.h>

enum { METRIC, BASELINE, CANDIDATE, CHANGE, INTERVAL, P, COUNT, COLUMNS };

/* Layout of all rows. */
struct layout {
    const struct gate_report *report;
    const char *titles[COLUMNS]; /* titles of the columns before the verdict */
    int widths[COLUMNS];         /* widths of these columns */
    bool shown[COLUMNS];         /* whether they fit */
    int verdict_width;           /* width of the verdicts */
    struct terminal terminal;
};

/* Columns that a narrow table lacks, the first one first; the others always stay. */
static const int dear[] = {COUNT, P, BASELINE, CANDIDATE, INTERVAL};

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
        int width = width_of(cells[k]);
        if (width > layout->widths[k]) layout->widths[k] = width;
    }
    int width = width_of(words.verdict);
    if (width > layout->verdict_width) layout->verdict_width = width;
}

static int width_of_rows(const struct layout *layout) {
    int width = 2 + layout->verdict_width;
    for (int k = 0; k < COLUMNS; k++)
        if (layout->shown[k]) width += 2 + layout->widths[k];
    return width;
}

static struct layout measure(const struct gate_report *report, struct terminal terminal) {
    struct layout layout = {.report = report,
                            .titles = {"metric", "baseline", "candidate", "change", "90 % interval",
                                       "p", gate_count_title(report)},
                            .verdict_width = width_of("verdict"),
                            .terminal = terminal};
    for (int k = 0; k < COLUMNS; k++) {
        layout.widths[k] = width_of(layout.titles[k]);
        layout.shown[k] = true;
    }
    for (size_t i = 0; i < report->row_count; i++) widen(&layout, &report->rows[i]);
    if (report->has_control) widen(&layout, &report->control);
    for (size_t i = 0; i < sizeof dear / sizeof *dear; i++)
        if (terminal.columns && width_of_rows(&layout) > terminal.columns)
            layout.shown[dear[i]] = false;
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
    fprintf(out, "  %s%*s", cells[METRIC], layout->widths[METRIC] - width_of(cells[METRIC]), "");
    for (int k = METRIC + 1; k < COLUMNS; k++)
        if (layout->shown[k])
            fprintf(out, "  %*s%s", layout->widths[k] - width_of(cells[k]), "", cells[k]);
}

static void put_row(FILE *out, const struct layout *layout, const struct gate_row *row) {
    struct gate_words words;
    const char *cells[COLUMNS];
    const char *colour = layout->terminal.colour ? colour_of(row->verdict) : "";
    gate_words(&words, layout->report, row);
    cells_of(cells, row, &words);
    put_cells(out, layout, cells);
    fprintf(out, "  %s%s%s\n", colour, words.verdict, *colour ? "\033[0m" : "");
    if (!*words.remark) return;
    fputs("    ", out);
    width_print(out, words.remark, (struct width_place){layout->terminal.columns, 4, 4});
}

/* Scripts look for these lines, so they are whole except on a terminal. */
static void put_line(FILE *out, struct terminal terminal, const char *before, const char *text) {
    char line[2 * GATE_WORDS_SIZE];
    snprintf(line, sizeof line, "%s%s", before, text);
    width_print(out, line, (struct width_place){terminal.is ? terminal.columns : 0, 0, 4});
}

/* Prints the lines of a text, each broken to the width of the table. */
static void put_lines(FILE *out, struct terminal terminal, char *text) {
    for (char *line = text, *end; *line; line = end) {
        end = line + strcspn(line, "\n");
        if (*end) *end++ = '\0';
        width_print(out, line, (struct width_place){terminal.columns, 0, 4});
    }
}

static void put_left_out(FILE *out, const struct layout *layout) {
    struct text text = {0};
    for (size_t i = 0; i < sizeof dear / sizeof *dear; i++)
        if (!layout->shown[dear[i]])
            text_add(&text, "%s%s", text.data ? ", " : "left out: ", layout->titles[dear[i]]);
    if (!text.data) return;
    text_add(&text, "; --wide shows all columns.");
    width_print(out, text.data, (struct width_place){layout->terminal.columns, 0, 4});
    free(text.data);
}

static void put_conclusion(FILE *out, const struct gate_report *report, int exit_code,
                           const char *why, struct terminal terminal) {
    char text[GATE_WORDS_SIZE], before[128];
    const char *word = gate_conclusion(text, report, exit_code, why);
    snprintf(before, sizeof before, "iobench %s: %s: ", report->command, word);
    fputs(terminal.colour ? "\033[1m" : "", out);
    put_line(out, terminal, before, text);
    fputs(terminal.colour ? "\033[0m" : "", out);
}

void gate_print(FILE *out, const struct gate_report *report, int exit_code, const char *why,
                struct terminal terminal) {
    struct layout layout = measure(report, terminal);
    char text[GATE_WORDS_SIZE];
    fputc('\n', out);
    put_line(out, terminal, "baseline:  ", report->baseline);
    put_line(out, terminal, "candidate: ", report->candidate);
    fputc('\n', out);
    put_cells(out, &layout, layout.titles);
    fputs("  verdict\n", out);
    for (size_t i = 0; i < report->row_count; i++) {
        const struct gate_row *row = &report->rows[i];
        if (i == 0 || strcmp(row->cell, row[-1].cell) != 0) {
            put_line(out, terminal, "", row->cell);
            if (gate_losses_of_cell(text, report, row->cell)) {
                fputs("  ", out);
                width_print(out, text, (struct width_place){terminal.columns, 2, 4});
            }
        }
        put_row(out, &layout, row);
    }
    if (report->has_control) {
        put_line(out, terminal,
                 "control, the baseline against a copy of it: ", report->control.cell);
        put_row(out, &layout, &report->control);
    }
    fputc('\n', out);
    gate_legend(text, report);
    put_lines(out, terminal, text);
    put_left_out(out, &layout);
    if (*report->note.text) put_line(out, terminal, "", report->note.text);
    gate_sum(text, report);
    put_lines(out, terminal, text);
    put_conclusion(out, report, exit_code, why, terminal);
}
