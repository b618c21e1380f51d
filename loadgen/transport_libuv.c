/* transport_libuv.c - the load generator on libuv: the same code on every OS.
 * Invariant: a socket's memory is freed in the callback of uv_close; its connection id may have
 * another socket by then.
 *
 * System calls per echo (Linux): epoll_pwait / (ready connections per wait) + read + write. */
#include "base/check.h"

#include "loadgen/transport.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define RECEIVE_BYTES 65536
#define MS_NS 1000000u

/* One socket. */
struct peer {
    uv_tcp_t tcp; /* first member: the address of a handle is that of its peer */
    uv_connect_t connect;
    uv_shutdown_t shutdown;
    struct transport *transport; /* its owner */
    uint32_t conn;               /* its connection id until it is closed */
    int error;                   /* of a failed send; the next poll reports it */
    bool standing;               /* connected */
};

/* Bytes that the kernel did not take at once. */
struct late_write {
    uv_write_t write; /* first member: the address of a write is that of its late_write */
    uint8_t data[];
};

struct transport {
    struct transport_config config;
    uv_loop_t loop;                /* owns all handles */
    uv_timer_t timer;              /* ends a wait */
    struct peer **peers;           /* by connection id; NULL while closed */
    bool send_failed;              /* some peer has an error to report */
    uint32_t ended;                /* operations since the poll began */
    uint8_t buffer[RECEIVE_BYTES]; /* of the receive in progress */
};

/* ---- errors: libuv has numbers of its own, or negated numbers of errno ---- */

/* The native code of libuv's `error`; 0 stays 0. */
static int native(int error) {
    static const struct {
        int uv;     /* libuv's */
        int number; /* errno's */
    } numbers[] = {{UV_ECONNRESET, ECONNRESET},
                   {UV_EPIPE, EPIPE},
                   {UV_ECONNABORTED, ECONNABORTED},
                   {UV_ECANCELED, ECANCELED},
                   {UV_ETIMEDOUT, ETIMEDOUT},
                   {UV_ECONNREFUSED, ECONNREFUSED},
                   {UV_ENOTCONN, ENOTCONN},
                   {UV_EMFILE, EMFILE},
                   {UV_ENFILE, ENFILE},
                   {UV_ENOBUFS, ENOBUFS},
                   {UV_ENOMEM, ENOMEM},
                   {UV_EADDRINUSE, EADDRINUSE},
                   {UV_EADDRNOTAVAIL, EADDRNOTAVAIL},
                   {UV_EAFNOSUPPORT, EAFNOSUPPORT},
                   {UV_ENETUNREACH, ENETUNREACH},
                   {UV_EHOSTUNREACH, EHOSTUNREACH},
                   {UV_EACCES, EACCES},
                   {UV_EINVAL, EINVAL}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (numbers[i].uv == error) return os_error_native(numbers[i].number);
    if (error == 0 || UV_EINVAL == -EINVAL) return -error;
    return EIO;
}

static int libuv_open(const struct transport_config *config, struct transport **transport) {
    struct transport *t = calloc(1, sizeof *t);
    if (!t) return ENOMEM;
    t->config = *config;
    t->peers = calloc(config->connections, sizeof *t->peers);
    int error = t->peers ? uv_loop_init(&t->loop) : UV_ENOMEM;
    if (!error) uv_loop_configure(&t->loop, UV_METRICS_IDLE_TIME); /* lets it count time asleep */
    if (!error) error = uv_timer_init(&t->loop, &t->timer);
    if (error) {
        free(t->peers);
        free(t);
        return native(error);
    }
    *transport = t;
    return 0;
}

/* ---- the end of a connection ---- */

static void on_closed(uv_handle_t *handle) {
    free(handle);
}

static void libuv_close(struct transport *t, uint32_t conn) {
    struct peer *p = t->peers[conn];
    if (!p) return;
    t->peers[conn] = NULL;
    uv_close((uv_handle_t *)&p->tcp, on_closed);
}

/* `error` is libuv's. */
static void fail(struct peer *p, int error) {
    struct transport *t = p->transport;
    bool standing = p->standing;
    uint32_t conn = p->conn;
    libuv_close(t, conn);
    if (standing)
        t->config.handlers->failed(t->config.context, conn, native(error));
    else
        t->config.handlers->connected(t->config.context, conn, native(error));
}

/* ---- callbacks ---- */

static void on_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
    struct peer *p = (struct peer *)(void *)handle;
    (void)suggested;
    *buffer = uv_buf_init((char *)p->transport->buffer, RECEIVE_BYTES);
}

