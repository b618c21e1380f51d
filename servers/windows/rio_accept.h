/* rio_accept.h - connections for registered I/O: several AcceptEx calls under way on one listener,
 * whose completions come through the listener's port. Invariant: a returned socket has the flag
 * that registered I/O needs, which accept would not set. */
#ifndef SERVERS_WINDOWS_RIO_ACCEPT_H
#define SERVERS_WINDOWS_RIO_ACCEPT_H

#include "servers/model.h"

#include <windows.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <stdbool.h>
#include <stdint.h>

#define RIO_ACCEPTS 64 /* under way at once */

/* One call of AcceptEx. */
struct rio_accept {
    OVERLAPPED overlapped; /* first member: its address is that of the accept */
    os_socket socket;      /* becomes the connection; OS_SOCKET_NONE: not created */
    bool under_way;        /* else it is to be started, maybe later */
    char addresses[2 * (sizeof(struct sockaddr_storage) + 16)]; /* required by AcceptEx */
};

/* All accepts of one listener. */
struct rio_acceptor {
    os_socket listener;
    int family;                             /* of the listener's address */
    LPFN_ACCEPTEX accept_ex;                /* from the listener's provider */
    struct rio_accept accepts[RIO_ACCEPTS]; /* all under way, unless one failed */
    size_t under_way;                       /* accepts under way */
    uint64_t retry_ns; /* when to start accepts again after a failure; 0: none failed */
};

/* A socket for registered I/O, or OS_SOCKET_NONE with the reason for WSAGetLastError. */
os_socket rio_socket(int family);

/* Readies an acceptor; nothing is under way yet. Returns 0 or an error. */
int rio_acceptor_open(struct rio_acceptor *a, os_socket listener);

/* Starts all accepts that are not under way; if one fails, counts that and pauses. */
void rio_acceptor_start(struct rio_acceptor *a, struct server_stats *stats);

/* Counts a failed accept and pauses those that are not under way. */
void rio_acceptor_rest(struct rio_acceptor *a, struct server_stats *stats);

/* How long a wait may last, in ms: INFINITE unless accepts pause; 0 if they are to be started. */
DWORD rio_acceptor_wait_ms(const struct rio_acceptor *a);

/* Takes a completed accept: its socket, which is counted as accepted, or OS_SOCKET_NONE if it
 * was cancelled, or if the peer has left, which is counted. */
os_socket rio_accept_take(struct rio_acceptor *a, OVERLAPPED *completed,
                          struct server_stats *stats);

/* Cancels all accepts under way; their completions are still to come. */
void rio_acceptor_cancel(struct rio_acceptor *a);

/* Closes the sockets of accepts that got no connection. */
void rio_acceptor_close(struct rio_acceptor *a);

#endif
