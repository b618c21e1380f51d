/* metrics.c - the table of metrics; see metrics.h.
 * Invariant: a metric has a limit if and only if a gate uses it. */
#include "bench/result/metrics.h"

#include "bench/support/json_path.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- computed metrics ---- */

static double answered_per_s(const cJSON *sample, double floor_ns) {
    (void)floor_ns;
    return json_number(sample, "loadgen.answered") / json_number(sample, "window_s");
}

static double churned_per_s(const cJSON *sample, double floor_ns) {
    (void)floor_ns;
    return json_number(sample, "loadgen.offered") *
           json_number(sample, "loadgen.achieved_over_offered") / json_number(sample, "window_s");
}

static double cpu_per_connection_ns(const cJSON *sample, double floor_ns) {
    return json_number(sample, "server.cpu_ns") /
           (churned_per_s(sample, floor_ns) * json_number(sample, "window_s"));
}

/* CPU per echo divided by half a bare TCP round trip. */
static double overhead(const cJSON *sample, double floor_ns) {
    return floor_ns > 0 ? json_number(sample, "server.cpu_ns_per_echo") / (floor_ns / 2) : NAN;
}

static double loadgen_cpu_ns(const cJSON *sample, double floor_ns) {
    (void)floor_ns;
    return json_number(sample, "loadgen.cpu_pct") / 100 * json_number(sample, "loadgen.threads") *
           json_number(sample, "window_s") * 1e9 / json_number(sample, "loadgen.answered");
}

/* ---- the table ---- */

