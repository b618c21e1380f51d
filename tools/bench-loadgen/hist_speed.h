/* hist_speed.h - measures the cost of histogram operations. */
#ifndef TESTS_BENCH_HIST_SPEED_H
#define TESTS_BENCH_HIST_SPEED_H

#include <stdint.h>

#define HIST_SPEED_VALUES 65536u      /* number of latencies, which are recorded repeatedly */
#define HIST_SPEED_MEDIAN_NS 200000.0 /* median of the latencies */
#define HIST_SPEED_SIGMA 0.5          /* standard deviation of their logarithms */

struct hist_speed {
    double record_ns;   /* one hist_record */
    double merge_ns;    /* one hist_merge */
    double quantile_ns; /* one hist_quantile of the 99th percentile */
};

/* Measures medians over batches, in about 0.2 s. */
struct hist_speed hist_speed_measure(void);

#endif
