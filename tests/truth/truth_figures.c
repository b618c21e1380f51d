/* truth_figures.c - reads figures of a sample and compares them with what arithmetic demands. */
#include "tests/truth/truth.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const cJSON *value_at(const cJSON *json, const char *path) {
    char key[64];
    for (const char *from = path; *from;) {
        size_t length = strcspn(from, ".");
        snprintf(key, sizeof key, "%.*s", (int)length, from);
        json = cJSON_GetObjectItemCaseSensitive(json, key);
        REQUIRE(json, "'%s' is missing at '%s'", path, key);
        from += length + (from[length] == '.');
    }
    return json;
}

static double lost_lately; /* share of the latest run that the programs were without a CPU */

void figures_of(const struct outcome *o) {
    lost_lately = lost_share(o);
}

double figure(const cJSON *sample, const char *path) {
    const cJSON *item = value_at(sample, path);
    if (cJSON_IsNull(item) && lost_lately >= 0.3) {
        case_spoilt(
            "other work used the CPUs: too few messages for %s; the programs were without a "
            "CPU for %.0f %% of the run",
            path, 100 * lost_lately);
        case_end();
    }
    REQUIRE(cJSON_IsNumber(item), "'%s' is no number", path);
    return item->valuedouble;
}

bool is_null(const cJSON *sample, const char *path) {
    return cJSON_IsNull(value_at(sample, path));
}

void require_within(const cJSON *sample, const char *path, double low, double high) {
    double value = figure(sample, path);
    REQUIRE(value >= low && value <= high, "%s is %.6g, arithmetic says %.6g to %.6g", path, value,
            low, high);
}

/* ---- what the machine may change ---- */

/* Of a time's bound, at most this share may come from the recorded lateness. */
#define LATE_SHARE 0.25

#define MEAN (-1) /* no quantile */

/* Which quantile the figure at a path is. */
static double quantile_of(const char *path) {
    static const struct {
        const char *word;
        double q;
    } words[] = {
        {"p50_ns", 0.5}, {"p90_ns", 0.9}, {"p99_ns", 0.99}, {"hist.max", 1}, {"mean_ns", MEAN}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strstr(path, words[i].word)) return words[i].q;
    return 0; /* the least */
}

/* How much the lateness of answers can add to a quantile, by the server's own record. Of the sum of
 * two times the quantile q is at most the sum of their quantiles (1 + q) / 2. */
static double recorded_late_ns(const struct outcome *o, double q) {
    if (!o->stats) return 0;
    const cJSON *late = value_at(o->stats, "record.late_ns");
    return figure(late, q == 1      ? "max"
                        : q >= 0.99 ? "p995"
                        : q >= 0.9  ? "p95"
                        : q >= 0.5  ? "p75"
                                    : "mean");
}

/* How much can the time W without a CPU add to the quantile q of latencies of length L in a run of
 * length T? In a closed loop every message in flight is late by each interruption, so that over all
 * messages latencies add up to W x messages in flight; by Little's law that is W x L / T for each,
 * and 1 - q of all exceed the quantile.
 * Arrivals of an open loop come evenly. Those that are late by more than x fall into 1 - q of the
 * run, and each of them sees interruptions of x in L + x. So x / (L + x) is at most W / ((1 - q)
 * T). On average they wait for half of an interruption that is as long as W, beside what a message
 * in flight waits. No message waits longer than W. */
static double machine_adds_ns(const struct outcome *o, double q, double length_ns) {
    double lost_ns = machine_lost_ns(&o->machine);
    double share = lost_ns / machine_span_ns(&o->machine) / (q == MEAN ? 1 : fmax(1 - q, 1e-9));
    const cJSON *mean = value_at(o->sample, "latency.mean_ns");
    double mean_ns = cJSON_IsNumber(mean) ? mean->valuedouble : 0;
    bool open = !is_null(o->sample, "loadgen.offered") || !is_null(o->sample, "newcomers");
    if (!open) return fmin(lost_ns, share * mean_ns);
    if (q == MEAN) return fmin(lost_ns, share * (mean_ns + lost_ns / 2));
    return share < 1 ? fmin(lost_ns, fmax(length_ns, mean_ns) * share / (1 - share)) : lost_ns;
}

double lost_share(const struct outcome *o) {
    return fmin(1, machine_lost_ns(&o->machine) / machine_span_ns(&o->machine));
}

