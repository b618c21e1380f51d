/* alike.h - checks that the sides of a comparison were measured under equal conditions.
 * Invariant: a value that is unknown on both sides is equal; one that is unknown on one side
 * differs. */
#ifndef BENCH_GATE_ALIKE_H
#define BENCH_GATE_ALIKE_H

#include "bench/gate/sides.h"
#include "bench/support/reason.h"

/* A key of --vary. */
struct alike_key {
    const char *name; /* "kernel" */
    const char *help; /* condition that it allows to differ */
};
extern const struct alike_key alike_keys[]; /* ended by name NULL */

#define ALIKE_ACROSS_SYSTEMS                                                                       \
    "across operating systems there is no verdict: see `iobench report A B`"

/* Adds the key called `name` to the bit set `vary`. Returns false and the reason if there is no
 * such key or it must never differ. */
bool alike_vary(unsigned *vary, const char *name, struct reason *reason);

/* Whether all sessions of both sides ran on one operating system. */
bool alike_system(const struct side sides[SIDES]);

/* Whether all sessions measured the cell under equal conditions: machine, system, scenario, load
 * generator and build of the server. Ignores the keys in `vary`. Returns false and the first
 * difference, with the option that allows it. */
bool alike_cell(const struct side sides[SIDES], const char *id, unsigned vary,
                struct reason *reason);

#endif
