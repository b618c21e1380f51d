/* truth_rotation.c - several targets in turns: the figures of each are its own, whatever the others
 * do. What one of them does wrong ends its own turns only. */
#include "base/os.h"

#include "tests/truth/truth.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { TARGETS_MOST = 3 };

/* A rotation and its servers. */
struct rotation {
    size_t targets;
    struct target target[TARGETS_MOST];
    cJSON *stats[TARGETS_MOST]; /* of each server, after its end */
    struct outcome o;
};

/* Puts load on servers, each given as program and words, in turns; stops them. */
static void rotate(struct rotation *r, const struct truth *truth,
                   const char *const servers[TARGETS_MOST][2], const char *args) {
    char words[768];
    struct loader loader;
    int used = snprintf(words, sizeof words, "%s", args);
    for (r->targets = 0; r->targets < TARGETS_MOST && servers[r->targets][0]; r->targets++) {
        struct target *t = &r->target[r->targets];
        target_start(t, truth, servers[r->targets][0], servers[r->targets][1]);
        used +=
            snprintf(words + used, sizeof words - (size_t)used, " --server-pid %s", t->pid_text);
        if (r->targets > 0)
            used +=
                snprintf(words + used, sizeof words - (size_t)used, " --connect %s", t->address);
    }
    loader_start(&loader, truth, r->target[0].address, words);
    loader_await(&loader, &r->o);
    for (size_t k = 0; k < r->targets; k++) r->stats[k] = target_stop(&r->target[k]);
    REQUIRE(r->o.sample, "no figures, exit code %d: %s", r->o.code, r->o.error);
}

static const cJSON *sample_of(const struct rotation *r, size_t target) {
    const cJSON *targets = value_at(r->o.sample, "targets");
    return cJSON_GetObjectItem(cJSON_GetArrayItem(targets, (int)target), "sample");
}

/* How many turns a target has taken; their sums are those of the sample. */
static int turns_of(const struct rotation *r, size_t target) {
    const cJSON *sample = sample_of(r, target), *item;
    double lengths = 0, messages = 0, answered = 0;
    int taken = 0;
    cJSON_ArrayForEach(item, value_at(sample, "slices.answered")) {
        answered += cJSON_IsNumber(item) ? item->valuedouble : 0;
    }
    cJSON_ArrayForEach(item, value_at(sample, "slices.length_ns")) {
        taken += cJSON_IsNumber(item);
        lengths += cJSON_IsNumber(item) ? item->valuedouble : 0;
    }
    cJSON_ArrayForEach(item, value_at(sample, "series")) messages += figure(item, "messages");
    require_within(sample, "window_s", lengths / 1e9 * 0.999, lengths / 1e9 * 1.001);
    require_equal(sample, "messages", messages);
    require_equal(sample, "loadgen.answered", answered);
    return taken;
}

/* A target that has done nothing wrong: all of its turns, all bytes, no error. */
static void require_untouched(const struct rotation *r, size_t target, int turns, double size) {
    const cJSON *sample = sample_of(r, target);
    REQUIRE(turns_of(r, target) == turns, "target %zu took not all turns", target);
    require_no_errors(sample);
    require_identities(sample, size);
    require_totals(sample, r->stats[target], figure(sample, "totals.connections"));
    require_equal(sample, "latency.hist.unanswered", 0);
    require_within(sample, "loadgen.littles_law_ratio", 0.9, 1.1);
}

/* ---- cases ---- */

/* Every load, with several threads, too; arrivals are the same for all targets. */
static void rotation_totals(const struct truth *truth) {
    static const struct {
        const char *args;
        double size;
    } loads[] = {
        {"--connections 20", 64},
        {"--connections 20 --threads 2 --depth 4 --size 3000 --idle 5", 3000},
        {"--connections 20 --rate 2000 --newcomers 200", 64},
        {"--connections 20 --rate 2000 --outstanding 4 --threads 3", 64},
        {"--connections 5 --newcomers 100 --size 100000", 100000},
    };
    static const char *const servers[TARGETS_MOST][2] = {
        {"echo-epoll", ""}, {"echo-threads", ""}, {"echo-poll", ""}};
    for (size_t i = 0; i < sizeof loads / sizeof loads[0]; i++) {
        char args[160];
        struct rotation r;
        snprintf(args, sizeof args, "--rotate 20ms --turns 6 --warmup 0.02 %s", loads[i].args);
        rotate(&r, truth, servers, args);
        REQUIRE(r.o.code == 0, "%s: exit code %d: %s", args, r.o.code, r.o.error);
        for (size_t k = 0; k < r.targets; k++) {
            require_untouched(&r, k, 6, loads[i].size);
            if (!is_null(sample_of(&r, k), "loadgen.offered"))
                require_equal(sample_of(&r, k), "loadgen.offered",
                              figure(sample_of(&r, 0), "loadgen.offered"));
            if (!is_null(sample_of(&r, k), "loadgen.newcomers_offered"))
                require_equal(sample_of(&r, k), "loadgen.newcomers_offered",
                              figure(sample_of(&r, 0), "loadgen.newcomers_offered"));
        }
    }
}

