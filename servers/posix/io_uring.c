/* io_uring.c - operations go into one ring, their completions come out of another (Linux 6.0).
 * Invariant: a connection is freed only when none of its operations is in flight. Every buffer of
 * the buffer ring belongs to the kernel or is in the queue of exactly one connection. A connection
 * that is over holds no buffer but the one that its send in flight reads. So every held buffer
 * comes back without a new receive, and the line of the starved always moves on.
 *
 * System calls per echo in steady state: two completions, a receive's and a send's, hence
 * io_uring_enter x 2 / (completions per wait), nothing else. The receive stays armed and takes a
 * buffer out of the ring when bytes come. The send reads from that buffer, then it goes back.
 *
 * A slow reader keeps no buffer of the ring: bytes that the kernel does not take at once move to
 * the connection's own memory, and it receives nothing until they are sent. */
#include "base/check.h"

#include "servers/model.h"
#include "servers/posix/io_uring_queue.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define ENTRIES 512      /* of the submission ring */
#define COMPLETIONS 8192 /* of the completion ring: many receives may end between two waits */

/* Completions handled between two submissions. Each starts at most two operations, so the
 * submission ring does not fill up. */
#define BATCH 128

#define ACCEPT_RETRY_NS 100000000u
#define STOP_NS 500000000u /* operations not cancelled by then end with the ring */
#define QUEUE_SHARE 16     /* one connection may queue this part of all buffers: 1/16 */
#define QUEUE_BYTES 131072 /* and this much, so that its own memory stays small */

enum { OPTION_MULTISHOT, OPTION_BUFFERS };

static const struct model_option options[] = {
    {"multishot", "1|0", 0, 0, 0, "1: accept and receive stay armed; 0: each is started anew"},
    {"buffers", NULL, 1024, 16, 32768,
     "receive buffers of an instance; rounded up to a power of two"},
    {.name = NULL}};

/* The low bits of the user data name the operation; the rest is its connection. */
enum operation { OP_ACCEPT, OP_STOP, OP_RECEIVE, OP_SEND, OP_CANCEL };
#define OPERATION_BITS 7u

/* One connection. */
struct uring_conn {
    int fd;                       /* its socket */
    uint32_t in_flight;           /* operations that have not completed */
    bool receiving;               /* a receive is armed */
    bool cancelling;              /* the receive is being cancelled */
    bool sending;                 /* a send is in flight; there is never more than one */
    bool starved;                 /* in the line of connections that wait for a buffer */
    bool input_ended;             /* the peer has ended its input */
    bool holding;                 /* receives nothing until all its bytes are sent */
    bool over;                    /* to be closed; its end is counted */
    size_t sending_bytes;         /* size of the send in flight */
    struct queue queue;           /* received buffers; the head is being sent */
    size_t head_sent;             /* bytes of the head that are sent */
    uint8_t *own;                 /* memory for bytes that the kernel did not take at once */
    size_t own_start, own_end;    /* bytes in `own` that are still to be sent */
    size_t own_size;              /* room in `own` */
    struct uring_conn *previous;  /* in the list of all */
    struct uring_conn *next;      /* in the same list */
    struct uring_conn *next_line; /* in the line of the starved */
};

/* One instance. */
struct uring_server {
    struct uring ring;         /* rings and buffers */
    struct received *received; /* by buffer: its contents */
    uint32_t queue_max;        /* buffers that a connection may queue before it stops receiving */
    int listener;
    struct server_stats *stats;
    struct uring_conn *first;    /* list of all connections */
    struct uring_conn *starving; /* line of connections that wait for a buffer */
    struct uring_conn *line_end; /* the last in that line */
    bool accepting;              /* an accept is armed */
    uint64_t retry_ns;           /* after a failed accept: when to arm the next */
    bool stopping;               /* nothing new is armed */
};

static void tag(struct io_uring_sqe *sqe, struct uring_conn *c, enum operation operation) {
    io_uring_sqe_set_data64(sqe, (uint64_t)(uintptr_t)c | operation);
    if (c) c->in_flight++;
}

/* Copies the queue into the connection's own memory and gives its buffers back. Must not be called
 * while a send is in flight, which reads from one of the two. Returns false if there is no memory.
 */
static bool queue_to_own(struct uring_server *s, struct uring_conn *c) {
    size_t need = c->own_end + queue_bytes(s->received, &c->queue);
    if (need > c->own_size) {
        uint8_t *grown = realloc(c->own, need);
        if (!grown) return false;
        c->own = grown;
        c->own_size = need;
    }
    for (; c->queue.count; c->head_sent = 0) {
        size_t size = s->received[c->queue.head].size - c->head_sent;
        memcpy(c->own + c->own_end, uring_data(&s->ring, c->queue.head) + c->head_sent, size);
        c->own_end += size;
        queue_drop(&s->ring, s->received, &c->queue);
    }
    return true;
}

