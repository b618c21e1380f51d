/* overlapped.c - what all overlapped models share: accepting without waiting, and the evaluation of
 * every operation. Invariant: every accepted connection is counted in exactly one of closed_clean,
 * closed_reset and closed_error by the time it is freed. */
#include "servers/windows/overlapped.h"

#include "base/os_windows.h"

#include <errno.h>
#include <stdlib.h>

/* A process that is out of handles or memory is not told when another process frees some. */
#define ACCEPT_RETRY_NS 100000000u

/* Connections that were reset while they waited: one call of overlapped_accept skips so many. */
#define ACCEPTS_SKIPPED 64

/* ---- accepting ---- */

void overlapped_set_open(struct overlapped_set *set, const struct server_config *config,
                         os_socket listener) {
    set->listener = listener;
    set->buffer_bytes = config->buffer_bytes;
    set->retry_ns = 0;
    set->room = false;
}

void overlapped_accept_failed(struct overlapped_set *set, struct server_stats *stats) {
    stats->accept_errors++;
    set->room = false;
    set->retry_ns = os_clock_ns() + ACCEPT_RETRY_NS;
}

uint32_t overlapped_retry_ms(struct overlapped_set *set, uint32_t most_ms) {
    if (!set->retry_ns) return most_ms;
    uint64_t now_ns = os_clock_ns();
    if (set->room || now_ns >= set->retry_ns) return 0;
    uint32_t left_ms = (uint32_t)((set->retry_ns - now_ns) / 1000000u) + 1;
    return left_ms < most_ms ? left_ms : most_ms;
}

struct overlapped_conn *overlapped_conn_new(struct overlapped_set *set, os_socket socket,
                                            struct server_stats *stats) {
    stats->accepted++;
    struct overlapped_conn *c = malloc(sizeof *c + set->buffer_bytes);
    if (!c) {
        os_close(socket);
        stats->closed_error++;
        return NULL;
    }
    *c = (struct overlapped_conn){.socket = socket};
    return c;
}

/* The accepted socket inherits the non-blocking mode of the listener; os_accept switches it off.
 * Overlapped calls never wait in either mode, and no other calls are made on it. */
struct overlapped_conn *overlapped_accept(struct overlapped_set *set, struct server_stats *stats) {
    if (set->retry_ns && overlapped_retry_ms(set, 1) > 0) return NULL;
    set->retry_ns = 0;
    os_socket s = OS_SOCKET_NONE;
    int error = WSAECONNRESET;
    for (int i = 0; i < ACCEPTS_SKIPPED && os_error_peer_gone(error); i++)
        error = os_accept(set->listener, false,
                          &s); /* that one was reset while it waited: take the next */
    struct overlapped_conn *c = error ? NULL : overlapped_conn_new(set, s, stats);
    if (c) return c;
    if (!error) error = ENOMEM;
    /* WSAEWOULDBLOCK: no connection waits. If there are more that were reset, the next call skips
     * them. Any other error would come again at once: WSAEMFILE, WSAENOBUFS, and WSAEINVAL, which
     * Wine returns instead of WSAEMFILE. */
    if (!os_error_would_block(error) && !os_error_peer_gone(error))
        overlapped_accept_failed(set, stats);
    return NULL;
}

int overlapped_await(struct overlapped_set *set, os_socket stop, struct server_stats *stats,
                     bool *stopped) {
    WSAPOLLFD polled[] = {{.fd = stop, .events = POLLRDNORM},
                          {.fd = set->listener, .events = POLLRDNORM}};
    uint32_t wait_ms = overlapped_retry_ms(set, OVERLAPPED_AWAIT_MS);
    bool failed = wait_ms > 0 && wait_ms < OVERLAPPED_AWAIT_MS;
    int n = WSAPoll(polled, failed ? 1 : 2, (int)(failed ? wait_ms : OVERLAPPED_AWAIT_MS));
    if (n < 0) return WSAGetLastError();
    stats->waits++;
    stats->events += !failed && polled[1].revents;
    *stopped = n > 0 && polled[0].revents;
    return 0;
}

/* ---- the evaluation of operations ---- */

void overlapped_prepare(const struct overlapped_set *set, struct overlapped_conn *c) {
    if (!c->sending) c->part = (WSABUF){.len = (ULONG)set->buffer_bytes, .buf = c->buffer};
}

int overlapped_error(os_socket socket, WSAOVERLAPPED *overlapped) {
    DWORD bytes, flags;
    if (overlapped->Internal == 0) return 0; /* STATUS_SUCCESS, seen without a call */
    if (WSAGetOverlappedResult(socket, overlapped, &bytes, FALSE, &flags)) return 0;
    return os_windows_error((DWORD)WSAGetLastError());
}

void overlapped_failed(int error, struct server_stats *stats) {
    if (os_error_peer_gone(error))
        stats->closed_reset++;
    else
        stats->closed_error++;
}

/* Returns 0 if the end of input is real, or the error of a connection that was reset. Wine loses
 * some resets, and a receive then returns an end; but sending zero bytes fails if the connection is
 * gone. This is one call per connection, not per message. */
static int end_of_input(const struct overlapped_conn *c) {
    size_t sent;
    return os_send(c->socket, c->buffer, 0, &sent);
}

bool overlapped_received(struct overlapped_conn *c, int error, size_t bytes,
                         struct server_stats *stats) {
    if (!error && bytes == 0) error = end_of_input(c);
    if (error) {
        overlapped_failed(error, stats);
        return false;
    }
    if (bytes == 0) {
        stats->closed_clean++; /* nothing is unsent, or it would not receive */
        return false;
    }
    stats->receives++;
    stats->bytes_in += bytes;
    echo_work();
    c->sending = true;
    c->part = (WSABUF){.len = (ULONG)bytes, .buf = c->buffer};
    return true;
}

bool overlapped_sent(struct overlapped_conn *c, int error, size_t bytes,
                     struct server_stats *stats) {
    if (error) {
        overlapped_failed(error, stats);
        return false;
    }
    stats->sends += bytes > 0;
    stats->sends_partial += bytes < c->part.len;
    stats->bytes_out += bytes;
    c->part.buf += bytes;
    c->part.len -= (ULONG)bytes;
    c->sending = c->part.len > 0;
    return true;
}

/* A cancelled send may have sent some of its bytes before. */
void overlapped_stopped(const struct overlapped_conn *c, size_t bytes, struct server_stats *stats) {
    stats->sends += c->sending && bytes > 0;
    stats->sends_partial += c->sending && bytes < c->part.len;
    stats->bytes_out += c->sending ? bytes : 0;
    stats->receives += !c->sending && bytes > 0;
    stats->bytes_in += c->sending ? 0 : bytes;
    stats->closed_clean++;
}

/* ---- connections ---- */

void overlapped_close(struct overlapped_set *set, struct overlapped_conn *c) {
    if (c->socket != OS_SOCKET_NONE) os_close(c->socket);
    free(c);
    set->room = true;
}

void overlapped_link(struct overlapped_conn **first, struct overlapped_conn *c) {
    c->previous = NULL;
    c->next = *first;
    if (c->next) c->next->previous = c;
    *first = c;
}

void overlapped_unlink(struct overlapped_conn **first, struct overlapped_conn *c) {
    if (c->previous)
        c->previous->next = c->next;
    else
        *first = c->next;
    if (c->next) c->next->previous = c->previous;
}
