/* rotation.c - see rotation.h.
 * Invariant: at every moment at most one target is under load, and no message is on the wire when
 * the next slice begins, unless its target takes no more turns. */
#include "loadgen/rotation.h"

#include "base/rng.h"

#include "loadgen/lead.h"
#include "loadgen/worker.h"

#include <errno.h>
#include <stdlib.h>

#define SETTLE_MIN_NS 5000000u
#define SETTLE_MAX_NS 1000000000u
#define SETTLE_LATENCIES 3.0
#define START_TOGETHER_NS 300000u /* in which several threads learn of the next slice */
#define PAUSE_NS 20000u           /* between looks at a meeting */
#define LEAD_PAUSE_NS 20000000u   /* of main */
#define PROGRESS_NS 500000000u
#define ORDER_SEED UINT64_C(0x5be0cd19137e2179) /* differs from those of schedules and payload */

int rotation_init(struct rotation *r, uint64_t seed) {
    struct rng rng;
    r->order = malloc((size_t)r->turns * r->targets);
    r->rests = calloc(r->targets, sizeof *r->rests);
    if (!r->order || !r->rests) return ENOMEM;
    rng_seed(&rng, seed, ORDER_SEED);
    for (uint32_t turn = 0; turn < r->turns; turn++) {
        uint8_t *order = r->order + (size_t)turn * r->targets;
        for (uint32_t i = 0; i < r->targets;
             i++) { /* a target goes to a place among those before */
            uint32_t place = (uint32_t)rng_below(&rng, i + 1);
            order[i] = order[place];
            order[place] = (uint8_t)i;
        }
    }
    return 0;
}

void rotation_free(struct rotation *r) {
    free(r->order);
    free(r->rests);
    r->order = NULL;
    r->rests = NULL;
}

static struct worker *workers_of(const struct rotation *r, uint32_t target) {
    return r->workers + (size_t)target * r->threads;
}

static void pause_ns(uint64_t ns) {
    os_sleep_until_ns(os_clock_ns() + ns);
}

/* ---- thread 0, while the others wait ---- */

/* How long the load is on before it counts: as long as the warm-up at first, then three mean
 * latencies, so that the caches are the target's own, and answers come as regularly as they will.
 */
static uint64_t settle_ns(const struct rotation *r, const struct worker *workers, uint32_t turn) {
    double mean_ns;
    lead_messages(workers, r->threads, &mean_ns);
    double wanted = SETTLE_LATENCIES * mean_ns;
    uint64_t ns = wanted < SETTLE_MAX_NS ? (uint64_t)wanted : SETTLE_MAX_NS;
    uint64_t least_ns = turn == 0 ? workers->load->warmup_ns : 0;
    if (least_ns < SETTLE_MIN_NS) least_ns = SETTLE_MIN_NS;
    return ns > least_ns ? ns : least_ns;
}

static void read_usage(const struct load *load, struct os_usage *usage) {
    if (!load->server_pid || os_process_usage(load->server_pid, usage) != 0)
        usage->ctx_voluntary = usage->ctx_involuntary = OS_UNKNOWN;
}

/* CPU time of all processes of the server that are known. */
static uint64_t server_cpu_ns(const struct load *load) {
    struct os_group_usage group;
    uint64_t cpu_ns;
    if (load->server_group)
        return os_group_usage(load->server_group, &group) == 0 ? group.cpu_ns : OS_UNKNOWN;
    if (!load->server_pid || os_process_cpu_ns(load->server_pid, &cpu_ns) != 0) return OS_UNKNOWN;
    return cpu_ns;
}

static uint64_t difference(uint64_t before, uint64_t after) {
    return before == OS_UNKNOWN || after == OS_UNKNOWN || after < before ? OS_UNKNOWN
                                                                         : after - before;
}

static bool any_stands(const struct rotation *r, const struct worker *workers) {
    uint32_t standing = 0;
    for (uint32_t i = 0; i < r->threads; i++) standing += workers[i].standing;
    return standing > 0;
}

static uint64_t answered(const struct rotation *r, const struct worker *workers) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < r->threads; i++) sum += workers[i].account.answered;
    return sum;
}

/* Adds up what the server uses without load: it should be nothing, since others have their turns
 * in that time. */
static void end_rest(const struct rotation_rest *rest, struct run *run) {
    if (!rest->since_ns) return;
    uint64_t used_ns = difference(rest->cpu_ns, server_cpu_ns(run->load));
    run->waited_ns += os_clock_ns() - rest->since_ns;
    if (used_ns == OS_UNKNOWN || run->waited_cpu_ns == OS_UNKNOWN)
        run->waited_cpu_ns = OS_UNKNOWN;
    else
        run->waited_cpu_ns += used_ns;
}

