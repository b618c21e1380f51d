/* truth_starved.c - a server that serves one connection in ten and passes the others over. */
#include "tests/truth/truth.h"

#include <math.h>

/* Jain's index; what the machine takes from some connections makes it smaller. */
static void require_jain(const struct outcome *o, double low, double high) {
    require_within(o->sample, "fairness.jain", 0, high + 1e-9);
    require_rate(o, "fairness.jain", low, high + 1e-9);
}

/* The others get nothing: 5 of 50 share what there is, so that Jain's index is 5/50, and exactly
 * that only if the five get the same. Two served counts that differ by one make it 0.1 %. */
static void starved_closed(const struct truth *truth) {
    struct outcome o;
    load_fault_server(&o, truth, "--delay-us 20000 --serve-every 10",
                      "--connections 50 --duration 1 --drain 0.2");
    require_identities(o.sample, 64);
    require_equal(o.sample, "fairness.echoes_min", 0);
    require_equal(o.sample, "fairness.echoes_median", 0);
    require_within(o.sample, "fairness.echoes_max", 1, 51);
    require_rate(&o, "fairness.echoes_max", 35, 51);
    require_rate(&o, "messages", 5 * 35, 5 * 51);
    require_jain(&o, 0.0990, 0.1);
    require_equal(o.sample, "loadgen.starved_connections", 45);
    require_equal(o.sample, "errors.timeout", 45);
    require_equal(o.sample, "totals.bytes_received",
                  figure(o.sample, "totals.bytes_sent") - 45.0 * 64);
    require_equal(o.sample, "totals.bytes_received", figure(o.stats, "bytes_out"));
    /* what got no answer is above all latencies */
    require_equal(o.sample, "latency.hist.unanswered", 45);
    require_time(&o, "latency.hist.max", 20 * MS, 400 * MS);
}

/* The others get an answer in the tenth of time: 10 echoes where five get 100. */
static void starved_a_tenth(const struct truth *truth) {
    struct outcome o;
    load_fault_server(&o, truth, "--delay-us 10000 --serve-every 10 --others-us 100000",
                      "--connections 50 --duration 1");
    require_identities(o.sample, 64);
    double slow = figure(o.sample, "fairness.echoes_median");
    double fast = figure(o.sample, "fairness.echoes_max");
    require_within(o.sample, "fairness.echoes_median", 1, 11);
    require_within(o.sample, "fairness.echoes_max", 1, 101);
    require_rate(&o, "fairness.echoes_min", 8, 10);
    require_rate(&o, "fairness.echoes_median", 8, 10);
    require_rate(&o, "fairness.echoes_max", 75, 101);
    double sum = 5 * fast + 45 * slow;
    double jain = sum * sum / (50 * (5 * fast * fast + 45 * slow * slow));
    require_jain(&o, 0.94 * jain, 1.06 * jain);
    require_equal(o.sample, "loadgen.starved_connections", 0);
    require_no_errors(o.sample);
}

/* In an open loop nine in ten arrivals go to who is not served: no answer makes them vanish. */
static void starved_open(const struct truth *truth) {
    struct outcome o;
    load_fault_server(&o, truth, "--serve-every 10",
                      "--connections 50 --rate 3000 --duration 1 --drain 0.3");
    require_identities(o.sample, 64);
    double offered = figure(o.sample, "loadgen.offered"), share = 0.1 * offered;
    require_equal(o.sample, "fairness.echoes_min", 0);
    require_equal(o.sample, "fairness.echoes_median", 0);
    require_equal(o.sample, "loadgen.starved_connections", 45);
    require_rate(&o, "messages", share - 4 * sqrt(share), share + 4 * sqrt(share));
    require_jain(&o, 0.08, 0.1);
    require_within(o.sample, "errors.timeout", 0, 45);
    require_equal(o.sample, "loadgen.offered",
                  figure(o.sample, "messages") + figure(o.sample, "errors.timeout") +
                      figure(o.sample, "loadgen.unsent"));
}

const struct truth_case truth_starved[] = {
    {"starved-closed", starved_closed, 20, ONCE | TIMED},
    {"starved-a-tenth", starved_a_tenth, 20, ONCE | NEEDS_SPEED | TIMED},
    {"starved-open", starved_open, 20, ONCE | TIMED},
    {NULL, NULL, 0, 0},
};