const struct metric_facts metrics[METRICS] = {
    [METRIC_THROUGHPUT] = {.key = "throughput_per_s",
                           .path = "throughput_per_s",
                           .title = "throughput",
                           .column = "echoes/s",
                           .heading = "Echoes\nper second",
                           .unit = "/s",
                           .format = format_count,
                           .larger_is_better = true,
                           .loads = METRIC_ALL_LOADS,
                           .limit = 0.03,
                           .gates = METRIC_AB | METRIC_COMPARE,
                           .gated_loads = METRIC_CLOSED},
    [METRIC_CHURNED] = {.key = "connections_per_s",
                        .path = "loadgen.achieved_over_offered",
                        .compute = churned_per_s,
                        .title = "connections",
                        .column = "conns/s",
                        .heading = "Connections\nper second",
                        .unit = "/s",
                        .format = format_count,
                        .larger_is_better = true,
                        .loads = METRIC_CHURN},
    [METRIC_P50] = {.key = "p50_ns",
                    .path = "latency.p50_ns",
                    .quantile = 0.5,
                    .title = "p50",
                    .column = "p50",
                    .heading = "p50",
                    .unit = "ns",
                    .format = format_duration,
                    .loads = METRIC_ALL_LOADS,
                    .limit = 0.05,
                    .gates = METRIC_AB | METRIC_AB_LOADGEN | METRIC_COMPARE,
                    .gated_loads = METRIC_OPEN},
    [METRIC_P90] = {.key = "p90_ns",
                    .path = "latency.p90_ns",
                    .quantile = 0.9,
                    .title = "p90",
                    .heading = "p90",
                    .unit = "ns",
                    .format = format_duration,
                    .loads = METRIC_ALL_LOADS},
    [METRIC_P99] = {.key = "p99_ns",
                    .path = "latency.p99_ns",
                    .quantile = 0.99,
                    .title = "p99",
                    .column = "p99",
                    .heading = "p99",
                    .unit = "ns",
                    .format = format_duration,
                    .loads = METRIC_ALL_LOADS,
                    .limit = 0.10,
                    .gates = METRIC_AB | METRIC_AB_LOADGEN | METRIC_COMPARE,
                    .gated_loads = METRIC_OPEN},
    [METRIC_P999] = {.key = "p999_ns",
                     .path = "latency.p999_ns",
                     .quantile = 0.999,
                     .title = "p99.9",
                     .heading = "p99.9",
                     .unit = "ns",
                     .format = format_duration,
                     .loads = METRIC_ALL_LOADS,
                     .limit = 1.00,
                     .gates = METRIC_AB,
                     .gated_loads = METRIC_OPEN | METRIC_LONG},
    [METRIC_CONNECT_P50] = {.key = "connect_p50_ns",
                            .path = "connect.p50_ns",
                            .quantile = 0.5,
                            .title = "connect p50",
                            .column = "connect p50",
                            .heading = "Connect\np50",
                            .unit = "ns",
                            .format = format_duration,
                            .loads = METRIC_ALL_LOADS | METRIC_ARRIVALS},
    [METRIC_CONNECT_P99] = {.key = "connect_p99_ns",
                            .path = "connect.p99_ns",
                            .quantile = 0.99,
                            .title = "connect p99",
                            .heading = "Connect\np99",
                            .unit = "ns",
                            .format = format_duration,
                            .loads = METRIC_ALL_LOADS | METRIC_ARRIVALS,
                            .limit = 1.00,
                            .gates = METRIC_AB,
                            .gated_loads = METRIC_CHURN | METRIC_MANY_ARRIVALS},
    [METRIC_NEWCOMERS_P50] = {.key = "newcomers_p50_ns",
                              .path = "newcomers.p50_ns",
                              .quantile = 0.5,
                              .title = "new p50",
                              .column = "new p50",
                              .heading = "Newcomer\np50",
                              .hint = "time from the scheduled start of a connection to its first "
                                      "echo",
                              .unit = "ns",
                              .format = format_duration,
                              .loads = METRIC_ALL_LOADS | METRIC_ARRIVALS,
                              .limit = 0.20,
                              .gates = METRIC_AB,
                              .gated_loads = METRIC_ALL_LOADS | METRIC_MANY_ARRIVALS},
    [METRIC_NEWCOMERS_P99] = {.key = "newcomers_p99_ns",
                              .path = "newcomers.p99_ns",
                              .quantile = 0.99,
                              .title = "new p99",
                              .column = "new p99",
                              .heading = "Newcomer\np99",
                              .unit = "ns",
                              .format = format_duration,
                              .loads = METRIC_ALL_LOADS | METRIC_ARRIVALS,
                              .limit = 1.00,
                              .gates = METRIC_AB,
                              .gated_loads = METRIC_ALL_LOADS | METRIC_MANY_ARRIVALS},
    [METRIC_MEMORY] = {.key = "rss_bytes",
                       .path = "server.rss_bytes",
                       .title = "memory",
                       .column = "memory",
                       .heading = "Server\nmemory",
                       .unit = "bytes",
                       .format = format_bytes,
                       .loads = METRIC_ALL_LOADS | METRIC_IDLE,
                       .limit = 0.10,
                       .gates = METRIC_AB,
                       .gated_loads =
                           METRIC_ALL_LOADS | METRIC_LONG | METRIC_IDLE | METRIC_MANY_ARRIVALS},
    [METRIC_CPU] = {.key = "cpu_ns_per_echo",
                    .path = "server.cpu_ns_per_echo",
                    .title = "CPU/echo",
                    .column = "CPU/echo",
                    .heading = "Server CPU\nper echo",
                    .unit = "ns",
                    .format = format_duration,
                    .loads = METRIC_ALL_LOADS,
                    .limit = 0.03,
                    .gates = METRIC_AB | METRIC_COMPARE,
                    .gated_loads = METRIC_CLOSED | METRIC_OPEN},
    [METRIC_CPU_PER_CONNECTION] = {.key = "cpu_ns_per_connection",
                                   .path = "server.cpu_ns",
                                   .compute = cpu_per_connection_ns,
                                   .title = "CPU/connection",
                                   .heading = "Server CPU\nper connection",
                                   .unit = "ns",
                                   .format = format_duration,
                                   .loads = METRIC_CHURN,
                                   .limit = 0.05,
                                   .gates = METRIC_AB,
                                   .gated_loads = METRIC_CHURN},
    [METRIC_PER_CPU] = {.key = "echoes_per_cpu_s",
                        .path = "server.echoes_per_cpu_s",
                        .title = "echoes/CPU s",
                        .column = "echoes/CPU s",
                        .heading = "Echoes per\nCPU second",
                        .unit = "/s",
                        .format = format_count,
                        .larger_is_better = true,
                        .loads = METRIC_ALL_LOADS},
    [METRIC_OVERHEAD] = {.key = "overhead",
                         .path = "server.cpu_ns_per_echo",
                         .compute = overhead,
                         .title = "overhead",
                         .column = "overhead",
                         .heading = "Over-\nhead",
                         .hint =
                             "CPU per echo divided by half a bare TCP round trip on the machine",
                         .unit = "",
                         .format = format_times,
                         .loads = METRIC_ALL_LOADS},
    [METRIC_MEMORY_PER_CONNECTION] = {.key = "rss_per_connection_bytes",
                                      .path = "server.rss_per_connection_bytes",
                                      .title = "memory/connection",
                                      .heading = "Memory per\nconnection",
                                      .unit = "bytes",
                                      .format = format_bytes,
                                      .loads = METRIC_ALL_LOADS,
                                      .limit = 0.10,
                                      .gates = METRIC_AB,
                                      .gated_loads = METRIC_CLOSED | METRIC_OPEN | METRIC_IDLE},
    [METRIC_FAIRNESS] = {.key = "fairness",
                         .path = "fairness.jain",
                         .title = "fairness",
                         .heading = "Fairness",
                         .hint = "Jain's index of the echoes per connection; 1 means equal shares",
                         .unit = "",
                         .format = format_ratio,
                         .larger_is_better = true,
                         .loads = METRIC_ALL_LOADS},
    [METRIC_SYSCALLS] = {.key = "syscalls_per_echo",
                         .path = "counters.syscalls_per_echo",
                         .title = "syscalls/echo",
                         .unit = "",
                         .format = format_small,
                         .loads = METRIC_ALL_LOADS | METRIC_COUNTED,
                         .limit = 0.02,
                         .gates = METRIC_AB | METRIC_COMPARE,
                         .gated_loads = METRIC_CLOSED | METRIC_OPEN | METRIC_COUNTED},
    [METRIC_WAKEUPS] = {.key = "wakeups_per_echo",
                        .path = "counters.wakeups_per_echo",
                        .title = "wake-ups/echo",
                        .unit = "",
                        .format = format_small,
                        .loads = METRIC_ALL_LOADS | METRIC_COUNTED,
                        .limit = 0.02,
                        .gates = METRIC_AB | METRIC_COMPARE,
                        .gated_loads = METRIC_CLOSED | METRIC_OPEN | METRIC_COUNTED},
    [METRIC_LOADGEN_CPU] = {.key = "loadgen_cpu_ns_per_echo",
                            .path = "loadgen.cpu_pct",
                            .compute = loadgen_cpu_ns,
                            .title = "loadgen CPU/echo",
                            .unit = "ns",
                            .format = format_duration,
                            .loads = METRIC_ALL_LOADS,
                            .limit = 0.03,
                            .gates = METRIC_AB_LOADGEN,
                            .gated_loads = METRIC_CLOSED}, /* busy-waits in open loops */
    [METRIC_ANSWERED] = {.key = "answered_per_s",
                         .path = "loadgen.answered",
                         .compute = answered_per_s,
                         .title = "answered",
                         .unit = "/s",
                         .format = format_count,
                         .larger_is_better = true,
                         .loads = METRIC_ALL_LOADS,
                         .limit = 0.05,
                         .gates = METRIC_AB,
                         .gated_loads = METRIC_CHURN | METRIC_SATURATING},
};

