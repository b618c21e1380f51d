/* cases_bytes.c - echoes are complete: message sizes, fragments, and clients that do not read. */
#include "tests/conformance/client.h"

#include <stdlib.h>

enum { KIB = 1024, MIB = 1024 * 1024 };

/* A connection is stalled if it moved no bytes for at least STALL_MS while others exchanged
 * STALL_ROUNDS rounds. On a slow machine this may be decided too early, which weakens a test but
 * never fails it. */
enum { STALL_ROUNDS = 100, STALL_MS = 100 };

/* Opens `n` clients, exchanges `bytes` with each, ends clients and server, and checks the server's
 * statistics. */
static void echo_and_finish(const struct setup *setup, const struct server_start *how, size_t n,
                            uint64_t bytes, const struct client *like) {
    struct server server;
    struct stats stats;
    server_start(&server, setup, how);
    struct client *clients = clients_open(&server, setup, 0, n);
    for (size_t i = 0; i < n; i++) {
        clients[i].fragment = like->fragment;
        clients[i].random_pieces = like->random_pieces;
        clients[i].window = like->window;
    }
    clients_echo(clients, n, bytes);
    clients_finish(clients, n);
    server_finish(&server, STOP_BY_EOF,
                  &(struct expected){.accepted = n, .bytes = (uint64_t)n * bytes}, &stats);
    free(clients);
}

static void one_byte(const struct setup *setup) {
    echo_and_finish(setup, NULL, 1, 1, &(struct client){0});
}

static void big(const struct setup *setup) {
    const struct server_start how = {.args = {"--buffer", "4096"}};
    echo_and_finish(setup, &how, 4, MIB, &(struct client){0});
}

/* A receive stops at urgent data although more bytes are there (tcp(7)). The server is frozen, so
 * that one event reports them all. It must skip the urgent byte and echo all others. */
static void urgent(const struct setup *setup) {
    enum { CLIENTS = 12 };
    static const uint64_t sizes[] = {3, 1000, 16384}; /* 16384 is the default buffer size */
    struct server server;
    struct stats stats;
    uint64_t bytes = 0;
    server_start(&server, setup, NULL);
    struct client *clients = clients_open(&server, setup, 0, CLIENTS);
    clients_echo(clients, CLIENTS, 64);
    server_freeze(&server);
    for (size_t i = 0; i < CLIENTS; i++) {
        for (int part = 0; part < 2;
             part++) { /* a second urgent byte would make the first ordinary */
            if (part > 0) client_send_urgent(&clients[i]);
            clients[i].goal += sizes[i % 3];
            while (clients[i].sent < clients[i].goal) clients_step(&clients[i], 1, -1);
        }
        bytes += clients[i].goal;
    }
    server_thaw(&server);
    clients_pump(clients, CLIENTS);
    clients_finish(clients, CLIENTS);
    server_finish(&server, STOP_BY_EOF, &(struct expected){.accepted = CLIENTS, .bytes = bytes},
                  &stats);
    free(clients);
}

static void random_fragments(const struct setup *setup) {
    const struct client like = {.fragment = 3000, .random_pieces = true};
    echo_and_finish(setup, NULL, 8, 300 * KIB + 7, &like);
}

static void byte_by_byte(const struct setup *setup) {
    echo_and_finish(setup, NULL, 2, 3000, &(struct client){.fragment = 1});
    echo_and_finish(setup, NULL, 2, 300, &(struct client){.fragment = 1, .window = 1});
}

static void echoes(const struct setup *setup) {
    echo_and_finish(setup, NULL, 16, 64 * 500, &(struct client){.fragment = 64, .window = 64});
}

/* Lets the clients `slow`, which do not read, send until they are stalled or have sent everything.
 * Meanwhile `others` continue to echo, which shows that they are served and measures the time. */
