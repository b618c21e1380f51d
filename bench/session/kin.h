/* kin.h - all processes that a server starts, directly or not: whether there are any beside the one
 * that is measured, and their end.
 * Invariant: after kin_close none of them lives, as far as the system can find them: on Linux and
 * Windows all, elsewhere those of the server's process group. */
#ifndef BENCH_SESSION_KIN_H
#define BENCH_SESSION_KIN_H

#include "base/os.h"

#include "bench/support/process.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kin {
    struct process_loop *loop;
    char group[OS_GROUP_SIZE]; /* os_group_start; empty: there is none */
    struct os_apart apart;     /* descendants of iobench that do not belong to the server */
    int64_t pid;               /* process that is measured; 0: none */
    uint64_t traces;           /* os_child_traces of it when the load began */
    size_t orphans;            /* orphans that had ended by then */
    bool seen;                 /* other processes did some of the work, or may have */
};

/* Before the server starts: what is started between kin_open and kin_started belongs to it. `pid`
 * is the process that has been started, or 0. */
void kin_open(struct kin *kin, struct process_loop *loop);
void kin_started(struct kin *kin, int64_t pid);

/* `pid` is of another server of the slot. For up to KIN_OTHERS_MAX of them. */
#define KIN_OTHERS_MAX 32
void kin_apart(struct kin *kin, int64_t pid);

/* The load on process `pid` begins; `loadgen` is not of the server. kin_glance finds only children
 * that live now, but costs little. */
void kin_load_begins(struct kin *kin, int64_t pid, int64_t loadgen);
void kin_glance(struct kin *kin);
void kin_load_ends(struct kin *kin);

/* Sends SIGTERM to all processes of the server but `pid`. */
void kin_stop(const struct kin *kin);

/* Kills what is left. */
void kin_close(struct kin *kin);

#endif
