/* fault_record.h - when what came on which connection.
 * Invariant: entries are in the order in which the pieces were received. */
#ifndef TESTS_FAULT_RECORD_H
#define TESTS_FAULT_RECORD_H

#include <stdint.h>

struct arrival {
    uint64_t at_ns;      /* just after the receive */
    uint64_t connection; /* by number of acceptance */
};

struct record {
    struct arrival *arrivals; /* owned */
    uint64_t count, room;     /* entries in use; allocated */
};

/* Notes a piece that was received now. */
void record_add(struct record *record, uint64_t connection);

/* Prints `,"arrival_ns":[...],"arrival_connection":[...]`, times since the first, and frees. */
void record_print(struct record *record);

#endif
