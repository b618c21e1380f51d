/* fault_record.c - kept in memory, printed at the end, so that nothing is written meanwhile. */
#include "tests/truth/fault_record.h"

#include "base/os.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

void record_add(struct record *record, uint64_t connection) {
    if (record->count == record->room) {
        record->room = record->room ? 2 * record->room : 4096;
        record->arrivals = realloc(record->arrivals, record->room * sizeof *record->arrivals);
        if (!record->arrivals) abort(); /* out of memory: the test fails */
    }
    record->arrivals[record->count++] =
        (struct arrival){.at_ns = os_clock_ns(), .connection = connection};
}

void record_print(struct record *record) {
    const struct arrival *a = record->arrivals;
    printf(",\"arrival_ns\":[");
    for (uint64_t i = 0; i < record->count; i++)
        printf("%s%" PRIu64, i ? "," : "", a[i].at_ns - a[0].at_ns);
    printf("],\"arrival_connection\":[");
    for (uint64_t i = 0; i < record->count; i++)
        printf("%s%" PRIu64, i ? "," : "", a[i].connection);
    printf("]");
    free(record->arrivals);
}
