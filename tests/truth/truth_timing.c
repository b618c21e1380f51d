/* truth_timing.c - known delays, stalls and rates must come out as what they are. */
#include "tests/truth/truth.h"

#include <math.h>
#include <stdio.h>

/* N connections, D in flight on each, every echo after 20 ms: at most N x D / 20 ms. No latency is
 * below the delay, so half of them can exceed it by twice as much as the mean does, and no more. */
static void require_delay(const struct outcome *o, double in_flight) {
    double delay_ns = 20 * MS, ceiling = in_flight / (delay_ns / 1e9);
    double mean_ns = figure(o->sample, "latency.mean_ns");
    require_identities(o->sample, 64);
    require_littles_law(o, in_flight);
    require_within(o->sample, "loadgen.littles_law_ratio", 0.98, 1.02);
    require_within(o->sample, "throughput_per_s", 0, 1.01 * ceiling);
    require_within(o->sample, "latency.p50_ns", delay_ns, 1.02 * (2 * mean_ns - delay_ns));
    require_time(o, "latency.hist.min", delay_ns, 1.1 * delay_ns);
    require_time(o, "latency.p50_ns", delay_ns, 1.1 * delay_ns);
    require_rate(o, "throughput_per_s", 0.9 * ceiling, 1.01 * ceiling);
}

static void fixed_delay_closed(const struct truth *truth) {
    struct outcome depth_1, depth_4;
    load_fault_server(&depth_1, truth, "--delay-us 20000", "--connections 10 --duration 1");
    require_delay(&depth_1, 10);
    load_fault_server(&depth_4, truth, "--delay-us 20000",
                      "--connections 10 --depth 4 --duration 1");
    require_delay(&depth_4, 40);
}

/* Two messages a second and connection: nobody waits for another, latency is the delay. */
static void fixed_delay_open(const struct truth *truth) {
    struct outcome o;
    load_fault_server(
        &o, truth, "--delay-us 20000",
        "--connections 100 --rate 200 --arrival constant --duration 1 --outstanding 4");
    require_identities(o.sample, 64);
    require_equal(o.sample, "loadgen.offered", 200);
    require_unless_busy(&o, figure(o.sample, "messages") == 200, 0.5, "arrivals without an answer");
    require_time(&o, "service.hist.min", 20 * MS, 22 * MS);
    require_time(&o, "service.p50_ns", 20 * MS, 22 * MS);
    require_time(&o, "latency.p50_ns", figure(o.sample, "service.p50_ns"), 22 * MS);
}

/* One at a time on one connection, 100 arrivals a second, 20 ms each: every second arrival has to
 * wait for those before it, longer and longer. Service time stays 20 ms, latency cannot. */
static void queueing_is_latency(const struct truth *truth) {
    struct outcome o;
    load_fault_server(
        &o, truth, "--delay-us 20000",
        "--connections 1 --rate 100 --arrival constant --duration 1 --warmup 0 --drain 4");
    require_equal(o.sample, "loadgen.offered", 100);
    require_unless_busy(&o, figure(o.sample, "messages") == 100, 0.5, "arrivals without an answer");
    /* arrival i of 100, due at 10 i ms, is answered at 20 (i + 1) ms, or later by what the machine
     * added to all before it, which service time tells */
    double service_ns = figure(o.sample, "service.mean_ns");
    require_time(&o, "latency.p50_ns", 450 * MS, 1.2 * (51 * service_ns - 500 * MS));
    require_time(&o, "latency.hist.max", 950 * MS, 1.2 * (100 * service_ns - 990 * MS));
    require_time(&o, "service.p50_ns", 20 * MS, 22 * MS);
}

/* What is exceeded by 1 % of arrivals that come evenly in three periods of 2 s, each with a stall
 * of 200 ms: who comes into a stall waits for its end. The stalls ended later by what the server
 * recorded; the three latest count, since the window has three. */
