/* identities_session.c - dates, the times of the slots, and what the session says of its cells; see
 * identities_parts.h. */
#include "base/memory.h"

#include "bench/result/identities_parts.h"
#include "bench/result/scenario.h"
#include "bench/result/summary.h"
#include "bench/support/json_path.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDING_S 1e-6

/* ---- the date ---- */

static int days_in(int year, int month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

/* The id begins with the same time, unless it has another form. */
static bool check_date(const struct identities_place *p, const cJSON *session) {
    const char *text = json_text(session, "started_utc"), *id = json_text(session, "id");
    int year, month, day, hour, minute, second, end = 0;
    char again[64];
    int read = sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2dZ%n", &year, &month, &day, &hour, &minute,
                      &second, &end);
    bool real = read == 6 && end == 20 && !text[end] && year >= 1970 && month >= 1 && month <= 12 &&
                day >= 1 && day <= days_in(year, month) && hour >= 0 && hour <= 23 && minute >= 0 &&
                minute <= 59 && second >= 0 && second <= 59;
    if (real)
        snprintf(again, sizeof again, "%04d-%02d-%02dT%02d:%02d:%02dZ", year, month, day, hour,
                 minute, second);
    if (!real || strcmp(text, again) != 0)
        return identities_fault(p, "session.started_utc", "\"%.40s\" is not a time", text);
    snprintf(again, sizeof again, "%04d%02d%02dT%02d%02d%02dZ-", year, month, day, hour, minute,
             second);
    size_t length = strlen(again);
    bool stamped = strlen(id) > length && id[8] == 'T' && id[length - 2] == 'Z' &&
                   id[length - 1] == '-' && strspn(id, "0123456789") == 8;
    return !stamped || strncmp(id, again, length) == 0 ||
           identities_fault(p, "session.id", "\"%.60s\" is not of session.started_utc", id);
}

/* ---- times ---- */

/* One slot in the order of the run. */
struct turn {
    const cJSON *scenario, *sample;
    int cell, index;
};

static struct turn *turns_of(const cJSON *document, size_t count) {
    struct turn *turns = calloc(count + 1, sizeof *turns);
    const cJSON *cell, *sample;
    int c = 0;
    MEMORY_CHECK(turns);
    cJSON_ArrayForEach(cell, json_item(document, "cells")) {
        int i = 0;
        cJSON_ArrayForEach(sample, json_item(cell, "samples")) {
            size_t order = (size_t)json_number(sample, "order"); /* checked before */
            turns[order] = (struct turn){json_item(cell, "scenario"), sample, c, i++};
        }
        c++;
    }
    return turns;
}

/* CPU time and waits fit into the time from the start of the slot to `end_s`. */
static bool check_span(const struct identities_place *p, const struct turn *t, double end_s,
                       double cpus) {
    double span_s = end_s - json_number(t->sample, "started_offset_s");
    double threads = json_number(t->sample, "loadgen.threads");
    double own_s = json_number(t->sample, "loadgen.cpu_pct") / 100 * threads *
                   json_number(t->sample, "window_s");
    return identities_at_most(p, "server.cpu_ns", json_number(t->sample, "server.cpu_ns") / 1e9,
                              span_s * cpus, "s of the slot on all CPUs") &&
           identities_at_most(p, "loadgen.cpu_pct", own_s, span_s * (threads + 1),
                              "s of the slot in all threads");
}

/* The earliest end of a slot. */
static double least_end_s(const struct turn *t) {
    double start_s = json_number(t->sample, "started_offset_s");
    if (isnan(json_number(t->sample, "messages"))) return start_s;
    if (json_item(t->sample, "slices")) return start_s + identities_slices_end_s(t->sample);
    return start_s + json_number(t->sample, "warmup_s") + json_number(t->sample, "window_s");
}

static bool check_turn(const struct identities_place *p, const struct turn *t, double end_s,
                       double cpus) {
    double least_s = least_end_s(t);
    if (least_s > end_s + ROUNDING_S)
        return identities_fault(p, "started_offset_s",
                                "is %.17g: warm-up and window end at %.17g, but the next slot "
                                "or the session's end comes at %.17g",
                                json_number(t->sample, "started_offset_s"), least_s, end_s);
    return check_span(p, t, end_s, cpus);
}

/* Whether two slots ran together: they are of one rotation, and began at the same time. */
static bool together(const struct turn *one, const struct turn *two) {
    double turns = json_number(one->scenario, "turns");
    return turns > 0 && turns == json_number(two->scenario, "turns") &&
           json_number(one->sample, "started_offset_s") ==
               json_number(two->sample, "started_offset_s");
}

/* Checks the slots that ran together with the last of the `*left` turns, and leaves those before.
 */
