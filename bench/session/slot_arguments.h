/* slot_arguments.h - the command lines of our own server and of the load generator, made from a
 * cell.
 */
#ifndef BENCH_SESSION_SLOT_ARGUMENTS_H
#define BENCH_SESSION_SLOT_ARGUMENTS_H

#include "bench/suite/plan.h"

#include <stddef.h>
#include <stdint.h>

/* An argument list that owns its texts. */
struct slot_arguments {
    char texts[4096]; /* all words */
    size_t used;      /* used bytes of texts */
    char *words[48];  /* into texts, ended by NULL */
    size_t count;
};

/* The server that the load generator puts load on. */
struct slot_target {
    const char *address;
    double pid;        /* 0: unknown, because it runs already */
    const char *group; /* its control group; NULL: none */
    uint64_t seed;     /* of the load */
};

/* Those with which the load generator describes what the load of a cell takes. */
void slot_arguments_describe(struct slot_arguments *arguments, const struct cell *cell);
void slot_arguments_server(struct slot_arguments *arguments, const struct cell *cell);
void slot_arguments_loadgen(struct slot_arguments *arguments, const struct cell *cell,
                            const struct slot_target *target);

#endif
