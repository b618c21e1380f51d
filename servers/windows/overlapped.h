/* overlapped.h - what all overlapped models share: connections with one operation in flight each,
 * and the account of what came of it. The counterpart of conn.h, which serves readiness models.
 * Models start the operations themselves; they differ in how they learn that one has ended.
 * Invariant: a connection alternates between one receive and the sends of its bytes and is freed
 * only when nothing of it is in flight, so that its OVERLAPPED and its buffer are never touched
 * while the kernel may write to them. */
#ifndef SERVERS_WINDOWS_OVERLAPPED_H
#define SERVERS_WINDOWS_OVERLAPPED_H

#include "servers/model.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Connections that one turn of a loop accepts at most, so that those being served are not left
 * waiting by a crowd of newcomers. */
#define OVERLAPPED_ACCEPTS_PER_TURN 64

/* How long what was cancelled at stop may take to end. What has not ended by then is counted as
 * closed but never freed: the kernel may still write to it, and the process is about to end. */
#define OVERLAPPED_STOP_MS 800u

#define OVERLAPPED_AWAIT_MS 500u

/* One connection. */
struct overlapped_conn {
    WSAOVERLAPPED overlapped;          /* of the operation in flight; first, so that its address is
                                          the connection's */
    WSABUF part;                       /* what that operation receives into or sends from */
    bool sending;                      /* it is a send, or the next one will be */
    os_socket socket;                  /* OS_SOCKET_NONE once closed by stop */
    void *owner;                       /* the model's: whose the connection is */
    struct overlapped_conn *previous;  /* in a list of connections */
    struct overlapped_conn *next;      /* in the same */
    struct overlapped_conn *next_work; /* the model's: in its queue */
    char buffer[];                     /* overlapped_set.buffer_bytes */
};

/* Where connections come from. Used by one thread at a time, but for `room`. */
struct overlapped_set {
    os_socket listener;  /* non-blocking; overlapped_accept and the model's own accepts use it */
    size_t buffer_bytes; /* most that one receive returns */
    uint64_t retry_ns;   /* the listener failed: when to try it again; 0: it did not */
    _Atomic bool room;   /* a connection was closed since: try it at once */
};

/* Readies an empty set. */
void overlapped_set_open(struct overlapped_set *set, const struct server_config *config,
                         os_socket listener);

/* Counts an accept that failed for want of handles or memory, and leaves the listener alone for 100
 * ms or until a connection is closed. */
void overlapped_accept_failed(struct overlapped_set *set, struct server_stats *stats);

/* How long a wait may last for the listener's sake, in ms, rounded up: `most_ms` unless it waits to
 * be tried again; 0 if that is due. */
uint32_t overlapped_retry_ms(struct overlapped_set *set, uint32_t most_ms);

/* Makes a connection of an accepted socket and counts it. NULL if there is no memory: then it is
 * closed and counted as an error, and it is for the caller to leave the listener alone. */
struct overlapped_conn *overlapped_conn_new(struct overlapped_set *set, os_socket socket,
                                            struct server_stats *stats);

/* Accepts one connection without waiting, or NULL: nobody waits, or the listener has failed. */
struct overlapped_conn *overlapped_accept(struct overlapped_set *set, struct server_stats *stats);

/* For a thread that only accepts: waits until a connection may be waiting or `stop` ends, which
 * sets *stopped, but not for more than OVERLAPPED_AWAIT_MS, so that its owner can look whether
 * other threads have failed. Returns 0 or an error. */
int overlapped_await(struct overlapped_set *set, os_socket stop, struct server_stats *stats,
                     bool *stopped);

/* Readies c->part for a receive of at most the buffer, if the next operation is one. */
void overlapped_prepare(const struct overlapped_set *set, struct overlapped_conn *c);

/* The error of an operation on `socket` that has ended; 0 if there was none. */
int overlapped_error(os_socket socket, WSAOVERLAPPED *overlapped);

/* The account of a receive that ended with `error` or `bytes`, and the work of its echo. Returns
 * whether c->part is now to be sent; else the connection is over and how it ended is counted. */
bool overlapped_received(struct overlapped_conn *c, int error, size_t bytes,
                         struct server_stats *stats);

/* The account of a send. Returns whether the connection goes on: with the rest of c->part if
 * c->sending still, else with a receive. */
bool overlapped_sent(struct overlapped_conn *c, int error, size_t bytes,
                     struct server_stats *stats);

/* The account of an operation that ended, or was cancelled, after stop: how the connection ended is
 * counted, too. */
void overlapped_stopped(const struct overlapped_conn *c, size_t bytes, struct server_stats *stats);

/* Counts the end of a connection, of which an operation failed or could not be started. */
void overlapped_failed(int error, struct server_stats *stats);

/* Closes and frees a connection that is in no list and has nothing in flight. */
void overlapped_close(struct overlapped_set *set, struct overlapped_conn *c);

/* Puts a connection at the head of a list. */
void overlapped_link(struct overlapped_conn **first, struct overlapped_conn *c);

/* Takes a connection out of its list. */
void overlapped_unlink(struct overlapped_conn **first, struct overlapped_conn *c);

#endif
