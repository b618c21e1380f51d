/* slot.h - runs one slot: fresh servers and one fresh load generator. One server has one window. Of
 * several, which is a rotation, each has its slices of time.
 * Invariant: when slot_run returns, all these processes have ended, and all that the servers
 * started have (kin.h). */
#ifndef BENCH_SESSION_SLOT_H
#define BENCH_SESSION_SLOT_H

#include "bench/session/outcome.h"
#include "bench/suite/plan.h"
#include "bench/support/process.h"

#include <stddef.h>
#include <stdint.h>

/* Runs a slot of `cell`; the load generator uses `seed`. With several cells they are a rotation
 * (plan.h): same load, same load generator. Each has an outcome. */
void slot_run(struct slot_outcome *outcomes, const struct cell *const *cells, size_t count,
              struct process_loop *loop, uint64_t seed);

#endif
