/* os_linux_groups.c - the part of os.h about control groups: quotas, throttling, and a group for
 * one server. Both versions of the groups are read; only one of version 2 is made.
 * Invariant: a limit counts at every level between this process's group and the root, because each
 * level applies. */
#include "base/os.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_TEXT_SIZE (OS_GROUP_SIZE + 64)
#define FILE_SIZE 1024
#define GROUP_NAME "iobench-" /* and the id of the process that made it */

static const char mount_point[] = "/sys/fs/cgroup";

/* Reads a small file of a directory whole. Returns false if it cannot. */
static bool read_file(const char *directory, const char *file, char text[FILE_SIZE]) {
    char path[PATH_TEXT_SIZE];
    if (snprintf(path, sizeof path, "%s/%s", directory, file) >= (int)sizeof path) return false;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return false;
    ssize_t n = read(descriptor, text, FILE_SIZE - 1);
    close(descriptor);
    text[n > 0 ? n : 0] = '\0';
    return n > 0;
}

/* The number after KEY in lines "KEY number"; NAN if there is none. */
static double field(const char *text, const char *key) {
    size_t length = strlen(key);
    for (const char *at = text; at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL)
        if (strncmp(at, key, length) == 0 && at[length] == ' ') return strtod(at + length, NULL);
    return NAN;
}

/* The group of this process for a controller; "" (version 2) names the single hierarchy. */
static bool own_group(const char *controller, char group[OS_GROUP_SIZE]) {
    char line[OS_GROUP_SIZE];
    bool found = false;
    FILE *file = fopen("/proc/self/cgroup", "re"); /* lines "7:cpu,cpuacct:/a/b", "0::/a/b" */
    while (file && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        char *names = strchr(line, ':'), *path = names ? strchr(names + 1, ':') : NULL;
        if (!path) continue;
        *path++ = '\0';
        bool same = false;
        for (char *name = names + 1; name; name = strchr(name, ',') ? strchr(name, ',') + 1 : NULL)
            same = same || (strcspn(name, ",") == strlen(controller) &&
                            strncmp(name, controller, strlen(controller)) == 0);
        if (same) snprintf(group, OS_GROUP_SIZE, "%s", strcmp(path, "/") == 0 ? "" : path);
        found = found || same;
    }
    if (file) fclose(file);
    return found;
}

/* The least of one hierarchy that is mounted at `root`. */
static double least(const char *root, const char *controller, double (*read)(const char *)) {
    char directory[PATH_TEXT_SIZE], group[OS_GROUP_SIZE];
    double value = NAN;
    if (!own_group(controller, group)) return value;
    snprintf(directory, sizeof directory, "%s%s", root, group);
    while (strlen(directory) >= strlen(root)) {
        value = fmin(value, read(directory));
        *strrchr(directory, '/') = '\0';
    }
    return value;
}

double os_groups_least(const char *controller, double (*read)(const char *directory)) {
    char root[64];
    snprintf(root, sizeof root, "%s/unified", mount_point);
    double value = fmin(least(mount_point, "", read), least(root, "", read));
    snprintf(root, sizeof root, "%s/%s", mount_point, controller);
    return fmin(value, least(root, controller, read));
}

/* ---- quotas ---- */

/* CPUs that one group allows; version 2 writes "max 100000" or "50000 100000" (of microseconds). */
double os_group_quota(const char *directory) {
    char text[FILE_SIZE], *end;
    double used, period;
    if (read_file(directory, "cpu.max", text)) {
        used = strtod(text, &end);
        period = end == text ? NAN : strtod(end, NULL);
    } else {
        used = read_file(directory, "cpu.cfs_quota_us", text) ? strtod(text, NULL) : NAN;
        period = read_file(directory, "cpu.cfs_period_us", text) ? strtod(text, NULL) : NAN;
    }
    return used > 0 && period > 0 ? used / period : NAN; /* -1: no limit */
}

