/* fault_server.c - an echo server whose behaviour is known: what it delays, by how much, and what
 * it gets wrong, once. The load generator must report exactly that. Invariant: but for the one
 * fault asked for and the connections that get no answer, every byte goes back once, in order, and
 * no sooner than its delay, the rate and the stalls allow. Keeps the ready line, the statistics and
 * --stop-on-eof of the echo servers. */
#include "base/args.h"
#include "base/check.h"
#include "base/os.h"

#include "tests/truth/fault_burn.h"
#include "tests/truth/fault_delay.h"
#include "tests/truth/fault_pieces.h"
#include "tests/truth/fault_record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 16384, BUFFER_BYTES = 65536, EVENTS = 64 };

struct connection {
    os_socket socket;      /* OS_SOCKET_NONE when closed */
    struct pieces out;     /* due, but not yet taken by the kernel */
    uint64_t bytes;        /* received so far */
    uint64_t served_ns;    /* from when on it is served */
    uint64_t waiting;      /* pieces of it that are not due yet */
    uint64_t last_due_ns;  /* of the last of them: later ones are not due before */
    struct piece *last_in; /* copy of the last piece, for --fault stale */
    bool ended;            /* its input has ended */
    bool wants_out;        /* EPOLLOUT is armed */
};

/* What was asked for, and what has happened. */
static struct server {
    uint64_t stall_ms, stall_every_ms, fault_at, seed; /* as the options say */
    uint64_t accept_delay_us, mute_from, faulty, port; /* as the options say */
    uint64_t tell_at;                                  /* as the option says */
    const char *fault, *host;                          /* as the options say */
    bool stop_on_eof, recording;                       /* as the options say */
    struct delay delay;                                /* of answers */
    struct burn burn;                                  /* CPU time of answers */
    struct record record;                              /* of what came, and of lateness */
    os_socket listener, stop[2];                       /* stop[0] ends when it is time */
    int epoll, timer;                                  /* the loop; its clock */
    uint64_t start_ns;                                 /* of the stalls' periods */
    struct pieces waiting;                             /* not due yet */
    struct piece *held;              /* --fault swap: waits for another connection's piece */
    bool fault_done;                 /* it happens once */
    struct connection *connections;  /* by number of acceptance */
    uint64_t served;                 /* connections that were served at last */
    uint64_t accepted, clean, reset; /* statistics */
    uint64_t silent;                 /* connections that ended without a byte */
    uint64_t bytes_in, bytes_out, receives, sends, waits, events; /* statistics */
} s;

static void watch(uint64_t number, int operation, uint32_t events) {
    struct epoll_event event = {.events = events, .data.u64 = number};
    CHECK_OP(epoll_ctl(s.epoll, operation, s.connections[number].socket, &event), ==, 0);
}

static void connection_close(uint64_t number, bool clean) {
    struct connection *c = &s.connections[number];
    os_close(c->socket);
    burn_close(&s.burn, number);
    c->socket = OS_SOCKET_NONE;
    s.clean += clean;
    s.silent += c->bytes == 0;
    s.reset += !clean;
    pieces_free(&c->out);
    free(c->last_in);
    c->last_in = NULL;
}

/* Sends what is due on one connection, as far as the kernel takes it. */
static void connection_send(uint64_t number) {
    struct connection *c = &s.connections[number];
    while (c->out.first) {
        struct piece *piece = c->out.first;
        size_t sent;
        int error = os_send(c->socket, piece->data + piece->sent, piece->size - piece->sent, &sent);
        if (error && !os_error_would_block(error)) {
            connection_close(number, false);
            return;
        }
        if (error) break;
        s.sends++;
        s.bytes_out += sent;
        piece->sent += sent;
        if (piece->sent == piece->size) free(pieces_take(&c->out));
    }
    bool wants_out = c->out.first != NULL;
    if (wants_out != c->wants_out)
        watch(number, EPOLL_CTL_MOD, (c->ended ? 0u : EPOLLIN) | (wants_out ? EPOLLOUT : 0u));
    c->wants_out = wants_out;
    if (c->ended && !c->waiting && !wants_out) connection_close(number, true);
}

static void piece_due(struct piece *piece) {
    struct connection *c = &s.connections[piece->connection];
    uint64_t number = piece->connection;
    c->waiting--;
    if (c->socket == OS_SOCKET_NONE) {
        free(piece);
        return;
    }
    record_late(&s.record.late, piece->due_ns, os_clock_ns());
    burn_use(&s.burn, number);
    pieces_add(&c->out, piece);
    connection_send(number);
}

/* Does the one wrong thing to the faulty connection's piece that holds byte `fault_at`. Returns
 * whether the piece still goes back. */