/* libuv reports a reset that came right after bytes as an end of stream. The error is still pending
 * in the socket, or one more receive returns it; at a real end that receive returns 0 bytes. */
static int hidden_error(const struct peer *p) {
    uv_os_fd_t fd;
    size_t none;
    uint8_t byte;
    int error = uv_fileno((const uv_handle_t *)&p->tcp, &fd);
    if (error) return error;
    int code = os_socket_error((os_socket)fd);
    if (!code) code = os_receive((os_socket)fd, &byte, sizeof byte, &none);
    return os_error_would_block(code) ? 0 : uv_translate_sys_error(code);
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer) {
    struct peer *p = (struct peer *)(void *)stream;
    struct transport *t = p->transport;
    uint64_t now_ns = os_clock_ns();
    if (size == 0) return; /* libuv means would-block */
    t->ended++;
    int error = p->error;
    if (size == UV_EOF && !error) error = hidden_error(p);
    if (size < 0 && size != UV_EOF && !error) error = (int)size;
    if (size < 0 && error)
        fail(p, error);
    else
        t->config.handlers->received(t->config.context, p->conn, (const uint8_t *)buffer->base,
                                     size < 0 ? 0 : (size_t)size, now_ns);
}

/* Whether a connect that libuv calls a success is one. Returns libuv's error. */
static int connect_result(const struct peer *p) {
    uv_os_fd_t fd;
    int error = uv_fileno((const uv_handle_t *)&p->tcp, &fd);
    if (error) return error;
    return uv_translate_sys_error(os_connect_result((os_socket)fd, &p->transport->config.address));
}

static void on_connect(uv_connect_t *connect, int error) {
    struct peer *p = connect->data;
    if (uv_is_closing((uv_handle_t *)&p->tcp)) return;
    struct transport *t = p->transport;
    t->ended++;
    if (!error) error = connect_result(p);
    if (!error) error = uv_read_start((uv_stream_t *)&p->tcp, on_buffer, on_read);
    if (error) {
        fail(p, error);
        return;
    }
    p->standing = true;
    t->config.handlers->connected(t->config.context, p->conn, 0);
}

static void keep_error(struct peer *p, int error) {
    p->error = error;
    p->transport->send_failed = true;
}

static void on_written(uv_write_t *write, int error) {
    struct peer *p = (struct peer *)(void *)write->handle;
    if (error && !uv_is_closing((uv_handle_t *)&p->tcp)) keep_error(p, error);
    free(write);
}

static void on_shutdown(uv_shutdown_t *shutdown, int error) {
    (void)shutdown, (void)error; /* a failure shows in the receive, too */
}

/* libuv counts whole ms and runs timers before it waits, too. A timer that is due by then would
 * leave the wait without an end. */
static void on_timer(uv_timer_t *timer) {
    uv_stop(timer->loop); /* so the loop does not wait, or ends after this turn */
}

/* ---- what the worker asks for ---- */

/* Gives a new peer a socket that connects from its local address. Returns libuv's error; the caller
 * then closes what was opened. */
static int start_connect(struct transport *t, struct peer *p) {
    struct sockaddr_storage address;
    uv_os_fd_t fd;
    memcpy(&address, t->config.address.storage.bytes, sizeof t->config.address.storage.bytes);
    int error = uv_fileno((uv_handle_t *)&p->tcp, &fd);
    uint32_t source = p->conn % t->config.sources;
    if (!error && source)
        error = uv_translate_sys_error(os_bind_source((os_socket)fd, &t->config.address, source));
    if (!error) error = uv_tcp_nodelay(&p->tcp, 1);
    if (!error)
        error = uv_tcp_connect(&p->connect, &p->tcp, (const struct sockaddr *)&address, on_connect);
    return error;
}