static bool check_last(const struct identities_place *whole, const struct turn *turns, size_t *left,
                       double end_s, double cpus) {
    struct identities_place p = *whole;
    const struct turn *last = &turns[*left - 1];
    const cJSON **samples = calloc(*left, sizeof *samples);
    size_t count = 0;
    bool fine = true;
    MEMORY_CHECK(samples);
    while (*left > 0 && fine) {
        const struct turn *t = &turns[*left - 1];
        if (t->sample && t != last && !together(t, last)) break;
        --*left;
        if (!t->sample) continue;
        samples[count++] = t->sample;
        snprintf(p.path, sizeof p.path, "cells[%d].samples[%d]", t->cell, t->index);
        fine = check_turn(&p, t, end_s, cpus);
    }
    fine = fine && identities_check_rotation(&p, samples, count);
    free(samples);
    return fine;
}

/* A slot begins after the one before has ended, unless both are of one rotation. */
static bool check_turns(const struct identities_place *p, const cJSON *document,
                        const struct turn *turns, size_t count) {
    double end_s = json_number(document, "session.duration_s"); /* latest end of the slot */
    double cpus = json_number(document, "env.cpu.logical");
    while (count > 0) {
        const struct turn *last = &turns[count - 1];
        if (!last->sample) {
            count--;
            continue;
        }
        if (!check_last(p, turns, &count, end_s, cpus)) return false;
        end_s = json_number(last->sample, "started_offset_s");
    }
    return true;
}

/* ---- cells ---- */

/* In a complete run every cell that ran has the same number of slots, and every other cell had its
 * turn. */
static bool check_complete(const struct identities_place *p, const cJSON *document) {
    const cJSON *cell, *session = json_item(document, "session");
    int slots = 0;
    if (!cJSON_IsTrue(json_item(session, "complete"))) return true;
    cJSON_ArrayForEach(cell, json_item(document, "cells")) {
        const char *code = json_text(cell, "skipped.code");
        int count = cJSON_GetArraySize(json_item(cell, "samples"));
        bool ab = strcmp(json_text(session, "mode"), "ab") == 0;
        if (!ab &&
            ((code && strcmp(code, "not_reached") == 0) || (count && slots && count != slots)))
            return identities_fault(p, "session.complete", "is true, but \"%.100s\" lacks slots",
                                    json_text(cell, "id"));
        if (count) slots = count;
    }
    return true;
}

