/* progress.c - prints progress on stderr, so that stdout holds only the table.
 * Invariant: a line that is rewritten ends with the cursor at its beginning. */
#include "bench/session/progress.h"

#include "bench/result/sample_facts.h"
#include "bench/support/format.h"
#include "bench/support/json_path.h"
#include "bench/support/terminal.h"
#include "bench/support/text.h"
#include "bench/support/width.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_SIZE 640

void progress_start(struct progress *p, const struct plan *plan, bool quiet) {
    *p = (struct progress){.quiet = quiet, .slots = plan->slot_count, .left_s = plan->predicted_s};
}

/* Removes the line. The cursor stands at its beginning, so this also removes the lines into which
 * the terminal has broken it because it became narrower. */
#define ERASE "\r\033[J"

static struct terminal look(void) {
    return terminal_look(2, false); /* it may have another width than before */
}

void progress_slot(struct progress *p, size_t index, const struct cell *cell, size_t together) {
    struct terminal terminal = look();
    if (p->quiet || !terminal.rewrites) return;
    char line[LINE_SIZE], others[64] = "";
    int left = (int)ceil(p->left_s);
    if (together > 1) snprintf(others, sizeof others, " and %zu more in turns", together - 1);
    snprintf(line, sizeof line, "[%zu/%zu] %d:%02d left  %s%s%s%s", index + 1, p->slots, left / 60,
             left % 60, cell->id, others, *p->last ? "  last: " : "", p->last);
    format_trim(line);
    width_cut(line, terminal.columns);
    fprintf(stderr, ERASE "%s\r", line);
}

/* Prints a line that stays. */
static void put_line(const struct terminal *t, const char *story, bool fine) {
    struct text line = {0};
    width_wrap(&line, story, (struct width_place){.columns = t->is ? t->columns : 0, .indent = 4});
    /* one write, so that no signal leaves the terminal in colour */
    fprintf(stderr, "%s%s%s%s\n", t->rewrites ? ERASE : "", t->colour && !fine ? "\033[33m" : "",
            line.data, t->colour && !fine ? "\033[0m" : "");
    free(line.data);
}

void progress_apart(struct progress *p, const struct cell *cell) {
    struct terminal terminal = look();
    struct text story = {0};
    if (p->quiet) return;
    text_add(&story, "%s is measured apart from the others: %s", cell->id, cell->apart);
    put_line(&terminal, story.data, true);
    free(story.data);
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
    struct terminal terminal = look();
    if (p->quiet || (terminal.rewrites && fine)) return;
    /* only slots that are not valid leave a line on a terminal */
    struct text story = {0};
    text_add(&story, "[%zu/%zu] %s: %s%s%s%s%s", index + 1, p->slots, cell->id, p->last,
             *p->last ? ", " : "", verdict, why ? ": " : "", why ? why : "");
    put_line(&terminal, story.data, fine);
    free(story.data);
}

/* The reasons of a sample count errors; the load generator names the first of them. */
void progress_cause(const struct progress *p, const cJSON *sample, const char *told) {
    if (p->quiet || !*told || sample_verdict(sample) == VERDICT_VALID) return;
    struct terminal terminal = look();
    struct text line = {0};
    text_add(&line, "  ");
    width_wrap(
        &line, told,
        (struct width_place){.at = 2, .columns = terminal.is ? terminal.columns : 0, .indent = 4});
    fprintf(stderr, "%s\n", line.data);
    free(line.data);
}

void progress_end(struct progress *p) {
    if (p->quiet || !look().rewrites) return;
    fputs(ERASE, stderr);
}
