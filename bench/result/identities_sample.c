/* identities_sample.c - checks within one sample; see identities.h.
 * Invariant: null is never compared with a number, with one exception: a quantile must be null if
 * and only if too few values were counted. */
#include "base/json.h"
#include "base/memory.h"

#include "bench/result/codes.h"
#include "bench/result/identities.h"
#include "bench/result/identities_fault.h"
#include "bench/result/identities_parts.h"
#include "bench/result/sample_facts.h"
#include "bench/support/json_path.h"
#include "bench/support/reason.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GAP_MIN_NS 1e6
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
    return fabs(found - expected) <= SAMPLE_ROUNDED * fabs(expected) ||
           identities_fault(p, field, "is %.17g, expected %.17g, %s", found, expected, because);
}

bool identities_near(const struct identities_place *p, const char *field, double found,
                     double expected, const char *because) {
    return fabs(found - expected) <= NEAR * fabs(expected) ||
           identities_fault(p, field, "is %.17g, expected %.17g, %s", found, expected, because);
}

bool identities_at_most(const struct identities_place *p, const char *field, double found,
                        double most, const char *what) {
    return !(found > most) ||
           identities_fault(p, field, "is %.17g, more than %.17g, %s", found, most, what);
}

double identities_figure(const struct identities_slot *s, const char *path) {
    return json_number(s->sample, path);
}

bool identities_ascend(const struct identities_place *p, const cJSON *cpus, const char *field) {
    const cJSON *cpu;
    double last = -1;
    cJSON_ArrayForEach(cpu, cpus) {
        if (cpu->valuedouble <= last) return identities_fault(p, field, "does not ascend");
        last = cpu->valuedouble;
    }
    return true;
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
    if (!h->count)
        return (h->min == UINT64_MAX && !h->max && !h->sum) ||
               identities_fault(p, "hist", "has min, max or sum_ns, but no value");
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
        double found = json_number(latency, quantiles[i].key);
        bool known = hist_tells(h, quantiles[i].q);
        if (known == (isnan(found) != 0))
            return identities_fault(
                p, quantiles[i].key, "is %snull with %.0f values of %.0f messages",
                known ? "" : "not ", (double)h->count, (double)hist_messages(h));
        if (known &&
            !identities_equal(p, quantiles[i].key, found, (double)hist_quantile(h, quantiles[i].q),
                              "recomputed from hist"))
            return false;
    }
    double max = json_number(latency, "max_ns");
    if (hist_place(h, 1) != HIST_COUNTED && !isnan(max))
        return identities_fault(p, "max_ns", "is not null with %.0f values of %.0f messages",
                                (double)h->count, (double)hist_messages(h));
    if (!h->count)
        return (isnan(json_number(latency, "mean_ns")) && isnan(max)) ||
               identities_fault(p, "mean_ns", "or max_ns is not null without values");
    /* the sum is an integer, so it can be recovered from the rounded mean */
    double mean = json_number(latency, "mean_ns"), sum = round(mean * (double)h->count);
    if (!(fabs(sum - hist_sum(h)) <= hist_sum(h) * SAMPLE_ROUNDED)) /* true if mean is NAN */
        return identities_fault(p, "mean_ns", "is %.17g, expected %.17g, hist.sum_ns / hist.count",
                                mean, hist_mean(h));
    return hist_place(h, 1) != HIST_COUNTED ||
           identities_equal(p, "max_ns", max, (double)h->max, "hist.max");
}

/* Checks latency, service, connect or newcomers. `messages` is the expected number of values; NAN
 * accepts any. Before version 1.4 quantiles and maximum are those of the counted values alone. */
static bool check_latency(const struct identities_place *sample_place,
                          const struct identities_file *file, const cJSON *sample, const char *key,
                          double messages) {
    const cJSON *latency = json_item(sample, key);
    if (!cJSON_IsObject(latency)) return true;
    struct identities_place p = *sample_place;
    size_t used = strlen(p.path);
    snprintf(p.path + used, sizeof p.path - used, "%s%s", used ? "." : "", key);
    struct hist *h = malloc(sizeof *h);
    MEMORY_CHECK(h);
    struct reason why;
    bool fine = json_to_hist(json_item(latency, "hist"), h, why.text, sizeof why.text) ||
                identities_fault(&p, "hist", "%s", why.text);
    fine = fine && check_hist(&p, h) &&
           (isnan(messages) ||
            identities_equal(sample_place, "messages", messages, (double)(h->count + h->overflow),
                             "latency.hist.count + overflow"));
    if (!identities_has_unanswered(file, latency)) h->overflow = h->unanswered = 0;
    fine = fine && check_quantiles(&p, latency, h);
    free(h);
    return fine;
}

