/* verdict_figures.h - reads the figures that decide a verdict from a result document.
 * Invariant: nothing but the document is read, so everybody who has the file can decide its
 * verdicts anew. */
#ifndef BENCH_RESULT_VERDICT_FIGURES_H
#define BENCH_RESULT_VERDICT_FIGURES_H

#include "bench/result/verdict.h"

#include <cjson/cJSON.h>

/* Reads the figures of a sample that has figures. `env` and `scenario` are those of its session and
 * cell. What the document does not hold is NAN. The texts are owned by the sample. */
void verdict_figures_read(struct verdict_figures *figures, const cJSON *env, const cJSON *scenario,
                          const cJSON *sample);

#endif
