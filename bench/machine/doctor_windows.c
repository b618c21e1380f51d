/* doctor_windows.c - facts for the doctor from Windows: CPUs, memory, the power plan, how long a
 * short wait takes, and whether this is Windows at all. Invariant: what it does not tell stays
 * unknown. */
#include "base/os.h"

#include "bench/machine/doctor.h"
#include "bench/machine/environment_windows.h"
#include "bench/stats/stats.h"

#include <windows.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#define WAITS 11

struct doctor_counts doctor_counts(const int *cpus, size_t count) {
    struct doctor_counts counts = {.ticks = {NAN, NAN, NAN}, .swapped = NAN};
    uv_cpu_info_t *all;
    int known = 0;
    if (uv_cpu_info(&all, &known) != 0) return counts;
    counts.ticks.idle = counts.ticks.total = 0;
    for (size_t i = 0; i < count; i++) {
        if (cpus[i] >= known) continue;
        const struct uv_cpu_times_s *t = &all[cpus[i]].cpu_times;
        counts.ticks.idle += (double)t->idle;
        counts.ticks.total +=
            (double)t->user + (double)t->sys + (double)t->idle; /* sys holds irq */
    }
    uv_free_cpu_info(all, known);
    return counts;
}

/* Duration of a wait of 1 ms, with the call that the load generator and most servers use. */
static double wait_ns(void) {
    double waits_ns[WAITS];
    os_timer_fine();
    for (int i = 0; i < WAITS; i++) {
        uint64_t start_ns = os_clock_ns();
        Sleep(1);
        waits_ns[i] = (double)(os_clock_ns() - start_ns);
    }
    return stats_median(waits_ns, WAITS);
}

void doctor_read_system(struct doctor_facts *f, const int *cpus, size_t count) {
    uint64_t available = os_memory_available();
    bool same = false;
    if (count > 1 && environment_siblings(cpus[0], cpus[count - 1], &same)) f->siblings = same;
    if (available != OS_UNKNOWN) f->available_bytes = (double)available;
    f->wait_ns = wait_ns();
    environment_emulator(f->emulator, sizeof f->emulator);
    environment_power_plan(f->power_plan, sizeof f->power_plan);
    snprintf(f->clock, sizeof f->clock, "QueryPerformanceCounter");
}

void doctor_list_unread(struct doctor_facts *f) {
    doctor_note_unread(f, "CPU use of other processes", f->busy_cpus);
    doctor_note_unread(f, "available memory", f->available_bytes);
}
