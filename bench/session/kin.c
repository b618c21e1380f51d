/* kin.c - see kin.h. Where the server has a group, the load generator reads the CPU time of
 * all its processes. Elsewhere iobench only learns that there were others: from living ones, from
 * orphans that came to iobench, and from children that the server has waited for. */
#include "bench/session/kin.h"

#include <signal.h>
#include <string.h>

#define END_NS 5000000000u /* deadline for the end of killed processes */
#define POLL_S 0.01        /* no event reports the end of another's child */

void kin_open(struct kin *kin, struct process_loop *loop) {
    memset(kin, 0, sizeof *kin);
    kin->loop = loop;
    kin->apart.count =
        os_descendants(&kin->apart, true, kin->apart.ids, OS_APART_MAX - 1 - KIN_OTHERS_MAX);
    if (!os_group_start(kin->group)) *kin->group = '\0';
}

void kin_started(struct kin *kin, int64_t pid) {
    if (!*kin->group || os_group_start_end(kin->group, pid)) return;
    os_group_remove(kin->group);
    *kin->group = '\0';
}

void kin_apart(struct kin *kin, int64_t pid) {
    kin->apart.ids[kin->apart.count++] = pid;
}

static void look(struct kin *kin) {
    static int64_t found[OS_APART_MAX];
    size_t count = os_descendants(&kin->apart, true, found, OS_APART_MAX);
    for (size_t i = 0; i < count; i++) kin->seen = kin->seen || found[i] != kin->pid;
    kin_glance(kin);
}

void kin_load_begins(struct kin *kin, int64_t pid, int64_t loadgen) {
    kin->apart.ids[kin->apart.count++] = loadgen;
    kin->pid = pid;
    kin->orphans = kin->loop->orphans;
    if (!os_child_traces(pid, &kin->traces)) kin->seen = true;
    look(kin);
}

void kin_glance(struct kin *kin) {
    if (kin->pid) kin->seen = kin->seen || os_has_children(kin->pid);
}

void kin_load_ends(struct kin *kin) {
    uint64_t traces;
    if (!kin->pid) return;
    look(kin);
    kin->seen = kin->seen || !os_child_traces(kin->pid, &traces) || traces != kin->traces ||
                kin->loop->orphans != kin->orphans;
}

/* The members of its group are certainly the server's. Without a group the descendants of iobench
 * are, which an orphan of others may join. */
static size_t signal_all(const struct kin *kin, int number) {
    static int64_t found[OS_APART_MAX];
    size_t sent = 0;
    size_t count = *kin->group ? os_group_members(kin->group, found, OS_APART_MAX)
                               : os_descendants(&kin->apart, false, found, OS_APART_MAX);
    for (size_t i = 0; i < count; i++)
        if (found[i] != kin->pid) sent += uv_kill((int)found[i], number) == 0;
    return sent;
}

void kin_stop(const struct kin *kin) {
    signal_all(kin, SIGTERM);
}

/* A process may fork while the list is made, so the list is made until it is empty. */
static bool all_gone(void *context) {
    const struct kin *kin = context;
    return signal_all(kin, SIGKILL) == 0;
}

void kin_close(struct kin *kin) {
    uint64_t deadline_ns = os_clock_ns() + END_NS;
    kin->pid = 0;
    while (os_clock_ns() < deadline_ns)
        if (process_wait(kin->loop, all_gone, kin, POLL_S, false)) break;
    if (*kin->group) os_group_remove(kin->group);
}
