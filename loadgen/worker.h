/* worker.h - what one thread of the load generator does with one target: connects, runs the load,
 * drains, closes. */
#ifndef LOADGEN_WORKER_H
#define LOADGEN_WORKER_H

#include "loadgen/state.h"

/* Readies worker `index` of `run`. Returns 0 or an error; then nothing is left to free. */
int worker_init(struct worker *w, struct run *run, uint32_t index);

/* The thread of a single target; `worker` is a struct worker. */
void *worker_main(void *worker);

/* ---- its phases, for rotation.c ---- */

/* Connects, and says so in run->ready. */
void worker_connect(struct worker *w);

/* Readies what is new in each slice of a rotation; `slice` counts from 0, its window begins at
 * `t0_ns`. */
void worker_next_slice(struct worker *w, uint32_t slice, uint64_t t0_ns);

/* Puts the load on from `start_ns`, for warm-up and window, and waits for the missing answers.
 * Returns false if some did not come. */
bool worker_load(struct worker *w, uint64_t start_ns);

/* Ends all connections. */
void worker_leave(struct worker *w);

void worker_free(struct worker *w);

#endif
