/* counters_linux.c - counters by perf_event_open(2): two events a thread.
 * Invariant: files[] holds every open event, and no thread has more than one pair. Existing threads
 * are attached by id, later threads inherit; if the list of threads changed in between, attaching
 * starts again. */
#include "base/format.h"
#include "base/memory.h"
#include "base/os.h"

#include "bench/machine/counters.h"
#include "bench/machine/environment_linux.h"
#include "bench/support/reason.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/perf_event.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define THREADS_MAX 4096
#define ATTEMPTS_MAX 10 /* to find the same threads before and after attaching */

enum { SYSCALLS, SLEEPS, EVENTS };

static const char *const event_names[EVENTS] = {"raw_syscalls/sys_enter", "sched/sched_switch"};

/* States S and D only: a thread that is preempted, stopped or ends does not wait. */
static const char sleeps_filter[] = "prev_state & 3";

struct counters {
    int files[THREADS_MAX * EVENTS]; /* of thread 0: its events, of thread 1: its events, ... */
    size_t count;                    /* how many */
};

struct threads {
    pid_t ids[THREADS_MAX]; /* as the kernel lists them: in the order of their start */
    size_t count;           /* how many */
};

/* Says why nothing can be counted, and returns false. */
static bool refuse(struct uncounted *why, enum uncounted_code code, const char *format, ...)
    FORMAT_PRINTF(3, 4);

static bool refuse(struct uncounted *why, enum uncounted_code code, const char *format, ...) {
    va_list rest;
    why->code = code;
    *why->reason.text = '\0';
    va_start(rest, format);
    reason_add_list(&why->reason, format, rest);
    va_end(rest);
    return false;
}

/* ---- which events ---- */

static bool find_event(const char *name, uint64_t *id, struct uncounted *why) {
    static const char *const roots[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};
    int denied = 0;
    bool mounted = false;
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
        char path[128], text[32];
        snprintf(path, sizeof path, "%s/events/%s/id", roots[i], name);
        errno = 0;
        if (environment_line(path, text, sizeof text)) {
            *id = strtoull(text, NULL, 10);
            return true;
        }
        if (errno != ENOENT) denied = errno;
        snprintf(path, sizeof path, "%s/events", roots[i]);
        mounted = mounted || access(path, F_OK) == 0;
    }
    if (denied)
        return refuse(why, UNCOUNTED_NOT_PERMITTED, "tracefs: %s: run as root",
                      os_error_text(denied));
    if (mounted)
        return refuse(why, UNCOUNTED_NOT_SUPPORTED, "this kernel has no tracepoint %s", name);
    return refuse(why, UNCOUNTED_NOT_MOUNTED,
                  "tracefs is not mounted: mount -t tracefs nodev /sys/kernel/tracing");
}

/* ---- which threads ---- */

/* Returns 0 or an error: ESRCH if there is no such process. */
static int list_threads(int64_t pid, struct threads *t) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%" PRId64 "/task", pid);
    t->count = 0;
    DIR *dir = opendir(path);
    if (!dir) return errno == ENOENT ? ESRCH : errno;
    int error = 0;
    for (const struct dirent *e; !error && (e = readdir(dir));) {
        long id = strtol(e->d_name, NULL, 10);
        if (id <= 0) continue;
        if (t->count < THREADS_MAX)
            t->ids[t->count++] = (pid_t)id;
        else
            error = E2BIG;
    }
    closedir(dir);
    return error;
}

static bool same_threads(const struct threads *a, const struct threads *b) {
    return a->count == b->count && memcmp(a->ids, b->ids, a->count * sizeof *a->ids) == 0;
}

/* ---- attaching ---- */

static void close_files(struct counters *c) {
    while (c->count) close(c->files[--c->count]);
}

