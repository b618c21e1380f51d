/* metrics.c - what a metric takes from a slot.
 * Invariant: whether a figure counts depends on that slot alone. */
#include "bench/gate/metrics.h"

#include "bench/result/sample_facts.h"
#include "bench/support/json_path.h"
#include "bench/support/reason.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

double gate_figure(enum metric metric, const cJSON *scenario, const cJSON *sample,
                   struct reason *why) {
    *why->text = '\0';
    if (!metric_gated(metric, metrics[metric].gates, scenario)) return NAN;
    enum sample_bound bound = sample_bound(sample);
    const char *counting = json_text(sample, "counters.reason");
    bool of_loadgen = metric == METRIC_LOADGEN_CPU; /* then it should be the one that is full */
    double value = metric_value(&metrics[metric], sample, NAN);
    if (strcmp(sample_verdict(sample), "invalid") == 0) {
        const cJSON *reason = cJSON_GetArrayItem(json_item(sample, "validity.reasons"), 0);
        reason_set(why, "%s", cJSON_GetStringValue(reason));
    } else if (bound == BOUND_CLIENT && !of_loadgen) {
        reason_set(why, "the load generator was the bottleneck");
    } else if (metric == METRIC_THROUGHPUT && (bound == BOUND_UNKNOWN || bound == BOUND_BOTH)) {
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
