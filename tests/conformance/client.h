/* client.h - the clients of the conformance suite: plain sockets, driven by poll.
 * Invariant: every byte that arrives is compared with the byte that was sent at that place of the
 * stream; the payload is a function of the client's seed and the offset. */
#ifndef TESTS_CLIENT_H
#define TESTS_CLIENT_H

#include "base/os.h"
#include "base/rng.h"

#include "tests/conformance/server_process.h"

struct client {
    os_socket fd;       /* OS_SOCKET_NONE when closed */
    uint64_t seed;      /* of its payload */
    uint64_t goal;      /* bytes to send in all */
    uint64_t sent;      /* bytes the kernel took */
    uint64_t received;  /* bytes that came back, all right */
    uint64_t window;    /* most bytes unanswered; 0: any number */
    size_t fragment;    /* most bytes per send; 0: as many as there are */
    bool random_pieces; /* sends and receives pieces of random size up to `fragment` */
    bool paused;        /* does not read */
    bool may_end;       /* the server may end or reset this connection */
    bool ended;         /* and did */
    struct rng rng;     /* of its pieces */
};

/* Connects client number `id`; waits until the connection stands. `receive_buffer` 0: the system's
 * size. Ends the case on failure. */
void client_open(struct client *c, const struct server *server, const struct setup *setup,
                 uint64_t id, int receive_buffer);

/* An array of `n` of them with ids from `first_id`; owned by the caller (or the case's end). */
struct client *clients_open(const struct server *server, const struct setup *setup,
                            uint64_t first_id, size_t n);

/* Waits at most `timeout_ms` (-1: for ever) until some can move bytes, and moves them. Returns how
 * many bytes moved in either direction. */
uint64_t clients_step(struct client *clients, size_t n, int timeout_ms);

/* Steps until every one of them has all its bytes back (or has ended, where it may). */
void clients_pump(struct client *clients, size_t n);

/* Adds `bytes` to the goal of each and pumps. */
void clients_echo(struct client *clients, size_t n, uint64_t bytes);

/* Ends the sending direction; everything still due must come, then the end of the stream. */
void client_finish(struct client *c);
void clients_finish(struct client *clients, size_t n);

/* The second half of that: after the sending direction was ended. */
void client_await_end(struct client *c);

/* Closes without a word, or with a reset. */
void client_close(struct client *c);
void client_reset(struct client *c);

/* Sum of the bytes that came back. */
uint64_t clients_received(const struct client *clients, size_t n);

#endif