double os_quota_cpus(void) {
    return os_groups_least("cpu", os_group_quota);
}

/* ---- memory ---- */

/* The number that a small file of a group begins with; NAN: none, such as "max". */
static double number_in(const char *directory, const char *file) {
    char text[FILE_SIZE], *end;
    if (!read_file(directory, file, text)) return NAN;
    double number = strtod(text, &end);
    return end == text ? NAN : number;
}

/* A number of a group's memory.stat, which is long; NAN: none. */
static double memory_stat(const char *directory, const char *key) {
    char path[PATH_TEXT_SIZE], line[256];
    double value = NAN;
    snprintf(path, sizeof path, "%s/memory.stat", directory);
    FILE *file = fopen(path, "re");
    while (file && isnan(value) && fgets(line, sizeof line, file)) value = field(line, key);
    if (file) fclose(file);
    return value;
}

/* Bytes of files and tables that the kernel gives up when it needs memory. `total`: the prefix of
 * the numbers that count the groups below, too. */
static double reclaimable(const char *directory, const char *total) {
    static const char *const keys[] = {"inactive_file", "active_file", "slab_reclaimable"};
    double sum = 0;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char key[48];
        snprintf(key, sizeof key, "%s%s", total, keys[i]);
        sum += fmax(0, memory_stat(directory, key)); /* version 1 lacks the last one */
    }
    return sum;
}

double os_group_memory(const char *directory) {
    double most = number_in(directory, "memory.max"); /* version 2 */
    if (!isnan(most))
        return most - number_in(directory, "memory.current") + reclaimable(directory, "");
    return number_in(directory, "memory.limit_in_bytes") -
           number_in(directory, "memory.usage_in_bytes") + reclaimable(directory, "total_");
}

/* ---- throttling ---- */

/* The time for which one group was stopped, in ns; NAN: not known. */
double os_group_throttled(const char *directory) {
    char text[FILE_SIZE];
    if (!read_file(directory, "cpu.stat", text)) return NAN;
    double us = field(text, "throttled_usec"); /* version 2 */
    return isnan(us) ? field(text, "throttled_time") : 1000 * us;
}

static double throttled_sum_ns; /* of the levels that were read; NAN: none */

static double add_throttled(const char *directory) {
    double ns = os_group_throttled(directory);
    if (!isnan(ns)) throttled_sum_ns = isnan(throttled_sum_ns) ? ns : throttled_sum_ns + ns;
    return NAN;
}

/* A sum, because the level that stops the process now need not be the one that has stopped it the
 * longest so far. */
uint64_t os_throttled_ns(void) {
    throttled_sum_ns = NAN;
    os_groups_least("cpu", add_throttled);
    return isnan(throttled_sum_ns) ? OS_UNKNOWN : (uint64_t)throttled_sum_ns;
}

/* ---- a group for one server ---- */

/* Moves this process into a group. Returns whether it could. */
static bool move_to(const char *directory) {
    char path[PATH_TEXT_SIZE];
    snprintf(path, sizeof path, "%s/cgroup.procs", directory);
    int descriptor = open(path, O_WRONLY | O_CLOEXEC);
    if (descriptor < 0) return false;
    bool moved = write(descriptor, "0", 1) == 1; /* 0 stands for the process that writes */
    close(descriptor);
    return moved;
}

/* Removes the groups of processes that were killed before they could. */
static void remove_left(const char *parent) {
    char path[PATH_TEXT_SIZE + 256];
    DIR *groups = opendir(parent);
    for (struct dirent *entry; groups && (entry = readdir(groups));) {
        if (strncmp(entry->d_name, GROUP_NAME, strlen(GROUP_NAME)) != 0) continue;
        pid_t pid = (pid_t)strtol(entry->d_name + strlen(GROUP_NAME), NULL, 10);
        snprintf(path, sizeof path, "%s/%s", parent, entry->d_name);
        if (pid > 0 && (pid == getpid() || (kill(pid, 0) != 0 && errno == ESRCH)))
            rmdir(path); /* fails if in use */
    }
    if (groups) closedir(groups);
}

