/* os_macos.c - the part of os.h that is specific to macOS: libproc, Mach's clock and policies,
 * sockets without flags. Invariant: every socket returned here is close-on-exec and raises no
 * SIGPIPE. */
#include "base/os_posix.h"
#include "base/os_sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <libproc.h>
#include <limits.h>
#include <mach/mach.h>
#include <mach/mach_time.h>
#include <mach/thread_policy.h>
#include <pthread.h>
#include <unistd.h>

#define GROUP_MAX 1024 /* processes read of one group */

/* ---- process ---- */

int os_executable_path(char *path, size_t size) {
    uint32_t room = size < PROC_PIDPATHINFO_MAXSIZE ? (uint32_t)size : PROC_PIDPATHINFO_MAXSIZE;
    return proc_pidpath(getpid(), path, room) > 0 ? 0 : errno;
}

/* The hard limit is often "unlimited", which setrlimit refuses; the kernel has a limit of its
 * own. */
rlim_t os_posix_descriptors(rlim_t limit) {
    uint64_t kernel;
    if (!os_sysctl_count("kern.maxfilesperproc", &kernel)) kernel = OPEN_MAX;
    return limit < kernel ? limit : kernel;
}

/* ---- time ---- */

/* By default the system merges timers that expire close to one another. */
void os_timer_fine(void) {
    thread_latency_qos_policy_data_t finest = {.thread_latency_qos_tier = LATENCY_QOS_TIER_0};
    thread_policy_set(pthread_mach_thread_np(pthread_self()), THREAD_LATENCY_QOS_POLICY,
                      (thread_policy_t)&finest, THREAD_LATENCY_QOS_POLICY_COUNT);
}

uint64_t os_wait_late_ns(void) {
    return 1000000; /* with fine timers; not measured, an upper bound */
}

/* Kernel time is charged at the latest when a quantum of 10 ms ends. */
uint64_t os_cpu_resolution_ns(void) {
    return 10000000;
}

/* ---- another process ---- */

/* CPU times are reported in ticks of mach_absolute_time: ns on Intel, 41.7 ns on Apple's own CPUs.
 */
static uint64_t ticks_ns(uint64_t ticks) {
    mach_timebase_info_data_t base; /* read anew each time: it costs no system call */
    if (mach_timebase_info(&base) != KERN_SUCCESS || base.denom == 0) return OS_UNKNOWN;
    return ticks / base.denom * base.numer + ticks % base.denom * base.numer / base.denom;
}

/* Returns 0 or an error, e.g. ESRCH. */
static int read_rusage(int64_t pid, struct rusage_info_v1 *used) {
    if (pid <= 0 || pid > INT_MAX) return ESRCH;
    /* the call is declared for a pointer to a pointer, and fills what the argument points to */
    return proc_pid_rusage((int)pid, RUSAGE_INFO_V1, (rusage_info_t *)(void *)used) == 0 ? 0
                                                                                         : errno;
}

int os_process_cpu_ns(int64_t pid, uint64_t *cpu_ns) {
    struct rusage_info_v1 used;
    int error = read_rusage(pid, &used);
    if (!error) *cpu_ns = ticks_ns(used.ri_user_time + used.ri_system_time);
    return error;
}

/* macOS reports only the sum of both kinds of context switches, so neither is known. */
int os_process_usage(int64_t pid, struct os_usage *usage) {
    *usage =
        (struct os_usage){OS_UNKNOWN, OS_UNKNOWN, OS_UNKNOWN, OS_UNKNOWN, OS_UNKNOWN, OS_UNKNOWN};
    struct rusage_info_v1 used;
    int error = read_rusage(pid, &used);
    if (error) return error;
    usage->cpu_user_ns = ticks_ns(used.ri_user_time);
    usage->cpu_sys_ns = ticks_ns(used.ri_system_time);
    usage->rss_bytes = used.ri_resident_size;
    struct proc_taskinfo task;
    if (proc_pidinfo((int)pid, PROC_PIDTASKINFO, 0, &task, sizeof task) == (int)sizeof task)
        usage->threads = (uint64_t)task.pti_threadnum;
    return 0;
}

bool os_process_group_shared(int64_t leader) {
    pid_t members[GROUP_MAX];
    if (leader <= 0 || leader > INT_MAX) return false;
    int count = proc_listpgrppids((pid_t)leader, members, sizeof members);
    for (int i = 0; i < count && i < GROUP_MAX; i++) {
        struct proc_bsdinfo process; /* a zombie has none */
        if (members[i] != leader &&
            proc_pidinfo(members[i], PROC_PIDTBSDINFO, 0, &process, sizeof process) > 0)
            return true;
    }
    return false;
}

/* CPU time of the children that `pid` has waited for. */
bool os_child_traces(int64_t pid, uint64_t *traces) {
    struct rusage_info_v1 used;
    if (read_rusage(pid, &used) != 0) return false;
    *traces = used.ri_child_user_time + used.ri_child_system_time;
    return true;
}

/* ---- processors: threads cannot be bound to CPUs; affinity tags are only hints ---- */

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

/* ---- sockets ---- */

/* With SO_REUSEPORT they can bind, but one of them gets all connections. */
bool os_listeners_share_ports(void) {
    return false;
}

int os_posix_ready(os_socket s, bool nonblocking) {
    int on = 1;
    /* fails if the peer has gone already; os_init ignores SIGPIPE for that case */
    setsockopt(s, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
    if (fcntl(s, F_SETFD, FD_CLOEXEC) == 0 && fcntl(s, F_SETFL, nonblocking ? O_NONBLOCK : 0) == 0)
        return 0;
    int error = errno;
    close(s);
    return error;
}

/* An accepted socket has the listener's flags, O_NONBLOCK among them, and its TCP_NODELAY. */
int os_accept(os_socket listener, bool nonblocking, os_socket *accepted) {
    os_socket s = accept(listener, NULL, NULL);
    if (s < 0) return errno;
    int error = os_posix_ready(s, nonblocking);
    if (!error) *accepted = s;
    return error;
}

/* Of 127.0.0.0/8 only 127.0.0.1 is local. */
int os_bind_source(os_socket s, const struct os_address *address, uint32_t source) {
    (void)s, (void)address, (void)source;
    return 0;
}
