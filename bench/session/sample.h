/* sample.h - makes samples[] entries: the figures of the load generator, further facts and a
 * verdict.
 * Invariant: every sample has a verdict. A sample without figures is invalid and has a reason. */
#ifndef BENCH_SESSION_SAMPLE_H
#define BENCH_SESSION_SAMPLE_H

#include "bench/session/slot.h"
#include "bench/suite/plan.h"

#include <cjson/cJSON.h>
#include <stddef.h>

/* Facts about a slot that the load generator does not know. */
struct sample_facts {
    const struct cell *cell;   /* cell of the slot */
    const cJSON *env;          /* `env` of the document */
    const cJSON *scenario;     /* scenario of the cell in the document */
    const char *server_build;  /* id in builds[] */
    const char *loadgen_build; /* id in builds[] */
    size_t order;              /* position in the run */
    double offset_s;           /* start, in s since the start of the session */
};

/* Makes the sample of a measured slot; owned by the caller. Moves figures and stats out of the
 * outcome. */
cJSON *sample_make(const struct sample_facts *facts, struct slot_outcome *outcome);

/* Makes the sample of a slot without figures, with code and reason of the outcome; owned by the
 * caller. */
cJSON *sample_make_failed(const struct sample_facts *facts, const struct slot_outcome *outcome);

#endif
