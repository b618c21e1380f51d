/* hist_speed.c - measures the speed of the histogram with latencies like those of a busy server.
 * The values are always the same, and are generated before the clock starts. */
#include "tools/bench-loadgen/hist_speed.h"

#include "base/check.h"
#include "base/hist.h"
#include "base/os.h"
#include "base/rng.h"

#include "bench/stats/stats.h"

#include <math.h>
#include <stdlib.h>

#define BATCHES 21
#define PASSES 16 /* passes over the values per batch: about 2 ms */
#define CALLS 100 /* calls of merge and quantile per batch: about 1 ms */

/* The data of all batches. */
struct bench {
    uint64_t *values;  /* latencies in ns; owned */
    struct hist *hist; /* records the values; owned */
    struct hist *into; /* target of merges; owned */
    uint64_t sink;     /* sum of quantiles, so that the compiler does not remove them */
};

/* Generates values with a lognormal distribution: many near the median, few far above. They use
 * hundreds of cache lines of counts. Normal numbers by the Box-Muller method. */
static void draw(uint64_t *values) {
    struct rng random;
    rng_seed(&random, 1, 0);
    for (size_t i = 0; i < HIST_SPEED_VALUES; i++) {
        double radius = sqrt(2 * rng_exponential(&random));
        double angle = 2 * 3.14159265358979323846 * (double)(rng_next(&random) >> 11) * 0x1p-53;
        double normal = radius * cos(angle);
        values[i] = (uint64_t)(HIST_SPEED_MEDIAN_NS * exp(HIST_SPEED_SIGMA * normal));
    }
}

static void record(struct bench *b) {
    hist_reset(b->hist);
    for (size_t pass = 0; pass < PASSES; pass++)
        for (size_t i = 0; i < HIST_SPEED_VALUES; i++) hist_record(b->hist, b->values[i]);
    CHECK_OP(b->hist->count, ==, (uint64_t)PASSES * HIST_SPEED_VALUES);
}

static void merge(struct bench *b) {
    hist_reset(b->into);
    for (size_t i = 0; i < CALLS; i++) hist_merge(b->into, b->hist);
    CHECK_OP(b->into->count, ==, CALLS * b->hist->count);
}

static void quantile(struct bench *b) {
    for (size_t i = 0; i < CALLS; i++) b->sink += hist_quantile(b->hist, 0.99);
    CHECK_OP(b->sink, >, 0u);
}

/* Median time of a batch, divided by the number of operations in it. */
static double time_of(struct bench *b, void (*batch)(struct bench *b), double times) {
    double ns[BATCHES];
    batch(b); /* warms up the caches */
    for (size_t i = 0; i < BATCHES; i++) {
        uint64_t start_ns = os_clock_ns();
        batch(b);
        ns[i] = (double)(os_clock_ns() - start_ns) / times;
    }
    return stats_median(ns, BATCHES);
}

struct hist_speed hist_speed_measure(void) {
    struct bench b = {.values = calloc(HIST_SPEED_VALUES, sizeof *b.values),
                      .hist = malloc(sizeof *b.hist),
                      .into = malloc(sizeof *b.into)};
    CHECK(b.values && b.hist && b.into);
    draw(b.values);
    struct hist_speed speed = {
        .record_ns = time_of(&b, record, (double)PASSES * HIST_SPEED_VALUES),
        .merge_ns = time_of(&b, merge, CALLS),
        .quantile_ns = time_of(&b, quantile, CALLS),
    };
    free(b.into);
    free(b.hist);
    free(b.values);
    return speed;
}
