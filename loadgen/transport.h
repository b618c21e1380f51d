/* transport.h - how the load generator moves bytes: one interface, several IO models.
 * Completion-shaped: an operation is started, and its end arrives in a handler, from
 * transport_poll() only. That shape fits io_uring and IOCP as they are, and readiness serves it
 * honestly. A transport belongs to one thread.
 *
 * Stamps are the transport's: only it knows when the system call is made. A sent stamp is read just
 * before the bytes go to the kernel, or to the ring from which the kernel takes them when the next
 * few operations are submitted; a received stamp just after they came from it. Both err towards a
 * longer latency, never a shorter one. */
#ifndef LOADGEN_TRANSPORT_H
#define LOADGEN_TRANSPORT_H

#include "base/os.h"

#include <stddef.h>
#include <stdint.h>

/* Where the ends of operations go. Handlers may connect, send, shut down and close, on any
 * connection; what was under way on a closed one is never told of, also if its id is in use again.
 */
struct transport_handlers {
    /* The connect of `conn` ended; error 0 means that it stands. After an error it is closed. */
    void (*connected)(void *context, uint32_t conn, int error);
    /* `size` > 0: bytes, valid during the call, received at `now_ns`. `size` 0: end of stream. */
    void (*received)(void *context, uint32_t conn, const uint8_t *data, size_t size,
                     uint64_t now_ns);
    /* The connection broke; it is closed already and nothing more comes of it. */
    void (*failed)(void *context, uint32_t conn, int error);
};

struct transport_config {
    uint32_t connections;      /* connection ids are 0..connections-1 */
    uint32_t receive_bytes;    /* what usually comes at once on one connection; more may come */
    struct os_address address; /* the server */
    uint32_t sources;          /* local addresses to come from, 1 or more: os_connect
                                  of connection `conn` gets conn % sources */
    const struct transport_handlers *handlers; /* outlives the transport */
    void *context;                             /* first argument of every handler */
};

struct transport; /* one transport's state */

struct transport_ops {
    const char *name;                     /* "epoll" */
    const char *library;                  /* "libuv" if it stands on one; else NULL */
    const char *(*library_version)(void); /* of that library; NULL without one */
    /* Whether this machine can run it; if not, why. NULL: always. */
    bool (*probe)(char *reason, size_t reason_size);
    /* Returns 0 and *transport, owned by the caller, or an error. */
    int (*open)(const struct transport_config *config, struct transport **transport);
    /* Starts to connect `conn`. Returns 0 or an error; then no handler is called. */
    int (*connect)(struct transport *t, uint32_t conn);
    /* Sends all of `data`, which may be changed afterwards: what the kernel does not take at once
     * is copied and follows. `conn` must stand. Returns the stamp of the send in ns. A failure
     * arrives in `failed`. */
    uint64_t (*send)(struct transport *t, uint32_t conn, const uint8_t *data, size_t size);
    /* Ends the sending direction once all bytes are out. `conn` must stand. */
    void (*shutdown)(struct transport *t, uint32_t conn);
    /* Closes; no handler is called for `conn` until it is connected again. */
    void (*close)(struct transport *t, uint32_t conn);
    /* Handles what has ended. If nothing has, waits up to `timeout_ns` (0: does not wait). Adds to
     * *blocked_ns the time in which it slept. Returns how many operations ended. */
    uint32_t (*poll)(struct transport *t, uint64_t timeout_ns, uint64_t *blocked_ns);
    /* Frees; open connections are closed. */
    void (*free)(struct transport *t);
};

extern const struct transport_ops transport_epoll, transport_io_uring, transport_libuv;

/* Those of this build, the preferred one first; ended by NULL. */
extern const struct transport_ops *const transports[];

#endif