/* Sets `directory` to the group of this process in the hierarchy of version 2, which beside version
 * 1 is mounted one deeper. Returns its length, or 0 if there is none. */
static size_t own_directory(char directory[OS_GROUP_SIZE]) {
    char group[OS_GROUP_SIZE], text[FILE_SIZE];
    if (!own_group("", group)) return 0;
    for (int unified = 0; unified < 2; unified++) {
        int length = snprintf(directory, OS_GROUP_SIZE, "%s%s%s", mount_point,
                              unified ? "/unified" : "", group);
        if (length < OS_GROUP_SIZE - 32 && read_file(directory, "cgroup.procs", text))
            return (size_t)length;
    }
    return 0;
}

/* Appends the name of the group that process `maker` makes in this one. */
static void append_name(char directory[OS_GROUP_SIZE], size_t length, int64_t maker) {
    snprintf(directory + length, OS_GROUP_SIZE - length, "/" GROUP_NAME "%lld", (long long)maker);
}

/* This process moves there and back, because what a process starts begins in its group. */
bool os_group_start(char directory[OS_GROUP_SIZE]) {
    struct os_group_usage usage;
    size_t length = own_directory(directory);
    if (!length) return false;
    remove_left(directory);
    append_name(directory, length, getpid());
    if (mkdir(directory, 0755) != 0) return false;
    if (os_group_usage(directory, &usage) == 0 && move_to(directory)) return true;
    rmdir(directory);
    return false;
}

/* It could leave the parent, so it may come back. */
bool os_group_start_end(const char *directory, int64_t pid) {
    char parent[OS_GROUP_SIZE];
    (void)pid;
    snprintf(parent, sizeof parent, "%s", directory);
    *strrchr(parent, '/') = '\0';
    move_to(parent);
    return true;
}

void os_group_remove(const char *directory) {
    rmdir(directory); /* fails while a process is left there; an empty group costs nothing */
}

int os_group_usage(const char *directory, struct os_group_usage *usage) {
    char text[FILE_SIZE];
    if (!read_file(directory, "cpu.stat", text)) return ENOENT;
    double cpu_us = field(text, "usage_usec"), user_us = field(text, "user_usec");
    double sys_us = field(text, "system_usec");
    if (!(cpu_us >= 0 && user_us >= 0 && sys_us >= 0)) return EINVAL;
    usage->cpu_ns = (uint64_t)cpu_us * 1000u;
    usage->user_ns = (uint64_t)user_us * 1000u;
    usage->sys_ns = (uint64_t)sys_us * 1000u;
    return 0;
}

size_t os_group_members(const char *directory, int64_t *pids, size_t capacity) {
    char path[PATH_TEXT_SIZE], line[32];
    size_t n = 0;
    snprintf(path, sizeof path, "%s/cgroup.procs", directory);
    FILE *file = fopen(path, "re");
    while (file && n < capacity && fgets(line, sizeof line, file))
        pids[n++] = strtoll(line, NULL, 10);
    if (file) fclose(file);
    return n;
}

/* Members of groups within the group are not killed: only a server that may make groups has some.
 */
size_t os_group_kill(int64_t maker) {
    static int64_t pids[OS_APART_MAX];
    char directory[OS_GROUP_SIZE];
    size_t length = own_directory(directory);
    if (!length) return 0;
    append_name(directory, length, maker);
    size_t count = os_group_members(directory, pids, OS_APART_MAX);
    for (size_t i = 0; i < count; i++) /* 0: it is in a process namespace that is not ours */
        if (pids[i] > 0) kill((pid_t)pids[i], SIGKILL);
    if (count == 0) os_group_remove(directory);
    return count;
}
