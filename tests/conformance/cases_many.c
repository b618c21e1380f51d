/* cases_many.c - many connections: at once, one after another, and new ones among busy ones. */
#include "tests/conformance/client.h"
#include "tests/support/process.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* Descriptors that the server or this test needs in addition to the connections. */
enum { SPARE_DESCRIPTORS = 64 };

/* The number of connections to open. Sets *limited_by to what determines it. */
static size_t connections_possible(const struct setup *setup, const char **limited_by) {
    uint64_t n = setup->connections;
    *limited_by = "as asked";
    uint64_t limit = os_descriptors_limit();
    if (limit < n + SPARE_DESCRIPTORS) {
        n = limit - SPARE_DESCRIPTORS;
        *limited_by = "limit of open files";
    }
    uint64_t ceiling = setup->described.connections_limit;
    if (ceiling && ceiling < n + 24) { /* the server's own descriptors may count, too */
        n = ceiling > 48 ? ceiling - 24 : (ceiling + 1) / 2;
        *limited_by = "the model's limit";
    }
    return (size_t)n;
}

static void thousands(const struct setup *setup) {
    const char *limited_by;
    size_t n = connections_possible(setup, &limited_by), active = n < 100 ? n : 100;
    struct server server;
    struct stats stats;
    server_start(&server, setup, NULL);
    struct client *clients = clients_open(&server, setup, 0, n);
    clients_echo(clients, n, 64); /* all connections are served */
    for (int round = 0; round < 50; round++) clients_echo(clients, active, 64);
    clients_echo(clients, n, 64); /* still all connections */
    uint64_t bytes = clients_received(clients, n);
    clients_finish(clients, n);
    server_finish(&server, STOP_BY_EOF, &(struct expected){.accepted = n, .bytes = bytes}, &stats);
    free(clients);
    case_note("%zu connections, %s", n, limited_by);
}

/* All connections are still open when the server is told to stop. */
static void thousands_stop(const struct setup *setup) {
    const char *limited_by;
    size_t n = connections_possible(setup, &limited_by);
    struct server server;
    struct stats stats;
    server_start(&server, setup, NULL);
    struct client *clients = clients_open(&server, setup, 0, n);
    clients_echo(clients, n, 1);
    server_finish(&server, STOP_BY_EOF, &(struct expected){.accepted = n, .bytes = n}, &stats);
    free(clients);
    case_note("%zu connections, %s", n, limited_by);
}

static void churn(const struct setup *setup) {
    enum { CONNECTIONS = 2000, AT_ONCE = 20, BYTES = 100 };
    struct server server;
    struct stats stats;
    server_start(&server, setup, NULL);
    for (uint64_t i = 0; i < CONNECTIONS; i += AT_ONCE) {
        struct client *clients = clients_open(&server, setup, i, AT_ONCE);
        clients_echo(clients, AT_ONCE, BYTES);
        clients_finish(clients, AT_ONCE);
        free(clients);
    }
    server_finish(&server, STOP_BY_EOF,
                  &(struct expected){.accepted = CONNECTIONS, .bytes = CONNECTIONS * BYTES},
                  &stats);
}

/* Memory shared by the busy process and its parent. */
struct busy {
    _Atomic uint64_t bytes; /* bytes received so far */
    _Atomic bool stop;      /* set by the parent: complete the current echoes and exit */
};

enum { BUSY = 50, BUSY_SIZE = 64 };

/* Body of a separate process, so that the server always has a ready connection: fifty connections
 * send without a pause until `stop`, and then end cleanly. */
static _Noreturn void be_busy(const struct server *server, const struct setup *setup,
                              struct busy *busy) {
    struct client *clients = clients_open(server, setup, 1000, BUSY);
    for (size_t i = 0; i < BUSY; i++) {
        clients[i].goal = UINT64_MAX;
        clients[i].window = BUSY_SIZE;
    }
    while (!busy->stop) {
        clients_step(clients, BUSY, -1);
        busy->bytes = clients_received(clients, BUSY);
    }
    for (size_t i = 0; i < BUSY; i++) clients[i].goal = clients[i].sent;
    clients_pump(clients, BUSY);
    busy->bytes = clients_received(clients, BUSY);
    clients_finish(clients, BUSY);
    _exit(0);
}

