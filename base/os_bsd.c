/* os_bsd.c - the part of os.h that is specific to FreeBSD, NetBSD and OpenBSD: the process table of
 * sysctl, and CPU sets where they exist. Invariant: what a system lacks is reported as unknown or
 * ENOTSUP, never emulated. */
#include "base/os_posix.h"
#include "base/os_sysctl.h"

#include <sys/param.h>
#include <sys/types.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
/* these need the types above */
#include <sys/proc.h>
#include <sys/sysctl.h>

/* The same table of processes has other names on each system. */
#if defined(__FreeBSD__)
#include <sys/cpuset.h>
#include <sys/user.h>
#define PROCESS struct kinfo_proc
#define PROCESSES KERN_PROC
#define PROCESS_PID ki_pid
#define PROCESS_ENDED(p) ((p)->ki_stat == SZOMB)
#elif defined(__NetBSD__)
#include <sched.h>
#define PROCESS struct kinfo_proc2
#define PROCESSES KERN_PROC2
#define PROCESS_PID p_pid
#define PROCESS_ENDED(p) ((p)->p_realstat == SZOMB || (p)->p_realstat == SDEAD)
#else
#define PROCESS struct kinfo_proc
#define PROCESSES KERN_PROC
#define PROCESS_PID p_pid
#define PROCESS_ENDED(p) ((p)->p_stat == SZOMB || (p)->p_stat == SDEAD)
#endif

#define PROCESSES_MAX 1024 /* read of one group; also threads of one process */
#define US_NS 1000u
#define S_NS 1000000000u

/* ---- the path of the executable ---- */

#if defined(__OpenBSD__)

/* The kernel keeps only the words of the command line: the first is a path, or a name in PATH. */
int os_executable_path(char *path, size_t size) {
    static union {
        char *words[1]; /* a table, then the texts that it points to */
        char bytes[ARG_MAX];
    } line;
    const int name[] = {CTL_KERN, KERN_PROC_ARGS, (int)getpid(), KERN_PROC_ARGV};
    size_t room = sizeof line;
    char found[PATH_MAX], candidate[PATH_MAX];
    if (sysctl(name, 4, &line, &room, NULL, 0) != 0) return errno;
    const char *word = line.words[0], *at = getenv("PATH");
    bool is_path = strchr(word, '/') != NULL;
    bool known = is_path && realpath(word, found);
    while (!known && !is_path && at && *at) {
        int length = (int)strcspn(at, OS_PATHS_SEPARATOR);
        int n = snprintf(candidate, sizeof candidate, "%.*s/%s", length, at, word);
        known = n > 0 && (size_t)n < sizeof candidate && access(candidate, X_OK) == 0 &&
                realpath(candidate, found);
        at += length + (at[length] != '\0');
    }
    if (!known) return ENOENT;
    if (strlen(found) >= size) return ERANGE;
    memcpy(path, found, strlen(found) + 1);
    return 0;
}

#else

int os_executable_path(char *path, size_t size) {
#if defined(__FreeBSD__)
    const int name[] = {CTL_KERN, KERN_PROC, KERN_PROC_PATHNAME, -1};
#else
    const int name[] = {CTL_KERN, KERN_PROC_ARGS, -1, KERN_PROC_PATHNAME};
#endif
    return sysctl(name, 4, path, &size, NULL, 0) == 0 ? 0 : errno;
}

#endif

/* ---- time ---- */

void os_timer_fine(void) {} /* there is no such call */

uint64_t os_wait_late_ns(void) {
#if defined(__FreeBSD__)
    return 3000000; /* kern.timecounter.alloweddeviation: 5 % of 50 ms, the longest wait */
#else
    return 20000000; /* waits end at a clock tick (100 a second), up to two ticks late */
#endif
}

/* NetBSD includes what a running thread has used since it was scheduled. The others add it when the
 * thread is descheduled, at the latest at the end of its time slice. */
uint64_t os_cpu_resolution_ns(void) {
#if defined(__NetBSD__)
    return US_NS;
#else
    uint64_t slice_us;
    return os_sysctl_count("kern.sched.quantum", &slice_us) ? slice_us * US_NS : 100000000;
#endif
}

/* ---- another process ---- */

/* Fills `found` with up to `room` processes whose PID is `id`, or whose other number that `by`
 * selects. Returns 0 or an error; *count may be 0. */
