/* client.c - clients over plain sockets and poll; see client.h. The alarm of the case limits every
 * wait. */
#include "tests/conformance/client.h"

#include "base/check.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PIECE_MAX = 65536 };

/* Writes the payload of `seed` from `offset` on. */
static void payload_fill(uint64_t seed, uint64_t offset, uint8_t *data, size_t size) {
    for (size_t i = 0; i < size;) {
        uint64_t at = offset + i, word = rng_mix(seed + at / 8);
        for (uint64_t byte = at % 8; byte < 8 && i < size; byte++)
            data[i++] = (uint8_t)(word >> (8 * byte));
    }
}

static void wait_for(const struct client *c, short events) {
    struct pollfd p = {.fd = c->fd, .events = events};
    while (poll(&p, 1, -1) < 0) REQUIRE(errno == EINTR, "poll: %s", os_error_text(errno));
}

void client_open(struct client *c, const struct server *server, const struct setup *setup,
                 uint64_t id, int receive_buffer) {
    *c = (struct client){.seed = rng_mix(setup->seed) + (id << 32)};
    rng_seed(&c->rng, setup->seed, id);
    struct sockaddr_storage to;
    memcpy(&to, &server->address.storage, server->address.length);
    c->fd = socket(to.ss_family, SOCK_STREAM, 0); /* macOS has no SOCK_NONBLOCK, SOCK_CLOEXEC */
    REQUIRE(c->fd >= 0 && fcntl(c->fd, F_SETFD, FD_CLOEXEC) == 0 &&
                fcntl(c->fd, F_SETFL, O_NONBLOCK) == 0,
            "client %llu: socket: %s", (unsigned long long)id, os_error_text(errno));
    int on = 1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (receive_buffer)
        setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    if (connect(c->fd, (struct sockaddr *)&to, (socklen_t)server->address.length) != 0 &&
        errno != EINPROGRESS)
        case_fail("client %llu: connect: %s", (unsigned long long)id, os_error_text(errno));
    wait_for(c, POLLOUT);
    int error = os_socket_error(c->fd);
    REQUIRE(error == 0, "client %llu: connect: %s", (unsigned long long)id, os_error_text(error));
}

struct client *clients_open(const struct server *server, const struct setup *setup,
                            uint64_t first_id, size_t n) {
    struct client *clients = calloc(n, sizeof *clients);
    CHECK(clients);
    case_doing("connecting");
    for (size_t i = 0; i < n; i++) client_open(&clients[i], server, setup, first_id + i, 0);
    return clients;
}

static void client_ended(struct client *c, const char *how) {
    REQUIRE(c->may_end, "the server ended a connection (%s) with %llu of %llu bytes echoed", how,
            (unsigned long long)c->received, (unsigned long long)c->sent);
    c->ended = true;
}

static void verify(const struct client *c, const uint8_t *data, size_t size) {
    static uint8_t right[PIECE_MAX];
    uint64_t arrived = c->received + size;
    REQUIRE(arrived <= c->sent, "%llu bytes were received, but only %llu were sent",
            (unsigned long long)arrived, (unsigned long long)c->sent);
    payload_fill(c->seed, c->received, right, size);
    if (memcmp(data, right, size) == 0) return;
    size_t i = 0;
    while (data[i] == right[i]) i++;
    uint64_t offset = c->received + i;
    case_fail("byte %llu of a connection is 0x%02x, expected 0x%02x", (unsigned long long)offset,
              data[i], right[i]);
}

/* Receives once. Returns the number of bytes; 0 if none are available or the stream has ended. */
static size_t client_receive(struct client *c) {
    static uint8_t data[PIECE_MAX];
    size_t most = c->random_pieces ? 1 + (size_t)rng_below(&c->rng, c->fragment) : sizeof data;
    ssize_t n = recv(c->fd, data, most, 0);
    if (n > 0) {
        verify(c, data, (size_t)n);
        c->received += (uint64_t)n;
        return (size_t)n;
    }
    if (n == 0) client_ended(c, "end of stream");
    if (n < 0 && !os_error_would_block(errno)) client_ended(c, os_error_text(errno));
    return 0;
}

