/* uring.h - what lies under everything that does its I/O through io_uring: the two rings, the ring
 * of buffers that the kernel receives into, and the question whether this kernel has all that.
 * Compiled only where liburing is. Invariant: every buffer is either the kernel's or held by the
 * program, and `held` counts those. */
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
    size_t buffer_bytes;  /* most that one of them takes */
    bool multishot;       /* accept and receive stay armed (Linux 6.0) */
};

/* Rings and buffers of one thread. */
struct uring {
    struct io_uring rings;             /* submission and completion ring */
    bool multishot;                    /* as configured */
    bool starts_disabled;              /* the kernel waits for uring_enable */
    struct io_uring_buf_ring *buffers; /* where the kernel takes its buffers from */
    uint8_t *memory;                   /* of all buffers */
    size_t stride;                     /* from one buffer to the next */
    size_t buffer_bytes;               /* what may be received into one */
    uint32_t count;                    /* how many; a power of two */
    uint32_t held;                     /* of them, those that are not the kernel's */
    uint32_t returned;                 /* put back but not published yet */
};

/* Version of liburing, as compiled against. */
const char *uring_library_version(void);

/* Makes rings and buffers. Returns 0, or an error and in *step what failed. */
int uring_open(struct uring *u, const struct uring_config *config, const char **step);

/* Makes the calling thread the one that submits; no other may from now on. Returns 0 or an error.
 */
int uring_enable(struct uring *u);

/* Undoes what uring_enable did for this thread. */
void uring_disable(struct uring *u);

/* Ends what is still in flight and frees all. */
void uring_close(struct uring *u);

/* Whether this machine can do what `config` asks for: makes a ring and receives a byte through it.
 * If not, `reason` says why. */
bool uring_probe(const struct uring_config *config, char *reason, size_t reason_size);

/* An empty submission entry; NULL if the ring is full and the kernel takes nothing now. */
struct io_uring_sqe *uring_entry(struct uring *u);

/* Submits, and lets the kernel deliver what has ended without waiting for more. Returns 0 or an
 * error. */
int uring_submit(struct uring *u);

/* Submits, and waits until a completion is there or os_clock_ns() reaches `deadline_ns` (0: never).
 * Returns 0, also when nothing has come, or an error. */
int uring_wait(struct uring *u, uint64_t deadline_ns);

/* Fills an entry with a receive into a buffer of the kernel's choice. Its completion names the
 * buffer if it has IORING_CQE_F_BUFFER; who takes that one holds it until uring_put. */
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
