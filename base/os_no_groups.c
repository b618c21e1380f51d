/* os_no_groups.c - the parts of os.h about groups of processes and adopted orphans, on macOS and
 * the BSDs, which have neither. Invariant: everything is unknown, nothing is done. */
#include "base/os.h"

#include <errno.h>
#include <math.h>

void os_adopt_orphans(void) {}

size_t os_reap_orphans(bool (*known)(void *context, int64_t pid), void *context) {
    (void)known, (void)context;
    return 0;
}

size_t os_descendants(const struct os_apart *except, bool ended, int64_t *found, size_t capacity) {
    (void)except, (void)ended, (void)found, (void)capacity;
    return 0;
}

bool os_has_children(int64_t pid) {
    return os_process_group_shared(pid);
}

double os_groups_least(const char *controller, double (*read)(const char *directory)) {
    (void)controller, (void)read;
    return NAN;
}

double os_quota_cpus(void) {
    return NAN;
}

double os_group_quota(const char *directory) {
    (void)directory;
    return NAN;
}

double os_group_throttled(const char *directory) {
    (void)directory;
    return NAN;
}

uint64_t os_throttled_ns(void) {
    return OS_UNKNOWN;
}

bool os_group_start(char name[OS_GROUP_SIZE]) {
    (void)name;
    return false;
}

bool os_group_start_end(const char *name, int64_t pid) {
    (void)name, (void)pid;
    return false;
}

void os_group_remove(const char *name) {
    (void)name;
}

int os_group_usage(const char *name, struct os_group_usage *usage) {
    (void)name, (void)usage;
    return ENOTSUP;
}

size_t os_group_members(const char *name, int64_t *pids, size_t capacity) {
    (void)name, (void)pids, (void)capacity;
    return 0;
}
