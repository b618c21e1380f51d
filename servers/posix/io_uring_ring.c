/* io_uring_ring.c - set-up of the io_uring model, and its buffers.
 * Invariant: a buffer is given to the kernel only by ring_put, and only when no operation reads
 * from it any more. */
#include "servers/posix/io_uring_ring.h"

#include "base/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#define ENTRIES 512      /* of the submission ring */
#define COMPLETIONS 8192 /* of the completion ring: many receives may end between two waits */
#define BUFFER_GROUP 0
#define CACHE_LINE 64u

const struct model_option ring_options[] = {
    {"multishot", "1|0", 0, 0, 0, "1: accept and receive stay armed; 0: each is asked for anew"},
    {"buffers", NULL, 1024, 16, 32768,
     "receive buffers of an instance; rounded up to a power of two"},
    {.name = NULL}};

const char *ring_library_version(void) {
    return LIBURING_VERSION;
}

/* ---- set-up ---- */

/* Makes the rings with the fastest mode that the kernel has. Returns 0 or an error. */
static int rings_open(struct ring *r) {
    /* Completions are worked off when this thread asks for them, not by interrupting it (6.1; the
     * ring is enabled by the thread that will submit) */
    static const unsigned modes[] = {IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
                                         IORING_SETUP_R_DISABLED | IORING_SETUP_SUBMIT_ALL,
                                     IORING_SETUP_COOP_TASKRUN | IORING_SETUP_SUBMIT_ALL, 0};
    int error = EINVAL;
    for (size_t i = 0; error == EINVAL && i < sizeof modes / sizeof *modes; i++) {
        struct io_uring_params params = {.flags = modes[i] | IORING_SETUP_CQSIZE,
                                         .cq_entries = COMPLETIONS};
        error = -io_uring_queue_init_params(ENTRIES, &r->uring, &params);
        r->starts_disabled = modes[i] & IORING_SETUP_R_DISABLED;
    }
    return error;
}

static size_t buffer_ring_bytes(const struct ring *r) {
    return r->count * sizeof(struct io_uring_buf);
}

static int buffers_open(struct ring *r) {
    struct io_uring_buf_reg registration = {.ring_entries = r->count, .bgid = BUFFER_GROUP};
    r->memory = aligned_alloc(CACHE_LINE, r->count * r->stride);
    r->received = calloc(r->count, sizeof *r->received);
    if (!r->memory || !r->received) return ENOMEM;
    void *pages = mmap(NULL, buffer_ring_bytes(r), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) return errno;
    r->buffers = pages;
    registration.ring_addr = (uint64_t)(uintptr_t)pages;
    int error = -io_uring_register_buf_ring(&r->uring, &registration, 0);
    if (error) return error;
    io_uring_buf_ring_init(r->buffers);
    r->held = r->count;
    for (uint32_t i = 0; i < r->count; i++) ring_put(r, i);
    ring_publish(r);
    return 0;
}

static void buffers_close(struct ring *r) {
    if (r->buffers) munmap(r->buffers, buffer_ring_bytes(r));
    free(r->received);
    free(r->memory);
}

