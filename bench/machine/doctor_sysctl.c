/* doctor_sysctl.c - facts for the doctor from macOS and the BSDs.
 * Invariant: what they do not tell stays unknown. */
#include "base/os_sysctl.h"

#include "bench/machine/doctor.h"

#include <math.h>
#include <stdio.h>
#include <uv.h>

static void add_ticks(struct cpu_ticks *sum, const struct uv_cpu_times_s *t) {
    sum->idle += (double)t->idle;
    sum->total +=
        (double)t->user + (double)t->nice + (double)t->sys + (double)t->idle + (double)t->irq;
}

/* Sums over all CPUs: these systems do not offer a choice of CPUs. */
struct doctor_counts doctor_counts(const int *cpus, size_t count) {
    struct doctor_counts counts = {.ticks = {NAN, NAN, NAN}, .swapped = NAN};
    uv_cpu_info_t *all;
    int known = 0;
    if (uv_cpu_info(&all, &known) != 0) return counts;
    counts.ticks.idle = counts.ticks.total = 0;
    for (size_t i = 0; i < count; i++)
        if (cpus[i] < known) add_ticks(&counts.ticks, &all[cpus[i]].cpu_times);
    for (int i = 0; count == 0 && i < known; i++) add_ticks(&counts.ticks, &all[i].cpu_times);
    uv_free_cpu_info(all, known);
    return counts;
}

/* Free memory says nothing here, because it does not include reclaimable caches. */
void doctor_read_system(struct doctor_facts *f, const int *cpus, size_t count) {
    static const char *const queues[] = {"kern.ipc.soacceptqueue", "kern.ipc.somaxconn",
                                         "kern.somaxconn"};
    (void)cpus, (void)count;
    uint64_t value;
    for (size_t i = 0; i < sizeof queues / sizeof *queues && isnan(f->somaxconn); i++) {
        if (!os_sysctl_count(queues[i], &value)) continue;
        f->somaxconn = (double)value;
        snprintf(f->somaxconn_name, sizeof f->somaxconn_name, "%s", queues[i]);
    }
}

void doctor_list_unread(struct doctor_facts *f) {
    doctor_note_unread(f, "CPU use of other processes", f->busy_cpus);
}
