/* progress.c - prints progress on stderr, so that stdout holds only the table.
 * Invariant: a line is never wider than the terminal. */
#include "bench/session/progress.h"

#include "bench/result/sample_facts.h"
#include "bench/support/format.h"
#include "bench/support/json_path.h"
#include "bench/support/terminal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_SIZE 640
#define WIDTH_FALLBACK 80

void progress_start(struct progress *p, const struct plan *plan, bool quiet) {
    *p = (struct progress){.quiet = quiet,
                           .terminal = terminal_is(2),
                           .colour = terminal_colour(2),
                           .slots = plan->slot_count,
                           .left_s = plan->predicted_s};
}

static size_t width(void) {
    const char *columns = getenv("COLUMNS");
    size_t n = columns ? (size_t)strtoul(columns, NULL, 10) : 0;
    return n >= 20 && n < LINE_SIZE ? n : WIDTH_FALLBACK;
}

/* Cuts UTF-8 text to `characters`. */
static void cut(char *text, size_t characters) {
    for (; *text; text++) {
        if (((unsigned char)*text & 0xc0) == 0x80) continue; /* inside a character */
        if (characters-- == 0) {
            *text = '\0';
            return;
        }
    }
}

void progress_slot(struct progress *p, size_t index, const struct cell *cell) {
    if (p->quiet || !p->terminal) return;
    char line[LINE_SIZE];
    int left = (int)ceil(p->left_s);
    snprintf(line, sizeof line, "[%zu/%zu] %d:%02d left  %s%s%s", index + 1, p->slots, left / 60,
             left % 60, cell->id, *p->last ? "  last: " : "", p->last);
    cut(line, width() - 1);
    fprintf(stderr, "\r\033[K%s", line);
    fflush(stderr);
}

static void describe(char *text, size_t size, const cJSON *sample) {
    char rate[FORMAT_SIZE], p50[FORMAT_SIZE], p99[FORMAT_SIZE];
    if (!(json_number(sample, "messages") > 0)) { /* none or unknown */
        snprintf(text, size, "no figures");
        return;
    }
    snprintf(text, size, "%s/s, p50 %s, p99 %s",
             format_short(rate, json_number(sample, "throughput_per_s")),
             format_duration(p50, json_number(sample, "latency.p50_ns")),
             format_duration(p99, json_number(sample, "latency.p99_ns")));
}

void progress_done(struct progress *p, size_t index, const struct cell *cell, const cJSON *sample,
                   const char *reason) {
    p->left_s = fmax(0, p->left_s - plan_slot_s(cell));
    const char *verdict = sample ? verdict_names[sample_verdict(sample)] : "skipped";
    const char *why = sample ? sample_reason(sample, 0) : reason;
    if (sample)
        describe(p->last, sizeof p->last, sample);
    else
        *p->last = '\0';
    bool fine = sample && sample_verdict(sample) == VERDICT_VALID;
    if (p->quiet || (p->terminal && fine)) return;
    /* only slots that are not valid leave a line on a terminal */
    fprintf(stderr, "%s[%zu/%zu] %s: %s%s%s%s%s%s%s\n", p->terminal ? "\r\033[K" : "", index + 1,
            p->slots, cell->id, p->last, *p->last ? ", " : "", p->colour && !fine ? "\033[33m" : "",
            verdict, p->colour && !fine ? "\033[0m" : "", why ? ": " : "", why ? why : "");
}

/* The reasons of a sample count errors; the load generator names the first of them. */
void progress_cause(const struct progress *p, const cJSON *sample, const char *told) {
    if (p->quiet || !*told || sample_verdict(sample) == VERDICT_VALID) return;
    fprintf(stderr, "  %s\n", told);
}

void progress_end(struct progress *p) {
    if (p->quiet || !p->terminal) return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
}
