/* identities_sample.c - checks within one sample; see identities.h.
 * Invariant: null is never compared with a number, with one exception: a quantile must be null if
 * and only if too few values were counted. */
#include "base/check.h"
#include "base/json.h"

#include "bench/result/codes.h"
#include "bench/result/identities.h"
#include "bench/result/identities_fault.h"
#include "bench/support/reason.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NEAR 1e-9 /* numbers are written with 17 digits; a quotient is rounded once or twice */

bool identities_fault(const struct identities_place *p, const char *field, const char *format,
                      ...) {
    va_list rest;
    reason_set(p->reason, "%s%s%s: ", p->path, *p->path && *field ? "." : "", field);
    va_start(rest, format);
    reason_add_list(p->reason, format, rest);
    va_end(rest);
    return false;
}

bool identities_equal(const struct identities_place *p, const char *field, double found,
                      double expected, const char *because) {
    return found == expected ||
           identities_fault(p, field, "is %.17g, expected %.17g, %s", found, expected, because);
}

bool identities_near(const struct identities_place *p, const char *field, double found,
                     double expected, const char *because) {
    return fabs(found - expected) <= NEAR * fabs(expected) ||
           identities_fault(p, field, "is %.17g, expected %.17g, %s", found, expected, because);
}

static const cJSON *item(const cJSON *object, const char *key) {
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

static double number(const cJSON *object, const char *key) {
    const cJSON *i = item(object, key);
    return cJSON_IsNumber(i) ? i->valuedouble : NAN;
}

/* ---- histogram and quantiles ---- */

static bool check_hist(const struct identities_place *p, const struct hist *h) {
    uint64_t sum = 0;
    uint32_t first = HIST_BUCKETS, last = 0;
    for (uint32_t i = 0; i < HIST_BUCKETS; i++) {
        if (!h->counts[i]) continue;
        sum += h->counts[i];
        if (first == HIST_BUCKETS) first = i;
        last = i;
    }
    if (!identities_equal(p, "hist.count", (double)h->count, (double)sum, "the sum of counts[]"))
        return false;
    if (!h->count) return true;
    if (h->min > HIST_HIGHEST || hist_index(h->min) != first)
        return identities_fault(p, "hist.min", "is %.0f, not in the lowest bucket", (double)h->min);
    if (h->max > HIST_HIGHEST || hist_index(h->max) != last)
        return identities_fault(p, "hist.max", "is %.0f, not in the highest bucket",
                                (double)h->max);
    double mean = hist_mean(h);
    if (mean < (double)h->min * (1 - NEAR) || mean > (double)h->max * (1 + NEAR))
        return identities_fault(p, "hist.sum_ns", "implies a mean outside of min..max");
    return true;
}

static bool check_quantiles(const struct identities_place *p, const cJSON *latency,
                            const struct hist *h) {
    static const struct {
        const char *key;
        double q;
    } quantiles[] = {{"p50_ns", 0.5},
                     {"p90_ns", 0.9},
                     {"p99_ns", 0.99},
                     {"p999_ns", 0.999},
                     {"p9999_ns", 0.9999}};
    for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles; i++) {
        double found = number(latency, quantiles[i].key);
        bool known = hist_tells(h, quantiles[i].q);
        if (known == (isnan(found) != 0))
            return identities_fault(p, quantiles[i].key, "is %snull with %.0f values",
                                    known ? "" : "not ", (double)h->count);
        if (known &&
            !identities_equal(p, quantiles[i].key, found, (double)hist_quantile(h, quantiles[i].q),
                              "recomputed from hist"))
            return false;
    }
    if (!h->count) return true;
    /* the sum is an integer, so it can be recovered from the rounded mean */
    double mean = number(latency, "mean_ns"), sum = round(mean * (double)h->count);
    if (!(fabs(sum - (double)h->sum) <= (double)h->sum * 1e-15)) /* true if mean is NAN */
        return identities_fault(p, "mean_ns", "is %.17g, expected %.17g, hist.sum_ns / hist.count",
                                mean, hist_mean(h));
    return identities_equal(p, "max_ns", number(latency, "max_ns"), (double)h->max, "hist.max");
}

