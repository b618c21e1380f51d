/* summary.h - result files as the report and the plots see them: one summary per cell.
 * Invariant: only valid and suspect slots enter a figure; a figure nobody measured is NAN. */
#ifndef BENCH_RESULT_SUMMARY_H
#define BENCH_RESULT_SUMMARY_H

#include "base/hist.h"

#include "bench/result/sample_facts.h"
#include "bench/result/scenario.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* One metric over the slots of a cell, one value per slot. */
struct summary_span {
    double median; /* NAN if no slot knows the metric, then so are the others */
    double min;    /* the smallest slot */
    double max;    /* the largest slot */
};

/* Order of summary_cell.latency_ns and summary_quantiles. */
enum { QUANTILES = 4 };
extern const double summary_quantiles[QUANTILES]; /* 0.5, 0.9, 0.99, 0.999 */

/* How a cell's load comes. */
enum summary_load { LOAD_CLOSED, LOAD_OPEN, LOAD_CHURN };

struct summary_cell {
    const cJSON *json;            /* the cell in its file */
    size_t result;                /* which result it belongs to */
    char *server;                 /* "epoll:trigger=edge"; owned */
    const char *model;            /* "epoll" */
    size_t load;                  /* a number that cells with the same load share */
    const char *phase;            /* of the suite */
    const char *skipped;          /* why it was not run, or NULL */
    enum summary_load kind;       /* how the load comes */
    double connections;           /* of the scenario */
    double idle;                  /* connections that stay silent; 0: none */
    double newcomers_per_s;       /* connections that come and go beside the load; 0: none */
    double offered_per_s;         /* messages, with churn connections; NAN without a schedule */
    double achieved;              /* share of the offered load that was answered in time, or NAN */
    bool saturated;               /* more than it could serve was offered, or meant to be */
    size_t valid;                 /* slots by verdict */
    size_t suspect;               /* usable, with doubts */
    size_t invalid;               /* in no figure */
    size_t bounds[BOUNDS];        /* usable slots by what limited them */
    struct summary_span rate;     /* echoes per second; of a saturated open loop those answered */
    struct summary_span cpu_ns;   /* server CPU per echo */
    double cpu_user_share;        /* of that, spent in user mode, 0..1; coarse */
    struct summary_span per_cpu;  /* echoes per second of server CPU: what ranks models */
    double overhead;              /* CPU per echo over half a bare TCP round trip there */
    struct summary_span rss;      /* server's resident bytes per connection */
    struct summary_span memory;   /* server's resident bytes */
    struct summary_span answered; /* echoes per second of the window, whenever they were due */
    struct summary_span churned;  /* connections per second that got all their echoes */
    struct summary_span fairness; /* Jain's index, 1 = every connection had as many echoes */
    double latency_ns[QUANTILES]; /* from the merged histogram; NAN where it has too few values */
    double first_ns[QUANTILES];   /* the same of newcomers: from when one was due to its echo */
    double connect_ns[QUANTILES]; /* the same of connecting */
    const char *basis;            /* of the latency: "service" or "intended"; NULL if unknown */
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
enum sample_bound summary_cell_bound(const struct summary_cell *cell);

/* A metric over the usable slots of a cell of a result: `path` within a sample, as in
 * "server.rss_bytes". */
struct summary_span summary_span_over(const cJSON *cell, const char *path);

/* The same of what `compute` makes of a slot; NAN: it is not known there. */
struct summary_span summary_span_computed(const cJSON *cell, double (*compute)(const cJSON *slot));

#endif
