/* transport_io_uring.c - the load generator on io_uring (Linux 6.0): a receive that stays armed per
 * connection, and sends that wait in the ring until the next few are submitted together.
 * Invariant: a connection has at most one send in flight, whose bytes stay in place until its
 * completion; later sends wait behind it, because two sends in flight could overtake each other.
 *
 * System calls per echo: io_uring_enter / (completions per turn), nothing else; a turn that finds
 * no completion and sleeps makes a second call. */
#include "base/check.h"
#include "base/uring.h"

#include "loadgen/transport.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define ENTRIES 512u
#define COMPLETIONS 4096u
/* Per worker. If more connections have bytes at once, their receives are started anew. */
#define BUFFERS 1024u
#define BUFFER_BYTES_MIN 256u /* small ones stay in the cache */
#define BUFFER_BYTES_MAX 16384u
/* Arrivals, stop and the window's edges must not wait for a long queue of answers. */
#define EVENTS_A_POLL 1024u
/* Completions handled between two submissions, so that the server has work meanwhile. Handlers do
 * not submit: with a full completion ring every submission would deliver even more. */
#define BATCH 64u
#define KEPT_BYTES 4096u /* larger send buffers are freed when their bytes are out */

enum state { CLOSED, CONNECTING, STANDING };

/* The user data of an operation holds, from the top: generation, operation, connection. */
enum operation { OP_CONNECT, OP_RECEIVE, OP_SEND };
#define CONNECTION_BITS 28u

struct bytes {
    uint8_t *data; /* owned */
    size_t size;   /* in use */
    size_t room;   /* allocated */
};

struct link {
    os_socket socket; /* OS_SOCKET_NONE while closed */
    uint32_t
        generation; /* how often the id was closed: identifies completions of an earlier socket */
    enum state state;
    bool connecting;      /* the end of a connect is awaited */
    bool receiving;       /* a receive is armed */
    bool sending;         /* a send is in flight */
    bool shutdown_wanted; /* end the sending direction when all bytes are out */
    int error;            /* of a send; reported when the receive has ended, too */
    struct bytes flying;  /* of the send in flight */
    size_t flown;         /* of them, taken by the kernel */
    struct bytes waiting; /* to be sent after them */
};

/* Bytes of a send that was in flight when its connection was closed. */
struct orphan {
    struct orphan *next; /* in the transport's list */
    uint64_t user_data;  /* of the send */
    uint8_t *data;       /* owned */
};

struct transport {
    struct transport_config config;
    struct uring ring;      /* rings and receive buffers */
    bool enabled;           /* the worker's thread has taken the ring over */
    struct link *links;     /* by connection id */
    struct orphan *orphans; /* sends that outlive their connection */
};

static struct uring_config ring_config(uint32_t receive_bytes) {
    uint32_t bytes = BUFFER_BYTES_MIN;
    while (bytes < receive_bytes && bytes < BUFFER_BYTES_MAX) bytes *= 2;
    return (struct uring_config){.entries = ENTRIES,
                                 .completions = COMPLETIONS,
                                 .buffers = BUFFERS,
                                 .buffer_bytes = bytes,
                                 .multishot = true};
}

static bool ring_probe(char *reason, size_t reason_size) {
    struct uring_config config = ring_config(BUFFER_BYTES_MIN);
    return uring_probe(&config, reason, reason_size);
}

static int ring_open(const struct transport_config *config, struct transport **transport) {
    struct transport *t = calloc(1, sizeof *t);
    if (!t) return ENOMEM;
    CHECK_OP(config->connections, <, 1u << CONNECTION_BITS);
    struct uring_config wanted = ring_config(config->receive_bytes);
    const char *step;
    t->config = *config;
    t->links = calloc(config->connections, sizeof *t->links);
    int error = t->links ? uring_open(&t->ring, &wanted, &step) : ENOMEM;
    if (error) {
        free(t->links);
        free(t);
        return error;
    }
    for (uint32_t i = 0; i < config->connections; i++) t->links[i].socket = OS_SOCKET_NONE;
    *transport = t;
    return 0;
}

