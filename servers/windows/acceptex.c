/* acceptex.c - AcceptEx: overlapped accepts.
 * Invariant: every connection of AcceptEx is counted as accepted, even if the peer is gone already.
 */
#include "servers/windows/acceptex.h"

#include "base/os_windows.h"

#include <errno.h>

/* AcceptEx is not a library function: the listener's provider has it. */
int acceptex_open(struct acceptex_pool *pool, struct overlapped_set *set, HANDLE port,
                  ULONG_PTR key) {
    GUID which = WSAID_ACCEPTEX;
    struct sockaddr_storage local;
    int length = sizeof local;
    DWORD bytes;
    if (getsockname(set->listener, (struct sockaddr *)&local, &length) != 0 ||
        WSAIoctl(set->listener, SIO_GET_EXTENSION_FUNCTION_POINTER, &which, sizeof which,
                 &pool->accept_ex, sizeof pool->accept_ex, &bytes, NULL, NULL) != 0)
        return os_windows_error((DWORD)WSAGetLastError());
    if (!CreateIoCompletionPort((HANDLE)set->listener, port, key, 0))
        return os_windows_error(GetLastError());
    pool->set = set;
    pool->family = local.ss_family;
    pthread_mutex_init(&pool->lock, NULL);
    for (size_t i = 0; i < ACCEPTEX_POOL; i++)
        pool->accepts[i] = (struct acceptex){.socket = OS_SOCKET_NONE, .missing = true};
    pool->missing = ACCEPTEX_POOL;
    set->retry_ns = 1; /* due at once */
    return 0;
}

void acceptex_close(struct acceptex_pool *pool) {
    pthread_mutex_destroy(&pool->lock);
}

/* Puts an accept in flight. Returns 0 or an error. */
static int start(struct acceptex_pool *pool, struct acceptex *a) {
    DWORD bytes;
    int error = WSAECONNRESET;
    a->socket = WSASocketW(pool->family, SOCK_STREAM, IPPROTO_TCP, NULL, 0,
                           WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
    if (a->socket == OS_SOCKET_NONE) return os_windows_error((DWORD)WSAGetLastError());
    /* A connection that was reset while it waited can end the call: try the next */
    for (int i = 0; i < OVERLAPPED_ACCEPTS_PER_TURN && os_error_peer_gone(error); i++) {
        if (pool->accept_ex(pool->set->listener, a->socket, a->addresses, 0, ACCEPTEX_ADDRESS_BYTES,
                            ACCEPTEX_ADDRESS_BYTES, &bytes, &a->overlapped))
            return 0; /* completed at once: the port still gets a packet */
        error = WSAGetLastError();
        if (error == WSA_IO_PENDING) return 0;
        error = os_windows_error((DWORD)error);
    }
    os_close(a->socket);
    a->socket = OS_SOCKET_NONE;
    return error;
}

void acceptex_again(struct acceptex_pool *pool, struct acceptex *a, int error,
                    struct server_stats *stats) {
    if (!error) error = start(pool, a);
    if (!error) return; /* and another thread may have it */
    pthread_mutex_lock(&pool->lock);
    a->missing = true;
    pool->missing++;
    overlapped_accept_failed(pool->set, stats);
    pthread_mutex_unlock(&pool->lock);
}

uint32_t acceptex_retry_ms(struct acceptex_pool *pool, uint32_t most_ms,
                           struct server_stats *stats) {
    if (!pool->missing) return most_ms;
    pthread_mutex_lock(&pool->lock);
    bool due = overlapped_retry_ms(pool->set, 1) == 0;
    int error = 0;
    for (size_t i = 0; due && !error && i < ACCEPTEX_POOL; i++) {
        struct acceptex *a = &pool->accepts[i];
        if (!a->missing) continue;
        error = start(pool, a);
        if (error) continue;
        a->missing = false;
        pool->missing--;
    }
    if (error)
        overlapped_accept_failed(pool->set, stats);
    else if (due)
        pool->set->retry_ns = 0;
    uint32_t wait_ms = overlapped_retry_ms(pool->set, most_ms);
    pthread_mutex_unlock(&pool->lock);
    return wait_ms;
}

/* A socket that AcceptEx connected has no properties of the listener until this call, and no
 * TCP_NODELAY. Returns 0 or an error. */
static int inherit(struct acceptex_pool *pool, os_socket socket) {
    const os_socket *listener = &pool->set->listener;
    BOOL on = TRUE;
    if (setsockopt(socket, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (const char *)listener,
                   sizeof *listener) != 0 ||
        setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, (const char *)&on, sizeof on) != 0)
        return os_windows_error((DWORD)WSAGetLastError());
    return 0;
}

struct overlapped_conn *acceptex_take(struct acceptex_pool *pool, struct acceptex *a,
                                      struct server_stats *stats, int *error) {
    os_socket socket = a->socket;
    int gone = overlapped_error(pool->set->listener, &a->overlapped);
    a->socket = OS_SOCKET_NONE;
    *error = 0;
    if (gone && !os_error_peer_gone(gone)) {
        os_close(socket); /* it has no connection */
        *error = gone;
        return NULL;
    }
    if (!gone) gone = inherit(pool, socket);
    struct overlapped_conn *c = overlapped_conn_new(pool->set, socket, stats);
    if (!c) *error = ENOMEM;
    if (!c || !gone) return c;
    overlapped_failed(gone, stats);
    overlapped_close(pool->set, c);
    return NULL;
}

void acceptex_cancel(struct acceptex_pool *pool) {
    CancelIoEx((HANDLE)pool->set->listener, NULL);
}

void acceptex_drop(struct acceptex_pool *pool, struct acceptex *a) {
    os_close(a->socket);
    a->socket = OS_SOCKET_NONE;
    a->missing = true;
    pool->missing++;
}
