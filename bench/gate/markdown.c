/* markdown.c - writes a comparison as GitHub-flavoured Markdown.
 * Invariant: a name is shown literally: it cannot format text or end a cell of the table. Every row
 * is included, possibly in a collapsed section. */
#include "bench/gate/output.h"
#include "bench/gate/words.h"
#include "bench/support/text.h"

#include <string.h>

#define ROWS_UNFOLDED 12 /* with more rows, the full table is collapsed */

/* Appends literal text. Characters that are special in Markdown or HTML become references, and so
 * do those that would make a link of "http://", "www." or an address of mail. Control characters,
 * including line ends, become spaces. */
static void add_escaped(struct text *to, const char *text) {
    unsigned char before = '\0';
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        bool link = (*c == ':' && c[1] == '/') || (*c == '.' && (before == 'w' || before == 'W'));
        if (*c < ' ' || *c == 0x7f)
            text_add(to, " ");
        else if (link || strchr("\\`*_[]<>#|~&$@", *c))
            text_add(to, "&#%d;", *c);
        else
            text_add(to, "%c", *c);
        before = *c;
    }
}

/* Appends lines separated by <br>. Changes `lines`. */
static void add_lines(struct text *to, char *lines) {
    for (char *line = lines; *line;) {
        size_t length = strcspn(line, "\n");
        bool more = line[length] && line[length + 1];
        line[length] = '\0';
        add_escaped(to, line);
        if (!more) return;
        text_add(to, "<br>");
        line += length + 1;
    }
}

/* Whether single backticks show the text literally, also in a table. */
static bool is_plain(const char *text) {
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        if (*c < ' ' || *c == 0x7f || strchr("`|\\", *c)) return false;
    return *text && *text != ' ';
}

static void add_code(struct text *to, const char *text) {
    if (is_plain(text)) {
        text_add(to, "`%s`", text);
        return;
    }
    text_add(to, "<code>");
    add_escaped(to, text);
    text_add(to, "</code>");
}

/* Whether a reader must see the row. */
static bool is_notable(const struct gate_row *row) {
    return row->verdict != GATE_PASS && row->verdict != GATE_IDENTICAL;
}

static void add_row(struct text *to, const struct gate_report *report, const struct gate_row *row,
                    bool with_cell) {
    struct gate_words words;
    gate_words(&words, report, row);
    const char *bold = row->verdict == GATE_REGRESSED ? "**" : "";
    text_add(to, "| ");
    if (row == &report->control) text_add(to, "control, the baseline against a copy of it: ");
    if (with_cell) add_code(to, row->cell);
    text_add(to, " | %s | %s | %s | %s%s%s | %s | %s | %s | %s%s%s", metrics[row->metric].title,
             words.baseline, words.candidate, bold, words.change, bold, words.interval,
             words.p_marked, words.count, bold, words.verdict, bold);
    if (*words.remark) {
        text_add(to, "<br>");
        add_escaped(to, words.remark);
    }
    text_add(to, " |\n");
}

static void add_table(struct text *to, const struct gate_report *report, bool whole) {
    text_add(
        to,
        "| cell | metric | baseline | candidate | change | 90 %% interval | p | %s | verdict |\n"
        "|---|---|--:|--:|--:|--:|--:|--:|---|\n",
        gate_count_title(report));
    const char *cell = NULL;
    for (size_t i = 0; i < report->row_count; i++) {
        const struct gate_row *row = &report->rows[i];
        if (!whole && !is_notable(row)) continue;
        add_row(to, report, row, !cell || strcmp(cell, row->cell) != 0);
        cell = row->cell;
    }
    if (report->has_control && (whole || report->invalid || is_notable(&report->control)))
        add_row(to, report, &report->control, true);
    text_add(to, "\n");
}

static size_t count_notable(const struct gate_report *report) {
    size_t count = report->has_control && (report->invalid || is_notable(&report->control));
    for (size_t i = 0; i < report->row_count; i++) count += is_notable(&report->rows[i]);
    return count;
}

/* Lists the cells that lost slots. */
static void add_losses(struct text *to, const struct gate_report *report) {
    char text[GATE_WORDS_SIZE];
    bool any = false;
    for (size_t i = 0; i < report->loss_count; i++) {
        if (!gate_losses_of_cell(text, report, report->losses[i].cell)) continue;
        any = true;
        text_add(to, "- ");
        add_code(to, report->losses[i].cell);
        text_add(to, ": ");
        add_escaped(to, text);
        text_add(to, "\n");
    }
    if (any) text_add(to, "\n");
}

char *gate_markdown(const struct gate_report *report, int exit_code, const char *why) {
    struct text to = {0};
    char text[GATE_WORDS_SIZE];
    bool fold = report->row_count > ROWS_UNFOLDED;
    const char *word = gate_conclusion(text, report, exit_code, why);
    text_add(&to, "### iobench %s: %s: ", report->command, word);
    add_escaped(&to, text);
    text_add(&to, "\n\nbaseline ");
    add_code(&to, report->baseline);
    text_add(&to, ", candidate ");
    add_code(&to, report->candidate);
    text_add(&to, "\n\n");
    if (*report->note.text) {
        add_escaped(&to, report->note.text);
        text_add(&to, "\n\n");
    }
    if (!fold || count_notable(report)) add_table(&to, report, !fold);
    if (fold) {
        text_add(&to, "<details><summary>All %zu figures</summary>\n\n", report->row_count);
        add_table(&to, report, true);
        text_add(&to, "</details>\n\n");
    }
    add_losses(&to, report);
    gate_sum(text, report);
    add_lines(&to, text);
    text_add(&to, "\n\n<sub>");
    gate_legend(text, report);
    add_lines(&to, text);
    text_add(&to, "</sub>\n\n");
    return to.data;
}
