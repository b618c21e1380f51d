/* identities_verdict.h - decides the verdict of a sample anew; see identities.h. */
#ifndef BENCH_RESULT_IDENTITIES_VERDICT_H
#define BENCH_RESULT_IDENTITIES_VERDICT_H

#include "bench/result/identities.h"
#include "bench/result/identities_fault.h"

/* Whether verdict, codes and bound of a sample are those that its figures lead to. Texts of reasons
 * are not compared: their wording may change in any version. */
bool identities_check_verdict(const struct identities_place *p, const struct identities_file *file,
                              const cJSON *scenario, const cJSON *sample);

#endif
