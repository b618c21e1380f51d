/* main.c - loadgen: command line, the run's phases, exit codes.
 * Invariant: standard output is one JSON object or nothing. */
#include "base/args.h"
#include "base/check.h"
#include "base/json.h"
#include "base/line.h"

#include "loadgen/reach.h"
#include "loadgen/report.h"
#include "loadgen/transports.h"
#include "loadgen/visitor.h"
#include "loadgen/worker.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_WRONG_ECHO = 1, EXIT_USAGE = 2, EXIT_NOTHING = 3, EXIT_INTERRUPTED = 130 };

/* Ports to use per local address. Linux has 28232 by default: half of them it finds at once, for
 * the rest it searches. */
#define PORTS_A_SOURCE 10000.0
#define CONNECTIONS_MAX 1000000
/* Time that one connection may add to a worker's turn; each worker must learn t0 in time. */
#define TURN_EACH_NS 10000u
#define WARMUP_EXTRA_MAX_NS 10000000000u
/* Churn: if no connect succeeds for so long, there is no server. */
#define UNREACHABLE_NS 1000000000u
#define OWN_DESCRIPTORS 16u     /* beside those of connections */
#define DESCRIPTORS_A_THREAD 6u /* for its transport; libuv needs the most */

/* The command line; main sets the defaults. */
struct arguments {
    const char *connect;
    uint64_t connections, idle, size, threads, seed;
    uint64_t depth, outstanding, churn_echoes, server_pid; /* 0 = not given */
    double rate, churn, newcomers;                         /* per s; 0 = not given */
    double warmup, duration, drain;                        /* s */
    const char *arrival, *transport, *spin, *server_group;
    bool stop_on_eof, progress, describe;
};

static int usage_error(const char *what, const char *reason) {
    fprintf(stderr, "loadgen: %s: %s\n", what, reason);
    return EXIT_USAGE;
}

static bool is_constant(const struct arguments *a) {
    return a->arrival && strcmp(a->arrival, "constant") == 0;
}

/* Refuses options that do not go together. */
static int check_arguments(const struct arguments *a) {
    if (!a->connect) return usage_error("--connect", "missing; give HOST:PORT of the server");
    bool open = a->rate > 0, churn = a->churn > 0;
    if (churn && (open || a->depth || a->outstanding || a->newcomers > 0))
        return usage_error("--churn", open             ? "does not go with --rate"
                                      : a->depth       ? "does not go with --depth"
                                      : a->outstanding ? "does not go with --outstanding"
                                                       : "does not go with --newcomers");
    if (!churn && a->churn_echoes) return usage_error("--churn-echoes", "needs --churn");
    if (open && a->depth) return usage_error("--depth", "does not go with --rate");
    if (!open && a->outstanding) return usage_error("--outstanding", "needs --rate");
    if (!open && !churn && a->arrival) return usage_error("--arrival", "needs --rate or --churn");
    if (is_constant(a) && a->connections % a->threads != 0)
        return usage_error("--threads",
                           "constant arrivals need --connections to be a multiple of it");
    if (a->server_group && !a->server_pid)
        return usage_error("--server-group", "needs --server-pid");
    if (a->threads > a->connections) return usage_error("--threads", "more than --connections");
    return 0;
}

