/* lead.h - main's part of a run: it tells the workers when warm-up and window begin, and reads
 * around the window what it needs of the server. */
#ifndef LOADGEN_LEAD_H
#define LOADGEN_LEAD_H

#include "loadgen/state.h"
#include "loadgen/usage.h"

/* Leads the workers of a single target from connecting to the end of the window. */
void lead(struct run *run, const struct worker *workers, struct usage *usage, bool progress);

/* ---- also for rotation.c ---- */

/* Messages that `count` workers have had answered; *mean_ns, if not NULL, is their mean time. */
uint64_t lead_messages(const struct worker *workers, uint32_t count, double *mean_ns);

/* Prints a line of --progress, at a time counted from `start_ns`. */
void lead_progress(const char *phase, uint64_t start_ns, uint64_t messages);

#endif
