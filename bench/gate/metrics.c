/* metrics.c - what a metric takes from a slot.
 * Invariant: whether a figure counts depends on that slot alone. */
#include "bench/gate/metrics.h"

#include "bench/result/sample_facts.h"
#include "bench/support/json_path.h"
#include "bench/support/reason.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

bool gate_metric_applies(enum gate_metric metric, const cJSON *scenario) {
    const char *load = json_text(scenario, "load");
    bool closed = strcmp(load, "closed") == 0, open = strcmp(load, "open") == 0;
    bool counted = cJSON_IsTrue(json_item(scenario, "counted"));
    if (open && cJSON_IsTrue(json_item(scenario, "saturating"))) return false;
    switch (metric) {
    case GATE_THROUGHPUT:
    case GATE_LOADGEN_CPU: /* in an open loop it spins */
        return closed && !counted;
    case GATE_CPU:
        return (closed || open) && !counted;
    case GATE_P50:
    case GATE_P99:
        return open && !counted;
    case GATE_SYSCALLS:
    case GATE_WAKEUPS:
        return (closed || open) && counted;
    case GATE_METRICS:
        break;
    }
    return false;
}

static double loadgen_cpu_ns(const cJSON *scenario, const cJSON *sample) {
    return json_number(scenario, "loadgen.threads") * json_number(sample, "loadgen.cpu_pct") / 100 *
           json_number(sample, "window_s") * 1e9 / json_number(sample, "messages");
}

static double value_of(enum gate_metric metric, const cJSON *scenario, const cJSON *sample) {
    static const char *const paths[GATE_METRICS] = {
        [GATE_THROUGHPUT] = "throughput_per_s",
        [GATE_CPU] = "server.cpu_ns_per_echo",
        [GATE_P50] = "latency.p50_ns",
        [GATE_P99] = "latency.p99_ns",
        [GATE_SYSCALLS] = "counters.syscalls_per_echo",
        [GATE_WAKEUPS] = "counters.wakeups_per_echo",
    };
    return metric == GATE_LOADGEN_CPU ? loadgen_cpu_ns(scenario, sample)
                                      : json_number(sample, paths[metric]);
}

double gate_figure(enum gate_metric metric, const cJSON *scenario, const cJSON *sample,
                   struct reason *why) {
    *why->text = '\0';
    if (!gate_metric_applies(metric, scenario)) return NAN;
    enum sample_bound bound = sample_bound(sample);
    const char *counting = json_text(sample, "counters.reason");
    bool of_loadgen = metric == GATE_LOADGEN_CPU; /* then it should be the one that is full */
    double value = value_of(metric, scenario, sample);
    if (strcmp(sample_verdict(sample), "invalid") == 0) {
        const cJSON *reason = cJSON_GetArrayItem(json_item(sample, "validity.reasons"), 0);
        reason_set(why, "%s", cJSON_GetStringValue(reason));
    } else if (bound == BOUND_CLIENT && !of_loadgen) {
        reason_set(why, "the load generator was the bottleneck");
    } else if (metric == GATE_THROUGHPUT && (bound == BOUND_UNKNOWN || bound == BOUND_BOTH)) {
        reason_set(why, "the load generator was %s the bottleneck",
                   bound == BOUND_BOTH ? "as much as the server" : "perhaps");
    } else if (!isfinite(value)) {
        reason_set(why, "%s", counting ? counting : "the figure is not known");
    } else if (value <= 0) {
        reason_set(why, "the figure is 0, which has no ratio");
    } else {
        return value;
    }
    return NAN;
}

bool gate_broken(const cJSON *sample, struct reason *why) {
    static const char *const beginnings[] = {"server ", "totals disagree"};
    const cJSON *reasons = json_item(sample, "validity.reasons");
    const char *first = cJSON_GetStringValue(cJSON_GetArrayItem(reasons, 0));
    if (strcmp(sample_verdict(sample), "invalid") != 0) return false;
    bool broken =
        json_number(sample, "errors.mismatch") > 0 || cJSON_IsNull(json_item(sample, "messages"));
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
        broken = broken || strncmp(first, beginnings[i], strlen(beginnings[i])) == 0;
    if (broken) reason_set(why, "%s", first);
    return broken;
}
