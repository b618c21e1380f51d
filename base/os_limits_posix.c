/* os_limits_posix.c - the part of os.h about the limits of a process on POSIX systems, and error
 * texts, which name the limit that an error is about. */
#include "base/check.h"
#include "base/os_posix.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define STACK_MIN (512u * 1024u) /* our largest frames are 100 KiB, and calls nest */

/* The limits that an error may be about; EAGAIN: a thread cannot be started. */
static const struct limit {
    const char *option; /* of the shell's ulimit */
    rlim_t unit;        /* in which ulimit counts */
    rlim_t fine;        /* 0: a higher limit would help; else a lower one does, down to this */
    int error;          /* of a call that hits the limit */
    int resource;       /* of getrlimit */
} limits[] = {
    {"-n", 1, 0, EMFILE, RLIMIT_NOFILE},
#ifdef RLIMIT_AS
    {"-v", 1024, 0, EAGAIN, RLIMIT_AS},
    {"-v", 1024, 0, ENOMEM, RLIMIT_AS},
#endif
    {"-d", 1024, 0, EAGAIN, RLIMIT_DATA},
    {"-s", 1024, 1u << 30, EAGAIN, RLIMIT_STACK}, /* each thread takes so much */
    {"-u", 1, 0, EAGAIN, RLIMIT_NPROC},
    {"-d", 1024, 0, ENOMEM, RLIMIT_DATA},
    {"-l", 1024, 0, ENOMEM, RLIMIT_MEMLOCK},
};

/* The type of getrlimit's argument is an enumeration in glibc, and int elsewhere. */
#define READ(name)                                                                                 \
    case name:                                                                                     \
        return getrlimit(name, limit) == 0

static bool read_limit(int resource, struct rlimit *limit) {
    switch (resource) {
        READ(RLIMIT_NOFILE);
#ifdef RLIMIT_AS
        READ(RLIMIT_AS);
#endif
        READ(RLIMIT_DATA);
        READ(RLIMIT_STACK);
        READ(RLIMIT_NPROC);
        READ(RLIMIT_MEMLOCK);
    default:
        CHECK(false);
    }
    return false;
}

/* RLIM_INFINITY: there is none, or it is unknown. */
static rlim_t soft_limit(int resource) {
    struct rlimit limit;
    return read_limit(resource, &limit) ? limit.rlim_cur : RLIM_INFINITY;
}

/* Linux counts the rings of io_uring until 5.12 and again from 6.14 on, but never for root. */
bool os_counts_locked_memory(void) {
    struct utsname system;
    unsigned major, minor;
    if (geteuid() == 0 || uname(&system) != 0 || strcmp(system.sysname, "Linux") != 0 ||
        sscanf(system.release, "%u.%u", &major, &minor) != 2)
        return false;
    unsigned version = major * 1000 + minor;
    return version < 5012 || version >= 6014;
}

const char *os_limits_hint(int error) {
    static _Thread_local char hint[320];
    size_t used = 0;
    hint[0] = '\0';
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        const struct limit *l = &limits[i];
        rlim_t now = l->error == error ? soft_limit(l->resource) : RLIM_INFINITY;
        if (now == RLIM_INFINITY || (l->fine && now <= l->fine)) continue;
        if (l->resource == RLIMIT_MEMLOCK && !os_counts_locked_memory()) continue;
        used += (size_t)snprintf(hint + used, sizeof hint - used, "%s%s ulimit %s, which is %llu",
                                 used ? ", or " : " (", l->fine ? "lower" : "raise", l->option,
                                 (unsigned long long)(now / l->unit));
        CHECK_OP(used, <, sizeof hint);
    }
    if (error == EAGAIN) /* no call tells these */
        used += (size_t)snprintf(hint + used, sizeof hint - used,
                                 "%s the limit of threads of the control group or the system",
                                 used ? ", or" : " (raise");
    CHECK_OP(used + 1, <, sizeof hint);
    if (used) snprintf(hint + used, sizeof hint - used, ")");
    return hint;
}

const char *os_error_text(int error) {
    static _Thread_local char text[448];
    /* XSI or GNU form, whichever this libc has: both give a readable text */
    snprintf(text, sizeof text, "%s%s", strerror(error), os_limits_hint(error));
    return text;
}

/* fputs, because printf needs 8 KiB of stack for a stream without a buffer. */
bool os_limits_suffice(const char *program) {
    char text[96];
    rlim_t stack = soft_limit(RLIMIT_STACK);
    if (stack >= STACK_MIN) return true;
    snprintf(text, sizeof text, ": the stack is limited to %llu KiB; raise ulimit -s to %u\n",
             (unsigned long long)stack / 1024, STACK_MIN / 1024);
    fputs(program, stderr);
    fputs(text, stderr);
    return false;
}

uint64_t os_descriptors_limit(void) {
    struct rlimit limit;
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? (uint64_t)os_posix_descriptors(limit.rlim_cur)
                                                 : OS_UNKNOWN;
}

int os_descriptor_spare(void) {
    int s = socket(AF_UNIX, SOCK_STREAM, 0);
    if (s < 0) return errno;
    close(s);
    return 0;
}

static void lower(uint64_t *least, int resource, const char *text, const char **name) {
    rlim_t limit = soft_limit(resource);
    if (limit == RLIM_INFINITY || (uint64_t)limit >= *least) return;
    *least = (uint64_t)limit;
    *name = text;
}

uint64_t os_memory_limit(const char **name) {
    uint64_t least = OS_UNKNOWN;
    lower(&least, RLIMIT_DATA, "ulimit -d", name);
#ifdef RLIMIT_AS /* OpenBSD has none */
    lower(&least, RLIMIT_AS, "ulimit -v", name);
#endif
    return least;
}

uint64_t os_memory_lock_limit(void) {
    uint64_t least = OS_UNKNOWN;
    const char *name;
    lower(&least, RLIMIT_MEMLOCK, "ulimit -l", &name);
    return least;
}
