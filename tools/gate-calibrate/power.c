/* power.c - what a job can see; see power.h.
 * Invariant: all figures of a job have the same noise and the same limit, so only the ratio of the
 * two and the number of figures matter. */
#include "tools/gate-calibrate/power.h"

#include "base/check.h"
#include "base/rng.h"

#include "bench/gate/gate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define JOBS 400
#define STEPS 9         /* of the search for the smallest change */
#define CHANGE_MOST 6.0 /* in standard deviations, beside the limit */
#define FOUND_SHARE 0.9
#define FIGURES_MOST 128
#define METRIC METRIC_THROUGHPUT

/* One kind of job. */
struct job {
    size_t figures; /* judged figures; the first one is changed, the others are equal arms */
    double sd;      /* standard deviation of a pair, as a share of the limit */
    double change;  /* change of the first figure, as a share of the limit */
};

/* A normal random number: the sum of twelve uniform ones. */
static double drawn(struct rng *random) {
    double sum = -6;
    for (int i = 0; i < 12; i++) sum += (double)rng_below(random, 1u << 30) / (1u << 30);
    return sum;
}

static void fill(struct gate_row *row, size_t pairs, const double shift_sd[2], struct rng *random) {
    size_t at = row->stage1 + row->stage2;
    for (size_t i = 0; i < pairs; i++)
        row->differences[at + i] = shift_sd[0] + shift_sd[1] * drawn(random);
    *(at ? &row->stage2 : &row->stage1) = pairs;
    gate_estimate(row);
}

/* Simulates a job and returns the verdict of its first figure. */
static enum gate_verdict run_job(const struct job *job, struct rng *random) {
    static struct gate_row rows[FIGURES_MOST];
    double limit = log1p(metrics[METRIC].limit);
    CHECK_OP(job->figures, <=, FIGURES_MOST);
    for (size_t i = 0; i < job->figures; i++) {
        struct gate_row *row = &rows[i];
        const double shift_sd[2] = {i ? 0 : job->change * limit, job->sd * limit};
        *row = (struct gate_row){.metric = METRIC, .gated = true};
        fill(row, GATE_STAGE1_PAIRS, shift_sd, random);
        if (gate_looks_worse(row) || gate_looks_better(row))
            fill(row, GATE_STAGE2_PAIRS, shift_sd, random);
    }
    struct gate_report report = {.command = "ab", .rows = rows, .row_count = job->figures};
    gate_decide(&report);
    return rows[0].verdict;
}

static double share_of(const struct job *job, enum gate_verdict verdict) {
    struct rng random;
    size_t hits = 0;
    rng_seed(&random, 1, 0);
    for (size_t i = 0; i < JOBS; i++) hits += run_job(job, &random) == verdict;
    return (double)hits / JOBS;
}

/* The smallest change that is found in FOUND_SHARE of the jobs, as a share of the limit. */
static double smallest_found(struct job job) {
    double low = 1, high = 1 + CHANGE_MOST * job.sd;
    for (int i = 0; i < STEPS; i++) {
        job.change = (low + high) / 2;
        *(share_of(&job, GATE_REGRESSED) >= FOUND_SHARE ? &high : &low) = job.change;
    }
    return high;
}

void power_print(void) {
    static const size_t figures[] = {7, 30, 90};
    static const double sds[] = {0.25, 0.5, 0.75, 1, 1.5, 2, 4, 8};
    enum { SIZES = sizeof figures / sizeof *figures };
    printf("| sd of a pair / limit | equal arms PASS |");
    for (size_t f = 0; f < SIZES; f++) printf(" %zu figures |", figures[f]);
    printf("\n|---|---|---|---|---|\n");
    for (size_t s = 0; s < sizeof sds / sizeof *sds; s++) {
        struct job job = {.figures = figures[0], .sd = sds[s]};
        printf("| %g | %.0f %% |", job.sd, 100 * share_of(&job, GATE_PASS));
        for (size_t f = 0; f < SIZES; f++) {
            job.figures = figures[f];
            printf(" %.2f |", smallest_found(job));
            fflush(stdout);
        }
        putchar('\n');
    }
}
