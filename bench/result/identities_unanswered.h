/* identities_unanswered.h - every message of the window has one end; see identities.h. */
#ifndef BENCH_RESULT_IDENTITIES_UNANSWERED_H
#define BENCH_RESULT_IDENTITIES_UNANSWERED_H

#include "bench/result/identities.h"
#include "bench/result/identities_fault.h"

/* The first minor version whose histograms count messages without an answer. */
#define IDENTITIES_UNANSWERED_SINCE 4

/* Whether the messages that a sample offered are those that were answered and those that were not.
 * Histograms were checked before. */
bool identities_check_unanswered(const struct identities_place *p,
                                 const struct identities_file *file, const cJSON *scenario,
                                 const cJSON *sample);

#endif
