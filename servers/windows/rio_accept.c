/* rio_accept.c - AcceptEx with sockets for registered I/O.
 * Invariant: only rio_acceptor_start starts accepts that are not under way. */
#include "servers/windows/rio_accept.h"

#include "base/os_windows.h"

#define ACCEPT_RETRY_NS UINT64_C(100000000)
#define ACCEPTS_SKIPPED 64 /* connections reset while they waited: one call skips so many */

os_socket rio_socket(int family) {
    return WSASocketW(family, SOCK_STREAM, IPPROTO_TCP, NULL, 0,
                      WSA_FLAG_OVERLAPPED | WSA_FLAG_REGISTERED_IO | WSA_FLAG_NO_HANDLE_INHERIT);
}

int rio_acceptor_open(struct rio_acceptor *a, os_socket listener) {
    struct sockaddr_storage local;
    int length = sizeof local;
    GUID guid = WSAID_ACCEPTEX;
    DWORD bytes;
    *a = (struct rio_acceptor){.listener = listener};
    for (size_t i = 0; i < RIO_ACCEPTS; i++) a->accepts[i].socket = OS_SOCKET_NONE;
    if (getsockname(listener, (struct sockaddr *)&local, &length) != 0 ||
        WSAIoctl(listener, SIO_GET_EXTENSION_FUNCTION_POINTER, &guid, sizeof guid, &a->accept_ex,
                 sizeof a->accept_ex, &bytes, NULL, NULL) != 0)
        return WSAGetLastError();
    a->family = local.ss_family;
    return 0;
}

/* Returns whether it is under way. */
static bool accept_start(struct rio_acceptor *a, struct rio_accept *accept) {
    const DWORD address_bytes = sizeof accept->addresses / 2;
    DWORD ignored;
    if (accept->socket == OS_SOCKET_NONE) accept->socket = rio_socket(a->family);
    if (accept->socket == OS_SOCKET_NONE) return false;
    /* a connection that was reset while it waited can end the call: try the next */
    for (int i = 0, error = WSAECONNRESET; i < ACCEPTS_SKIPPED && os_error_peer_gone(error); i++) {
        accept->overlapped = (OVERLAPPED){0};
        accept->under_way =
            a->accept_ex(a->listener, accept->socket, accept->addresses, 0, address_bytes,
                         address_bytes, &ignored, &accept->overlapped) ||
            (error = WSAGetLastError()) == WSA_IO_PENDING;
        if (accept->under_way) break;
        error = os_windows_error((unsigned long)error);
    }
    a->under_way += accept->under_way;
    return accept->under_way;
}

void rio_acceptor_start(struct rio_acceptor *a, struct server_stats *stats) {
    a->retry_ns = 0;
    for (size_t i = 0; i < RIO_ACCEPTS && a->under_way < RIO_ACCEPTS && !a->retry_ns; i++) {
        if (!a->accepts[i].under_way && !accept_start(a, &a->accepts[i]))
            rio_acceptor_rest(a, stats);
    }
}

void rio_acceptor_rest(struct rio_acceptor *a, struct server_stats *stats) {
    stats->accept_errors++;
    a->retry_ns = os_clock_ns() + ACCEPT_RETRY_NS;
}

DWORD rio_acceptor_wait_ms(const struct rio_acceptor *a) {
    if (!a->retry_ns) return INFINITE;
    uint64_t now_ns = os_clock_ns();
    return now_ns < a->retry_ns ? (DWORD)((a->retry_ns - now_ns) / 1000000u) + 1 : 0;
}

os_socket rio_accept_take(struct rio_acceptor *a, OVERLAPPED *completed,
                          struct server_stats *stats) {
    struct rio_accept *accept = (struct rio_accept *)(void *)completed;
    os_socket s = accept->socket;
    DWORD ignored, flags;
    BOOL on = TRUE;
    accept->under_way = false;
    a->under_way--;
    accept->socket = OS_SOCKET_NONE;
    int gone = 0;
    if (!WSAGetOverlappedResult(a->listener, completed, &ignored, FALSE, &flags))
        gone = WSAGetLastError();
    if (gone && (gone == WSA_OPERATION_ABORTED ||
                 !os_error_peer_gone(os_windows_error((unsigned long)gone)))) {
        os_close(s); /* it has no connection */
        if (gone != WSA_OPERATION_ABORTED) rio_acceptor_rest(a, stats);
        return OS_SOCKET_NONE;
    }
    stats->accepted++; /* even if the peer left while it waited */
    /* before the first call most other calls treat the socket as not connected */
    if (!gone &&
        setsockopt(s, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (const char *)&a->listener,
                   sizeof a->listener) == 0 &&
        setsockopt(s, IPPROTO_TCP, TCP_NODELAY, (const char *)&on, sizeof on) == 0)
        return s;
    stats->closed_reset++; /* the peer has left */
    os_close(s);
    return OS_SOCKET_NONE;
}

void rio_acceptor_cancel(struct rio_acceptor *a) {
    CancelIoEx((HANDLE)a->listener, NULL);
}

void rio_acceptor_close(struct rio_acceptor *a) {
    for (size_t i = 0; i < RIO_ACCEPTS; i++)
        if (a->accepts[i].socket != OS_SOCKET_NONE) os_close(a->accepts[i].socket);
}
