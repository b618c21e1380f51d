/* metrics.h - the figures of a slot in one table: what each is called, where it stands in a sample,
 * how it is printed, and which gates judge by it. Tables, plots, `ab`, `compare` and the
 * documentation read this table. The order of the rows is the order of columns, and of the rows of
 * a comparison; the first metric that `ab` gates in a load is the one that its control looks at. */
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
    METRIC_NEWCOMERS_P50,
    METRIC_NEWCOMERS_P99,
    METRIC_MEMORY,
    METRIC_CPU,
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

/* The loads that have a metric: the first three, in the order of enum summary_load; and conditions
 * without which it says nothing of interest. */
enum metric_loads {
    METRIC_CLOSED = 1,
    METRIC_OPEN = 2,
    METRIC_CHURN = 4,
    METRIC_ALL_LOADS = 7,
    METRIC_ARRIVALS = 8, /* only where connections arrive: churn, and newcomers beside a load */
    METRIC_IDLE = 16,    /* only beside idle connections */
    METRIC_COUNTED = 32  /* only where the server's system calls are counted */
};

/* The gates that judge by a metric. */
enum metric_gates {
    METRIC_AB = 1,         /* `ab` of servers */
    METRIC_AB_LOADGEN = 2, /* `ab` of load generators */
    METRIC_COMPARE = 4
};

struct metric_facts {
    const char *key;     /* in JSON, with its unit: "cpu_ns_per_echo" */
    const char *path;    /* within a sample; of a computed metric: of what it is computed from */
    const char *title;   /* for people: "CPU/echo" */
    const char *column;  /* above a column of a terminal's table; NULL: it has none */
    const char *heading; /* above a column of the page, and at axes; a new line where the page may
                            break it; NULL: the page has no such column */
    const char *hint;    /* what the heading means, where that needs saying; else NULL */
    const char *unit;    /* of the value: "ns"; "": a bare number */
    char *(*format)(char text[FORMAT_SIZE], double value);   /* of the value; only format_count
                              leaves the unit to others */
    double (*compute)(const cJSON *sample, double floor_ns); /* NULL: the value stands at `path` */
    double quantile; /* of the histogram beside `path`, so that slots can be merged; 0: none */
    double limit;    /* the smallest change that matters to a gate, as a share; 0: never gated */
    unsigned loads;  /* which have it (enum metric_loads) */
    unsigned gated_loads;  /* in which of them it is gated */
    unsigned gates;        /* by which it is gated (enum metric_gates) */
    bool larger_is_better; /* else smaller is */
};
extern const struct metric_facts metrics[METRICS];

/* Whether the load of a scenario has the metric. */
bool metric_in_load(enum metric metric, const cJSON *scenario);

/* Whether one of `gates` judges by the metric under the load of a scenario: never where that is
 * meant to saturate the server. */
bool metric_gated(enum metric metric, unsigned gates, const cJSON *scenario);

/* The metric's value in a sample; NAN: not known. `floor_ns` is a bare round trip of the machine
 * (env.floor.roundtrip_ns), or NAN. */
double metric_value(const struct metric_facts *metric, const cJSON *sample, double floor_ns);

/* Whether the sample comes from a version that did not have the metric: its key is absent, not
 * null. */
bool metric_lacking(enum metric metric, const cJSON *sample);

/* The value with its unit, as it reads in a text; returns `text`. */
char *metric_print(char text[FORMAT_SIZE], enum metric metric, double value);

#endif
