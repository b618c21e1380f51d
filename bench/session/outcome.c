/* outcome.c - see outcome.h. */
#include "bench/session/outcome.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#define STORY_SIZE 256 /* last line of a process, with how it ended */

void outcome_init(struct slot_outcome *o) {
    memset(o, 0, sizeof *o);
    o->end = SLOT_FAILED;
    o->steal_pct = NAN;
}

void outcome_fail(struct slot_outcome *o, enum validity_code code, const char *format, ...) {
    va_list rest;
    o->end = SLOT_FAILED;
    o->code = code;
    *o->reason.text = '\0';
    va_start(rest, format);
    reason_add_list(&o->reason, format, rest);
    va_end(rest);
}

void outcome_fail_with(struct slot_outcome *o, enum validity_code code, const char *what,
                       const struct process *p) {
    char story[STORY_SIZE];
    process_story(p, story, sizeof story);
    outcome_fail(o, code, "%s: %s", what, story);
}

void outcome_free(struct slot_outcome *o) {
    cJSON_Delete(o->figures);
    cJSON_Delete(o->stats);
    memset(o, 0, sizeof *o);
}