static bool do_fault(struct piece *piece) {
    struct connection *c = &s.connections[piece->connection];
    size_t at = (size_t)(s.fault_at - (c->bytes - piece->size));
    if (strcmp(s.fault, "wrong-byte") == 0) {
        piece->data[at] ^= 0x10;
    } else if (strcmp(s.fault, "lose-byte") == 0) {
        memmove(piece->data + at, piece->data + at + 1, --piece->size - at);
    } else if (strcmp(s.fault, "stale") == 0) {
        if (c->last_in && c->last_in->size == piece->size)
            memcpy(piece->data, c->last_in->data, piece->size);
    } else if (strcmp(s.fault, "swap") == 0) {
        s.held = piece;
    } else if (strcmp(s.fault, "silence") == 0) {
        free(piece);
        return false;
    } else { /* close, reset: with what came before still on its way back, and a part of this */
        size_t sent;
        if (at > 0) os_send(c->socket, piece->data, at, &sent);
        free(piece);
        if (strcmp(s.fault, "reset") == 0) {
            struct epoll_event unused = {0};
            epoll_ctl(s.epoll, EPOLL_CTL_DEL, c->socket, &unused);
            os_socket copy = dup(c->socket); /* connection_close closes the other */
            connection_close(s.faulty, false);
            os_close_reset(copy);
        } else {
            connection_close(s.faulty, true);
        }
        return false;
    }
    return true;
}

static void piece_arrived(struct piece *piece) {
    struct connection *c = &s.connections[piece->connection];
    bool of_faulty = piece->connection == s.faulty;
    if (s.fault[0] && !s.fault_done && of_faulty && c->bytes > s.fault_at) {
        s.fault_done = true;
        if (!do_fault(piece)) return;
    } else if (strcmp(s.fault, "stale") == 0 && of_faulty) {
        free(c->last_in);
        c->last_in = piece_new(s.faulty, piece->data, piece->size);
    }
    c->waiting++;
    piece->due_ns = delay_due_ns(&s.delay, piece->connection, os_clock_ns());
    if (piece->due_ns < c->last_due_ns) piece->due_ns = c->last_due_ns;
    c->last_due_ns = piece->due_ns;
    if (piece == s.held) return;
    pieces_add(&s.waiting, piece);
    if (s.held && !of_faulty && piece_swap_data(piece, s.held)) {
        s.held->due_ns = piece->due_ns;
        pieces_add(&s.waiting, s.held);
        s.held = NULL;
    }
}

static void connection_receive(uint64_t number) {
    static uint8_t data[BUFFER_BYTES];
    struct connection *c = &s.connections[number];
    size_t size;
    int error = os_receive(c->socket, data, sizeof data, &size);
    if (error && os_error_would_block(error)) return;
    if (error) {
        connection_close(number, false);
        return;
    }
    if (size == 0) {
        c->ended = true;
        watch(number, EPOLL_CTL_MOD, c->wants_out ? EPOLLOUT : 0);
        connection_send(number);
        return;
    }
    s.receives++;
    s.bytes_in += size;
    c->bytes += size;
    if (s.receives == s.tell_at) {
        printf("{\"received\":%" PRIu64 "}\n", s.receives);
        fflush(stdout);
    }
    if (s.recording) record_arrival(&s.record, number);
    bool silenced = s.fault_done && number == s.faulty && strcmp(s.fault, "silence") == 0;
    if (number < s.mute_from && !silenced && delay_answers(&s.delay, number))
        piece_arrived(piece_new(number, data, size));
}

static void accept_all(void) {
    os_socket socket;
    while (s.accepted < CONNECTIONS_MAX && os_accept(s.listener, true, &socket) == 0) {
        struct connection *c = &s.connections[s.accepted];
        *c = (struct connection){.socket = socket,
                                 .served_ns = os_clock_ns() + s.accept_delay_us * 1000u};
        s.accepted++;
    }
}

/* Serves the connections whose time has come. Returns when the next one's comes. */
static uint64_t serve_due(void) {
    for (; s.served < s.accepted; s.served++) {
        struct connection *c = &s.connections[s.served];
        uint64_t now_ns = os_clock_ns();
        if (c->served_ns > now_ns) return c->served_ns;
        if (s.accept_delay_us) record_late(&s.record.late, c->served_ns, now_ns);
        bool away = strcmp(s.fault, "turn-away") == 0 && s.served == s.faulty;
        if (away || strcmp(s.fault, "turn-all-away") == 0) {
            s.fault_done = true;
            os_socket copy = dup(c->socket); /* connection_close closes the other */
            connection_close(s.served, false);
            os_close_reset(copy);
        } else {
            watch(s.served, EPOLL_CTL_ADD, EPOLLIN);
        }
    }
    return UINT64_MAX;
}

