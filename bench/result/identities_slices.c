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
    double values[SLICE_COLUMNS] = {0};
    struct slice slice;
    for (size_t i = 0; i < SLICE_COLUMNS; i++) {
        const cJSON *at = c->at[i];
        values[i] = at && cJSON_IsNumber(at) ? at->valuedouble : NAN;
        c->at[i] = at ? at->next : NULL;
    }
    memcpy(&slice, values, sizeof slice);
    return slice;
}

static bool check_slice(const struct identities_place *p, const struct slice *slice,
                        double end_ns) {
    bool taken = !isnan(slice->start_ns);
    if (!isnan(slice->length_ns) != taken || !isnan(slice->answered) != taken ||
        !isnan(slice->ctx_answered) != taken ||
        (!taken && (!isnan(slice->server_cpu_ns) || !isnan(slice->ctx_voluntary))))
        return identities_fault(p, "", "is null in some columns of the turn, but not in others");
    if (!isnan(slice->ctx_voluntary) != !isnan(slice->ctx_involuntary))
        return identities_fault(p, "", "ctx_voluntary and ctx_involuntary are known together");
    if (slice->start_ns < end_ns)
        return identities_fault(p, "",
                                "start_ns is %.17g, before %.17g, the end of the warm-up or "
                                "of the slice before",
                                slice->start_ns, end_ns);
    return identities_at_most(p, "answered", slice->answered, slice->ctx_answered,
                              "ctx_answered, which are those of a longer time");
}

/* What the slices add up to. */
struct sums {
    double length_ns, answered, ctx_answered;
    double server_cpu_ns; /* of those that are known */
    bool cpu_known;       /* that of each slice is */
    bool cpu_hidden;      /* that of none is */
};

static bool check_sums(const struct identities_slot *s, const struct sums *sum) {
    static const char echoes_text[] = "the echoes of totals.bytes_received";
    const struct identities_place *p = s->place;
    const cJSON *error;
    double cpu_ns = identities_figure(s, "server.cpu_ns"), errors = 0;
    double echoes =
        identities_figure(s, "totals.bytes_received") / json_number(s->scenario, "size_bytes");
    cJSON_ArrayForEach(error, json_item(s->sample, "errors")) errors += error->valuedouble;
    bool all = errors == 0 && !(json_number(s->scenario, "newcomers_per_s") > 0);
    if (!identities_near(p, "window_s", identities_figure(s, "window_s"), sum->length_ns / 1e9,
                         "the sum of slices.length_ns") ||
        !identities_equal(p, "loadgen.answered", identities_figure(s, "loadgen.answered"),
                          sum->answered, "the sum of slices.answered") ||
        !(all ? identities_equal(p, "slices.ctx_answered", sum->ctx_answered, echoes, echoes_text)
              : identities_at_most(p, "slices.ctx_answered", sum->ctx_answered, echoes,
                                   echoes_text)))
        return false;
    if (isnan(cpu_ns)) { /* it may be too small for a coarse clock */
        const char *scope = json_text(s->sample, "server.pid_scope");
        bool hidden = scope && strcmp(scope, "hidden") == 0;
        return !hidden || sum->cpu_hidden ||
               identities_fault(p, "slices.server_cpu_ns", "is known, but the scope is hidden");
    }
    return (sum->cpu_known || identities_fault(p, "slices.server_cpu_ns",
                                               "is null in a turn, but server.cpu_ns is known")) &&
           identities_equal(p, "server.cpu_ns", cpu_ns, sum->server_cpu_ns,
                            "the sum of slices.server_cpu_ns");
}

/* A slice is a step of the series. In a closed loop what was answered in it is what was counted. */
static bool check_step(const struct identities_place *p, const struct identities_slot *s,
                       const struct slice *slice, const cJSON *step) {
    if (!step) return identities_fault(p, "", "has no step in series");
    bool same = strcmp(json_text(s->scenario, "load"), "closed") == 0 &&
                !(json_number(s->scenario, "newcomers_per_s") > 0);
    double answered = isnan(slice->answered) ? 0 : slice->answered;
    return !same || identities_equal(p, "answered", answered, json_number(step, "messages"),
                                     "the messages of its step in series");
}

bool identities_check_slices(const struct identities_slot *s) {
    const cJSON *slices = json_item(s->sample, "slices"), *step = json_item(s->sample, "series");
    double turns = json_number(s->scenario, "turns");
    struct sums sum = {.cpu_known = true, .cpu_hidden = true};
    struct cursor cursor = {{NULL}};
    if (!isnan(turns) == json_says_nothing(slices))
        return identities_fault(s->place, "slices",
                                "must be there if and only if there are scenario.turns");
    if (isnan(turns)) return true;
    if (!start_columns(&cursor, s, turns)) return false;
    double end_ns = identities_figure(s, "warmup_s") * 1e9 - 1; /* it is rounded */
    step = step->child;
    for (int i = 0; i < (int)turns; i++) {
        struct slice slice = next_slice(&cursor);
        struct identities_place p = *s->place;
        size_t used = strlen(p.path);
        snprintf(p.path + used, sizeof p.path - used, "%sslices, turn %d", used ? "." : "", i);
        if (!check_slice(&p, &slice, end_ns) || !check_step(&p, s, &slice, step)) return false;
        step = step->next;
        if (isnan(slice.start_ns)) continue;
        end_ns = slice.start_ns + slice.length_ns;
        sum.length_ns += slice.length_ns;
        sum.answered += slice.answered;
        sum.ctx_answered += slice.ctx_answered;
        sum.cpu_known = sum.cpu_known && !isnan(slice.server_cpu_ns);
        sum.cpu_hidden = sum.cpu_hidden && isnan(slice.server_cpu_ns);
        if (!isnan(slice.server_cpu_ns)) sum.server_cpu_ns += slice.server_cpu_ns;
    }
    return check_sums(s, &sum);
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
    if (!isnan(told) != !isnan(most))
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
