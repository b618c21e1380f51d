/* conn.h - what all readiness models share: the connections of one instance, and the echo. The
 * models differ only in how they learn which connection is ready. Invariant: a connection with
 * pending bytes does not receive. So it never holds more than one buffer of bytes, and a slow
 * reader slows down only itself. */
#ifndef SERVERS_CONN_H
#define SERVERS_CONN_H

#include "servers/model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One turn of the loop accepts at most so many connections, so that a crowd of newcomers does not
 * delay the others. */
#define CONN_ACCEPTS_PER_TURN 64

/* One connection. */
struct conn {
    os_socket socket;       /* non-blocking */
    struct conn *previous;  /* in the list of all connections of the set */
    struct conn *next;      /* in the same list */
    uint8_t *pending;       /* bytes that the kernel did not take; NULL until that happens */
    size_t pending_start;   /* the first byte still to be sent */
    size_t pending_end;     /* after the last byte; equal to the start if nothing is pending */
    size_t slot;            /* for the model: place in its table */
    struct conn *next_work; /* for the model: queue of connections to serve */
    bool queued;            /* for the model: the connection is in that queue */
    bool hung_up;           /* for the model: an end or an error follows the bytes */
    bool urgent;            /* for the model: urgent data came, which stop a receive */
};

/* All connections of one instance. */
struct conn_set {
    struct server_stats *stats; /* set by run */
    os_socket listener;
    uint8_t *buffer; /* every receive goes here; its bytes are sent or copied before the next */
    size_t buffer_bytes;
    struct conn *first; /* list of all */
    bool accepting;     /* the listener belongs in the wait set; false after it failed */
    uint64_t retry_ns;  /* while not accepting: when to try again */
};

/* The result of a receive or send, and what the connection waits for next. */
enum conn_outcome {
    CONN_ECHOED,  /* bytes were sent: waits for input, which may be there already */
    CONN_SHORT,   /* the same, and the receive did not fill the buffer: no more bytes are there,
                     unless an urgent mark stopped it or the end of input follows */
    CONN_DRY,     /* there were no bytes: waits for input */
    CONN_BLOCKED, /* bytes are pending: waits for room to send, must not receive */
    CONN_ENDED,   /* must be closed */
};

/* Readies an empty set. Returns 0 or ENOMEM. */
int conn_set_open(struct conn_set *set, const struct server_config *config, os_socket listener);

/* Frees the set; its connections are closed already. */
void conn_set_close(struct conn_set *set);

/* Accepts one connection. Returns NULL if none waits, or if there is no descriptor or memory for
 * it; then set->accepting becomes false, and the listener must leave the wait set. */
struct conn *conn_accept(struct conn_set *set);

/* Counts a failed accept and pauses the listener; also for a model that has no room for the
 * connection it has accepted. */
void conn_accept_failed(struct conn_set *set);

/* Hand a connection to the set of another thread: it leaves the first set in the thread of that
 * set, and joins the second in the thread of the second. */
void conn_leave(struct conn_set *set, struct conn *c);
void conn_join(struct conn_set *set, struct conn *c);

/* Whether a paused listener may be tried again, because a connection was closed or 100 ms have
 * passed. Returns true once; the listener must then return to the wait set. */
bool conn_accept_resumes(struct conn_set *set);

/* How long a wait may last, in ms: -1 (for ever) unless the listener is paused. */
int conn_wait_ms(const struct conn_set *set);

/* One receive, and one send of its bytes. No bytes may be pending. */
enum conn_outcome conn_receive(struct conn_set *set, struct conn *c);

/* One send of pending bytes. CONN_ECHOED if all of them were sent. */
enum conn_outcome conn_send_pending(struct conn_set *set, struct conn *c);

/* Closes and frees a connection. The call that returned CONN_ENDED has counted how it ended. */
void conn_close(struct conn_set *set, struct conn *c);

/* Closes a connection that the model cannot serve and counts that as an error. */
void conn_refuse(struct conn_set *set, struct conn *c);

/* Closes all that is left, because the server stops. */
void conn_close_all(struct conn_set *set);

#endif
