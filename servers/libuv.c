/* libuv.c - callbacks of libuv, which uses epoll, kqueue or IOCP: the same code on every system.
 * Invariant: a connection is freed only in the callback of uv_close; until then libuv may still use
 * it.
 *
 * System calls per echo in steady state: on Linux epoll_pwait / (ready connections per wait) + read
 * + write; on Windows GetQueuedCompletionStatusEx / (completions per wait) + WSARecv (of no
 * bytes, it completes when some are there) + WSARecv + WSASend.
 *
 * Connections are accepted here and not by uv_listen: out of descriptors, libuv accepts waiting
 * connections with a spare descriptor and closes them without a callback, so they could not be
 * counted.
 */
#include "servers/model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define ACCEPTS_PER_TURN 64
#define ACCEPT_RETRY_MS 100
#define DESCRIPTORS_MIN 16 /* libuv aborts if it cannot open its first descriptors */

/* One instance. */
struct libuv_server {
    uv_loop_t loop;     /* owns all handles below and those of the connections */
    uv_poll_t acceptor; /* watches the listener */
    uv_poll_t stopper;  /* watches stop */
    uv_timer_t retry;   /* restarts the acceptor after a failed accept */
    uv_check_t turn;    /* called after each wait, to count them */
    os_socket listener;
    struct server_stats *stats; /* set by run */
    uint8_t *buffer; /* every read goes here; its bytes are sent or copied before the next */
    size_t buffer_bytes;
    bool accepting; /* the acceptor is active */
    bool stopping;  /* all handles are being closed */
    size_t places;  /* libuv's table of descriptors has, or had memory for, so many */
};

/* One connection. */
struct libuv_conn {
    uv_tcp_t tcp;     /* first member: the address of a handle is that of its connection */
    uv_write_t write; /* of pending bytes; one at a time */
    struct libuv_server *server;
    uint8_t *pending; /* bytes that the kernel did not take at once; NULL until that happens */
    size_t pending_bytes;
};

static void start_accepting(struct libuv_server *s);
static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer);
static void on_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer);

/* ---- one connection ---- */

static void on_conn_closed(uv_handle_t *handle) {
    struct libuv_conn *c = (struct libuv_conn *)(void *)handle;
    struct libuv_server *s = c->server;
    free(c->pending);
    free(c);
    if (!s->accepting && !s->stopping) start_accepting(s); /* a descriptor is free */
}

/* Closes a connection, unless it is closing already, and increments `counter`. */
static void conn_end(struct libuv_conn *c, uint64_t *counter) {
    uv_handle_t *handle = (uv_handle_t *)&c->tcp;
    if (uv_is_closing(handle)) return;
    (*counter)++;
    uv_close(handle, on_conn_closed);
}

static void conn_fail(struct libuv_conn *c, int error) {
    struct server_stats *stats = c->server->stats;
    bool gone = error == UV_ECONNRESET || error == UV_EPIPE || error == UV_ECONNABORTED ||
                error == UV_ETIMEDOUT || error == UV_ENOTCONN;
    conn_end(c, gone ? &stats->closed_reset : &stats->closed_error);
}

static void read_on(struct libuv_conn *c) {
    int error = uv_read_start((uv_stream_t *)&c->tcp, on_buffer, on_read);
    if (error) conn_fail(c, error);
}

static void on_written(uv_write_t *write, int error) {
    struct libuv_conn *c = write->data;
    c->server->stats->events++;
    if (error) {
        conn_fail(c, error); /* does nothing if the write was cancelled by a close */
        return;
    }
    c->server->stats->sends++;
    c->server->stats->bytes_out += c->pending_bytes;
    free(c->pending); /* only a slow reader needs it */
    c->pending = NULL;
    read_on(c);
}

/* Copies the bytes that the kernel did not take, lets libuv write them when there is room, and
 * reads nothing until then. */
