/* rio.c - registered I/O: buffers are locked in memory once; requests and completions pass through
 * queues that program and kernel share. Invariant: a connection has at most one request under way,
 * and its slot of a registered buffer is used only while it has none. After its socket is closed, a
 * connection is not reused before that request has completed.
 *
 * System calls per echo in steady state: RIOReceive + RIOSend + (GetQueuedCompletionStatusEx and
 * RIONotify) / (completions per notification); RIODequeueCompletion reads shared memory.
 *
 * RIO_MSG_DEFER saves calls only for several requests of one direction on one socket. An echo has
 * one of each, the send after the receive.
 *
 * Connections come through AcceptEx, because a socket for registered I/O must be created with a
 * special flag. Accepts, stop and notifications of RIO come through one completion port, each with
 * its own key. Wine has no registered I/O: the tests use a double (tests/windows/rio_double.c). */
#include "base/os_windows.h"

#include "servers/model.h"
#include "servers/windows/rio_accept.h"
#include "servers/windows/rio_api.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define CHUNK_SLOTS 64       /* slots that are registered together */
#define COMPLETIONS_MIN 1024 /* size of the completion queue at the start; doubled when full */
#define COMPLETIONS_EACH 2   /* entries of one connection in it: a receive, a send */
#define RESULTS 256          /* most completions that one turn takes */
#define PACKETS 64           /* most packets that one wait takes */
#define END_MS 700           /* longest wait at stop until all requests have completed */

/* RIO sometimes returns these codes of the kernel instead of Winsock's (ntstatus.h). */
#define KERNEL_IO_TIMEOUT ((LONG)0xC00000B5)
#define KERNEL_LOCAL_DISCONNECT ((LONG)0xC000013B)
#define KERNEL_REMOTE_DISCONNECT ((LONG)0xC000013C)
#define KERNEL_CONNECTION_DISCONNECTED ((LONG)0xC000020C)
#define KERNEL_CONNECTION_RESET ((LONG)0xC000020D)
#define KERNEL_CONNECTION_ABORTED ((LONG)0xC0000241)

enum packet_key { PACKET_RIO = 1, PACKET_ACCEPT, PACKET_STOP };
enum request { REQUEST_RECEIVE = 1, REQUEST_SEND };

/* A connection, or room for one; its slot never changes. */
struct rio_conn {
    os_socket socket;              /* OS_SOCKET_NONE: none, or closed with a request under way */
    struct rio_requests *requests; /* its request queue; freed with the socket */
    struct rio_slice slot;         /* its part of the chunk's buffer, buffer_bytes long */
    ULONG start, end;              /* bytes in the slot that are still to be sent */
    bool under_way;                /* a request is under way */
    struct rio_conn *next_free;    /* in the list of unused ones */
};

/* Slots that were registered together. */
struct rio_chunk {
    struct rio_chunk *next;             /* in the list of all */
    struct rio_buffer_id *id;           /* of the registration */
    void *memory;                       /* the slots, one after the other */
    struct rio_conn conns[CHUNK_SLOTS]; /* one for each slot */
};

/* One instance. */
struct rio_server {
    struct rio_acceptor acceptor;
    ULONG buffer_bytes; /* most that one receive returns */
    struct rio_functions rio;
    HANDLE port;                         /* completions and notifications come through it */
    OVERLAPPED notification;             /* of RIO's packets; the port does not change it */
    struct rio_completions *completions; /* of all connections */
    DWORD completions_size;              /* entries */
    struct rio_chunk *chunks;            /* list of all */
    struct rio_conn *free;               /* list of unused ones */
    size_t in_use;                       /* the others */
    OVERLAPPED stop_overlapped;          /* of the receive on the stop socket */
    bool stop_under_way;                 /* that receive is under way */
    bool stopping;                       /* it has ended */
    struct server_stats *stats;          /* set by run */
};

/* ---- connections ---- */

