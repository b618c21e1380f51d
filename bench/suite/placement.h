/* placement.h - which CPUs the server and the load generator run on.
 * Invariant: `separate` is true exactly if the two sets have no CPU in common. */
#ifndef BENCH_SUITE_PLACEMENT_H
#define BENCH_SUITE_PLACEMENT_H
#include "bench/support/reason.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLACEMENT_CPUS_MAX 1024

struct placement {
    int server[PLACEMENT_CPUS_MAX];  /* CPUs of the server, ascending */
    size_t server_count;             /* how many; 0: the system does not tell */
    int loadgen[PLACEMENT_CPUS_MAX]; /* CPUs of the load generator, ascending */
    size_t loadgen_count;            /* how many */
    bool separate;                   /* the two never share a CPU */
};

enum placement_kind { PLACEMENT_AUTO, PLACEMENT_NONE, PLACEMENT_GIVEN };

/* What --placement asks for. */
struct placement_policy {
    enum placement_kind kind; /* auto, none or explicit sets */
    struct placement given;   /* of PLACEMENT_GIVEN */
};

/* Reads "auto", "none" or "S/L", e.g. "0-1/2,3": CPUs of the server, CPUs of the load generator,
 * all among `allowed`. Returns false with the reason. */
bool placement_read(struct placement_policy *policy, const char *text, const int *allowed,
                    size_t allowed_count, struct reason *reason);

/* Who needs CPUs, and which there are. */
struct placement_need {
    const int *allowed;       /* CPUs that iobench may run on */
    size_t allowed_count;     /* how many */
    uint32_t server_threads;  /* of the server */
    uint32_t loadgen_threads; /* of the load generator */
};

/* The CPUs for a server and a load generator. auto: the server gets the first
 * CPUs, one a thread, but leaves one; the load generator gets the last of the rest. With one CPU,
 * or `none`, both get all. */
void placement_decide(struct placement *p, const struct placement_policy *policy,
                      const struct placement_need *need);

#endif
