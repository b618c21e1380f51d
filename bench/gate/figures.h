/* figures.h - the figure that a metric takes from a slot, and why it may not.
 * Invariant: a figure of an invalid slot, or of one that the load generator bounded, is NAN. */
#ifndef BENCH_GATE_FIGURES_H
#define BENCH_GATE_FIGURES_H

#include "bench/gate/gate.h"

#include <cjson/cJSON.h>

/* The figure of one slot: `sample` of a cell with `scenario`, as in a result file. NAN with the
 * reason in `why` if it may not be used; NAN with GATE_NO_REASON if the metric is not gated
 * under such a load. */
double gate_figure(enum metric metric, const cJSON *scenario, const cJSON *sample,
                   struct gate_reason *why);

/* Whether a slot shows that something is broken, and not only disturbed: no figures, a server that
 * died, wrong echoes, totals that disagree. `why` gets its reason then. */
bool gate_broken(const cJSON *sample, struct gate_reason *why);

#endif
