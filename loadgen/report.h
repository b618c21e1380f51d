/* report.h - the figures of a run, as a samples[] entry of the result file (see results/README.md).
 */
#ifndef LOADGEN_REPORT_H
#define LOADGEN_REPORT_H

#include "loadgen/state.h"
#include "loadgen/usage.h"

#include <cjson/cJSON.h>

/* The figures of all workers of an ended run, added up. */
struct report {
    struct account total;   /* of all workers; its t0, t1 and window_end are unused */
    uint64_t window_ns;     /* length of the longest window of a worker */
    uint64_t spread_ns;     /* between the beginnings of the workers' windows */
    uint64_t warmup_ns;     /* maybe longer than asked for */
    uint64_t gap_max_ns;    /* the longest gap of a worker, see gaps.h */
    uint64_t gaps_total_ns; /* the sum of gaps of the worker that lost the most time */
    uint64_t starved;       /* connections with a message out for over half the window */
    uint64_t *echoes;       /* per connection, ascending; owned */
    uint32_t connections;   /* entries in it */
};

/* Adds up `count` joined workers. Returns 0 or an error; report_free frees. */
int report_make(struct report *report, const struct worker *workers, uint32_t count);

/* Whether a message of the window was answered. */
bool report_answered(const struct report *report);

void report_free(struct report *report);

/* The sample, owned by the caller. */
cJSON *report_json(const struct report *report, const struct load *load, const struct run *run,
                   const struct usage *usage);

#endif
