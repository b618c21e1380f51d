/* gaps.c - adds up what a worker lost; see gaps.h. */
#include "loadgen/gaps.h"

#include "base/os.h"

#define LEAST_NS 1000000u /* a thread that shares its CPU loses less than this all the time */

void gaps_start(struct gaps *g, uint64_t now_ns, uint64_t cpu_ns, uint64_t wait_late_ns) {
    *g = (struct gaps){.least_ns = wait_late_ns > LEAST_NS ? wait_late_ns : LEAST_NS};
    gaps_resume(g, now_ns, cpu_ns);
}

void gaps_resume(struct gaps *g, uint64_t now_ns, uint64_t cpu_ns) {
    g->t0_ns = UINT64_MAX;
    g->looked_ns = now_ns;
    g->cpu_ns = cpu_ns;
    g->blocked_ns = g->asleep_ns = 0;
    g->early_ns = g->early_until_ns = 0;
}

static void count(struct gaps *g, uint64_t gap_ns) {
    if (gap_ns > g->max_ns) g->max_ns = gap_ns;
    g->total_ns += gap_ns;
}

void gaps_window(struct gaps *g, uint64_t t0_ns) {
    g->t0_ns = t0_ns;
    if (g->early_until_ns > t0_ns) count(g, g->early_ns);
}

void gaps_look(struct gaps *g, uint64_t now_ns, uint64_t cpu_ns) {
    uint64_t passed_ns = now_ns - g->looked_ns, worked_ns = cpu_ns - g->cpu_ns;
    if (cpu_ns == OS_UNKNOWN) worked_ns = passed_ns > g->blocked_ns ? passed_ns - g->blocked_ns : 0;
    uint64_t known_ns = worked_ns + g->asleep_ns;
    uint64_t lost_ns = passed_ns > known_ns ? passed_ns - known_ns : 0;
    g->looked_ns = now_ns;
    g->cpu_ns = cpu_ns;
    g->blocked_ns = g->asleep_ns = 0;
    if (lost_ns <= g->least_ns) return;
    if (now_ns + lost_ns > g->t0_ns) {
        count(g, lost_ns);
    } else if (now_ns + lost_ns > g->early_until_ns) {
        g->early_ns = lost_ns;
        g->early_until_ns = now_ns + lost_ns;
    }
}
