/* os_linux_family.c - the part of os.h about all that a process starts: orphans, descendants, marks
 * and the traces of ended children. Needs Linux 3.4.
 * Invariant: a process that this one has started, directly or not, stays below it until it ends. */
#include "base/os.h"
#include "base/os_linux.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROCESSES_MAX 65536 /* more are not looked at */
#define TASKS_MAX 16        /* threads of a process whose children are looked for */

void os_adopt_orphans(void) {
    prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL);
}

/* Ended children are looked at before they are forgotten: those that are known belong to libuv. */
size_t os_reap_orphans(bool (*known)(void *context, int64_t pid), void *context) {
    for (size_t reaped = 0;; reaped++) {
        siginfo_t ended = {.si_pid = 0};
        if (waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid == 0 ||
            known(context, ended.si_pid) || waitpid(ended.si_pid, NULL, WNOHANG) != ended.si_pid)
            return reaped;
    }
}

/* Reads a file of /proc/PID. Returns false if the process has ended, or /proc is another's. */
static bool read_file(int64_t pid, const char *file, char *text, size_t size) {
    char path[400];
    if (!os_linux_proc_is_ours()) return false;
    snprintf(path, sizeof path, "/proc/%lld/%s", (long long)pid, file);
    FILE *stream = fopen(path, "re");
    if (!stream) return false;
    size_t n = fread(text, 1, size - 1, stream);
    text[n] = '\0';
    fclose(stream);
    return n > 0;
}

/* ---- descendants ---- */

/* One process of the machine. */
struct process {
    int64_t pid, parent;
};

/* Fills `all` with the processes of the machine, on request with those that have ended; returns how
 * many. */
static size_t list_processes(struct process *all, bool ended) {
    DIR *processes = opendir("/proc");
    size_t n = 0;
    if (!processes) return 0;
    for (struct dirent *entry; n < PROCESSES_MAX && (entry = readdir(processes));) {
        char text[1024], state;
        long long parent, pid = strtoll(entry->d_name, NULL, 10);
        if (pid <= 0 || !read_file(pid, "stat", text, sizeof text)) continue;
        const char *at = strrchr(text, ')'); /* the name before it may hold anything */
        if (at && sscanf(at + 1, " %c %lld", &state, &parent) == 2 &&
            (ended || (state != 'Z' && state != 'X')))
            all[n++] = (struct process){pid, parent};
    }
    closedir(processes);
    return n;
}

static bool among(const int64_t *ids, size_t count, int64_t id) {
    for (size_t i = 0; i < count; i++)
        if (ids[i] == id) return true;
    return false;
}

/* Each pass adds the children of the processes that the pass before found. */
size_t os_descendants(const struct os_apart *except, bool ended, int64_t *found, size_t capacity) {
    struct process *all = malloc(PROCESSES_MAX * sizeof *all);
    size_t n = all ? list_processes(all, ended) : 0, count = 0, first = 0, last;
    int64_t self = getpid();
    do {
        last = count;
        for (size_t i = 0; i < n && count < capacity; i++) {
            bool child = first == last ? all[i].parent == self
                                       : among(found + first, last - first, all[i].parent);
            if (child && !among(except->ids, except->count, all[i].pid))
                found[count++] = all[i].pid;
        }
        first = last;
    } while (count > last);
    free(all);
    return count;
}

bool os_has_children(int64_t pid) {
    char directory[64], path[sizeof directory + 300], text[32];
    bool found = false;
    snprintf(directory, sizeof directory, "/proc/%lld/task", (long long)pid);
    DIR *tasks = opendir(directory);
    int looks = 0;
    for (struct dirent *task; tasks && !found && looks < TASKS_MAX && (task = readdir(tasks));) {
        if (task->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "task/%s/children", task->d_name);
        found = read_file(pid, path, text, sizeof text); /* empty without children */
        looks++;
    }
    if (tasks) closedir(tasks);
    return found;
}

/* ---- marks ---- */

#define MARK_VARIABLE "IOBENCH_GUARD" /* in the environment */

static char mark[64]; /* of what this process starts; empty: none */

/* A process that starts this one may have a mark of its own: what is started here gets both. */
void os_mark_children(void) {
    const char *outer = getenv(MARK_VARIABLE);
    char both[1024];
    snprintf(mark, sizeof mark, "iobench-%ld-%llu", (long)getpid(),
             (unsigned long long)os_clock_ns());
    int length = snprintf(both, sizeof both, "%s%s%s", outer ? outer : "", outer ? "," : "", mark);
    if (setenv(MARK_VARIABLE, length < (int)sizeof both ? both : mark, 1) != 0) *mark = '\0';
}

/* Whether a process was started with the mark. Nobody can read that of a process of another user.
 */
static bool is_marked(int64_t pid) {
    char path[64], text[16384];
    size_t kept = 0, length = strlen(mark);
    ssize_t n;
    bool found = false;
    snprintf(path, sizeof path, "/proc/%lld/environ", (long long)pid);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    while (!found && (n = read(file, text + kept, sizeof text - kept)) > 0) {
        size_t size = kept + (size_t)n;
        found = memmem(text, size, mark, length) != NULL;
        kept = size < length ? size : length; /* it may begin in this part and end in the next */
        memmove(text, text + size - kept, kept);
    }
    close(file);
    return found;
}

size_t os_marked_kill(void) {
    DIR *processes = *mark && os_linux_proc_is_ours() ? opendir("/proc") : NULL;
    size_t killed = 0;
    for (struct dirent *entry; processes && (entry = readdir(processes));) {
        int64_t pid = strtoll(entry->d_name, NULL, 10);
        if (pid > 0 && is_marked(pid)) killed += kill((pid_t)pid, SIGKILL) == 0;
    }
    if (processes) closedir(processes);
    return killed;
}

/* ---- traces of ended children ---- */

/* Whether the mask after `key` in a status file has a signal. */
static bool has_signal(const char *status, const char *key, int number) {
    const char *at = strstr(status, key);
    return at && strtoull(at + strlen(key), NULL, 16) >> (number - 1) & 1;
}

/* Fields 11, 13, 16 and 17 of /proc/PID/stat: page faults and CPU time of the children that were
 * waited for. Each child has page faults. The kernel drops what a child used if its parent ignores
 * its end. */
bool os_child_traces(int64_t pid, uint64_t *traces) {
    char text[4096];
    unsigned long long minor, major;
    long long user, sys;
    if (!read_file(pid, "stat", text, sizeof text)) return false;
    const char *at = strrchr(text, ')');
    if (!at || sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %llu %*u %llu %*u %*u %lld %lld",
                      &minor, &major, &user, &sys) != 4)
        return false;
    *traces = minor + major + (uint64_t)user + (uint64_t)sys; /* none of them ever falls */
    return read_file(pid, "status", text, sizeof text) && !has_signal(text, "\nSigIgn:", SIGCHLD);
}