/* Number of echoes that the busy connections get before a newcomer has its first one. */
static uint64_t newcomer_waits(const struct server *server, const struct setup *setup, uint64_t id,
                               const struct busy *busy) {
    struct client newcomer;
    uint64_t before = busy->bytes;
    case_doing("waiting for a newcomer's first echo under load");
    client_open(&newcomer, server, setup, id, 0);
    clients_echo(&newcomer, 1, BUSY_SIZE);
    uint64_t echoes = (busy->bytes - before) / BUSY_SIZE;
    client_finish(&newcomer);
    return echoes;
}

/* The waiting time of a newcomer is measured in echoes of the other connections, so that it does
 * not depend on the speed of the machine. The limit is 400 echoes per connection, or about half a
 * second. A server that starves newcomers never serves them, because the load does not end. */
static void newcomers(const struct setup *setup) {
    enum { NEW = 20, OTHERS_MAX = 400 };
    const struct server_start loaded = {.args = {"--burn-ns", "20000"}}; /* the bottleneck */
    struct server server;
    struct stats stats;
    struct busy *busy =
        mmap(NULL, sizeof *busy, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    REQUIRE(busy != MAP_FAILED, "no shared memory");
    server_start(&server, setup, &loaded);
    pid_t pid = fork();
    REQUIRE(pid >= 0, "fork failed");
    if (pid == 0) {
        close(server.input); /* otherwise the parent could not end the server's stdin */
        be_busy(&server, setup, busy);
    }
    case_doing("waiting for the load to begin");
    while (busy->bytes < 10 * BUSY * BUSY_SIZE) sched_yield();
    uint64_t worst = 0;
    for (uint64_t k = 0; k < NEW; k++) {
        uint64_t from_ns = os_clock_ns(), waited_ns = process_waited_ns(getpid());
        uint64_t echoes = newcomer_waits(&server, setup, k, busy);
        worst = echoes > worst ? echoes : worst;
        if (echoes <= (uint64_t)BUSY * OTHERS_MAX) continue;
        /* this process may have been what was late */
        waited_ns = process_waited_ns(getpid()) - waited_ns;
        double lost = (double)waited_ns / (double)(os_clock_ns() - from_ns);
        REQUIRE(lost > 0.5,
                "newcomer %llu got its first echo after %llu echoes of the busy connections",
                (unsigned long long)k, (unsigned long long)echoes);
        case_spoilt("other work used the CPUs: newcomer %llu got its first echo after %llu of the "
                    "busy connections', and waited %.0f %% of the time for a CPU",
                    (unsigned long long)k, (unsigned long long)echoes, 100 * lost);
    }
    busy->stop = true;
    case_doing("waiting for the busy connections to end");
    REQUIRE(process_await(pid) == 0, "the busy connections failed");
    struct expected expected = {.accepted = BUSY + NEW, .bytes = busy->bytes + NEW * BUSY_SIZE};
    server_finish(&server, STOP_BY_EOF, &expected, &stats);
    case_note("newcomers waited for at most %llu echoes of others", (unsigned long long)worst);
}

/* While the server is frozen, busy connections send more than a server with few shared buffers can
 * receive at once. Then newcomers connect but send nothing. After the thaw they send one by one,
 * the last first. The server must notice each of them although no other connection wakes it up. */
static void silent_newcomers(const struct setup *setup) {
    enum { TALKERS = 60, NEW = 60, BYTES = 64 };
    struct server server;
    struct stats stats;
    server_start(&server, setup, NULL);
    struct client *talkers = clients_open(&server, setup, 0, TALKERS);
    clients_echo(talkers, TALKERS, BYTES);
    server_freeze(&server);
    for (size_t i = 0; i < TALKERS; i++) {
        talkers[i].goal += BYTES;
        while (talkers[i].sent < talkers[i].goal) clients_step(&talkers[i], 1, -1);
    }
    struct client *newcomers = clients_open(&server, setup, TALKERS, NEW);
    server_thaw(&server);
    clients_pump(talkers, TALKERS);
    server_require_quiet(&server);
    for (size_t i = NEW; i-- > 0;) clients_echo(&newcomers[i], 1, BYTES);
    clients_finish(talkers, TALKERS);
    clients_finish(newcomers, NEW);
    server_finish(
        &server, STOP_BY_EOF,
        &(struct expected){.accepted = TALKERS + NEW, .bytes = (2 * TALKERS + NEW) * BYTES},
        &stats);
    free(talkers);
    free(newcomers);
}

const struct conformance_case cases_many[] = {
    {"thousands", thousands, 60, false},
    {"thousands-stop", thousands_stop, 60, false},
    {"churn", churn, 60, false},
    {"newcomers", newcomers, 60, false},
    {"silent-newcomers", silent_newcomers, 20, true},
    {NULL, NULL, 0, false},
};
