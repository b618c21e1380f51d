/* truth_timing.c - known delays, stalls and rates must come out as what they are. */
#include "tests/truth/truth.h"

#include <math.h>
#include <stdio.h>

#define MS 1e6 /* ns */
#define FAULT "tests/fault-server"

/* N connections, D in flight on each, every echo after 20 ms: at most N x D / 20 ms, and by
 * Little's law exactly N x D over the mean latency. */
static void require_delay(const cJSON *sample, double in_flight) {
    double delay_ns = 20 * MS;
    require_identities(sample, 64);
    require_within(sample, "latency.hist.min", delay_ns, 1.1 * delay_ns);
    require_within(sample, "latency.p50_ns", delay_ns, 1.1 * delay_ns);
    double ceiling = in_flight / (delay_ns / 1e9);
    require_within(sample, "throughput_per_s", 0.9 * ceiling, 1.01 * ceiling);
    double in_flight_seen = figure(sample, "throughput_per_s") * figure(sample, "latency.mean_ns");
    REQUIRE(fabs(in_flight_seen / 1e9 / in_flight - 1) < 0.02,
            "throughput x mean latency is %.3f, in flight are %.0f", in_flight_seen / 1e9,
            in_flight);
    require_within(sample, "loadgen.littles_law_ratio", 0.98, 1.02);
}

static void fixed_delay_closed(const struct truth *truth) {
    struct target target;
    struct outcome depth_1, depth_4;
    target_start(&target, truth, FAULT, "--delay-us 20000");
    load(&depth_1, truth, target.address, "--connections 10 --duration 1.5");
    require_delay(depth_1.sample, 10);
    load(&depth_4, truth, target.address, "--connections 10 --depth 4 --duration 1.5");
    require_delay(depth_4.sample, 40);
    cJSON_Delete(target_stop(&target));
}

/* Two messages a second and connection: nobody waits for another, latency is the delay. */
static void fixed_delay_open(const struct truth *truth) {
    struct target target;
    struct outcome o;
    target_start(&target, truth, FAULT, "--delay-us 20000");
    load(&o, truth, target.address,
         "--connections 100 --rate 200 --arrival constant --duration 1 --outstanding 4");
    require_identities(o.sample, 64);
    require_equal(o.sample, "messages", 200);
    require_within(o.sample, "service.hist.min", 20 * MS, 22 * MS);
    require_within(o.sample, "service.p50_ns", 20 * MS, 22 * MS);
    require_within(o.sample, "latency.p50_ns", figure(o.sample, "service.p50_ns"), 22 * MS);
    cJSON_Delete(target_stop(&target));
}

/* One at a time on one connection, 100 arrivals a second, 20 ms each: every second arrival has to
 * wait for those before it, longer and longer. Service time stays 20 ms, latency cannot. */
static void queueing_is_latency(const struct truth *truth) {
    struct target target;
    struct outcome o;
    target_start(&target, truth, FAULT, "--delay-us 20000");
    load(&o, truth, target.address,
         "--connections 1 --rate 100 --arrival constant --duration 1 --warmup 0 --drain 4");
    require_within(o.sample, "service.p50_ns", 20 * MS, 22 * MS);
    /* arrival i of 100, due at 10 i ms, is answered at 20 (i + 1) ms, or later by what the machine
     * added to all before it, which service time tells */
    double service_ns = figure(o.sample, "service.mean_ns");
    require_within(o.sample, "latency.p50_ns", 450 * MS, 1.2 * (51 * service_ns - 500 * MS));
    require_within(o.sample, "latency.max_ns", 950 * MS, 1.2 * (100 * service_ns - 990 * MS));
    require_equal(o.sample, "messages", 100);
    require_equal(o.sample, "loadgen.offered", 100);
    cJSON_Delete(target_stop(&target));
}

/* A server that stops for 200 ms in every 2 s. Of the arrivals, which do not wait for answers, 10 %
 * fall into a stall and 1 % into its first 20 ms: those wait 180 ms or more, so p99 is 180 ms. With
 * 16 in flight per connection what has queued up is gone soon after. Newcomers do not wait either.
 * A closed loop sends nothing while it waits and hardly sees it. */
