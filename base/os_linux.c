/* os_linux.c - the part of os.h that is specific to Linux: /proc, affinity, accept4. */
#include "base/os_linux.h"

#include "base/os.h"

#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int os_executable_path(char *path, size_t size) {
    ssize_t n = readlink("/proc/self/exe", path, size - 1);
    if (n < 0) return errno;
    path[n] = '\0';
    return 0;
}

void os_timer_fine(void) {
    prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL); /* the default lets timers be 50 us late */
}

uint64_t os_wait_late_ns(void) {
    return 200000; /* with fine timers; a CPU needs this to leave a deep sleep state */
}

bool os_listeners_share_ports(void) {
    return true; /* SO_REUSEPORT balances since Linux 3.9 */
}

int os_accept(os_socket listener, bool nonblocking, os_socket *accepted) {
    os_socket s = accept4(listener, NULL, NULL, SOCK_CLOEXEC | (nonblocking ? SOCK_NONBLOCK : 0));
    if (s < 0) return errno;
    *accepted = s;
    return 0;
}

/* All of 127.0.0.0/8 is local. Each address has its own range of ports to connect from. The port
 * is chosen by connect(), so connections to different servers may use the same one. */
int os_bind_source(os_socket s, const struct os_address *address, uint32_t source) {
    struct sockaddr_in local;
    int late = 1;
    if (address->length != sizeof local) return 0;
    memcpy(&local, address->storage.bytes, sizeof local);
    if (local.sin_family != AF_INET || ntohl(local.sin_addr.s_addr) >> 24 != IN_LOOPBACKNET)
        return 0;
    local.sin_port = 0;
    local.sin_addr.s_addr = htonl(INADDR_LOOPBACK + source);
    if (setsockopt(s, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &late, sizeof late) != 0) return errno;
    return bind(s, (const struct sockaddr *)&local, sizeof local) == 0 ? 0 : errno;
}

/* ---- another process ---- */

bool os_linux_proc_is_ours(void) {
    static atomic_int known; /* 1: it is; 2: it is not. A process does not change its namespace */
    if (known) return known == 1;
    char own[32];
    ssize_t n = readlink("/proc/self", own, sizeof own - 1);
    own[n > 0 ? n : 0] = '\0';
    bool ours = strtol(own, NULL, 10) == (long)getpid();
    known = ours ? 1 : 2;
    return ours;
}

uint64_t os_cpu_resolution_ns(void) {
    return 1;
}

int os_process_cpu_ns(int64_t pid, uint64_t *cpu_ns) {
    clockid_t clock;
    struct timespec used;
    int error = clock_getcpuclockid((pid_t)pid, &clock);
    if (error) return error;
    if (clock_gettime(clock, &used) != 0) return errno;
    *cpu_ns = (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
    return 0;
}

/* Reads a small /proc file whole, NUL-terminated. */
static int read_proc(const char *path, char *text, size_t size) {
    if (!os_linux_proc_is_ours()) return ENOENT;
    FILE *file = fopen(path, "re");
    if (!file) return errno;
    size_t n = fread(text, 1, size - 1, file);
    text[n] = '\0';
    int error = ferror(file) ? EIO : 0;
    fclose(file);
    return error;
}

/* The number after `key` in a "key:\tvalue" file, or OS_UNKNOWN. */
static uint64_t proc_field(const char *text, const char *key) {
    const char *at = strstr(text, key);
    return at ? strtoull(at + strlen(key), NULL, 10) : OS_UNKNOWN;
}

/* User and system time of all threads from /proc/PID/stat, fields 14 and 15 in clock ticks; the
 * command name in field 2 may hold anything, so counting starts behind its last parenthesis. */
static int read_times(int64_t pid, struct os_usage *usage) {
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%lld/stat", (long long)pid);
    int error = read_proc(path, text, sizeof text);
    if (error) return error;
    const char *at = strrchr(text, ')');
    unsigned long long user, sys;
    if (!at ||
        sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user, &sys) != 2)
        return EINVAL;
    uint64_t tick_ns = 1000000000u / (uint64_t)sysconf(_SC_CLK_TCK);
    usage->cpu_user_ns = user * tick_ns;
    usage->cpu_sys_ns = sys * tick_ns;
    return 0;
}

/* The kernel counts context switches per thread: adds up /proc/PID/task/TID/status. */
static int read_switches(int64_t pid, struct os_usage *usage) {
    char path[64], text[4096];
    snprintf(path, sizeof path, "/proc/%lld/task", (long long)pid);
    DIR *tasks = opendir(path);
    if (!tasks) return errno;
    uint64_t voluntary_sum = 0, involuntary_sum = 0, read = 0;
    for (struct dirent *task; (task = readdir(tasks));) {
        char status[sizeof path + sizeof task->d_name + 16];
        snprintf(status, sizeof status, "%s/%s/status", path, task->d_name);
        if (task->d_name[0] == '.' || read_proc(status, text, sizeof text) != 0)
            continue; /* a thread may end while its list is read */
        uint64_t voluntary = proc_field(text, "\nvoluntary_ctxt_switches:");
        uint64_t involuntary = proc_field(text, "\nnonvoluntary_ctxt_switches:");
        if (voluntary == OS_UNKNOWN || involuntary == OS_UNKNOWN) continue;
        voluntary_sum += voluntary;
        involuntary_sum += involuntary;
        read++;
    }
    closedir(tasks);
    if (read > 0) {
        usage->ctx_voluntary = voluntary_sum;
        usage->ctx_involuntary = involuntary_sum;
    }
    return 0;
}

