/* gnuplot.c - quotes strings for gnuplot and runs it; see gnuplot.h.
 * Invariant: gnuplot has ended when plot_run returns; it is killed after a minute. */
#include "bench/plot/gnuplot.h"

#include "bench/support/process.h"
#include "bench/support/reason.h"

#include <stdio.h>
#include <string.h>

#define DEADLINE_S 60.0

void plot_quote(char *line, size_t size, const char *text) {
    size_t used = strlen(line);
    if (used + 3 > size) return;
    line[used++] = '\'';
    for (const char *c = text; *c != '\0' && used + 4 <= size; c++) {
        if (*c == '\'') line[used++] = '\'';
        line[used++] = (unsigned char)*c < ' ' || *c == 127 ? ' ' : *c;
    }
    line[used++] = '\'';
    line[used] = '\0';
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
