/* sample.h - one samples[] entry: what the load generator printed, completed and judged.
 * Invariant: every sample has a verdict; one without figures is invalid and says why. */
#ifndef BENCH_SESSION_SAMPLE_H
#define BENCH_SESSION_SAMPLE_H

#include "bench/session/slot.h"
#include "bench/suite/plan.h"

#include <cjson/cJSON.h>
#include <stddef.h>

/* What iobench knows of a slot besides its figures. */
struct sample_facts {
    const struct cell *cell;   /* which scenario */
    const char *server_build;  /* id in builds[] */
    const char *loadgen_build; /* id in builds[] */
    size_t order;              /* position in the run */
    double offset_s;           /* when it began, in s from the session's start */
};

/* Makes the sample of a measured slot; takes the figures and stats out of the outcome. Owned by the
 * caller. */
cJSON *sample_make(const struct sample_facts *facts, struct slot_outcome *outcome);

/* Makes the sample of a slot without figures, for the code and the reason of its outcome. Owned by
 * the caller. */
cJSON *sample_make_failed(const struct sample_facts *facts, const struct slot_outcome *outcome);

#endif