/* ---- the rest of a sample ---- */

static bool check_rates(const struct identities_place *p, const cJSON *scenario,
                        const cJSON *sample) {
    double messages = json_number(sample, "messages"), window = json_number(sample, "window_s");
    if (!identities_equal(p, "bytes", json_number(sample, "bytes"),
                          messages * json_number(scenario, "size_bytes"), "messages x size_bytes"))
        return false;
    if (window > 0 &&
        !identities_near(p, "throughput_per_s", json_number(sample, "throughput_per_s"),
                         messages / window, "messages / window_s"))
        return false;
    const cJSON *server = json_item(sample, "server");
    double cpu = json_number(server, "cpu_ns");
    double user = json_number(server, "cpu_user_s"), sys = json_number(server, "cpu_sys_s");
    if (!isnan(user + sys) && !identities_near(p, "server.cpu_ns", cpu, (user + sys) * 1e9,
                                               "server.cpu_user_s + server.cpu_sys_s"))
        return false;
    /* the CPU time is that of the window, so it is divided by the answers within the window */
    double answered = json_number(json_item(sample, "loadgen"), "answered");
    if (!(cpu > 0) || !(answered > 0)) return true;
    return identities_near(p, "server.cpu_ns_per_echo", json_number(server, "cpu_ns_per_echo"),
                           cpu / answered, "server.cpu_ns / loadgen.answered") &&
           identities_near(p, "server.echoes_per_cpu_s", json_number(server, "echoes_per_cpu_s"),
                           answered / cpu * 1e9, "loadgen.answered / server.cpu_ns");
}

/* Gaps that count last 1 ms or more, and the sum includes the longest. Only a schedule can be late.
 * Files before schema 1.4 have none of these figures. */
static bool check_lost_time(const struct identities_place *p, const cJSON *scenario,
                            const cJSON *sample) {
    const cJSON *loadgen = json_item(sample, "loadgen");
    double longest = json_number(loadgen, "gap_max_ns");
    double total = json_number(loadgen, "gaps_total_ns");
    double p99 = json_number(loadgen, "arrival_lag_p99_ns");
    double latest = json_number(loadgen, "arrival_lag_max_ns");
    if (longest > 0 && longest < GAP_MIN_NS)
        return identities_fault(p, "loadgen.gap_max_ns", "is %.0f, below 1 ms", longest);
    if (longest > total || (longest <= 0 && total > 0)) /* false if one is NAN */
        return identities_fault(p, "loadgen.gaps_total_ns", "is %.0f, the longest gap %.0f", total,
                                longest);
    if (p99 > latest)
        return identities_fault(p, "loadgen.arrival_lag_p99_ns", "is above arrival_lag_max_ns");
    bool closed = strcmp(json_item(scenario, "load")->valuestring, "closed") == 0;
    return !closed || isnan(latest) ||
           identities_fault(p, "loadgen.arrival_lag_max_ns", "is not null in a closed loop");
}

/* What iobench starts listens on this machine. Files before schema 1.5 do not tell the address. */
static bool check_address(const struct identities_place *p, const cJSON *scenario,
                          const cJSON *sample) {
    const char *foreign = json_text(scenario, "server.foreign");
    const char *address = json_text(sample, "loadgen.address");
    if (!address || (foreign && strcmp(foreign, "at") == 0)) return true;
    return strcmp(address, "127.0.0.1") == 0 || strcmp(address, "::1") == 0 ||
           identities_fault(p, "loadgen.address", "is %.60s, but iobench started the server",
                            address);
}

/* The counts of newcomers agree with their histogram. */
static bool check_newcomers(const struct identities_place *p, const cJSON *scenario,
                            const cJSON *sample) {
    const cJSON *loadgen = json_item(sample, "loadgen"),
                *newcomers = json_item(sample, "newcomers");
    bool churn = strcmp(json_item(scenario, "load")->valuestring, "churn") == 0;
    bool some = churn || json_number(scenario, "newcomers_per_s") > 0;
    if (some != cJSON_IsObject(newcomers) || some != cJSON_IsObject(json_item(sample, "connect")))
        return identities_fault(p, "newcomers",
                                "and connect must be null if and only if nothing connects");
    if (!some) return true;
    const cJSON *hist = json_item(newcomers, "hist");
    double offered = json_number(loadgen, "newcomers_offered");
    double answered = json_number(loadgen, "newcomers_answered");
    double first = json_number(hist, "count") + json_number(hist, "overflow");
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
    const cJSON *error, *totals = json_item(sample, "totals");
    const cJSON *stats = json_item(json_item(sample, "server"), "stats");
    double errors = 0;
    cJSON_ArrayForEach(error, json_item(sample, "errors")) errors += error->valuedouble;
    if (errors > 0) return true;
    bool foreign = cJSON_IsString(json_item(json_item(scenario, "server"), "foreign"));
    if (!cJSON_IsObject(stats))
        return foreign ||
               identities_fault(p, "server.stats", "is null in a slot that is not invalid");
    return identities_equal(p, "totals.bytes_sent", json_number(totals, "bytes_sent"),
                            json_number(stats, "bytes_in"), "server.stats.bytes_in") &&
           identities_equal(p, "totals.bytes_received", json_number(totals, "bytes_received"),
                            json_number(stats, "bytes_out"), "server.stats.bytes_out") &&
           identities_equal(p, "totals.connections", json_number(totals, "connections"),
                            json_number(stats, "accepted"), "server.stats.accepted");
}