static int find(int by, int64_t id, PROCESS *found, size_t room, size_t *count) {
    size_t size = room * sizeof *found;
    if (id <= 0 || id > INT_MAX) return ESRCH;
#if defined(__FreeBSD__)
    const int name[] = {CTL_KERN, PROCESSES, by, (int)id};
#else
    const int name[] = {CTL_KERN, PROCESSES, by, (int)id, (int)sizeof *found, (int)room};
#endif
    if (sysctl(name, sizeof name / sizeof *name, found, &size, NULL, 0) != 0 && errno != ENOMEM)
        return errno; /* ENOMEM: there are more */
    *count = size / sizeof *found;
    return 0;
}

static int find_one(int64_t pid, PROCESS *process) {
    size_t count = 0;
    int error = find(KERN_PROC_PID, pid, process, 1, &count);
    return !error && count == 0 ? ESRCH : error;
}

static uint64_t time_ns(uint64_t seconds, uint64_t us) {
    return seconds * S_NS + us * US_NS;
}

int os_process_cpu_ns(int64_t pid, uint64_t *cpu_ns) {
    PROCESS p;
    int error = find_one(pid, &p);
    if (error) return error;
#if defined(__FreeBSD__)
    *cpu_ns = p.ki_runtime * US_NS;
#else
    *cpu_ns = time_ns(p.p_rtime_sec, p.p_rtime_usec);
#endif
    return 0;
}

#if defined(__OpenBSD__)
/* One entry per thread, and one of the process. */
static uint64_t count_threads(int64_t pid) {
    size_t count = 0;
    PROCESS *all = calloc(PROCESSES_MAX, sizeof *all);
    int error = all ? find(KERN_PROC_PID | KERN_PROC_SHOW_THREADS, pid, all, PROCESSES_MAX, &count)
                    : ENOMEM;
    free(all);
    return !error && count > 1 ? count - 1 : OS_UNKNOWN;
}
#endif

int os_process_usage(int64_t pid, struct os_usage *usage) {
    PROCESS p;
    *usage =
        (struct os_usage){OS_UNKNOWN, OS_UNKNOWN, OS_UNKNOWN, OS_UNKNOWN, OS_UNKNOWN, OS_UNKNOWN};
    int error = find_one(pid, &p);
    if (error) return error;
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
#if defined(__FreeBSD__)
    const struct rusage *used = &p.ki_rusage;
    usage->cpu_user_ns = time_ns((uint64_t)used->ru_utime.tv_sec, (uint64_t)used->ru_utime.tv_usec);
    usage->cpu_sys_ns = time_ns((uint64_t)used->ru_stime.tv_sec, (uint64_t)used->ru_stime.tv_usec);
    usage->ctx_voluntary = (uint64_t)used->ru_nvcsw;
    usage->ctx_involuntary = (uint64_t)used->ru_nivcsw;
    usage->rss_bytes = (uint64_t)p.ki_rssize * page;
    usage->threads = (uint64_t)p.ki_numthreads;
#else
    usage->cpu_user_ns = time_ns(p.p_uutime_sec, p.p_uutime_usec);
    usage->cpu_sys_ns = time_ns(p.p_ustime_sec, p.p_ustime_usec);
    usage->ctx_voluntary = p.p_uru_nvcsw;
    usage->ctx_involuntary = p.p_uru_nivcsw;
    usage->rss_bytes = (uint64_t)p.p_vm_rssize * page;
#if defined(__NetBSD__)
    usage->threads = p.p_nlwps;
#else
    usage->threads = count_threads(pid);
#endif
#endif
    return 0;
}

bool os_process_group_shared(int64_t leader) {
    size_t count = 0;
    bool shared = false;
    PROCESS *members = calloc(PROCESSES_MAX, sizeof *members);
    if (members && find(KERN_PROC_PGRP, leader, members, PROCESSES_MAX, &count) == 0)
        for (size_t i = 0; i < count; i++)
            shared = shared || (members[i].PROCESS_PID != leader && !PROCESS_ENDED(&members[i]));
    free(members);
    return shared;
}

/* CPU time of the children that `pid` has waited for. */
bool os_child_traces(int64_t pid, uint64_t *traces) {
    PROCESS p;
    if (find_one(pid, &p) != 0) return false;
#if defined(__FreeBSD__)
    *traces = time_ns((uint64_t)p.ki_childtime.tv_sec, (uint64_t)p.ki_childtime.tv_usec);
#else
    *traces = time_ns(p.p_uctime_sec, p.p_uctime_usec);
#endif
    return true;
}

/* ---- processors ---- */

#if defined(__FreeBSD__)

