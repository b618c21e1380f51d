/* port.c - finds free ports by binding them, and checks for a listener by connecting.
 * Invariant: a connection to itself does not count as a listener. */
#include "bench/session/port.h"

#include "base/check.h"
#include "base/os.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define CLOSE_S 10.0 /* deadline for closing a handle, which takes one turn of the loop */

#define TRIES_MAX 16 /* ports; each may be free on one address only */

enum { HOSTS = 2 };
static const char *const hosts[HOSTS] = {"127.0.0.1", "::1"};
static const char *const before_port[HOSTS] = {"127.0.0.1", "[::1]"};

/* Listens on the port (0: any) and closes it at once. Sets `got`. Returns 0 or a native error. */
static int try_port(const char *host, uint16_t port, uint16_t *got) {
    struct os_address address;
    char text[64];
    os_socket s;
    if (!os_address_resolve(host, port, &address, text, sizeof text))
        return os_error_native(EAFNOSUPPORT);
    int error = os_listen(&address, 1, false, &s);
    if (error) return error;
    error = os_socket_local(s, text, sizeof text, got);
    os_close(s);
    return error;
}

/* Without IPv6 there is no such address, or not even a socket for it. */
static int try_second(uint16_t port) {
    uint16_t same;
    int error = try_port(hosts[1], port, &same);
    return error == os_error_native(EADDRINUSE) ? error : 0;
}

int port_choose(uint16_t *port) {
    int error = os_error_native(EADDRINUSE);
    for (int i = 0; i < TRIES_MAX && error; i++) {
        int first = try_port(hosts[0], 0, port);
        if (first) return first;
        error = try_second(*port);
    }
    return error;
}

bool port_taken(uint16_t port) {
    uint16_t same;
    return try_port(hosts[0], port, &same) != 0 || try_second(port) != 0;
}

/* ---- connecting ---- */

/* An attempt to connect. */
struct attempt {
    struct os_address address;
    uv_tcp_t tcp;
    uv_connect_t request;
    bool open;  /* libuv has not closed the handle yet */
    int status; /* 0: established; UV_EAGAIN: not decided; else a libuv error */
};

/* To the first `count` hosts at once. */
struct attempts {
    struct attempt of[HOSTS];
    int count;
};

static void on_connect(uv_connect_t *request, int status) {
    struct attempt *a = request->data;
    uv_os_fd_t fd;
    if (!status) status = uv_fileno((const uv_handle_t *)&a->tcp, &fd);
    if (!status) status = uv_translate_sys_error(os_connect_result((os_socket)fd, &a->address));
    a->status = status;
}

static void on_close(uv_handle_t *handle) {
    struct attempt *a = handle->data;
    a->open = false;
}

static void start(struct process_loop *l, struct attempt *a, const char *host, uint16_t port) {
    char reason[64];
    struct sockaddr_storage to = {.ss_family = 0};
    a->status = UV_EAFNOSUPPORT;
    if (!os_address_resolve(host, port, &a->address, reason, sizeof reason)) return;
    memcpy(&to, &a->address.storage, sizeof a->address.storage);
    a->status = uv_tcp_init(&l->loop, &a->tcp);
    if (a->status) return;
    a->open = true;
    a->tcp.data = a->request.data = a;
    a->status = uv_tcp_connect(&a->request, &a->tcp, (const struct sockaddr *)&to, on_connect);
    if (!a->status) a->status = UV_EAGAIN;
}

/* One has answered, or none will. */
static bool are_decided(void *context) {
    const struct attempts *all = context;
    bool waiting = false;
    for (int i = 0; i < all->count; i++) {
        if (all->of[i].status == 0) return true;
        waiting = waiting || all->of[i].status == UV_EAGAIN;
    }
    return !waiting;
}

static bool are_closed(void *context) {
    const struct attempts *all = context;
    for (int i = 0; i < all->count; i++)
        if (all->of[i].open) return false;
    return true;
}

/* The first of so many hosts on which the port accepts connections; NULL: none. */
static const char *ask(struct process_loop *l, uint16_t port, double seconds, int count) {
    struct attempts all = {.count = count};
    const char *answered = NULL;
    for (int i = 0; i < count; i++) start(l, &all.of[i], hosts[i], port);
    process_wait(l, are_decided, &all, seconds, true);
    for (int i = count - 1; i >= 0; i--) {
        if (all.of[i].status == 0) answered = before_port[i];
        if (all.of[i].open) uv_close((uv_handle_t *)&all.of[i].tcp, on_close);
    }
    CHECK(process_wait(l, are_closed, &all, CLOSE_S, false));
    return answered;
}

const char *port_answers(struct process_loop *l, uint16_t port, double seconds) {
    const char *answered = ask(l, port, seconds, HOSTS);
    if (!answered || answered == before_port[0]) return answered;
    /* a server of both may have begun to listen after the first was asked */
    const char *first = ask(l, port, seconds, 1);
    return first ? first : answered;
}
