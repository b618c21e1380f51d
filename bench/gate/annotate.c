/* annotate.c - prints a comparison as annotations of a GitHub workflow.
 * Source: GitHub's "Workflow commands" and command.ts in its actions toolkit.
 * Invariant: a name cannot end its command or start another one. At most 10 annotations of a kind,
 * because GitHub shows no more per step. */
#include "bench/gate/output.h"
#include "bench/gate/reliability.h"
#include "bench/gate/words.h"
#include "bench/support/exit_code.h"
#include "bench/support/format.h"

#include <string.h>

#define ROWS_MAX 9 /* plus one that counts the rest */

static void put_escaped(FILE *out, const char *text, const char *special) {
    for (const char *c = text; *c; c++) {
        if (strchr(special, *c))
            fprintf(out, "%%%02X", (unsigned)(unsigned char)*c);
        else
            fputc(*c, out);
    }
}

static void put_command(FILE *out, const char *kind, const char *title, const char *message) {
    fprintf(out, "::%s title=", kind);
    put_escaped(out, title, "%\r\n:,");
    fputs("::", out);
    put_escaped(out, message, "%\r\n");
    fputc('\n', out);
}

static void put_row(FILE *out, const struct gate_report *report, const struct gate_row *row,
                    const char *kind) {
    char title[GATE_WORDS_SIZE], message[2 * GATE_WORDS_SIZE] = "";
    struct gate_words words;
    gate_words(&words, report, row);
    snprintf(title, sizeof title, "iobench %s: %s %s", report->command, row->cell,
             metrics[row->metric].title);
    format_append(message, sizeof message, "%s", words.verdict);
    if (row->verdict == GATE_REGRESSED && !gate_regressed_by_losses(row))
        format_append(message, sizeof message, ": %s -> %s, %s (90 %% interval %s, p %s)",
                      words.baseline, words.candidate, words.change, words.interval, words.p);
    if (*words.remark) format_append(message, sizeof message, ": %s", words.remark);
    put_command(out, kind, title, message);
}

/* Prints the offending rows that regressed, or all other offending rows. Stops printing when
 * `*shown` reaches ROWS_MAX. Returns the number of rows, printed or not. */
static size_t put_rows(FILE *out, const struct gate_report *report, const char *kind,
                       bool regressed, size_t *shown) {
    size_t found = 0;
    for (size_t i = 0; i < report->row_count; i++) {
        const struct gate_row *row = &report->rows[i];
        if (!gate_offends(report, row) || (row->verdict == GATE_REGRESSED) != regressed) continue;
        found++;
        if (*shown >= ROWS_MAX) continue;
        put_row(out, report, row, kind);
        ++*shown;
    }
    return found;
}

void gate_annotate(FILE *out, const struct gate_report *report, int exit_code, const char *why) {
    char title[FORMAT_SIZE], text[GATE_WORDS_SIZE], message[2 * GATE_WORDS_SIZE];
    const char *kind = exit_code == EXIT_FINE ? "warning" : "error";
    size_t shown = 0, inconclusive = 0;
    snprintf(title, sizeof title, "iobench %s", report->command);
    size_t found = put_rows(out, report, kind, true, &shown);
    found += put_rows(out, report, kind, false, &shown);
    if (found > shown) {
        snprintf(message, sizeof message, "%zu more", found - shown);
        put_command(out, kind, title, message);
    }
    if (exit_code != EXIT_FINE && found == 0) {
        const char *word = gate_conclusion(text, report, exit_code, why);
        snprintf(message, sizeof message, "%s: %s", word, text);
        put_command(out, kind, title, message);
    }
    if (gate_losses_of_all(text, report)) put_command(out, "warning", title, text);
    for (size_t i = 0; i < report->row_count; i++)
        inconclusive += report->rows[i].verdict == GATE_INCONCLUSIVE;
    if (inconclusive == 0) return;
    snprintf(message, sizeof message, "%zu of %zu figures INCONCLUSIVE", inconclusive,
             report->row_count);
    put_command(out, "warning", title, message);
}
