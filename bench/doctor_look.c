/* doctor_look.c - gathers what `iobench doctor` judges. Where a file is not, as on other systems,
 * the fact stays unknown.
 * Invariant: it sleeps while it samples, so that it does not count itself among the others. */
#include "bench/doctor.h"

#include "base/os.h"
#include "bench/environment.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define CLOCK_READINGS 2000
#define PLACEMENT_CPUS 1024

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

/* Of the control groups that confine this process, the tightest; INFINITY if none does. */
static double quota_cpus(void) {
    static const char *const roots[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
    char line[512], path[768];
    double least = INFINITY;
    char *group = environment_line("/proc/self/cgroup", line, sizeof line); /* "0::/a/b" if v2 */
    const char *own = group && strncmp(group, "0::", 3) == 0 ? group + 3 : "";
    for (size_t i = 0; i < 2; i++) {
        char quota[64], *end;
        snprintf(path, sizeof path, "%s%s/cpu.max", roots[i], own);
        if (!environment_line(path, quota, sizeof quota)) continue;
        double used = strtod(quota, &end), period = strtod(end, NULL);
        if (end != quota && period > 0) least = fmin(least, used / period); /* else "max" */
    }
    double used = count_in("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"); /* v1; -1 is none */
    double period = count_in("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
    return used > 0 && period > 0 ? fmin(least, used / period) : least;
}

static double clock_cost_ns(void) {
    uint64_t start_ns = os_clock_ns(), now_ns = start_ns;
    for (int i = 0; i < CLOCK_READINGS; i++) now_ns = os_clock_ns();
    return (double)(now_ns - start_ns) / CLOCK_READINGS;
}

/* Names of the weaknesses whose mitigation makes every system call dearer. */
static void look_at_mitigations(char text[DOCTOR_TEXT_SIZE]) {
    static const char *const dear[] = {"PTI", "Retpoline", "Clear CPU buffers", "; IBRS"};
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

static void look_at_cpus(struct doctor_facts *f) {
    static int cpus[PLACEMENT_CPUS];
    size_t count = os_cpus_allowed(cpus, PLACEMENT_CPUS);
    bool same = false;
    uv_cpu_info_t *info = NULL;
    int machine = 0;
    if (uv_cpu_info(&info, &machine) == 0) {
        f->machine_cpus = machine;
        uv_free_cpu_info(info, machine);
    }
    f->cpus = count ? (double)count : f->machine_cpus;
    if (count > 1 && environment_siblings(cpus[0], cpus[count - 1], &same)) f->siblings = same;
    copy_text(f->governor,
              environment_file_text("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"));
    cJSON *turbo = environment_turbo();
    if (turbo) f->turbo = cJSON_IsTrue(turbo);
    cJSON_Delete(turbo);
    f->quota_cpus = quota_cpus();
    look_at_mitigations(f->mitigations);
}

static void look_at_limits(struct doctor_facts *f) {
    char range[64], *at = range;
    uint64_t descriptors = os_descriptors_limit();
    if (descriptors != OS_UNKNOWN) f->descriptors = (double)descriptors;
    f->somaxconn = count_in("/proc/sys/net/core/somaxconn");
    f->reuse_time_wait = count_in("/proc/sys/net/ipv4/tcp_tw_reuse");
    f->uring_disabled = count_in("/proc/sys/kernel/io_uring_disabled");
    f->available_bytes = 1024 * environment_value("/proc/meminfo", "MemAvailable", ':');
    if (environment_line("/proc/sys/net/ipv4/ip_local_port_range", range, sizeof range)) {
        double first = strtod(at, &at);
        f->ports = strtod(at, NULL) - first + 1;
    }
}

void doctor_look(struct doctor_facts *f, double seconds) {
    *f = (struct doctor_facts){NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN,
                               NAN, NAN, NAN, NAN, NAN, "",  "",  ""};
    look_at_cpus(f);
    look_at_limits(f);
    f->clock_ns = clock_cost_ns();
    copy_text(f->clock, environment_file_text(
                            "/sys/devices/system/clocksource/clocksource0/current_clocksource"));
    struct cpu_ticks before = environment_ticks();
    os_sleep_until_ns(os_clock_ns() + (uint64_t)(seconds * 1e9));
    f->steal_pct = environment_steal_pct(&before);
    struct cpu_ticks after = environment_ticks();
    double total = after.total - before.total; /* what was stolen, nobody else had */
    double idle = after.idle - before.idle + after.steal - before.steal;
    if (total > 0) f->busy_cpus = f->machine_cpus * (1 - idle / total);
}
