/* doctor_look.c - gathers the facts for `iobench doctor`.
 * Invariant: it sleeps while it samples, so that it does not count itself among the others. */
#include "base/os.h"

#include "bench/machine/doctor.h"
#include "bench/machine/processors.h"
#include "bench/suite/placement.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

#define CLOCK_BATCHES 20
#define CLOCK_READINGS 100 /* per batch */

/* The best of several batches: on a busy machine some are interrupted. */
static double clock_cost_ns(void) {
    double best_ns = NAN;
    for (int batch = 0; batch < CLOCK_BATCHES; batch++) {
        uint64_t start_ns = os_clock_ns(), now_ns = start_ns;
        for (int i = 0; i < CLOCK_READINGS; i++) now_ns = os_clock_ns();
        best_ns = fmin(best_ns, (double)(now_ns - start_ns) / CLOCK_READINGS);
    }
    return best_ns;
}

static void look_at_others(struct doctor_facts *f, const int *cpus, size_t count, double seconds) {
    struct doctor_counts before = doctor_counts(cpus, count);
    uint64_t start_ns = os_clock_ns();
    os_sleep_until_ns(start_ns + (uint64_t)(seconds * 1e9));
    struct doctor_counts after = doctor_counts(cpus, count);
    double slept_s = (double)(os_clock_ns() - start_ns) / 1e9;
    double total = after.ticks.total - before.ticks.total;
    double steal = after.ticks.steal - before.ticks.steal;
    double idle = after.ticks.idle - before.ticks.idle;
    if (total > 0) {
        /* stolen time was not used by other processes; unknown steal counts as 0 */
        f->busy_cpus = f->cpus * (1 - (idle + fmax(0, steal)) / total);
        f->steal_pct = 100 * steal / total;
    }
    if (slept_s > 0) f->swapped_per_s = (after.swapped - before.swapped) / slept_s;
}

void doctor_look(struct doctor_facts *f, double seconds) {
    static int cpus[PLACEMENT_CPUS_MAX];
    size_t allowed = os_cpus_allowed(cpus, PLACEMENT_CPUS_MAX);
    size_t count = allowed < PLACEMENT_CPUS_MAX ? allowed : PLACEMENT_CPUS_MAX;
    *f = doctor_unknown();
    char model[128];
    int machine = processors_online(model, sizeof model);
    if (machine) f->machine_cpus = machine;
    f->cpus = count ? (double)count : f->machine_cpus;
    uint64_t descriptors = os_descriptors_limit();
    if (descriptors != OS_UNKNOWN) f->descriptors = (double)descriptors;
    int error;
    bool pins = environment_pinning(&error);
    if (pins || error) f->pinning = pins; /* else there is no such call */
    if (error) snprintf(f->pinning_reason, DOCTOR_TEXT_SIZE, "%s", os_error_text(error));
    f->clock_ns = clock_cost_ns();
    double load[3];
    uv_loadavg(load); /* 0 on systems without a load average: no finding */
    f->load_1min = load[0];
    doctor_read_system(f, cpus, count);
    look_at_others(f, cpus, count, seconds);
    doctor_list_unread(f);
}
