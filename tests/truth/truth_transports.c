/* truth_transports.c - all transports tell the same of the same server; and what one that stamps
 * wrongly tells is found out. */
#include "tests/support/process.h"
#include "tests/truth/truth.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define DELAY_NS 2e6

#define EXCESS_MAX 1.0   /* over what arithmetic says, at most: a busy machine */
#define EXCESS_GOOD 0.25 /* then it is asked no more */
#define APART_MAX 0.4    /* of the excesses, because all meet the same machine */

enum { TRANSPORTS_MAX = 8, ROUNDS = 2, ROUNDS_MAX = 6 };

/* What one transport told of the delay server: the least of its rounds, since noise only adds, and
 * the most it got through. */
struct told {
    char name[32];                     /* of the transport */
    double p50_ns, p99_ns, mean_ns;    /* service */
    double throughput_per_s;           /* the most */
    double messages, busiest, laziest; /* of the open loop: counts */
    bool complete;                     /* every arrival of the open loop was answered */
    struct outcome busy;               /* the run that the machine disturbed most */
};

static int list_transports(const struct truth *truth, struct told *told) {
    static char text[65536], path[512], describe[] = "--describe";
    char *argv[] = {path, describe, NULL};
    snprintf(path, sizeof path, "%s/%s", truth->bin, truth->loadgen);
    REQUIRE(process_collect(argv, text, sizeof text) == 0, "loadgen does not describe itself");
    cJSON *json = cJSON_Parse(text);
    const cJSON *item;
    int count = 0;
    cJSON_ArrayForEach(item, value_at(json, "describe.transports")) {
        REQUIRE(count < TRANSPORTS_MAX && cJSON_IsString(item), "not a list of transports: %s",
                text);
        told[count] = (struct told){.p50_ns = INFINITY, .p99_ns = INFINITY, .mean_ns = INFINITY};
        snprintf(told[count++].name, sizeof told[0].name, "%s", item->valuestring);
    }
    REQUIRE(count > 0, "loadgen has no transport: %s", text);
    cJSON_Delete(json);
    return count;
}

/* 20 connections and 2 ms: at most 10000 a second. */
static void ask_closed(struct told *t, const struct truth *truth, const char *address) {
    struct truth with = *truth;
    struct outcome o;
    with.transport = t->name;
    load(&o, &with, address, "--connections 20 --duration 0.5");
    require_no_errors(o.sample);
    require_identities(o.sample, 64);
    require_time(&o, "latency.hist.min", DELAY_NS, INFINITY);
    /* a connection ends one message more than fit into the window, if one began before it */
    require_within(o.sample, "messages", 0, 20 * (0.5 / (DELAY_NS / 1e9) + 1));
    require_within(o.sample, "loadgen.littles_law_ratio", 0.98, 1.02);
    if (!t->busy.sample || lost_share(&o) > lost_share(&t->busy)) t->busy = o;
    t->p50_ns = fmin(t->p50_ns, figure(o.sample, "service.p50_ns"));
    if (!is_null(o.sample, "service.p99_ns")) /* there were not enough messages for it */
        t->p99_ns = fmin(t->p99_ns, figure(o.sample, "service.p99_ns"));
    t->mean_ns = fmin(t->mean_ns, figure(o.sample, "service.mean_ns"));
    t->throughput_per_s = fmax(t->throughput_per_s, figure(o.sample, "throughput_per_s"));
}

/* What is offered to whom is the seed's, so that all count the same to the last message. */
static void ask_open(struct told *t, const struct truth *truth, const char *address) {
    struct truth with = *truth;
    struct outcome o;
    with.transport = t->name;
    load(&o, &with, address, "--connections 20 --rate 2000 --duration 0.5 --seed 7");
    require_no_errors(o.sample);
    t->complete = figure(o.sample, "messages") == figure(o.sample, "loadgen.offered");
    require_unless_busy(&o, t->complete, 0.4, "arrivals without an answer");
    require_time(&o, "service.hist.min", DELAY_NS, INFINITY);
    t->messages = figure(o.sample, "messages");
    t->busiest = figure(o.sample, "fairness.echoes_max");
    t->laziest = figure(o.sample, "fairness.echoes_min");
}

