/* transport.h - how the load generator moves bytes: one interface, several IO models.
 * Completion-shaped: an operation is started, and its end arrives in a handler, from
 * transport_poll() only. Completion models have that shape, and readiness models can
 * provide it. A transport belongs to one thread.
 *
 * The transport takes the time stamps, because only it knows when the system call is made. A send
 * is stamped just before its bytes go to the kernel, or to the ring from which the kernel takes
 * them. A receive is stamped just after its bytes came from the kernel. Both can only make a
 * latency longer, never shorter. */
#ifndef LOADGEN_TRANSPORT_H
#define LOADGEN_TRANSPORT_H

#include "base/os.h"

#include <stddef.h>
#include <stdint.h>

/* Called when operations end. Handlers may connect, send, shut down and close, on any connection.
 * Operations of a closed connection are never reported, even if its id is in use again. */
struct transport_handlers {
    /* The connect of `conn` ended; error 0 means that it stands. After an error it is closed. */
    void (*connected)(void *context, uint32_t conn, int error);
    /* `size` > 0: bytes, valid during the call, received at `now_ns`. `size` 0: end of stream. */
    void (*received)(void *context, uint32_t conn, const uint8_t *data, size_t size,
                     uint64_t now_ns);
    /* The connection broke. It is closed already; no handler is called for it any more. */
    void (*failed)(void *context, uint32_t conn, int error);
};

struct transport_config {
    uint32_t connections;      /* connection ids are 0..connections-1 */
    uint32_t in_flight_bytes;  /* bytes that a connection usually has in flight at most; a hint */
    struct os_address address; /* the server */
    uint32_t sources;          /* local addresses to connect from, 1 or more: connection `conn`
                                  gets number conn % sources */
    const struct transport_handlers *handlers; /* outlives the transport */
    void *context;                             /* first argument of every handler */
};

#define TRANSPORT_BLOCK_BYTES 32u /* what malloc adds to a block, rounded up */

/* What a transport takes at most, in bytes, also of the kernel for its rings. */
struct transport_memory {
    uint64_t own;        /* for itself */
    uint64_t locked;     /* of that, what some kernels count as locked */
    uint64_t connection; /* for each connection id */
    uint64_t message;    /* for each message in flight, if the kernel takes none of its bytes */
};

struct transport; /* one transport's state */

struct transport_ops {
    const char *name;                     /* "epoll" */
    const char *library;                  /* "libuv" if it uses one; else NULL */
    const char *(*library_version)(void); /* of that library; NULL without one */
    /* Whether this machine can run it; if not, why. NULL: always. */
    bool (*probe)(char *reason, size_t reason_size);
    /* What it will take for messages of `size_bytes`, of which a connection has up to `window` in
     * flight. */
    struct transport_memory (*memory)(uint64_t size_bytes, uint32_t window);
    /* Returns 0 and *transport, owned by the caller, or an error. */
    int (*open)(const struct transport_config *config, struct transport **transport);
    /* Starts to connect `conn`. Returns 0 or an error; then no handler is called. */
    int (*connect)(struct transport *t, uint32_t conn);
    /* Sends all of `data`, which the caller may change afterwards: bytes that the kernel does not
     * take at once are copied. `conn` must stand. Returns the stamp of the send in ns. A failure
     * arrives in `failed`. */
    uint64_t (*send)(struct transport *t, uint32_t conn, const uint8_t *data, size_t size);
    /* Ends the sending direction once all bytes are out. `conn` must stand. */
    void (*shutdown)(struct transport *t, uint32_t conn);
    /* Closes; no handler is called for `conn` until it is connected again. */
    void (*close)(struct transport *t, uint32_t conn);
    /* Handles operations that have ended. If none has, waits up to `timeout_ns` (0: does not wait).
     * Adds to *blocked_ns the time in which it slept. Returns how many operations ended. */
    uint32_t (*poll)(struct transport *t, uint64_t timeout_ns, uint64_t *blocked_ns);
    /* Frees; open connections are closed. */
    void (*free)(struct transport *t);
};

/* Bytes to allocate for `needed` bytes that wait to be sent: more, so that few messages make it
 * grow, but not more than a connection has in flight. */
static inline size_t transport_room(size_t needed, uint32_t in_flight_bytes) {
    size_t room = 2 * needed < in_flight_bytes ? 2 * needed : in_flight_bytes;
    return room > needed ? room : needed;
}

extern const struct transport_ops transport_epoll, transport_io_uring, transport_libuv;

/* The transports of this build, the preferred one first; ended by NULL. */
extern const struct transport_ops *const transports[];

#endif