int os_process_usage(int64_t pid, struct os_usage *usage) {
    *usage =
        (struct os_usage){OS_UNKNOWN, OS_UNKNOWN, OS_UNKNOWN, OS_UNKNOWN, OS_UNKNOWN, OS_UNKNOWN};
    char path[64], text[4096];
    int error = read_times(pid, usage);
    if (error) return error;
    snprintf(path, sizeof path, "/proc/%lld/status", (long long)pid);
    error = read_proc(path, text, sizeof text);
    if (error) return error;
    uint64_t rss_kib = proc_field(text, "\nVmRSS:");
    if (rss_kib != OS_UNKNOWN) usage->rss_bytes = rss_kib * 1024u;
    usage->threads = proc_field(text, "\nThreads:");
    return read_switches(pid, usage);
}

bool os_process_group_shared(int64_t leader) {
    DIR *processes = opendir("/proc");
    if (!processes) return false;
    bool shared = false;
    for (struct dirent *process; !shared && (process = readdir(processes));) {
        char path[sizeof process->d_name + 16], text[4096], state;
        long long group, pid = strtoll(process->d_name, NULL, 10);
        if (pid <= 0 || pid == leader) continue;
        snprintf(path, sizeof path, "/proc/%lld/stat", pid);
        if (read_proc(path, text, sizeof text) != 0) continue; /* it has just ended */
        const char *at = strrchr(text, ')');
        shared = at && sscanf(at + 1, " %c %*d %lld", &state, &group) == 2 && group == leader &&
                 state != 'Z' && state != 'X';
    }
    closedir(processes);
    return shared;
}

/* ---- memory ---- */

uint64_t os_memory_available(void) {
    char text[512]; /* the first lines */
    if (read_proc("/proc/meminfo", text, sizeof text) != 0) return OS_UNKNOWN;
    uint64_t kib = proc_field(text, "\nMemAvailable:");
    return kib == OS_UNKNOWN ? kib : kib * 1024u;
}

/* ---- processors ---- */

#define CPUS_MAX                                                                                   \
    8192 /* the most that Linux can be built for; it refuses a set that is too small               \
          */

/* A set of CPUs; cpu_set_t has 1024. */
struct cpus {
    cpu_set_t sets[CPUS_MAX / CPU_SETSIZE];
};

static size_t list_cpus(const struct cpus *set, int *cpus, size_t capacity) {
    size_t n = 0;
    for (size_t cpu = 0; cpu < CPUS_MAX; cpu++) {
        if (!CPU_ISSET_S(cpu, sizeof *set, set->sets)) continue;
        if (n < capacity) cpus[n] = (int)cpu;
        n++;
    }
    return n;
}

/* The kernel chooses the CPUs of the threads that it starts for io_uring. */
static bool is_thread_of_ring(const char *task) {
    char path[sizeof "/comm" + 320], name[32];
    snprintf(path, sizeof path, "%s/comm", task);
    return read_proc(path, name, sizeof name) == 0 && strncmp(name, "iou-", 4) == 0;
}

size_t os_process_cpus(int64_t pid, int *cpus, size_t capacity) {
    char path[64];
    struct cpus set, all;
    if (!os_linux_proc_is_ours()) return 0;
    CPU_ZERO_S(sizeof all, all.sets);
    snprintf(path, sizeof path, "/proc/%lld/task", (long long)(pid ? pid : getpid()));
    DIR *tasks = opendir(path);
    if (!tasks) return 0;
    for (struct dirent *task; (task = readdir(tasks));) {
        char thread[sizeof path + sizeof task->d_name];
        pid_t id = (pid_t)strtol(task->d_name, NULL, 10);
        snprintf(thread, sizeof thread, "%s/%s", path, task->d_name);
        CPU_ZERO_S(sizeof set, set.sets); /* the kernel fills no more than it has */
        if (id > 0 && !is_thread_of_ring(thread) &&
            sched_getaffinity(id, sizeof set, set.sets) == 0)
            CPU_OR_S(sizeof all, all.sets, all.sets, set.sets);
    }
    closedir(tasks);
    return list_cpus(&all, cpus, capacity);
}

size_t os_cpus_allowed(int *cpus, size_t capacity) {
    struct cpus set;
    CPU_ZERO_S(sizeof set, set.sets);
    return sched_getaffinity(0, sizeof set, set.sets) == 0 ? list_cpus(&set, cpus, capacity) : 0;
}

int os_cpus_restrict(const int *cpus, size_t count) {
    struct cpus set;
    CPU_ZERO_S(sizeof set, set.sets);
    for (size_t i = 0; i < count; i++) {
        if (cpus[i] < 0 || cpus[i] >= CPUS_MAX) return EINVAL;
        CPU_SET_S((size_t)cpus[i], sizeof set, set.sets);
    }
    return sched_setaffinity(0, sizeof set, set.sets) == 0 ? 0 : errno;
}
