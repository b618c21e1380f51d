/* gnuplot.c - quotes strings for gnuplot and runs it; see gnuplot.h.
 * Invariant: gnuplot has ended when plot_run returns; it is killed after a minute. */
#include "bench/plot/gnuplot.h"

#include "base/check.h"
#include "base/utf8.h"

#include "bench/support/process.h"
#include "bench/support/reason.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEADLINE_S 60.0

void plot_quote(char *line, size_t size, const char *text) {
    size_t used = strlen(line);
    if (used + 3 > size) return;
    line[used++] = '"';
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0' && used + 6 < size; c++) {
        if (*c < ' ' || *c == 0x7f || *c == '`') {
            used += (size_t)snprintf(line + used, size - used, "\\%03o", (unsigned)*c);
            continue;
        }
        if (*c == '"' || *c == '\\') line[used++] = '\\';
        line[used++] = (char)*c;
    }
    line[used++] = '"';
    line[used] = '\0';
}

void plot_quote_text(char *line, size_t size, const char *text) {
    char *copy = malloc(2 * strlen(text) + 1), *to = copy;
    CHECK(copy);
    for (const char *c = text; *c != '\0'; c++) {
        if (strncmp(c, "]>", 2) == 0 && to > copy && to[-1] == ']') {
            *to++ = *c;
            *to++ = ' ';
        } else {
            *to++ = *c;
        }
    }
    *to = '\0';
    utf8_clean(copy);
    plot_quote(line, size, copy);
    free(copy);
}

bool plot_run(const char *kind, const char *folder, struct reason *reason) {
    char program[] = "gnuplot", option[] = "-e", script[64], go_there[8300] = "cd ";
    snprintf(script, sizeof script, "%s.gp", kind);
    plot_quote(go_there, sizeof go_there, folder);
    char *arguments[] = {program, option, go_there, script, NULL};
    struct process_loop loop;
    int error = process_loop_open(&loop, false);
    if (error) return reason_set(reason, "gnuplot: %s", process_error_text(error));
    struct process gnuplot;
    error = process_start(&gnuplot, &loop, arguments, NULL, 0);
    if (error) {
        process_loop_close(&loop);
        return reason_set(reason, "gnuplot: %s",
                          error == UV_ENOENT ? "not installed" : process_error_text(error));
    }
    bool ended = process_wait(&loop, process_ended, &gnuplot, DEADLINE_S, false);
    process_end(&gnuplot, 0);
    char story[PROCESS_LINE_SIZE + 64];
    process_story(&gnuplot, story, sizeof story);
    bool fine = ended && gnuplot.exit_status == 0 && gnuplot.term_signal == 0;
    process_free(&gnuplot);
    process_loop_close(&loop);
    return fine || reason_set(reason, "gnuplot: %s: %s", script,
                              ended ? story : "not finished within a minute");
}