/* Opens the events of one thread, disabled. Returns 0 or an error. */
static int attach(struct counters *c, pid_t thread, const uint64_t ids[EVENTS]) {
    for (int i = 0; i < EVENTS; i++) {
        struct perf_event_attr attr = {
            .type = PERF_TYPE_TRACEPOINT,
            .size = sizeof attr,
            .config = ids[i],
            .disabled = 1,
            .inherit = 1,
        };
        long file = syscall(SYS_perf_event_open, &attr, thread, -1, -1, PERF_FLAG_FD_CLOEXEC);
        if (file < 0) return errno;
        c->files[c->count++] = (int)file;
        if (i == SLEEPS && ioctl((int)file, PERF_EVENT_IOC_SET_FILTER, sleeps_filter) != 0)
            return errno;
    }
    return 0;
}

/* Opens the events of all threads. Returns 0 or an error: EAGAIN if the threads have changed
 * meanwhile, ESRCH if none is left. */
static int attach_all(struct counters *c, int64_t pid, const uint64_t ids[EVENTS]) {
    struct threads before, after;
    int error = list_threads(pid, &before);
    for (size_t i = 0; !error && i < before.count; i++) {
        size_t had = c->count;
        error = attach(c, before.ids[i], ids);
        if (error != ESRCH) continue;
        while (c->count > had) close(c->files[--c->count]);
        error = 0; /* this thread has ended; the kernel may still list it */
    }
    if (!error) error = list_threads(pid, &after);
    if (error) return error;
    if (!same_threads(&before, &after)) return EAGAIN;
    return c->count ? 0 : ESRCH;
}

static void explain(int error, struct uncounted *why) {
    char paranoid[16];
    const char *file = "/proc/sys/kernel/perf_event_paranoid", *text = os_error_text(error);
    if (error == EAGAIN)
        refuse(why, UNCOUNTED_THREADS_CHANGE, "the server's threads change too fast to be counted");
    else if (error == ESRCH)
        refuse(why, UNCOUNTED_SERVER_ENDED, "the server has ended");
    else if (error == E2BIG)
        refuse(why, UNCOUNTED_TOO_MANY_THREADS, "the server has more than %d threads", THREADS_MAX);
    else if (error == EACCES && environment_line(file, paranoid, sizeof paranoid))
        refuse(why, UNCOUNTED_NOT_PERMITTED,
               "perf_event_open: %s; kernel.perf_event_paranoid=%s: run as root, in a container "
               "with CAP_PERFMON, or set it to -1",
               text, paranoid);
    else if (error == EPERM)
        refuse(why, UNCOUNTED_NOT_PERMITTED,
               "perf_event_open: %s: allow it in the container's seccomp profile", text);
    else
        refuse(why, error == EACCES ? UNCOUNTED_NOT_PERMITTED : UNCOUNTED_FAILED,
               "perf_event_open: %s", text);
}

struct counters *counters_open(int64_t pid, struct uncounted *why) {
    uint64_t ids[EVENTS];
    for (int i = 0; i < EVENTS; i++)
        if (!find_event(event_names[i], &ids[i], why)) return NULL;
    struct counters *c = calloc(1, sizeof *c);
    MEMORY_CHECK(c);
    int error = EAGAIN;
    for (int i = 0; i < ATTEMPTS_MAX && error == EAGAIN; i++) {
        close_files(c);
        error = attach_all(c, pid, ids);
    }
    for (size_t i = 0; !error && i < c->count; i++)
        if (ioctl(c->files[i], PERF_EVENT_IOC_ENABLE, 0) != 0) error = errno;
    if (!error) return c;
    explain(error, why);
    counters_close(c);
    return NULL;
}

/* ---- counting ---- */

bool counters_read(const struct counters *c, struct counts *counts) {
    uint64_t sums[EVENTS] = {0};
    for (size_t i = 0; i < c->count; i++) {
        uint64_t value;
        if (read(c->files[i], &value, sizeof value) != (ssize_t)sizeof value) return false;
        sums[i % EVENTS] += value;
    }
    *counts = (struct counts){.syscalls = sums[SYSCALLS], .sleeps = sums[SLEEPS]};
    return true;
}

void counters_close(struct counters *c) {
    close_files(c);
    free(c);
}
