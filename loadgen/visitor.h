/* visitor.h - short connections: connect, some echoes, half-close, end of stream, close. They are
 * the load of churn, and the newcomers beside any other load.
 * Connection ids from worker.regulars on are theirs.
 * Invariant: every visit whose scheduled time lies in the window is, in the end, answered, an error
 * counted once, or never started. */
#ifndef LOADGEN_VISITOR_H
#define LOADGEN_VISITOR_H

#include "loadgen/state.h"

/* How many newcomers may be open at once, in all workers, at `rate_per_s`: those of 10 s, at least
 * 64, at most 1024; as many for each of `threads`. */
uint32_t visits_newcomers(double rate_per_s, uint32_t threads);

/* Readies `room` visitors behind connection ids 0..first-1. Returns 0 or an error; visits_free
 * frees. */
int visits_init(struct visits *v, const struct load *load, uint32_t first, uint32_t room);

void visits_free(struct visits *v);

/* Starts the schedule of the warm-up; the schedule of the window follows by itself. */
void visits_open(struct worker *w, uint64_t start_ns);

/* Draws and starts visits that are due, as many as one turn allows. Returns how many. */
uint32_t visits_start(struct worker *w);

/* When visits_start has something to do: 0 = at once, NOT_YET = not before an event. */
uint64_t visits_due_ns(const struct worker *w);

/* The end of the drain: gives up visits that lack an answer, and those that are queued. */
void visits_give_up(struct worker *w);

/* Counts visits whose connection the server never closed. */
void visits_count_open(struct worker *w);

/* ---- what the transport reports ---- */

void visitor_connected(struct worker *w, uint32_t conn, int error);
void visitor_received(struct worker *w, uint32_t conn, const uint8_t *data, size_t size,
                      uint64_t now_ns);
void visitor_failed(struct worker *w, uint32_t conn, int error);

#endif