static int libuv_connect(struct transport *t, uint32_t conn) {
    CHECK(!t->peers[conn]);
    unsigned family = t->config.address.length == sizeof(struct sockaddr_in) ? AF_INET : AF_INET6;
    struct peer *p = calloc(1, sizeof *p);
    if (!p) return ENOMEM;
    p->transport = t;
    p->conn = conn;
    p->connect.data = p;
    int error = uv_tcp_init_ex(&t->loop, &p->tcp, family);
    if (error) {
        free(p);
        return native(error);
    }
    t->peers[conn] = p;
    error = start_connect(t, p);
    if (error) libuv_close(t, conn);
    return native(error);
}

/* Lets libuv send what the kernel did not take, when it does. */
static void send_late(struct peer *p, const uint8_t *data, size_t size) {
    struct late_write *late = malloc(sizeof *late + size);
    CHECK(late);
    memcpy(late->data, data, size);
    uv_buf_t rest = uv_buf_init((char *)late->data, (unsigned)size);
    int error = uv_write(&late->write, (uv_stream_t *)&p->tcp, &rest, 1, on_written);
    if (!error) return;
    keep_error(p, error);
    free(late);
}

static uint64_t libuv_send(struct transport *t, uint32_t conn, const uint8_t *data, size_t size) {
    struct peer *p = t->peers[conn];
    CHECK(p && p->standing);
    union {
        const uint8_t *in;
        char *out;
    } bytes = {.in = data}; /* uv_buf_t wants it mutable, uv_try_write does not change it */
    uint64_t stamp_ns = os_clock_ns();
    if (p->error) return stamp_ns;
    uv_buf_t buffer = uv_buf_init(bytes.out, (unsigned)size);
    int sent = uv_try_write((uv_stream_t *)&p->tcp, &buffer, 1);
    if (sent == UV_EAGAIN) sent = 0;
    if (sent < 0)
        keep_error(p, sent);
    else if ((size_t)sent < size)
        send_late(p, data + sent, size - (size_t)sent);
    return stamp_ns;
}

static void libuv_shutdown(struct transport *t, uint32_t conn) {
    struct peer *p = t->peers[conn];
    int error = uv_shutdown(&p->shutdown, (uv_stream_t *)&p->tcp, on_shutdown);
    if (error) keep_error(p, error);
}

/* After what came was received: that of a connection with a failed send, too. */
static void tell_failed(struct transport *t) {
    t->send_failed = false;
    for (uint32_t i = 0; i < t->config.connections; i++) {
        struct peer *p = t->peers[i];
        if (!p || !p->error) continue;
        t->ended++;
        fail(p, p->error);
    }
}

/* libuv waits for whole ms: the rest of the time the caller comes back at once. */
static uint32_t libuv_poll(struct transport *t, uint64_t timeout_ns, uint64_t *blocked_ns) {
    t->ended = 0;
    uv_run(&t->loop, UV_RUN_NOWAIT);
    if (t->ended == 0 && !t->send_failed && timeout_ns >= MS_NS) {
        uint64_t before_ns = uv_metrics_idle_time(&t->loop);
        uv_update_time(&t->loop);
        uv_timer_start(&t->timer, on_timer, timeout_ns / MS_NS, 0);
        uv_run(&t->loop, UV_RUN_ONCE);
        uv_timer_stop(&t->timer);
        *blocked_ns += uv_metrics_idle_time(&t->loop) - before_ns;
    }
    if (t->send_failed) tell_failed(t);
    return t->ended;
}

static void libuv_free(struct transport *t) {
    for (uint32_t i = 0; i < t->config.connections; i++) libuv_close(t, i);
    uv_close((uv_handle_t *)&t->timer, NULL);
    uv_run(&t->loop, UV_RUN_DEFAULT); /* until all are closed */
    CHECK(uv_loop_close(&t->loop) == 0);
    free(t->peers);
    free(t);
}

const struct transport_ops transport_libuv = {
    .name = "libuv",
    .library = "libuv",
    .library_version = uv_version_string,
    .open = libuv_open,
    .connect = libuv_connect,
    .send = libuv_send,
    .shutdown = libuv_shutdown,
    .close = libuv_close,
    .poll = libuv_poll,
    .free = libuv_free,
};