static void spoil(const struct outcome *o, const char *what) {
    case_spoilt(
        "other work used the CPUs: %s; the programs were without a CPU for %.0f ms of %.1f s", what,
        machine_lost_ns(&o->machine) / MS, machine_span_ns(&o->machine) / 1e9);
}

void require_unless_busy(const struct outcome *o, bool holds, double share, const char *what) {
    if (holds) return;
    REQUIRE(lost_share(o) >= share, "%s; without a CPU were the programs only %.1f %% of the time",
            what, 100 * lost_share(o));
    spoil(o, what);
}

bool fault_happened(const struct outcome *o) {
    bool done = figure(o->stats, "fault_done") == 1;
    require_unless_busy(o, done, 0.1, "the message of the fault did not come");
    return done;
}

void require_time(const struct outcome *o, const char *path, double low, double high) {
    char what[160];
    if (is_null(o->sample, path)) {
        snprintf(what, sizeof what, "too few messages for %s", path);
        require_unless_busy(o, false, 0.1, what);
        return;
    }
    double value = figure(o->sample, path), q = quantile_of(path);
    double late_ns = recorded_late_ns(o, q), adds_ns = machine_adds_ns(o, q, high);
    REQUIRE(value >= low, "%s is %.6g, arithmetic says %.6g to %.6g", path, value, low, high);
    if (value <= high + fmin(late_ns, LATE_SHARE * high)) return;
    snprintf(what, sizeof what, "%s is %.6g, arithmetic says %.6g to %.6g", path, value, low, high);
    REQUIRE(value <= high + late_ns + adds_ns,
            "%s; the server was late by %.6g, and the machine adds %.6g at most", what, late_ns,
            adds_ns);
    spoil(o, what);
}

void require_rate(const struct outcome *o, const char *path, double low, double high) {
    char what[160];
    double value = figure(o->sample, path), lost = lost_share(o);
    snprintf(what, sizeof what, "%s is %.6g, arithmetic says %.6g to %.6g", path, value, low, high);
    REQUIRE(value >= low * (1 - lost) && value <= high * (1 + lost),
            "%s; without a CPU were the programs only %.1f %% of the time", what, 100 * lost);
    if (value < low || value > high) spoil(o, what);
}

void require_equal(const cJSON *sample, const char *path, double value) {
    double seen = figure(sample, path);
    REQUIRE(seen == value, "%s is %.0f, expected %.0f", path, seen, value);
}

static double sum_of(const cJSON *array) {
    double sum = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, array) sum += item->valuedouble;
    return sum;
}

/* Quantiles are those of all messages: the ones above the range and the ones without an answer come
 * after every counted value. */
static void require_latency(const cJSON *latency) {
    static const char *const quantiles[] = {"p50_ns", "p90_ns", "p99_ns", "p999_ns", "p9999_ns"};
    static const uint64_t parts[] = {5000, 9000, 9900, 9990, 9999}; /* of 10000 */
    const cJSON *hist = value_at(latency, "hist");
    double count = figure(hist, "count");
    uint64_t messages = (uint64_t)(count + figure(hist, "overflow") + figure(hist, "unanswered"));
    if (count == 0) {
        REQUIRE(is_null(hist, "min") && is_null(latency, "p50_ns") && is_null(latency, "mean_ns"),
                "figures of no values");
        return;
    }
    double before = figure(hist, "min");
    REQUIRE(count == sum_of(value_at(hist, "counts")), "hist.count is not the sum of its counts");
    REQUIRE(cJSON_GetArraySize(value_at(hist, "counts")) ==
                cJSON_GetArraySize(value_at(hist, "index_delta")),
            "hist: index_delta and counts differ in length");
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        uint64_t rank = (messages * parts[i] + 9999) / 10000;
        if (messages * (10000 - parts[i]) < 100000 || (double)rank > count) {
            REQUIRE(is_null(latency, quantiles[i]), "%s is given for %.0f values of %.0f messages",
                    quantiles[i], count, (double)messages);
            continue;
        }
        double value = figure(latency, quantiles[i]);
        REQUIRE(value >= before && value <= figure(hist, "max"), "%s: quantiles not in order",
                quantiles[i]);
        before = value;
    }
    if ((double)messages > count)
        REQUIRE(is_null(latency, "max_ns"), "a maximum, though not every message has a value");
    else
        REQUIRE(figure(hist, "max") == figure(latency, "max_ns"), "hist.max is not max_ns");
    double mean = figure(latency, "mean_ns");
    REQUIRE(fabs(mean * count / figure(hist, "sum_ns") - 1) < 1e-6,
            "mean_ns is not sum over count");
}

