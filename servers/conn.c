/* conn.c - what all readiness models share. Invariant: every accepted connection is counted in
 * exactly one of closed_clean, closed_reset and closed_error by the time it is freed. */
#include "servers/conn.h"

#include "base/check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A process that is out of descriptors is not told when another process frees one. */
#define ACCEPT_RETRY_NS 100000000u

/* Connections that were reset while they waited: one call of conn_accept skips so many. */
#define ACCEPTS_SKIPPED 64

int conn_set_open(struct conn_set *set, const struct server_config *config, os_socket listener) {
    *set = (struct conn_set){
        .listener = listener, .buffer_bytes = config->buffer_bytes, .accepting = true};
    set->buffer = malloc(set->buffer_bytes);
    return set->buffer ? 0 : ENOMEM;
}

void conn_set_close(struct conn_set *set) {
    CHECK(!set->first);
    free(set->buffer);
}

void conn_accept_failed(struct conn_set *set) {
    set->stats->accept_errors++;
    set->accepting = false;
    set->retry_ns = os_clock_ns() + ACCEPT_RETRY_NS;
}

struct conn *conn_accept(struct conn_set *set) {
    os_socket s = OS_SOCKET_NONE;
    int error = ECONNABORTED;
    for (int i = 0; i < ACCEPTS_SKIPPED; i++) {
        error = os_accept(set->listener, true, &s);
        if (!os_error_peer_gone(error)) break;
    }
    if (error) {
        /* any other error would come again at once */
        if (!os_error_would_block(error) && !os_error_peer_gone(error)) conn_accept_failed(set);
        return NULL;
    }
    set->stats->accepted++;
    struct conn *c = calloc(1, sizeof *c);
    if (!c) {
        os_close(s);
        set->stats->closed_error++;
        conn_accept_failed(set);
        return NULL;
    }
    c->socket = s;
    conn_join(set, c);
    return c;
}

void conn_join(struct conn_set *set, struct conn *c) {
    c->previous = NULL;
    c->next = set->first;
    if (c->next) c->next->previous = c;
    set->first = c;
}

void conn_leave(struct conn_set *set, struct conn *c) {
    if (c->previous)
        c->previous->next = c->next;
    else
        set->first = c->next;
    if (c->next) c->next->previous = c->previous;
}

bool conn_accept_resumes(struct conn_set *set) {
    if (set->accepting || (set->retry_ns && os_clock_ns() < set->retry_ns)) return false;
    set->accepting = true;
    return true;
}

int conn_wait_ms(const struct conn_set *set) {
    if (set->accepting) return -1;
    uint64_t now_ns = os_clock_ns();
    /* rounded up: after a wait that ends too early the next would be 0 ms */
    return set->retry_ns > now_ns ? (int)((set->retry_ns - now_ns) / 1000000u) + 1 : 0;
}

/* Counts the end of a connection that failed. */
static enum conn_outcome ended_by(struct conn_set *set, int error) {
    if (os_error_peer_gone(error))
        set->stats->closed_reset++;
    else
        set->stats->closed_error++;
    return CONN_ENDED;
}

/* Keeps the bytes of a buffer that the kernel did not take. */
static enum conn_outcome keep(struct conn_set *set, struct conn *c, const uint8_t *data,
                              size_t size) {
    if (!c->pending) c->pending = malloc(set->buffer_bytes);
    if (!c->pending) return ended_by(set, ENOMEM);
    memcpy(c->pending, data, size);
    c->pending_start = 0;
    c->pending_end = size;
    return CONN_BLOCKED;
}

/* One send; *sent is 0 if there was no room. Returns 0 or an error that ends the connection. */
static int send_some(struct conn_set *set, struct conn *c, const uint8_t *data, size_t size,
                     size_t *sent) {
    *sent = 0;
    int error = os_send(c->socket, data, size, sent);
    if (error && !os_error_would_block(error)) return error;
    set->stats->sends += *sent > 0;
    set->stats->sends_partial += *sent < size;
    set->stats->bytes_out += *sent;
    return 0;
}

enum conn_outcome conn_receive(struct conn_set *set, struct conn *c) {
    size_t received = 0, sent;
    int error = os_receive(c->socket, set->buffer, set->buffer_bytes, &received);
    if (error) return os_error_would_block(error) ? CONN_DRY : ended_by(set, error);
    if (received == 0) {
        set->stats->closed_clean++; /* nothing is pending, or it would not receive */
        return CONN_ENDED;
    }
    set->stats->receives++;
    set->stats->bytes_in += received;
    echo_work();
    error = send_some(set, c, set->buffer, received, &sent);
    if (error) return ended_by(set, error);
    if (sent < received) return keep(set, c, set->buffer + sent, received - sent);
    return received == set->buffer_bytes ? CONN_ECHOED : CONN_SHORT;
}

enum conn_outcome conn_send_pending(struct conn_set *set, struct conn *c) {
    size_t sent;
    int error =
        send_some(set, c, c->pending + c->pending_start, c->pending_end - c->pending_start, &sent);
    if (error) return ended_by(set, error);
    c->pending_start += sent;
    if (c->pending_start < c->pending_end) return CONN_BLOCKED;
    free(c->pending); /* only a slow reader needs it */
    c->pending = NULL;
    return CONN_ECHOED;
}

void conn_close(struct conn_set *set, struct conn *c) {
    os_close(c->socket);
    conn_leave(set, c);
    free(c->pending);
    free(c);
    set->retry_ns = 0; /* a descriptor is free: a paused listener may be tried again */
}

void conn_refuse(struct conn_set *set, struct conn *c) {
    set->stats->closed_error++;
    conn_close(set, c);
}

void conn_close_all(struct conn_set *set) {
    while (set->first) {
        CHECK(!set->first->previous);
        set->stats->closed_clean++;
        conn_close(set, set->first);
    }
}
