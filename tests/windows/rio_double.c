/* rio_double.c - a test double of registered I/O over overlapped calls, for systems without it,
 * such as Wine. It is linked into echo-rio and replaces the WSAIoctl that returns the functions of
 * registered I/O; all other calls of WSAIoctl go to Winsock. It is for tests only and not for
 * measurements.
 * Invariant: calls that the documentation forbids abort the process: requests beyond a queue's
 * limit, completion queues too small for their request queues, slices outside registered buffers,
 * and a second RIONotify before the first notification. */
#include "base/check.h"

#include "servers/windows/rio_api.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* A registered buffer. */
struct rio_buffer_id {
    char *data;
    DWORD size;
};

/* A completion queue: a ring. */
struct rio_completions {
    struct rio_result *ring;        /* `size` entries */
    DWORD size, first, count;       /* capacity, index of the oldest entry, number of entries */
    DWORD promised;                 /* entries reserved by request queues */
    struct rio_notification notify; /* how to notify */
    bool asked;                     /* RIONotify was called and no notification was sent yet */
};

/* A request of a queue. */
struct request {
    OVERLAPPED overlapped; /* must be the first member */
    struct rio_requests *queue;
    ULONGLONG context; /* given by the caller */
    bool under_way;    /* started and not completed */
};

/* A request queue with one receive and one send, which is all that echo-rio needs. */
struct rio_requests {
    SOCKET socket;                       /* its owner may close it at any time */
    struct rio_completions *completions; /* completion queue of both requests */
    ULONGLONG context;                   /* given by the caller */
    struct request receive, send;
};

static SRWLOCK lock = SRWLOCK_INIT; /* protects all queues */
static HANDLE port;                 /* completion port of the overlapped calls */

static void tell(struct rio_completions *q) {
    if (!q->asked || !q->count) return;
    q->asked = false;
    CHECK(PostQueuedCompletionStatus(q->notify.by.port.port, 0, (ULONG_PTR)q->notify.by.port.key,
                                     q->notify.by.port.overlapped));
}

/* Thread that turns completions of overlapped calls into completions of registered I/O. */
static void *pump(void *unused) {
    for (;;) {
        DWORD bytes = 0;
        ULONG_PTR key;
        OVERLAPPED *overlapped = NULL;
        BOOL fine = GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, INFINITE);
        LONG status = fine ? 0 : (LONG)GetLastError();
        if (!overlapped) continue;
        struct request *r = (struct request *)(void *)overlapped;
        struct rio_completions *q = r->queue->completions;
        AcquireSRWLockExclusive(&lock);
        CHECK_OP(q->count, <, q->size);
        q->ring[(q->first + q->count++) % q->size] =
            (struct rio_result){status, bytes, r->queue->context, r->context};
        r->under_way = false;
        tell(q);
        ReleaseSRWLockExclusive(&lock);
    }
    return unused;
}

static BOOL start(struct request *r, const struct rio_slice *data, ULONG count, DWORD flags,
                  void *context, bool is_send) {
    WSABUF part = {.len = data->length, .buf = data->buffer->data + data->offset};
    DWORD no_flags = 0;
    CHECK_OP(count, ==, 1);
    CHECK_OP(flags, ==, 0);
    CHECK_OP((uint64_t)data->offset + data->length, <=, data->buffer->size);
    AcquireSRWLockExclusive(&lock);
    CHECK(!r->under_way);
    r->under_way = true;
    r->context = (ULONGLONG)(uintptr_t)context;
    r->overlapped = (OVERLAPPED){0};
    ReleaseSRWLockExclusive(&lock);
    int failed = is_send
                     ? WSASend(r->queue->socket, &part, 1, NULL, 0, &r->overlapped, NULL)
                     : WSARecv(r->queue->socket, &part, 1, NULL, &no_flags, &r->overlapped, NULL);
    if (!failed || WSAGetLastError() == WSA_IO_PENDING) return TRUE;
    r->under_way = false;
    return FALSE;
}

static BOOL PASCAL receive(struct rio_requests *q, struct rio_slice *data, ULONG count, DWORD flags,
                           void *context) {
    return start(&q->receive, data, count, flags, context, false);
}

static BOOL PASCAL send_slice(struct rio_requests *q, struct rio_slice *data, ULONG count,
                              DWORD flags, void *context) {
    return start(&q->send, data, count, flags, context, true);
}

static struct rio_completions *PASCAL create_completions(DWORD size,
                                                         struct rio_notification *notify) {
    struct rio_completions *q = calloc(1, sizeof *q);
    CHECK(q != NULL);
    CHECK(notify->type == RIO_BY_PORT && notify->by.port.overlapped);
    q->ring = calloc(size, sizeof *q->ring);
    CHECK(q->ring != NULL);
    q->size = size;
    q->notify = *notify;
    return q;
}