/* Only a slow reader needs memory of its own. */
static void own_free(struct uring_conn *c) {
    free(c->own);
    c->own = NULL;
    c->own_start = c->own_end = c->own_size = 0;
}

/* ---- one connection ---- */

static void conn_free(struct uring_server *s, struct uring_conn *c) {
    if (c->previous)
        c->previous->next = c->next;
    else
        s->first = c->next;
    if (c->next) c->next->previous = c->previous;
    os_close(c->fd);
    free(c->own);
    free(c);
    s->retry_ns = 0; /* a descriptor is free */
}

/* Ends a connection; operations in flight fail soon after the shutdown, then it is freed. */
static void conn_end(struct uring_conn *c, uint64_t *counter) {
    if (c->over) return;
    c->over = true;
    (*counter)++;
    if (c->in_flight) shutdown(c->fd, SHUT_RDWR);
}

static void conn_fail(struct uring_server *s, struct uring_conn *c, int error) {
    conn_end(c, os_error_peer_gone(error) ? &s->stats->closed_reset : &s->stats->closed_error);
}

static void wait_in_line(struct uring_server *s, struct uring_conn *c) {
    c->starved = true;
    c->next_line = NULL;
    if (s->starving)
        s->line_end->next_line = c;
    else
        s->starving = c;
    s->line_end = c;
}

static void arm_receive(struct uring_server *s, struct uring_conn *c) {
    struct io_uring_sqe *sqe = uring_entry(&s->ring);
    if (!sqe) {
        wait_in_line(s, c);
        return;
    }
    uring_prepare_receive(&s->ring, sqe, c->fd);
    tag(sqe, c, OP_RECEIVE);
    c->receiving = true;
    c->cancelling = false;
}

static void cancel_receive(struct uring_server *s, struct uring_conn *c) {
    struct io_uring_sqe *sqe = uring_entry(&s->ring);
    if (!sqe) return; /* tried again at the connection's next completion */
    io_uring_prep_cancel64(sqe, (uint64_t)(uintptr_t)c | OP_RECEIVE, 0);
    tag(sqe, c, OP_CANCEL);
    c->cancelling = true;
}

static void send_bytes(struct uring_server *s, struct uring_conn *c, const uint8_t *data,
                       size_t size, int flags) {
    struct io_uring_sqe *sqe = uring_entry(&s->ring);
    if (!sqe) {
        conn_fail(s, c, ENOBUFS);
        return;
    }
    io_uring_prep_send(sqe, c->fd, data, size, flags | MSG_NOSIGNAL);
    tag(sqe, c, OP_SEND);
    c->sending = true;
    c->sending_bytes = size;
}

/* Starts the operations that the connection's state needs; called after each of its completions.
 * May free the connection. */
static void proceed(struct uring_server *s, struct uring_conn *c) {
    bool idle = !c->receiving && !c->starved;
    if (!c->over && !c->holding && !c->input_ended && idle) arm_receive(s, c);
    if (!c->over && c->holding && c->receiving && !c->cancelling) cancel_receive(s, c);
    if (!c->over && !c->sending) {
        if (c->holding && !queue_to_own(s, c)) conn_fail(s, c, ENOMEM);
        if (c->over) {
        } else if (c->own_start < c->own_end) {
            /* Until the receive has ended more bytes may come, and the memory may move */
            if (!c->receiving)
                send_bytes(s, c, c->own + c->own_start, c->own_end - c->own_start, 0);
        } else if (c->queue.count) {
            send_bytes(s, c, uring_data(&s->ring, c->queue.head) + c->head_sent,
                       s->received[c->queue.head].size - c->head_sent, MSG_DONTWAIT);
        } else if (c->input_ended) {
            conn_end(c, &s->stats->closed_clean);
        } else if (c->holding && !c->receiving) {
            c->holding = false;
            if (!c->starved) arm_receive(s, c);
        }
    }
    if (!c->over) return;
    queue_cut(&s->ring, s->received, &c->queue, c->sending);
    if (!c->in_flight && !c->starved) conn_free(s, c);
}

static void receive_ended(struct uring_server *s, struct uring_conn *c,
                          const struct io_uring_cqe *cqe) {
    bool armed = cqe->flags & IORING_CQE_F_MORE;
    if (!armed) {
        c->receiving = false;
        c->in_flight--;
    }
    if (cqe->flags & IORING_CQE_F_BUFFER) {
        uint32_t buffer = uring_take(&s->ring, cqe);
        if (cqe->res > 0 && !c->over) {
            s->stats->receives++;
            s->stats->bytes_in += (uint64_t)cqe->res;
            echo_work();
            queue_add(s->received, &c->queue, buffer, (uint32_t)cqe->res);
            if (c->queue.count > s->queue_max) c->holding = true;
        } else {
            uring_put(&s->ring, buffer);
        }
    }
    if (cqe->res == 0)
        c->input_ended = true;
    else if (cqe->res == -ENOBUFS)
        wait_in_line(s, c);
    else if (cqe->res < 0 && cqe->res != -ECANCELED && !os_error_would_block(-cqe->res))
        conn_fail(s, c, -cqe->res);
    proceed(s, c);
}

