/* truth_unanswered.c - servers that fall silent or stall: no message of the window vanishes. What
 * got no answer ranks above every answer, and a run without answers is no measurement. */
#include "base/os.h"

#include "tests/support/process.h"
#include "tests/truth/truth.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

/* ---- silence ---- */

/* One connection of 50 is silent after two echoes. It gets every 50th arrival, so that 2 % of all
 * are not answered, give or take four standard deviations: p90 is told, p99 is not. The schedule
 * alone determines how many these are; who loses the CPU is late with the two echoes, or with
 * others. */
static void silence_open(const struct truth *truth) {
    static const char *const loads[] = {"--outstanding 1", "--outstanding 4 --threads 2"};
    for (size_t i = 0; i < sizeof loads / sizeof loads[0]; i++) {
        char args[128];
        struct outcome o;
        snprintf(args, sizeof args,
                 "--connections 50 --rate 5000 --duration 1 --warmup 0.3 --drain 0.3 %s", loads[i]);
        load_fault_server(&o, truth, "--fault silence --fault-connection 7 --fault-at 128", args);
        require_identities(o.sample, 64);
        double offered = figure(o.sample, "loadgen.offered"), share = 0.02 * offered;
        double unanswered = figure(o.sample, "latency.hist.unanswered");
        require_equal(o.sample, "loadgen.offered",
                      figure(o.sample, "messages") + figure(o.sample, "errors.timeout") +
                          figure(o.sample, "loadgen.unsent"));
        require_unless_busy(&o, fabs(unanswered - share) <= 4 * sqrt(share), 0.1,
                            "not 2 % of the arrivals are without an answer");
        if (fabs(unanswered - share) > 4 * sqrt(share)) continue;
        REQUIRE(figure(o.sample, "latency.p90_ns") > 0, "no p90");
        REQUIRE(is_null(o.sample, "latency.p99_ns"), "p99 leaves out what got no answer");
        REQUIRE(is_null(o.sample, "latency.max_ns"), "a maximum without what got no answer");
        /* what was not sent has no service time */
        require_equal(o.sample, "service.hist.unanswered", figure(o.sample, "errors.timeout"));
    }
}

/* In a closed loop a silent connection costs one message, whenever it falls silent: after two
 * echoes, so that it starves, or after 300, which take 0.6 s. */
static void silence_closed(const struct truth *truth) {
    static const unsigned echoes[] = {2, 300};
    for (size_t i = 0; i < sizeof echoes / sizeof echoes[0]; i++) {
        char fault[128];
        struct outcome o;
        snprintf(fault, sizeof fault,
                 "--delay-us 2000 --fault silence --fault-connection 3 --fault-at %u",
                 64 * echoes[i]);
        load_fault_server(&o, truth, fault, "--connections 10 --duration 0.8 --drain 2");
        if (!fault_happened(&o)) continue;
        require_identities(o.sample, 64);
        require_equal(o.sample, "errors.timeout", 1);
        require_equal(o.sample, "latency.hist.unanswered", 1);
        REQUIRE(is_null(o.sample, "latency.max_ns"), "a maximum without what got no answer");
        double until_ns = (figure(o.sample, "warmup_s") + 0.8) * 1e9 - 2e6 * echoes[i];
        double oldest_ns = figure(o.sample, "loadgen.oldest_in_flight_ns");
        double slack_ns = 50 * MS + 2e9 * lost_share(&o);
        require_unless_busy(&o, oldest_ns <= until_ns + slack_ns, 0.1, "it was in flight too long");
        require_unless_busy(&o, i > 0 || oldest_ns >= 0.7 * until_ns - slack_ns, 0.1,
                            "it was in flight for longer than is told");
        require_equal(o.sample, "loadgen.starved_connections", oldest_ns > 400 * MS);
    }
}

/* ---- stalls ---- */

/* The server stops in the middle of the window and goes on after its end. No echo of the window
 * shows it; what is in flight at the end does. */
static void stall_at_the_edge(const struct truth *truth) {
    static const char *const loads[] = {"--connections 10", "--churn 500 --connections 20"};
    for (size_t i = 0; i < sizeof loads / sizeof loads[0]; i++) {
        struct target target;
        struct loader loader;
        struct outcome o;
        char args[128];
        snprintf(args, sizeof args, "%s --duration 1 --drain 5 --progress", loads[i]);
        target_start(&target, truth, FAULT, "--delay-us 2000");
        loader_start(&loader, truth, target.address, args);
        loader_await_phase(&loader, "window");
        loader_await_phase(&loader, "window"); /* 0.5 s of it are over */
        kill(target.pid, SIGSTOP);
        loader_await_phase(&loader, "drain");
        kill(target.pid, SIGCONT);
        loader_await(&loader, &o);
        REQUIRE(o.code == 0 && o.sample, "exit code %d: %s", o.code, o.error);
        require_identities(o.sample, 64);
        require_equal(o.sample, "latency.hist.unanswered", 0);
        double oldest_ns = figure(o.sample, "loadgen.oldest_in_flight_ns");
        require_unless_busy(&o, oldest_ns > 200 * MS, 0.1, "the stall is not told");
        require_unless_busy(&o, oldest_ns > 1.5 * figure(o.sample, "latency.hist.max"), 0.1,
                            "the stall is in no latency, and yet not longer than them");
        cJSON_Delete(target_stop(&target));
    }
}