/* ---- operations ---- */

static uint64_t user_data(const struct transport *t, uint32_t conn, enum operation operation) {
    return (uint64_t)t->links[conn].generation << 32 | (uint64_t)operation << CONNECTION_BITS |
           conn;
}

static void tag(struct transport *t, struct io_uring_sqe *sqe, uint32_t conn,
                enum operation operation) {
    io_uring_sqe_set_data64(sqe, user_data(t, conn, operation));
}

static int arm_receive(struct transport *t, uint32_t conn) {
    struct io_uring_sqe *sqe = uring_entry(&t->ring);
    if (!sqe) return ENOBUFS;
    uring_prepare_receive(&t->ring, sqe, t->links[conn].socket);
    tag(t, sqe, conn, OP_RECEIVE);
    t->links[conn].receiving = true;
    return 0;
}

/* Sends those bytes of `flying` that have not `flown`. The send completes when all of them are out.
 */
static int start_send(struct transport *t, uint32_t conn) {
    struct link *l = &t->links[conn];
    struct io_uring_sqe *sqe = uring_entry(&t->ring);
    if (!sqe) return ENOBUFS;
    io_uring_prep_send(sqe, l->socket, l->flying.data + l->flown, l->flying.size - l->flown,
                       MSG_NOSIGNAL | MSG_WAITALL);
    tag(t, sqe, conn, OP_SEND);
    l->sending = true;
    return 0;
}

/* Submits the prepared operations, if there are `least` or more. Those that the kernel does not
 * take are submitted in the next turn. */
static void submit_from(struct transport *t, unsigned least) {
    if (io_uring_sq_ready(&t->ring.rings) >= least) io_uring_submit(&t->ring.rings);
}

/* ---- the end of a connection ---- */

static void keep_orphan(struct transport *t, uint32_t conn) {
    struct orphan *orphan = malloc(sizeof *orphan);
    CHECK(orphan);
    *orphan = (struct orphan){.next = t->orphans,
                              .user_data = user_data(t, conn, OP_SEND),
                              .data = t->links[conn].flying.data};
    t->orphans = orphan;
}

static void free_orphan(struct transport *t, uint64_t data) {
    for (struct orphan **at = &t->orphans; *at; at = &(*at)->next) {
        struct orphan *orphan = *at;
        if (orphan->user_data != data) continue;
        *at = orphan->next;
        free(orphan->data);
        free(orphan);
        return;
    }
}

static void ring_close_link(struct transport *t, uint32_t conn) {
    struct link *l = &t->links[conn];
    if (l->state != CLOSED) {
        /* operations that are not submitted yet name a descriptor that another connection may get
         */
        submit_from(t, 1);
        /* operations in flight would keep the socket open */
        if (l->connecting || l->receiving || l->sending) shutdown(l->socket, SHUT_RDWR);
        os_close(l->socket);
    }
    if (l->sending)
        keep_orphan(t, conn);
    else
        free(l->flying.data);
    free(l->waiting.data);
    *l = (struct link){.socket = OS_SOCKET_NONE, .generation = l->generation + 1};
}

static void fail(struct transport *t, uint32_t conn, int error) {
    bool connecting = t->links[conn].state == CONNECTING;
    ring_close_link(t, conn);
    if (connecting)
        t->config.handlers->connected(t->config.context, conn, error);
    else
        t->config.handlers->failed(t->config.context, conn, error);
}

/* After a failed send: bytes that came before are still received, then the handler `failed` is
 * called. */
static void send_failed(struct transport *t, uint32_t conn, int error) {
    struct link *l = &t->links[conn];
    l->error = error;
    if (l->receiving)
        shutdown(l->socket, SHUT_RDWR);
    else
        fail(t, conn, error);
}

/* ---- what the worker asks for ---- */

/* Only the thread that submits may take the ring over, and only once. */
static int take_over(struct transport *t) {
    int error = t->enabled ? 0 : uring_enable(&t->ring);
    if (!error) t->enabled = true;
    return error;
}

