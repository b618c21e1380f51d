/* truth_drawn.c - delays drawn from a known distribution: quantiles and means must be its own. */
#include "tests/truth/truth.h"

#include <math.h>
#include <stdio.h>

#define SIGMAS 4.5 /* what a drawn figure may be off, in standard errors */
#define LATE 1.05  /* what the machine may add */

/* The quantile q of n draws from an exponential distribution has a standard error of
 * mean x sqrt(q / ((1 - q) n)), its mean one of mean / sqrt(n). */
static void require_exponential(const struct outcome *o, double mean_ns) {
    static const struct {
        const char *path;
        double q;
    } quantiles[] = {{"service.p50_ns", 0.5}, {"service.p90_ns", 0.9}, {"service.p99_ns", 0.99}};
    double n = figure(o->sample, "messages");
    require_identities(o->sample, 64);
    for (size_t i = 0; i < sizeof quantiles / sizeof quantiles[0]; i++) {
        double q = quantiles[i].q, value_ns = -log(1 - q) * mean_ns;
        double slack_ns = SIGMAS * mean_ns * sqrt(q / ((1 - q) * n));
        require_time(o, quantiles[i].path, value_ns - slack_ns, LATE * (value_ns + slack_ns));
    }
    double slack_ns = SIGMAS * mean_ns / sqrt(n);
    require_time(o, "service.mean_ns", mean_ns - slack_ns, LATE * (mean_ns + slack_ns));
}

/* One message in flight per connection, so that one delay has no part in another latency. */
static void drawn_delay_closed(const struct truth *truth) {
    struct outcome o;
    load_fault_server(&o, truth, "--exponential-us 10000 --seed 11",
                      "--connections 50 --duration 1.5");
    require_littles_law(&o, 50);
    require_exponential(&o, 10 * MS);
    case_note("mean %.2f ms", figure(o.sample, "latency.mean_ns") / MS);
}

/* 80 % take 10 ms, 20 % take 50: the quantiles are these and nothing between, the mean is 18 ms
 * with a standard deviation of 16. */
static void two_delays_closed(const struct truth *truth) {
    struct outcome o;
    load_fault_server(&o, truth, "--delay-us 10000 --slow-us 50000 --slow-pct 20 --seed 12",
                      "--connections 50 --threads 2 --duration 1.5");
    double slack_ns = SIGMAS * 16 * MS / sqrt(figure(o.sample, "messages"));
    require_identities(o.sample, 64);
    require_littles_law(&o, 50);
    require_time(&o, "latency.hist.min", 10 * MS, LATE * 10 * MS);
    require_time(&o, "latency.p50_ns", 10 * MS, LATE * 10 * MS);
    require_time(&o, "latency.p90_ns", 50 * MS, LATE * 50 * MS);
    require_time(&o, "latency.p99_ns", 50 * MS, LATE * 50 * MS);
    require_time(&o, "latency.mean_ns", 18 * MS - slack_ns, LATE * (18 * MS + slack_ns));
}

/* Poisson arrivals, 30 a second and connection, one in flight, an exponential delay of 10 ms: every
 * connection is an M/G/1 queue. Service S is the delay and what the machine adds, which varies
 * little: its mean square is S^2 + (10 ms)^2. Latency is by Pollaczek and Khinchin
 * S + rate x mean square / (2 (1 - rate x S)), some 14 ms; who times from the send finds 10. The
 * latencies of one queue are alike: by theory the standard error of their mean is 1.6 times that of
 * independent ones at this load, and more where the machine adds to it. */
static void drawn_delay_open(const struct truth *truth) {
    struct outcome o;
    load_fault_server(&o, truth, "--exponential-us 10000 --seed 13",
                      "--connections 100 --rate 3000 --duration 2 --warmup 0.3 --seed 13");
    require_exponential(&o, 10 * MS);
    double service_ns = figure(o.sample, "service.mean_ns"),
           messages = figure(o.sample, "messages");
    double rate = figure(o.sample, "loadgen.offered") / figure(o.sample, "window_s") / 100 / 1e9;
    double square = service_ns * service_ns + 10 * MS * 10 * MS;
    double expected_ns = service_ns + rate * square / (2 * (1 - rate * service_ns));
    double slack = 2 * SIGMAS / sqrt(messages);
    require_time(&o, "latency.mean_ns", (1 - slack) * expected_ns,
                 LATE * (1 + slack) * expected_ns);
    case_note("service %.2f ms, latency %.2f ms, expected %.2f", service_ns / MS,
              figure(o.sample, "latency.mean_ns") / MS, expected_ns / MS);
}

const struct truth_case truth_drawn[] = {
    {"drawn-delay-closed", drawn_delay_closed, 30, ONCE | TIMED},
    {"two-delays-closed", two_delays_closed, 30, ONCE | TIMED},
    {"drawn-delay-open", drawn_delay_open, 30, ONCE | NEEDS_SPEED | TIMED},
    {NULL, NULL, 0, 0},
};
