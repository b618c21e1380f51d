/* truth_frozen.c - the load generator is frozen (SIGSTOP), or its server, or both, as in a virtual
 * machine that stops. The load generator must report its own freezes, and none of the server's.
 *
 * How long a freeze lasted is measured around it. A process is stopped for certain once waitpid()
 * has reported so, and until it is continued. */
#include "base/os.h"

#include "tests/support/process.h"
#include "tests/truth/truth.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#define SLACK_NS (10 * MS) /* a gap may be longer than the freeze by this on a quiet machine */

/* A freeze, or the sum of several. */
struct freeze {
    double least_ns; /* all of the process was stopped for so long */
    double most_ns;  /* it was stopped for so long at most */
};

enum who { GENERATOR = 1, SERVER = 2, BOTH = 3 };

/* A load generator under way, and the server that it loads. */
struct pair {
    struct target target;
    struct loader loader;
    enum who who; /* is frozen */
};

static void start(struct pair *p, const struct truth *truth, const char *server, const char *args) {
    char words[256];
    target_start(&p->target, truth, FAULT, server);
    snprintf(words, sizeof words, "--progress %s", args);
    loader_start(&p->loader, truth, p->target.address, words);
}

static void end(struct pair *p, struct outcome *o) {
    loader_await(&p->loader, o);
    o->stats = target_stop(&p->target);
    REQUIRE(o->code == 0 && o->sample, "exit code %d: %s", o->code, o->error);
}

static void stop(pid_t pid) {
    int status;
    case_doing("waiting for a process to stop");
    REQUIRE(kill(pid, SIGSTOP) == 0, "SIGSTOP: %s", os_error_text(errno));
    while (waitpid(pid, &status, WUNTRACED) < 0)
        REQUIRE(errno == EINTR, "waitpid: %s", os_error_text(errno));
    if (WIFSTOPPED(status)) return;
    case_spoilt("other work used the CPUs: loadgen ended before it could be stopped");
    case_end();
}

/* Freezes the pair for `ms` and adds that to `f`. The server is stopped after and continued before
 * the load generator. */
static void freeze(struct pair *p, double ms, struct freeze *f) {
    uint64_t before_ns = os_clock_ns();
    if (p->who & GENERATOR) stop(p->loader.pid);
    if (p->who & SERVER) stop(p->target.pid);
    uint64_t from_ns = os_clock_ns();
    os_sleep_until_ns(from_ns + (uint64_t)(ms * MS));
    uint64_t to_ns = os_clock_ns();
    if (p->who & SERVER) kill(p->target.pid, SIGCONT);
    if (p->who & GENERATOR) kill(p->loader.pid, SIGCONT);
    f->least_ns += (double)(to_ns - from_ns);
    f->most_ns += (double)(os_clock_ns() - before_ns);
}

/* Whether the load generator has not told that its window is over: what was done until now was done
 * in time. */
static bool in_window(struct pair *p) {
    char phase[32];
    struct pollfd line = {.fd = p->loader.error, .events = POLLIN};
    while (poll(&line, 1, 0) > 0 && loader_next_phase(&p->loader, phase, sizeof phase))
        if (strcmp(phase, "drain") == 0) return false;
    return true;
}

static void require_in_window(struct pair *p) {
    if (in_window(p)) return;
    case_spoilt("other work used the CPUs: the freeze came after the window");
    kill(p->loader.pid, SIGKILL);
    case_end();
}

/* A freeze during a wait shows only from the end of the wait on. */
static double longest_wait_ns(double duration_s) {
    return fmax(1 * MS, duration_s * 1e9 / 200);
}

/* The longest gap is this freeze. */
static void require_gap(const struct outcome *o, const struct freeze *f, double duration_s) {
    double gap_ns = figure(o->sample, "loadgen.gap_max_ns");
    char what[120];
    snprintf(what, sizeof what, "the longest gap is %.1f ms, the freeze lasted %.1f to %.1f ms",
             gap_ns / MS, f->least_ns / MS, f->most_ns / MS);
    REQUIRE(gap_ns >= f->least_ns - longest_wait_ns(duration_s), "%s", what);
    REQUIRE(figure(o->sample, "loadgen.gaps_total_ns") >= gap_ns, "the sum is below the maximum");
    require_unless_busy(o, gap_ns <= f->most_ns + SLACK_NS,
                        (gap_ns - f->most_ns) / machine_span_ns(&o->machine), what);
}

