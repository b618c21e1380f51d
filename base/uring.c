/* uring.c - set-up of the rings, and the buffers.
 * Invariant: a buffer is given to the kernel only by uring_put, and only when no operation reads
 * from it any more. */
#include "base/uring.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#define BUFFER_GROUP 0
#define CACHE_LINE 64u
#define RING_HEADS 16384u /* bytes in front of the two rings, and what rounding to pages adds */

const char *uring_library_version(void) {
    return LIBURING_VERSION;
}

/* ---- set-up ---- */

/* Makes the rings with the fastest mode that the kernel has. Returns 0 or an error. */
static int rings_open(struct uring *u, const struct uring_config *config) {
    /* Completions are processed when this thread asks for them; it is not interrupted (Linux 6.1).
     * The thread that submits must enable such a ring. */
    static const unsigned modes[] = {IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
                                         IORING_SETUP_R_DISABLED | IORING_SETUP_SUBMIT_ALL,
                                     IORING_SETUP_COOP_TASKRUN | IORING_SETUP_SUBMIT_ALL, 0};
    int error = EINVAL;
    for (size_t i = 0; error == EINVAL && i < sizeof modes / sizeof *modes; i++) {
        struct io_uring_params params = {.flags = modes[i] | IORING_SETUP_CQSIZE,
                                         .cq_entries = config->completions};
        error = -io_uring_queue_init_params(config->entries, &u->rings, &params);
        u->starts_disabled = modes[i] & IORING_SETUP_R_DISABLED;
    }
    return error;
}

static size_t buffer_ring_bytes(const struct uring *u) {
    return u->count * sizeof(struct io_uring_buf);
}

static int buffers_open(struct uring *u) {
    struct io_uring_buf_reg registration = {.ring_entries = u->count, .bgid = BUFFER_GROUP};
    u->memory = aligned_alloc(CACHE_LINE, u->count * u->stride);
    if (!u->memory) return ENOMEM;
    void *pages = mmap(NULL, buffer_ring_bytes(u), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) return errno;
    u->buffers = pages;
    registration.ring_addr = (uint64_t)(uintptr_t)pages;
    int error = -io_uring_register_buf_ring(&u->rings, &registration, 0);
    if (error) return error;
    io_uring_buf_ring_init(u->buffers);
    u->held = u->count;
    for (uint32_t i = 0; i < u->count; i++) uring_put(u, i);
    uring_publish(u);
    return 0;
}

static void buffers_close(struct uring *u) {
    if (u->buffers) munmap(u->buffers, buffer_ring_bytes(u));
    free(u->memory);
}

static uint32_t buffer_count(const struct uring_config *config) {
    uint32_t count = 1;
    while (count < config->buffers) count *= 2;
    return count;
}