/* How far the largest of a figure is above 2 ms; of throughput, the ceiling above the least. */
static double excess(const struct told *told, int count) {
    double most = 0;
    for (int i = 0; i < count; i++) {
        most = fmax(most, told[i].p50_ns / DELAY_NS - 1);
        most = fmax(most, told[i].mean_ns / DELAY_NS - 1);
        most = fmax(most, 20 / (DELAY_NS / 1e9) / told[i].throughput_per_s - 1);
        most = fmax(most, (told[i].p99_ns / DELAY_NS - 1) / 4); /* a tail has more of the noise */
    }
    return most;
}

static void transports_agree(const struct truth *truth) {
    struct target target;
    struct told told[TRANSPORTS_MAX];
    int count = list_transports(truth, told);
    target_start(&target, truth, FAULT, "--delay-us 2000");
    for (int i = 0; i < count; i++) {
        ask_open(&told[i], truth, target.address);
        if (!told[i].complete || !told[0].complete) continue;
        REQUIRE(told[i].messages == told[0].messages && told[i].busiest == told[0].busiest &&
                    told[i].laziest == told[0].laziest,
                "%s counts %.0f messages, %.0f to %.0f a connection; %s %.0f, %.0f to %.0f",
                told[i].name, told[i].messages, told[i].laziest, told[i].busiest, told[0].name,
                told[0].messages, told[0].laziest, told[0].busiest);
    }
    for (int round = 0; round < ROUNDS || (round < ROUNDS_MAX && excess(told, count) > EXCESS_GOOD);
         round++)
        for (int i = 0; i < count; i++) ask_closed(&told[i], truth, target.address);
    cJSON_Delete(target_stop(&target));
    double least = INFINITY;
    for (int i = 0; i < count; i++) least = fmin(least, excess(&told[i], 1));
    for (int i = 0; i < count; i++) {
        char what[160];
        double most = fmin(EXCESS_MAX, least + APART_MAX);
        snprintf(
            what, sizeof what,
            "%.31s: of a delay of 2 ms it says p50 %.2f, p99 %.2f, mean %.2f ms, %.0f a second",
            told[i].name, told[i].p50_ns / MS, told[i].p99_ns / MS, told[i].mean_ns / MS,
            told[i].throughput_per_s);
        require_unless_busy(&told[i].busy, excess(&told[i], 1) <= most,
                            (excess(&told[i], 1) - most) / (1 + excess(&told[i], 1)), what);
    }
    case_note("%d transports, %.1f %% above arithmetic at most", count, 100 * excess(told, count));
}

/* Answers stamped once per turn, while one is looked at 50 deep: messages of which the work has
 * piled up at the load generator are taken for answered. Large ones, so that work there is. */
static void cached_clock(const struct truth *truth) {
    const char *args = "--connections 50 --size 16384 --duration 0.5 --transport epoll";
    struct truth with = *truth;
    struct target target;
    struct outcome right, wrong;
    with.loadgen = "tests/loadgen-cached-clock";
    target_start(&target, truth, "echo-epoll", "");
    load(&right, truth, target.address, args);
    load(&wrong, &with, target.address, args);
    cJSON_Delete(target_stop(&target));
    double slack = 0.02 + 50 / figure(right.sample, "messages");
    require_within(right.sample, "loadgen.littles_law_ratio", 1 - slack, 1 + slack);
    /* where the load generator often waits for a CPU, it finds fewer answers in a turn */
    slack = 0.02 + 50 / figure(wrong.sample, "messages");
    require_unless_busy(&wrong, figure(wrong.sample, "loadgen.littles_law_ratio") > 1 + slack, 0.2,
                        "the clock that stands still is not found out");
    case_note("ratio %.2f", figure(wrong.sample, "loadgen.littles_law_ratio"));
}

const struct truth_case truth_transports[] = {
    {"transports-agree", transports_agree, 60, ONCE | NEEDS_SPEED | TIMED},
    {"cached-clock", cached_clock, 20, ONCE | NEEDS_SPEED | TIMED},
    {NULL, NULL, 0, 0},
};
