/* gnuplot.c - quotes strings for gnuplot and runs it; see gnuplot.h.
 * Invariant: gnuplot has ended when plot_run returns; it is killed after half a minute. */
#include "bench/plot/gnuplot.h"

#include "base/memory.h"
#include "base/utf8.h"

#include "bench/support/files.h"
#include "bench/support/format.h"
#include "bench/support/paths.h"
#include "bench/support/process.h"
#include "bench/support/reason.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEADLINE_S 30.0

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
    MEMORY_CHECK(copy);
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

/* Runs gnuplot with `arguments` until it ends; returns how, and sets `reason` if it failed. */
static enum plot_outcome run(char *const *arguments, struct reason *reason) {
    struct process_loop loop;
    int error = process_loop_open(&loop, false);
    if (error) {
        reason_set(reason, "%s", process_error_text(error));
        return PLOT_FAILED;
    }
    struct process gnuplot;
    error = process_start(&gnuplot, &loop, arguments, NULL, 0);
    if (error) {
        process_loop_close(&loop);
        reason_set(reason, "%s", error == UV_ENOENT ? "not installed" : process_error_text(error));
        return PLOT_HOPELESS;
    }
    bool ended = process_wait(&loop, process_ended, &gnuplot, DEADLINE_S, false);
    if (ended)
        process_end(&gnuplot, 0);
    else
        process_end_group(&gnuplot); /* a wrapper leaves the real gnuplot behind */
    char story[PROCESS_LINE_SIZE + 64];
    process_story(&gnuplot, story, sizeof story);
    bool fine = gnuplot.exit_status == 0 && gnuplot.term_signal == 0;
    bool silent = !*gnuplot.last_line;
    process_free(&gnuplot);
    process_loop_close(&loop);
    if (!ended)
        reason_set(reason, "not finished within %.0f s", DEADLINE_S);
    else
        reason_set(reason, "%s", fine && silent ? "it drew nothing" : story);
    return !ended ? PLOT_HOPELESS : fine ? PLOT_DRAWN : PLOT_FAILED;
}

/* A gnuplot that cannot draw a format may say so and exit with 0, like the script itself. */
static bool drawn(const char *drawing) {
    size_t size = 0;
    struct reason unused;
    char *content = files_read(drawing, &size, &unused);
    free(content);
    return size > 0;
}

enum plot_outcome plot_run(const char *kind, const char *folder, const char *format,
                           struct reason *reason) {
    char program[] = "gnuplot", option[] = "-e", script[64], before[8400] = "cd ";
    char drawing[PATH_SIZE + 64];
    snprintf(script, sizeof script, "%s.gp", kind);
    plot_quote(before, sizeof before - 32, folder);
    format_append(before, sizeof before, "; formats = '%s'", format);
    snprintf(drawing, sizeof drawing, "%s/%s.%s", folder, kind, format);
    char *arguments[] = {program, option, before, script, NULL};
    struct reason why;
    enum plot_outcome outcome = run(arguments, &why);
    if (outcome == PLOT_DRAWN && !drawn(drawing)) outcome = PLOT_FAILED;
    if (outcome == PLOT_DRAWN) return outcome;
    files_remove(drawing); /* a part of it may be there */
    reason_set(reason, "gnuplot: %s%s%s", outcome == PLOT_FAILED ? script : "",
               outcome == PLOT_FAILED ? ": " : "", why.text);
    return outcome;
}