static size_t list_cpus(cpuwhich_t which, id_t id, int *cpus, size_t capacity) {
    cpuset_t set;
    if (cpuset_getaffinity(CPU_LEVEL_WHICH, which, id, sizeof set, &set) != 0) return 0;
    size_t n = 0;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, &set)) continue;
        if (n < capacity) cpus[n] = cpu;
        n++;
    }
    return n;
}

size_t os_process_cpus(int64_t pid, int *cpus, size_t capacity) {
    return list_cpus(CPU_WHICH_PID, pid ? (id_t)pid : -1, cpus, capacity);
}

size_t os_cpus_allowed(int *cpus, size_t capacity) {
    return list_cpus(CPU_WHICH_TID, -1, cpus, capacity);
}

int os_cpus_restrict(const int *cpus, size_t count) {
    cpuset_t set;
    CPU_ZERO(&set);
    for (size_t i = 0; i < count; i++) {
        if (cpus[i] < 0 || cpus[i] >= CPU_SETSIZE) return EINVAL;
        CPU_SET(cpus[i], &set);
    }
    return cpuset_setaffinity(CPU_LEVEL_WHICH, CPU_WHICH_TID, -1, sizeof set, &set) == 0 ? 0
                                                                                         : errno;
}

#elif defined(__NetBSD__)

size_t os_process_cpus(int64_t pid, int *cpus, size_t capacity) {
    (void)pid, (void)cpus, (void)capacity;
    return 0;
}

/* An empty set stands for all CPUs. Setting a set needs a privilege, even if nothing changes.
 * Without it (all users but root, unless security.models.extensions.user_set_cpu_affinity is 1) a
 * process cannot choose its CPUs. */
size_t os_cpus_allowed(int *cpus, size_t capacity) {
    cpuset_t *set = cpuset_create();
    if (!set) return 0;
    long there = sysconf(_SC_NPROCESSORS_CONF);
    size_t n = 0;
    if (pthread_getaffinity_np(pthread_self(), cpuset_size(set), set) == 0 &&
        pthread_setaffinity_np(pthread_self(), cpuset_size(set), set) == 0) {
        bool all = true;
        for (long cpu = 0; cpu < there; cpu++) all = all && cpuset_isset((cpuid_t)cpu, set) <= 0;
        for (long cpu = 0; cpu < there; cpu++) {
            if (!all && cpuset_isset((cpuid_t)cpu, set) <= 0) continue;
            if (n < capacity) cpus[n] = (int)cpu;
            n++;
        }
    }
    cpuset_destroy(set);
    return n;
}

int os_cpus_restrict(const int *cpus, size_t count) {
    cpuset_t *set = cpuset_create();
    int error = set ? 0 : ENOMEM;
    for (size_t i = 0; !error && i < count; i++)
        if (cpus[i] < 0 || cpuset_set((cpuid_t)cpus[i], set) != 0) error = EINVAL;
    if (!error) error = pthread_setaffinity_np(pthread_self(), cpuset_size(set), set);
    if (set) cpuset_destroy(set);
    return error;
}

#else

size_t os_process_cpus(int64_t pid, int *cpus, size_t capacity) {
    (void)pid, (void)cpus, (void)capacity;
    return 0;
}

size_t os_cpus_allowed(int *cpus, size_t capacity) {
    (void)cpus, (void)capacity;
    return 0;
}

int os_cpus_restrict(const int *cpus, size_t count) {
    (void)cpus, (void)count;
    return ENOTSUP;
}

#endif

/* ---- sockets ---- */

bool os_listeners_share_ports(void) {
#if defined(__FreeBSD__)
    return true; /* SO_REUSEPORT_LB spreads connections since FreeBSD 12 */
#else
    return false; /* with SO_REUSEPORT they can bind, but one of them gets all connections */
#endif
}

/* An accepted socket has the listener's TCP_NODELAY. */
int os_accept(os_socket listener, bool nonblocking, os_socket *accepted) {
#if defined(__NetBSD__)
    os_socket s = paccept(listener, NULL, NULL, NULL, OS_SOCKET_FLAGS(nonblocking));
#else
    os_socket s = accept4(listener, NULL, NULL, OS_SOCKET_FLAGS(nonblocking));
#endif
    if (s < 0) return errno;
    *accepted = s;
    return 0;
}

/* Of 127.0.0.0/8 only 127.0.0.1 is local, unless an administrator adds more. */
int os_bind_source(os_socket s, const struct os_address *address, uint32_t source) {
    (void)s, (void)address, (void)source;
    return 0;
}