/* Checks latency, service, connect or newcomers. `messages` is the expected number of values; NAN
 * accepts any. */
static bool check_latency(const struct identities_place *sample_place, const cJSON *sample,
                          const char *key, double messages) {
    const cJSON *latency = item(sample, key);
    if (!cJSON_IsObject(latency)) return true;
    struct identities_place p = *sample_place;
    size_t used = strlen(p.path);
    snprintf(p.path + used, sizeof p.path - used, "%s%s", used ? "." : "", key);
    struct hist *h = malloc(sizeof *h);
    CHECK(h);
    struct reason why;
    bool fine = json_to_hist(item(latency, "hist"), h, why.text, sizeof why.text) ||
                identities_fault(&p, "hist", "%s", why.text);
    fine = fine && check_hist(&p, h) && check_quantiles(&p, latency, h) &&
           (isnan(messages) ||
            identities_equal(sample_place, "messages", messages, (double)(h->count + h->overflow),
                             "latency.hist.count + overflow"));
    free(h);
    return fine;
}

/* ---- the rest of a sample ---- */

static bool check_series(const struct identities_place *p, const cJSON *sample) {
    const cJSON *step, *series = item(sample, "series");
    double sum = 0, last = 0;
    cJSON_ArrayForEach(step, series) {
        double t = number(step, "t_s");
        if (!(t > last)) return identities_fault(p, "series", "t_s does not increase");
        last = t;
        sum += number(step, "messages");
    }
    if (!cJSON_IsArray(series) || !series->child) return true;
    return identities_equal(p, "messages", number(sample, "messages"), sum,
                            "the sum of series[].messages");
}

static bool check_rates(const struct identities_place *p, const cJSON *scenario,
                        const cJSON *sample) {
    double messages = number(sample, "messages"), window = number(sample, "window_s");
    if (!identities_equal(p, "bytes", number(sample, "bytes"),
                          messages * number(scenario, "size_bytes"), "messages x size_bytes"))
        return false;
    if (window > 0 && !identities_near(p, "throughput_per_s", number(sample, "throughput_per_s"),
                                       messages / window, "messages / window_s"))
        return false;
    const cJSON *server = item(sample, "server");
    double cpu = number(server, "cpu_ns");
    double user = number(server, "cpu_user_s"), sys = number(server, "cpu_sys_s");
    if (!isnan(user + sys) && !identities_near(p, "server.cpu_ns", cpu, (user + sys) * 1e9,
                                               "server.cpu_user_s + server.cpu_sys_s"))
        return false;
    /* the CPU time is that of the window, so it is divided by the answers within the window */
    double answered = number(item(sample, "loadgen"), "answered");
    if (!(cpu > 0) || !(answered > 0)) return true;
    return identities_near(p, "server.cpu_ns_per_echo", number(server, "cpu_ns_per_echo"),
                           cpu / answered, "server.cpu_ns / loadgen.answered") &&
           identities_near(p, "server.echoes_per_cpu_s", number(server, "echoes_per_cpu_s"),
                           answered / cpu * 1e9, "loadgen.answered / server.cpu_ns");
}

/* The counts of newcomers agree with their histogram. */
static bool check_newcomers(const struct identities_place *p, const cJSON *scenario,
                            const cJSON *sample) {
    const cJSON *loadgen = item(sample, "loadgen"), *newcomers = item(sample, "newcomers");
    bool churn = strcmp(item(scenario, "load")->valuestring, "churn") == 0;
    bool some = churn || number(scenario, "newcomers_per_s") > 0;
    if (some != cJSON_IsObject(newcomers) || some != cJSON_IsObject(item(sample, "connect")))
        return identities_fault(p, "newcomers",
                                "and connect must be null if and only if nothing connects");
    if (!some) return true;
    const cJSON *hist = item(newcomers, "hist");
    double offered = number(loadgen, "newcomers_offered");
    double answered = number(loadgen, "newcomers_answered");
    double first = number(hist, "count") + number(hist, "overflow");
    if (!(answered <= first && first <= offered)) /* true if one is NAN */
        return identities_fault(p, "newcomers.hist",
                                "has %.17g values, but %.17g of %.17g newcomers were answered",
                                first, answered, offered);
    return true;
}

