/* identities_slices.c - the slices of a rotation: of one server, and of all that took turns; see
 * identities_parts.h. */
#include "base/memory.h"

#include "bench/result/identities_parts.h"
#include "bench/result/sample_facts.h"
#include "bench/support/json_path.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- of one server ---- */

/* What is known of a slice; NAN if it is null. */
struct slice {
    double start_ns, length_ns, answered, server_cpu_ns, ctx_voluntary, ctx_involuntary,
        ctx_answered;
};

#define SLICE_COLUMNS (sizeof(struct slice) / sizeof(double))

/* The next value of each column. */
struct cursor {
    const cJSON *at[SLICE_COLUMNS]; /* in the order of sample_slice_columns */
};

static bool start_columns(struct cursor *c, const struct identities_slot *s, double turns) {
    const cJSON *slices = json_item(s->sample, "slices");
    for (size_t i = 0; i < SLICE_COLUMNS; i++) {
        const cJSON *column = json_item(slices, sample_slice_columns[i]);
        char field[64];
        snprintf(field, sizeof field, "slices.%s", sample_slice_columns[i]);
        if (cJSON_GetArraySize(column) != turns)
            return identities_fault(s->place, field, "has %d values for %.0f turns",
                                    cJSON_GetArraySize(column), turns);
        c->at[i] = column->child;
    }
    return true;
}

static struct slice next_slice(struct cursor *c) {
    double values[SLICE_COLUMNS];
    struct slice slice;
    for (size_t i = 0; i < SLICE_COLUMNS; i++) {
        values[i] = cJSON_IsNumber(c->at[i]) ? c->at[i]->valuedouble : NAN;
        c->at[i] = c->at[i]->next;
    }
    memcpy(&slice, values, sizeof slice);
    return slice;
}

static bool check_slice(const struct identities_place *p, const struct slice *slice,
                        double end_ns) {
    bool taken = !isnan(slice->start_ns);
    if (isnan(slice->length_ns) == taken || isnan(slice->answered) == taken ||
        (!taken && (!isnan(slice->server_cpu_ns) || !isnan(slice->ctx_answered))))
        return identities_fault(p, "", "is null in some columns of the turn, but was taken");
    if (isnan(slice->ctx_voluntary) != isnan(slice->ctx_involuntary))
        return identities_fault(p, "", "ctx_voluntary and ctx_involuntary are known together");
    if (slice->start_ns < end_ns)
        return identities_fault(p, "", "start_ns is %.17g, before the end of the slice before",
                                slice->start_ns);
    return identities_at_most(p, "answered", slice->answered, slice->ctx_answered,
                              "ctx_answered, which are those of a longer time");
}

bool identities_check_slices(const struct identities_slot *s) {
    const cJSON *slices = json_item(s->sample, "slices");
    double turns = json_number(s->scenario, "turns");
    struct slice sum = {0};
    struct cursor cursor;
    if (isnan(turns) != (slices == NULL))
        return identities_fault(s->place, "slices", "%s scenario.turns",
                                slices ? "without" : "missing; there are");
    if (isnan(turns)) return true;
    if (!start_columns(&cursor, s, turns)) return false;
    double end_ns = 0;
    for (int i = 0; i < (int)turns; i++) {
        struct slice slice = next_slice(&cursor);
        struct identities_place p = *s->place;
        size_t used = strlen(p.path);
        snprintf(p.path + used, sizeof p.path - used, "%sslices turn %d", used ? "." : "", i);
        if (!check_slice(&p, &slice, end_ns)) return false;
        if (isnan(slice.start_ns)) continue;
        end_ns = slice.start_ns + slice.length_ns;
        sum.length_ns += slice.length_ns;
        sum.answered += slice.answered;
        sum.server_cpu_ns += slice.server_cpu_ns; /* NAN if one is unknown */
    }
    double cpu_ns = identities_figure(s, "server.cpu_ns");
    return identities_near(s->place, "window_s", identities_figure(s, "window_s"),
                           sum.length_ns / 1e9, "the sum of slices.length_ns") &&
           identities_equal(s->place, "loadgen.answered", identities_figure(s, "loadgen.answered"),
                            sum.answered, "the sum of slices.answered") &&
           (isnan(cpu_ns) || isnan(sum.server_cpu_ns) ||
            identities_equal(s->place, "server.cpu_ns", cpu_ns, sum.server_cpu_ns,
                             "the sum of slices.server_cpu_ns"));
}

/* ---- of all that took turns ---- */

/* The time of a slice since all connections stood. */
struct span {
    double start_ns, end_ns;
};

static int by_start(const void *left, const void *right) {
    const struct span *one = left, *two = right;
    return (one->start_ns > two->start_ns) - (one->start_ns < two->start_ns);
}

/* Appends the slices of a sample to `spans`, which has room, if it is not NULL. Returns their
 * number, and raises *last_ns to the end of the last. */
static size_t list_spans(struct span *spans, const cJSON *sample, double *last_ns) {
    const cJSON *start = json_item(sample, "slices.start_ns");
    const cJSON *length = json_item(sample, "slices.length_ns");
    size_t count = 0;
    start = start ? start->child : NULL;
    length = length ? length->child : NULL;
    for (; start && length; start = start->next, length = length->next) {
        if (!cJSON_IsNumber(start) || !cJSON_IsNumber(length)) continue;
        struct span span = {start->valuedouble, start->valuedouble + length->valuedouble};
        if (spans) spans[count] = span;
        *last_ns = fmax(*last_ns, span.end_ns);
        count++;
    }
    return count;
}

double identities_slices_end_s(const cJSON *sample) {
    double last_ns = 0;
    list_spans(NULL, sample, &last_ns);
    return last_ns / 1e9;
}

/* At every moment at most one of them has its slice. */
static bool check_apart(const struct identities_place *p, const cJSON *const *samples,
                        size_t count) {
    size_t room = 0, used = 0;
    double last_ns = 0;
    for (size_t i = 0; i < count; i++) room += list_spans(NULL, samples[i], &last_ns);
    struct span *spans = calloc(room + 1, sizeof *spans);
    MEMORY_CHECK(spans);
    for (size_t i = 0; i < count; i++) used += list_spans(spans + used, samples[i], &last_ns);
    qsort(spans, used, sizeof *spans, by_start);
    bool fine = true;
    for (size_t i = 1; i < used && fine; i++)
        fine = spans[i].start_ns >= spans[i - 1].end_ns ||
               identities_fault(p, "slices.start_ns",
                                "the slice of %.17g begins before that of %.17g ends, in the same "
                                "rotation",
                                spans[i].start_ns, spans[i - 1].start_ns);
    free(spans);
    return fine;
}

/* The CPU time of the others is the most that one of them used. */
static bool check_rivals(const struct identities_place *p, const cJSON *const *samples,
                         size_t count, size_t index) {
    double most = NAN, told = json_number(samples[index], "slices.rivals_cpu_pct");
    if (!json_item(samples[index], "slices")) return true; /* a sample without figures */
    for (size_t i = 0; i < count; i++)
        if (i != index) most = fmax(most, json_number(samples[i], "slices.waiting_cpu_pct"));
    if (isnan(told) != isnan(most))
        return identities_fault(p, "slices.rivals_cpu_pct",
                                "must be null if and only if that of all others is unknown");
    return isnan(most) || identities_equal(p, "slices.rivals_cpu_pct", told, most,
                                           "the most of the others' waiting_cpu_pct");
}

bool identities_check_rotation(const struct identities_place *p, const cJSON *const *samples,
                               size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!check_rivals(p, samples, count, i)) return false;
    return check_apart(p, samples, count);
}
