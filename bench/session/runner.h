/* runner.h - runs the slots of a plan, one after the other.
 * Invariant: after every slot the result file holds all slots so far. */
#ifndef BENCH_SESSION_RUNNER_H
#define BENCH_SESSION_RUNNER_H

#include "bench/result/codes.h"
#include "bench/session/progress.h"
#include "bench/session/result.h"
#include "bench/suite/plan.h"
#include "bench/support/reason.h"

#include <stddef.h>
#include <stdint.h>

/* Outcomes of a session. */
struct runner_tally {
    size_t slots[VERDICTS]; /* samples per verdict */
    size_t skipped;         /* slots of cells that cannot run here */
    size_t wrong_echo;      /* samples with a wrong echo */
    bool interrupted;       /* a signal ended it */
    bool write_failed;      /* the file could not be written, which ended the session */
    struct reason reason;   /* why the file could not be written */
};

/* Runs the slots of result->plan until all are done, a signal arrives or the file cannot be
 * written. */
void runner_run(struct runner_tally *tally, struct result *result, struct process_loop *loop,
                struct progress *progress, uint64_t seed);

#endif