/* One freeze at the beginning of the window, of 0.6 s. */
static void freeze_window(const struct truth *truth, struct pair *p, const char *server,
                          const char *load, struct outcome *o) {
    char args[128];
    struct freeze f = {0};
    snprintf(args, sizeof args, "--duration 0.6 %s", load);
    start(p, truth, server, args);
    loader_await_phase(&p->loader, "window");
    freeze(p, 200, &f);
    require_in_window(p);
    end(p, o);
    require_gap(o, &f, 0.6);
    require_identities(o->sample, 64);
}

static void frozen_closed(const struct truth *truth) {
    struct pair p = {.who = GENERATOR};
    struct outcome o;
    freeze_window(truth, &p, "--delay-us 2000", "--connections 20", &o);
    p.who = BOTH;
    freeze_window(truth, &p, "--delay-us 2000", "--connections 20", &o);
}

/* Nearly all arrivals of the freeze find their connection busy: they have been late all the same.
 * Those that fall into its first part are later than 1 % of all. */
static void frozen_open(const struct truth *truth) {
    struct pair p = {.who = GENERATOR};
    struct outcome o;
    struct freeze f = {0};
    start(&p, truth, "", "--connections 10 --rate 4000 --duration 1.5");
    loader_await_phase(&p.loader, "window");
    loader_await_phase(&p.loader, "window"); /* half a second later */
    freeze(&p, 300, &f);
    require_in_window(&p);
    end(&p, &o);
    require_gap(&o, &f, 1.5);
    require_within(o.sample, "loadgen.arrival_lag_max_ns", f.least_ns - 10 * MS, INFINITY);
    require_within(o.sample, "loadgen.arrival_lag_p99_ns", 0.8 * (f.least_ns - 15 * MS), INFINITY);
    require_identities(o.sample, 64);
}

/* What the server does is not the load generator's fault: the latency is true. */
static void frozen_server(const struct truth *truth) {
    static const char *const loads[] = {"--connections 20", "--connections 50 --rate 2000"};
    for (size_t i = 0; i < 2; i++) {
        struct pair p = {.who = SERVER};
        struct outcome o;
        struct freeze f = {0};
        char args[128];
        snprintf(args, sizeof args, "--duration 0.6 %s", loads[i]);
        start(&p, truth, "--delay-us 2000", args);
        loader_await_phase(&p.loader, "window");
        freeze(&p, 200, &f);
        require_in_window(&p);
        end(&p, &o);
        /* a message that the load generator sends as soon as it can waits for the rest of it */
        double missing_ns = f.least_ns - 10 * MS - figure(o.sample, "latency.max_ns");
        require_unless_busy(&o, missing_ns <= 0, missing_ns / machine_span_ns(&o.machine),
                            "the server's freeze is in no latency");
        double gap_ns = figure(o.sample, "loadgen.gap_max_ns");
        require_unless_busy(&o, gap_ns <= SLACK_NS, gap_ns / machine_span_ns(&o.machine),
                            "the server's freeze is counted as the load generator's");
    }
}

static void frozen_other_loads(const struct truth *truth) {
    static const struct {
        const char *server, *load;
    } loads[] = {
        {"--delay-us 300000", "--connections 1 --idle 5 --warmup 0"}, /* hardly anything to do */
        {"", "--churn 500"},
        {"--delay-us 2000", "--connections 4 --newcomers 100"},
        {"--delay-us 2000", "--connections 10 --threads 2 --depth 4"},
        {"--delay-us 2000", "--connections 4 --spin always"},
    };
    for (size_t i = 0; i < sizeof loads / sizeof loads[0]; i++) {
        struct pair p = {.who = GENERATOR};
        struct outcome o;
        freeze_window(truth, &p, loads[i].server, loads[i].load, &o);
        if (is_null(o.sample, "loadgen.arrival_lag_max_ns")) continue;
        /* a freeze that began after the last arrival shows as a gap only */
        require_unless_busy(&o, figure(o.sample, "loadgen.arrival_lag_max_ns") >= 100 * MS, 0.1,
                            "no arrival was late");
    }
}