static void send_ended(struct uring_server *s, struct uring_conn *c, int result) {
    size_t sent = result > 0 ? (size_t)result : 0;
    c->sending = false;
    c->in_flight--;
    if (result < 0 && !os_error_would_block(-result)) {
        conn_fail(s, c, -result);
    } else {
        s->stats->sends += sent > 0;
        s->stats->sends_partial += sent < c->sending_bytes;
        s->stats->bytes_out += sent;
        if (c->own_start < c->own_end) {
            c->own_start += sent;
            if (c->own_start == c->own_end) own_free(c);
        } else {
            c->head_sent += sent;
            if (c->head_sent == s->received[c->queue.head].size) {
                queue_drop(&s->ring, s->received, &c->queue);
                c->head_sent = 0;
            } else {
                c->holding = true;
            }
        }
    }
    proceed(s, c);
}

/* ---- accepting ---- */

static void arm_accept(struct uring_server *s) {
    struct io_uring_sqe *sqe = uring_entry(&s->ring);
    if (!sqe) return; /* tried again at the next turn */
    if (s->ring.multishot)
        io_uring_prep_multishot_accept(sqe, s->listener, NULL, NULL, SOCK_CLOEXEC);
    else
        io_uring_prep_accept(sqe, s->listener, NULL, NULL, SOCK_CLOEXEC);
    tag(sqe, NULL, OP_ACCEPT);
    s->accepting = true;
}

static void accept_ended(struct uring_server *s, const struct io_uring_cqe *cqe) {
    if (!(cqe->flags & IORING_CQE_F_MORE)) s->accepting = false;
    if (cqe->res < 0) {
        int error = -cqe->res;
        if (os_error_would_block(error) || os_error_peer_gone(error) || error == ECANCELED) return;
        s->stats->accept_errors++;
        s->retry_ns = os_clock_ns() + ACCEPT_RETRY_NS;
        return;
    }
    s->stats->accepted++;
    struct uring_conn *c = s->stopping ? NULL : calloc(1, sizeof *c);
    if (!c) {
        (*(s->stopping ? &s->stats->closed_clean : &s->stats->closed_error))++;
        os_close(cqe->res);
        return;
    }
    c->fd = cqe->res;
    c->next = s->first;
    if (c->next) c->next->previous = c;
    s->first = c;
    proceed(s, c);
}

/* ---- the loop ---- */

static void handle(struct uring_server *s, const struct io_uring_cqe *cqe) {
    struct uring_conn *c = (void *)(uintptr_t)(cqe->user_data & ~(uint64_t)OPERATION_BITS);
    switch ((enum operation)(cqe->user_data & OPERATION_BITS)) {
    case OP_ACCEPT:
        accept_ended(s, cqe);
        break;
    case OP_STOP:
        s->stopping = true;
        break;
    case OP_RECEIVE:
        receive_ended(s, c, cqe);
        break;
    case OP_SEND:
        send_ended(s, c, cqe->res);
        break;
    case OP_CANCEL:
        if (!c) break;
        c->in_flight--;
        proceed(s, c);
        break;
    }
}

/* Whether the first connection in the line can go on. */
static bool can_feed(const struct uring_server *s) {
    return s->starving && (s->ring.held < s->ring.count || s->starving->over);
}

/* Lets the first connections in the line receive again, one for each free buffer. Armed receives
 * may take the buffers first; a connection that finds none goes back to the end of the line. */
static void feed_starved(struct uring_server *s) {
    uint32_t unheld = s->ring.count - s->ring.held;
    while (s->starving && (unheld || s->starving->over)) {
        struct uring_conn *c = s->starving;
        s->starving = c->next_line;
        c->starved = false;
        if (unheld) unheld--;
        proceed(s, c);
    }
}

/* Submits, waits for a completion until `deadline_ns` (0: for ever) unless the line can go on now,
 * and handles a batch. Returns 0 or an error. */