int ring_open(struct ring *r, const struct server_config *config, const char **step) {
    *r = (struct ring){.multishot = config->options[OPTION_MULTISHOT] == 0,
                       .buffer_bytes = config->buffer_bytes,
                       .count = 1};
    while (r->count < config->options[OPTION_BUFFERS]) r->count *= 2;
    /* A line more than a power of two, so that buffers do not all share the same cache sets */
    r->stride = (r->buffer_bytes + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE + CACHE_LINE;
    *step = "io_uring_setup";
    int error = rings_open(r);
    if (error) return error;
    *step = "ring of provided buffers (needs Linux 5.19)";
    error = buffers_open(r);
    if (!error) return 0;
    io_uring_queue_exit(&r->uring);
    buffers_close(r);
    return error;
}

int ring_enable(struct ring *r) {
    /* io_uring_enable_rings() is in the header of liburing 2.3 but not in its shared library */
    int error = 0;
    if (r->starts_disabled)
        error =
            -io_uring_register((unsigned)r->uring.ring_fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
    /* Saves looking up the descriptor in every call; what fails here only costs that (5.18) */
    if (!error) (void)io_uring_register_ring_fd(&r->uring);
    return error;
}

void ring_disable(struct ring *r) {
    (void)io_uring_unregister_ring_fd(&r->uring); /* an error: it was not registered */
}

void ring_close(struct ring *r) {
    io_uring_queue_exit(&r->uring);
    buffers_close(r);
}

/* ---- operations ---- */

struct io_uring_sqe *ring_entry(struct ring *r) {
    struct io_uring_sqe *sqe = io_uring_get_sqe(&r->uring);
    if (sqe) return sqe;
    (void)io_uring_submit(&r->uring); /* if it fails there is no entry, which the caller handles */
    return io_uring_get_sqe(&r->uring);
}

int ring_wait(struct ring *r, uint64_t deadline_ns) {
    int result;
    if (deadline_ns) {
        struct io_uring_cqe *first;
        uint64_t now_ns = os_clock_ns();
        uint64_t left_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
        struct __kernel_timespec timeout = {.tv_sec = (int64_t)(left_ns / 1000000000u),
                                            .tv_nsec = (int64_t)(left_ns % 1000000000u)};
        result = io_uring_submit_and_wait_timeout(&r->uring, &first, 1, &timeout, NULL);
    } else {
        result = io_uring_submit_and_wait(&r->uring, 1);
    }
    /* EBUSY: the completion ring has overflowed; what is not submitted yet stays for the next time
     */
    bool again =
        result == -ETIME || result == -EBUSY || (result < 0 && os_error_would_block(-result));
    return result < 0 && !again ? -result : 0;
}

void ring_prepare_receive(const struct ring *r, struct io_uring_sqe *sqe, int fd) {
    if (r->multishot)
        io_uring_prep_recv_multishot(sqe, fd, NULL, 0, 0);
    else
        io_uring_prep_recv(sqe, fd, NULL, r->buffer_bytes, 0);
    sqe->flags |= IOSQE_BUFFER_SELECT;
    sqe->buf_group = BUFFER_GROUP;
}

void ring_prepare_accept(const struct ring *r, struct io_uring_sqe *sqe, int listener) {
    if (r->multishot)
        io_uring_prep_multishot_accept(sqe, listener, NULL, NULL, SOCK_CLOEXEC);
    else
        io_uring_prep_accept(sqe, listener, NULL, NULL, SOCK_CLOEXEC);
}

/* ---- buffers ---- */

void ring_put(struct ring *r, uint32_t buffer) {
    io_uring_buf_ring_add(r->buffers, ring_data(r, buffer), (unsigned)r->buffer_bytes,
                          (unsigned short)buffer, io_uring_buf_ring_mask(r->count),
                          (int)r->returned);
    r->returned++;
    r->held--;
}

void ring_publish(struct ring *r) {
    if (r->returned) io_uring_buf_ring_advance(r->buffers, (int)r->returned);
    r->returned = 0;
}

void ring_queue_add(struct ring *r, struct ring_queue *q, uint32_t buffer, uint32_t size) {
    r->received[buffer].size = size;
    if (q->count)
        r->received[q->tail].next = buffer;
    else
        q->head = buffer;
    q->tail = buffer;
    q->count++;
}

void ring_queue_drop(struct ring *r, struct ring_queue *q) {
    CHECK_OP(q->count, >, 0);
    uint32_t buffer = q->head;
    q->head = r->received[buffer].next;
    q->count--;
    ring_put(r, buffer);
}

size_t ring_queue_bytes(const struct ring *r, const struct ring_queue *q) {
    size_t bytes = 0;
    uint32_t buffer = q->head;
    for (uint32_t i = 0; i < q->count; i++) {
        bytes += r->received[buffer].size;
        buffer = r->received[buffer].next;
    }
    return bytes;
}

/* ---- probe ---- */

/* Receives one byte the way the model does. Returns 0 or an error. */
static int try_receive(struct ring *r, os_socket pair[2]) {
    size_t sent;
    struct __kernel_timespec limit = {.tv_sec = 1};
    struct io_uring_cqe *cqe;
    int error = ring_enable(r);
    struct io_uring_sqe *sqe = error ? NULL : ring_entry(r);
    if (!sqe) return error ? error : EAGAIN;
    ring_prepare_receive(r, sqe, pair[0]);
    error = os_send(pair[1], "x", 1, &sent);
    if (error) return error;
    int result = io_uring_submit_and_wait_timeout(&r->uring, &cqe, 1, &limit, NULL);
    if (result < 0) return -result;
    if (cqe->res < 0) return -cqe->res;
    bool whole = cqe->res == 1 && cqe->flags & IORING_CQE_F_BUFFER;
    return whole && (!r->multishot || cqe->flags & IORING_CQE_F_MORE) ? 0 : EINVAL;
}

/* The value of kernel.io_uring_disabled (Linux 6.6); 0 where there is no such setting. */
static int disabled_by_setting(void) {
    int value = 0;
    FILE *file = fopen("/proc/sys/kernel/io_uring_disabled", "re");
    if (!file) return 0;
    if (fscanf(file, "%d", &value) != 1) value = 0;
    fclose(file);
    return value;
}

bool ring_probe(const struct server_config *config, char *reason, size_t reason_size) {
    struct ring r;
    os_socket pair[2];
    const char *step = "socket pair";
    int error = os_socket_pair(true, pair);
    if (!error) {
        error = ring_open(&r, config, &step);
        if (!error) {
            step = r.multishot ? "multishot receive (needs Linux 6.0)" : "receive";
            error = try_receive(&r, pair);
            ring_disable(&r);
            ring_close(&r);
        }
        os_close(pair[0]);
        os_close(pair[1]);
    }
    int setting = error == EPERM ? disabled_by_setting() : 0;
    if (setting)
        snprintf(reason, reason_size, "kernel.io_uring_disabled=%d", setting);
    else if (error)
        snprintf(reason, reason_size, "%s: %s", step, os_error_text(error));
    return !error;
}