/* Every period of stall_every_ms ends with stall_ms in which nothing is served. */
static void stall_if_due(void) {
    if (!s.stall_ms) return;
    uint64_t period_ns = s.stall_every_ms * 1000000u;
    uint64_t now_ns = os_clock_ns(), into_ns = (now_ns - s.start_ns) % period_ns;
    if (into_ns < period_ns - s.stall_ms * 1000000u) return;
    uint64_t end_ns = now_ns + period_ns - into_ns;
    os_sleep_until_ns(end_ns);
    record_late(&s.record.stalls, end_ns, os_clock_ns());
}

static void release_due(void) {
    while (s.waiting.first && s.waiting.first->due_ns <= os_clock_ns())
        piece_due(pieces_take(&s.waiting));
    uint64_t due = serve_due();
    if (s.waiting.first && s.waiting.first->due_ns < due) due = s.waiting.first->due_ns;
    if (due == UINT64_MAX) return;
    struct itimerspec when = {
        .it_value = {.tv_sec = (time_t)(due / 1000000000u), .tv_nsec = (long)(due % 1000000000u)}};
    CHECK_OP(timerfd_settime(s.timer, TFD_TIMER_ABSTIME, &when, NULL), ==, 0);
}

enum { LISTENER = CONNECTIONS_MAX, STOP, TIMER };

static void handle(const struct epoll_event *event, bool *stopping) {
    uint64_t number = event->data.u64, expirations;
    if (number == STOP) {
        *stopping = true;
    } else if (number == LISTENER) {
        accept_all();
    } else if (number == TIMER) {
        if (read(s.timer, &expirations, sizeof expirations) < 0) CHECK_OP(errno, ==, EAGAIN);
    } else {
        struct connection *c = &s.connections[number];
        if ((event->events & EPOLLOUT) && c->socket != OS_SOCKET_NONE) connection_send(number);
        if ((event->events & ~(uint32_t)EPOLLOUT) && c->socket != OS_SOCKET_NONE)
            connection_receive(number);
    }
}

static void serve(void) {
    struct epoll_event events[EVENTS];
    for (bool stopping = false; !stopping;) {
        int n = epoll_wait(s.epoll, events, EVENTS, -1);
        s.waits++;
        for (int i = 0; i < n; i++) {
            stall_if_due();
            s.events++;
            handle(&events[i], &stopping);
        }
        release_due();
    }
    pieces_free(&s.waiting);
    free(s.held);
    for (uint64_t i = 0; i < s.accepted; i++)
        if (s.connections[i].socket != OS_SOCKET_NONE) connection_close(i, true);
}

static void on_stop(void *unused) {
    (void)unused;
    os_shutdown_send(s.stop[1]);
}

static void open_all(void) {
    struct os_address address;
    char reason[128];
    s.connections = calloc(CONNECTIONS_MAX, sizeof *s.connections);
    CHECK(s.connections);
    rng_seed(&s.delay.rng, s.seed, 0);
    burn_open(&s.burn, CONNECTIONS_MAX);
    if (!os_address_resolve(s.host, (uint16_t)s.port, &address, reason, sizeof reason)) {
        fprintf(stderr, "fault-server: --host: %s: %s\n", s.host, reason);
        exit(2);
    }
    int error = os_listen(&address, 4096, false, &s.listener);
    if (!error) error = os_socket_pair(true, s.stop);
    if (!error) error = os_on_stop(s.stop_on_eof, on_stop, NULL);
    if (error) {
        fprintf(stderr, "fault-server: %s: %s\n", s.host, os_error_text(error));
        exit(1);
    }
    os_timer_fine();
    s.epoll = epoll_create1(EPOLL_CLOEXEC);
    s.timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    const int sources[] = {s.listener, s.stop[0], s.timer};
    for (uint64_t i = 0; i < 3; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u64 = LISTENER + i};
        CHECK_OP(epoll_ctl(s.epoll, EPOLL_CTL_ADD, sources[i], &event), ==, 0);
    }
}