static int turn(struct uring_server *s, uint64_t deadline_ns) {
    struct io_uring_cqe *ended[BATCH];
    /* A connection in the line may have no bytes to receive, because the kernel looks for a buffer
     * before it looks for bytes. Fed, it then takes no buffer, and no completion would wake us to
     * feed the next. So there is no sleep while both free buffers and a line exist */
    int error;
    if (uring_pending(&s->ring)) /* the kernel receives no more until these are handled */
        error = uring_submit(&s->ring);
    else
        error = can_feed(s) ? uring_poll(&s->ring) : uring_wait(&s->ring, deadline_ns);
    if (error) return error;
    s->stats->waits++;
    unsigned count = io_uring_peek_batch_cqe(&s->ring.rings, ended, BATCH);
    for (unsigned i = 0; i < count; i++) handle(s, ended[i]);
    io_uring_cq_advance(&s->ring.rings, count);
    s->stats->events += count;
    uring_publish(&s->ring); /* before the connections in the line receive again */
    feed_starved(s);
    uring_publish(&s->ring);
    return 0;
}

/* Ends the accept and all connections, and closes these as their operations complete. One
 * cancellation of everything would be slower: for each operation the kernel searches from the
 * start.
 */
static void end_connections(struct uring_server *s) {
    uint64_t deadline_ns = os_clock_ns() + STOP_NS;
    struct io_uring_sqe *sqe = uring_entry(&s->ring);
    if (sqe) {
        io_uring_prep_cancel64(sqe, OP_ACCEPT, 0);
        tag(sqe, NULL, OP_CANCEL);
    }
    s->stopping = true;
    for (struct uring_conn *c = s->first, *next; c; c = next) {
        next = c->next;
        conn_end(c, &s->stats->closed_clean);
        proceed(s, c);
    }
    while ((s->first || s->accepting) && os_clock_ns() < deadline_ns)
        if (turn(s, deadline_ns) != 0) break;
}

static int uring_model_run(void *state, os_socket stop, struct server_stats *stats) {
    struct uring_server *s = state;
    s->stats = stats;
    int error = uring_enable(&s->ring);
    struct io_uring_sqe *sqe = error ? NULL : uring_entry(&s->ring);
    if (!sqe) return error ? error : EAGAIN;
    io_uring_prep_poll_add(sqe, stop, POLLIN);
    tag(sqe, NULL, OP_STOP);
    while (!error && !s->stopping) {
        if (!s->accepting && (!s->retry_ns || os_clock_ns() >= s->retry_ns)) {
            s->retry_ns = 0;
            arm_accept(s);
        }
        error = turn(s, s->accepting ? 0 : s->retry_ns);
    }
    end_connections(s);
    uring_disable(&s->ring);
    return error;
}

static void uring_model_close(void *state) {
    struct uring_server *s = state;
    while (s->first) { /* only if the kernel was too slow at stop */
        CHECK(!s->first->previous);
        conn_free(s, s->first);
    }
    uring_close(&s->ring);
    free(s->received);
    free(s);
}

static struct uring_config ring_config(const struct server_config *config) {
    return (struct uring_config){.entries = ENTRIES,
                                 .completions = COMPLETIONS,
                                 .buffers = (uint32_t)config->options[OPTION_BUFFERS],
                                 .buffer_bytes = config->buffer_bytes,
                                 .multishot = config->options[OPTION_MULTISHOT] == 0};
}

static bool uring_model_probe(const struct server_config *config, char *reason,
                              size_t reason_size) {
    struct uring_config wanted = ring_config(config);
    return uring_probe(&wanted, reason, reason_size);
}

static int uring_model_open(const struct server_config *config, os_socket listener, void **state) {
    struct uring_server *s = calloc(1, sizeof *s);
    if (!s) return ENOMEM;
    struct uring_config wanted = ring_config(config);
    const char *step; /* unused: the probe has reported what this machine lacks */
    int error = uring_open(&s->ring, &wanted, &step);
    if (!error) s->received = calloc(s->ring.count, sizeof *s->received);
    if (!error && !s->received) {
        uring_close(&s->ring);
        error = ENOMEM;
    }
    if (error) {
        free(s);
        return error;
    }
    /* A fixed limit: larger blocks go back to the system when they are freed (mallopt(3)) */
    mallopt(M_MMAP_THRESHOLD, QUEUE_BYTES);
    size_t share = s->ring.count / QUEUE_SHARE, few = QUEUE_BYTES / wanted.buffer_bytes;
    s->queue_max = share < few ? (uint32_t)share : (uint32_t)few;
    if (s->queue_max == 0) s->queue_max = 1;
    s->listener = listener;
    *state = s;
    return 0;
}

const struct io_model io_model_self = {
    .name = "io_uring",
    .summary = "io_uring: operations and completions through shared rings",
    .initiation = IO_RING,
    .notification = IO_COMPLETION_RING,
    .options = options,
    .instances_by_main = true,
    .library = "liburing",
    .library_version = uring_library_version,
    .probe = uring_model_probe,
    .open = uring_model_open,
    .run = uring_model_run,
    .close = uring_model_close,
};
