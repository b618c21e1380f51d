/* arguments.h - the command line of loadgen, and the load that it describes. */
#ifndef LOADGEN_ARGUMENTS_H
#define LOADGEN_ARGUMENTS_H

#include "base/args.h"

#include "loadgen/load.h"
#include "loadgen/rotation.h"

struct arguments {
    struct arg_texts connects; /* HOST:PORT of each target; one unless rotate_ns is set */
    struct arg_texts server_pids, server_groups; /* as texts; none, or one for each target */
    int64_t pids[TARGETS_MAX];                   /* the same as numbers; 0 = not given */
    uint64_t connections, idle, size, threads, seed;
    uint64_t depth, outstanding, churn_echoes, turns; /* 0 = not given */
    double rate, churn, newcomers;                    /* per s; 0 = not given */
    double warmup, duration, drain;                   /* s; duration 0 = not given */
    uint64_t rotate_ns;                               /* length of a slice; 0 = no rotation */
    const char *rotate, *arrival, *transport, *spin;
    bool stop_on_eof, progress, describe;
};

/* Reads the command line. Returns 0, or the exit code after a line on stderr or --help. */
int arguments_read(struct arguments *a, int argc, char **argv);

/* The load of target number `target`, without its address. Returns 0, or an exit code after a line
 * on stderr. */
int arguments_load(const struct arguments *a, uint32_t target, struct load *load);

/* Finds the addresses of a target. Returns 0, or an exit code after a line on stderr. */
int arguments_resolve(const struct arguments *a, uint32_t target, struct os_addresses *found);

void arguments_free(struct arguments *a);

#endif
