/* client.h - the clients of the conformance suite: plain sockets, driven by poll.
 * Invariant: every received byte is compared with the byte sent at the same offset. The payload is
 * a function of the client's seed and the offset. */
#ifndef TESTS_CLIENT_H
#define TESTS_CLIENT_H

#include "base/os.h"
#include "base/rng.h"

#include "tests/conformance/server_process.h"

struct client {
    os_socket fd;       /* OS_SOCKET_NONE when closed */
    uint64_t seed;      /* seed of the payload */
    uint64_t goal;      /* total bytes to send */
    uint64_t sent;      /* bytes that the kernel accepted */
    uint64_t received;  /* bytes received and found correct */
    uint64_t window;    /* maximum of unanswered bytes; 0: no limit */
    size_t fragment;    /* maximum of bytes per send; 0: no limit */
    bool random_pieces; /* use pieces of random size up to `fragment` */
    bool paused;        /* do not read */
    bool may_end;       /* the server may end or reset this connection */
    bool ended;         /* the server has ended the connection */
    struct rng rng;     /* for the sizes of pieces */
};

/* Connects client number `id`, and waits until it is connected. If `receive_buffer` is 0, the size
 * is the system's default. Ends the case on failure. */
void client_open(struct client *c, const struct server *server, const struct setup *setup,
                 uint64_t id, int receive_buffer);

/* Opens `n` clients with ids from `first_id`; the array is owned by the caller. */
struct client *clients_open(const struct server *server, const struct setup *setup,
                            uint64_t first_id, size_t n);

/* Sends one urgent byte (TCP's out-of-band data), which the server must skip. */
void client_send_urgent(struct client *c);

/* Waits at most `timeout_ms` (-1: without limit) until a client can send or receive, and does so.
 * Returns the number of bytes sent and received. */
uint64_t clients_step(struct client *clients, size_t n, int timeout_ms);

/* Steps until each client has received all bytes of its goal, or has ended if it may. */
void clients_pump(struct client *clients, size_t n);

/* Adds `bytes` to the goal of each client, and pumps. */
void clients_echo(struct client *clients, size_t n, uint64_t bytes);

/* Ends the sending direction. Then all pending bytes and the end of the stream must arrive. */
void client_finish(struct client *c);
void clients_finish(struct client *clients, size_t n);

/* Waits for pending bytes and the end of the stream, after the sending direction was ended. */
void client_await_end(struct client *c);

/* Close without further exchange, normally or with a reset. */
void client_close(struct client *c);
void client_reset(struct client *c);

/* Total number of received bytes. */
uint64_t clients_received(const struct client *clients, size_t n);

#endif
