/* rio_accept.h - connections for registered I/O: a number of AcceptEx under way on one listener,
 * whose completions come through the port that the listener was given to.
 * Invariant: a socket handed out has the flag that registered I/O asks for, which accept would not
 * give it. */
#ifndef SERVERS_WINDOWS_RIO_ACCEPT_H
#define SERVERS_WINDOWS_RIO_ACCEPT_H

#include "servers/model.h"

#include <windows.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <stdbool.h>
#include <stdint.h>

#define RIO_ACCEPTS 64 /* under way at once */

/* An AcceptEx. */
struct rio_accept {
    OVERLAPPED overlapped; /* first member: its address is this one's */
    os_socket socket;      /* to become the connection; OS_SOCKET_NONE: not made */
    bool under_way;        /* else it is to be started, maybe later */
    char addresses[2 * (sizeof(struct sockaddr_storage) + 16)]; /* AcceptEx insists on them */
};

/* All of one listener. */
struct rio_acceptor {
    os_socket listener;                     /* where connections come from */
    int family;                             /* of its address */
    LPFN_ACCEPTEX accept_ex;                /* of its provider */
    struct rio_accept accepts[RIO_ACCEPTS]; /* all under way, but for failures */
    size_t under_way;                       /* how many are */
    uint64_t retry_ns;                      /* one failed: when to start them again; 0: none did */
};

/* A socket for registered I/O, or OS_SOCKET_NONE with the reason for WSAGetLastError. */
os_socket rio_socket(int family);

/* Readies an acceptor; nothing is under way yet. Returns 0 or an error. */
int rio_acceptor_open(struct rio_acceptor *a, os_socket listener);

/* Starts all accepts that are not under way; if one fails that is counted, and they rest. */
void rio_acceptor_start(struct rio_acceptor *a, struct server_stats *stats);

/* Counts a failed accept and lets those rest that are not under way. */
void rio_acceptor_rest(struct rio_acceptor *a, struct server_stats *stats);

/* How long a wait may last, in ms: INFINITE unless accepts rest; 0 if they are to be started. */
DWORD rio_acceptor_wait_ms(const struct rio_acceptor *a);

/* Takes a completed accept: its socket, which is counted as accepted, or OS_SOCKET_NONE if it
 * was cancelled, or if the peer has left, which is counted. */
os_socket rio_accept_take(struct rio_acceptor *a, OVERLAPPED *completed,
                          struct server_stats *stats);

/* Cancels what is under way; the completions are still to come. */
void rio_acceptor_cancel(struct rio_acceptor *a);

/* Closes the sockets of accepts that came to nothing. */
void rio_acceptor_close(struct rio_acceptor *a);

#endif