static uint64_t sendable(const struct client *c) {
    uint64_t left = c->goal - c->sent;
    if (!c->window) return left;
    uint64_t room = c->window - (c->sent - c->received);
    return left < room ? left : room;
}

static size_t client_send(struct client *c) {
    static uint8_t data[PIECE_MAX];
    uint64_t most = sendable(c);
    size_t limit = c->fragment ? c->fragment : sizeof data;
    if (c->random_pieces) limit = 1 + (size_t)rng_below(&c->rng, c->fragment);
    size_t size = most < limit ? (size_t)most : limit;
    payload_fill(c->seed, c->sent, data, size);
    size_t n = 0;
    int error = os_send(c->fd, data, size, &n);
    if (error && !os_error_would_block(error)) client_ended(c, os_error_text(error));
    c->sent += n;
    return n;
}

void client_send_urgent(struct client *c) {
    REQUIRE(send(c->fd, "!", 1, MSG_OOB) == 1, "urgent byte: %s", os_error_text(errno));
}

static short wanted(const struct client *c) {
    if (c->fd == OS_SOCKET_NONE || c->ended) return 0;
    bool in = !c->paused && (c->received < c->sent || c->may_end);
    return (short)((in ? POLLIN : 0) | (sendable(c) ? POLLOUT : 0));
}

uint64_t clients_step(struct client *clients, size_t n, int timeout_ms) {
    static struct pollfd *set;
    static size_t capacity;
    if (n > capacity) {
        free(set);
        set = malloc(n * sizeof *set);
        CHECK(set);
        capacity = n;
    }
    for (size_t i = 0; i < n; i++) {
        short events = wanted(&clients[i]);
        set[i] = (struct pollfd){.fd = events ? clients[i].fd : -1, .events = events};
    }
    int ready = poll(set, (nfds_t)n, timeout_ms);
    REQUIRE(ready >= 0 || errno == EINTR, "poll: %s", os_error_text(errno));
    uint64_t moved = 0;
    for (size_t i = 0; ready > 0 && i < n; i++) {
        struct client *c = &clients[i];
        if ((set[i].revents & POLLIN) || ((set[i].revents & (POLLERR | POLLHUP)) && !c->paused))
            moved += client_receive(c);
        if ((set[i].revents & POLLOUT) && !c->ended && sendable(c)) moved += client_send(c);
        if ((set[i].revents & POLLERR) && c->paused && !c->ended) client_ended(c, "error");
    }
    return moved;
}

static bool is_done(const struct client *c) {
    return c->fd == OS_SOCKET_NONE || c->ended || c->received == c->goal;
}

void clients_pump(struct client *clients, size_t n) {
    case_doing("exchanging bytes");
    for (size_t i = 0; i < n;) {
        if (is_done(&clients[i]))
            i++;
        else
            clients_step(&clients[i], n - i, -1);
    }
}

void clients_echo(struct client *clients, size_t n, uint64_t bytes) {
    for (size_t i = 0; i < n; i++) clients[i].goal += bytes;
    clients_pump(clients, n);
}

void client_await_end(struct client *c) {
    case_doing("waiting for the end of the stream after a half-close");
    c->may_end = true;
    while (!c->ended) {
        wait_for(c, POLLIN);
        client_receive(c);
    }
    REQUIRE(c->received == c->sent, "end of stream after %llu of %llu bytes",
            (unsigned long long)c->received, (unsigned long long)c->sent);
    client_close(c);
}

void client_finish(struct client *c) {
    clients_finish(c, 1);
}

void clients_finish(struct client *clients, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (clients[i].fd == OS_SOCKET_NONE) continue;
        int error = os_shutdown_send(clients[i].fd);
        REQUIRE(error == 0, "half-close: %s", os_error_text(error));
    }
    for (size_t i = 0; i < n; i++)
        if (clients[i].fd != OS_SOCKET_NONE) client_await_end(&clients[i]);
}

void client_close(struct client *c) {
    os_close(c->fd);
    c->fd = OS_SOCKET_NONE;
}

void client_reset(struct client *c) {
    os_close_reset(c->fd);
    c->fd = OS_SOCKET_NONE;
}

uint64_t clients_received(const struct client *clients, size_t n) {
    uint64_t bytes = 0;
    for (size_t i = 0; i < n; i++) bytes += clients[i].received;
    return bytes;
}
