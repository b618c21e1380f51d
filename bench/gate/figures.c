/* figures.c - takes the figure of a metric from a slot.
 * Invariant: whether a figure counts depends only on that slot. */
#include "bench/gate/figures.h"

#include "bench/result/sample_facts.h"
#include "bench/support/json_path.h"

#include <math.h>
#include <string.h>

void gate_quote(struct gate_reason *why, enum gate_code code, const cJSON *sample, int index) {
    const char *text = sample_reason(sample, index);
    gate_reason_set(why, code, "%s", text ? text : "invalid");
    why->slot = sample_code(sample, index);
}

double gate_figure(enum metric metric, const cJSON *scenario, const cJSON *sample,
                   struct gate_reason *why) {
    *why = (struct gate_reason){.code = GATE_NO_REASON};
    if (!metric_gated(metric, metrics[metric].gates, scenario)) return NAN;
    enum bound bound = sample_bound(sample);
    const char *counting = json_text(sample, "counters.reason");
    bool of_loadgen = metric == METRIC_LOADGEN_CPU; /* should be at its limit */
    double value = metric_value(&metrics[metric], sample, NAN);
    if (!sample_usable(sample)) {
        gate_quote(why, GATE_SLOT_INVALID, sample, 0);
    } else if (bound == BOUND_CLIENT && !of_loadgen) {
        gate_reason_set(why, GATE_BOUND_CLIENT, "the load generator was the bottleneck");
    } else if (bound == BOUND_BOTH && metric_is_capacity(metric)) {
        gate_reason_set(why, GATE_BOUND_BOTH,
                        "both the load generator and the server were the bottleneck");
    } else if (bound == BOUND_UNKNOWN && metric_is_capacity(metric)) {
        gate_reason_set(why, GATE_BOUND_UNKNOWN, "the load generator may have been the bottleneck");
    } else if (!isfinite(value) && counting) {
        gate_reason_set(why, GATE_NOT_COUNTED, "%s", counting);
    } else if (!isfinite(value)) {
        gate_reason_set(why, GATE_FIGURE_UNKNOWN, "the figure is unknown");
    } else if (value <= 0) {
        gate_reason_set(why, GATE_FIGURE_ZERO, "the figure is 0, so there is no ratio");
    } else {
        return value;
    }
    return NAN;
}
