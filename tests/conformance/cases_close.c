/* cases_close.c - how connections and servers end. */
#include "base/check.h"

#include "tests/conformance/client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

enum { KIB = 1024, MIB = 1024 * 1024 };

static void half_close(const struct setup *setup) {
    enum { CLIENTS = 100, BYTES = 1000 };
    struct server server;
    struct stats stats;
    server_start(&server, setup, NULL);
    struct client *clients = clients_open(&server, setup, 0, CLIENTS);
    for (size_t i = 0; i < CLIENTS; i++) {
        clients[i].paused = true;
        clients[i].goal = BYTES;
        while (clients[i].sent < BYTES) clients_step(&clients[i], 1, -1);
    }
    clients_finish(clients, CLIENTS);
    server_finish(&server, STOP_BY_EOF,
                  &(struct expected){.accepted = CLIENTS, .bytes = CLIENTS * BYTES}, &stats);
    free(clients);
}

/* The server is frozen until both bytes and the end of input have arrived. It must handle both,
 * even if one event reports them together. */
static void half_close_at_once(const struct setup *setup) {
    enum { CLIENTS = 20 };
    static const uint64_t sizes[] = {1, 1000, 16384, 16385}; /* 16384 is the default buffer size */
    struct server server;
    struct stats stats;
    uint64_t bytes = 0;
    server_start(&server, setup, NULL);
    struct client *clients = clients_open(&server, setup, 0, CLIENTS);
    clients_echo(clients, CLIENTS, 64);
    server_freeze(&server);
    for (size_t i = 0; i < CLIENTS; i++) {
        clients[i].paused = true;
        clients[i].goal += sizes[i % 4];
        while (clients[i].sent < clients[i].goal) clients_step(&clients[i], 1, -1);
        REQUIRE(os_shutdown_send(clients[i].fd) == 0, "no half-close");
        bytes += clients[i].goal;
    }
    server_thaw(&server);
    for (size_t i = 0; i < CLIENTS; i++) client_await_end(&clients[i]);
    server_finish(&server, STOP_BY_EOF, &(struct expected){.accepted = CLIENTS, .bytes = bytes},
                  &stats);
    free(clients);
}

/* The end of input arrives while megabytes wait to be sent back. They wait in the system's buffers;
 * with a large buffer also in the server, which then reads the end before it has sent all bytes.
 * Returns the number of KiB that waited. */
static uint64_t half_close_stalled(const struct setup *setup, const struct server_start *how,
                                   int receive_buffer) {
    struct server server;
    struct stats stats;
    struct client c;
    server_start(&server, setup, how);
    client_open(&c, &server, setup, 0, receive_buffer);
    c.goal = 64 * MIB;
    c.paused = true;
    case_doing("sending without reading");
    while (c.sent < c.goal && clients_step(&c, 1, 200) > 0) {
    }
    uint64_t pending = c.sent;
    client_finish(&c);
    server_finish(&server, STOP_BY_EOF, &(struct expected){.accepted = 1, .bytes = c.sent}, &stats);
    return pending / KIB;
}

static void half_close_pending(const struct setup *setup) {
    const struct server_start large = {.args = {"--buffer", "1048576"}};
    uint64_t small_kib = half_close_stalled(setup, NULL, 0);
    uint64_t large_kib = half_close_stalled(setup, &large, 4096);
    case_note("%llu and %llu KiB were pending", (unsigned long long)small_kib,
              (unsigned long long)large_kib);
}

/* The server must not use CPU time while no connection can make progress: some are idle, some have
 * never sent anything, some do not read, and half of the latter have also ended their input. */
static void quiet(const struct setup *setup) {
    enum { IDLE = 100, MUTE = 20, STALLED = 8 };
    struct server server;
    struct stats stats;
    struct client stalled[STALLED];
    server_start(&server, setup, NULL);
    struct client *idle = clients_open(&server, setup, 0, IDLE);
    struct client *mute = clients_open(&server, setup, IDLE, MUTE);
    for (size_t i = 0; i < STALLED; i++) {
        client_open(&stalled[i], &server, setup, IDLE + MUTE + i, 4096);
        stalled[i].paused = true;
        stalled[i].goal = 64 * MIB;
    }
    clients_echo(idle, IDLE, 64);
    case_doing("sending without reading");
    while (clients_step(stalled, STALLED, 200) > 0) {
    }
    for (size_t i = 0; i < STALLED; i++) {
        stalled[i].goal = stalled[i].sent;
        if (i % 2) REQUIRE(os_shutdown_send(stalled[i].fd) == 0, "no half-close");
    }
    server_require_quiet(&server);
    clients_echo(idle, IDLE, 64);
    for (size_t i = 0; i < STALLED; i++) stalled[i].paused = false;
    clients_pump(stalled, STALLED);
    for (size_t i = 1; i < STALLED; i += 2) client_await_end(&stalled[i]);
    uint64_t bytes = clients_received(idle, IDLE) + clients_received(stalled, STALLED);
    clients_finish(stalled, STALLED);
    clients_finish(mute, MUTE);
    clients_finish(idle, IDLE);
    server_finish(&server, STOP_BY_EOF,
                  &(struct expected){.accepted = IDLE + MUTE + STALLED, .bytes = bytes}, &stats);
}

