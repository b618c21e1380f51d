/* summary.h - result files for reports and plots, with one summary per cell.
 * Invariant: invalid slots are never part of a figure; an unknown figure is NAN. */
#ifndef BENCH_RESULT_SUMMARY_H
#define BENCH_RESULT_SUMMARY_H

#include "base/hist.h"

#include "bench/result/codes.h"
#include "bench/result/metrics.h"
#include "bench/result/scenario.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* One metric over the slots of a cell. A percentile comes from the merged histograms and has no
 * range: min and max are NAN. */
struct summary_span {
    double median; /* median of the slots, or the percentile; NAN if unknown */
    double min;    /* smallest slot */
    double max;    /* largest slot */
};

/* What a part of the messages became, over the usable slots of a cell. */
struct summary_losses {
    double messages;   /* all of them */
    double overflow;   /* of them, those that took longer than a histogram can hold */
    double unanswered; /* of them, those that got no answer */
};

enum summary_load { LOAD_CLOSED, LOAD_OPEN, LOAD_CHURN };

struct summary_cell {
    const cJSON *json;      /* the cell; owned by its result */
    size_t result;          /* index of its result */
    char *server;           /* "epoll:trigger=edge"; owned */
    const char *model;      /* "epoll" */
    size_t load;            /* number of the load; equal for cells with the same load */
    const char *phase;      /* phase of the suite; "" if unknown */
    const char *skipped;    /* why the cell was not run, or NULL */
    enum summary_load kind; /* type of the load */
    double connections;     /* active connections */
    double idle;            /* idle connections; 0: none */
    double newcomers_per_s; /* short connections beside the load; 0: none */
    double offered_per_s;   /* messages, or connections for churn; NAN without a schedule */
    double achieved;        /* share of the offered load that was answered in time, or NAN */
    bool saturated;         /* the offered load exceeded the server's capacity */
    size_t valid;           /* number of valid slots */
    size_t suspect;         /* number of suspect slots */
    size_t invalid;         /* number of invalid slots */
    size_t bounds[BOUNDS];  /* number of usable slots by bound */
    double cpu_user_share;  /* share of the server's CPU time in user mode, 0..1; coarse */
    struct summary_span figures[METRICS]; /* in a saturated open loop, the throughput has only the
                                             answers within the window */
    enum hist_place places[METRICS]; /* where an unknown percentile lies; HIST_COUNTED: there are
                                        too few messages to tell, or it is no percentile */
    struct summary_losses messages;  /* of the load */
    struct summary_losses newcomers; /* churn and newcomers */
    double in_flight_ns; /* the largest loadgen.oldest_in_flight_ns of slots that are suspect for
                            it; NAN: none */
    const char *basis;   /* basis of the latency: "service" or "intended"; NULL if unknown */
};

struct summary_result {
    cJSON *json;    /* the whole file; owned */
    char *path;     /* as given on the command line, cleaned; owned */
    char *label;    /* unique name: "Debian GNU/Linux 12"; owned */
    size_t valid;   /* number of valid slots in the file */
    size_t suspect; /* number of suspect slots */
    size_t invalid; /* number of invalid slots */
    size_t skipped; /* number of skipped cells */
};

struct summary {
    struct summary_result *results; /* in command-line order; owned */
    size_t result_count;
    struct summary_cell *cells; /* cells of all results, in file order; owned */
    size_t cell_count;
};

/* Summarises `count` parsed and validated files. Takes ownership of the array and the files. */
void summary_build(struct summary *report, cJSON **files, const char *const *paths, size_t count);

void summary_clear(struct summary *report);

/* Merges the histograms of a cell's usable slots into `into`; `of` is "latency", "newcomers" or
 * "connect". */
void summary_cell_hist(const struct summary_cell *cell, const char *of, struct hist *into);

/* Whether two cells have the same load, ignoring the field `but`. */
bool summary_same_load(const struct summary_cell *one, const struct summary_cell *two,
                       enum scenario_but but);

/* Whether a cell has valid or suspect slots. */
bool summary_cell_usable(const struct summary_cell *cell);

/* The bound of a cell's usable slots. If they differ, the bound that allows the fewest conclusions
 * about the server. */
enum bound summary_cell_bound(const struct summary_cell *cell);

/* The number at `path` in a sample, as in "server.rss_bytes", over the usable slots of a cell. */
struct summary_span summary_span_over(const cJSON *cell, const char *path);

/* Whether the tables of a phase need a column for the metric: all loads have it, or a cell of the
 * phase has such a load and a value that is known, or a percentile that is known to be beyond all
 * answers. */
bool summary_phase_has(const struct summary *report, const char *phase, enum metric metric);

#endif