/* In a slot that is not invalid and has no errors, client and server counted the same bytes and
 * connections. */
static bool check_totals(const struct identities_place *p, const cJSON *scenario,
                         const cJSON *sample) {
    const cJSON *error, *totals = item(sample, "totals");
    const cJSON *stats = item(item(sample, "server"), "stats");
    double errors = 0;
    cJSON_ArrayForEach(error, item(sample, "errors")) errors += error->valuedouble;
    if (errors > 0) return true;
    bool foreign = cJSON_IsString(item(item(scenario, "server"), "foreign"));
    if (!cJSON_IsObject(stats))
        return foreign ||
               identities_fault(p, "server.stats", "is null in a slot that is not invalid");
    return identities_equal(p, "totals.bytes_sent", number(totals, "bytes_sent"),
                            number(stats, "bytes_in"), "server.stats.bytes_in") &&
           identities_equal(p, "totals.bytes_received", number(totals, "bytes_received"),
                            number(stats, "bytes_out"), "server.stats.bytes_out") &&
           identities_equal(p, "totals.connections", number(totals, "connections"),
                            number(stats, "accepted"), "server.stats.accepted");
}

static bool check_fairness(const struct identities_place *p, const cJSON *sample) {
    const cJSON *f = item(sample, "fairness");
    double least = number(f, "echoes_min"), median = number(f, "echoes_median"),
           most = number(f, "echoes_max"), jain = number(f, "jain");
    if (least > median || median > most) /* false for NAN */
        return identities_fault(p, "fairness",
                                "echoes_min, echoes_median, echoes_max do not increase");
    if (jain > 1 + NEAR) return identities_fault(p, "fairness.jain", "is above 1");
    return true;
}

/* A verdict other than valid has reasons. Each reason has a code, except in files before schema
 * 1.3. */
static bool check_validity(const struct identities_place *p, const cJSON *validity) {
    const char *verdict = item(validity, "verdict")->valuestring;
    int reasons = cJSON_GetArraySize(item(validity, "reasons"));
    const cJSON *codes = item(validity, "codes");
    if ((verdict_read(verdict) == VERDICT_VALID) != (reasons == 0))
        return identities_fault(p, "validity", "is %s with %d reasons", verdict, reasons);
    if (codes && cJSON_GetArraySize(codes) != reasons)
        return identities_fault(p, "validity.codes", "has %d codes for %d reasons",
                                cJSON_GetArraySize(codes), reasons);
    return true;
}

bool identities_check_sample(const cJSON *scenario, const cJSON *sample, const char *path,
                             struct reason *reason) {
    struct identities_place p = {.reason = reason};
    snprintf(p.path, sizeof p.path, "%s", path);
    const cJSON *validity = item(sample, "validity");
    const char *verdict = item(validity, "verdict")->valuestring;
    bool invalid = verdict_read(verdict) == VERDICT_INVALID;
    if (!check_validity(&p, validity)) return false;
    double messages = number(sample, "messages");
    if (isnan(messages)) /* the slot has no figures */
        return invalid || identities_fault(&p, "messages", "is null in a slot that is %s", verdict);
    static const char *const needed[] = {"window_s", "bytes",  "errors", "latency",
                                         "service",  "totals", "server", "loadgen"};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (cJSON_IsNull(item(sample, needed[i])))
            return identities_fault(&p, needed[i], "is null although messages is not");
    return check_latency(&p, sample, "latency", messages) &&
           check_latency(&p, sample, "service", NAN) && check_latency(&p, sample, "connect", NAN) &&
           check_latency(&p, sample, "newcomers", NAN) && check_rates(&p, scenario, sample) &&
           check_series(&p, sample) && check_fairness(&p, sample) &&
           check_newcomers(&p, scenario, sample) && (invalid || check_totals(&p, scenario, sample));
}