/* Across an edge of the window, and beyond it: the whole of the freeze counts. */
static void frozen_at_edges(const struct truth *truth) {
    static const struct {
        const char *server, *load, *phase;
        int lines; /* of the phase, until the freeze; 0: until the server has got messages */
        double duration_s, ms;
    } edges[] = {
        /* begins in the warm-up, which is over when it ends */
        {"--delay-us 2000 --tell-at 50", "--connections 20 --warmup 0.1 --duration 0.3", "warmup",
         0, 0.3, 300},
        /* the second line comes after 0.5 s */
        {"--delay-us 2000", "--connections 20 --duration 1.2", "window", 2, 1.2, 800},
        /* an answer is awaited until the end of the drain */
        {"--delay-us 2000 --mute-from 9", "--connections 10 --duration 0.3 --drain 1.2", "drain", 1,
         0.3, 200},
    };
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++) {
        struct pair p = {.who = GENERATOR};
        struct outcome o;
        struct freeze f = {0};
        start(&p, truth, edges[i].server, edges[i].load);
        char told[80];
        REQUIRE(edges[i].lines || process_read_line(p.target.output, told, sizeof told),
                "the server got no messages");
        for (int line = 0; line < edges[i].lines; line++)
            loader_await_phase(&p.loader, edges[i].phase);
        freeze(&p, edges[i].ms, &f);
        end(&p, &o);
        char what[80];
        snprintf(what, sizeof what, "the freeze in the %s is not counted", edges[i].phase);
        /* otherwise it came long before the window, or after the drain */
        bool counted = figure(o.sample, "loadgen.gap_max_ns") >= f.least_ns / 2;
        require_unless_busy(&o, counted, 0.1, what);
        if (counted) require_gap(&o, &f, edges[i].duration_s);
    }
}

/* Each is too short to matter, all together are not. */
static void frozen_often(const struct truth *truth) {
    enum { TIMES = 15 };
    struct pair p = {.who = GENERATOR};
    struct outcome o;
    struct freeze f = {0};
    start(&p, truth, "--delay-us 2000", "--connections 20 --duration 2");
    loader_await_phase(&p.loader, "window");
    for (int i = 0; i < TIMES; i++) {
        freeze(&p, 18, &f);
        os_sleep_until_ns(os_clock_ns() + 20 * (uint64_t)MS);
    }
    require_in_window(&p);
    end(&p, &o);
    require_within(o.sample, "loadgen.gaps_total_ns", f.least_ns - TIMES * longest_wait_ns(2),
                   INFINITY);
    double total_ns = figure(o.sample, "loadgen.gaps_total_ns");
    require_unless_busy(&o, total_ns <= f.most_ns + TIMES * MS,
                        (total_ns - f.most_ns) / machine_span_ns(&o.machine), "more than frozen");
}

/* Turns of many milliseconds, in which messages of 2 MB are made, sent and compared. */
static void long_work(const struct truth *truth) {
    struct outcome o;
    struct target target;
    target_start(&target, truth, "echo-epoll", "");
    load(&o, truth, target.address,
         "--connections 4 --depth 4 --size 2097152 --duration 0.5 --drain 10");
    double gap_ns = figure(o.sample, "loadgen.gap_max_ns");
    cJSON_Delete(target_stop(&target));
    require_within(o.sample, "messages", 1, INFINITY);
    require_unless_busy(&o, gap_ns <= SLACK_NS, gap_ns / machine_span_ns(&o.machine),
                        "work is counted as a gap");
    case_note("longest gap %.1f ms", gap_ns / MS);
}

const struct truth_case truth_frozen[] = {
    {"frozen-closed", frozen_closed, 30, 0},
    {"frozen-open", frozen_open, 30, 0},
    {"frozen-server", frozen_server, 30, ONCE},
    {"frozen-other-loads", frozen_other_loads, 60, ONCE},
    {"frozen-at-edges", frozen_at_edges, 60, ONCE},
    {"frozen-often", frozen_often, 30, ONCE},
    {"long-work", long_work, 40, NEEDS_SPEED | TIMED},
    {NULL, NULL, 0, 0},
};
