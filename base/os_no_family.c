/* os_no_family.c - the parts of os.h about adopted orphans, marks, quotas and the members of
 * control groups, on Windows, macOS and the BSDs, which have none. Invariant: everything is
 * unknown, nothing is done. */
#include "base/os.h"

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

void os_mark_children(void) {}

size_t os_marked_kill(void) {
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

size_t os_group_members(const char *name, int64_t *pids, size_t capacity) {
    (void)name, (void)pids, (void)capacity;
    return 0;
}
