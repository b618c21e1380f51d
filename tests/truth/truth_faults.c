/* truth_faults.c - wrong, missing and misplaced bytes: each found, each counted once. */
#include "base/rng.h"

#include "tests/truth/truth.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

/* Loads a server with one fault. Returns whether the fault has happened; where it has not because
 * too few messages came, the case is spoilt. */
static bool load_fault(struct outcome *o, const struct truth *truth, const char *fault,
                       const char *args) {
    struct target target;
    struct loader loader;
    target_start(&target, truth, FAULT, fault);
    loader_start(&loader, truth, target.address, args);
    loader_await(&loader, o);
    o->stats = target_stop(&target);
    REQUIRE(o->sample, "no sample, exit code %d: %s", o->code, o->error);
    return fault_happened(o);
}

static void require_mismatch(const struct outcome *o, double count) {
    REQUIRE(o->code == 1, "wrong bytes, and yet exit code %d", o->code);
    REQUIRE(o->error_lines == 1, "not one line on stderr but %d: %s", o->error_lines, o->error);
    require_equal(o->sample, "errors.mismatch", count);
    require_equal(o->sample, "errors.connect", 0);
    require_equal(o->sample, "errors.reset", 0);
    require_equal(o->sample, "errors.short", 0);
}

/* One bit is flipped in the fourth message: in its first, a middle and its last byte. */
static void wrong_byte(const struct truth *truth) {
    static const unsigned sizes[] = {1, 7, 64, 65536};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (unsigned place = 0; place < 3; place++) {
            unsigned offset = place * (sizes[i] - 1) / 2;
            char fault[96], args[96];
            struct outcome o;
            if (place > 0 && sizes[i] == 1) break;
            snprintf(fault, sizeof fault, "--fault wrong-byte --fault-at %u",
                     3 * sizes[i] + offset);
            snprintf(args, sizeof args, "--connections 5 --duration 0.05 --warmup 0.05 --size %u",
                     sizes[i]);
            if (!load_fault(&o, truth, fault, args)) continue;
            require_mismatch(&o, 1);
            require_identities(o.sample, sizes[i]);
        }
    }
}

/* At places, in messages and of sizes that are drawn: every order of magnitude as often, and the
 * loops in turns. */
static void wrong_byte_anywhere(const struct truth *truth) {
    struct rng rng;
    rng_seed(&rng, truth->seed, 0);
    for (unsigned i = 0; i < 20; i++) {
        double power = (double)rng_below(&rng, 1000001) / 1e6;
        uint64_t size = (uint64_t)pow(300000, power), at = rng_below(&rng, 4 * size);
        bool open = i % 2;
        char fault[96], args[128];
        struct outcome o;
        snprintf(fault, sizeof fault, "--fault wrong-byte --fault-at %" PRIu64, at);
        snprintf(args, sizeof args,
                 "--connections 2 --warmup 0.05 --duration 0.05 --size %" PRIu64 "%s", size,
                 open ? " --rate 500" : "");
        if (!load_fault(&o, truth, fault, args)) continue;
        REQUIRE(o.code == 1 && figure(o.sample, "errors.mismatch") == 1,
                "seed %" PRIu64 ", draw %u: byte %" PRIu64 " of %s loop's messages of %" PRIu64
                " bytes was wrong; exit code %d, %.0f mismatches",
                truth->seed, i, at, open ? "an open" : "a closed", size, o.code,
                figure(o.sample, "errors.mismatch"));
        require_mismatch(&o, 1);
        require_identities(o.sample, (double)size);
        cJSON_Delete(o.sample);
    }
}

/* The same in an open loop and with messages in flight behind the wrong one. */
static void wrong_byte_loads(const struct truth *truth) {
    static const char *const loads[] = {"--depth 16", "--rate 2000", "--threads 2"};
    for (size_t i = 0; i < sizeof loads / sizeof loads[0]; i++) {
        char args[128];
        struct outcome o;
        snprintf(args, sizeof args, "--connections 4 --duration 0.3 --warmup 0.1 %s", loads[i]);
        if (load_fault(&o, truth, "--fault wrong-byte --fault-at 700", args))
            require_mismatch(&o, 1);
    }
}