static int ring_connect(struct transport *t, uint32_t conn) {
    struct link *l = &t->links[conn];
    CHECK_OP(l->state, ==, CLOSED);
    int error = take_over(t);
    if (!error) submit_from(t, 1); /* a connect takes too long for sends to wait */
    if (!error) error = os_connect(&t->config.address, conn % t->config.sources, &l->socket);
    if (error) return error;
    struct io_uring_sqe *sqe = uring_entry(&t->ring);
    if (!sqe) {
        os_close(l->socket);
        l->socket = OS_SOCKET_NONE;
        return ENOBUFS;
    }
    io_uring_prep_poll_add(sqe, l->socket, POLLOUT);
    tag(t, sqe, conn, OP_CONNECT);
    l->state = CONNECTING;
    l->connecting = true;
    return 0;
}

static void append(struct bytes *b, const uint8_t *data, size_t size) {
    if (b->size + size > b->room) {
        size_t room = b->size ? 2 * (b->size + size) : size;
        uint8_t *grown = realloc(b->data, room);
        CHECK(grown);
        b->data = grown;
        b->room = room;
    }
    memcpy(b->data + b->size, data, size);
    b->size += size;
}

static uint64_t ring_send(struct transport *t, uint32_t conn, const uint8_t *data, size_t size) {
    struct link *l = &t->links[conn];
    CHECK_OP(l->state, ==, STANDING);
    uint64_t stamp_ns = os_clock_ns();
    if (l->error) return stamp_ns;
    if (l->sending) {
        append(&l->waiting, data, size);
        return stamp_ns;
    }
    append(&l->flying, data, size);
    int error = start_send(t, conn);
    if (error) {
        l->error = error;
        shutdown(l->socket, SHUT_RDWR); /* the receive then ends, and with it the connection */
    }

    return stamp_ns;
}

static void ring_shutdown(struct transport *t, uint32_t conn) {
    struct link *l = &t->links[conn];
    l->shutdown_wanted = true;
    if (l->state == STANDING && !l->sending) os_shutdown_send(l->socket);
}

/* ---- what has ended ---- */

static void connect_ended(struct transport *t, uint32_t conn, int result) {
    struct link *l = &t->links[conn];
    l->connecting = false;
    int error = result < 0 ? -result : os_connect_result(l->socket, &t->config.address);
    if (!error) error = arm_receive(t, conn);
    if (error) {
        fail(t, conn, error);
        return;
    }
    l->state = STANDING;
    t->config.handlers->connected(t->config.context, conn, 0);
}

/* The bytes in flight are out: those that wait are next. */
static void send_ended(struct transport *t, uint32_t conn, int result) {
    struct link *l = &t->links[conn];
    l->sending = false;
    if (l->error) return; /* an earlier send failed: the end of the receive ends the connection */
    if (result < 0 && !os_error_would_block(-result)) {
        send_failed(t, conn, -result);
        return;
    }
    if (result > 0) l->flown += (size_t)result;
    if (l->flown == l->flying.size) {
        struct bytes out = l->flying;
        if (out.room > KEPT_BYTES) {
            free(out.data);
            out = (struct bytes){.data = NULL};
        }
        out.size = l->flown = 0;
        l->flying = l->waiting.size ? l->waiting : out;
        if (l->waiting.size) l->waiting = out;
    }
    if (l->flying.size) {
        int error = start_send(t, conn);
        if (error) send_failed(t, conn, error);
    } else if (l->shutdown_wanted) {
        os_shutdown_send(l->socket);
    }
}

/* A receive gave bytes, the end of the stream, or an error. Without IORING_CQE_F_MORE it is no
 * longer armed. */
