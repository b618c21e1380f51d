/* os_no_groups.c - the parts of os.h about control groups and adopted orphans, on systems that have
 * neither (macOS, the BSDs, Windows). Invariant: everything is unknown, nothing is done. */
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

uint64_t os_throttled_ns(void) {
    return OS_UNKNOWN;
}

bool os_group_enter(char directory[OS_GROUP_SIZE]) {
    (void)directory;
    return false;
}

void os_group_leave(const char *directory) {
    (void)directory;
}

void os_group_remove(const char *directory) {
    (void)directory;
}

int os_group_usage(const char *directory, struct os_group_usage *usage) {
    (void)directory, (void)usage;
    return ENOTSUP;
}

size_t os_group_members(const char *directory, int64_t *pids, size_t capacity) {
    (void)directory, (void)pids, (void)capacity;
    return 0;
}
