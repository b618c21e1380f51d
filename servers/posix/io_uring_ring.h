/* io_uring_ring.h - what lies under the io_uring model: the two rings, the ring of buffers that the
 * kernel receives into, and the question whether this kernel has all that.
 * Invariant: every buffer is either the kernel's or in exactly one queue. */
#ifndef SERVERS_POSIX_IO_URING_RING_H
#define SERVERS_POSIX_IO_URING_RING_H

#include "servers/model.h"

#include <liburing.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Rings and buffers of one instance. */
struct ring {
    struct io_uring uring;             /* submission and completion ring */
    bool multishot;                    /* accept and receive stay armed */
    bool starts_disabled;              /* the kernel waits for ring_enable */
    struct io_uring_buf_ring *buffers; /* where the kernel takes its buffers from */
    uint8_t *memory;                   /* of all buffers */
    size_t stride;                     /* from one buffer to the next */
    size_t buffer_bytes;               /* what may be received into one */
    uint32_t count;                    /* how many; a power of two */
    uint32_t held;                     /* of them in queues */
    uint32_t returned;                 /* put back but not published yet */
    struct ring_received *received;    /* by buffer: what lies in it */
};

/* What one receive left in a buffer. */
struct ring_received {
    uint32_t size; /* bytes */
    uint32_t next; /* the next buffer in its queue */
};

/* Buffers in the order in which they were received; all zero is an empty one. */
struct ring_queue {
    uint32_t head;  /* the first buffer, if there is one */
    uint32_t tail;  /* the last */
    uint32_t count; /* how many */
};

/* The options of the model; see ring_options for their order. */
enum ring_option { OPTION_MULTISHOT, OPTION_BUFFERS };
extern const struct model_option ring_options[];

/* Version of liburing. */
const char *ring_library_version(void);

/* Makes rings and buffers. Returns 0, or an error and in *step what failed. */
int ring_open(struct ring *r, const struct server_config *config, const char **step);

/* Makes the calling thread the one that submits; no other may from now on. Returns 0 or an error.
 */
int ring_enable(struct ring *r);

/* Undoes what ring_enable did for this thread. */
void ring_disable(struct ring *r);

/* Ends what is still in flight and frees all. */
void ring_close(struct ring *r);

/* Whether this machine can run the model: makes a ring and receives a byte through it. */
bool ring_probe(const struct server_config *config, char *reason, size_t reason_size);

/* An empty submission entry; NULL if the ring is full and the kernel takes nothing now. */
struct io_uring_sqe *ring_entry(struct ring *r);

/* Submits, and waits until a completion is there or os_clock_ns() reaches `deadline_ns` (0: never).
 * Returns 0, also when nothing has come, or an error. */
int ring_wait(struct ring *r, uint64_t deadline_ns);

/* Fills an entry with a receive into a buffer of the kernel's choice. */
void ring_prepare_receive(const struct ring *r, struct io_uring_sqe *sqe, int fd);

/* Fills an entry with an accept. */
void ring_prepare_accept(const struct ring *r, struct io_uring_sqe *sqe, int listener);

static inline uint8_t *ring_data(const struct ring *r, uint32_t buffer) {
    return r->memory + buffer * r->stride;
}

/* Puts a buffer back that is in no queue. The kernel sees it after ring_publish. */
void ring_put(struct ring *r, uint32_t buffer);

/* Shows the kernel the buffers that were put back. */
void ring_publish(struct ring *r);

/* Appends a buffer that `size` bytes were received into. */
void ring_queue_add(struct ring *r, struct ring_queue *q, uint32_t buffer, uint32_t size);

/* Takes the first buffer off a queue and puts it back. */
void ring_queue_drop(struct ring *r, struct ring_queue *q);

/* Bytes in all buffers of a queue. */
size_t ring_queue_bytes(const struct ring *r, const struct ring_queue *q);

#endif