static int read_arguments(struct arguments *a, int argc, char **argv) {
    const struct arg table[] = {
        {"connect", "HOST:PORT", "the server; IPv6 as in [::1]:7", .text = &a->connect},
        {"connections", "N",
         "connections under load (50); with --churn the most that are open at once",
         .count = {&a->connections, 1, CONNECTIONS_MAX}},
        {"idle", "N", "further connections, which stay silent (0)",
         .count = {&a->idle, 0, CONNECTIONS_MAX}},
        {"size", "BYTES", "size of a message (64)", .count = {&a->size, 1, 16777216}},
        {"depth", "D", "closed loop: messages in flight per connection (1)",
         .count = {&a->depth, 1, 65536}},
        {"rate", "R", "open loop: messages per second, all connections together",
         .real = {&a->rate, 0.001, 1e8}},
        {"arrival", NULL, "open loop, churn: random or constant gaps between arrivals (poisson)",
         .choice = {&a->arrival, "poisson|constant"}},
        {"outstanding", "K", "open loop: most unanswered messages per connection (1)",
         .count = {&a->outstanding, 1, 65536}},
        {"churn", "R", "churn: short connections per second, instead of a closed or open loop",
         .real = {&a->churn, 0.001, 1e6}},
        {"churn-echoes", "K", "churn: echoes per connection, one after the other (1)",
         .count = {&a->churn_echoes, 1, 1000000}},
        {"newcomers", "R", "new connections per second beside the load, each for one echo",
         .real = {&a->newcomers, 0.001, 1e6}},
        {"threads", "T", "threads that share the load (1)", .count = {&a->threads, 1, 256}},
        {"transport", "NAME",
         "io_uring, epoll, libuv, or auto: the first of them that runs here (auto)",
         .text = &a->transport},
        {"spin", NULL, "whether to busy-wait; auto: only shortly before a message is due (auto)",
         .choice = {&a->spin, "auto|always|never"}},
        {"warmup", "S", "warm-up in seconds (0.3); at least 3 mean latencies",
         .real = {&a->warmup, 0, 3600}},
        {"duration", "S", "measured window in seconds (1)", .real = {&a->duration, 0.01, 86400}},
        {"drain", "S", "longest wait for answers after the window, in seconds (2)",
         .real = {&a->drain, 0, 3600}},
        {"seed", "N", "seed of payload, arrivals and choice of connections (1)",
         .count = {&a->seed, 0, 9007199254740992.0}},
        {"server-pid", "PID",
         "the server's process: also report its CPU time, context switches and memory",
         .count = {&a->server_pid, 1, 4294967295.0}},
        {"server-group", "DIR",
         "control group that holds all processes of the server: the CPU time of all counts",
         .text = &a->server_group},
        {"stop-on-eof", NULL, "end when standard input ends", .flag = &a->stop_on_eof},
        {"progress", NULL, "print progress as JSON lines on standard error", .flag = &a->progress},
        {"describe", NULL, "print one JSON line about this program and exit", .flag = &a->describe},
        {.name = NULL},
    };
    const struct args_spec spec = {
        .program = "loadgen",
        .summary = "puts load on an echo server, verifies every byte, prints JSON",
        .example = "loadgen --connect 127.0.0.1:7000 --connections 50 --rate 20000 --duration 4",
        .args = table};
    switch (args_parse(&spec, argc, argv)) {
    case ARGS_HELP_SHOWN:
        exit(args_output_written("loadgen") ? 0 : EXIT_USAGE);
    case ARGS_WRONG:
        return EXIT_USAGE;
    case ARGS_RUN:
        break;
    }
    return a->describe ? 0 : check_arguments(a);
}

static uint64_t ns(double seconds) {
    return (uint64_t)(seconds * 1e9 + 0.5);
}

/* Checks that all connections fit into the limit of descriptors. */
static int check_descriptors(const struct load *load) {
    uint64_t limit = os_descriptors_limit();
    uint64_t needed = (uint64_t)load->connections + load->idle + load->visitors;
    uint64_t own = OWN_DESCRIPTORS + (uint64_t)load->threads * DESCRIPTORS_A_THREAD;
    if (limit == OS_UNKNOWN || needed + own <= limit) return 0;
    fprintf(stderr,
            "loadgen: --connections: %" PRIu64 " in all (%" PRIu32 " under load, %" PRIu32
            " idle, %" PRIu32 " short): this process may open %" PRIu64
            " descriptors; raise ulimit -n\n",
            needed, load->connections, load->idle, load->visitors, limit);
    return EXIT_USAGE;
}

/* The short connections: the load itself, or newcomers beside it. */
static void make_visits(struct load *load, const struct arguments *a) {
    if (load->churn) {
        load->connections = 0;
        load->visits_per_s = a->churn;
        load->visitors = (uint32_t)a->connections;
        load->visit_echoes = a->churn_echoes ? (uint32_t)a->churn_echoes : 1;
    } else if (a->newcomers > 0) {
        load->visits_per_s = a->newcomers;
        load->visitors = visits_newcomers(a->newcomers, load->threads);
        load->visit_echoes = 1;
    }
}

