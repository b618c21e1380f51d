/* transport_epoll.c - the load generator on Linux epoll, level-triggered.
 * Invariant: a connection is registered once, when it starts to connect; its registration changes
 * only when a connect ends or the kernel takes less than it was given. */
#include "base/check.h"

#include "loadgen/transport.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define EVENTS_A_POLL 256
#define RECEIVE_BYTES 65536

enum state { CLOSED, CONNECTING, STANDING };

struct link {
    os_socket socket; /* OS_SOCKET_NONE while closed */
    enum state state;
    bool shutdown_wanted; /* end the sending direction when nothing is pending */
    uint32_t generation;  /* how often the id was closed: identifies events of an earlier socket */
    int error;            /* of a failed send; the next poll reports it */
    uint8_t *pending;     /* bytes the kernel did not take; owned, kept until close */
    size_t pending_size;  /* bytes in use */
    size_t pending_room;  /* bytes allocated */
};

struct transport {
    struct transport_config config;
    int epoll;                                /* the interest list */
    struct link *links;                       /* by connection id */
    struct epoll_event events[EVENTS_A_POLL]; /* of the last wait */
    uint8_t buffer[RECEIVE_BYTES];            /* of the receive in progress */
};

static int epoll_open(const struct transport_config *config, struct transport **transport) {
    struct transport *t = calloc(1, sizeof *t);
    if (!t) return ENOMEM;
    t->config = *config;
    t->links = calloc(config->connections, sizeof *t->links);
    t->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (!t->links || t->epoll < 0) {
        int error = t->links ? errno : ENOMEM;
        if (t->epoll >= 0) close(t->epoll);
        free(t->links);
        free(t);
        return error;
    }
    for (uint32_t i = 0; i < config->connections; i++) t->links[i].socket = OS_SOCKET_NONE;
    *transport = t;
    return 0;
}

static int watch(struct transport *t, uint32_t conn, int operation, uint32_t events) {
    uint64_t generation = t->links[conn].generation;
    struct epoll_event event = {.events = events, .data.u64 = generation << 32 | conn};
    return epoll_ctl(t->epoll, operation, t->links[conn].socket, &event) == 0 ? 0 : errno;
}

static void epoll_close_link(struct transport *t, uint32_t conn) {
    struct link *l = &t->links[conn];
    if (l->state != CLOSED) os_close(l->socket); /* which also removes it from the interest list */
    free(l->pending);
    *l = (struct link){.socket = OS_SOCKET_NONE, .state = CLOSED, .generation = l->generation + 1};
}

static int epoll_connect(struct transport *t, uint32_t conn) {
    struct link *l = &t->links[conn];
    CHECK_OP(l->state, ==, CLOSED);
    int error = os_connect(&t->config.address, conn % t->config.sources, &l->socket);
    if (error) return error;
    l->state = CONNECTING;
    error = watch(t, conn, EPOLL_CTL_ADD, EPOLLOUT);
    if (error) epoll_close_link(t, conn);
    return error;
}

static void fail(struct transport *t, uint32_t conn, int error) {
    bool connecting = t->links[conn].state == CONNECTING;
    epoll_close_link(t, conn);
    if (connecting) {
        t->config.handlers->connected(t->config.context, conn, error);
    } else {
        t->config.handlers->failed(t->config.context, conn, error);
    }
}

static void keep_pending(struct transport *t, uint32_t conn, const uint8_t *data, size_t size) {
    struct link *l = &t->links[conn];
    if (l->pending_size + size > l->pending_room) {
        size_t room = 2 * (l->pending_size + size);
        uint8_t *grown = realloc(l->pending, room);
        CHECK(grown);
        l->pending = grown;
        l->pending_room = room;
    }
    if (l->pending_size == 0) CHECK_OP(watch(t, conn, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT), ==, 0);
    memcpy(l->pending + l->pending_size, data, size);
    l->pending_size += size;
}

static uint64_t epoll_send(struct transport *t, uint32_t conn, const uint8_t *data, size_t size) {
    struct link *l = &t->links[conn];
    CHECK_OP(l->state, ==, STANDING);
    uint64_t stamp_ns = os_clock_ns();
    size_t sent = 0;
    if (l->error) return stamp_ns;
    if (l->pending_size == 0) {
        int error = os_send(l->socket, data, size, &sent);
        if (error && !os_error_would_block(error)) {
            l->error = error;
            return stamp_ns;
        }
    }
    if (sent < size) keep_pending(t, conn, data + sent, size - sent);
    return stamp_ns;
}

