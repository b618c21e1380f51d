/* arguments.c - see arguments.h.
 * Invariant: what is accepted here goes together. */
#include "loadgen/arguments.h"

#include "base/line.h"

#include "loadgen/transports.h"
#include "loadgen/visitor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_USAGE = 2 };

/* Ports to use per local address. Linux has 28232 by default: half of them it finds at once, for
 * the rest it searches. */
#define PORTS_A_SOURCE 10000.0
#define CONNECTIONS_MAX 1000000
#define SLICE_MIN_S 0.005
#define SLICE_MAX_S 60.0
#define TURNS_DEFAULT 60
#define TURNS_MIN 2

static int usage_error(const char *what, const char *reason) {
    fprintf(stderr, "loadgen: %s: %s\n", what, reason);
    return EXIT_USAGE;
}

static bool is_constant(const struct arguments *a) {
    return a->arrival && strcmp(a->arrival, "constant") == 0;
}

/* Refuses options that do not go together. */
static int check_arguments(const struct arguments *a) {
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
    if (a->threads > a->connections) return usage_error("--threads", "more than --connections");
    if (!a->rotate && a->turns) return usage_error("--turns", "needs --rotate");
    if (a->turns % 2) return usage_error("--turns", "not even; the halves of a run are compared");
    if (a->rotate && churn) return usage_error("--churn", "does not go with --rotate");
    if (a->rotate && a->duration > 0)
        return usage_error("--duration",
                           "does not go with --rotate; --turns says how long it takes");
    return 0;
}

/* Refuses more servers than can be measured, and figures of which it is not clear whose they are.
 */
static int check_targets(struct arguments *a) {
    size_t targets = a->connects.count, pids = a->server_pids.count,
           groups = a->server_groups.count;
    if (targets == 0) return usage_error("--connect", "missing; give HOST:PORT of the server");
    if (targets > 1 && !a->rotate) return usage_error("--connect", "several need --rotate");
    if (pids && pids != targets)
        return usage_error("--server-pid", "give one for each --connect, in the same order");
    if (groups && !pids) return usage_error("--server-group", "needs --server-pid");
    if (groups && groups != targets)
        return usage_error("--server-group", "give one for each --connect, in the same order");
    for (size_t i = 0; i < pids; i++) {
        uint64_t pid;
        if (!args_number(a->server_pids.items[i], &pid) || pid < 1 || pid > UINT32_MAX)
            return usage_error("--server-pid", "not a whole number from 1 to 4294967295");
        a->pids[i] = (int64_t)pid;
    }
    return 0;
}

/* Reads a time with its unit, as in 50ms or 0.2s. */
static int check_slice(struct arguments *a) {
    char *end;
    double value = strtod(a->rotate, &end), s = strcmp(end, "ms") == 0 ? value / 1e3 : value;
    bool number = strspn(a->rotate, "0123456789.") == (size_t)(end - a->rotate);
    if (end == a->rotate || !number || (strcmp(end, "ms") != 0 && strcmp(end, "s") != 0))
        return usage_error("--rotate", "not a time with its unit, as in 50ms or 0.2s");
    if (s < SLICE_MIN_S || s > SLICE_MAX_S) return usage_error("--rotate", "not from 5ms to 60s");
    a->rotate_ns = (uint64_t)(s * 1e9 + 0.5);
    return 0;
}

int arguments_read(struct arguments *a, int argc, char **argv) {
    *a = (struct arguments){.connections = 50,
                            .size = 64,
                            .threads = 1,
                            .transport = "auto",
                            .spin = "auto",
                            .warmup = 0.3,
                            .drain = 2,
                            .seed = 1};
    const struct arg table[] = {
        {"connect", "HOST:PORT",
         "the server; IPv6 as in [::1]:7; several, each with an option of its own, need --rotate",
         .texts = &a->connects},
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
        {"rotate", "TIME",
         "put load on the servers in turns, on each for a slice of this length, as in 50ms",
         .text = &a->rotate},
        {"turns", "N", "with --rotate: slices of each server, an even number (60)",
         .count = {&a->turns, TURNS_MIN, SERIES_MAX}},
        {"drain", "S", "longest wait for answers after the window, in seconds (2)",
         .real = {&a->drain, 0, 3600}},
        {"seed", "N", "seed of payload, arrivals and choice of connections (1)",
         .count = {&a->seed, 0, 9007199254740992.0}},
        {"server-pid", "PID",
         "the server's process: also report its CPU time, context switches and memory",
         .texts = &a->server_pids},
        {"server-group", "DIR",
         "control group that holds all processes of the server: the CPU time of all counts",
         .texts = &a->server_groups},
        {"stop-on-eof", NULL, "end when standard input ends", .flag = &a->stop_on_eof},
        {"progress", NULL, "print progress as JSON lines on standard error", .flag = &a->progress},
        {"describe", NULL,
         "print one JSON line about this program and the memory that such a load takes; then exit",
         .flag = &a->describe},
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
    int code = a->rotate ? check_slice(a) : 0;
    if (!code && a->connects.count > TARGETS_MAX) code = usage_error("--connect", "more than 16");
    if (code || a->describe) return code;
    code = check_targets(a);
    return code ? code : check_arguments(a);
}

void arguments_free(struct arguments *a) {
    args_texts_free(&a->connects);
    args_texts_free(&a->server_pids);
    args_texts_free(&a->server_groups);
}

static uint64_t ns(double seconds) {
    return (uint64_t)(seconds * 1e9 + 0.5);
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

int arguments_load(const struct arguments *a, uint32_t target, struct load *load) {
    uint32_t turns = a->turns ? (uint32_t)a->turns : TURNS_DEFAULT;
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
        .duration_ns = a->rotate ? turns * a->rotate_ns : ns(a->duration > 0 ? a->duration : 1),
        .slices = a->rotate ? turns : 1,
        .drain_ns = ns(a->drain),
        .spin = spin_of(a->spin),
        .seed = a->seed,
        .server_pid = a->pids[target],
        .server_group = target < a->server_groups.count ? a->server_groups.items[target] : NULL,
    };
    load->slice_ns = load->duration_ns / load->slices;
    uint64_t window = load->open ? a->outstanding : a->depth;
    load->window = window ? (uint32_t)window : 1;
    make_visits(load, a);
    /* a short connection may occupy its port for one second longer */
    load->sources =
        1 +
        (uint32_t)((load->connections + (double)load->idle + load->visitors + load->visits_per_s) /
                   PORTS_A_SOURCE);
    return transports_choose(a->transport, &load->transport) ? 0 : EXIT_USAGE;
}

int arguments_resolve(const struct arguments *a, uint32_t target, struct os_addresses *found) {
    char host[256], reason[160];
    uint16_t port;
    if (!os_address_split(a->connects.items[target], host, sizeof host, &port))
        return usage_error("--connect", "not HOST:PORT with a port from 1 to 65535");
    if (os_addresses_resolve(host, port, found, reason, sizeof reason)) return 0;
    line_print(stderr, "loadgen: --connect: %s: %s", host, reason);
    return EXIT_USAGE;
}
