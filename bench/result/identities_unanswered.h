/* identities_unanswered.h - every message of the window has one end; see identities.h. */
#ifndef BENCH_RESULT_IDENTITIES_UNANSWERED_H
#define BENCH_RESULT_IDENTITIES_UNANSWERED_H

#include "bench/result/identities.h"
#include "bench/result/identities_fault.h"

/* Whether a load generator from before version 1.4 measured the sample, as with --baseline-loadgen:
 * it lacks the fields of that version. */
bool identities_loadgen_is_earlier(const cJSON *sample);

/* Whether a latency object counts messages without an answer, as all do since version 1.4. */
bool identities_has_unanswered(const struct identities_file *file, const cJSON *latency);

/* Whether the messages that a sample offered are those that were answered and those that were not.
 * Histograms were checked before. */
bool identities_check_unanswered(const struct identities_place *p,
                                 const struct identities_file *file, const cJSON *scenario,
                                 const cJSON *sample);

#endif
