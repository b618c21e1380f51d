/* gaps.h - the time that a worker lost: it neither worked nor slept as long as it wanted to. The
 * process was frozen, or its thread had no CPU. Pure.
 * Invariant: neither work nor a sleep counts as lost, however long it takes, except for the part of
 * a sleep beyond what was asked for. */
#ifndef LOADGEN_GAPS_H
#define LOADGEN_GAPS_H

#include <stdbool.h>
#include <stdint.h>

/* Looks are so far apart at least, because a look reads the thread's CPU clock. */
#define GAPS_LOOK_NS 500000u

struct gaps {
    uint64_t least_ns;       /* shorter gaps do not count */
    uint64_t t0_ns;          /* the window's start; UINT64_MAX while it is not known */
    uint64_t looked_ns;      /* time of the last look; the next three count from there */
    uint64_t cpu_ns;         /* CPU time of the thread at that look */
    uint64_t blocked_ns;     /* time in waits since */
    uint64_t asleep_ns;      /* of it, the part that was asked for */
    uint64_t early_ns;       /* a gap before the window, the one that matters longest */
    uint64_t early_until_ns; /* until when it matters */
    uint64_t max_ns;         /* the longest gap that counts */
    uint64_t total_ns;       /* the sum of those gaps */
};

/* Begins at `now_ns`, when the thread has used `cpu_ns`. Timed waits may end `wait_late_ns` late.
 */
void gaps_start(struct gaps *g, uint64_t now_ns, uint64_t cpu_ns, uint64_t wait_late_ns);

/* Goes on at `now_ns` for another window: what was lost between the two does not count. */
void gaps_resume(struct gaps *g, uint64_t now_ns, uint64_t cpu_ns);

/* The window begins at `t0_ns`. After a gap the server has to work off what came late. Therefore a
 * gap before the window counts, too, if it ended less than its own length before. */
void gaps_window(struct gaps *g, uint64_t t0_ns);

/* A wait lasted `blocked_ns`; `asked_ns` was the most that was wanted. */
static inline void gaps_waited(struct gaps *g, uint64_t asked_ns, uint64_t blocked_ns) {
    g->blocked_ns += blocked_ns;
    g->asleep_ns += blocked_ns < asked_ns ? blocked_ns : asked_ns;
}

/* Whether it is time for a look. */
static inline bool gaps_look_due(const struct gaps *g, uint64_t now_ns) {
    return now_ns - g->looked_ns >= GAPS_LOOK_NS;
}

/* Looks at the time since the last look. `cpu_ns` is the CPU time that the thread has used;
 * OS_UNKNOWN: not known, so all time outside of waits is taken for work. */
void gaps_look(struct gaps *g, uint64_t now_ns, uint64_t cpu_ns);

#endif
