/* rows.h - figures of the load generator for each cell of a result.
 * Invariant: a figure is the median of the cell's usable slots, or NAN if it is unknown. */
#ifndef TESTS_BENCH_ROWS_H
#define TESTS_BENCH_ROWS_H

#include "bench/result/summary.h"

#include <cjson/cJSON.h>
#include <stdio.h>

enum row_figure {
    ROW_CONNECTIONS, /* active connections */
    ROW_DEPTH,       /* closed loop: messages in flight per connection */
    ROW_RATE,        /* open loop and churn: offered per second */
    ROW_ACHIEVED,    /* open loop and churn: share answered in time */
    ROW_ECHOES,      /* echoes per second */
    ROW_LOADGEN_CPU, /* closed loop: CPU time of the load generator per echo, in ns */
    ROW_SERVER_CPU,  /* CPU time of the server per echo, in ns */
    ROW_BUSY,        /* percent of the window in which the load generator had work */
    ROW_SEND_LAG,    /* open loop: delay of sends behind the schedule, 99th percentile in ns */
    ROW_FIGURES
};

enum row_slot { ROW_VALID, ROW_BOUND, ROW_SUSPECT, ROW_INVALID, ROW_SLOTS };

struct row {
    const struct summary_cell *cell;
    const char *transport;       /* transport in use; if unknown, the requested one */
    double figures[ROW_FIGURES]; /* medians */
    size_t slots[ROW_SLOTS];     /* number of slots by verdict; "bound" are those that are suspect
                                    only because the load generator was at its limit, as intended */
};

/* Summarises one cell. */
struct row row_of(const struct summary_cell *cell);

/* Prints a table per phase and server, with a line for each cell. */
void rows_print(FILE *out, const struct summary *report);

/* The same as a JSON array; owned by the caller. */
cJSON *rows_json(const struct summary *report);

#endif
