/* doctor_linux.c - facts for the doctor from /proc and /sys: CPUs, control groups, limits,
 * memory. Invariant: what cannot be read stays unknown. */
#include "base/json.h"
#include "base/os.h"

#include "bench/machine/doctor.h"
#include "bench/machine/environment_linux.h"
#include "bench/support/files.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_TEXT_SIZE 1024
#define STAT_LINES_MAX 8192 /* one line per CPU; other lines follow */

static double count_in(const char *path) {
    cJSON *json = environment_file_count(path);
    double value = json ? json->valuedouble : NAN;
    cJSON_Delete(json);
    return value;
}

static void copy_text(char text[DOCTOR_TEXT_SIZE], cJSON *json) {
    snprintf(text, DOCTOR_TEXT_SIZE, "%s", json ? json->valuestring : "");
    cJSON_Delete(json);
}

/* ---- processors ---- */

/* Names of the vulnerabilities whose mitigation slows every system call. */
static void read_mitigations(char text[DOCTOR_TEXT_SIZE]) {
    static const char *const dear[] = {"PTI",    "Retpoline", "Clear CPU buffers",
                                       "; IBRS", "Safe RET",  "untrained return thunk"};
    cJSON *all = environment_mitigations();
    const cJSON *m;
    size_t used = 0;
    cJSON_ArrayForEach(m, all) {
        bool counts = false;
        for (size_t i = 0; i < sizeof dear / sizeof *dear; i++)
            counts = counts || strstr(m->valuestring, dear[i]);
        if (counts && used < DOCTOR_TEXT_SIZE)
            used += (size_t)snprintf(text + used, DOCTOR_TEXT_SIZE - used, "%s%s", used ? ", " : "",
                                     m->string);
    }
    cJSON_Delete(all);
}

/* Looks at the two CPUs that placement takes first; one below its full rate decides. */
static void read_governor(struct doctor_facts *f, int first, int last) {
    const int cpus[] = {first, last};
    for (size_t i = 0; i < 2; i++) {
        char path[PATH_TEXT_SIZE];
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/cpufreq/scaling_governor",
                 cpus[i]);
        copy_text(f->governor, environment_file_text(path));
        if (strcmp(f->governor, "performance") != 0) return;
    }
}

static bool among(const int *cpus, size_t count, long cpu) {
    for (size_t i = 0; i < count; i++)
        if (cpus[i] == cpu) return true;
    return false;
}

struct doctor_counts doctor_counts(const int *cpus, size_t count) {
    struct doctor_counts counts = {
        .ticks = {NAN, NAN, NAN},
        .swapped = environment_value("/proc/vmstat", "pswpin", ' ') +
                   environment_value("/proc/vmstat", "pswpout", ' '),
    };
    char line[512], *at;
    FILE *file = fopen("/proc/stat", "r");
    if (!file) return counts;
    counts.ticks = (struct cpu_ticks){0, 0, 0};
    for (int i = 0; i < STAT_LINES_MAX && fgets(line, sizeof line, file); i++) {
        if (strncmp(line, "cpu", 3) != 0) break;
        long cpu = strtol(line + 3, &at, 10);
        if (at == line + 3 || !among(cpus, count, cpu))
            continue; /* the first line is the sum over all CPUs */
        /* user nice system idle iowait irq softirq steal; guest time is part of user time */
        double values[8];
        for (int k = 0; k < 8; k++) counts.ticks.total += values[k] = strtod(at, &at);
        counts.ticks.idle += values[3] + values[4];
        counts.ticks.steal += values[7];
    }
    fclose(file);
    return counts;
}

void doctor_read_system(struct doctor_facts *f, const int *cpus, size_t count) {
    char range[64], *at = range;
    bool same = false;
    if (count) read_governor(f, cpus[0], cpus[count - 1]);
    if (count > 1 && environment_siblings(cpus[0], cpus[count - 1], &same)) f->siblings = same;
    cJSON *turbo = environment_turbo();
    if (turbo) f->turbo = cJSON_IsTrue(turbo);
    cJSON_Delete(turbo);
    read_mitigations(f->mitigations);
    copy_text(f->clock, environment_file_text(
                            "/sys/devices/system/clocksource/clocksource0/current_clocksource"));
    f->quota_cpus = os_quota_cpus();
    uint64_t available = os_memory_available();
    f->available_bytes = fmin(available == OS_UNKNOWN ? NAN : (double)available,
                              os_groups_least("memory", os_group_memory));
    f->somaxconn = count_in("/proc/sys/net/core/somaxconn");
    f->reuse_time_wait = count_in("/proc/sys/net/ipv4/tcp_tw_reuse");
    f->uring_disabled = count_in("/proc/sys/kernel/io_uring_disabled");
    if (environment_line("/proc/sys/net/ipv4/ip_local_port_range", range, sizeof range)) {
        double first = strtod(at, &at);
        f->ports = strtod(at, NULL) - first + 1;
    }
}

/* Swap and quotas are not listed: some kernels have none. Neither is the governor where /sys shows
 * CPUs without one, as in most virtual machines. */
void doctor_list_unread(struct doctor_facts *f) {
    doctor_note_unread(f, "CPU use of other processes", f->busy_cpus);
    doctor_note_unread(f, "CPU time taken by the hypervisor", f->steal_pct);
    doctor_note_unread(f, "permission to pin processes", f->pinning);
    if (!files_may("/sys/devices/system/cpu", FILES_EXIST))
        doctor_note_unread(f, "frequency governor", NAN);
    doctor_note_unread(f, "available memory", f->available_bytes);
    doctor_note_unread(f, "somaxconn", f->somaxconn);
}
