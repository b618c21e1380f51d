/* forest.h - the forest plot: the estimate and confidence interval of each row of a comparison.
 * Invariant: a row without an estimate is also shown, with its verdict only. */
#ifndef BENCH_PLOT_FOREST_H
#define BENCH_PLOT_FOREST_H

#include "bench/plot/plot.h"
#include "bench/support/reason.h"

#include <cjson/cJSON.h>

/* Name of the kind. It is not in plot_kinds, because it is drawn from a comparison, not from
 * results. */
#define PLOT_FOREST "forest"
#define PLOT_FOREST_HEADING "Changes with their confidence intervals"

/* Fills `plot` from the output of `iobench compare --json` or `iobench ab --json`. The caller frees
 * it with plot_free. Returns false and sets `reason` if `gate` is not such an output. */
bool plot_forest(struct plot *plot, const cJSON *gate, struct reason *reason);

#endif
