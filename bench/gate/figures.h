/* figures.h - the figure of a metric in a slot, or why it is unusable.
 * Invariant: the figure is NAN if the slot is invalid or the load generator limited it. */
#ifndef BENCH_GATE_FIGURES_H
#define BENCH_GATE_FIGURES_H

#include "bench/gate/gate_reason.h"
#include "bench/result/metrics.h"

#include <cjson/cJSON.h>

/* The figure of one slot; `sample` and the `scenario` of its cell are those of a result file.
 * Returns NAN and sets `why` if the figure is unusable. Returns NAN and GATE_NO_REASON if the
 * metric is not gated under this load. */
double gate_figure(enum metric metric, const cJSON *scenario, const cJSON *sample,
                   struct gate_reason *why);

/* Copies reason `index` of the slot itself, and its code, to `why`. */
void gate_quote(struct gate_reason *why, enum gate_code code, const cJSON *sample, int index);

#endif