static void stall_open(const struct truth *truth) {
    struct target target;
    struct outcome o;
    target_start(&target, truth, FAULT, "--stall-ms 200 --stall-every-ms 2000");
    /* Noise makes the end of a stall later, never earlier. Three periods: what disturbs the end of
     * one stall counts a third. */
    load(&o, truth, target.address,
         "--connections 50 --rate 5000 --newcomers 500 --duration 6 --outstanding 16");
    require_identities(o.sample, 64);
    require_within(o.sample, "latency.p99_ns", 0.95 * 180 * MS, 1.1 * 180 * MS);
    require_within(o.sample, "latency.p50_ns", 0, 20 * MS);
    require_within(o.sample, "latency.max_ns", 190 * MS, 400 * MS);
    require_equal(o.sample, "loadgen.newcomers_answered",
                  figure(o.sample, "loadgen.newcomers_offered"));
    require_within(o.sample, "newcomers.p99_ns", 0.93 * 180 * MS, 1.15 * 180 * MS);
    require_within(o.sample, "newcomers.p50_ns", 0, 20 * MS);
    require_within(o.sample, "newcomers.max_ns", 190 * MS, 400 * MS);
    cJSON_Delete(target_stop(&target));
    case_note("p99 %.1f ms, of newcomers %.1f ms", figure(o.sample, "latency.p99_ns") / MS,
              figure(o.sample, "newcomers.p99_ns") / MS);
}

static void stall_closed(const struct truth *truth) {
    struct target target;
    struct outcome o;
    target_start(&target, truth, FAULT, "--stall-ms 200 --stall-every-ms 2000");
    load(&o, truth, target.address, "--connections 50 --duration 2");
    require_within(o.sample, "latency.p99_ns", 0, 20 * MS);
    require_within(o.sample, "latency.max_ns", 190 * MS, 400 * MS);
    cJSON_Delete(target_stop(&target));
    case_note("p99 %.1f ms", figure(o.sample, "latency.p99_ns") / MS);
}

/* A server, and one at half its speed: as long as messages wait, the limit's schedule makes up for
 * a pause, and 100 in flight are those of 50 and of 100 ms. */
static void half_speed(const struct truth *truth) {
    static const double rates[] = {2000, 1000};
    double throughput[2], latency_ns[2];
    for (size_t i = 0; i < 2; i++) {
        struct target target;
        struct outcome o;
        char limit[64];
        snprintf(limit, sizeof limit, "--rate-limit %.0f", rates[i]);
        target_start(&target, truth, FAULT, limit);
        load(&o, truth, target.address, "--connections 100 --duration 1");
        cJSON_Delete(target_stop(&target));
        require_within(o.sample, "throughput_per_s", 0.97 * rates[i], 1.03 * rates[i]);
        double each_ns = 100 / rates[i] * 1e9;
        require_within(o.sample, "latency.p50_ns", 0.9 * each_ns, 1.2 * each_ns);
        throughput[i] = figure(o.sample, "throughput_per_s");
        latency_ns[i] = figure(o.sample, "latency.mean_ns");
    }
    REQUIRE(fabs(throughput[1] / throughput[0] - 0.5) < 0.03, "half the speed, throughput x %.3f",
            throughput[1] / throughput[0]);
    REQUIRE(fabs(latency_ns[1] / latency_ns[0] - 2) < 0.2, "half the speed, latency x %.3f",
            latency_ns[1] / latency_ns[0]);
}

static void rate_limit(const struct truth *truth) {
    struct target target;
    struct outcome open;
    target_start(&target, truth, FAULT, "--rate-limit 2000");
    load(&open, truth, target.address, "--connections 20 --rate 4000 --duration 1 --drain 0.5");
    require_identities(open.sample, 64);
    /* of 4000 offered in the window, and as many per second before it, half are answered in time */
    require_within(open.sample, "loadgen.achieved_over_offered", 0.25, 0.55);
    double accounted = figure(open.sample, "messages") + figure(open.sample, "errors.timeout") +
                       figure(open.sample, "loadgen.unsent");
    require_equal(open.sample, "loadgen.offered", accounted);
    cJSON_Delete(target_stop(&target));
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
        require_within(o.sample, "loadgen.busy_pct", 0, 50);
        cpu_pct[i] = figure(o.sample, "loadgen.cpu_pct");
    }
    cJSON_Delete(target_stop(&target));
    REQUIRE(cpu_pct[2] > 3 * cpu_pct[0] && cpu_pct[2] > 3 * cpu_pct[1],
            "CPU is %.1f %% with never, %.1f %% with auto, %.1f %% with always", cpu_pct[0],
            cpu_pct[1], cpu_pct[2]);
}

const struct truth_case truth_timing[] = {
    {"fixed-delay-closed", fixed_delay_closed, 30, 0},
    {"fixed-delay-open", fixed_delay_open, 30, 0},
    {"queueing-is-latency", queueing_is_latency, 30, ONCE},
    {"stall-open", stall_open, 40, NEEDS_SPEED},
    {"stall-closed", stall_closed, 40, ONCE | NEEDS_SPEED},
    {"half-speed", half_speed, 30, ONCE},
    {"rate-limit", rate_limit, 40, ONCE},
    {"spinning", spinning, 20, 0},
    {NULL, NULL, 0, 0},
};
