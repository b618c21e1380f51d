/* memory.h - whether this machine has the memory for the loads of a plan. */
#ifndef BENCH_SESSION_MEMORY_H
#define BENCH_SESSION_MEMORY_H

#include "bench/suite/plan.h"
#include "bench/support/process.h"
#include "bench/support/reason.h"

/* Asks the load generator of each load, which may be an older one that does not know. Gives slots
 * of their own to servers that have no room together. Returns false and the reason if the load of
 * one server needs more than there is. */
bool memory_suffices(struct plan *plan, struct process_loop *l, struct reason *reason);

#endif
