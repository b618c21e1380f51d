/* fault_record.h - what really happened in the fault server: when what came on which connection,
 * how late answers went back, how late stalls ended. Invariant: arrivals are in the order in which
 * the pieces were received. */
#ifndef TESTS_FAULT_RECORD_H
#define TESTS_FAULT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arrival {
    uint64_t at_ns;      /* just after the receive */
    uint64_t connection; /* by number of acceptance */
};

/* Times in ns. */
struct record_times {
    uint64_t *ns; /* owned */
    size_t count, room;
};

struct record {
    struct arrival *arrivals;   /* owned */
    uint64_t count, room;       /* entries in use; allocated */
    struct record_times late;   /* of answers, and of connections that were served later */
    struct record_times stalls; /* by how much each ended late */
};

/* Notes a piece that was received now. */
void record_arrival(struct record *record, uint64_t connection);

/* Notes that something due at `due_ns` was done at `now_ns`. */
void record_late(struct record_times *times, uint64_t due_ns, uint64_t now_ns);

/* Prints `"late_ns":{"count":...,"mean":...,"p75":...},"stalls_late_ns":[...]`; where `arrivals`
 * also `,"arrival_ns":[...],"arrival_connection":[...]`, times since the first. Frees. */
void record_print(struct record *record, bool arrivals);

#endif
