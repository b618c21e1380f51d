/* counters_none.c - Windows, macOS and the systems of base/os_bsd.c: nothing that counts a
 * process's system calls is used. Invariant: no counters ever exist. */
#include "bench/machine/counters.h"
#include "bench/support/reason.h"

struct counters *counters_open(int64_t pid, struct uncounted *why) {
    (void)pid;
    why->code = UNCOUNTED_NOT_SUPPORTED;
    reason_set(&why->reason, "not available on this system");
    return NULL;
}

bool counters_read(const struct counters *c, struct counts *counts) {
    (void)c, (void)counts;
    return false;
}

void counters_close(struct counters *c) {
    (void)c;
}