static enum spin spin_of(const char *text) {
    return strcmp(text, "always") == 0  ? SPIN_ALWAYS
           : strcmp(text, "never") == 0 ? SPIN_NEVER
                                        : SPIN_AUTO;
}

static int make_load(struct load *load, struct os_addresses *found, const struct arguments *a) {
    char host[256], reason[160];
    uint16_t port;
    if (!os_address_split(a->connect, host, sizeof host, &port))
        return usage_error("--connect", "not HOST:PORT with a port from 1 to 65535");
    *load = (struct load){
        .connections = (uint32_t)a->connections,
        .idle = (uint32_t)a->idle,
        .threads = (uint32_t)a->threads,
        .size_bytes = (uint32_t)a->size,
        .open = a->rate > 0,
        .churn = a->churn > 0,
        .poisson = !is_constant(a),
        .rate_per_s = a->rate,
        .warmup_ns = ns(a->warmup),
        .duration_ns = ns(a->duration),
        .drain_ns = ns(a->drain),
        .spin = spin_of(a->spin),
        .seed = a->seed,
        .server_pid = (int64_t)a->server_pid,
        .server_group = a->server_group,
    };
    uint64_t window = load->open ? a->outstanding : a->depth;
    load->window = window ? (uint32_t)window : 1;
    make_visits(load, a);
    /* a short connection may occupy its port for one second longer */
    load->sources =
        1 +
        (uint32_t)((load->connections + (double)load->idle + load->visitors + load->visits_per_s) /
                   PORTS_A_SOURCE);
    if (!transports_choose(a->transport, &load->transport)) return EXIT_USAGE;
    if (!os_addresses_resolve(host, port, found, reason, sizeof reason)) {
        line_print(stderr, "loadgen: --connect: %s: %s", host, reason);
        return EXIT_USAGE;
    }
    return check_descriptors(load);
}

/* ---- phases ---- */

static void on_stop(void *context) {
    struct run *run = context;
    run->interrupted = true; /* first: a thread that sees `stop` must know why */
    run->stop = true;
}

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

