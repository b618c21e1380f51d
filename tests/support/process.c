/* process.c - child processes; see process.h. */
#include "tests/support/process.h"

#include "base/os.h"

#include "tests/support/harness.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

pid_t process_start(char *const *argv, uint64_t nofile, int *input, int *output) {
    int in[2], out[2];
    REQUIRE(pipe(in) == 0 && pipe(out) == 0, "pipe: %s", os_error_text(errno));
    fcntl(in[1], F_SETFD, FD_CLOEXEC);
    fcntl(out[0], F_SETFD, FD_CLOEXEC);
    pid_t pid = fork();
    REQUIRE(pid >= 0, "fork: %s", os_error_text(errno));
    if (pid == 0) {
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        close(in[0]);
        close(out[1]);
        /* the driver ignores these; a program under test must do so itself */
        signal(SIGPIPE, SIG_DFL);
        signal(SIGXFSZ, SIG_DFL);
        if (nofile) {
            struct rlimit limit = {.rlim_cur = (rlim_t)nofile, .rlim_max = (rlim_t)nofile};
            setrlimit(RLIMIT_NOFILE, &limit);
        }
        execvp(argv[0], argv);
        fprintf(stderr, "%s: %s\n", argv[0], os_error_text(errno));
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    *input = in[1];
    *output = out[0];
    return pid;
}

bool process_read_line(int output, char *line, size_t size) {
    size_t n = 0;
    for (char byte; n + 1 < size;) {
        ssize_t got = read(output, &byte, 1);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        if (byte == '\n') {
            line[n] = '\0';
            return true;
        }
        line[n++] = byte;
    }
    line[n] = '\0';
    return false;
}

void process_read_rest(int output, char *text, size_t size) {
    char dropped[4096];
    size_t n = 0;
    for (;;) {
        bool fits = n + 1 < size;
        ssize_t got =
            fits ? read(output, text + n, size - 1 - n) : read(output, dropped, sizeof dropped);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        if (fits) n += (size_t)got;
    }
    text[n] = '\0';
}

int process_await(pid_t pid) {
    int status;
    while (waitpid(pid, &status, 0) < 0)
        REQUIRE(errno == EINTR, "waitpid: %s", os_error_text(errno));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

uint64_t process_waited_ns(pid_t pid) {
    char path[64];
    uint64_t ran_ns, waited_ns = 0;
    snprintf(path, sizeof path, "/proc/%d/schedstat", (int)pid);
    FILE *file = fopen(path, "r");
    if (!file) return 0;
    if (fscanf(file, "%" SCNu64 " %" SCNu64, &ran_ns, &waited_ns) != 2) waited_ns = 0;
    fclose(file);
    return waited_ns;
}

/* The CPU time of a process in ticks. */
static uint64_t ticks_of(pid_t pid) {
    char path[64], line[512];
    unsigned long long user = 0, system = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "r");
    if (!file) return 0;
    const char *name = fgets(line, sizeof line, file) ? strrchr(line, ')') : NULL;
    if (name)
        sscanf(name, ") %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu %llu", &user, &system);
    fclose(file);
    return user + system;
}

uint64_t process_others_ns(pid_t pid) {
    unsigned long long ticks[8] = {0}; /* the fourth and the fifth are idle */
    FILE *file = fopen("/proc/stat", "r");
    if (!file) return 0;
    int got = fscanf(file, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &ticks[0], &ticks[1],
                     &ticks[2], &ticks[3], &ticks[4], &ticks[5], &ticks[6], &ticks[7]);
    fclose(file);
    uint64_t all = ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6] + ticks[7];
    uint64_t own = ticks_of(pid) + ticks_of(getpid());
    if (got != 8 || all < own) return 0;
    return (all - own) * (1000000000u / (uint64_t)sysconf(_SC_CLK_TCK));
}

int process_collect(char *const *argv, char *text, size_t size) {
    int input, output;
    pid_t pid = process_start(argv, 0, &input, &output);
    close(input);
    process_read_rest(output, text, size);
    close(output);
    return process_await(pid);
}
