/* rows_print.c - the table of bench-loadgen; see rows.h.
 * Invariant: each cell has a line; disturbed cells are marked. */
#include "bench/support/format.h"
#include "bench/support/width.h"
#include "tools/bench-loadgen/rows.h"

#include <math.h>
#include <string.h>

static char *format_pct(char text[FORMAT_SIZE], double value) {
    snprintf(text, FORMAT_SIZE, isnan(value) ? "-" : "%.0f %%", value);
    return text;
}

static char *format_share(char text[FORMAT_SIZE], double value) {
    snprintf(text, FORMAT_SIZE, isnan(value) ? "-" : "%.2f %%", 100 * value);
    return text;
}

struct column {
    const char *title;                                     /* with the unit, if values have none */
    char *(*format)(char text[FORMAT_SIZE], double value); /* format of a value */
};

static const struct column columns[ROW_FIGURES] = {
    [ROW_CONNECTIONS] = {"connections", format_count},
    [ROW_DEPTH] = {"depth", format_count},
    [ROW_RATE] = {"offered/s", format_count},
    [ROW_ACHIEVED] = {"in time", format_share},
    [ROW_ECHOES] = {"echoes/s", format_count},
    [ROW_LOADGEN_CPU] = {"CPU/echo", format_duration},
    [ROW_SERVER_CPU] = {"server's", format_duration},
    [ROW_BUSY] = {"busy", format_pct},
    [ROW_SEND_LAG] = {"send lag p99", format_duration},
};

/* The cells of one phase and server. Widths are in characters. */
struct section {
    const struct summary_cell *first; /* the first cell */
    int transport_width;              /* width of the column of transports */
    int widths[ROW_FIGURES];          /* 0: no cell has the figure, so there is no column */
};

static bool in_section(const struct summary_cell *cell, const struct summary_cell *first) {
    return strcmp(cell->phase, first->phase) == 0 && strcmp(cell->server, first->server) == 0;
}

static int max_width(int width, const char *text) {
    int other = width_of(text);
    return other > width ? other : width;
}

static struct section measure(const struct summary *report, const struct summary_cell *first) {
    struct section s = {.first = first, .transport_width = width_of("transport")};
    char text[FORMAT_SIZE];
    for (size_t i = 0; i < report->cell_count; i++) {
        if (!in_section(&report->cells[i], first)) continue;
        struct row row = row_of(&report->cells[i]);
        s.transport_width = max_width(s.transport_width, row.transport);
        for (int k = 0; k < ROW_FIGURES; k++) {
            if (isnan(row.figures[k])) continue;
            s.widths[k] = max_width(s.widths[k], columns[k].title);
            s.widths[k] = max_width(s.widths[k], columns[k].format(text, row.figures[k]));
        }
    }
    return s;
}

static void put_right(FILE *out, const char *text, int width) {
    fprintf(out, "  %*s%s", width - width_of(text), "", text);
}

static void put_head(FILE *out, const struct section *s) {
    fprintf(out, "\nphase %s, against %s\n  %-*s", s->first->phase, s->first->server,
            s->transport_width, "transport");
    for (int k = 0; k < ROW_FIGURES; k++)
        if (s->widths[k]) put_right(out, columns[k].title, s->widths[k]);
    fputs("  bound    slots\n", out);
}

static void put_row(FILE *out, const struct section *s, const struct row *row) {
    static const char *const names[ROW_SLOTS] = {"valid", "bound", "suspect", "invalid"};
    char text[FORMAT_SIZE];
    bool disturbed = row->slots[ROW_SUSPECT] + row->slots[ROW_INVALID] > 0;
    fprintf(out, "%c %-*s", disturbed ? '*' : ' ', s->transport_width, row->transport);
    for (int k = 0; k < ROW_FIGURES; k++)
        if (s->widths[k]) put_right(out, columns[k].format(text, row->figures[k]), s->widths[k]);
    bool usable = summary_cell_usable(row->cell);
    fprintf(out, "  %-7s", usable ? bound_names[summary_cell_bound(row->cell)] : "-");
    const char *separator = "  ";
    for (int k = 0; k < ROW_SLOTS; k++) {
        if (!row->slots[k]) continue;
        fprintf(out, "%s%zu %s", separator, row->slots[k], names[k]);
        separator = ", ";
    }
    if (row->cell->skipped) fprintf(out, "%sskipped: %s", separator, row->cell->skipped);
    fputc('\n', out);
}

void rows_print(FILE *out, const struct summary *report) {
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct summary_cell *first = &report->cells[i];
        size_t before = 0;
        while (before < i && !in_section(&report->cells[before], first)) before++;
        if (before < i) continue;
        struct section s = measure(report, first);
        put_head(out, &s);
        for (size_t k = i; k < report->cell_count; k++) {
            if (!in_section(&report->cells[k], first)) continue;
            struct row row = row_of(&report->cells[k]);
            put_row(out, &s, &row);
        }
    }
}