/* One cache line more than needed, so that buffers do not all fall into the same cache sets. */
static size_t buffer_stride(const struct uring_config *config) {
    return (config->buffer_bytes + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE + CACHE_LINE;
}

uint64_t uring_ring_bytes(const struct uring_config *config) {
    return config->entries * (sizeof(struct io_uring_sqe) + sizeof(unsigned)) +
           config->completions * sizeof(struct io_uring_cqe) + RING_HEADS +
           buffer_count(config) * sizeof(struct io_uring_buf);
}

uint64_t uring_buffer_bytes(const struct uring_config *config) {
    return buffer_count(config) * buffer_stride(config);
}

int uring_open(struct uring *u, const struct uring_config *config, const char **step) {
    *u = (struct uring){.multishot = config->multishot,
                        .buffer_bytes = config->buffer_bytes,
                        .stride = buffer_stride(config),
                        .count = buffer_count(config)};
    *step = "io_uring_setup";
    int error = rings_open(u, config);
    if (error) return error;
    *step = "ring of provided buffers (needs Linux 5.19)";
    error = buffers_open(u);
    if (!error) return 0;
    io_uring_queue_exit(&u->rings);
    buffers_close(u);
    return error;
}

int uring_enable(struct uring *u) {
    /* io_uring_enable_rings() is in the header of liburing 2.3 but not in its shared library */
    int error = 0;
    if (u->starts_disabled)
        error =
            -io_uring_register((unsigned)u->rings.ring_fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
    /* Saves the lookup of the descriptor in every call (Linux 5.18); failing only costs that */
    if (!error) (void)io_uring_register_ring_fd(&u->rings);
    return error;
}

void uring_disable(struct uring *u) {
    (void)io_uring_unregister_ring_fd(&u->rings); /* an error: it was not registered */
}

void uring_close(struct uring *u) {
    io_uring_queue_exit(&u->rings);
    buffers_close(u);
}

/* ---- operations ---- */

struct io_uring_sqe *uring_entry(struct uring *u) {
    struct io_uring_sqe *sqe = io_uring_get_sqe(&u->rings);
    if (sqe) return sqe;
    (void)io_uring_submit(&u->rings); /* if it fails there is no entry, which the caller handles */
    return io_uring_get_sqe(&u->rings);
}

/* The native error of a call of the rings; 0 also for those that only mean "later". EBUSY: the
 * completion ring has overflowed; entries that were not submitted stay for the next call. */
static int error_of(int result) {
    bool later =
        result == -ETIME || result == -EBUSY || (result < 0 && os_error_would_block(-result));
    return result < 0 && !later ? -result : 0;
}

bool uring_pending(const struct uring *u) {
    return io_uring_cq_ready(&u->rings) > 0;
}

int uring_submit(struct uring *u) {
    return error_of(io_uring_submit(&u->rings));
}

int uring_poll(struct uring *u) {
    return error_of(io_uring_submit_and_get_events(&u->rings));
}

int uring_wait(struct uring *u, uint64_t deadline_ns) {
    if (!deadline_ns) return error_of(io_uring_submit_and_wait(&u->rings, 1));
    struct io_uring_cqe *first;
    uint64_t now_ns = os_clock_ns();
    uint64_t left_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
    struct __kernel_timespec timeout = {.tv_sec = (int64_t)(left_ns / 1000000000u),
                                        .tv_nsec = (int64_t)(left_ns % 1000000000u)};
    return error_of(io_uring_submit_and_wait_timeout(&u->rings, &first, 1, &timeout, NULL));
}

void uring_prepare_receive(const struct uring *u, struct io_uring_sqe *sqe, int fd) {
    if (u->multishot)
        io_uring_prep_recv_multishot(sqe, fd, NULL, 0, 0);
    else
        io_uring_prep_recv(sqe, fd, NULL, u->buffer_bytes, 0);
    sqe->flags |= IOSQE_BUFFER_SELECT;
    sqe->buf_group = BUFFER_GROUP;
}

/* ---- buffers ---- */

void uring_put(struct uring *u, uint32_t buffer) {
    io_uring_buf_ring_add(u->buffers, uring_data(u, buffer), (unsigned)u->buffer_bytes,
                          (unsigned short)buffer, io_uring_buf_ring_mask(u->count),
                          (int)u->returned);
    u->returned++;
    u->held--;
}

void uring_publish(struct uring *u) {
    if (u->returned) io_uring_buf_ring_advance(u->buffers, (int)u->returned);
    u->returned = 0;
}

/* ---- probe ---- */

/* Receives one byte as the server and the load generator do. Returns 0 or an error. */
static int try_receive(struct uring *u, os_socket pair[2]) {
    size_t sent;
    struct __kernel_timespec limit = {.tv_sec = 1};
    struct io_uring_cqe *cqe = NULL;
    int error = uring_enable(u);
    struct io_uring_sqe *sqe = error ? NULL : uring_entry(u);
    if (!sqe) return error ? error : EAGAIN;
    uring_prepare_receive(u, sqe, pair[0]);
    error = os_send(pair[1], "x", 1, &sent);
    if (error) return error;
    int result = io_uring_submit_and_wait_timeout(&u->rings, &cqe, 1, &limit, NULL);
    if (result < 0) return -result;
    if (!cqe) return ETIME; /* liburing 2.3 counts what it submitted as success */
    if (cqe->res < 0) return -cqe->res;
    bool whole = cqe->res == 1 && cqe->flags & IORING_CQE_F_BUFFER;
    return whole && (!u->multishot || cqe->flags & IORING_CQE_F_MORE) ? 0 : EINVAL;
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

bool uring_probe(const struct uring_config *config, char *reason, size_t reason_size) {
    struct uring u;
    os_socket pair[2];
    const char *step = "socket pair";
    int error = os_socket_pair(true, pair);
    if (!error) {
        error = uring_open(&u, config, &step);
        if (!error) {
            step = u.multishot ? "multishot receive (needs Linux 6.0)" : "receive";
            error = try_receive(&u, pair);
            uring_disable(&u);
            uring_close(&u);
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