/* Servers that are slow, always or with one message in a hundred, are not stalled at the end. */
static void slow_is_no_stall(const struct truth *truth) {
    static const char *const servers[] = {"--delay-us 500000",
                                          "--delay-us 2000 --slow-us 200000 --slow-pct 1"};
    for (size_t i = 0; i < sizeof servers / sizeof servers[0]; i++) {
        struct outcome o;
        load_fault_server(&o, truth, servers[i], "--connections 20 --duration 1.2");
        require_identities(o.sample, 64);
        require_equal(o.sample, "latency.hist.unanswered", 0);
        require_unless_busy(&o,
                            figure(o.sample, "loadgen.oldest_in_flight_ns") <
                                1.5 * figure(o.sample, "latency.hist.max"),
                            0.1, "a slow answer is taken for a stall");
    }
}

/* ---- no answer at all ---- */

/* Every connection stands, and no answer ever comes: exit code 3, the sample, and one line why. The
 * warm-up waits ten seconds for an answer, so that the loads wait side by side. */
static void silent_server(const struct truth *truth) {
    static const char *const loads[] = {
        "",         "--rate 500",     "--rate 500 --outstanding 8", "--churn 200",
        "--idle 3", "--newcomers 100"};
    enum { LOADS = sizeof loads / sizeof loads[0] };
    struct target target;
    struct loader loaders[LOADS];
    struct outcome o;
    target_start(&target, truth, FAULT, "--mute-from 0");
    for (size_t i = 0; i < LOADS; i++) {
        char args[128];
        snprintf(args, sizeof args, "--connections 5 --duration 0.3 --drain 0.2 %s", loads[i]);
        loader_start(&loaders[i], truth, target.address, args);
    }
    for (size_t i = 0; i < LOADS; i++) {
        loader_await(&loaders[i], &o);
        REQUIRE(o.code == 3 && o.sample, "%s: exit code %d: %s", loads[i], o.code, o.error);
        REQUIRE(o.error_lines == 1 && strstr(o.error, target.address) &&
                    strstr(o.error, "no message was answered in the window"),
                "%s: not one line why: %s", loads[i], o.error);
        require_identities(o.sample, 64);
        require_equal(o.sample, "messages", 0);
        /* of churn all five places are taken */
        REQUIRE(figure(o.sample, "latency.hist.unanswered") >= 5, "%s: they vanish", loads[i]);
        if (!is_null(o.sample, "newcomers"))
            require_equal(o.sample, "newcomers.hist.unanswered",
                          figure(o.sample, "loadgen.newcomers_offered"));
        if (!is_null(o.sample, "loadgen.oldest_in_flight_ns"))
            require_within(o.sample, "loadgen.oldest_in_flight_ns", 300 * MS, INFINITY);
    }
    cJSON_Delete(target_stop(&target));
}

/* A server that resets every connection: one line, and no figures where there was no window. */
static void every_connection_is_reset(const struct truth *truth) {
    static const char *const loads[] = {"--connections 5", "--connections 5 --rate 500",
                                        "--churn 200", "--connections 5 --newcomers 100"};
    struct target target;
    target_start(&target, truth, FAULT, "--fault turn-all-away --accept-delay-us 20000");
    for (size_t i = 0; i < sizeof loads / sizeof loads[0]; i++) {
        struct loader loader;
        struct outcome o;
        char args[128];
        snprintf(args, sizeof args, "--duration 0.3 --drain 0.2 %s", loads[i]);
        loader_start(&loader, truth, target.address, args);
        loader_await(&loader, &o);
        REQUIRE(o.code == 3 && o.error_lines == 1, "%s: exit code %d, %d lines: %s", loads[i],
                o.code, o.error_lines, o.error);
        if (o.sample) require_equal(o.sample, "messages", 0);
    }
    cJSON_Delete(target_stop(&target));
}

/* Newcomers without an answer are told; the load beside them was measured. */
static void silent_for_newcomers(const struct truth *truth) {
    struct target target;
    struct loader loader;
    struct outcome o;
    target_start(&target, truth, FAULT, "--mute-from 4");
    loader_start(&loader, truth, target.address,
                 "--connections 4 --newcomers 100 --duration 0.4 --drain 0.2");
    loader_await(&loader, &o);
    REQUIRE(o.code == 0 && o.sample, "exit code %d: %s", o.code, o.error);
    REQUIRE(o.error_lines == 1 && strstr(o.error, "newcomers was answered"), "not one line why: %s",
            o.error);
    require_identities(o.sample, 64);
    require_equal(o.sample, "newcomers.hist.unanswered",
                  figure(o.sample, "loadgen.newcomers_offered"));
    cJSON_Delete(target_stop(&target));
}

const struct truth_case truth_unanswered[] = {
    {"silence-open", silence_open, 30, 0},
    {"silence-closed", silence_closed, 30, 0},
    {"stall-at-the-edge", stall_at_the_edge, 40, ONCE | TIMED},
    {"slow-is-no-stall", slow_is_no_stall, 30, ONCE | TIMED},
    {"silent-server", silent_server, 40, ONCE},
    {"every-connection-is-reset", every_connection_is_reset, 30, ONCE},
    {"silent-for-newcomers", silent_for_newcomers, 20, ONCE},
    {NULL, NULL, 0, 0},
};