static BOOL PASCAL resize_completions(struct rio_completions *q, DWORD size) {
    AcquireSRWLockExclusive(&lock);
    struct rio_result *ring = calloc(size, sizeof *ring);
    CHECK(ring && size >= q->count);
    for (DWORD i = 0; i < q->count; i++) ring[i] = q->ring[(q->first + i) % q->size];
    free(q->ring);
    q->ring = ring;
    q->size = size;
    q->first = 0;
    ReleaseSRWLockExclusive(&lock);
    return TRUE;
}

static void PASCAL close_completions(struct rio_completions *q) {
    (void)q; /* the pump may still use it, and the process is about to end */
}

/* The double is not notified of closesocket. Therefore a queue is freed only when another one is
 * created with the same context, which happens when echo-rio reuses its slot. */
static struct rio_requests *PASCAL create_requests(
    SOCKET socket, ULONG receives, ULONG receive_slices, ULONG sends, ULONG send_slices,
    struct rio_completions *of_receives, struct rio_completions *of_sends, void *context) {
    CHECK(receives == 1 && receive_slices == 1 && sends == 1 && send_slices == 1);
    CHECK(of_receives == of_sends);
    static struct rio_requests *by_hash[1 << 20]; /* the last queue of each context */
    size_t hash = ((uintptr_t)context >> 3) % (sizeof by_hash / sizeof by_hash[0]);
    struct rio_requests *q = calloc(1, sizeof *q);
    CHECK(q != NULL);
    *q = (struct rio_requests){
        .socket = socket, .completions = of_sends, .context = (ULONGLONG)(uintptr_t)context};
    q->receive.queue = q->send.queue = q;
    AcquireSRWLockExclusive(&lock);
    struct rio_requests *last = by_hash[hash];
    if (last && last->context != q->context) last = NULL; /* another context with the same hash */
    if (last) CHECK(!last->receive.under_way && !last->send.under_way);
    if (!last) of_sends->promised += 2;
    CHECK_OP(of_sends->promised, <=, of_sends->size);
    free(last);
    by_hash[hash] = q;
    ReleaseSRWLockExclusive(&lock);
    return CreateIoCompletionPort((HANDLE)socket, port, 0, 0) ? q : NULL;
}

static ULONG PASCAL dequeue(struct rio_completions *q, struct rio_result *results, ULONG capacity) {
    ULONG n = 0;
    AcquireSRWLockExclusive(&lock);
    for (; n < capacity && q->count; n++, q->count--) {
        results[n] = q->ring[q->first];
        q->first = (q->first + 1) % q->size;
    }
    ReleaseSRWLockExclusive(&lock);
    return n;
}

static int PASCAL notify(struct rio_completions *q) {
    AcquireSRWLockExclusive(&lock);
    CHECK(!q->asked);
    q->asked = true;
    tell(q);
    ReleaseSRWLockExclusive(&lock);
    return 0;
}

static struct rio_buffer_id *PASCAL register_buffer(char *data, DWORD size) {
    struct rio_buffer_id *id = malloc(sizeof *id);
    CHECK(id != NULL);
    *id = (struct rio_buffer_id){data, size};
    return id;
}

static void PASCAL deregister_buffer(struct rio_buffer_id *id) {
    free(id);
}

/* ---- replacement of WSAIoctl ---- */

static int WSAAPI ioctl_double(SOCKET s, DWORD code, void *in, DWORD in_size, void *out,
                               DWORD out_size, DWORD *returned, WSAOVERLAPPED *overlapped,
                               LPWSAOVERLAPPED_COMPLETION_ROUTINE routine) {
    if (code != RIO_FUNCTIONS_IOCTL) {
        HMODULE winsock = GetModuleHandleA("ws2_32.dll");
        int(WSAAPI * real)(SOCKET, DWORD, void *, DWORD, void *, DWORD, DWORD *, WSAOVERLAPPED *,
                           LPWSAOVERLAPPED_COMPLETION_ROUTINE);
        FARPROC found = GetProcAddress(winsock, "WSAIoctl");
        memcpy(&real, &found, sizeof real);
        return real(s, code, in, in_size, out, out_size, returned, overlapped, routine);
    }
    const GUID guid = RIO_FUNCTIONS_GUID;
    CHECK(in_size == sizeof guid && memcmp(in, &guid, sizeof guid) == 0);
    CHECK_OP(out_size, ==, sizeof(struct rio_functions));
    if (!port) {
        pthread_t thread;
        port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
        CHECK_OP(pthread_create(&thread, NULL, pump, NULL), ==, 0);
    }
    const struct rio_functions functions = {.size = sizeof functions,
                                            .receive = receive,
                                            .send = send_slice,
                                            .close_completions = close_completions,
                                            .create_completions = create_completions,
                                            .create_requests = create_requests,
                                            .dequeue = dequeue,
                                            .deregister_buffer = deregister_buffer,
                                            .notify = notify,
                                            .register_buffer = register_buffer,
                                            .resize_completions = resize_completions};
    memcpy(out, &functions, sizeof functions);
    *returned = sizeof functions;
    return 0;
}

/* Callers of an imported function use this pointer. The linker prefers this definition to that of
 * the import library. */
extern void *const __imp_WSAIoctl;
void *const __imp_WSAIoctl = (void *)(uintptr_t)ioctl_double;