/* A byte is missing: the next message's first byte stands in its place. */
static void lost_byte(const struct truth *truth) {
    struct outcome deep, single;
    if (load_fault(&deep, truth, "--fault lose-byte --fault-at 700",
                   "--connections 4 --depth 8 --duration 0.3"))
        require_mismatch(&deep, 1);
    /* with nothing behind it, it is awaited in vain */
    if (!load_fault(&single, truth, "--fault lose-byte --fault-at 703",
                    "--connections 4 --duration 0.3 --drain 0.3"))
        return;
    REQUIRE(single.code == 0, "exit code %d: %s", single.code, single.error);
    require_equal(single.sample, "errors.mismatch", 0);
    require_equal(single.sample, "errors.timeout", 1);
}

/* Answers that are all right but not here: the last one again, or another connection's. */
static void stale_answer(const struct truth *truth) {
    static const char *const loads[] = {"--size 64", "--size 8", "--size 1000"};
    for (size_t i = 0; i < sizeof loads / sizeof loads[0]; i++) {
        char args[128];
        struct outcome o;
        snprintf(args, sizeof args, "--connections 4 --duration 0.5 %s", loads[i]);
        if (load_fault(&o, truth, "--fault stale --fault-at 1500", args)) require_mismatch(&o, 1);
    }
}

static void swapped_answers(const struct truth *truth) {
    struct outcome o;
    if (load_fault(&o, truth, "--fault swap --fault-at 1500", "--connections 4 --duration 0.5"))
        require_mismatch(&o, 2);
}

/* A server that answers so many messages right and then lies. Nothing else is sent after the lie,
 * so it is known what was. */
static void lie_after_echoes(const struct truth *truth) {
    static const char *const lies[] = {"wrong-byte", "stale"};
    static const unsigned rights[] = {1, 1000, 5000};
    for (size_t i = 0; i < 6; i++) {
        unsigned right = rights[i / 2];
        char fault[96];
        struct outcome o;
        snprintf(fault, sizeof fault, "--fault %s --fault-at %u", lies[i % 2], 64 * right);
        if (!load_fault(&o, truth, fault, "--connections 1 --duration 5")) continue;
        require_mismatch(&o, 1);
        require_equal(o.sample, "totals.bytes_sent", 64.0 * (right + 1));
        require_equal(o.stats, "bytes_in", 64.0 * (right + 1));
    }
    /* deep in the stream, with right answers behind the lie; the other connection goes on */
    struct outcome o;
    if (!load_fault(&o, truth, "--fault wrong-byte --fault-at 1280000",
                    "--connections 2 --depth 64 --duration 2"))
        return;
    require_mismatch(&o, 1);
    REQUIRE(figure(o.sample, "fairness.echoes_max") > figure(o.sample, "fairness.echoes_min"),
            "the connection went on after 20000 right answers and a wrong one");
}

/* The connection ends in the middle of a message, or is reset; the others go on. */
static void ended_connection(const struct truth *truth) {
    struct outcome cut, reset;
    if (load_fault(&cut, truth, "--fault close --fault-at 700", "--connections 4 --duration 0.3")) {
        REQUIRE(cut.code == 0, "exit code %d: %s", cut.code, cut.error);
        require_equal(cut.sample, "errors.short", 1);
        require_equal(cut.sample, "errors.reset", 0);
        require_equal(cut.sample, "errors.mismatch", 0);
        /* it came in the warm-up */
        require_unless_busy(&cut, figure(cut.sample, "fairness.echoes_min") == 0, 0.1,
                            "the connection ended only in the window");
    }
    if (!load_fault(&reset, truth, "--fault reset --fault-at 700",
                    "--connections 4 --duration 0.3"))
        return;
    REQUIRE(reset.code == 0, "exit code %d: %s", reset.code, reset.error);
    require_equal(reset.sample, "errors.reset", 1);
    require_equal(reset.sample, "errors.short", 0);
    require_equal(reset.sample, "errors.mismatch", 0);
}

const struct truth_case truth_faults[] = {
    {"wrong-byte", wrong_byte, 40, 0},
    {"wrong-byte-anywhere", wrong_byte_anywhere, 60, 0},
    {"wrong-byte-loads", wrong_byte_loads, 30, 0},
    {"lost-byte", lost_byte, 30, 0},
    {"stale-answer", stale_answer, 30, 0},
    {"lie-after-echoes", lie_after_echoes, 60, 0},
    {"swapped-answers", swapped_answers, 20, 0},
    {"ended-connection", ended_connection, 30, 0},
    {NULL, NULL, 0, 0},
};