static void epoll_shutdown(struct transport *t, uint32_t conn) {
    struct link *l = &t->links[conn];
    l->shutdown_wanted = true;
    if (l->state == STANDING && l->pending_size == 0) os_shutdown_send(l->socket);
}

/* Sends pending bytes. Returns 0 or an error of the connection. */
static int flush(struct transport *t, uint32_t conn) {
    struct link *l = &t->links[conn];
    size_t sent = 0;
    int error = os_send(l->socket, l->pending, l->pending_size, &sent);
    if (error) return os_error_would_block(error) ? 0 : error;
    l->pending_size -= sent;
    memmove(l->pending, l->pending + sent, l->pending_size);
    if (l->pending_size > 0) return 0;
    if (l->shutdown_wanted) os_shutdown_send(l->socket);
    return watch(t, conn, EPOLL_CTL_MOD, EPOLLIN);
}

static void end_connect(struct transport *t, uint32_t conn) {
    struct link *l = &t->links[conn];
    int error = os_connect_result(l->socket, &t->config.address);
    if (!error) error = watch(t, conn, EPOLL_CTL_MOD, EPOLLIN);
    if (error) {
        fail(t, conn, error);
        return;
    }
    l->state = STANDING;
    t->config.handlers->connected(t->config.context, conn, 0);
}

static void handle(struct transport *t, uint64_t which, uint32_t events) {
    uint32_t conn = (uint32_t)which;
    struct link *l = &t->links[conn];
    /* closed by a handler earlier in this batch, and maybe connected anew */
    if (l->generation != (uint32_t)(which >> 32)) return;
    if (l->state == CONNECTING) {
        end_connect(t, conn);
        return;
    }
    if ((events & EPOLLOUT) && l->pending_size > 0 && !l->error) l->error = flush(t, conn);
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
        size_t received = 0;
        int error = os_receive(l->socket, t->buffer, sizeof t->buffer, &received);
        uint64_t now_ns = os_clock_ns();
        if (!error && (received > 0 || !l->error)) {
            t->config.handlers->received(t->config.context, conn, t->buffer, received, now_ns);
            return;
        }
        if (error && !os_error_would_block(error)) l->error = error;
    }
    if (l->error) fail(t, conn, l->error);
}

static uint32_t epoll_poll(struct transport *t, uint64_t timeout_ns, uint64_t *blocked_ns) {
    /* First without waiting, so that time asleep can be told from time at work. */
    int n = epoll_wait(t->epoll, t->events, EVENTS_A_POLL, 0);
    if (n == 0 && timeout_ns > 0) {
        uint64_t before_ns = os_clock_ns();
        struct timespec timeout = {.tv_sec = (time_t)(timeout_ns / 1000000000u),
                                   .tv_nsec = (long)(timeout_ns % 1000000000u)};
        n = epoll_pwait2(t->epoll, t->events, EVENTS_A_POLL, &timeout, NULL);
        /* before Linux 5.11, or if a filter forbids the call: whole ms, rounded down; the caller
         * spins for the rest */
        if (n < 0 && (errno == ENOSYS || errno == EPERM))
            n = epoll_wait(t->epoll, t->events, EVENTS_A_POLL, (int)(timeout_ns / 1000000u));
        *blocked_ns += os_clock_ns() - before_ns;
    }
    for (int i = 0; i < n; i++) handle(t, t->events[i].data.u64, t->events[i].events);
    return n > 0 ? (uint32_t)n : 0;
}

static void epoll_free(struct transport *t) {
    for (uint32_t i = 0; i < t->config.connections; i++) epoll_close_link(t, i);
    close(t->epoll);
    free(t->links);
    free(t);
}

const struct transport_ops transport_epoll = {
    .name = "epoll",
    .open = epoll_open,
    .connect = epoll_connect,
    .send = epoll_send,
    .shutdown = epoll_shutdown,
    .close = epoll_close_link,
    .poll = epoll_poll,
    .free = epoll_free,
};