static void write_later(struct libuv_conn *c, const uint8_t *data, size_t size) {
    if (!c->pending) c->pending = malloc(c->server->buffer_bytes);
    if (!c->pending) {
        conn_fail(c, UV_ENOMEM);
        return;
    }
    memcpy(c->pending, data, size);
    c->pending_bytes = size;
    c->write.data = c;
    uv_read_stop((uv_stream_t *)&c->tcp);
    uv_buf_t rest = uv_buf_init((char *)c->pending, (unsigned)size);
    int error = uv_write(&c->write, (uv_stream_t *)&c->tcp, &rest, 1, on_written);
    if (error) conn_fail(c, error);
}

static void on_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
    struct libuv_conn *c = (struct libuv_conn *)(void *)handle;
    (void)suggested;
    *buffer = uv_buf_init((char *)c->server->buffer, (unsigned)c->server->buffer_bytes);
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer) {
    struct libuv_conn *c = (struct libuv_conn *)(void *)stream;
    struct server_stats *stats = c->server->stats;
    if (size == 0) return; /* libuv means would-block */
    stats->events++;
    if (size == UV_EOF) {
        conn_end(c, &stats->closed_clean); /* nothing is pending: reading would have stopped */
        return;
    }
    if (size < 0) {
        conn_fail(c, (int)size);
        return;
    }
    stats->receives++;
    stats->bytes_in += (uint64_t)size;
    echo_work();
    uv_buf_t echo = uv_buf_init(buffer->base, (unsigned)size);
    int sent = uv_try_write(stream, &echo, 1);
    if (sent < 0 && sent != UV_EAGAIN) {
        conn_fail(c, sent);
        return;
    }
    if (sent < 0) sent = 0;
    stats->sends += sent > 0;
    stats->sends_partial += sent < size;
    stats->bytes_out += (uint64_t)sent;
    if (sent < size)
        write_later(c, (const uint8_t *)buffer->base + sent, (size_t)size - (size_t)sent);
}

/* ---- accepting ---- */

/* libuv has a table of all descriptors, whose size is a power of two, and aborts if that cannot
 * grow. So the memory is tried before. Returns false if it is not there. */
static bool table_grows(struct libuv_server *s, os_socket socket) {
    size_t places = s->places ? s->places : 16;
    while (places < (size_t)socket + 3) places *= 2;
    if (places == s->places) return true;
    void *trial = malloc(places * sizeof(void *));
    if (!trial) return false;
    free(trial);
    s->places = places;
    return true;
}

/* Takes an accepted socket over. Returns false, with the socket closed, if there is no memory. */
static bool conn_start(struct libuv_server *s, os_socket socket) {
    struct libuv_conn *c = calloc(1, sizeof *c);
    if (!c || !table_grows(s, socket) || uv_tcp_init(&s->loop, &c->tcp) != 0) {
        free(c);
        os_close(socket);
        s->stats->closed_error++;
        return false;
    }
    c->server = s;
    int error = uv_tcp_open(&c->tcp, socket);
    if (error) {
        os_close(socket);
        conn_fail(c, error);
    } else {
        read_on(c);
    }
    return true;
}

static void on_retry(uv_timer_t *timer) {
    start_accepting(timer->data);
}

/* Out of descriptors or memory: the listener stays readable, and the loop would spin. */
static void stop_accepting(struct libuv_server *s) {
    s->stats->accept_errors++;
    s->accepting = false;
    uv_poll_stop(&s->acceptor);
    uv_timer_start(&s->retry, on_retry, ACCEPT_RETRY_MS, 0);
}

static void on_acceptable(uv_poll_t *acceptor, int status, int events) {
    struct libuv_server *s = acceptor->data;
    (void)status;
    (void)events;
    s->stats->events++;
    for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
        os_socket socket;
        int error = os_accept(s->listener, true, &socket);
        if (error && os_error_peer_gone(error)) continue;
        if (error && !os_error_would_block(error)) stop_accepting(s);
        if (error) return;
        s->stats->accepted++;
        if (!conn_start(s, socket)) {
            stop_accepting(s);
            return;
        }
    }
}

