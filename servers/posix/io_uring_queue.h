/* io_uring_queue.h - bytes that a connection of the io_uring model has received and not yet sent:
 * buffers of the ring, in order. Invariant: every buffer that the program holds is in exactly one
 * queue. */
#ifndef SERVERS_POSIX_IO_URING_QUEUE_H
#define SERVERS_POSIX_IO_URING_QUEUE_H

#include "base/uring.h"

/* The contents of a buffer after a receive. */
struct received {
    uint32_t size; /* bytes */
    uint32_t next; /* the next buffer in its queue */
};

/* Buffers in the order in which they were received; all zero is an empty queue. */
struct queue {
    uint32_t head; /* the first buffer, if there is one */
    uint32_t tail; /* the last */
    uint32_t count;
};

/* Appends a held buffer with `size` received bytes. `received` has an entry per buffer. */
void queue_add(struct received *received, struct queue *q, uint32_t buffer, uint32_t size);

/* Takes the first buffer off a queue and puts it back into the ring. */
void queue_drop(struct uring *u, const struct received *received, struct queue *q);

/* Puts all buffers of a queue but the first `keep` back into the ring. */
void queue_cut(struct uring *u, const struct received *received, struct queue *q, uint32_t keep);

/* Bytes in all buffers of a queue. */
size_t queue_bytes(const struct received *received, const struct queue *q);

#endif