/* ---- lookups ---- */

/* The load of a scenario as a set of enum metric_loads. */
static unsigned loads_of(const cJSON *scenario) {
    static const char *const names[] = {"closed", "open", "churn"};
    const char *load = json_text(scenario, "load");
    unsigned is = 0;
    for (size_t i = 0; load && i < sizeof names / sizeof *names; i++)
        if (strcmp(load, names[i]) == 0) is |= 1u << i;
    double arrive_per_s =
        json_number(scenario, is & METRIC_CHURN ? "rate_per_s" : "newcomers_per_s");
    double window_s = json_number(scenario, "duration_s");
    if (is & METRIC_CHURN || arrive_per_s > 0) is |= METRIC_ARRIVALS;
    if (arrive_per_s * window_s >= METRIC_MANY_ARRIVALS_MIN) is |= METRIC_MANY_ARRIVALS;
    if (json_number(scenario, "idle") > 0) is |= METRIC_IDLE;
    if (json_number(scenario, "warmup_s") + window_s >= METRIC_LONG_S) is |= METRIC_LONG;
    if (cJSON_IsTrue(json_item(scenario, "counted"))) is |= METRIC_COUNTED;
    if (cJSON_IsTrue(json_item(scenario, "saturating"))) is |= METRIC_SATURATING;
    return is;
}

bool metric_in_load(enum metric metric, const cJSON *scenario) {
    unsigned is = loads_of(scenario), wanted = metrics[metric].loads;
    unsigned conditions = wanted & ~(unsigned)METRIC_ALL_LOADS;
    return is & wanted & METRIC_ALL_LOADS && (is & conditions) == conditions;
}

bool metric_gated(enum metric metric, unsigned gates, const cJSON *scenario) {
    static const unsigned alone = METRIC_COUNTED | METRIC_SATURATING;
    unsigned is = loads_of(scenario), wanted = metrics[metric].gated_loads;
    unsigned conditions = wanted & ~(unsigned)METRIC_ALL_LOADS;
    return metrics[metric].gates & gates && is & wanted & METRIC_ALL_LOADS &&
           (!conditions || is & conditions) && (is & alone) == (wanted & alone);
}

bool metric_is_capacity(enum metric metric) {
    return metric == METRIC_THROUGHPUT || metric == METRIC_ANSWERED;
}

double metric_value(const struct metric_facts *metric, const cJSON *sample, double floor_ns) {
    return metric->compute ? metric->compute(sample, floor_ns) : json_number(sample, metric->path);
}

bool metric_lacking(enum metric metric, const cJSON *sample) {
    const char *path = metrics[metric].path;
    char key[64];
    for (const char *end; cJSON_IsObject(sample); path = end + 1) {
        end = path + strcspn(path, ".");
        snprintf(key, sizeof key, "%.*s", (int)(end - path), path);
        sample = cJSON_GetObjectItemCaseSensitive(sample, key);
        if (!sample || !*end) break;
    }
    return !sample;
}

char *metric_print(char text[FORMAT_SIZE], enum metric metric, double value) {
    const struct metric_facts *facts = &metrics[metric];
    facts->format(text, value);
    if (facts->format == format_count && isfinite(value))
        format_append(text, FORMAT_SIZE, "%s", facts->unit);
    return text;
}
