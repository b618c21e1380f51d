/* overlapped.h - what all overlapped models share: connections with one operation in flight each,
 * and the evaluation of that operation. It is to them what conn.h is to readiness models. Models
 * start the operations themselves; they differ in how they learn that one has ended. Invariant: a
 * connection alternates between one receive and the sends of its bytes and is freed only when it
 * has nothing in flight. So its OVERLAPPED and its buffer are never touched while the kernel may
 * write to them. */
#ifndef SERVERS_WINDOWS_OVERLAPPED_H
#define SERVERS_WINDOWS_OVERLAPPED_H

#include "servers/model.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One turn of a loop accepts at most so many connections, so that a crowd of newcomers does not
 * delay the others. */
#define OVERLAPPED_ACCEPTS_PER_TURN 64

/* How long operations may take to end after they were cancelled at stop. A connection whose
 * operation has not ended by then is counted as closed but never freed: the kernel may still write
 * to it, and the process is about to end. */
#define OVERLAPPED_STOP_MS 800u

/* Longest wait of overlapped_await. */
#define OVERLAPPED_AWAIT_MS 500u

/* One connection. */
struct overlapped_conn {
    WSAOVERLAPPED overlapped;          /* of the operation in flight; first member: its address is
                                          that of the connection */
    WSABUF part;                       /* the operation receives into it or sends from it */
    bool sending;                      /* the operation, or the next one, is a send */
    os_socket socket;                  /* OS_SOCKET_NONE once closed by stop */
    void *owner;                       /* for the model: the owner of the connection */
    struct overlapped_conn *previous;  /* in a list of connections */
    struct overlapped_conn *next;      /* in the same list */
    struct overlapped_conn *next_work; /* for the model: in its queue */
    char buffer[];                     /* overlapped_set.buffer_bytes */
};

/* The listener. Used by one thread at a time, except `room`. */
struct overlapped_set {
    os_socket listener;  /* non-blocking */
    size_t buffer_bytes; /* most that one receive returns */
    uint64_t retry_ns;   /* when to try the listener again after a failure; 0: it did not fail */
    _Atomic bool room;   /* a connection was closed since: try the listener at once */
};

/* Readies an empty set. */
void overlapped_set_open(struct overlapped_set *set, const struct server_config *config,
                         os_socket listener);

/* Counts an accept that failed for lack of handles or memory, and pauses the listener for 100 ms or
 * until a connection is closed. */
void overlapped_accept_failed(struct overlapped_set *set, struct server_stats *stats);

/* How long a wait may last, in ms, rounded up: `most_ms` unless the listener is paused; 0 if it is
 * due to be tried again. */
uint32_t overlapped_retry_ms(struct overlapped_set *set, uint32_t most_ms);

/* Makes a connection of an accepted socket and counts it. Returns NULL if there is no memory; then
 * the socket is closed and counted as an error, and the caller pauses the listener. */
struct overlapped_conn *overlapped_conn_new(struct overlapped_set *set, os_socket socket,
                                            struct server_stats *stats);

/* Accepts one connection without waiting. Returns NULL if none waits, or the listener has failed.
 */
struct overlapped_conn *overlapped_accept(struct overlapped_set *set, struct server_stats *stats);

/* For a thread that only accepts: waits until a connection may be waiting, or until `stop` ends,
 * which sets *stopped. Returns after OVERLAPPED_AWAIT_MS at the latest, so that the caller can
 * check whether other threads have failed. Returns 0 or an error. */
int overlapped_await(struct overlapped_set *set, os_socket stop, struct server_stats *stats,
                     bool *stopped);

/* Readies c->part for a receive into the buffer, if the next operation is a receive. */
void overlapped_prepare(const struct overlapped_set *set, struct overlapped_conn *c);

/* The error of an operation on `socket` that has ended; 0 if there was none. */
int overlapped_error(os_socket socket, WSAOVERLAPPED *overlapped);

/* Counts a receive that ended with `error` or `bytes`, and does the work of its echo. Returns
 * whether to send c->part now; else the connection is over, and its end is counted. */
bool overlapped_received(struct overlapped_conn *c, int error, size_t bytes,
                         struct server_stats *stats);

/* Counts a send. Returns whether the connection goes on: with the rest of c->part if c->sending is
 * still set, else with a receive. */
bool overlapped_sent(struct overlapped_conn *c, int error, size_t bytes,
                     struct server_stats *stats);

/* Counts an operation that ended or was cancelled after stop, and the end of its connection. */
void overlapped_stopped(const struct overlapped_conn *c, size_t bytes, struct server_stats *stats);

/* Counts the end of a connection whose operation failed or could not be started. */
void overlapped_failed(int error, struct server_stats *stats);

/* Closes and frees a connection that is in no list and has nothing in flight. */
void overlapped_close(struct overlapped_set *set, struct overlapped_conn *c);

/* Puts a connection at the head of a list. */
void overlapped_link(struct overlapped_conn **first, struct overlapped_conn *c);

/* Takes a connection out of its list. */
void overlapped_unlink(struct overlapped_conn **first, struct overlapped_conn *c);

#endif
