/* io_uring_queue.c - queues of received buffers, linked by buffer number. */
#include "servers/posix/io_uring_queue.h"

#include "base/check.h"

void queue_add(struct received *received, struct queue *q, uint32_t buffer, uint32_t size) {
    received[buffer].size = size;
    if (q->count)
        received[q->tail].next = buffer;
    else
        q->head = buffer;
    q->tail = buffer;
    q->count++;
}

void queue_drop(struct uring *u, const struct received *received, struct queue *q) {
    CHECK_OP(q->count, >, 0);
    uint32_t buffer = q->head;
    q->head = received[buffer].next;
    q->count--;
    uring_put(u, buffer);
}

void queue_cut(struct uring *u, const struct received *received, struct queue *q, uint32_t keep) {
    struct queue rest = *q;
    if (q->count <= keep) return;
    for (uint32_t i = 0; i < keep; i++) {
        q->tail = rest.head;
        rest.head = received[rest.head].next;
        rest.count--;
    }
    q->count = keep;
    while (rest.count) queue_drop(u, received, &rest);
}

size_t queue_bytes(const struct received *received, const struct queue *q) {
    size_t bytes = 0;
    uint32_t buffer = q->head;
    for (uint32_t i = 0; i < q->count; i++) {
        bytes += received[buffer].size;
        buffer = received[buffer].next;
    }
    return bytes;
}
