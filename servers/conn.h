/* conn.h - what all readiness models share: connections of one instance and the echo on one of
 * them. The models differ only in how they learn which connection is ready.
 * Invariant: a connection with pending bytes does not receive, so that it never holds more than one
 * buffer of bytes, and a reader that is slow is slowed down itself. */
#ifndef SERVERS_CONN_H
#define SERVERS_CONN_H

#include "servers/model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Connections that one turn of the loop accepts at most, so that those being served are not left
 * waiting by a crowd of newcomers. */
#define CONN_ACCEPTS_PER_TURN 64

/* One connection. */
struct conn {
    os_socket socket;       /* non-blocking */
    struct conn *previous;  /* in the list of all connections of the set */
    struct conn *next;      /* in the same */
    uint8_t *pending;       /* bytes the kernel did not take; NULL until that happened once */
    size_t pending_start;   /* the first that is still to be sent */
    size_t pending_end;     /* behind the last; equal to the start when nothing is pending */
    size_t slot;            /* the model's: place in its table */
    struct conn *next_work; /* the model's: queue of connections to look at */
    bool queued;            /* the model's: is in that queue */
    bool hung_up;           /* the model's: behind the bytes is an end or an error */
};

/* All connections of one instance. */
struct conn_set {
    struct server_stats *stats; /* where everything is counted; set by run */
    os_socket listener;         /* where connections come from */
    uint8_t *buffer;            /* every receive goes here, and its bytes leave before the next */
    size_t buffer_bytes;        /* its size */
    struct conn *first;         /* list of all */
    bool accepting;             /* the listener belongs in the wait set; false after it failed */
    uint64_t retry_ns;          /* while not accepting: when to try again */
};

/* What came of an attempt, and so what the connection waits for next. */
enum conn_outcome {
    CONN_ECHOED,  /* bytes went back: waits for input, more may be there already */
    CONN_DRY,     /* no bytes are left to receive; the end of input may be: waits for input */
    CONN_BLOCKED, /* bytes are pending: waits for room to send, and must not be received from */
    CONN_ENDED,   /* over: to be closed */
};

/* Readies an empty set. Returns 0 or ENOMEM. */
int conn_set_open(struct conn_set *set, const struct server_config *config, os_socket listener);

/* Frees the set; its connections are closed already. */
void conn_set_close(struct conn_set *set);

/* Accepts one connection, or NULL: nobody waits, or there is no descriptor or memory for it; in
 * that case set->accepting is false from now on and the listener must leave the wait set. */
struct conn *conn_accept(struct conn_set *set);

/* Counts a failed accept and lets the listener rest: also for a model that lacks what it needs for
 * the connection it has accepted. */
void conn_accept_failed(struct conn_set *set);

/* Hands a connection from one set to another, of another thread: it leaves the first in the thread
 * of that set and joins the second in the thread of the second. Between the two it is in none. */
void conn_leave(struct conn_set *set, struct conn *c);
void conn_join(struct conn_set *set, struct conn *c);

/* After the listener has failed: whether it is time to try again, because a connection was closed
 * or 100 ms have passed. True once; the listener must then return to the wait set. */
bool conn_accept_resumes(struct conn_set *set);

/* How long a wait may last, in ms: -1 for ever, unless the listener waits to be tried again. */
int conn_wait_ms(const struct conn_set *set);

/* One receive, and a send of what came. Never CONN_BLOCKED on entry. */
enum conn_outcome conn_receive(struct conn_set *set, struct conn *c);

/* One send of what is pending. CONN_ECHOED when all of it has gone. */
enum conn_outcome conn_send_pending(struct conn_set *set, struct conn *c);

/* Closes and frees a connection; how it ended was counted by whoever found it CONN_ENDED. */
void conn_close(struct conn_set *set, struct conn *c);

/* Closes a connection that the model cannot serve and counts that as an error. */
void conn_refuse(struct conn_set *set, struct conn *c);

/* Closes all that is left, because the server stops. */
void conn_close_all(struct conn_set *set);

#endif
