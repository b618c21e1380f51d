/* forest.h - the forest plot: every row of a comparison with its interval.
 * Invariant: a row without an estimate is on the plot all the same, as its verdict. */
#ifndef BENCH_PLOT_FOREST_H
#define BENCH_PLOT_FOREST_H

#include "bench/plot/plot.h"
#include "bench/support/reason.h"

#include <cjson/cJSON.h>

/* What `iobench plot` calls it. It is no row of plot_kinds, because it is not drawn from results.
 */
#define PLOT_FOREST "forest"
#define PLOT_FOREST_HEADING "What a comparison found, with its intervals"

/* Fills `plot` with what `iobench compare --json` or `iobench ab --json` wrote; plot_free frees it.
 * False with the reason if `gate` is not that. */
bool plot_forest(struct plot *plot, const cJSON *gate, struct reason *reason);

#endif
