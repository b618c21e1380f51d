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
    char texts[16384]; /* all words */
    size_t used;       /* used bytes of texts */
    char *words[80];   /* into texts, ended by NULL */
    size_t count;
};

/* Those with which the load generator describes what the load of a cell takes on `servers` servers;
 * more than one are a rotation. */
void slot_arguments_describe(struct slot_arguments *arguments, const struct cell *cell,
                             size_t servers);
void slot_arguments_server(struct slot_arguments *arguments, const struct cell *cell);

/* Those of the load of a cell, then for each server its address, process id (0: it runs elsewhere)
 * and control group (NULL: none). */
void slot_arguments_loadgen(struct slot_arguments *arguments, const struct cell *cell,
                            uint64_t seed);
void slot_arguments_target(struct slot_arguments *arguments, const char *address, double pid,
                           const char *group);

#endif
