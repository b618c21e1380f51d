/* uring.h - what every user of io_uring needs: the two rings, the ring of buffers that the kernel
 * receives into, and a probe of what this kernel supports. Compiled only if liburing is installed.
 * Invariant: every buffer belongs either to the kernel or to the program; `held` counts the
 * program's. */
#ifndef BASE_URING_H
#define BASE_URING_H

#include "base/os.h"

#include <liburing.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct uring_config {
    unsigned entries;     /* of the submission ring; a power of two */
    unsigned completions; /* of the completion ring; a power of two */
    uint32_t buffers;     /* receive buffers, 1..32768; rounded up to a power of two */
    size_t buffer_bytes;  /* capacity of one buffer */
    bool multishot;       /* accept and receive stay armed (Linux 6.0) */
};

/* Rings and buffers of one thread. */
struct uring {
    struct io_uring rings; /* submission and completion ring */
    bool multishot;
    bool starts_disabled;              /* the kernel waits for uring_enable */
    struct io_uring_buf_ring *buffers; /* the kernel takes buffers from here */
    uint8_t *memory;                   /* of all buffers */
    size_t stride;                     /* from one buffer to the next */
    size_t buffer_bytes;               /* capacity of one buffer */
    uint32_t count;                    /* buffers; a power of two */
    uint32_t held;                     /* of them, those of the program */
    uint32_t returned;                 /* buffers put back but not published yet */
};

/* Version of liburing, as compiled against. */
const char *uring_library_version(void);

/* Memory that the rings take, in bytes, and that of the buffers. */
uint64_t uring_ring_bytes(const struct uring_config *config);
uint64_t uring_buffer_bytes(const struct uring_config *config);

/* Makes rings and buffers. Returns 0, or an error and the failed step in *step. */
int uring_open(struct uring *u, const struct uring_config *config, const char **step);

/* Makes the calling thread the one that submits; no other may from now on. Returns 0 or an error.
 */
int uring_enable(struct uring *u);

/* Undoes what uring_enable did for this thread. */
void uring_disable(struct uring *u);

/* Ends what is still in flight and frees all. */
void uring_close(struct uring *u);

/* Whether this machine supports `config`: makes a ring and receives a byte through it. If not,
 * `reason` says why. */
bool uring_probe(const struct uring_config *config, char *reason, size_t reason_size);

/* An empty submission entry; NULL if the ring is full and the kernel takes nothing now. */
struct io_uring_sqe *uring_entry(struct uring *u);

/* Whether completions are there that were not handled yet. */
bool uring_pending(const struct uring *u);

/* Submits without asking for completions. Returns 0 or an error. */
int uring_submit(struct uring *u);

/* Submits, and lets the kernel deliver completions without waiting for more. Returns 0 or an
 * error. */
int uring_poll(struct uring *u);

/* Submits, and waits until a completion is there or os_clock_ns() reaches `deadline_ns` (0: never).
 * Returns 0, also if none came, or an error. */
int uring_wait(struct uring *u, uint64_t deadline_ns);

/* Fills an entry with a receive into a buffer of the kernel's choice. Its completion names the
 * buffer if it has IORING_CQE_F_BUFFER; the caller of uring_take then holds it until uring_put. */
void uring_prepare_receive(const struct uring *u, struct io_uring_sqe *sqe, int fd);

/* Takes the buffer that a completion names, which must have IORING_CQE_F_BUFFER. */
static inline uint32_t uring_take(struct uring *u, const struct io_uring_cqe *cqe) {
    u->held++;
    return cqe->flags >> IORING_CQE_BUFFER_SHIFT;
}

/* The bytes of a buffer. */
static inline uint8_t *uring_data(const struct uring *u, uint32_t buffer) {
    return u->memory + buffer * u->stride;
}

/* Puts a held buffer back. The kernel sees it after uring_publish. */
void uring_put(struct uring *u, uint32_t buffer);

/* Shows the kernel the buffers that were put back. */
void uring_publish(struct uring *u);

#endif
