/* lead.c - see lead.h. */
#include "loadgen/lead.h"

#include <inttypes.h>
#include <stdio.h>

/* Time that one connection may add to a worker's turn; each worker must learn t0 in time. */
#define TURN_EACH_NS 10000u
#define WARMUP_EXTRA_MAX_NS 10000000000u
/* Churn: if no connect succeeds for so long, there is no server. */
#define UNREACHABLE_NS 1000000000u

/* Sleeps until `until_ns`, waking now and then; false if the run is stopped or all workers ended.
 */
static bool sleep_until(struct run *run, uint64_t until_ns) {
    while (!run->stop && run->finished < run->load->threads) {
        uint64_t now_ns = os_clock_ns();
        if (now_ns >= until_ns) return true;
        uint64_t step_ns = now_ns + 20000000u;
        os_sleep_until_ns(step_ns < until_ns ? step_ns : until_ns);
    }
    return false;
}

uint64_t lead_messages(const struct worker *workers, uint32_t count, double *mean_ns) {
    uint64_t done = 0, sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        done += workers[i].account.done;
        sum += workers[i].account.done_sum_ns;
    }
    if (mean_ns) *mean_ns = done ? (double)sum / (double)done : 0;
    return done;
}

/* In churn only failed connects show that there is no server. For a moment they may also fail for
 * lack of ports. */
static bool unreachable(const struct run *run, uint64_t now_ns) {
    return run->load->churn && run->refused && run->standing == 0 &&
           now_ns - run->start_ns >= UNREACHABLE_NS;
}

/* Ends the warm-up when it has lasted as long as asked for, and at least three mean latencies. */
static void warm_up(struct run *run, const struct worker *workers, struct usage *usage) {
    const struct load *load = run->load;
    uint64_t limit_ns = run->start_ns + load->warmup_ns + WARMUP_EXTRA_MAX_NS;
    uint64_t until_ns = run->start_ns + load->warmup_ns;
    while (sleep_until(run, until_ns)) {
        double mean_ns;
        uint64_t done = lead_messages(workers, load->threads, &mean_ns);
        uint64_t now_ns = os_clock_ns();
        if (unreachable(run, now_ns)) run->stop = true;
        if (now_ns >= limit_ns || (done && (double)(now_ns - run->start_ns) >= 3 * mean_ns)) break;
        until_ns = now_ns + 1000000u;
    }
    uint64_t t0_ns = os_clock_ns() + START_LEAD_NS + load->connections * TURN_EACH_NS;
    run->t0_ns = t0_ns;
    /* Before the window, because reading a file per thread of the server takes CPU time. */
    sleep_until(run, t0_ns - START_LEAD_NS);
    usage_start(usage, load);
}

void lead_progress(const char *phase, uint64_t start_ns, uint64_t messages) {
    uint64_t now_ns = os_clock_ns();
    double t_s = now_ns < start_ns ? 0 : (double)(now_ns - start_ns) / 1e9;
    fprintf(stderr, "{\"progress\":{\"phase\":\"%s\",\"t_s\":%.3f,\"messages\":%" PRIu64 "}}\n",
            phase, t_s, messages);
}

static void progress_line(const char *phase, const struct run *run, const struct worker *workers) {
    lead_progress(phase, run->start_ns, lead_messages(workers, run->load->threads, NULL));
}

void lead(struct run *run, const struct worker *workers, struct usage *usage, bool progress) {
    const struct load *load = run->load;
    while (run->ready < load->threads && !run->stop) os_sleep_until_ns(os_clock_ns() + 500000u);
    if (run->standing == 0 && !load->churn) run->stop = true;
    if (progress) progress_line("warmup", run, workers);
    run->start_ns = os_clock_ns() + START_LEAD_NS;
    warm_up(run, workers, usage);
    sleep_until(run, run->t0_ns);
    uint64_t next_ns = run->t0_ns, t1_ns;
    do {
        if (progress) progress_line("window", run, workers);
        next_ns += 500000000u;
        t1_ns = run->t0_ns + run->late_ns + load->duration_ns; /* of the last worker */
    } while (sleep_until(run, next_ns < t1_ns ? next_ns : t1_ns) && os_clock_ns() < t1_ns);
    usage_end(usage, load);
    if (progress) progress_line("drain", run, workers);
}