static double stall_p99_ns(const struct outcome *o) {
    double latest[3] = {0}, low = 0, high = 1e10;
    const cJSON *late;
    cJSON_ArrayForEach(late, value_at(o->stats, "record.stalls_late_ns")) {
        double value = late->valuedouble;
        for (size_t i = 0; i < 3; i++) {
            double other = latest[i];
            if (value <= other) continue;
            latest[i] = value;
            value = other;
        }
    }
    for (int i = 0; i < 100; i++) {
        double middle = (low + high) / 2, longer = 0;
        for (size_t k = 0; k < 3; k++) longer += fmax(0, 200 * MS + latest[k] - middle);
        if (longer > 0.01 * 6000 * MS)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* A server that stops for 200 ms in every 2 s. Of the arrivals, which do not wait for answers, 10 %
 * fall into a stall and 1 % into its first 20 ms: those wait 180 ms or more, so p99 is 180 ms. With
 * 16 in flight per connection what has queued up is gone soon after. Newcomers do not wait either.
 * A closed loop sends nothing while it waits and hardly sees it. */
static void stall_open(const struct truth *truth) {
    struct outcome o;
    load_fault_server(&o, truth, "--stall-ms 200 --stall-every-ms 2000",
                      "--connections 50 --rate 5000 --newcomers 500 --duration 6 --outstanding 16");
    double p99_ns = stall_p99_ns(&o), late_ns = p99_ns - 180 * MS;
    require_identities(o.sample, 64);
    require_unless_busy(&o, late_ns < 20 * MS, late_ns / 6e9, "stalls of the server ended late");
    require_unless_busy(&o,
                        figure(o.sample, "loadgen.newcomers_answered") ==
                            figure(o.sample, "loadgen.newcomers_offered"),
                        0.3, "newcomers without an answer");
    require_time(&o, "latency.p99_ns", 0.95 * 180 * MS, 1.1 * p99_ns);
    require_time(&o, "latency.p50_ns", 0, 20 * MS);
    require_time(&o, "latency.hist.max", 190 * MS, 400 * MS);
    require_time(&o, "newcomers.p99_ns", 0.93 * 180 * MS, 1.15 * p99_ns);
    require_time(&o, "newcomers.p50_ns", 0, 20 * MS);
    require_time(&o, "newcomers.hist.max", 190 * MS, 400 * MS);
    case_note("p99 %.1f ms, of newcomers %.1f ms", figure(o.sample, "latency.p99_ns") / MS,
              figure(o.sample, "newcomers.p99_ns") / MS);
}

static void stall_closed(const struct truth *truth) {
    struct outcome o;
    load_fault_server(&o, truth, "--stall-ms 200 --stall-every-ms 2000",
                      "--connections 50 --duration 2");
    require_time(&o, "latency.p99_ns", 0, 20 * MS);
    require_time(&o, "latency.hist.max", 190 * MS, 400 * MS);
    case_note("p99 %.1f ms", figure(o.sample, "latency.p99_ns") / MS);
}

/* A server, and one at half its speed: as long as messages wait, the limit's schedule makes up for
 * a pause, and 100 in flight are those of 50 and of 100 ms. */
static void half_speed(const struct truth *truth) {
    static const double rates[] = {2000, 1000};
    struct outcome o[2];
    for (size_t i = 0; i < 2; i++) {
        char limit[64];
        snprintf(limit, sizeof limit, "--rate-limit %.0f", rates[i]);
        load_fault_server(&o[i], truth, limit, "--connections 100 --duration 1");
        double each_ns = 100 / rates[i] * 1e9;
        require_rate(&o[i], "throughput_per_s", 0.97 * rates[i], 1.03 * rates[i]);
        require_rate(&o[i], "latency.p50_ns", 0.9 * each_ns, 1.2 * each_ns);
    }
    double faster =
        figure(o[1].sample, "throughput_per_s") / figure(o[0].sample, "throughput_per_s");
    double slower = figure(o[1].sample, "latency.mean_ns") / figure(o[0].sample, "latency.mean_ns");
    double lost = fmax(lost_share(&o[0]), lost_share(&o[1]));
    const struct outcome *busier = lost_share(&o[0]) > lost_share(&o[1]) ? &o[0] : &o[1];
    REQUIRE(fabs(faster - 0.5) < 0.03 + lost, "half the speed, throughput x %.3f", faster);
    REQUIRE(fabs(slower - 2) < 0.2 + 4 * lost, "half the speed, latency x %.3f", slower);
    require_unless_busy(busier, fabs(faster - 0.5) < 0.03, 0, "half the speed, other throughput");
    require_unless_busy(busier, fabs(slower - 2) < 0.2, 0, "half the speed, other latency");
}

static void rate_limit(const struct truth *truth) {
    struct outcome open;
    load_fault_server(&open, truth, "--rate-limit 2000",
                      "--connections 20 --rate 4000 --duration 1 --drain 0.5");
    require_identities(open.sample, 64);
    double accounted = figure(open.sample, "messages") + figure(open.sample, "errors.timeout") +
                       figure(open.sample, "loadgen.unsent");
    require_equal(open.sample, "loadgen.offered", accounted);
    /* of 4000 offered in the window, and as many per second before it, half are answered in time */
    require_rate(&open, "loadgen.achieved_over_offered", 0.25, 0.55);
}

/* Who waits 2 ms for each answer uses next to no CPU, or all that it gets. */
static void spinning(const struct truth *truth) {
    static const char *const words[] = {"never", "auto", "always"};
    double cpu_pct[3];
    struct target target;
    target_start(&target, truth, FAULT, "--delay-us 2000");
    for (size_t i = 0; i < 3; i++) {
        struct outcome o;
        char args[96];
        snprintf(args, sizeof args, "--connections 1 --duration 0.5 --spin %s", words[i]);
        load(&o, truth, target.address, args);
        require_no_errors(o.sample);
        require_within(o.sample, "latency.hist.min", 2e6, INFINITY);
        /* turns that find nothing are no work */
        require_unless_busy(&o, figure(o.sample, "loadgen.busy_pct") <= 50, 0.25,
                            "turns that find nothing count as work");
        cpu_pct[i] = figure(o.sample, "loadgen.cpu_pct");
        /* who spins on an idle machine has the CPU, beside others what they leave */
        if (i == 2)
            require_unless_busy(&o, cpu_pct[2] > 3 * cpu_pct[0] && cpu_pct[2] > 3 * cpu_pct[1], 0.3,
                                "spinning uses no more CPU than waiting");
    }
    cJSON_Delete(target_stop(&target));
}

static double mean_of_step(const cJSON *sample, int index) {
    const cJSON *series = value_at(sample, "series");
    if (index < 0) index += cJSON_GetArraySize(series);
    return figure(cJSON_GetArrayItem(series, index), "mean_ns");
}

/* The first 100 answers take 100 ms each, so that 10 connections have them after 1 s; the others
 * take 2 ms. A warm-up that is too short leaves some of them in the window. Then it is the p99 and
 * the series that tell, and both must. After a warm-up that is long enough nothing is left. */
static void slow_start(const struct truth *truth) {
    static const char server[] = "--delay-us 2000 --slow-us 100000 --slow-first 100";
    struct outcome o;
    load_fault_server(&o, truth, server, "--connections 10 --duration 1");
    require_identities(o.sample, 64);
    /* three mean latencies */
    require_within(o.sample, "warmup_s", 0.3, INFINITY);
    bool seen = figure(o.sample, "latency.max_ns") >= 100 * MS;
    require_unless_busy(&o, seen, 0.2, "the window began after the slow start");
    if (seen) {
        require_time(&o, "latency.p99_ns", 100 * MS, 120 * MS);
        require_time(&o, "latency.p50_ns", 2 * MS, 20 * MS);
        require_unless_busy(&o, mean_of_step(o.sample, 0) >= 100 * MS, 0.2,
                            "the first step of the series is fast");
        require_unless_busy(&o, mean_of_step(o.sample, -1) < 20 * MS, 0.2,
                            "the last step of the series is slow");
    }
    load_fault_server(&o, truth, server, "--connections 10 --duration 0.5 --warmup 1.5");
    require_identities(o.sample, 64);
    require_time(&o, "latency.max_ns", 2 * MS, 50 * MS);
    /* an open loop that begins within it: a part of the arrivals is late, and no other */
    load_fault_server(&o, truth, "--delay-us 2000 --slow-us 100000 --slow-for-ms 800",
                      "--connections 100 --rate 1000 --outstanding 16 --duration 1");
    require_identities(o.sample, 64);
    require_time(&o, "latency.p50_ns", 2 * MS, 120 * MS);
    require_unless_busy(&o, figure(o.sample, "latency.p99_ns") >= 98 * MS, 0.2,
                        "the slow start is not in p99");
    require_unless_busy(&o, mean_of_step(o.sample, -1) < 20 * MS, 0.2,
                        "the last step of the series is slow");
}

const struct truth_case truth_timing[] = {
    {"fixed-delay-closed", fixed_delay_closed, 30, TIMED},
    {"fixed-delay-open", fixed_delay_open, 30, TIMED},
    {"queueing-is-latency", queueing_is_latency, 30, ONCE | TIMED},
    {"stall-open", stall_open, 40, NEEDS_SPEED | TIMED},
    {"stall-closed", stall_closed, 40, ONCE | NEEDS_SPEED | TIMED},
    {"half-speed", half_speed, 30, ONCE | TIMED},
    {"slow-start", slow_start, 40, ONCE | TIMED},
    {"rate-limit", rate_limit, 40, ONCE | TIMED},
    {"spinning", spinning, 20, TIMED},
    {NULL, NULL, 0, 0},
};