static void send_until_stalled(struct client *slow, size_t n, struct client *others,
                               size_t others_n) {
    case_doing("serving others while readers are slow");
    uint64_t since_ns = os_clock_ns();
    for (int rounds = 0; rounds < STALL_ROUNDS || os_clock_ns() - since_ns < STALL_MS * 1000000u;
         rounds++) {
        if (clients_step(slow, n, 0) > 0) {
            rounds = 0;
            since_ns = os_clock_ns();
        }
        clients_echo(others, others_n, 64);
    }
}

/* One client sends up to 64 MiB and does not read. A server that buffers everything grows by tens
 * of MiB; a correct server stops reading. The system's own buffers hold about 10 MiB. */
static void slow_reader(const struct setup *setup) {
    struct server server;
    struct stats stats;
    struct client slow;
    server_start(&server, setup, NULL);
    struct client *others = clients_open(&server, setup, 1, 4);
    clients_echo(others, 4, 64);
    client_open(&slow, &server, setup, 0, 4096);
    slow.paused = true;
    slow.goal = 64 * MIB;
    uint64_t before = server_rss_bytes(&server);
    send_until_stalled(&slow, 1, others, 4);
    uint64_t after = server_rss_bytes(&server);
    REQUIRE(slow.sent >= 64 * KIB, "the server accepted only %llu bytes",
            (unsigned long long)slow.sent);
    REQUIRE(slow.sent < slow.goal, "the server read 64 MiB from a client that does not read");
    bool defaults = !setup->option[0]; /* some options use a pool that grows while others echo */
    REQUIRE(!defaults || after < before + 8 * MIB,
            "memory grew by %llu KiB for a client that does not read",
            (unsigned long long)((after - before) / KIB));
    server_require_quiet(&server);
    uint64_t stalled_at = slow.sent / KIB;
    slow.goal = slow.sent > 8 * MIB ? slow.sent : 8 * MIB;
    slow.paused = false;
    slow.fragment = 16 * KIB;
    slow.random_pieces = true;
    clients_pump(&slow, 1);
    client_finish(&slow);
    clients_echo(others, 4, 64);
    uint64_t bytes = slow.received + clients_received(others, 4);
    clients_finish(others, 4);
    server_finish(&server, STOP_BY_EOF, &(struct expected){.accepted = 5, .bytes = bytes}, &stats);
    case_note("stalled after %llu KiB, %llu partial sends", (unsigned long long)stalled_at,
              (unsigned long long)stats.sends_partial);
}

static void slow_and_fast(const struct setup *setup) {
    enum { SLOW = 8, FAST = 20 };
    struct server server;
    struct stats stats;
    struct client slow[SLOW];
    server_start(&server, setup, NULL);
    for (size_t i = 0; i < SLOW; i++) {
        client_open(&slow[i], &server, setup, i, 4096);
        slow[i].paused = true;
        slow[i].goal = 64 * MIB;
    }
    struct client *fast = clients_open(&server, setup, SLOW, FAST);
    send_until_stalled(slow, SLOW, fast, FAST);
    for (int round = 0; round < 200; round++) clients_echo(fast, FAST, 64);
    for (size_t i = 0; i < SLOW; i++) {
        slow[i].goal = slow[i].sent;
        slow[i].paused = false;
    }
    clients_pump(slow, SLOW);
    uint64_t bytes = clients_received(slow, SLOW) + clients_received(fast, FAST);
    clients_finish(slow, SLOW);
    clients_finish(fast, FAST);
    server_finish(&server, STOP_BY_EOF, &(struct expected){.accepted = SLOW + FAST, .bytes = bytes},
                  &stats);
    free(fast);
}

const struct conformance_case cases_bytes[] = {
    {"1-byte", one_byte, 10, true},
    {"big", big, 20, true},
    {"echoes", echoes, 20, false},
    {"urgent", urgent, 20, true},
    {"fragments", random_fragments, 20, false},
    {"byte-by-byte", byte_by_byte, 20, false},
    {"slow-reader", slow_reader, 30, true},
    {"slow-and-fast", slow_and_fast, 60, false},
    {NULL, NULL, 0, false},
};
