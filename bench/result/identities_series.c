/* identities_series.c - the steps of the window, and latencies that contain other latencies; see
 * identities_parts.h.
 * Invariant: what lies above the range of a histogram is in its overflow only, so sums and maxima
 * are compared where nothing overflowed. */
#include "base/json.h"

#include "bench/result/identities_parts.h"
#include "bench/support/json_path.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Values of a histogram, with those above its range. */
static double values(const cJSON *latency) {
    return json_number(latency, "hist.count") + json_number(latency, "hist.overflow");
}

/* ---- the series ---- */

/* Totals of the steps so far. */
struct totals {
    double messages, sum_ns, max_ns;
};

/* Whether the histogram has a value in the bucket of `value`. Without its counts, any. */
static bool counted(const cJSON *hist, double value) {
    const cJSON *delta;
    double index = 0;
    if (!(value <= HIST_HIGHEST)) return true;
    cJSON_ArrayForEach(delta, json_item(hist, "index_delta")) {
        index += delta->valuedouble;
        if (index >= hist_index((uint64_t)value)) break;
    }
    return index == hist_index((uint64_t)value);
}

static bool check_step(const struct identities_place *p, const cJSON *step, const cJSON *hist,
                       struct totals *t) {
    double messages = json_number(step, "messages"), mean = json_number(step, "mean_ns"),
           max = json_number(step, "max_ns");
    if (!isnan(mean) == (messages == 0) || !isnan(max) == (messages == 0))
        return identities_fault(p, "", "mean_ns and max_ns must be null without messages only");
    if (messages == 0) return true;
    double sum = mean * messages;
    if (fabs(sum - round(sum)) > fmax(1e-3, sum * 1e-14))
        return identities_fault(p, "mean_ns", "times messages is %.17g, not whole", sum);
    if (!identities_at_most(p, "mean_ns", mean, max * (1 + 1e-14), "max_ns of the step"))
        return false;
    if (!counted(hist, max))
        return identities_fault(p, "max_ns", "is %.17g, but latency.hist has no such value", max);
    t->messages += messages;
    t->sum_ns += round(sum);
    t->max_ns = fmax(t->max_ns, max);
    return true;
}

/* Files before IDENTITIES_SINCE: the steps follow each other, and contain all messages. */
static bool check_old(const struct identities_slot *s) {
    const cJSON *step, *series = json_item(s->sample, "series");
    double sum = 0, last = 0;
    cJSON_ArrayForEach(step, series) {
        double t = json_number(step, "t_s");
        if (!(t > last)) return identities_fault(s->place, "series", "t_s does not increase");
        last = t;
        sum += json_number(step, "messages");
    }
    if (!cJSON_IsArray(series) || !series->child) return true;
    return identities_equal(s->place, "messages", json_number(s->sample, "messages"), sum,
                            "the sum of series[].messages");
}

bool identities_check_series(const struct identities_slot *s) {
    if (s->file->version_minor < IDENTITIES_SINCE) return check_old(s);
    const cJSON *step, *series = json_item(s->sample, "series");
    const cJSON *hist = json_item(s->sample, "latency.hist");
    double duration = json_number(s->scenario, "duration_s");
    int steps = cJSON_GetArraySize(series), i = 0;
    struct totals t = {0};
    if (steps == 0) return true;
    cJSON_ArrayForEach(step, series) {
        struct identities_place p = *s->place;
        size_t used = strlen(p.path);
        snprintf(p.path + used, sizeof p.path - used, "%sseries[%d]", used ? "." : "", i++);
        if (!identities_near(&p, "t_s", json_number(step, "t_s"), duration * i / steps,
                             "the end of its part of scenario.duration_s") ||
            !check_step(&p, step, hist, &t))
            return false;
    }
    if (!identities_equal(s->place, "messages", json_number(s->sample, "messages"), t.messages,
                          "the sum of series[].messages"))
        return false;
    if (json_number(hist, "overflow") > 0 || json_number(hist, "count") == 0) return true;
    double sum = json_number(hist, "sum_ns");
    if (fabs(sum - t.sum_ns) > sum * 1e-14)
        return identities_fault(s->place, "latency.hist.sum_ns",
                                "is %.17g, expected %.17g, the sum of the series", sum, t.sum_ns);
    return identities_equal(s->place, "latency.hist.max", json_number(hist, "max"), t.max_ns,
                            "the largest series[].max_ns");
}

/* ---- latencies that contain others ---- */

/* Whether each value of `part` is at most one of `whole`, as far as sums and quantiles tell. */
static bool check_part(const struct identities_place *p, const cJSON *part, const cJSON *whole,
                       const char *because) {
    static const char *const keys[] = {"p50_ns",  "p90_ns",      "p99_ns",   "p999_ns", "p9999_ns",
                                       "mean_ns", "hist.sum_ns", "hist.min", "max_ns"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (!identities_at_most(p, keys[i], json_number(part, keys[i]), json_number(whole, keys[i]),
                                because))
            return false;
    return true;
}

static struct identities_place inside(const struct identities_place *place, const char *key) {
    struct identities_place p = *place;
    size_t used = strlen(p.path);
    snprintf(p.path + used, sizeof p.path - used, "%s%s", used ? "." : "", key);
    return p;
}

static bool check_visits(const struct identities_slot *s) {
    const cJSON *connect = json_item(s->sample, "connect");
    const cJSON *first = json_item(s->sample, "newcomers");
    if (!cJSON_IsObject(connect) || !cJSON_IsObject(first)) return true;
    struct identities_place p = inside(s->place, "newcomers");
    if (!identities_at_most(&p, "hist", values(first), values(connect),
                            "the values of connect.hist"))
        return false;
    bool same = values(first) == json_number(connect, "hist.count") &&
                !(json_number(first, "hist.overflow") > 0);
    p = inside(s->place, "connect");
    return !same || check_part(&p, connect, first, "that of newcomers, which contain it");
}

bool identities_check_parts(const struct identities_slot *s) {
    if (s->file->version_minor < IDENTITIES_SINCE) return true;
    const cJSON *latency = json_item(s->sample, "latency"),
                *service = json_item(s->sample, "service");
    struct identities_place p = inside(s->place, "service");
    const char *load = json_text(s->scenario, "load");
    if (strcmp(load, "open") != 0)
        return (cJSON_Compare(latency, service, true) ||
                identities_fault(s->place, "service", "is not latency, in a load that is %s",
                                 load)) &&
               check_visits(s);
    if (!identities_equal(&p, "hist", values(service), values(latency),
                          "the values of latency.hist"))
        return false;
    bool whole =
        !(json_number(latency, "hist.overflow") + json_number(service, "hist.overflow") > 0);
    return (!whole || check_part(&p, service, latency, "that of latency, which contains it")) &&
           check_visits(s);
}
