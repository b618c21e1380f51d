/* hist_speed.h - what the histogram costs.
 * Invariant: every value that was recorded is counted when the time is taken. */
#ifndef TESTS_BENCH_HIST_SPEED_H
#define TESTS_BENCH_HIST_SPEED_H

#include <stdint.h>

#define HIST_SPEED_VALUES 65536u      /* different latencies, recorded over and over */
#define HIST_SPEED_MEDIAN_NS 200000.0 /* of them */
#define HIST_SPEED_SIGMA 0.5          /* of their logarithm */

struct hist_speed {
    double record_ns;   /* one hist_record in a loop of nothing else */
    double merge_ns;    /* one hist_merge */
    double quantile_ns; /* one hist_quantile, of the 99th percentile */
};

/* Measures them: medians of batches, in about 0.2 s. */
struct hist_speed hist_speed_measure(void);

#endif