static void start_accepting(struct libuv_server *s) {
    s->accepting = uv_poll_start(&s->acceptor, UV_READABLE, on_acceptable) == 0;
    if (s->accepting)
        uv_timer_stop(&s->retry);
    else
        stop_accepting(s);
}

/* ---- the instance ---- */

/* Translates libuv's error to errno's: on POSIX libuv negates errno's numbers, on Windows it has
 * numbers of its own. */
static int native_error(int error) {
    static const struct {
        int uv;     /* libuv's */
        int native; /* errno's */
    } codes[] = {{0, 0},
                 {UV_ENOMEM, ENOMEM},
                 {UV_EMFILE, EMFILE},
                 {UV_ENFILE, ENFILE},
                 {UV_EINVAL, EINVAL},
                 {UV_ENOTSUP, ENOTSUP},
                 {UV_EPERM, EPERM}};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (codes[i].uv == error) return codes[i].native;
    return UV_EINVAL == -EINVAL ? -error : EIO;
}

static void on_turn(uv_check_t *turn) {
    struct libuv_server *s = turn->data;
    s->stats->waits++;
}

static void close_handle(uv_handle_t *handle, void *server) {
    struct libuv_server *s = server;
    if (handle->type == UV_TCP)
        conn_end((struct libuv_conn *)(void *)handle, &s->stats->closed_clean);
    else if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

/* Closes every handle; the loop ends when all are closed. */
static void end(struct libuv_server *s) {
    s->stopping = true;
    uv_walk(&s->loop, close_handle, s);
}

static void on_stop(uv_poll_t *stopper, int status, int events) {
    (void)status;
    (void)events;
    end(stopper->data);
}

static int libuv_open(const struct server_config *config, os_socket listener, void **state) {
    struct libuv_server *s = calloc(1, sizeof *s);
    uint8_t *buffer = malloc(config->buffer_bytes);
    int error = s && buffer ? 0 : UV_ENOMEM;
    if (!error && os_descriptors_limit() < DESCRIPTORS_MIN) error = UV_EMFILE;
    if (!error) error = uv_loop_init(&s->loop);
    if (error) {
        free(buffer);
        free(s);
        return native_error(error);
    }
    s->buffer = buffer;
    s->buffer_bytes = config->buffer_bytes;
    s->listener = listener;
    *state = s;
    return 0;
}

static int libuv_run(void *state, os_socket stop, struct server_stats *stats) {
    struct libuv_server *s = state;
    s->stats = stats;
    s->acceptor.data = s->stopper.data = s->retry.data = s->turn.data = s;
    int error = uv_poll_init_socket(&s->loop, &s->acceptor, s->listener);
    if (!error) error = uv_timer_init(&s->loop, &s->retry);
    if (!error) error = uv_check_init(&s->loop, &s->turn);
    if (!error) error = uv_check_start(&s->turn, on_turn);
    if (!error) error = uv_poll_init_socket(&s->loop, &s->stopper, stop);
    if (!error) error = uv_poll_start(&s->stopper, UV_READABLE, on_stop);
    if (error)
        end(s);
    else
        start_accepting(s);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    return native_error(error);
}

static void libuv_close(void *state) {
    struct libuv_server *s = state;
    uv_loop_close(&s->loop);
    free(s->buffer);
    free(s);
}

const struct io_model io_model_self = {
    .name = "libuv",
    .summary = "libuv: callbacks on top of the system's own mechanism",
    .initiation = IO_NONBLOCKING,
    .notification = IO_CALLBACK,
    .instances_by_main = true,
    .library = "libuv",
    .library_version = uv_version_string,
    .open = libuv_open,
    .run = libuv_run,
    .close = libuv_close,
};
