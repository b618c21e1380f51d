/* truth_drawn.c - delays drawn from a known distribution: quantiles and means must be its own. */
#include "tests/truth/truth.h"

#include <math.h>
#include <stdio.h>

#define MS 1e6 /* ns */
#define FAULT "tests/fault-server"
#define SIGMAS 4.5 /* what a drawn figure may be off, in standard errors */
#define LATE 1.1   /* what the machine may add to a delay of 10 ms or more */

/* The quantile q of n draws from an exponential distribution has a standard error of
 * mean x sqrt(q / ((1 - q) n)), its mean one of mean / sqrt(n). `wider`: by how much more the
 * figures scatter, because draws depend on each other. */
static void require_exponential(const cJSON *sample, const char *what, double mean_ns, double wider,
                                double late) {
    static const struct {
        const char *name;
        double q;
    } quantiles[] = {{"p50_ns", 0.5}, {"p90_ns", 0.9}, {"p99_ns", 0.99}};
    double n = figure(sample, "messages");
    char path[64];
    for (size_t i = 0; i < sizeof quantiles / sizeof quantiles[0]; i++) {
        double q = quantiles[i].q, value_ns = -log(1 - q) * mean_ns;
        double slack_ns = wider * SIGMAS * mean_ns * sqrt(q / ((1 - q) * n));
        snprintf(path, sizeof path, "%s.%s", what, quantiles[i].name);
        require_within(sample, path, value_ns - slack_ns, (value_ns + slack_ns) * late);
    }
    double slack_ns = wider * SIGMAS * mean_ns / sqrt(n);
    snprintf(path, sizeof path, "%s.mean_ns", what);
    require_within(sample, path, mean_ns - slack_ns, (mean_ns + slack_ns) * late);
}

/* One message in flight per connection, so that one delay has no part in another latency. */
static void drawn_delay_closed(const struct truth *truth) {
    struct target target;
    struct outcome o;
    target_start(&target, truth, FAULT, "--exponential-us 10000 --seed 11");
    load(&o, truth, target.address, "--connections 50 --duration 1.5");
    cJSON_Delete(target_stop(&target));
    require_identities(o.sample, 64);
    require_exponential(o.sample, "latency", 10 * MS, 1, LATE);
    case_note("mean %.2f ms, p99 %.1f ms", figure(o.sample, "latency.mean_ns") / MS,
              figure(o.sample, "latency.p99_ns") / MS);
}

/* 80 % take 10 ms, 20 % take 50: the quantiles are these and nothing between, the mean is 18 ms
 * with a standard deviation of 16. */
static void two_delays_closed(const struct truth *truth) {
    struct target target;
    struct outcome o;
    target_start(&target, truth, FAULT, "--delay-us 10000 --slow-us 50000 --slow-pct 20 --seed 12");
    load(&o, truth, target.address, "--connections 50 --threads 2 --duration 1.5");
    cJSON_Delete(target_stop(&target));
    require_identities(o.sample, 64);
    double slack_ns = SIGMAS * 16 * MS / sqrt(figure(o.sample, "messages"));
    require_within(o.sample, "latency.hist.min", 10 * MS, LATE * 10 * MS);
    require_within(o.sample, "latency.p50_ns", 10 * MS, LATE * 10 * MS);
    require_within(o.sample, "latency.p90_ns", 50 * MS, LATE * 50 * MS);
    require_within(o.sample, "latency.p99_ns", 50 * MS, LATE * 50 * MS);
    require_within(o.sample, "latency.mean_ns", 18 * MS - slack_ns, LATE * (18 * MS + slack_ns));
}

/* Poisson arrivals, 50 a second and connection, one in flight, an exponential delay of 10 ms: every
 * connection is an M/M/1 queue at half its capacity. Service keeps the mean of 10 ms; latency is
 * exponential too, with service / (1 - load) as its mean. Latencies of one queue are alike; by
 * theory the standard error of their mean is 2.7 times that of independent ones. */
static void drawn_delay_open(const struct truth *truth) {
    struct target target;
    struct outcome o;
    target_start(&target, truth, FAULT, "--exponential-us 10000 --seed 13");
    load(&o, truth, target.address,
         "--connections 100 --rate 5000 --duration 2 --warmup 0.4 --seed 13");
    cJSON_Delete(target_stop(&target));
    require_identities(o.sample, 64);
    require_exponential(o.sample, "service", 10 * MS, 1, LATE);
    double service_ns = figure(o.sample, "service.mean_ns");
    double rate = figure(o.sample, "loadgen.offered") / figure(o.sample, "window_s") / 100;
    double expected_ns = service_ns / (1 - rate * service_ns / 1e9);
    require_exponential(o.sample, "latency", expected_ns, 2.7, LATE);
    case_note("service %.2f ms, latency %.2f ms, expected %.2f", service_ns / MS,
              figure(o.sample, "latency.mean_ns") / MS, expected_ns / MS);
}

const struct truth_case truth_drawn[] = {
    {"drawn-delay-closed", drawn_delay_closed, 30, 0},
    {"two-delays-closed", two_delays_closed, 30, 0},
    {"drawn-delay-open", drawn_delay_open, 30, NEEDS_SPEED},
    {NULL, NULL, 0, 0},
};
