/* placement.h - the CPUs of the server and the load generator.
 * Invariant: `separate` is true exactly if the two sets have no CPU in common. */
#ifndef BENCH_SUITE_PLACEMENT_H
#define BENCH_SUITE_PLACEMENT_H
#include "bench/support/reason.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLACEMENT_CPUS_MAX 1024

/* The CPUs of a slot. */
struct placement {
    int server[PLACEMENT_CPUS_MAX];  /* CPUs of the server, ascending */
    size_t server_count;             /* 0: unknown */
    int loadgen[PLACEMENT_CPUS_MAX]; /* CPUs of the load generator, ascending */
    size_t loadgen_count;
    bool separate; /* the two share no CPU */
};

enum placement_kind { PLACEMENT_AUTO, PLACEMENT_NONE, PLACEMENT_GIVEN };

/* The value of --placement. */
struct placement_policy {
    enum placement_kind kind; /* auto, none or explicit sets */
    struct placement given;   /* PLACEMENT_GIVEN: the CPUs */
};

/* Reads "auto", "none" or "S/L", such as "0-1/2,3": CPUs of the server and of the load generator,
 * all of them in `allowed`. Returns false and the reason on failure. */
bool placement_read(struct placement_policy *policy, const char *text, const int *allowed,
                    size_t allowed_count, struct reason *reason);

/* Available CPUs, and threads that need them. */
struct placement_need {
    const int *allowed; /* CPUs that iobench may use */
    size_t allowed_count;
    uint32_t server_threads;
    uint32_t loadgen_threads;
};

/* Chooses the CPUs of a server and a load generator. auto: the server gets the first CPUs, one per
 * thread, but leaves at least one; the load generator gets the last of the others. With `none` or a
 * single CPU both get all CPUs. */
void placement_decide(struct placement *p, const struct placement_policy *policy,
                      const struct placement_need *need);

#endif