static uint64_t messages_done(const struct worker *workers, uint32_t count, double *mean_ns) {
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
        uint64_t done = messages_done(workers, load->threads, &mean_ns);
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

static void progress_line(const char *phase, const struct run *run, const struct worker *workers) {
    uint64_t messages = messages_done(workers, run->load->threads, NULL);
    double t_s = run->start_ns == NOT_YET ? 0 : (double)(os_clock_ns() - run->start_ns) / 1e9;
    fprintf(stderr, "{\"progress\":{\"phase\":\"%s\",\"t_s\":%.3f,\"messages\":%" PRIu64 "}}\n",
            phase, t_s, messages);
}

/* Leads the workers through the run, from connecting to the window's end. */
static void lead(struct run *run, struct worker *workers, struct usage *usage, bool progress) {
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

/* Says on one line what went wrong in a run that has figures. */
static void print_trouble(const struct report *report, const struct load *load, const char *server,
                          bool answered) {
    const struct account *t = &report->total;
    bool scheduled = load->open || load->churn;
    uint64_t offered = load->churn ? t->visits.offered : t->offered;
    const char *error = t->first_error ? os_error_text(t->first_error) : "";
    if (t->errors.mismatch)
        line_print(stderr, "loadgen: %s: wrong bytes came back on %" PRIu64 " connections", server,
                   t->errors.mismatch);
    else if (!answered && scheduled && offered == 0)
        line_print(stderr, "loadgen: %s: nothing was scheduled in the window", server);
    else if (!answered)
        line_print(stderr, "loadgen: %s: no message was answered in the window%s%s", server,
                   *error ? "; the first error: " : "", error);
    else if (*error)
        line_print(stderr, "loadgen: %s: %s; this is the first of the errors counted", server,
                   error);
    else if (t->visits.offered > 0 && hist_place(&t->visits.first_echoes, 0) == HIST_UNANSWERED)
        line_print(stderr, "loadgen: %s: none of %" PRIu64 " newcomers was answered", server,
                   t->visits.offered);
}

static int finish(const struct run *run, const struct worker *workers, const struct usage *usage,
                  const char *server) {
    const struct load *load = run->load;
    static struct report report; /* too large for a small stack */
    int error = report_make(&report, workers, load->threads);
    if (error) {
        fprintf(stderr, "loadgen: report: %s\n", os_error_text(error));
        return EXIT_NOTHING;
    }
    int code = EXIT_NOTHING;
    const struct account *t = &report.total;
    if (t->errors.mismatch == 0 && (run->standing == 0 || report.window_ns == 0)) {
        line_print(stderr, "loadgen: %s: %s; nothing was measured", server,
                   t->first_error       ? os_error_text(t->first_error)
                   : run->standing == 0 ? "no connection was scheduled"
                                        : "all connections were closed");
    } else {
        bool answered = t->latency.count + t->latency.overflow > 0;
        error = report_print(&report, load, run, usage);
        if (error) fprintf(stderr, "loadgen: standard output: %s\n", os_error_text(error));
        print_trouble(&report, load, server, answered);
        if (!error) code = t->errors.mismatch ? EXIT_WRONG_ECHO : answered ? 0 : EXIT_NOTHING;
    }
    report_free(&report);
    return code;
}

/* Chooses the address of the server. Returns an exit code. */
static int reach(struct load *load, const struct os_addresses *found, const struct arguments *a,
                 const struct run *run) {
    char reason[512];
    if (reach_choose(load->transport, found, &load->address, &run->stop, reason)) return 0;
    if (run->interrupted) return EXIT_INTERRUPTED;
    line_print(stderr, "loadgen: %s: no address answers: %s", a->connect, reason);
    return EXIT_NOTHING;
}

static int run_load(struct load *load, const struct os_addresses *found,
                    const struct arguments *a) {
    static struct run
        run; /* threads that wait for a stop keep its address until the process ends */
    run = (struct run){.load = load,
                       .start_ns = NOT_YET,
                       .t0_ns = NOT_YET,
                       .edges = {{OS_UNKNOWN, {OS_UNKNOWN, 0, 0}, OS_UNKNOWN},
                                 {OS_UNKNOWN, {OS_UNKNOWN, 0, 0}, OS_UNKNOWN}}};
    static struct usage usage;
    int error = os_on_stop(a->stop_on_eof, on_stop, &run), code = EXIT_NOTHING;
    uint64_t cpu_ns;
    struct worker *workers = calloc(load->threads, sizeof *workers);
    uint32_t made = 0, started = 0;
    if (!workers || error) goto done;
    code = reach(load, found, a, &run);
    if (code) goto done;
    usage_open(&usage, load);
    if (load->server_pid && usage.before.rss_bytes == OS_UNKNOWN &&
        os_process_cpu_ns(load->server_pid, &cpu_ns) != 0) {
        fprintf(stderr, "loadgen: --server-pid: %" PRId64 ": no such process\n", load->server_pid);
        code = EXIT_USAGE;
        goto done;
    }
    for (; !error && made < load->threads; made += !error)
        error = worker_init(&workers[made], &run, made);
    for (; !error && started < load->threads; started += !error)
        error = pthread_create(&workers[started].thread, NULL, worker_main, &workers[started]);
    if (error) {
        run.stop = true;
    } else {
        lead(&run, workers, &usage, a->progress);
    }
    for (uint32_t i = 0; i < started; i++) pthread_join(workers[i].thread, NULL);
    if (!error) {
        code = run.interrupted ? EXIT_INTERRUPTED : finish(&run, workers, &usage, a->connect);
    }
done:
    if (error) fprintf(stderr, "loadgen: cannot start: %s\n", os_error_text(error));
    for (uint32_t i = 0; i < made; i++) worker_free(&workers[i]);
    free(workers);
    return code;
}

int main(int argc, char **argv) {
    struct arguments a = {.connections = 50,
                          .size = 64,
                          .threads = 1,
                          .transport = "auto",
                          .spin = "auto",
                          .warmup = 0.3,
                          .duration = 1,
                          .drain = 2,
                          .seed = 1};
    struct load load;
    struct os_addresses found;
    os_init();
    if (!os_limits_suffice("loadgen")) return EXIT_USAGE;
    int code = read_arguments(&a, argc, argv);
    if (code) return code;
    if (a.describe) {
        transports_describe();
        return args_output_written("loadgen") ? 0 : EXIT_USAGE;
    }
    code = make_load(&load, &found, &a);
    return code ? code : run_load(&load, &found, &a);
}
