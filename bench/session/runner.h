/* runner.h - runs the slots of a plan, one after the other.
 * Invariant: after every slot the result file holds all that was measured. */
#ifndef BENCH_SESSION_RUNNER_H
#define BENCH_SESSION_RUNNER_H

#include "bench/result/codes.h"
#include "bench/session/progress.h"
#include "bench/session/result.h"
#include "bench/suite/plan.h"
#include "bench/support/reason.h"

#include <stddef.h>
#include <stdint.h>

/* What a session came to. */
struct runner_tally {
    size_t slots[VERDICTS]; /* samples by verdict_kind */
    size_t skipped;         /* slots of cells that turned out not to run here */
    size_t wrong_echo;      /* samples with a wrong echo */
    bool interrupted;       /* a signal ended it */
    bool write_failed;      /* the file could not be written; the session ended there */
    struct reason reason;   /* of write_failed */
};

/* Runs all slots of result->plan, or as many as there is time for until a signal. */
void runner_run(struct runner_tally *tally, struct result *result, struct process_loop *loop,
                struct progress *progress, uint64_t seed);

#endif
