/* placement.c - chooses the CPUs of server and load generator. Pure.
 * Invariant: a set of CPUs is empty only if the system does not list its CPUs. */
#include "bench/suite/placement.h"

#include "bench/support/reason.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool contains(const int *cpus, size_t count, int cpu) {
    for (size_t i = 0; i < count; i++)
        if (cpus[i] == cpu) return true;
    return false;
}

static int ascending(const void *left, const void *right) {
    return *(const int *)left - *(const int *)right;
}

/* Reads "0-1,4" up to `end`. Returns the number of CPUs; 0 if the list is malformed or a CPU is not
 * allowed. */
static size_t read_set(const char *at, const char *end, const int *allowed, size_t allowed_count,
                       int *cpus) {
    size_t count = 0;
    while (at < end) {
        char *after;
        if (*at < '0' || *at > '9') return 0;
        long first = strtol(at, &after, 10), last = first;
        if (*after == '-') {
            if (after[1] < '0' || after[1] > '9') return 0;
            last = strtol(after + 1, &after, 10);
        }
        if (last < first || last - first >= PLACEMENT_CPUS_MAX || last > 1 << 20) return 0;
        for (int cpu = (int)first; cpu <= (int)last; cpu++) {
            if (!contains(allowed, allowed_count, cpu) || contains(cpus, count, cpu)) return 0;
            cpus[count++] = cpu;
        }
        if (after > end || (after < end && *after != ',') || (*after == ',' && after + 1 == end))
            return 0;
        at = after < end ? after + 1 : end;
    }
    qsort(cpus, count, sizeof *cpus, ascending);
    return count;
}

static bool disjoint(const struct placement *p) {
    for (size_t i = 0; i < p->server_count; i++)
        if (contains(p->loadgen, p->loadgen_count, p->server[i])) return false;
    return p->server_count > 0;
}

bool placement_read(struct placement_policy *policy, const char *text, const int *allowed,
                    size_t allowed_count, struct reason *reason) {
    memset(policy, 0, sizeof *policy);
    if (!strcmp(text, "auto") || !strcmp(text, "none")) {
        policy->kind = *text == 'a' ? PLACEMENT_AUTO : PLACEMENT_NONE;
        return true;
    }
    policy->kind = PLACEMENT_GIVEN;
    struct placement *p = &policy->given;
    const char *slash = strchr(text, '/');
    if (slash) {
        p->server_count = read_set(text, slash, allowed, allowed_count, p->server);
        p->loadgen_count =
            read_set(slash + 1, text + strlen(text), allowed, allowed_count, p->loadgen);
    }
    p->separate = disjoint(p);
    if (p->server_count && p->loadgen_count) return true;
    reason_set(reason,
               "'%s': not auto, none or SERVER/LOADGEN as in 0-1/2, with CPUs that iobench may use",
               text);
    return false;
}

static void copy(int *to, size_t *to_count, const int *from, size_t count) {
    memcpy(to, from, count * sizeof *to);
    *to_count = count;
}

void placement_decide(struct placement *p, const struct placement_policy *policy,
                      const struct placement_need *need) {
    const int *allowed = need->allowed;
    size_t allowed_count = need->allowed_count;
    if (policy->kind == PLACEMENT_GIVEN) {
        *p = policy->given;
        return;
    }
    memset(p, 0, sizeof *p);
    if (policy->kind == PLACEMENT_NONE || allowed_count < 2) {
        copy(p->server, &p->server_count, allowed, allowed_count);
        copy(p->loadgen, &p->loadgen_count, allowed, allowed_count);
        return;
    }
    size_t server = need->server_threads < allowed_count ? need->server_threads : allowed_count - 1;
    size_t rest = allowed_count - server;
    size_t loadgen = need->loadgen_threads < rest ? need->loadgen_threads : rest;
    copy(p->server, &p->server_count, allowed, server);
    copy(p->loadgen, &p->loadgen_count, allowed + allowed_count - loadgen, loadgen);
    p->separate = disjoint(p);
}
