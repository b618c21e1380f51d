/* fault_burn.c - see fault_burn.h. */
#include "tests/truth/fault_burn.h"

#include "base/check.h"
#include "base/os.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define DESCRIPTORS 4096 /* that a helper may have inherited */

static void use_cpu(uint64_t us) {
    uint64_t end_ns = os_cpu_time_ns() + us * 1000u;
    while (os_cpu_time_ns() < end_ns) continue;
}

static bool is(const struct burn *b, const char *by) {
    return strcmp(b->by, by) == 0;
}

static pid_t fork_checked(void) {
    pid_t pid = fork();
    CHECK_OP(pid, >=, 0);
    return pid;
}

/* Answers each byte when the CPU time has been used. Has none of the server's descriptors, so that
 * connections end when the server closes them. */
static _Noreturn void help(const struct burn *b, int socket) {
    char byte;
    CHECK_OP(dup2(socket, 3), ==, 3);
    int nothing = open("/dev/null", O_RDWR);
    for (int i = 0; i < 3; i++) dup2(nothing, i);
    for (int i = 4; i < DESCRIPTORS; i++) close(i);
    while (read(3, &byte, 1) == 1) {
        use_cpu(b->us);
        if (write(3, &byte, 1) != 1) break;
    }
    while (is(b, "session")) pause();
    _exit(0);
}

/* Starts a helper; returns the socket to it. One for a session leaves that of the server. */
static int start_helper(const struct burn *b) {
    int pair[2];
    CHECK_OP(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
    pid_t pid = fork_checked();
    if (pid == 0) {
        if (!is(b, "session")) help(b, pair[1]);
        setsid();
        signal(SIGTERM, SIG_IGN);
        if (fork_checked() != 0) _exit(0);
        help(b, pair[1]);
    }
    close(pair[1]);
    if (is(b, "session")) waitpid(pid, NULL, 0);
    return pair[0];
}

static void ask(int socket) {
    char byte = 0;
    CHECK_OP(write(socket, &byte, 1), ==, 1);
    CHECK_OP(read(socket, &byte, 1), ==, 1);
}

/* A child of a child, whose parent ends first. Its end shows at a pipe. */
static void use_orphan(const struct burn *b) {
    int ends[2];
    char byte;
    CHECK_OP(pipe(ends), ==, 0);
    pid_t pid = fork_checked();
    if (pid == 0) {
        setsid();
        if (fork_checked() == 0) {
            while (getppid() == pid) continue;
            use_cpu(b->us);
        }
        _exit(0);
    }
    close(ends[1]);
    waitpid(pid, NULL, 0);
    CHECK_OP(read(ends[0], &byte, 1), ==, 0);
    close(ends[0]);
}

void burn_open(struct burn *b, uint64_t connections) {
    b->helper = -1;
    if (b->unwaited) signal(SIGCHLD, SIG_IGN);
    b->helpers = malloc(connections * sizeof *b->helpers);
    CHECK(b->helpers);
    for (uint64_t i = 0; i < connections; i++) b->helpers[i] = -1;
    if (b->us && is(b, "session")) b->helper = start_helper(b);
}

void burn_use(struct burn *b, uint64_t connection) {
    int cpu = (int)b->affinity;
    if (b->affinity != BURN_NO_CPU && !b->moved) {
        CHECK_OP(os_cpus_restrict(&cpu, 1), ==, 0);
        b->moved = true;
    }
    if (!b->us) return;
    if (is(b, "self")) {
        use_cpu(b->us);
    } else if (is(b, "message")) {
        pid_t pid = fork_checked();
        if (pid == 0) {
            use_cpu(b->us);
            _exit(0);
        }
        waitpid(pid, NULL, 0); /* also returns at its end if that is ignored */
    } else if (is(b, "orphan")) {
        use_orphan(b);
    } else if (is(b, "connection")) {
        if (b->helpers[connection] < 0) b->helpers[connection] = start_helper(b);
        ask(b->helpers[connection]);
    } else {
        ask(b->helper);
    }
}

void burn_close(struct burn *b, uint64_t connection) {
    if (b->helpers[connection] < 0) return;
    close(b->helpers[connection]);
    b->helpers[connection] = -1;
}
