/* identities_limits.h - limits of both sides, and which processes the server's figures cover; see
 * identities.h. */
#ifndef BENCH_RESULT_IDENTITIES_LIMITS_H
#define BENCH_RESULT_IDENTITIES_LIMITS_H

#include "bench/result/identities.h"
#include "bench/result/identities_fault.h"

/* Whether a sample with figures has limits, as all do since version 1.4, and they agree with the
 * placement and with server.pid_scope. */
bool identities_check_limits(const struct identities_place *p, const struct identities_file *file,
                             const cJSON *scenario, const cJSON *sample);

#endif
