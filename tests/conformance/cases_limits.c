/* cases_limits.c - a server at its limits, and the effects of its flags. */
#include "tests/conformance/client.h"
#include "tests/support/process.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Steps until each client has had its first echo or was refused. Returns the number with an echo.
 */
static size_t first_echoes(struct client *clients, size_t n) {
    for (size_t i = 0; i < n; i++) clients[i].may_end = true;
    clients_echo(clients, n, 1);
    size_t served = 0;
    for (size_t i = 0; i < n; i++) served += clients[i].received == 1 && !clients[i].ended;
    return served;
}

/* Connections beyond the model's limit must be refused and counted, without a buffer overflow. */
static void beyond_limit(const struct setup *setup) {
    size_t limit = (size_t)setup->described.connections_limit, n = limit + 100;
    if (!limit) case_skip("the model has no limit");
    uint64_t files = os_descriptors_limit();
    if (files < n + 64)
        case_skip("needs %zu open files, the limit is %llu", n + 64, (unsigned long long)files);
    struct server server;
    struct stats stats;
    server_start(&server, setup, NULL);
    struct client *clients = clients_open(&server, setup, 0, n);
    case_doing("waiting for an echo or a refusal on every connection");
    size_t served = first_echoes(clients, n);
    REQUIRE(served <= limit + 32 && served + 32 >= limit, "%zu were served, the limit is %zu",
            served, limit);
    for (size_t i = 0; i < n; i++) {
        if (clients[i].ended) client_close(&clients[i]);
        clients[i].may_end = false;
    }
    for (size_t i = 0; i < n; i++) clients[i].goal = clients[i].received;
    for (size_t i = 0; i < n; i++)
        if (clients[i].fd != OS_SOCKET_NONE) clients[i].goal += 64;
    clients_pump(clients, n);
    clients_finish(clients, n);
    server_finish(
        &server, STOP_BY_EOF,
        &(struct expected){.accepted = n, .closed_error = n - served, .bytes = served * 65},
        &stats);
    case_note("%zu of %zu were served", served, n);
}

/* The server has no descriptors left. It must neither busy-wait nor drop its open connections.
 * Returns how many of the `n` clients it serves. */
static size_t starve(const struct server *server, struct client *clients, size_t n) {
    enum { QUIET_MS = 500, CPU_PERCENT = 50 };
    for (size_t i = 0; i < n; i++) {
        clients[i].goal = 1;
        clients[i].may_end = true;
    }
    case_doing("waiting until a server with too few descriptors accepts no more");
    while (clients_step(clients, n, QUIET_MS) > 0 || clients_received(clients, n) == 0) {
    }
    uint64_t cpu_ns = server_cpu_ns(server), from_ns = os_clock_ns(), now_ns;
    while ((now_ns = os_clock_ns()) - from_ns < QUIET_MS * 1000000u)
        clients_step(clients, n, QUIET_MS - (int)((now_ns - from_ns) / 1000000u));
    uint64_t percent = (server_cpu_ns(server) - cpu_ns) * 100 / (now_ns - from_ns);
    REQUIRE(percent < CPU_PERCENT, "used %llu %% of a CPU while it was out of descriptors",
            (unsigned long long)percent);
    size_t served = 0;
    for (size_t i = 0; i < n; i++) {
        if (clients[i].received == 0) continue;
        REQUIRE(!clients[i].ended, "a connection it had was closed when descriptors ran out");
        served++;
        clients_echo(&clients[i], 1, 64);
    }
    return served;
}

