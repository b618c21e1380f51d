/* usage.c - see usage.h. */
#include "loadgen/usage.h"

#include <string.h>

#define PROCESSES_MAX 256 /* of the server whose CPUs are read */

static void read_server(const struct load *load, struct os_usage *usage) {
    if (!load->server_pid || os_process_usage(load->server_pid, usage) != 0)
        *usage = (struct os_usage){OS_UNKNOWN, OS_UNKNOWN, OS_UNKNOWN,
                                   OS_UNKNOWN, OS_UNKNOWN, OS_UNKNOWN};
}

void usage_open(struct usage *usage, const struct load *load) {
    memset(usage, 0, sizeof *usage);
    read_server(load, &usage->before);
    usage->start = usage->end = usage->before;
    usage->throttled_start_ns = usage->throttled_end_ns = OS_UNKNOWN;
    usage->quota_cpus = os_quota_cpus();
}

void usage_start(struct usage *usage, const struct load *load) {
    read_server(load, &usage->start);
    usage->throttled_start_ns = os_throttled_ns();
    usage->start_ns = os_clock_ns();
}

/* Adds the CPUs of a process to a list. */
static void add_cpus(struct cpu_list *list, int64_t pid) {
    static int cpus[USAGE_CPUS_MAX], both[USAGE_CPUS_MAX];
    size_t count = os_process_cpus(pid, cpus, USAGE_CPUS_MAX), n = 0;
    if (count > USAGE_CPUS_MAX) count = USAGE_CPUS_MAX;
    for (size_t i = 0, k = 0; n < USAGE_CPUS_MAX && (i < count || k < list->count); n++) {
        bool first = k == list->count || (i < count && cpus[i] <= list->cpus[k]);
        both[n] = first ? cpus[i] : list->cpus[k];
        k += k < list->count && list->cpus[k] == both[n];
        i += i < count && cpus[i] == both[n];
    }
    memcpy(list->cpus, both, n * sizeof *both);
    list->count = n;
}

void usage_end(struct usage *usage, const struct load *load) {
    static int64_t members[PROCESSES_MAX];
    usage->throttled_end_ns = os_throttled_ns();
    usage->end_ns = os_clock_ns();
    read_server(load, &usage->end);
    add_cpus(&usage->own_cpus, 0);
    if (load->server_pid) add_cpus(&usage->server_cpus, load->server_pid);
    size_t count =
        load->server_group ? os_group_members(load->server_group, members, PROCESSES_MAX) : 0;
    for (size_t i = 0; i < count; i++) add_cpus(&usage->server_cpus, members[i]);
}