/* In each turn every target has its place. */
static void rotation_order(const struct truth *truth) {
    static const char *const servers[TARGETS_MOST][2] = {
        {"echo-epoll", ""}, {"echo-epoll", ""}, {"echo-epoll", ""}};
    enum { TURNS = 12 };
    struct rotation r;
    rotate(&r, truth, servers, "--rotate 5ms --turns 12 --warmup 0 --connections 2");
    const cJSON *turns = value_at(r.o.sample, "rotation.order"), *turn;
    double last_ns = 0;
    int n = 0;
    REQUIRE(cJSON_GetArraySize(turns) == TURNS, "%d turns", cJSON_GetArraySize(turns));
    cJSON_ArrayForEach(turn, turns) {
        const cJSON *place;
        unsigned seen = 0;
        cJSON_ArrayForEach(place, turn) {
            size_t k = (size_t)place->valuedouble;
            const cJSON *starts = value_at(sample_of(&r, k), "slices.start_ns");
            double start_ns = cJSON_GetArrayItem(starts, n)->valuedouble;
            REQUIRE(start_ns > last_ns, "turn %d: the order is not that of the starts", n);
            last_ns = start_ns;
            seen |= 1u << k;
        }
        REQUIRE(seen == 7, "turn %d: not every target once", n);
        n++;
    }
}

/* Fixed delays: each target has its own, and no trace of the other's. */
static void rotation_delays(const struct truth *truth) {
    static const char *const servers[TARGETS_MOST][2] = {{FAULT, "--delay-us 2000"},
                                                         {FAULT, "--delay-us 6000"}};
    struct rotation r;
    rotate(&r, truth, servers, "--rotate 100ms --turns 6 --connections 10");
    for (size_t k = 0; k < 2; k++) {
        double delay_ns = k ? 6 * MS : 2 * MS;
        struct outcome o = r.o; /* the machine's part of it */
        o.sample = (cJSON *)sample_of(&r, k);
        o.stats = r.stats[k];
        require_untouched(&r, k, 6, 64);
        require_time(&o, "latency.hist.min", delay_ns, 1.1 * delay_ns);
        require_time(&o, "latency.p50_ns", delay_ns, 1.1 * delay_ns);
        require_rate(&o, "throughput_per_s", 0.85 * 10e9 / delay_ns, 1.01 * 10e9 / delay_ns);
    }
}

/* One target stalls for 30 ms in every 100: its own latencies show that, those of the other are
 * shorter than any stall. */
static void rotation_stall(const struct truth *truth) {
    static const char *const servers[TARGETS_MOST][2] = {
        {FAULT, "--stall-ms 30 --stall-every-ms 100"}, {FAULT, "--delay-us 1000"}};
    struct rotation r;
    rotate(&r, truth, servers,
           "--rotate 150ms --turns 4 --connections 10 --rate 1000 --outstanding 64");
    struct outcome other = r.o;
    other.sample = (cJSON *)sample_of(&r, 1);
    other.stats = r.stats[1];
    require_untouched(&r, 0, 4, 64);
    require_untouched(&r, 1, 4, 64);
    require_within(sample_of(&r, 0), "latency.hist.max", 20 * MS, INFINITY);
    require_time(&other, "latency.p90_ns", 1 * MS, 10 * MS);
    require_time(&other, "latency.hist.max", 1 * MS, 20 * MS);
}

/* A target that goes wrong in its second turn or later: it says so and takes no more turns, the
 * other one takes all and has nothing of it. */
static void rotation_faults(const struct truth *truth) {
    static const struct {
        const char *server, *error, *counter;
        int code;
    } faults[] = {
        {"--fault wrong-byte --fault-at 6400", "wrong bytes", "errors.mismatch", 1},
        {"--fault silence --fault-at 6400", "", "errors.timeout", 0},
        {"--fault close --fault-at 6400", "", "errors.short", 0},
    };
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        char server[96];
        struct rotation r;
        snprintf(server, sizeof server, "--delay-us 1000 %s", faults[i].server);
        const char *const servers[TARGETS_MOST][2] = {{FAULT, server}, {"echo-epoll", ""}};
        rotate(&r, truth, servers,
               "--rotate 40ms --turns 6 --warmup 0.02 --connections 1 --drain 0.3");
        const cJSON *sample = sample_of(&r, 0);
        int taken = turns_of(&r, 0);
        require_untouched(&r, 1, 6, 64);
        REQUIRE(r.o.code == faults[i].code && strstr(r.o.error, faults[i].error),
                "%s: exit code %d: %s", server, r.o.code, r.o.error);
        require_equal(sample, faults[i].counter, 1);
        REQUIRE(taken > 0 && taken < 6, "%s: it took %d turns", server, taken);
    }
}

/* A target that was never there: no figures of it, all of the other's. */
static void rotation_absent(const struct truth *truth) {
    static const char *const servers[TARGETS_MOST][2] = {{FAULT, "--fault turn-all-away"},
                                                         {"echo-epoll", ""}};
    struct rotation r;
    rotate(&r, truth, servers, "--rotate 20ms --turns 4 --connections 5");
    require_untouched(&r, 1, 4, 64);
    REQUIRE(cJSON_IsNull(sample_of(&r, 0)), "figures of a target that turned all away");
    REQUIRE(r.o.code == 3, "exit code %d: %s", r.o.code, r.o.error);
}

const struct truth_case truth_rotation[] = {
    {"rotation-totals", rotation_totals, 60, 0},
    {"rotation-order", rotation_order, 20, ONCE},
    {"rotation-delays", rotation_delays, 20, NEEDS_SPEED | TIMED},
    {"rotation-stall", rotation_stall, 20, NEEDS_SPEED | TIMED | ONCE},
    {"rotation-faults", rotation_faults, 40, 0},
    {"rotation-absent", rotation_absent, 20, ONCE},
    {NULL, NULL, 0, 0},
};