static void out_of_descriptors(const struct setup *setup) {
    enum { CLIENTS = 100, NOFILE = 40 };
    const struct server_start how = {.nofile = NOFILE};
    struct server server;
    struct stats stats;
    server_start(&server, setup, &how);
    struct client *clients = clients_open(&server, setup, 0, CLIENTS);
    size_t served = starve(&server, clients, CLIENTS), turned_away = 0;
    REQUIRE(served > 0 && served < NOFILE, "%zu of %d were served with %d descriptors", served,
            CLIENTS, NOFILE);
    for (size_t i = 0; i < CLIENTS; i++) turned_away += clients[i].ended;
    /* libuv closes connections that it cannot accept; the other models leave them in the backlog */
    bool by_callback = strcmp(setup->described.notification, "callback") == 0;
    REQUIRE(turned_away == 0 || by_callback, "%zu connections were closed instead of kept waiting",
            turned_away);
    case_doing("waiting for connections to be served when others have left");
    size_t done = 0;
    for (size_t i = 0; i < CLIENTS; i++) {
        struct client *c = &clients[i];
        if (c->ended) continue;
        clients_pump(c, 1);
        if (c->ended && by_callback) continue;
        REQUIRE(!c->ended, "a waiting connection was closed");
        client_finish(c);
        done++;
    }
    struct client *late = clients_open(&server, setup, CLIENTS, 1);
    clients_echo(late, 1, 64);
    clients_finish(late, 1);
    uint64_t bytes = clients_received(clients, CLIENTS) + 64;
    server_finish(&server, STOP_BY_EOF, &(struct expected){.accepted = done + 1, .bytes = bytes},
                  &stats);
    REQUIRE(stats.accept_errors > 0 || by_callback, "statistics: no accept error was counted");
    case_note("%zu served at once with %d descriptors, %llu accept errors", served, NOFILE,
              (unsigned long long)stats.accept_errors);
}

/* With too few descriptors to accept a connection, a server must refuse to start. */
static void few_descriptors(const struct setup *setup) {
    enum { FEWEST = 4, ENOUGH = 40, ECHO_BYTES = 64 }; /* with 3 it cannot load its libraries */
    uint64_t served_with = 0;
    for (uint64_t nofile = FEWEST; nofile <= ENOUGH && !served_with; nofile++) {
        const struct server_start how = {.nofile = nofile, .may_refuse = true};
        struct server server;
        struct stats stats;
        if (!server_start(&server, setup, &how)) continue;
        served_with = nofile;
        case_doing("waiting for the echo of a server that said that it is ready");
        struct client *c = clients_open(&server, setup, 0, 1);
        clients_echo(c, 1, ECHO_BYTES);
        clients_finish(c, 1);
        server_finish(&server, STOP_BY_EOF, &(struct expected){.accepted = 1, .bytes = ECHO_BYTES},
                      &stats);
        free(c);
    }
    REQUIRE(served_with, "it does not start with %d descriptors", ENOUGH);
    case_note("it needs %llu", (unsigned long long)served_with);
}

/* Number of server threads that have run since `before` was filled. */
static size_t threads_that_ran(const struct server *server, uint64_t *before, size_t capacity,
                               bool first) {
    char path[320];
    snprintf(path, sizeof path, "/proc/%d/task", (int)server->pid);
    DIR *tasks = opendir(path);
    if (!tasks) case_skip("this system does not show the threads of a process");
    size_t n = 0, ran = 0;
    for (struct dirent *task; (task = readdir(tasks)) && n < capacity;) {
        if (task->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "/proc/%d/task/%.20s/schedstat", (int)server->pid,
                 task->d_name);
        unsigned long long cpu_ns = 0;
        FILE *file = fopen(path, "r");
        if (!file || fscanf(file, "%llu", &cpu_ns) != 1)
            case_skip("this system does not show the CPU time of threads");
        fclose(file);
        ran += !first && cpu_ns > before[n] + 1000000u;
        before[n++] = cpu_ns;
    }
    closedir(tasks);
    return ran;
}

static void two_threads(const struct setup *setup) {
    enum { CLIENTS = 64, TASKS = 64 };
    if (setup->described.threads_max < 2) case_skip("the model owns its threads");
    const struct server_start how = {.args = {"--threads", "2"}};
    uint64_t cpu_ns[TASKS];
    struct server server;
    struct stats stats;
    server_start(&server, setup, &how);
    struct client *clients = clients_open(&server, setup, 0, CLIENTS);
    clients_echo(clients, CLIENTS, 64);
    threads_that_ran(&server, cpu_ns, TASKS, true);
    for (int round = 0; round < 200; round++) clients_echo(clients, CLIENTS, 64);
    size_t ran = threads_that_ran(&server, cpu_ns, TASKS, false);
    REQUIRE(ran >= 2, "%zu of its threads did the work of --threads 2", ran);
    clients_finish(clients, CLIENTS);
    server_finish(&server, STOP_BY_EOF,
                  &(struct expected){.accepted = CLIENTS, .bytes = CLIENTS * 64 * 201}, &stats);
    free(clients);
}

