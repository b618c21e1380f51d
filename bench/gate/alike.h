/* alike.h - whether two sides of a comparison differ in more than the servers they compare.
 * Invariant: what neither side knows is alike; what only one knows is not. */
#ifndef BENCH_GATE_ALIKE_H
#define BENCH_GATE_ALIKE_H

#include "bench/gate/sides.h"
#include "bench/support/reason.h"

/* What --vary may name. */
struct alike_key {
    const char *name; /* "kernel" */
    const char *help; /* what may then differ */
};
extern const struct alike_key alike_keys[]; /* ended by name NULL */

#define ALIKE_ACROSS_SYSTEMS                                                                       \
    "across operating systems there is no verdict: see `iobench report A B`"

/* Allows the key of that name to differ: adds it to `vary`. False with the reason if there is none,
 * or if it may never differ. */
bool alike_vary(unsigned *vary, const char *name, struct reason *reason);

/* Whether all sessions of both sides ran on one operating system. */
bool alike_system(const struct side sides[SIDES]);

/* Whether all sessions that measured the cell did so under equal conditions, but for those in
 * `vary`: machine, system, scenario, load generator, how the server was built. False with the first
 * difference, and what would allow it. */
bool alike_cell(const struct side sides[SIDES], const char *id, unsigned vary,
                struct reason *reason);

#endif