static void receive_ended(struct transport *t, uint32_t conn, const struct io_uring_cqe *cqe) {
    struct link *l = &t->links[conn];
    uint64_t now_ns = os_clock_ns();
    uint32_t generation = l->generation;
    l->receiving = cqe->flags & IORING_CQE_F_MORE;
    if (cqe->flags & IORING_CQE_F_BUFFER && cqe->res > 0)
        t->config.handlers->received(t->config.context, conn,
                                     uring_data(&t->ring, cqe->flags >> IORING_CQE_BUFFER_SHIFT),
                                     (size_t)cqe->res, now_ns);
    if (l->generation != generation || l->receiving)
        return; /* closed by the handler; still armed */
    if (cqe->res == 0 && !l->error) {
        t->config.handlers->received(t->config.context, conn, NULL, 0, now_ns);
        return;
    }
    bool broke = cqe->res < 0 && cqe->res != -ENOBUFS && !os_error_would_block(-cqe->res);
    int error = broke ? -cqe->res : cqe->res == 0 ? l->error : arm_receive(t, conn);
    if (error) fail(t, conn, l->error ? l->error : error);
}

static void handle(struct transport *t, const struct io_uring_cqe *cqe) {
    uint32_t conn = (uint32_t)cqe->user_data & ((1u << CONNECTION_BITS) - 1);
    enum operation operation = (enum operation)((uint32_t)cqe->user_data >> CONNECTION_BITS);
    /* the connection was closed since, and maybe connected anew */
    bool stale = t->links[conn].generation != (uint32_t)(cqe->user_data >> 32);
    if (operation == OP_RECEIVE) {
        if (!stale) receive_ended(t, conn, cqe);
        if (cqe->flags & IORING_CQE_F_BUFFER) uring_put(&t->ring, uring_take(&t->ring, cqe));
    } else if (operation == OP_SEND) {
        if (stale)
            free_orphan(t, cqe->user_data);
        else
            send_ended(t, conn, cqe->res);
    } else if (!stale) {
        connect_ended(t, conn, cqe->res);
    }
}

static uint32_t ring_poll(struct transport *t, uint64_t timeout_ns, uint64_t *blocked_ns) {
    struct io_uring_cqe *ended[BATCH];
    CHECK_OP(take_over(t), ==, 0);
    CHECK_OP(uring_poll(&t->ring), ==, 0);
    if (timeout_ns > 0 && io_uring_cq_ready(&t->ring.rings) == 0) {
        /* the kernel also receives in this call: that work is not time asleep */
        uint64_t before_ns = os_clock_ns(), worked_ns = os_thread_cpu_ns();
        CHECK_OP(uring_wait(&t->ring, before_ns + timeout_ns), ==, 0);
        worked_ns = os_thread_cpu_ns() - worked_ns;
        uint64_t waited_ns = os_clock_ns() - before_ns;
        if (waited_ns > worked_ns) *blocked_ns += waited_ns - worked_ns;
    }
    unsigned left = io_uring_cq_ready(&t->ring.rings), count = 1;
    if (left > EVENTS_A_POLL) left = EVENTS_A_POLL;
    uint32_t handled = 0;
    for (; handled < left && count > 0; handled += count) {
        count = io_uring_peek_batch_cqe(&t->ring.rings, ended, BATCH);
        for (unsigned i = 0; i < count; i++) handle(t, ended[i]);
        io_uring_cq_advance(&t->ring.rings, count);
        uring_publish(&t->ring); /* early, so that receives find a buffer */
        if (count == BATCH) submit_from(t, 1);
    }
    return handled;
}

static void ring_free(struct transport *t) {
    for (uint32_t i = 0; i < t->config.connections; i++) ring_close_link(t, i);
    uring_close(&t->ring);
    while (t->orphans) free_orphan(t, t->orphans->user_data);
    free(t->links);
    free(t);
}

const struct transport_ops transport_io_uring = {
    .name = "io_uring",
    .library = "liburing",
    .library_version = uring_library_version,
    .probe = ring_probe,
    .open = ring_open,
    .connect = ring_connect,
    .send = ring_send,
    .shutdown = ring_shutdown,
    .close = ring_close_link,
    .poll = ring_poll,
    .free = ring_free,
};
