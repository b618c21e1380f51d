/* truth_visits.c - short connections, as newcomers beside a load and as churn: their schedule,
 * their latency from the scheduled time, their counts and their errors. */
#include "tests/truth/truth.h"

#include <math.h>
#include <stdio.h>

/* Every visit that was scheduled in the window was answered. */
static void require_all_answered(const struct outcome *o) {
    double offered = figure(o->sample, "loadgen.newcomers_offered");
    require_equal(o->sample, "newcomers.hist.count",
                  figure(o->sample, "loadgen.newcomers_answered"));
    require_unless_busy(o, figure(o->sample, "loadgen.newcomers_answered") == offered, 0.4,
                        "newcomers without an answer");
    require_unless_busy(o, figure(o->sample, "connect.hist.count") == offered, 0.4,
                        "newcomers without a connection");
}

/* Every visit of the window has one end. */
static void require_accounted(const cJSON *sample) {
    static const char *const ends[] = {"loadgen.newcomers_answered",
                                       "errors.connect",
                                       "errors.reset",
                                       "errors.timeout",
                                       "errors.short",
                                       "errors.mismatch"};
    double sum = is_null(sample, "loadgen.offered") ? 0 : figure(sample, "loadgen.unsent");
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) sum += figure(sample, ends[i]);
    require_equal(sample, "loadgen.newcomers_offered", sum);
}

/* Both ends agree to the byte and the connection. */
static void visit_totals(const struct truth *truth) {
    static const struct {
        const char *args;
        double size;
    } loads[] = {
        {"--churn 500", 64},
        {"--churn 500 --churn-echoes 5 --threads 2 --connections 40", 64},
        {"--churn 100 --idle 20 --size 100000", 100000},
        {"--churn 500 --connections 3 --size 1", 1},
        {"--connections 10 --newcomers 300", 64},
        {"--connections 10 --newcomers 300 --depth 4 --size 3000", 3000},
        {"--connections 10 --rate 2000 --newcomers 300 --threads 2 --idle 5", 64},
    };
    static const char *const servers[] = {"echo-epoll", "echo-threads"};
    for (size_t i = 0; i < 2 * sizeof loads / sizeof loads[0]; i++) {
        struct target target;
        struct outcome o;
        char args[128];
        snprintf(args, sizeof args, "--duration 0.1 %s", loads[i / 2].args);
        target_start(&target, truth, servers[i % 2], "");
        load(&o, truth, target.address, args);
        cJSON *stats = target_stop(&target);
        require_no_errors(o.sample);
        require_totals(o.sample, stats, figure(o.sample, "totals.connections"));
        require_identities(o.sample, loads[i / 2].size);
        require_all_answered(&o);
    }
}

/* A server that serves a connection 20 ms after it came, or answers after 20 ms: so long is the way
 * to the first echo, and the connect takes no part of it. */
static void newcomer_delay(const struct truth *truth) {
    static const char *const servers[] = {"--accept-delay-us 20000", "--delay-us 20000"};
    for (size_t i = 0; i < sizeof servers / sizeof servers[0]; i++) {
        struct outcome o;
        load_fault_server(&o, truth, servers[i], "--connections 4 --newcomers 200 --duration 1");
        require_no_errors(o.sample);
        require_identities(o.sample, 64);
        require_all_answered(&o);
        require_within(o.sample, "loadgen.newcomers_offered", 200 - 4 * sqrt(200),
                       200 + 4 * sqrt(200));
        require_time(&o, "newcomers.hist.min", 20 * MS, 22 * MS);
        require_time(&o, "newcomers.p50_ns", 20 * MS, 22 * MS);
        require_time(&o, "connect.p50_ns", 0, 10 * MS);
        require_time(&o, "latency.p50_ns", i ? 20 * MS : 0, i ? 22 * MS : 10 * MS);
        REQUIRE(is_null(o.sample, "loadgen.offered"), "offered is of the main load, a closed loop");
    }
}

