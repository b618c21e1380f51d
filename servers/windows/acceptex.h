/* acceptex.h - a pool of accepts that are always in flight and complete through a completion port.
 * Invariant: an accept of the pool is in flight, or with the thread that took its completion, or
 * missing for lack of handles or memory. */
#ifndef SERVERS_WINDOWS_ACCEPTEX_H
#define SERVERS_WINDOWS_ACCEPTEX_H

#include "servers/windows/overlapped.h"

#include <ws2tcpip.h>
#include <mswsock.h>
#include <pthread.h>

/* Accepts in flight. In each round of the port through all connections so many newcomers get their
 * turn: with 64, the last of 5000 simultaneous newcomers waited 7 s. */
#define ACCEPTEX_POOL 512

/* AcceptEx needs this much room for each of two addresses, which are not used. */
#define ACCEPTEX_ADDRESS_BYTES (sizeof(struct sockaddr_storage) + 16)

/* One accept. */
struct acceptex {
    WSAOVERLAPPED overlapped; /* first member: its address is that of the accept */
    os_socket socket;         /* made in advance, for the connection; else OS_SOCKET_NONE */
    bool missing;             /* under the lock of the pool */
    char addresses[2 * ACCEPTEX_ADDRESS_BYTES]; /* for AcceptEx */
};

struct acceptex_pool {
    struct overlapped_set *set; /* under the lock */
    LPFN_ACCEPTEX accept_ex;    /* from the listener's provider */
    int family;                 /* address family of the listener */
    pthread_mutex_t lock;       /* guards which accepts are missing, and when to try again */
    _Atomic uint32_t missing;   /* number of missing accepts */
    struct acceptex accepts[ACCEPTEX_POOL];
};

/* Joins the listener to `port` under `key`; all accepts are missing and due to be started. Returns
 * 0, or an error and nothing to close. */
int acceptex_open(struct acceptex_pool *pool, struct overlapped_set *set, HANDLE port,
                  ULONG_PTR key);

/* Frees the pool. Nothing may be in flight. */
void acceptex_close(struct acceptex_pool *pool);

/* Starts missing accepts if it is time. Returns how long a wait may last, in ms: at
 * most `most_ms`. */
uint32_t acceptex_retry_ms(struct acceptex_pool *pool, uint32_t most_ms,
                           struct server_stats *stats);

/* Takes an accept that has ended. Returns a new connection, not joined to the port yet, or NULL.
 * *error is set if the accept must pause. */
struct overlapped_conn *acceptex_take(struct acceptex_pool *pool, struct acceptex *a,
                                      struct server_stats *stats, int *error);

/* Starts an accept again; it is missing if that fails, or if `error` is set. */
void acceptex_again(struct acceptex_pool *pool, struct acceptex *a, int error,
                    struct server_stats *stats);

/* Cancels all accepts in flight; each then completes through the port, for acceptex_drop. */
void acceptex_cancel(struct acceptex_pool *pool);

/* Takes an accept that has ended after acceptex_cancel. */
void acceptex_drop(struct acceptex_pool *pool, struct acceptex *a);

#endif
