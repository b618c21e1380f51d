/* summary.h - result files as the report and the plots see them: one summary per cell.
 * Invariant: only valid and suspect slots enter a figure; a figure nobody measured is NAN. */
#ifndef BENCH_RESULT_SUMMARY_H
#define BENCH_RESULT_SUMMARY_H

#include "base/hist.h"

#include "bench/result/codes.h"
#include "bench/result/metrics.h"
#include "bench/result/scenario.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* One metric over the slots of a cell: one value per slot, or a percentile of their merged
 * histograms, which has no range. */
struct summary_span {
    double median; /* or the percentile; NAN if it is not known, then so are the others */
    double min;    /* the smallest slot */
    double max;    /* the largest slot */
};

/* How a cell's load comes. */
enum summary_load { LOAD_CLOSED, LOAD_OPEN, LOAD_CHURN };

struct summary_cell {
    const cJSON *json;      /* the cell in its file */
    size_t result;          /* which result it belongs to */
    char *server;           /* "epoll:trigger=edge"; owned */
    const char *model;      /* "epoll" */
    size_t load;            /* a number that cells with the same load share */
    const char *phase;      /* of the suite */
    const char *skipped;    /* why it was not run, or NULL */
    enum summary_load kind; /* how the load comes */
    double connections;     /* of the scenario */
    double idle;            /* connections that stay silent; 0: none */
    double newcomers_per_s; /* connections that come and go beside the load; 0: none */
    double offered_per_s;   /* messages, with churn connections; NAN without a schedule */
    double achieved;        /* share of the offered load that was answered in time, or NAN */
    bool saturated;         /* more than it could serve was offered, or meant to be */
    size_t valid;           /* slots by verdict */
    size_t suspect;         /* usable, with doubts */
    size_t invalid;         /* in no figure */
    size_t bounds[BOUNDS];  /* usable slots by what limited them */
    double cpu_user_share;  /* of server CPU: spent in user mode, 0..1; coarse */
    struct summary_span figures[METRICS]; /* of a saturated open loop, the throughput is of what
                                             was answered in the window */
    const char *basis; /* of the latency: "service" or "intended"; NULL if unknown */
};

struct summary_result {
    cJSON *json;      /* the whole file; owned */
    const char *path; /* as given on the command line */
    char *label;      /* tells it from the others: "Debian GNU/Linux 12"; owned */
    size_t valid;     /* slots by verdict, whole file */
    size_t suspect;   /* usable, with doubts */
    size_t invalid;   /* in no figure */
    size_t skipped;   /* cells that could not run here */
};

struct summary {
    struct summary_result *results; /* in command-line order; owned */
    size_t result_count;            /* how many */
    struct summary_cell *cells;     /* of all results, in file order; owned */
    size_t cell_count;              /* how many */
};

/* Takes over `count` parsed and validated files (array and files become the report's) and
 * summarises them. */
void summary_build(struct summary *report, cJSON **files, const char *const *paths, size_t count);

void summary_clear(struct summary *report);

/* Merges a histogram of a cell's usable slots: of "latency", "newcomers" or "connect". */
void summary_cell_hist(const struct summary_cell *cell, const char *of, struct hist *into);

/* Whether two cells have the same load, but for one field. */
bool summary_same_load(const struct summary_cell *one, const struct summary_cell *two,
                       enum scenario_but but);

/* Whether a cell has slots that may be shown. */
bool summary_cell_usable(const struct summary_cell *cell);

/* What limited a cell's usable slots; where they disagree, the one of which least follows. */
enum bound summary_cell_bound(const struct summary_cell *cell);

/* A metric over the usable slots of a cell of a result: `path` within a sample, as in
 * "server.rss_bytes". */
struct summary_span summary_span_over(const cJSON *cell, const char *path);

/* Whether the tables of a phase need a column for the metric: all loads have it, or one of its
 * cells has such a load and knows it. */
bool summary_phase_has(const struct summary *report, const char *phase, enum metric metric);

#endif