/* The main load's arrivals are the same with newcomers, and newcomers the same beside any load. */
static void schedules_apart(const struct truth *truth) {
    struct target target;
    struct outcome alone, with, other;
    target_start(&target, truth, "echo-epoll", "");
    load(&alone, truth, target.address, "--connections 9 --rate 3000 --duration 0.5 --seed 7");
    load(&with, truth, target.address,
         "--connections 9 --rate 3000 --duration 0.5 --seed 7 --newcomers 300");
    load(&other, truth, target.address, "--duration 0.5 --seed 7 --newcomers 300");
    cJSON_Delete(target_stop(&target));
    require_equal(with.sample, "loadgen.offered", figure(alone.sample, "loadgen.offered"));
    require_equal(with.sample, "fairness.echoes_max", figure(alone.sample, "fairness.echoes_max"));
    require_equal(with.sample, "fairness.echoes_min", figure(alone.sample, "fairness.echoes_min"));
    require_equal(other.sample, "loadgen.newcomers_offered",
                  figure(with.sample, "loadgen.newcomers_offered"));
    require_within(with.sample, "loadgen.newcomers_offered", 150 - 4 * sqrt(150),
                   150 + 4 * sqrt(150));
    REQUIRE(is_null(alone.sample, "newcomers") && is_null(alone.sample, "connect") &&
                is_null(alone.sample, "loadgen.newcomers_offered") &&
                is_null(alone.sample, "loadgen.newcomers_answered"),
            "figures of newcomers where there are none");
}

/* Churn offers what its schedule says, and every connection carries K messages and no more. */
static void churn_schedule(const struct truth *truth) {
    static const char *const threads[] = {"1", "2"};
    for (size_t i = 0; i < 2; i++) {
        struct outcome o;
        char args[128];
        snprintf(args, sizeof args,
                 "--churn 400 --churn-echoes 3 --arrival constant --duration 1 --threads %s",
                 threads[i]);
        load_fault_server(&o, truth, "", args);
        require_no_errors(o.sample);
        require_identities(o.sample, 64);
        require_all_answered(&o);
        require_equal(o.sample, "loadgen.offered", 400);
        require_equal(o.sample, "loadgen.newcomers_offered", 400);
        require_unless_busy(&o, figure(o.sample, "loadgen.unsent") == 0, 0.4, "arrivals unsent");
        require_equal(o.sample, "loadgen.starved_connections", 0);
        require_rate(&o, "loadgen.achieved_over_offered", 0.8, 1);
        require_rate(&o, "messages", 0.8 * 1200, 1.2 * 1200);
        require_totals(o.sample, o.stats, figure(o.sample, "totals.connections"));
        require_equal(o.stats, "bytes_in", 3 * 64 * figure(o.stats, "accepted"));
        REQUIRE(is_null(o.sample, "fairness"), "fairness among connections that do not last");
    }
}

/* Three echoes after 20 ms each: latency is each echo's own. */
static void churn_delay(const struct truth *truth) {
    struct outcome o;
    load_fault_server(&o, truth, "--delay-us 20000", "--churn 100 --churn-echoes 3 --duration 1");
    require_identities(o.sample, 64);
    require_all_answered(&o);
    require_within(o.sample, "loadgen.littles_law_ratio", 0.95, 1.05);
    require_time(&o, "latency.hist.min", 20 * MS, 22 * MS);
    require_time(&o, "latency.p50_ns", 20 * MS, 22 * MS);
    require_time(&o, "service.p50_ns", 20 * MS, 22 * MS);
    require_time(&o, "newcomers.p50_ns", 20 * MS, 23 * MS);
    require_time(&o, "connect.p50_ns", 0, 10 * MS);
}

/* Four at once, 20 ms each, are at most 200 a second; 400 come. What waits grows older, up to half
 * of what the run has lasted, and what is not begun by the middle of the drain is told. */
static void churn_saturated(const struct truth *truth) {
    struct outcome o;
    load_fault_server(&o, truth, "--delay-us 20000",
                      "--churn 400 --arrival constant --connections 4 --duration 1 --drain 0.5");
    require_identities(o.sample, 64);
    require_equal(o.sample, "loadgen.offered", 400);
    require_within(o.sample, "loadgen.achieved_over_offered", 0, 0.5);
    require_within(o.sample, "messages", 0, 204);
    require_rate(&o, "loadgen.achieved_over_offered", 0.1, 0.5);
    require_rate(&o, "messages", 100, 204);
    require_rate(&o, "loadgen.unsent", 100, 399);
    require_time(&o, "newcomers.hist.max", 500 * MS, 1500 * MS);
    require_time(&o, "latency.p50_ns", 20 * MS, 23 * MS);
    require_no_errors(o.sample);
    require_accounted(o.sample);
    require_totals(o.sample, o.stats, figure(o.sample, "totals.connections"));
}

