/* truth_idle.c - connections that stay silent: there, counted, and left alone. */
#include "tests/truth/truth.h"

#include <stdio.h>

/* The server sees them all, and not a byte from them. */
static void idle_silent(const struct truth *truth) {
    static const struct {
        const char *args;
        double active, idle;
    } loads[] = {
        {"--connections 5 --idle 40", 5, 40},
        {"--connections 5 --idle 41 --threads 2 --depth 3", 5, 41},
        {"--connections 5 --idle 3 --threads 5 --rate 2000", 5, 3},
        {"--connections 5 --idle 0", 5, 0},
    };
    for (size_t i = 0; i < sizeof loads / sizeof loads[0]; i++) {
        struct target target;
        struct outcome o;
        char args[128];
        snprintf(args, sizeof args, "--duration 0.3 %s", loads[i].args);
        target_start(&target, truth, FAULT, "");
        load(&o, truth, target.address, args);
        cJSON *stats = target_stop(&target);
        require_no_errors(o.sample);
        require_totals(o.sample, stats, loads[i].active + loads[i].idle);
        require_equal(stats, "silent", loads[i].idle);
        require_identities(o.sample, 64);
        require_unless_busy(&o, figure(o.sample, "fairness.echoes_min") > 0, 0.3,
                            "an idle connection is in fairness");
    }
}

/* One of them is reset while it stands: one error, and the load goes on. */
static void idle_reset(const struct truth *truth) {
    static const char *const loads[] = {"", "--rate 1000", "--threads 2"};
    for (size_t i = 0; i < sizeof loads / sizeof loads[0]; i++) {
        struct target target;
        struct outcome o;
        char args[128];
        snprintf(args, sizeof args, "--connections 4 --idle 20 --duration 0.3 %s", loads[i]);
        /* the last one to be accepted cannot be one of the first four of a worker */
        target_start(&target, truth, FAULT,
                     "--accept-delay-us 200000 --fault turn-away --fault-connection 23");
        load(&o, truth, target.address, args);
        cJSON *stats = target_stop(&target);
        require_equal(o.sample, "errors.reset", 1);
        require_equal(o.sample, "errors.connect", 0);
        require_equal(o.sample, "errors.timeout", 0);
        require_equal(o.sample, "errors.short", 0);
        require_equal(o.sample, "totals.connections", 24);
        require_equal(stats, "closed_reset", 1);
        require_equal(stats, "closed_clean", 23);
        require_equal(stats, "silent", 20);
        require_unless_busy(&o, figure(o.sample, "fairness.echoes_min") > 0, 0.3,
                            "the reset hit the load");
    }
}

const struct truth_case truth_idle[] = {
    {"idle-silent", idle_silent, 30, 0},
    {"idle-reset", idle_reset, 30, 0},
    {NULL, NULL, 0, 0},
};