void require_identities(const cJSON *sample, double size) {
    double messages = figure(sample, "messages"), window_s = figure(sample, "window_s");
    require_equal(sample, "bytes", messages * size);
    REQUIRE(messages ==
                figure(sample, "latency.hist.count") + figure(sample, "latency.hist.overflow"),
            "messages is not what the histogram counts");
    REQUIRE(messages == 0 ||
                fabs(figure(sample, "throughput_per_s") * window_s / messages - 1) < 1e-6,
            "throughput is not messages over window");
    require_latency(value_at(sample, "latency"));
    require_latency(value_at(sample, "service"));
    bool churn = is_null(sample, "fairness"), closed = is_null(sample, "loadgen.offered");
    if (!churn && !closed) {
        double unanswered = figure(sample, "latency.hist.unanswered");
        require_equal(sample, "loadgen.offered", messages + unanswered);
        require_equal(sample, "loadgen.unsent",
                      unanswered - figure(sample, "service.hist.unanswered"));
    }
    REQUIRE(is_null(sample, "loadgen.oldest_in_flight_ns") == (!churn && !closed),
            "the age of what is in flight, where messages belong to when they were due");
    const cJSON *series = value_at(sample, "series"), *step;
    double in_series = 0, t_s = 0;
    cJSON_ArrayForEach(step, series) {
        in_series += figure(step, "messages");
        REQUIRE(figure(step, "t_s") > t_s, "series: time does not grow");
        t_s = figure(step, "t_s");
    }
    REQUIRE(in_series == messages, "the series hold %.0f of %.0f messages", in_series, messages);
    REQUIRE(t_s > 0.9 * window_s, "the series end at %.3f s of %.3f", t_s, window_s);
    REQUIRE(cJSON_GetArraySize(series) % 2 == 0, "the series have no halves");
    if (!is_null(sample, "newcomers")) {
        require_latency(value_at(sample, "newcomers"));
        require_latency(value_at(sample, "connect"));
        require_equal(sample, "loadgen.newcomers_offered",
                      figure(sample, "newcomers.hist.count") +
                          figure(sample, "newcomers.hist.overflow") +
                          figure(sample, "newcomers.hist.unanswered"));
        double connects = figure(sample, "connect.hist.count") +
                          figure(sample, "connect.hist.overflow") +
                          figure(sample, "connect.hist.unanswered");
        if (churn)
            require_equal(sample, "loadgen.newcomers_offered",
                          connects + figure(sample, "loadgen.unsent"));
        else
            require_within(sample, "loadgen.newcomers_offered", connects, INFINITY);
    }
    if (is_null(sample, "fairness")) return;
    REQUIRE(figure(sample, "fairness.echoes_min") <= figure(sample, "fairness.echoes_median") &&
                figure(sample, "fairness.echoes_median") <= figure(sample, "fairness.echoes_max"),
            "fairness: not in order");
}

void require_littles_law(const struct outcome *o, double in_flight) {
    double window_ns = figure(o->sample, "window_s") * 1e9;
    double edge = figure(o->sample, "latency.hist.max") / window_ns;
    double lost = machine_lost_ns(&o->machine) / window_ns;
    double seen =
        figure(o->sample, "throughput_per_s") * figure(o->sample, "latency.mean_ns") / 1e9;
    REQUIRE(seen <= in_flight * (1.01 + edge) && seen >= in_flight * (0.99 - edge - lost),
            "throughput x mean latency is %.3f, in flight are %.0f", seen, in_flight);
}

void require_totals(const cJSON *sample, const cJSON *stats, double connections) {
    require_equal(sample, "totals.connections", connections);
    require_equal(stats, "accepted", connections);
    require_equal(stats, "closed_clean", connections);
    require_equal(stats, "bytes_in", figure(sample, "totals.bytes_sent"));
    require_equal(stats, "bytes_out", figure(sample, "totals.bytes_received"));
    require_equal(sample, "totals.bytes_received", figure(sample, "totals.bytes_sent"));
}

void require_no_errors(const cJSON *sample) {
    require_equal(sample, "errors.connect", 0);
    require_equal(sample, "errors.reset", 0);
    require_equal(sample, "errors.timeout", 0);
    require_equal(sample, "errors.short", 0);
    require_equal(sample, "errors.mismatch", 0);
}