static void ipv6(const struct setup *setup) {
    struct os_address loopback;
    char reason[128];
    os_socket probe;
    if (!os_address_resolve("::1", 0, &loopback, reason, sizeof reason) ||
        os_listen(&loopback, 1, false, &probe) != 0)
        case_skip("no IPv6 loopback on this machine");
    os_close(probe);
    const struct server_start how = {.args = {"--host", "::1"}};
    struct server server;
    struct stats stats;
    server_start(&server, setup, &how);
    REQUIRE(server.address.length == loopback.length, "the ready line's host is not IPv6");
    struct client *clients = clients_open(&server, setup, 0, 4);
    clients_echo(clients, 4, 5000);
    clients_finish(clients, 4);
    server_finish(&server, STOP_BY_EOF, &(struct expected){.accepted = 4, .bytes = 20000}, &stats);
}

/* CPU time per echo of a server with --burn-ns. The minimum of ten rounds, because disturbances can
 * only increase it. Raises *lost_share to the share of the time in which the server waited for a
 * CPU. */
static double cpu_per_echo_ns(const struct setup *setup, const char *burn_ns, double *lost_share) {
    enum { ROUNDS = 10, ECHOES = 30 };
    const struct server_start how = {.args = {"--burn-ns", burn_ns}};
    struct server server;
    struct stats stats;
    uint64_t least = UINT64_MAX;
    server_start(&server, setup, &how);
    struct client *c = clients_open(&server, setup, 0, 1);
    clients_echo(c, 1, 1);
    uint64_t from_ns = os_clock_ns();
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t before = server_cpu_ns(&server);
        for (int i = 0; i < ECHOES; i++) clients_echo(c, 1, 1);
        uint64_t used = server_cpu_ns(&server) - before;
        least = used < least ? used : least;
    }
    double lost = (double)process_waited_ns(server.pid) / (double)(os_clock_ns() - from_ns);
    if (lost > *lost_share) *lost_share = lost;
    clients_finish(c, 1);
    server_finish(&server, STOP_BY_EOF,
                  &(struct expected){.accepted = 1, .bytes = ROUNDS * ECHOES + 1}, &stats);
    return (double)least / (double)ECHOES;
}

static void burn(const struct setup *setup) {
    enum { TRIES = 5 };
    const double burn_ns = 300000, LOST_MAX = 0.1;
    double without = 0, with = 0, lost = 0;
    bool right = false;
    /* the server calibrates in its first 10 ms; other load may slow down all of that, so try again
     */
    for (int i = 0; i < TRIES && !right; i++) {
        without = cpu_per_echo_ns(setup, "0", &lost);
        with = cpu_per_echo_ns(setup, "300000", &lost);
        right = with - without >= 0.8 * burn_ns && with - without <= 1.5 * burn_ns + without;
    }
    REQUIRE(right || lost > LOST_MAX,
            "--burn-ns 300000 costs %.0f ns of CPU per echo, without it %.0f", with, without);
    if (!right)
        case_spoilt("other work used the CPUs: --burn-ns 300000 costs %.0f ns of CPU per echo, "
                    "without it %.0f; the server waited %.0f %% of the time for a CPU",
                    with, without, 100 * lost);
    case_note("%.0f us per echo without, %.0f with 300", without / 1000, with / 1000);
}

const struct conformance_case cases_limits[] = {
    {"beyond-limit", beyond_limit, 30, false},
    {"out-of-descriptors", out_of_descriptors, 30, false},
    {"few-descriptors", few_descriptors, 30, false},
    {"threads", two_threads, 30, false},
    {"ipv6", ipv6, 10, false},
    {"burn", burn, 20, false},
    {NULL, NULL, 0, false},
};
