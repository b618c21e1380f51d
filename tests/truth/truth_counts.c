/* truth_counts.c - what must agree: both ends' totals, schedules and counts, Little's law. */
#include "tests/truth/truth.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void totals(const struct truth *truth) {
    static const struct {
        const char *args;
        double connections, size;
    } loads[] = {
        {"--connections 50 --duration 0.1", 50, 64},
        {"--connections 10 --depth 16 --duration 0.1", 10, 64},
        {"--connections 10 --depth 4 --size 100000 --duration 0.1", 10, 100000},
        {"--connections 20 --threads 2 --size 1 --duration 0.1", 20, 1},
        {"--connections 50 --rate 5000 --duration 0.1", 50, 64},
        {"--connections 9 --rate 5000 --arrival constant --outstanding 8 --duration 0.1", 9, 64},
    };
    static const char *const servers[] = {"echo-epoll", FAULT};
    for (size_t i = 0; i < 2 * sizeof loads / sizeof loads[0]; i++) {
        struct target target;
        struct outcome o;
        target_start(&target, truth, servers[i % 2], "");
        load(&o, truth, target.address, loads[i / 2].args);
        cJSON *stats = target_stop(&target);
        require_no_errors(o.sample);
        require_totals(o.sample, stats, loads[i / 2].connections);
        require_identities(o.sample, loads[i / 2].size);
    }
}

/* The time integral of outstanding messages, against throughput x mean latency. */
static void littles_law(const struct truth *truth) {
    static const struct {
        const char *args;
        double in_flight;
        bool inexact;
    } loads[] = {
        {"--connections 1 --duration 0.3", 1, false},
        {"--connections 50 --duration 0.3", 50, true},
        {"--connections 50 --depth 8 --duration 0.3", 400, false},
        {"--connections 8 --size 100000 --duration 0.5", 8, false},
        {"--connections 50 --rate 5000 --duration 0.3", 50, false},
        {"--connections 50 --threads 2 --duration 0.3", 50, false},
        {"--churn 400 --churn-echoes 3 --duration 0.5", 50, false},
        {"--churn 400 --churn-echoes 3 --threads 2 --duration 0.5", 50, false},
    };
    struct target target;
    target_start(&target, truth, "echo-epoll", "");
    for (size_t i = 0; i < sizeof loads / sizeof loads[0]; i++) {
        struct outcome o;
        load(&o, truth, target.address, loads[i].args);
        double slack = 0.02 + loads[i].in_flight / figure(o.sample, "messages");
        double ratio = figure(o.sample, "loadgen.littles_law_ratio");
        /* only of many small messages the load generator does not account for each by itself */
        double inexact = loads[i].inexact ? lost_share(&o) : 0;
        REQUIRE(fabs(ratio - 1) <= slack + inexact, "%s: ratio %.4f, allowed are 1 +- %.4f",
                loads[i].args, ratio, slack + inexact);
        require_unless_busy(&o, fabs(ratio - 1) <= slack, 0, "Little's law does not hold");
    }
    cJSON_Delete(target_stop(&target));
}

/* A constant schedule has exactly rate x window arrivals wherever the window starts. */
static void constant_schedule(const struct truth *truth) {
    static const char *const threads[] = {"1", "2"};
    struct target target;
    target_start(&target, truth, "echo-epoll", "");
    for (size_t i = 0; i < 2; i++) {
        char args[128];
        struct outcome o;
        snprintf(args, sizeof args,
                 "--connections 20 --rate 5000 --arrival constant --duration 0.5 --threads %s",
                 threads[i]);
        load(&o, truth, target.address, args);
        require_equal(o.sample, "loadgen.offered", 2500);
        require_within(o.sample, "messages", 0, 2500);
        require_unless_busy(&o, figure(o.sample, "messages") == 2500, 0.2,
                            "arrivals without an answer");
    }
    cJSON_Delete(target_stop(&target));
}