/* One wrong thing, to one short connection. */
static void visit_faults(const struct truth *truth) {
    static const struct {
        const char *fault, *args, *error;
        int code;
    } cases[] = {
        {"wrong-byte --fault-at 10", "--newcomers 400 --connections 2", "errors.mismatch", 1},
        {"wrong-byte --fault-at 63", "--churn 400", "errors.mismatch", 1},
        {"wrong-byte --fault-at 130", "--churn 400 --churn-echoes 5", "errors.mismatch", 1},
        {"stale --fault-at 130", "--churn 400 --churn-echoes 5", "errors.mismatch", 1},
        {"lose-byte --fault-at 63", "--newcomers 400 --connections 2", "errors.timeout", 0},
        {"close --fault-at 10", "--newcomers 400 --connections 2", "errors.short", 0},
        {"close --fault-at 64", "--churn 400 --churn-echoes 5", "errors.short", 0},
        {"reset --fault-at 10", "--newcomers 400 --connections 2", "errors.reset", 0},
        {"turn-away --accept-delay-us 50000", "--churn 400", "errors.reset", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct target target;
        struct loader loader;
        struct outcome o;
        char server[128], args[128];
        /* the 120th is one of the window's */
        snprintf(server, sizeof server, "--fault-connection 120 --fault %s", cases[i].fault);
        snprintf(args, sizeof args, "--duration 0.4 --drain 0.3 %s", cases[i].args);
        target_start(&target, truth, FAULT, server);
        loader_start(&loader, truth, target.address, args);
        loader_await(&loader, &o);
        o.stats = target_stop(&target);
        if (!fault_happened(&o)) continue;
        REQUIRE(o.code == cases[i].code && o.sample, "%s: exit code %d: %s", cases[i].fault, o.code,
                o.error);
        require_equal(o.sample, cases[i].error, 1);
        require_accounted(o.sample);
        require_identities(o.sample, 64);
    }
}

/* The answer that belongs to one short connection comes to another, and the other way round. */
static void visits_swapped(const struct truth *truth) {
    struct target target;
    struct loader loader;
    struct outcome o;
    target_start(&target, truth, FAULT, "--delay-us 20000 --fault swap --fault-connection 40");
    loader_start(&loader, truth, target.address, "--churn 400 --duration 0.5");
    loader_await(&loader, &o);
    o.stats = target_stop(&target);
    if (!fault_happened(&o)) return;
    REQUIRE(o.code == 1 && o.sample, "exit code %d: %s", o.code, o.error);
    require_equal(o.sample, "errors.mismatch", 2);
}

/* A server that lets everybody in and never answers who came late. */
static void visits_unanswered(const struct truth *truth) {
    struct outcome beside, churn;
    load_fault_server(&beside, truth, "--mute-from 4",
                      "--connections 4 --newcomers 100 --duration 0.5 --drain 0.3");
    double offered = figure(beside.sample, "loadgen.newcomers_offered");
    REQUIRE(offered > 0 && figure(beside.sample, "messages") > 0, "nothing was measured");
    require_equal(beside.sample, "errors.timeout", offered);
    require_equal(beside.sample, "connect.hist.count", offered);
    require_equal(beside.sample, "newcomers.hist.count", 0);
    require_accounted(beside.sample);
    require_identities(beside.sample, 64);
    require_within(beside.sample, "loadgen.littles_law_ratio", 0.97, 1.03);
    /* of churn, eight stay unanswered; the others find none of the eight places */
    load_fault_server(&churn, truth, "--mute-from 200",
                      "--churn 400 --arrival constant --connections 8 --duration 0.7 --drain 0.3");
    require_equal(churn.sample, "errors.timeout", 8);
    require_accounted(churn.sample);
    require_identities(churn.sample, 64);
    require_unless_busy(&churn, figure(churn.sample, "loadgen.unsent") > 100, 0.4,
                        "too few were left unsent");
}

const struct truth_case truth_visits[] = {
    {"visit-totals", visit_totals, 60, 0},
    {"newcomer-delay", newcomer_delay, 30, TIMED},
    {"schedules-apart", schedules_apart, 30, ONCE},
    {"churn-schedule", churn_schedule, 30, TIMED},
    {"churn-delay", churn_delay, 30, TIMED},
    {"churn-saturated", churn_saturated, 30, ONCE | TIMED},
    {"visit-faults", visit_faults, 60, 0},
    {"visits-swapped", visits_swapped, 20, 0},
    {"visits-unanswered", visits_unanswered, 30, 0},
    {NULL, NULL, 0, 0},
};
