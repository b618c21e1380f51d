/* port.c - finds free ports by binding them, and checks for a listener by connecting.
 * Invariant: a connection to itself does not count as a listener. */
#include "bench/session/port.h"

#include "base/check.h"
#include "base/os.h"

#include <string.h>

#define CLOSE_S 10.0 /* deadline for closing a handle, which takes one turn of the loop */

/* Listens on the port (0: any) and closes it at once. Sets `got`. Returns 0 or a native error. */
static int try_port(uint16_t port, uint16_t *got) {
    struct os_address address;
    char host[64];
    os_socket s;
    CHECK(os_address_resolve(PORT_HOST, port, &address, host, sizeof host));
    int error = os_listen(&address, 1, false, &s);
    if (error) return error;
    error = os_socket_local(s, host, sizeof host, got);
    os_close(s);
    return error;
}

int port_choose(uint16_t *port) {
    return try_port(0, port);
}

bool port_taken(uint16_t port) {
    uint16_t same;
    return try_port(port, &same) != 0;
}

/* ---- connecting ---- */

/* An attempt to connect. */
struct attempt {
    uv_tcp_t tcp;
    uv_connect_t request;
    bool decided; /* established or refused */
    bool closed;  /* libuv has closed the handle */
    int status;   /* 0: established; else a libuv error */
};

static void on_connect(uv_connect_t *request, int status) {
    struct attempt *a = request->data;
    a->decided = true;
    a->status = status;
}

static void on_close(uv_handle_t *handle) {
    struct attempt *a = handle->data;
    a->closed = true;
}

static bool is_decided(void *context) {
    const struct attempt *a = context;
    return a->decided;
}

static bool is_closed(void *context) {
    const struct attempt *a = context;
    return a->closed;
}

/* Whether the connection goes to itself. Without a listener the system may choose the destination
 * port as local port, and TCP then connects the socket to itself. */
static bool to_itself(const struct attempt *a) {
    struct sockaddr_storage own, peer;
    int own_size = sizeof own, peer_size = sizeof peer;
    memset(&own, 0, sizeof own);
    memset(&peer, 0, sizeof peer);
    return uv_tcp_getsockname(&a->tcp, (struct sockaddr *)&own, &own_size) != 0 ||
           uv_tcp_getpeername(&a->tcp, (struct sockaddr *)&peer, &peer_size) != 0 ||
           (own_size == peer_size && memcmp(&own, &peer, (size_t)own_size) == 0);
}

bool port_answers(struct process_loop *l, uint16_t port, double seconds) {
    struct attempt a = {.status = UV_ETIMEDOUT};
    struct sockaddr_in address;
    CHECK_OP(uv_ip4_addr(PORT_HOST, port, &address), ==, 0);
    if (uv_tcp_init(&l->loop, &a.tcp) != 0) return false;
    a.tcp.data = a.request.data = &a;
    if (uv_tcp_connect(&a.request, &a.tcp, (struct sockaddr *)&address, on_connect) == 0)
        process_wait(l, is_decided, &a, seconds, true);
    bool answered = a.decided && a.status == 0 && !to_itself(&a);
    uv_close((uv_handle_t *)&a.tcp, on_close);
    CHECK(process_wait(l, is_closed, &a, CLOSE_S, false));
    return answered;
}