/* A verdict other than valid has reasons. Each reason has a code, except in files before schema
 * 1.3. */
static bool check_validity(const struct identities_place *p, const cJSON *validity) {
    const char *verdict = json_item(validity, "verdict")->valuestring;
    int reasons = cJSON_GetArraySize(json_item(validity, "reasons"));
    const cJSON *codes = json_item(validity, "codes");
    if ((verdict_read(verdict) == VERDICT_VALID) != (reasons == 0))
        return identities_fault(p, "validity", "is %s with %d reasons", verdict, reasons);
    if (codes && cJSON_GetArraySize(codes) != reasons)
        return identities_fault(p, "validity.codes", "has %d codes for %d reasons",
                                cJSON_GetArraySize(codes), reasons);
    return true;
}

static bool is_nothing(const struct identities_slot *s, const char *key) {
    const cJSON *item = json_item(s->sample, key);
    return !item || cJSON_IsNull(item) ||
           identities_fault(s->place, key, "is not null, but messages is");
}

/* A slot without figures is invalid, and has none. */
static bool check_nothing(const struct identities_slot *s, const char *verdict) {
    if (verdict_read(verdict) != VERDICT_INVALID)
        return identities_fault(s->place, "messages", "is null in a slot that is %s", verdict);
    for (const char *const *key = sample_measured; *key; key++)
        if (!is_nothing(s, *key)) return false;
    return is_nothing(s, "counters") && is_nothing(s, "series") && is_nothing(s, "slices") &&
           identities_check_verdict(s);
}

/* What this iobench adds to a sample is there since version 1.4, and not before. */
static bool check_version(const struct identities_slot *s) {
    bool since = s->file->version_minor >= IDENTITIES_SINCE;
    if ((json_item(s->sample, "server_died") != NULL) != since)
        return identities_fault(s->place, "server_died",
                                "must be there if and only if schema.version_minor is %d or more",
                                IDENTITIES_SINCE);
    return true;
}

bool identities_check_sample(const struct identities_file *file, const cJSON *scenario,
                             const cJSON *sample, const char *path, struct reason *reason) {
    struct identities_place p = {.reason = reason};
    const struct identities_slot s = {&p, file, scenario, sample};
    snprintf(p.path, sizeof p.path, "%s", path);
    const cJSON *validity = json_item(sample, "validity");
    const char *verdict = json_item(validity, "verdict")->valuestring;
    bool invalid = verdict_read(verdict) == VERDICT_INVALID;
    if (!check_validity(&p, validity) || !check_version(&s)) return false;
    double messages = json_number(sample, "messages");
    if (isnan(messages)) return check_nothing(&s, verdict);
    static const char *const needed[] = {"window_s", "bytes",  "errors", "latency",
                                         "service",  "totals", "server", "loadgen"};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (cJSON_IsNull(json_item(sample, needed[i])))
            return identities_fault(&p, needed[i], "is null although messages is not");
    return check_latency(&p, file, sample, "latency", messages) &&
           check_latency(&p, file, sample, "service", NAN) &&
           check_latency(&p, file, sample, "connect", NAN) &&
           check_latency(&p, file, sample, "newcomers", NAN) && check_rates(&p, scenario, sample) &&
           identities_check_series(&s) && identities_check_slices(&s) &&
           identities_check_fairness(&s) && check_newcomers(&p, scenario, sample) &&
           identities_check_unanswered(&s) && identities_check_limits(&s) &&
           check_lost_time(&p, scenario, sample) && check_address(&p, scenario, sample) &&
           (invalid || check_totals(&p, scenario, sample)) && identities_check_parts(&s) &&
           identities_check_counts(&s) && identities_check_server(&s) &&
           identities_check_verdict(&s);
}
