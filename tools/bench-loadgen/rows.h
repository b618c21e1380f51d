/* rows.h - what a result says of the load generator, cell by cell.
 * Invariant: a figure is the median of the cell's usable slots; one that nobody measured is NAN. */
#ifndef TESTS_BENCH_ROWS_H
#define TESTS_BENCH_ROWS_H

#include "bench/result/summary.h"

#include <cjson/cJSON.h>
#include <stdio.h>

enum row_figure {
    ROW_CONNECTIONS, /* that send */
    ROW_DEPTH,       /* closed loop: messages in flight per connection */
    ROW_RATE,        /* open loop and churn: offered per second */
    ROW_ACHIEVED,    /* of that, the share answered in time */
    ROW_ECHOES,      /* per second */
    ROW_LOADGEN_CPU, /* closed loop: CPU time of the load generator per echo, in ns */
    ROW_SERVER_CPU,  /* the same of the server */
    ROW_BUSY,        /* percent of the window in which the load generator had something to do */
    ROW_SEND_LAG,    /* open loop: how late it sent what was due, 99th percentile in ns */
    ROW_FIGURES
};

enum row_slot { ROW_VALID, ROW_BOUND, ROW_SUSPECT, ROW_INVALID, ROW_SLOTS };

struct row {
    const struct summary_cell *cell; /* that it sums up */
    const char *transport;           /* that was in use, else asked for */
    double figures[ROW_FIGURES];     /* medians */
    size_t slots[ROW_SLOTS];         /* by verdict; bound: suspect only because the load generator
                                        was at its limit, which is what is looked for here */
};

/* Sums up one cell. */
struct row row_of(const struct summary_cell *cell);

/* Prints all cells of a report, a line each, in a table per phase and server. */
void rows_print(FILE *out, const struct summary *report);

/* The same as JSON: an array, owned by the caller. */
cJSON *rows_json(const struct summary *report);

#endif