/* Number of open descriptors of the server; 0 if the system has no such count. */
static uint64_t open_descriptors(const struct server *server) {
    struct holding holding;
    server_holds(server, &holding);
    return holding.descriptors;
}

/* Opens and ends `n` clients, so that the server allocates everything that it keeps for reuse, for
 * example a pool of event objects. Sets `holding` once the descriptors no longer change. */
static void warm_up(const struct server *server, const struct setup *setup, uint64_t first_id,
                    size_t n, struct holding *holding) {
    struct holding before;
    struct client *clients = clients_open(server, setup, first_id, n);
    clients_echo(clients, n, 1);
    clients_finish(clients, n);
    free(clients);
    case_doing("waiting until the server has closed the ended connections");
    server_holds(server, holding);
    do {
        before = *holding;
        poll(NULL, 0, 100);
        server_holds(server, holding);
    } while (holding->descriptors != before.descriptors);
}

/* Some connections are reset with bytes in flight in both directions; others stay open. */
static void reset(const struct setup *setup) {
    enum { RESET = 20, STAY = 5 };
    struct server server;
    struct stats stats;
    server_start(&server, setup, NULL);
    struct client *stay = clients_open(&server, setup, RESET, STAY);
    clients_echo(stay, STAY, 64);
    struct holding served;
    warm_up(&server, setup, RESET + STAY, RESET, &served);
    struct client *gone = clients_open(&server, setup, 0, RESET);
    for (size_t i = 0; i < RESET; i++) {
        gone[i].paused = true;
        gone[i].goal = MIB;
        while (gone[i].sent < 256 * KIB && clients_step(&gone[i], 1, 200) > 0) {
        }
        if (i % 2) clients_echo(stay, STAY, 64);
        client_reset(&gone[i]);
    }
    clients_echo(stay, STAY, 64 * KIB);
    clients_finish(stay, STAY);
    struct client *late = clients_open(&server, setup, 2 * RESET + STAY, 1);
    clients_echo(late, 1, 64);
    clients_finish(late, 1);
    case_doing("waiting until the server has closed all connections");
    while (served.descriptors && open_descriptors(&server) > served.descriptors - STAY)
        poll(NULL, 0, 10);
    server_finish(
        &server, STOP_BY_EOF,
        &(struct expected){.accepted = 2 * RESET + STAY + 1, .closed_reset = ANY, .bytes = ANY},
        &stats);
    /* a server that has read all bytes before the reset arrives may notice it only when it sends */
    REQUIRE(stats.closed_reset == RESET, "the server counted %llu resets of %d",
            (unsigned long long)stats.closed_reset, RESET);
}

/* Crowds that send without reading, and then end in random ways while the server is behind. What a
 * connection holds must come back with its end, also if others wait for it: after each crowd a
 * newcomer and an old connection are served. */
static void crowds_gone(const struct setup *setup) {
    enum { CROWDS = 8, CROWD = 100, ONE_KIB = 300 };
    struct server server;
    struct stats stats;
    struct rng rng;
    rng_seed(&rng, setup->seed, 2);
    server_start(&server, setup, NULL);
    struct client *stay = clients_open(&server, setup, CROWDS * CROWD, 1);
    for (size_t crowd = 0; crowd < CROWDS; crowd++) {
        struct client *clients = clients_open(&server, setup, crowd * CROWD, CROWD);
        for (size_t i = 0; i < CROWD; i++) {
            clients[i].paused = true;
            clients[i].may_end = true;
            clients[i].goal = 1 + rng_below(&rng, ONE_KIB * KIB);
        }
        case_doing("sending without reading");
        for (int turns = 0; turns < 4; turns++) clients_step(clients, CROWD, 0);
        for (size_t i = 0; i < CROWD; i++) {
            uint64_t way = rng_below(&rng, 4);
            if (way == 0)
                (void)os_shutdown_send(clients[i].fd); /* an error: it has ended already */
            if (way <= 1)
                client_close(&clients[i]); /* a reset, too, if bytes have arrived unread */
            else
                client_reset(&clients[i]);
        }
        free(clients);
        struct client *late = clients_open(&server, setup, (CROWDS + 1) * CROWD + crowd, 1);
        case_doing("an echo after a crowd has gone");
        clients_echo(late, 1, 1);
        clients_echo(stay, 1, 64 * KIB);
        clients_finish(late, 1);
        free(late);
    }
    server_require_quiet(&server);
    clients_finish(stay, 1);
    free(stay);
    server_finish(
        &server, STOP_BY_EOF,
        &(struct expected){.accepted = CROWDS * (CROWD + 1) + 1, .closed_reset = ANY, .bytes = ANY},
        &stats);
}

