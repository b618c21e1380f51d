/* fault_record.c - kept in memory, printed at the end, so that nothing is written meanwhile. */
#include "tests/truth/fault_record.h"

#include "base/os.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define TIMES_MAX (1u << 20) /* later ones are not noted */

void record_arrival(struct record *record, uint64_t connection) {
    if (record->count == record->room) {
        record->room = record->room ? 2 * record->room : 4096;
        record->arrivals = realloc(record->arrivals, record->room * sizeof *record->arrivals);
        if (!record->arrivals) abort(); /* out of memory: the test fails */
    }
    record->arrivals[record->count++] =
        (struct arrival){.at_ns = os_clock_ns(), .connection = connection};
}

void record_late(struct record_times *times, uint64_t due_ns, uint64_t now_ns) {
    if (times->count == TIMES_MAX) return;
    if (times->count == times->room) {
        times->room = times->room ? 2 * times->room : 4096;
        times->ns = realloc(times->ns, times->room * sizeof *times->ns);
        if (!times->ns) abort(); /* out of memory: the test fails */
    }
    times->ns[times->count++] = now_ns > due_ns ? now_ns - due_ns : 0;
}

static int compare(const void *left, const void *right) {
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static void late_print(const struct record_times *late) {
    static const struct {
        const char *key;
        double q;
    } quantiles[] = {{"p75", 0.75}, {"p95", 0.95}, {"p995", 0.995}, {"max", 1}};
    double sum_ns = 0, count = (double)late->count;
    for (size_t i = 0; i < late->count; i++) sum_ns += (double)late->ns[i];
    if (late->count) qsort(late->ns, late->count, sizeof *late->ns, compare);
    printf("\"late_ns\":{\"count\":%zu,\"mean\":%.0f", late->count,
           late->count ? sum_ns / count : 0);
    for (size_t i = 0; i < sizeof quantiles / sizeof quantiles[0]; i++) {
        size_t at = (size_t)(quantiles[i].q * count);
        if (at >= late->count && at > 0) at = late->count - 1;
        printf(",\"%s\":%" PRIu64, quantiles[i].key, late->count ? late->ns[at] : 0);
    }
    printf("}");
}

static void arrivals_print(const struct record *record) {
    const struct arrival *a = record->arrivals;
    printf(",\"arrival_ns\":[");
    for (uint64_t i = 0; i < record->count; i++)
        printf("%s%" PRIu64, i ? "," : "", a[i].at_ns - a[0].at_ns);
    printf("],\"arrival_connection\":[");
    for (uint64_t i = 0; i < record->count; i++)
        printf("%s%" PRIu64, i ? "," : "", a[i].connection);
    printf("]");
}

void record_print(struct record *record, bool arrivals) {
    late_print(&record->late);
    printf(",\"stalls_late_ns\":[");
    for (size_t i = 0; i < record->stalls.count; i++)
        printf("%s%" PRIu64, i ? "," : "", record->stalls.ns[i]);
    printf("]");
    if (arrivals) arrivals_print(record);
    free(record->arrivals);
    free(record->late.ns);
    free(record->stalls.ns);
}
