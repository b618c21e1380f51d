/* worker.h - one thread of the load generator: connects, runs the load, drains, closes. */
#ifndef LOADGEN_WORKER_H
#define LOADGEN_WORKER_H

#include "loadgen/state.h"

/* Readies worker `index` of `run`. Returns 0 or an error; then nothing is left to free. */
int worker_init(struct worker *w, struct run *run, uint32_t index);

/* The thread; `worker` is a struct worker. */
void *worker_main(void *worker);

void worker_free(struct worker *w);

#endif
