/* os_posix_guard.c - the part of os.h about the end of this process, on POSIX systems: a small
 * process that learns of it by the end of a stream, and then kills what was started.
 * Invariant: the guard has nothing open but its end of the stream; what its starter starts never
 * holds the other end. */
#include "base/os.h"

#include <sys/types.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define GROUPS_MAX 64
#define ALL_ENDED INT64_MAX          /* message: there is nothing to guard any more */
#define DESCRIPTORS_MAX 1024         /* that may be open when the guard starts */
#define PAUSE_NS UINT64_C(5000000)   /* between two looks for what is left */
#define QUIET_NS UINT64_C(100000000) /* without a process: none is being started any more */
#define END_NS UINT64_C(10000000000) /* deadline for the end of killed processes */

static os_socket to_guard = OS_SOCKET_NONE;
static pid_t guard, starter;

/* ---- in the guard ---- */

/* The process groups of what runs now. */
struct groups {
    int64_t ids[GROUPS_MAX];
    size_t count;
};

/* Notes a message: a group that lives, or minus a group that has ended. */
static void note(struct groups *groups, int64_t message) {
    size_t i = 0;
    while (i < groups->count && groups->ids[i] != -message) i++;
    if (i < groups->count)
        groups->ids[i] = groups->ids[--groups->count];
    else if (message > 0 && groups->count < GROUPS_MAX)
        groups->ids[groups->count++] = message;
}

/* Kills everything that is left. Returns how much that was. A process that has ended counts as long
 * as its parent does not notice it. */
static size_t kill_left(const struct groups *groups) {
    size_t left = os_group_kill(starter) + os_marked_kill();
    for (size_t i = 0; i < groups->count; i++) left += kill((pid_t)-groups->ids[i], SIGKILL) == 0;
    return left;
}

/* The stream has ended: so has the process that this one guards. */
static void kill_all(const struct groups *groups) {
    uint64_t start_ns = os_clock_ns(), last_ns = start_ns, now_ns = start_ns, pause_ns = PAUSE_NS;
    while (now_ns - start_ns < END_NS && now_ns - last_ns < QUIET_NS) {
        if (kill_left(groups)) last_ns = now_ns;
        os_sleep_until_ns(now_ns + pause_ns);
        if (pause_ns < QUIET_NS / 4) pause_ns *= 2; /* what is measured next needs the CPU */
        now_ns = os_clock_ns();
    }
}

/* Nothing of what this process has inherited may stay open: others may wait for its end. */
static void keep_only(os_socket stream) {
    for (int fd = 0; fd < DESCRIPTORS_MAX; fd++)
        if (fd != stream) close(fd);
    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        if (open("/dev/null", O_RDWR) < 0) return;
}

static void watch(os_socket stream) {
    struct groups groups = {.count = 0};
    int64_t message = 1;
    size_t size = sizeof message;
    static const int ignored[] = OS_STOP_SIGNALS; /* SIGPIPE is, since os_init */
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++) signal(ignored[i], SIG_IGN);
    setsid(); /* a signal for the starter's group is not for this process */
    keep_only(stream);
    for (;;) {
        int error = os_receive(stream, &message, sizeof message, &size);
        if (error && os_error_would_block(error)) continue;
        if (error || size != sizeof message) break;
        if (message == ALL_ENDED) _exit(0);
        note(&groups, message);
    }
    kill_all(&groups);
    _exit(0);
}

/* ---- in the process that is guarded ---- */

static void tell(int64_t message) {
    size_t sent;
    if (to_guard != OS_SOCKET_NONE) os_send(to_guard, &message, sizeof message, &sent);
}

/* A copy of the process may end in the same way; it has started nothing that is guarded. */
static void end_guard(void) {
    if (getpid() != starter) return;
    tell(ALL_ENDED);
    os_close(to_guard);
    while (waitpid(guard, NULL, 0) < 0 && errno == EINTR) continue;
}

void os_guard_start(void) {
    os_socket pair[2];
    if (guard || os_socket_pair(false, pair) != 0) return;
    os_mark_children();
    starter = getpid();
    guard = fork();
    if (guard == 0) {
        os_close(pair[0]);
        watch(pair[1]);
    }
    os_close(pair[1]);
    if (guard < 0) {
        guard = 0;
        os_close(pair[0]);
        return;
    }
    to_guard = pair[0];
    atexit(end_guard);
}

void os_guard_add(int64_t group) {
    tell(group);
}

void os_guard_remove(int64_t group) {
    tell(-group);
}