/* A Poisson schedule has about as many, and the same seed the very same ones. */
static void poisson_schedule(const struct truth *truth) {
    struct target target;
    struct outcome a, b, other;
    const char *args = "--connections 20 --rate 5000 --duration 1 --seed 7";
    target_start(&target, truth, "echo-epoll", "");
    load(&a, truth, target.address, args);
    load(&b, truth, target.address, args);
    load(&other, truth, target.address, "--connections 20 --rate 5000 --duration 1 --seed 8");
    require_within(a.sample, "loadgen.offered", 5000 - 4 * sqrt(5000), 5000 + 4 * sqrt(5000));
    require_within(other.sample, "loadgen.offered", 5000 - 4 * sqrt(5000), 5000 + 4 * sqrt(5000));
    require_equal(b.sample, "loadgen.offered", figure(a.sample, "loadgen.offered"));
    cJSON_Delete(target_stop(&target));
}

/* The window is measured, and so is the rate. */
static void window_measured(const struct truth *truth) {
    struct target target;
    struct outcome o;
    target_start(&target, truth, "echo-epoll", "");
    load(&o, truth, target.address, "--connections 5 --duration 0.7 --warmup 0.2");
    require_within(o.sample, "window_s", 0.699, INFINITY);
    require_rate(&o, "window_s", 0.699, 0.75);
    require_within(o.sample, "warmup_s", 0.199, INFINITY);
    require_rate(&o, "warmup_s", 0.199, 0.6);
    require_identities(o.sample, 64);
    REQUIRE(strcmp(cJSON_GetStringValue(
                       cJSON_GetObjectItem(cJSON_GetObjectItem(o.sample, "latency"), "basis")),
                   "service") == 0,
            "a closed loop's latency is not labelled as service time");
    REQUIRE(is_null(o.sample, "loadgen.offered") &&
                is_null(o.sample, "loadgen.achieved_over_offered") &&
                is_null(o.sample, "loadgen.send_lag_p99_ns"),
            "figures of an open loop in a closed one");
    cJSON_Delete(target_stop(&target));
}

/* --server-pid: a server that burns 200 us an echo uses at least most of that; without it, null. */
static void server_cpu(const struct truth *truth) {
    static const char *const figures[] = {"cpu_ns",        "cpu_ns_per_echo", "echoes_per_cpu_s",
                                          "ctx_voluntary", "ctx_involuntary", "rss_bytes",
                                          "cpu_user_s",    "cpu_sys_s"};
    struct target target;
    struct outcome with, without;
    char args[128], path[64];
    target_start(&target, truth, "echo-epoll", "--burn-ns 200000");
    snprintf(args, sizeof args, "--connections 4 --duration 0.5 --server-pid %s", target.pid_text);
    load(&with, truth, target.address, args);
    load(&without, truth, target.address, "--connections 4 --duration 0.1");
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        snprintf(path, sizeof path, "server.%s", figures[i]);
        /* user and system time come in ticks; a server that gets no CPU uses none */
        bool known = !is_null(with.sample, path);
        require_unless_busy(&with, known, 0.3, "a figure of the server's CPU time is missing");
        if (known) REQUIRE(figure(with.sample, path) >= 0, "%s is negative", path);
        REQUIRE(is_null(without.sample, path), "%s without --server-pid", path);
    }
    require_within(with.sample, "server.cpu_ns_per_echo", 0.8 * 200000, INFINITY);
    require_rate(&with, "server.cpu_ns_per_echo", 0.8 * 200000, 3.0 * 200000);
    double product = figure(with.sample, "server.cpu_ns_per_echo") *
                     figure(with.sample, "server.echoes_per_cpu_s");
    REQUIRE(fabs(product / 1e9 - 1) < 1e-6, "echoes_per_cpu_s is not 1e9 over cpu_ns_per_echo");
    require_within(with.sample, "server.rss_bytes", 500e3, 500e6);
    /* one thread cannot use more than the window */
    require_rate(&with, "server.cpu_ns", 0, 1.01e9 * figure(with.sample, "window_s"));
    cJSON_Delete(target_stop(&target));
}

const struct truth_case truth_counts[] = {
    {"totals", totals, 60, 0},
    {"littles-law", littles_law, 40, NEEDS_SPEED | TIMED},
    {"constant-schedule", constant_schedule, 30, ONCE | TIMED},
    {"poisson-schedule", poisson_schedule, 30, ONCE},
    {"window-measured", window_measured, 20, ONCE | TIMED},
    {"server-cpu", server_cpu, 20, ONCE | TIMED},
    {NULL, NULL, 0, 0},
};