int main(int argc, char **argv) {
    s.host = "127.0.0.1";
    s.fault = "";
    const struct arg args[] = {
        {"host", "HOST", "address to bind (127.0.0.1)", .text = &s.host},
        {"port", "N", "port (0: any)", .count = {&s.port, 0, 65535}},
        {"delay-us", "US", "of every echo", .count = {&s.delay.fixed_us, 0, 1e7}},
        {"exponential-us", "US", "mean of what is drawn for every echo in addition",
         .count = {&s.delay.exponential_us, 0, 1e7}},
        {"slow-us", "US", "of some, instead", .count = {&s.delay.slow_us, 0, 1e7}},
        {"slow-pct", "N", "in so many of 100, drawn", .count = {&s.delay.slow_pct, 0, 100}},
        {"slow-first", "N", "the first so many", .count = {&s.delay.slow_first, 0, 1e9}},
        {"slow-for-ms", "MS", "for so long from the first on",
         .count = {&s.delay.slow_for_ms, 0, 1e6}},
        {"seed", "N", "of what is drawn (0)", .count = {&s.seed, 0, 1e15}},
        {"serve-every", "N", "serves connections 0, N, 2N and so on (1)",
         .count = {&s.delay.serve_every, 1, CONNECTIONS_MAX}},
        {"others-us", "US", "delay of the others (0: no answer)",
         .count = {&s.delay.others_us, 0, 1e7}},
        {"accept-delay-us", "US", "until a new connection is served",
         .count = {&s.accept_delay_us, 0, 1e7}},
        {"mute-from", "N", "connections from this number on get no answer",
         .count = {&s.mute_from, 0, CONNECTIONS_MAX}},
        {"rate-limit", "N", "echoes per second at most (0: any)", .count = {&s.delay.rate, 0, 1e6}},
        {"burn-us", "US", "CPU time of every echo", .count = {&s.burn.us, 0, 1e6}},
        {"burn-by", NULL, "process that uses it; all but self are others (self)",
         .choice = {&s.burn.by, BURN_BY}},
        {"unwaited", NULL, "ignore the end of child processes", .flag = &s.burn.unwaited},
        {"affinity", "CPU", "CPU to move to at the first echo",
         .count = {&s.burn.affinity, 0, 1023}},
        {"stall-ms", "MS", "serves nothing for so long", .count = {&s.stall_ms, 0, 1e5}},
        {"stall-every-ms", "MS", "in periods of this", .count = {&s.stall_every_ms, 1, 1e6}},
        {"fault", NULL,
         "happens once, to one connection; silence: no answer from then on; turn-away: reset "
         "instead of served, turn-all-away: every connection",
         .choice = {&s.fault,
                    "wrong-byte|lose-byte|stale|swap|close|reset|silence|turn-away|turn-all-away"}},
        {"fault-connection", "N", "to this one, by number of acceptance (0)",
         .count = {&s.faulty, 0, CONNECTIONS_MAX}},
        {"fault-at", "N", "at this byte of its stream", .count = {&s.fault_at, 0, 1e12}},
        {"tell-at", "N", "prints a line when so many pieces have come (0: none)",
         .count = {&s.tell_at, 0, 1e12}},
        {"record", NULL, "tells when what came on which connection", .flag = &s.recording},
        {"stop-on-eof", NULL, "stop when stdin ends", .flag = &s.stop_on_eof},
        {.name = NULL},
    };
    const struct args_spec spec = {.program = "fault-server",
                                   .summary = "an echo server with known faults, for tests",
                                   .example = "fault-server --delay-us 20000",
                                   .args = args};
    os_init();
    s.burn.by = "self";
    s.burn.affinity = BURN_NO_CPU;
    s.stall_every_ms = 1000;
    s.mute_from = CONNECTIONS_MAX;
    s.delay.serve_every = 1;
    enum args_outcome outcome = args_parse(&spec, argc, argv);
    if (outcome != ARGS_RUN) return outcome == ARGS_WRONG ? 2 : 0;
    open_all();
    char host[64];
    uint16_t port;
    CHECK_OP(os_socket_local(s.listener, host, sizeof host, &port), ==, 0);
    printf("{\"ready\":{\"model\":\"fault\",\"host\":\"%s\",\"port\":%u,\"pid\":%ld}}\n", host,
           (unsigned)port, (long)getpid());
    fflush(stdout);
    s.start_ns = os_clock_ns();
    serve();
    printf("{\"stats\":{\"accepted\":%" PRIu64 ",\"closed_clean\":%" PRIu64
           ",\"closed_reset\":%" PRIu64 ",\"closed_error\":0,\"bytes_in\":%" PRIu64
           ",\"bytes_out\":%" PRIu64 ",\"receives\":%" PRIu64 ",\"sends\":%" PRIu64
           ",\"waits\":%" PRIu64 ",\"events\":%" PRIu64
           ",\"sends_partial\":0,\"accept_errors\":0,\"silent\":%" PRIu64 ",\"fault_done\":%d",
           s.accepted, s.clean, s.reset, s.bytes_in, s.bytes_out, s.receives, s.sends, s.waits,
           s.events, s.silent, s.fault_done);
    printf("},\"record\":{");
    record_print(&s.record, s.recording);
    printf("}}\n");
    free(s.connections);
    free(s.burn.helpers);
    return 0;
}