static void before_slice(struct rotation *r, uint32_t target, uint32_t turn) {
    struct worker *workers = workers_of(r, target);
    struct run *run = &r->runs[target];
    r->taken = !run->over && any_stands(r, workers);
    if (!r->taken) return;
    end_rest(&r->rests[target], run);
    read_usage(run->load, &r->before);
    r->messages = lead_messages(workers, r->threads, NULL);
    r->answered = answered(r, workers);
    r->window_ns = workers->account.window_ns;
    r->start_ns = os_clock_ns() + (r->threads > 1 ? START_TOGETHER_NS : 0);
    r->t0_ns = r->start_ns + settle_ns(r, workers, turn);
    run->slices[turn].taken = true;
    run->slices[turn].start_ns = r->t0_ns - r->go_ns;
    if (run->start_ns != NOT_YET) return;
    run->start_ns = r->start_ns;
    run->t0_ns = r->t0_ns;
}

static void after_slice(struct rotation *r, uint32_t target, uint32_t turn) {
    struct worker *workers = workers_of(r, target);
    struct slice *slice = &r->runs[target].slices[turn];
    struct os_usage after;
    read_usage(workers->load, &after);
    slice->ctx_voluntary = difference(r->before.ctx_voluntary, after.ctx_voluntary);
    slice->ctx_involuntary = difference(r->before.ctx_involuntary, after.ctx_involuntary);
    slice->ctx_answered = lead_messages(workers, r->threads, NULL) - r->messages;
    slice->answered = answered(r, workers) - r->answered;
    slice->length_ns = workers->account.window_ns - r->window_ns;
    if (!any_stands(r, workers)) r->runs[target].over = true;
    r->last = r->runs[target].over;
    r->rests[target] = (struct rotation_rest){os_clock_ns(), server_cpu_ns(workers->load)};
}

/* ---- all threads ---- */

/* Waits until all threads have come; then thread 0 does `what` while the others wait. */
static void meet(struct rotation_thread *t, uint32_t target, uint32_t turn,
                 void (*what)(struct rotation *r, uint32_t target, uint32_t turn)) {
    struct rotation *r = t->rotation;
    uint32_t meeting = ++t->meetings;
    atomic_fetch_add(&r->met, 1);
    if (t->index == 0) {
        while (r->met < meeting * r->threads) pause_ns(PAUSE_NS);
        what(r, target, turn);
        r->meetings = meeting;
    } else {
        while (r->meetings < meeting) pause_ns(PAUSE_NS);
    }
}

static void take_slice(struct rotation_thread *t, uint32_t target, uint32_t turn) {
    struct rotation *r = t->rotation;
    struct worker *w = workers_of(r, target) + t->index;
    meet(t, target, turn, before_slice);
    if (!r->taken) return;
    worker_next_slice(w, turn, r->t0_ns);
    os_sleep_until_ns(r->start_ns);
    bool complete = worker_load(w, r->start_ns);
    /* work that is left over would be done in the slices of others */
    if (!complete || w->account.errors.mismatch) w->run->over = true;
    meet(t, target, turn, after_slice);
    if (r->last) worker_leave(w);
}

void *rotation_main(void *thread) {
    struct rotation_thread *t = thread;
    struct rotation *r = t->rotation;
    os_timer_fine();
    for (uint32_t k = 0; k < r->targets; k++) worker_connect(workers_of(r, k) + t->index);
    for (uint32_t k = 0; k < r->targets; k++)
        gaps_start(&workers_of(r, k)[t->index].gaps, os_clock_ns(), os_thread_cpu_ns(),
                   os_wait_late_ns());
    atomic_fetch_add(&r->connected, 1);
    while (!r->go && !r->stop) pause_ns(PAUSE_NS);
    for (uint32_t i = 0; i < r->turns * r->targets && !r->stop; i++)
        take_slice(t, r->order[i], i / r->targets);
    atomic_fetch_add(&r->done, 1);
    while (!r->leave && !r->stop) pause_ns(PAUSE_NS);
    for (uint32_t k = 0; k < r->targets && !r->stop; k++)
        if (!r->runs[k].over) worker_leave(workers_of(r, k) + t->index);
    return NULL;
}

/* ---- main ---- */

void rotation_lead(struct rotation *r, struct usage *usages, bool progress) {
    uint32_t all = r->targets * r->threads;
    while (r->connected < r->threads) pause_ns(PAUSE_NS);
    for (uint32_t k = 0; k < r->targets; k++) usage_start(&usages[k], r->runs[k].load);
    uint64_t next_ns = r->go_ns = os_clock_ns();
    r->go = true;
    while (r->done < r->threads) {
        if (progress && os_clock_ns() >= next_ns) {
            lead_progress("window", r->go_ns, lead_messages(r->workers, all, NULL));
            next_ns += PROGRESS_NS;
        }
        pause_ns(LEAD_PAUSE_NS);
    }
    for (uint32_t k = 0; k < r->targets; k++) usage_end(&usages[k], r->runs[k].load);
    if (progress) lead_progress("drain", r->go_ns, lead_messages(r->workers, all, NULL));
    r->leave = true;
}