/* Registers one more chunk. Returns false if that fails. */
static bool chunk_add(struct rio_server *s) {
    size_t bytes = (size_t)s->buffer_bytes * CHUNK_SLOTS; /* 64 MiB at most */
    struct rio_chunk *chunk = calloc(1, sizeof *chunk);
    if (!chunk) return false;
    chunk->memory = VirtualAlloc(NULL, bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    chunk->id =
        chunk->memory ? s->rio.register_buffer(chunk->memory, (DWORD)bytes) : RIO_BUFFER_ID_NONE;
    if (chunk->id == RIO_BUFFER_ID_NONE) {
        if (chunk->memory) VirtualFree(chunk->memory, 0, MEM_RELEASE);
        free(chunk);
        return false;
    }
    for (ULONG i = 0; i < CHUNK_SLOTS; i++) {
        struct rio_conn *c = &chunk->conns[i];
        c->socket = OS_SOCKET_NONE;
        c->slot = (struct rio_slice){.buffer = chunk->id, .offset = i * s->buffer_bytes};
        c->next_free = s->free;
        s->free = c;
    }
    chunk->next = s->chunks;
    s->chunks = chunk;
    return true;
}

/* Makes room in the completion queue for one more connection. */
static bool completions_grow(struct rio_server *s) {
    if ((s->in_use + 1) * COMPLETIONS_EACH <= s->completions_size) return true;
    DWORD size = s->completions_size * 2;
    if (size > RIO_COMPLETIONS_MAX || !s->rio.resize_completions(s->completions, size))
        return false;
    s->completions_size = size;
    return true;
}

static void conn_release(struct rio_server *s, struct rio_conn *c) {
    c->next_free = s->free;
    s->free = c;
    s->in_use--;
}

/* Closes a connection and increments `counter`. */
static void conn_end(struct rio_server *s, struct rio_conn *c, uint64_t *counter) {
    (*counter)++;
    os_close(c->socket);
    c->socket = OS_SOCKET_NONE;
    if (!c->under_way) conn_release(s, c);
}

static void conn_fail(struct rio_server *s, struct rio_conn *c, int error) {
    conn_end(s, c, os_error_peer_gone(error) ? &s->stats->closed_reset : &s->stats->closed_error);
}

static void conn_receive(struct rio_server *s, struct rio_conn *c) {
    struct rio_slice data = c->slot;
    data.length = s->buffer_bytes;
    c->under_way =
        s->rio.receive(c->requests, &data, 1, 0, (void *)(uintptr_t)REQUEST_RECEIVE) != 0;
    if (!c->under_way) conn_fail(s, c, WSAGetLastError());
}

static void conn_send(struct rio_server *s, struct rio_conn *c) {
    struct rio_slice data = c->slot;
    data.offset += c->start;
    data.length = c->end - c->start;
    c->under_way = s->rio.send(c->requests, &data, 1, 0, (void *)(uintptr_t)REQUEST_SEND) != 0;
    if (!c->under_way) conn_fail(s, c, WSAGetLastError());
}

/* Takes an accepted socket over. Returns 0, or an error; then the caller still owns the socket. */
static int conn_start(struct rio_server *s, os_socket socket) {
    if ((!s->free && !chunk_add(s)) || !completions_grow(s)) return ENOMEM;
    struct rio_conn *c = s->free;
    c->requests = s->rio.create_requests(socket, 1, 1, 1, 1, s->completions, s->completions, c);
    if (!c->requests) return WSAGetLastError();
    s->free = c->next_free;
    s->in_use++;
    c->socket = socket;
    c->start = c->end = 0;
    conn_receive(s, c);
    return 0;
}

static int status_error(LONG status) {
    switch (status) {
    case KERNEL_IO_TIMEOUT:
        return WSAETIMEDOUT;
    case KERNEL_LOCAL_DISCONNECT:
    case KERNEL_CONNECTION_ABORTED:
        return WSAECONNABORTED;
    case KERNEL_REMOTE_DISCONNECT:
    case KERNEL_CONNECTION_DISCONNECTED:
    case KERNEL_CONNECTION_RESET:
        return WSAECONNRESET;
    default:
        return os_windows_error((unsigned long)status);
    }
}

static void received(struct rio_server *s, struct rio_conn *c, ULONG bytes) {
    if (bytes == 0) {
        conn_end(s, c, &s->stats->closed_clean); /* nothing is left to be sent */
        return;
    }
    s->stats->receives++;
    s->stats->bytes_in += bytes;
    echo_work();
    c->start = 0;
    c->end = bytes;
    conn_send(s, c);
}

static void handle_result(struct rio_server *s, const struct rio_result *r) {
    struct rio_conn *c = (struct rio_conn *)(uintptr_t)r->socket_context;
    bool sent = r->request_context == REQUEST_SEND;
    c->under_way = false;
    if (sent && r->status == 0) { /* even if its socket is closed: the kernel took the bytes */
        s->stats->sends += r->bytes > 0;
        s->stats->sends_partial += r->bytes < c->end - c->start;
        s->stats->bytes_out += r->bytes;
        c->start += r->bytes;
    }
    if (c->socket == OS_SOCKET_NONE)
        conn_release(s, c);
    else if (r->status != 0)
        conn_fail(s, c, status_error(r->status));
    else if (!sent)
        received(s, c, r->bytes);
    else if (r->bytes == 0)
        conn_fail(s, c, EIO); /* otherwise it would repeat for ever */
    else if (c->start < c->end)
        conn_send(s, c);
    else
        conn_receive(s, c);
}

/* Takes completions that are there, and requests a notification for the next. If some are left it
 * comes at once, but after the other packets of the port. Returns 0 or an error. */
static int handle_results(struct rio_server *s) {
    struct rio_result results[RESULTS];
    ULONG n = s->rio.dequeue(s->completions, results, RESULTS);
    if (n == RIO_COMPLETIONS_CORRUPT) return WSAEFAULT;
    s->stats->events += n;
    for (ULONG i = 0; i < n; i++) handle_result(s, &results[i]);
    return s->rio.notify(s->completions);
}

static void handle_accept(struct rio_server *s, OVERLAPPED *completed) {
    s->stats->events++;
    os_socket socket = rio_accept_take(&s->acceptor, completed, s->stats);
    int error = 0;
    if (socket != OS_SOCKET_NONE) error = s->stopping ? WSAESHUTDOWN : conn_start(s, socket);
    if (error) {
        s->stats->closed_clean += s->stopping;
        s->stats->closed_error += !s->stopping;
        os_close(socket);
    }
    if (os_error_exhausted(error)) rio_acceptor_rest(&s->acceptor, s->stats);
}

/* ---- the instance ---- */

static int handle_packet(struct rio_server *s, const OVERLAPPED_ENTRY *packet) {
    switch ((enum packet_key)packet->lpCompletionKey) {
    case PACKET_RIO:
        return handle_results(s);
    case PACKET_ACCEPT:
        handle_accept(s, packet->lpOverlapped);
        return 0;
    default:
        s->stop_under_way = false;
        s->stopping = true;
        return 0;
    }
}

/* Waits, and handles the packets that come. Returns 0 or an error. */
static int turn(struct rio_server *s, DWORD wait_ms) {
    OVERLAPPED_ENTRY packets[PACKETS];
    ULONG n = 0;
    int error = 0;
    if (!GetQueuedCompletionStatusEx(s->port, packets, PACKETS, &n, wait_ms, FALSE))
        return GetLastError() == WAIT_TIMEOUT ? 0 : os_windows_error(GetLastError());
    s->stats->waits++;
    for (ULONG i = 0; i < n && !error; i++) error = handle_packet(s, &packets[i]);
    return error;
}

static bool is_under_way(const struct rio_server *s) {
    return s->in_use > 0 || s->stop_under_way || s->acceptor.under_way > 0;
}

/* Closes all sockets and waits until all requests have completed. */
static void end(struct rio_server *s, os_socket stop) {
    uint64_t deadline_ns = os_clock_ns() + END_MS * UINT64_C(1000000);
    s->stopping = true;
    for (struct rio_chunk *chunk = s->chunks; chunk; chunk = chunk->next) {
        for (size_t i = 0; i < CHUNK_SLOTS; i++) {
            if (chunk->conns[i].socket != OS_SOCKET_NONE)
                conn_end(s, &chunk->conns[i], &s->stats->closed_clean);
        }
    }
    rio_acceptor_cancel(&s->acceptor);
    if (s->stop_under_way) CancelIoEx((HANDLE)stop, &s->stop_overlapped);
    while (is_under_way(s) && os_clock_ns() < deadline_ns && turn(s, 10) == 0) continue;
    rio_acceptor_close(&s->acceptor);
}

static int start(struct rio_server *s, os_socket stop) {
    static char byte; /* never written: only the end of the stream comes */
    WSABUF buffer = {.len = 1, .buf = &byte};
    DWORD flags = 0;
    if (!CreateIoCompletionPort((HANDLE)s->acceptor.listener, s->port, PACKET_ACCEPT, 0) ||
        !CreateIoCompletionPort((HANDLE)stop, s->port, PACKET_STOP, 0))
        return os_windows_error(GetLastError());
    if (WSARecv(stop, &buffer, 1, NULL, &flags, &s->stop_overlapped, NULL) != 0 &&
        WSAGetLastError() != WSA_IO_PENDING)
        return WSAGetLastError();
    s->stop_under_way = true;
    return s->rio.notify(s->completions);
}

static int rio_run(void *state, os_socket stop, struct server_stats *stats) {
    struct rio_server *s = state;
    s->stats = stats;
    int error = start(s, stop);
    while (!error && !s->stopping) {
        DWORD wait_ms = rio_acceptor_wait_ms(&s->acceptor);
        if (wait_ms == 0 || wait_ms == INFINITE) rio_acceptor_start(&s->acceptor, stats);
        error = turn(s, rio_acceptor_wait_ms(&s->acceptor));
    }
    end(s, stop);
    return error;
}

static void rio_close(void *state) {
    struct rio_server *s = state;
    if (is_under_way(s))
        return; /* the kernel may still write there, and the process is about to end */
    if (s->completions) s->rio.close_completions(s->completions);
    if (s->port) CloseHandle(s->port);
    while (s->chunks) {
        struct rio_chunk *chunk = s->chunks;
        s->chunks = chunk->next;
        s->rio.deregister_buffer(chunk->id);
        VirtualFree(chunk->memory, 0, MEM_RELEASE);
        free(chunk);
    }
    free(s);
}

/* Gets this system's functions of registered I/O. Returns 0 or an error. */
static int find_functions(struct rio_functions *rio) {
    GUID guid = RIO_FUNCTIONS_GUID;
    DWORD bytes;
    os_socket s = rio_socket(AF_INET); /* this succeeds even without registered I/O */
    if (s == OS_SOCKET_NONE) return WSAGetLastError();
    int error = WSAIoctl(s, RIO_FUNCTIONS_IOCTL, &guid, sizeof guid, rio, sizeof *rio, &bytes, NULL,
                         NULL) == 0
                    ? 0
                    : WSAGetLastError();
    os_close(s);
    return error;
}

static bool rio_probe(const struct server_config *config, char *reason, size_t reason_size) {
    struct rio_functions rio;
    (void)config;
    int error = find_functions(&rio);
    if (error) snprintf(reason, reason_size, "registered I/O: %s", os_error_text(error));
    return !error;
}

static int rio_open(const struct server_config *config, os_socket listener, void **state) {
    struct rio_server *s = calloc(1, sizeof *s);
    if (!s) return ENOMEM;
    s->buffer_bytes = (ULONG)config->buffer_bytes;
    int error = find_functions(&s->rio);
    if (!error) error = rio_acceptor_open(&s->acceptor, listener);
    if (!error) s->port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    if (!error && !s->port) error = os_windows_error(GetLastError());
    struct rio_notification by_port = {
        .type = RIO_BY_PORT, .by.port = {s->port, (void *)(uintptr_t)PACKET_RIO, &s->notification}};
    s->completions_size = COMPLETIONS_MIN;
    if (!error) s->completions = s->rio.create_completions(s->completions_size, &by_port);
    if (!error && !s->completions) error = WSAGetLastError();
    if (!error && !chunk_add(s)) error = ENOMEM;
    if (error)
        rio_close(s);
    else
        *state = s;
    return error;
}

const struct io_model io_model_self = {
    .name = "rio",
    .summary = "registered I/O: buffers registered once, queues shared with the kernel",
    .initiation = IO_OVERLAPPED,
    .notification = IO_COMPLETION_RING,
    .instances_by_main = false,
    .probe = rio_probe,
    .open = rio_open,
    .run = rio_run,
    .close = rio_close,
};
