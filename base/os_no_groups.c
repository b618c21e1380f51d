/* os_no_groups.c - the parts of os.h about a group of processes for one server, on macOS and the
 * BSDs, which have none. Invariant: everything is unknown, nothing is done. */
#include "base/os.h"

#include <errno.h>

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

size_t os_group_kill(int64_t maker) {
    (void)maker;
    return 0;
}

int os_group_usage(const char *name, struct os_group_usage *usage) {
    (void)name, (void)usage;
    return ENOTSUP;
}
