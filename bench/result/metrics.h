/* metrics.h - the table of metrics: name, path in a sample, format and gates of each. Tables,
 * plots, `ab`, `compare` and the documentation read it. The order of the rows is the order of table
 * columns and of the rows of a comparison. The control of `ab` uses the first metric that `ab`
 * gates under the load. */
#ifndef BENCH_RESULT_METRICS_H
#define BENCH_RESULT_METRICS_H

#include "bench/support/format.h"

#include <cjson/cJSON.h>
#include <stdbool.h>

enum metric {
    METRIC_THROUGHPUT,
    METRIC_CHURNED,
    METRIC_P50,
    METRIC_P90,
    METRIC_P99,
    METRIC_P999,
    METRIC_CONNECT_P50,
    METRIC_CONNECT_P99,
    METRIC_NEWCOMERS_P50,
    METRIC_NEWCOMERS_P99,
    METRIC_MEMORY,
    METRIC_CPU,
    METRIC_CPU_PER_CONNECTION,
    METRIC_PER_CPU,
    METRIC_OVERHEAD,
    METRIC_MEMORY_PER_CONNECTION,
    METRIC_FAIRNESS,
    METRIC_SYSCALLS,
    METRIC_WAKEUPS,
    METRIC_LOADGEN_CPU,
    METRIC_ANSWERED,
    METRICS
};

/* The loads that have a metric: the first three values, in the order of enum summary_load. The
 * other values are conditions, in `loads` for a metric to be of interest, in `gated_loads` for a
 * gate to use it. */
enum metric_loads {
    METRIC_CLOSED = 1,
    METRIC_OPEN = 2,
    METRIC_CHURN = 4,
    METRIC_ALL_LOADS = 7,
    METRIC_ARRIVALS = 8,       /* connections arrive: churn, or newcomers beside a load */
    METRIC_IDLE = 16,          /* idle connections */
    METRIC_COUNTED = 32,       /* the server's system calls are counted */
    METRIC_MANY_ARRIVALS = 64, /* enough connections arrive in the window for their p99 */
    METRIC_LONG = 128,         /* warm-up and window last METRIC_LONG_S or longer */
    METRIC_SATURATING = 256    /* the rate is meant to exceed the capacity */
};

#define METRIC_LONG_S 5
/* The p99 needs 1000 arrivals. Random arrivals are rarely a tenth fewer than planned. */
#define METRIC_MANY_ARRIVALS_MIN 1100

/* The gates that use a metric. */
enum metric_gates {
    METRIC_AB = 1,         /* `ab` with two servers */
    METRIC_AB_LOADGEN = 2, /* `ab` with two load generators */
    METRIC_COMPARE = 4
};

struct metric_facts {
    const char *key;     /* name in JSON, with the unit: "cpu_ns_per_echo" */
    const char *path;    /* path in a sample; for a computed metric, the path of an input */
    const char *title;   /* name for people: "CPU/echo" */
    const char *column;  /* header in terminal tables; NULL: not shown there */
    const char *heading; /* header on the page and axis title, with a newline where the page may
                            break the line; NULL: not shown there */
    const char *hint;    /* explains the heading; NULL if it needs no explanation */
    const char *unit;    /* unit of the value: "ns"; "" if it has none */
    char *(*format)(char text[FORMAT_SIZE], double value);   /* all but format_count add the unit */
    double (*compute)(const cJSON *sample, double floor_ns); /* NULL: the value is at `path` */
    double quantile;       /* quantile of the histogram beside `path`, for merging slots; 0: none */
    double limit;          /* smallest relative change that a gate reports; 0: never gated */
    unsigned loads;        /* loads that have the metric (enum metric_loads) */
    unsigned gated_loads;  /* loads in which it is gated; if conditions are given, any of them
                              suffices */
    unsigned gates;        /* gates that use it (enum metric_gates) */
    bool larger_is_better; /* false: smaller is better */
};
extern const struct metric_facts metrics[METRICS];

/* Whether the load of a scenario has the metric. */
bool metric_in_load(enum metric metric, const cJSON *scenario);

/* Whether one of `gates` uses the metric under the load of a scenario. Only metrics of counts are
 * gated if system calls are counted, and only metrics of capacity under a saturating load. */
bool metric_gated(enum metric metric, unsigned gates, const cJSON *scenario);

/* Whether the metric is a capacity, which the load generator may limit. */
bool metric_is_capacity(enum metric metric);

/* The value of a metric in a sample; NAN if unknown. `floor_ns` is the duration of a bare round
 * trip on the machine (env.floor.roundtrip_ns), or NAN. */
double metric_value(const struct metric_facts *metric, const cJSON *sample, double floor_ns);

/* Whether the sample was written by a version without this metric: its key is absent rather than
 * null. */
bool metric_lacking(enum metric metric, const cJSON *sample);

/* Formats the value with its unit. Returns `text`. */
char *metric_print(char text[FORMAT_SIZE], enum metric metric, double value);

#endif