static void connect_and_close(const struct setup *setup) {
    enum { CLIENTS = 200 };
    struct server server;
    struct stats stats;
    server_start(&server, setup, NULL);
    for (uint64_t i = 0; i < CLIENTS; i++) {
        struct client c;
        client_open(&c, &server, setup, i, 0);
        client_close(&c);
    }
    struct client *last = clients_open(&server, setup, CLIENTS, 1);
    clients_echo(last, 1, 1); /* accepts are in order, so all earlier connections are accepted */
    clients_finish(last, 1);
    server_finish(&server, STOP_BY_EOF, &(struct expected){.accepted = CLIENTS + 1, .bytes = 1},
                  &stats);
}

static void shuffle(struct client **order, size_t n, struct rng *rng) {
    for (size_t i = n; i > 1; i--) {
        size_t k = (size_t)rng_below(rng, i);
        struct client *other = order[k];
        order[k] = order[i - 1];
        order[i - 1] = other;
    }
}

/* One wave of fd_reuse: all clients echo, then end in random order, each in one of three ways. */
static void wave(const struct server *server, const struct setup *setup, uint64_t first_id,
                 struct rng *rng, struct expected *expected) {
    size_t n = setup->wave;
    struct client *clients = clients_open(server, setup, first_id, n);
    struct client **order = malloc(n * sizeof(struct client *));
    CHECK(order);
    for (size_t i = 0; i < n; i++) {
        clients[i].goal = 1 + rng_below(rng, 2000);
        expected->bytes += clients[i].goal;
        order[i] = &clients[i];
    }
    clients_pump(clients, n);
    expected->accepted += n;
    shuffle(order, n, rng);
    for (size_t i = 0; i < n; i++) {
        uint64_t way = rng_below(rng, 4);
        if (way == 0) expected->closed_reset++;
        if (way == 0)
            client_reset(order[i]);
        else if (way == 1)
            client_close(order[i]);
        else
            client_finish(order[i]);
    }
    free(order);
    free(clients);
}

/* Each wave of connections gets the descriptors of the last one. State that the server failed to
 * reset shows as a wrong byte, a lost event or a wrong count. */
static void fd_reuse(const struct setup *setup) {
    enum { WAVES = 5 };
    struct server server;
    struct stats stats;
    struct rng rng;
    struct expected expected = {0};
    rng_seed(&rng, setup->seed, 1);
    server_start(&server, setup, NULL);
    for (uint64_t i = 0; i < WAVES; i++) wave(&server, setup, i * setup->wave, &rng, &expected);
    struct client *last = clients_open(&server, setup, WAVES * setup->wave, 1);
    clients_echo(last, 1, 64);
    server_require_quiet(&server); /* ended connections must not cause any work */
    clients_finish(last, 1);
    expected.accepted++;
    expected.bytes += 64;
    server_finish(&server, STOP_BY_EOF, &expected, &stats);
    case_note("%d waves of %u", WAVES, (unsigned)setup->wave);
}

/* Opens and ends connections in all possible ways, twenty at a time. */
static void come_and_go(const struct server *server, const struct setup *setup, uint64_t rounds) {
    enum { AT_ONCE = 20, WAYS = 5, BYTES = 500 };
    for (uint64_t i = 0; i < rounds; i += AT_ONCE) {
        struct client *clients = clients_open(server, setup, i, AT_ONCE);
        for (size_t k = 0; k < AT_ONCE; k++) {
            struct client *c = &clients[k];
            uint64_t way = (k + i / AT_ONCE) % WAYS;
            if (way >= 2) clients_echo(c, 1, BYTES);
            c->goal += way == 4 ? BYTES : 0; /* the client is gone before the last echo */
            if (way == 4) clients_step(c, 1, -1);
            if (way == 0 || way == 3)
                client_reset(c);
            else if (way == 2)
                client_finish(c);
            else
                client_close(c);
        }
        free(clients);
    }
}

