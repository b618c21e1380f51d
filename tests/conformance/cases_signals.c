/* cases_signals.c - what signals do to a server. */
#include "tests/conformance/client.h"

#include <signal.h>
#include <stdlib.h>

enum { ECHO_BYTES = 64 };

/* Each signal that people and tools send ends a server in the ordinary way: with statistics. */
static void signals(const struct setup *setup) {
    static const int numbers[] = OS_STOP_SIGNALS;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct server server;
        struct stats stats;
        server_start(&server, setup, NULL);
        struct client *c = clients_open(&server, setup, 0, 1);
        clients_echo(c, 1, ECHO_BYTES);
        c->may_end = true;
        server_asked(&server);
        REQUIRE(kill(server.pid, numbers[i]) == 0, "signal %d cannot be sent", numbers[i]);
        server_await_end(&server, &stats);
        REQUIRE(stats.accepted == 1 && stats.bytes_out == ECHO_BYTES,
                "after signal %d the statistics lack the echo", numbers[i]);
        free(c);
    }
    case_note("%zu signals", sizeof numbers / sizeof *numbers);
}

/* A server that was started with signals ignored, as nohup does, goes on; but a script may end it.
 */
static void signals_ignored(const struct setup *setup) {
    static const int numbers[] = {SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM};
    enum { ROUNDS = 20 };
    void (*handlers[sizeof numbers / sizeof *numbers])(int);
    struct server server;
    struct stats stats;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        handlers[i] = signal(numbers[i], SIG_IGN);
    server_start(&server, setup, NULL);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) signal(numbers[i], handlers[i]);
    struct client *c = clients_open(&server, setup, 0, 1);
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
            REQUIRE(kill(server.pid, numbers[i]) == 0, "signal %d cannot be sent", numbers[i]);
        clients_echo(c, 1, ECHO_BYTES);
    }
    clients_finish(c, 1);
    server_finish(&server, STOP_BY_EOF,
                  &(struct expected){.accepted = 1, .bytes = ROUNDS * ECHO_BYTES}, &stats);
    free(c);
    void (*interrupt)(int) = signal(SIGINT, SIG_IGN), (*terminate)(int) = signal(SIGTERM, SIG_IGN);
    for (int i = 0; i < 2; i++) {
        server_start(&server, setup, NULL);
        server_asked(&server);
        REQUIRE(kill(server.pid, i ? SIGTERM : SIGINT) == 0, "the signal cannot be sent");
        server_await_end(&server, &stats);
    }
    signal(SIGINT, interrupt);
    signal(SIGTERM, terminate);
}

/* Signals that must not end a server: broken pipes, files that may not grow, a terminal's size. */
static void signals_harmless(const struct setup *setup) {
    static const int numbers[] = {SIGPIPE, SIGXFSZ, SIGWINCH, SIGCHLD, SIGURG, SIGCONT};
    struct server server;
    struct stats stats;
    server_start(&server, setup, NULL);
    struct client *c = clients_open(&server, setup, 0, 1);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        REQUIRE(kill(server.pid, numbers[i]) == 0, "signal %d cannot be sent", numbers[i]);
        clients_echo(c, 1, ECHO_BYTES);
    }
    server_freeze(&server);
    server_thaw(&server);
    clients_echo(c, 1, ECHO_BYTES);
    clients_finish(c, 1);
    server_finish(&server, STOP_BY_EOF,
                  &(struct expected){.accepted = 1,
                                     .bytes = (sizeof numbers / sizeof *numbers + 1) * ECHO_BYTES},
                  &stats);
    free(c);
}

const struct conformance_case cases_signals[] = {
    {"signals", signals, 20, false},
    {"signals-ignored", signals_ignored, 20, false},
    {"signals-harmless", signals_harmless, 20, false},
    {NULL, NULL, 0, false},
};
