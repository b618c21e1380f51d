/* acceptex.h - a pool of accepts that are in flight all the time and end in a completion port.
 * Invariant: an accept of the pool is in flight, or in the hands of the thread that was told of its
 * end, or missing for want of handles or memory. */
#ifndef SERVERS_WINDOWS_ACCEPTEX_H
#define SERVERS_WINDOWS_ACCEPTEX_H

#include "servers/windows/overlapped.h"

#include <ws2tcpip.h>
#include <mswsock.h>
#include <pthread.h>

/* Accepts in flight. As many newcomers as that are served for each time that the port comes round
 * all connections: with 64 the last of 5000 who came at once waited 7 s among those served. */
#define ACCEPTEX_POOL 512

/* AcceptEx wants this much room for each of two addresses, which nobody reads. */
#define ACCEPTEX_ADDRESS_BYTES (sizeof(struct sockaddr_storage) + 16)

/* One accept. */
struct acceptex {
    WSAOVERLAPPED overlapped; /* first, so that its address is the accept's */
    os_socket socket;         /* made in advance, to be connected; else OS_SOCKET_NONE */
    bool missing;             /* under the pool's lock */
    char addresses[2 * ACCEPTEX_ADDRESS_BYTES]; /* AcceptEx's */
};

/* All of them. */
struct acceptex_pool {
    struct overlapped_set *set;             /* where connections come from; under the lock */
    LPFN_ACCEPTEX accept_ex;                /* of the listener's provider */
    int family;                             /* of the listener and all it accepts */
    pthread_mutex_t lock;                   /* guards who is missing, and when to try again */
    _Atomic uint32_t missing;               /* how many are */
    struct acceptex accepts[ACCEPTEX_POOL]; /* the accepts */
};

/* Joins the listener to `port` under `key`; all accepts are missing, and due. Returns 0 or an
 * error; then there is nothing to close. */
int acceptex_open(struct acceptex_pool *pool, struct overlapped_set *set, HANDLE port,
                  ULONG_PTR key);

/* Frees what open made. Nothing is in flight any more. */
void acceptex_close(struct acceptex_pool *pool);

/* Puts those that are missing in flight if it is time. Returns how long a wait may last, in ms: at
 * most `most_ms`. */
uint32_t acceptex_retry_ms(struct acceptex_pool *pool, uint32_t most_ms,
                           struct server_stats *stats);

/* What came of an accept that has ended: a new connection, not joined to the port yet, or NULL, and
 * an error if the accept should be left alone for that. */
struct overlapped_conn *acceptex_take(struct acceptex_pool *pool, struct acceptex *a,
                                      struct server_stats *stats, int *error);

/* Puts it in flight again; it is missing if that fails, or if `error` is set. */
void acceptex_again(struct acceptex_pool *pool, struct acceptex *a, int error,
                    struct server_stats *stats);

/* Cancels all that are in flight; each ends in the port, for acceptex_drop. */
void acceptex_cancel(struct acceptex_pool *pool);

/* An accept has ended after the cancellation. */
void acceptex_drop(struct acceptex_pool *pool, struct acceptex *a);

#endif