/* The end of a connection must release all its memory and descriptors. A leak of sixty bytes per
 * connection is detected. */
static void rounds(const struct setup *setup) {
    enum { HERD = 400, FIRST = 2000, ROUNDS = 10000, KEPT_MAX = 512 * KIB };
    enum { ONCE_MAX = 16 }; /* descriptors that a runtime may open at its first contended lock */
    struct server server;
    struct stats stats;
    struct holding before, after;
    server_start(&server, setup, NULL);
    come_and_go(&server, setup, FIRST);
    warm_up(&server, setup, 0, HERD, &before); /* more clients than are open at once later */
    come_and_go(&server, setup, ROUNDS);
    case_doing("waiting until the server has closed all connections");
    do {
        poll(NULL, 0, 10);
        server_holds(&server, &after);
    } while (after.descriptors > before.descriptors + ONCE_MAX);
    REQUIRE(after.bytes <= before.bytes + KEPT_MAX, "memory grew by %llu KiB in %d rounds",
            (unsigned long long)((after.bytes - before.bytes) / KIB), ROUNDS);
    server_finish(
        &server, STOP_BY_EOF,
        &(struct expected){.accepted = FIRST + HERD + ROUNDS, .closed_reset = ANY, .bytes = ANY},
        &stats);
    case_note("%llu descriptors before and %llu after, %+lld KiB",
              (unsigned long long)before.descriptors, (unsigned long long)after.descriptors,
              ((long long)after.bytes - (long long)before.bytes) / KIB);
}

/* Stops the server while 50 connections exchange bytes. The connections may end early; the server
 * must stop cleanly. */
static void stop_under_load(const struct setup *setup, enum stop_by by) {
    enum { CLIENTS = 50 };
    struct server server;
    struct stats stats;
    server_start(&server, setup, NULL);
    struct client *clients = clients_open(&server, setup, 0, CLIENTS);
    clients_echo(clients, CLIENTS, 6400);
    for (size_t i = 0; i < CLIENTS; i++) {
        clients[i].goal = UINT64_MAX;
        clients[i].window = i % 2 ? 64 : 256 * KIB;
        clients[i].may_end = true;
    }
    for (uint64_t moved = 0; moved < 4 * MIB;) moved += clients_step(clients, CLIENTS, -1);
    server_ask_stop(&server, by);
    case_doing("waiting for the connections to end after the stop");
    for (size_t i = 0; i < CLIENTS;) {
        if (clients[i].ended)
            i++;
        else
            clients_step(clients, CLIENTS, -1);
    }
    server_await_end(&server, &stats);
    REQUIRE(stats.accepted == CLIENTS, "accepted is %llu", (unsigned long long)stats.accepted);
    REQUIRE(stats.bytes_out >= clients_received(clients, CLIENTS),
            "statistics: bytes_out is less than the clients received");
}

static void stop_eof(const struct setup *setup) {
    stop_under_load(setup, STOP_BY_EOF);
}

static void stop_sigterm(const struct setup *setup) {
    stop_under_load(setup, STOP_BY_SIGTERM);
}

static void stop_idle(const struct setup *setup) {
    struct server server;
    struct stats stats;
    server_start(&server, setup, NULL);
    server_finish(&server, STOP_BY_EOF, &(struct expected){0}, &stats);
    /* connections without any traffic must not delay the stop */
    server_start(&server, setup, NULL);
    struct client *idle = clients_open(&server, setup, 0, 20);
    clients_echo(&idle[19], 1, 1);
    server_finish(&server, STOP_BY_EOF, &(struct expected){.accepted = 20, .bytes = 1}, &stats);
    free(idle);
}

const struct conformance_case cases_close[] = {
    {"half-close", half_close, 20, false},
    {"half-close-at-once", half_close_at_once, 20, true},
    {"half-close-pending", half_close_pending, 30, false},
    {"quiet", quiet, 30, true},
    {"reset", reset, 30, false},
    {"crowds-gone", crowds_gone, 60, true},
    {"connect-and-close", connect_and_close, 20, false},
    {"fd-reuse", fd_reuse, 60, false},
    {"rounds", rounds, 60, false},
    {"stop-idle", stop_idle, 20, false},
    {"stop-eof", stop_eof, 20, false},
    {"stop-sigterm", stop_sigterm, 20, false},
    {NULL, NULL, 0, false},
};