/* Cells with the same threads have the same CPUs, unless their server runs elsewhere. */
static bool check_same_cpus(const struct identities_place *p, const cJSON *one, const cJSON *two) {
    static const char *const same[] = {"server.threads", "loadgen.threads"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (json_number(one, same[i]) != json_number(two, same[i])) return true;
    if (cJSON_GetArraySize(json_item(one, "placement.server")) == 0 ||
        cJSON_GetArraySize(json_item(two, "placement.server")) == 0)
        return true;
    return cJSON_Compare(json_item(one, "placement"), json_item(two, "placement"), true) ||
           identities_fault(p, "scenario.placement",
                            "is not that of the cell before, with the same threads");
}

static double capacity(const cJSON *cell) {
    return json_item(cell, "samples") ? summary_span_over(cell, "throughput_per_s").median : NAN;
}

/* Whether closed loop `k` has the load of open loop or churn `s`, so that its throughput is the
 * capacity. */
static bool tells_capacity(const cJSON *k, const cJSON *s) {
    static const char *const same[] = {"connections", "idle", "size_bytes", "server.threads",
                                       "server.burn_ns"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (json_number(k, same[i]) != json_number(s, same[i])) return false;
    bool churn = strcmp(json_text(s, "load"), "churn") == 0;
    return strcmp(json_text(k, "load"), "closed") == 0 && !cJSON_IsTrue(json_item(k, "counted")) &&
           json_number(k, "depth") == (churn ? 1 : json_number(s, "outstanding")) &&
           strcmp(json_text(k, "loadgen.transport"), json_text(s, "loadgen.transport")) == 0;
}

/* The rate of a cell that follows from the capacity in a phase, and whether it saturates. */
struct rate {
    double per_s;
    bool saturating;
};

static struct rate rate_after(const cJSON *cells, const char *phase, const cJSON *scenario) {
    const cJSON *cell;
    double own = NAN, best = NAN;
    char *server = scenario_server(scenario);
    cJSON_ArrayForEach(cell, cells) {
        const cJSON *k = json_item(cell, "scenario");
        if (strcmp(json_text(k, "phase"), phase) != 0 || !tells_capacity(k, scenario)) continue;
        char *other = scenario_server(k);
        best = fmax(best, capacity(cell)); /* ignores NAN */
        if (strcmp(server, other) == 0) own = capacity(cell);
        free(other);
    }
    free(server);
    double per_s = fmax(1, round(best * json_number(scenario, "rate_pct") / 100));
    return (struct rate){per_s, per_s > SCENARIO_OWN_CAPACITY_MAX * own};
}

/* A rate in percent follows from the throughput of an earlier phase, which the file does not name.
 */
static bool check_rate(const struct identities_place *p, const cJSON *cells, const cJSON *cell) {
    const cJSON *other, *scenario = json_item(cell, "scenario");
    const char *tried = ""; /* the last phase */
    struct rate rate = {.per_s = NAN};
    const char *skipped = json_text(cell, "skipped.code");
    if (skipped && strcmp(skipped, "capacity_unknown") == 0 &&
        !isnan(json_number(scenario, "rate_per_s")))
        return identities_fault(p, "scenario.rate_per_s", "is not null, but no capacity is known");
    if (!json_item(cell, "samples") || isnan(json_number(scenario, "rate_pct"))) return true;
    bool saturating = cJSON_IsTrue(json_item(scenario, "saturating"));
    for (other = cells->child; other != cell; other = other->next) {
        const cJSON *k = json_item(other, "scenario");
        const char *phase = json_text(k, "phase");
        if (strcmp(phase, tried) == 0 || !tells_capacity(k, scenario)) continue;
        tried = phase;
        rate = rate_after(cells, phase, scenario);
        if (strcmp(json_text(scenario, "load"), "churn") == 0)
            rate.saturating = saturating; /* only the suite tells it */
        if (rate.per_s == json_number(scenario, "rate_per_s") && rate.saturating == saturating)
            return true;
    }
    return identities_fault(p, "scenario.rate_per_s",
                            "is %.17g, saturating %s; the measured capacity gives %.17g, %s",
                            json_number(scenario, "rate_per_s"), saturating ? "true" : "false",
                            rate.per_s, rate.saturating ? "true" : "false");
}

static bool check_cells(const struct identities_place *whole, const cJSON *document) {
    struct identities_place p = *whole;
    const cJSON *cells = json_item(document, "cells"), *cell, *before = NULL;
    int index = 0;
    if (strcmp(json_text(document, "session.mode"), "ab") == 0) return true;
    cJSON_ArrayForEach(cell, cells) {
        snprintf(p.path, sizeof p.path, "cells[%d]", index++);
        const cJSON *scenario = json_item(cell, "scenario");
        if ((before && !check_same_cpus(&p, json_item(before, "scenario"), scenario)) ||
            !check_rate(&p, cells, cell))
            return false;
        before = cell;
    }
    return true;
}

/* ---- models ---- */

static bool check_option(const struct identities_place *p, const cJSON *option) {
    double least = json_number(option, "min"), most = json_number(option, "max");
    double value = json_number(option, "default");
    if (least > most || value < least || value > most) /* false for NAN */
        return identities_fault(p, "options", "default %.17g is not in %.17g..%.17g", value, least,
                                most);
    return cJSON_IsString(json_item(option, "default")) == (json_item(option, "choices") != NULL) ||
           identities_fault(p, "options", "default is not one of choices");
}

/* A model that cannot run has a reason. One that ran serves the connections and threads asked for.
 */
static bool check_model(const struct identities_place *p, const cJSON *model, const cJSON *cells) {
    const cJSON *cell, *option;
    const char *name = json_text(model, "name");
    double limit = json_number(model, "connections_limit");
    double threads = json_number(model, "threads_max");
    if (limit == 0 || threads == 0)
        return identities_fault(p, "connections_limit", "or threads_max is 0");
    if (cJSON_IsTrue(json_item(model, "available")) != cJSON_IsNull(json_item(model, "reason")))
        return identities_fault(p, "available", "must be true if and only if there is no reason");
    cJSON_ArrayForEach(option, json_item(model, "options")) {
        if (!check_option(p, option)) return false;
    }
    cJSON_ArrayForEach(cell, cells) {
        const cJSON *s = json_item(cell, "scenario");
        if (!json_item(cell, "samples") || strcmp(json_text(s, "server.model"), name) != 0)
            continue;
        double connections = json_number(s, "connections") + json_number(s, "idle");
        if (connections > limit || json_number(s, "server.threads") > threads)
            return identities_fault(p, "connections_limit",
                                    "or threads_max does not allow a cell that was measured");
    }
    return true;
}

static bool check_models(const struct identities_place *whole, const cJSON *document) {
    struct identities_place p = *whole;
    const cJSON *model, *none = NULL;
    int index = 0;
    bool ab = strcmp(json_text(document, "session.mode"), "ab") == 0;
    cJSON_ArrayForEach(model, json_item(document, "session.models")) {
        snprintf(p.path, sizeof p.path, "session.models[%d]", index++);
        /* in an ab, the cells of both sides use one name, and models[] has only one of them */
        if (!check_model(&p, model, ab ? none : json_item(document, "cells"))) return false;
    }
    return true;
}

bool identities_check_session(const struct identities_place *p, const cJSON *document) {
    const cJSON *session = json_item(document, "session");
    if (!check_date(p, session)) return false;
    if (json_number(document, "schema.version_minor") < IDENTITIES_SINCE) return true;
    size_t count = (size_t)cJSON_GetArraySize(json_item(session, "order"));
    struct turn *turns = turns_of(document, count);
    bool fine = check_turns(p, document, turns, count) && check_complete(p, document) &&
                check_cells(p, document) && check_models(p, document);
    free(turns);
    return fine;
}
