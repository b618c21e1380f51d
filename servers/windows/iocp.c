/* iocp.c - operations are started on sockets that belong to a completion port; a completed
 * operation sends a packet to the port, which wakes any one of the threads that wait there (Windows
 * Vista). Invariant: a connection has exactly one operation in flight or one packet in the port. So
 * only one worker at a time has it, and it needs no lock.
 *
 * System calls per echo in steady state: WSARecv + WSASend, and GetQueuedCompletionStatusEx x 2 /
 * (packets per wait); nothing else. With skip=on an operation that completes at once sends no
 * packet, and one wait can serve several operations of a busy connection. It is off by default,
 * because even with the cap INLINE_MAX connections whose bytes come at once are preferred (200 busy
 * connections under Wine on a busy machine: median below 1 ms, p99 above 300 ms; with skip=off
 * median 13 to 27 ms, p99 up to 300 ms).
 *
 * accept=acceptex keeps a pool of accepts in flight, which complete through the port like all other
 * operations. accept=thread has a thread that waits for the listener and posts each newcomer to the
 * port. */
#include "base/os_windows.h"

#include "servers/windows/acceptex.h"
#include "servers/windows/overlapped.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#define WORKERS_MAX 64
#define BATCH 64 /* most packets that one wait returns */

/* skip=on: so many operations of one connection in a row may complete at once. The next one goes
 * through the port, after those of others. Without a cap a few connections would keep the worker
 * busy. */
#define INLINE_MAX 4

/* If a wake-up is lost for lack of memory, a stop is still noticed in time. */
#define WAIT_MOST_MS 500u

enum { OPTION_WORKERS, OPTION_ACCEPT, OPTION_SKIP };

static const struct model_option options[] = {
    {"workers", NULL, 1, 1, WORKERS_MAX, "threads that wait on the port"},
    {"accept", "acceptex|thread", 0, 0, 0,
     "acceptex: accepts that complete through the port; thread: a thread that accepts"},
    {"skip", "off|on", 0, 0, 0,
     "on: operations that complete at once are handled at once, a few in a row"},
    {.name = NULL}};

/* The completion key of a packet names the type of the object that its OVERLAPPED is the head of.
 */
enum packet { PACKET_CONN, PACKET_NEWCOMER, PACKET_ACCEPT, PACKET_STOP, PACKET_WAKE };

/* A thread that waits on the port. */
struct iocp_worker {
    struct iocp_server *server;
    pthread_t thread;          /* unused in the first, which runs in the thread of run */
    struct server_stats stats; /* of this worker only, so it needs no lock */
    int error;                 /* why it ended early; else 0 */
};

/* The instance. */
struct iocp_server {
    struct overlapped_set set; /* only the accepting side uses it */
    HANDLE port;               /* all operations complete through it */
    bool by_thread;            /* accept=thread */
    bool skip;                 /* skip=on */
    size_t workers_count;
    struct iocp_worker workers[WORKERS_MAX];
    struct iocp_worker acceptor;   /* accept=thread */
    pthread_mutex_t lock;          /* guards the list */
    struct overlapped_conn *first; /* list of all connections */
    struct acceptex_pool pool;     /* accept=acceptex */
    _Atomic bool stopping;         /* workers end */
    os_socket stop;
    WSAOVERLAPPED stop_overlapped; /* of the receive on `stop` */
    char stop_byte;                /* its buffer; no byte ever comes */
    bool stop_in_flight;           /* that receive has not ended */
};

/* ---- one connection ---- */

static void end(struct iocp_server *s, struct overlapped_conn *c) {
    pthread_mutex_lock(&s->lock);
    overlapped_unlink(&s->first, c);
    pthread_mutex_unlock(&s->lock);
    overlapped_close(&s->set, c);
}

/* Counts an operation that has ended. Returns whether the connection goes on. */
static bool ended(struct iocp_worker *w, struct overlapped_conn *c, int error, size_t bytes) {
    bool goes_on = c->sending ? overlapped_sent(c, error, bytes, &w->stats)
                              : overlapped_received(c, error, bytes, &w->stats);
    if (!goes_on) end(w->server, c);
    return goes_on;
}

/* Starts the next operation. Once it is in flight another worker may have the connection. */
static void proceed(struct iocp_worker *w, struct overlapped_conn *c) {
    struct iocp_server *s = w->server;
    for (int in_a_row = 0;; in_a_row++) {
        DWORD bytes = 0, flags = 0;
        /* Without skip the call must not return the bytes: after an operation that completes at
         * once another worker may already have the connection, and may have freed it */
        DWORD *at_once = s->skip ? &bytes : NULL;
        overlapped_prepare(&s->set, c);
        int result = c->sending
                         ? WSASend(c->socket, &c->part, 1, at_once, 0, &c->overlapped, NULL)
                         : WSARecv(c->socket, &c->part, 1, at_once, &flags, &c->overlapped, NULL);
        int error = result == 0 ? 0 : WSAGetLastError();
        if (error == WSA_IO_PENDING || (!error && !s->skip)) return;
        if (!error && in_a_row >= INLINE_MAX &&
            PostQueuedCompletionStatus(s->port, bytes, PACKET_CONN, &c->overlapped))
            return;
        if (!ended(w, c, os_windows_error((DWORD)error), bytes)) return;
    }
}

/* Joins a new connection to the port. Returns 0, or an error; then it is closed and counted. */
static int join(struct iocp_server *s, struct overlapped_conn *c, struct server_stats *stats) {
    HANDLE handle = (HANDLE)c->socket;
    int error = 0;
    if (!CreateIoCompletionPort(handle, s->port, PACKET_CONN, 0) ||
        (s->skip &&
         !SetFileCompletionNotificationModes(handle, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS |
                                                         FILE_SKIP_SET_EVENT_ON_HANDLE))) {
        error = os_windows_error(GetLastError());
        stats->closed_error++;
        overlapped_close(&s->set, c);
        return error;
    }
    pthread_mutex_lock(&s->lock);
    overlapped_link(&s->first, c);
    pthread_mutex_unlock(&s->lock);
    return 0;
}

/* ---- accept=thread ---- */

/* Hands a newcomer to the workers. Returns 0, or an error; then it is closed and counted. */
static int hand_over(struct iocp_server *s, struct overlapped_conn *c, struct server_stats *stats) {
    int error = join(s, c, stats);
    if (error || PostQueuedCompletionStatus(s->port, 0, PACKET_NEWCOMER, &c->overlapped))
        return error;
    stats->closed_error++;
    end(s, c);
    return ENOMEM;
}

static void stop_all(struct iocp_server *s) {
    s->stopping = true;
    for (size_t i = 0; i < s->workers_count; i++)
        if (!PostQueuedCompletionStatus(s->port, 0, PACKET_WAKE, NULL)) break; /* WAIT_MOST_MS */
}

static void *accept_thread(void *argument) {
    struct iocp_worker *w = argument;
    struct iocp_server *s = w->server;
    bool stopped = false;
    while (!w->error && !stopped && !s->stopping) {
        w->error = overlapped_await(&s->set, s->stop, &w->stats, &stopped);
        struct overlapped_conn *c;
        while (!w->error && !stopped && (c = overlapped_accept(&s->set, &w->stats))) {
            int error = hand_over(s, c, &w->stats);
            if (error) overlapped_accept_failed(&s->set, &w->stats);
        }
    }
    stop_all(s);
    return NULL;
}

/* ---- workers ---- */

static void accept_ended(struct iocp_worker *w, struct acceptex *a) {
    struct iocp_server *s = w->server;
    int error;
    struct overlapped_conn *c = acceptex_take(&s->pool, a, &w->stats, &error);
    if (c) error = join(s, c, &w->stats);
    if (c && !error) proceed(w, c);
    acceptex_again(&s->pool, a, error, &w->stats);
}

static void handle(struct iocp_worker *w, const OVERLAPPED_ENTRY *entry) {
    void *head = entry->lpOverlapped;
    struct overlapped_conn *c = head;
    switch ((enum packet)entry->lpCompletionKey) {
    case PACKET_CONN:
        if (ended(w, c, overlapped_error(c->socket, &c->overlapped),
                  entry->dwNumberOfBytesTransferred))
            proceed(w, c);
        break;
    case PACKET_NEWCOMER:
        proceed(w, c);
        break;
    case PACKET_ACCEPT:
        accept_ended(w, head);
        break;
    case PACKET_STOP:
        w->server->stop_in_flight = false;
        stop_all(w->server);
        break;
    case PACKET_WAKE:
        break;
    }
}

static void *work(void *argument) {
    struct iocp_worker *w = argument;
    struct iocp_server *s = w->server;
    OVERLAPPED_ENTRY entries[BATCH];
    while (!s->stopping) {
        ULONG n = 0;
        DWORD wait_ms =
            s->by_thread ? WAIT_MOST_MS : acceptex_retry_ms(&s->pool, WAIT_MOST_MS, &w->stats);
        if (!GetQueuedCompletionStatusEx(s->port, entries, BATCH, &n, wait_ms, FALSE)) {
            DWORD error = GetLastError();
            n = 0;
            if (error != WAIT_TIMEOUT) {
                w->error = os_windows_error(error);
                stop_all(s);
            }
        }
        w->stats.waits++;
        w->stats.events += n;
        for (ULONG i = 0; i < n; i++) handle(w, &entries[i]);
    }
    return NULL;
}

/* ---- the end ---- */

/* Takes a packet that arrives after all workers have ended. */
static void drop(struct iocp_server *s, const OVERLAPPED_ENTRY *entry, struct server_stats *stats) {
    struct overlapped_conn *c = (void *)entry->lpOverlapped;
    switch ((enum packet)entry->lpCompletionKey) {
    case PACKET_CONN:
    case PACKET_NEWCOMER:
        overlapped_stopped(c, entry->dwNumberOfBytesTransferred, stats);
        end(s, c);
        break;
    case PACKET_ACCEPT:
        acceptex_drop(&s->pool, (void *)entry->lpOverlapped);
        break;
    case PACKET_STOP:
        s->stop_in_flight = false;
        break;
    case PACKET_WAKE:
        break;
    }
}

static bool is_drained(const struct iocp_server *s) {
    return !s->first && !s->stop_in_flight && (s->by_thread || s->pool.missing == ACCEPTEX_POOL);
}

/* Cancels all operations in flight and waits for their packets. */
static void drain(struct iocp_server *s, struct server_stats *stats) {
    OVERLAPPED_ENTRY entries[BATCH];
    if (!s->by_thread) acceptex_cancel(&s->pool);
    if (s->stop_in_flight) CancelIoEx((HANDLE)s->stop, &s->stop_overlapped);
    for (struct overlapped_conn *c = s->first; c; c = c->next) {
        os_close(c->socket);
        c->socket = OS_SOCKET_NONE;
    }
    uint64_t deadline_ns = os_clock_ns() + OVERLAPPED_STOP_MS * UINT64_C(1000000);
    while (!is_drained(s) && os_clock_ns() < deadline_ns) {
        ULONG n = 0;
        if (!GetQueuedCompletionStatusEx(s->port, entries, BATCH, &n, 10, FALSE)) continue;
        for (ULONG i = 0; i < n; i++) drop(s, &entries[i], stats);
    }
    for (struct overlapped_conn *c = s->first; c; c = c->next) stats->closed_clean++;
}

/* Joins the stop socket to the port, with a receive that completes when the server is to stop.
 * Returns 0 or an error. */
static int watch_stop(struct iocp_server *s) {
    WSABUF part = {.len = 1, .buf = &s->stop_byte};
    DWORD flags = 0;
    if (!CreateIoCompletionPort((HANDLE)s->stop, s->port, PACKET_STOP, 0))
        return os_windows_error(GetLastError());
    s->stop_in_flight = true;
    if (WSARecv(s->stop, &part, 1, NULL, &flags, &s->stop_overlapped, NULL) == 0) return 0;
    int error = WSAGetLastError();
    if (error == WSA_IO_PENDING) return 0;
    s->stop_in_flight = false;
    return os_windows_error((DWORD)error);
}

/* Starts accepting, and all workers except the first. Returns 0 or an error. */
static int start(struct iocp_server *s, size_t *started, bool *accepting) {
    int error = watch_stop(s);
    for (*started = 1; !error && *started < s->workers_count; *started += !error) {
        struct iocp_worker *w = &s->workers[*started];
        error = pthread_create(&w->thread, NULL, work, w);
    }
    if (error || !s->by_thread) return error;
    error = pthread_create(&s->acceptor.thread, NULL, accept_thread, &s->acceptor);
    *accepting = !error;
    return error;
}

static int iocp_run(void *state, os_socket stop, struct server_stats *stats) {
    struct iocp_server *s = state;
    size_t started = 1;
    bool accepting = false;
    s->stop = stop;
    int error = start(s, &started, &accepting);
    if (error) stop_all(s);
    work(&s->workers[0]);
    for (size_t i = 1; i < started; i++) pthread_join(s->workers[i].thread, NULL);
    if (accepting) pthread_join(s->acceptor.thread, NULL);
    drain(s, stats);
    server_stats_add(stats, &s->acceptor.stats);
    if (!error) error = s->acceptor.error;
    for (size_t i = 0; i < s->workers_count; i++) {
        server_stats_add(stats, &s->workers[i].stats);
        if (!error) error = s->workers[i].error;
    }
    return error;
}

/* ---- the instance ---- */

static int iocp_open(const struct server_config *config, os_socket listener, void **state) {
    struct iocp_server *s = calloc(1, sizeof *s);
    if (!s) return ENOMEM;
    overlapped_set_open(&s->set, config, listener);
    pthread_mutex_init(&s->lock, NULL);
    s->by_thread = config->options[OPTION_ACCEPT] == 1;
    s->skip = config->options[OPTION_SKIP] == 1;
    s->workers_count = (size_t)config->options[OPTION_WORKERS];
    s->acceptor.server = s;
    for (size_t i = 0; i < s->workers_count; i++) s->workers[i].server = s;
    s->port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, (DWORD)s->workers_count);
    int error = s->port ? 0 : os_windows_error(GetLastError());
    if (!error && !s->by_thread) error = acceptex_open(&s->pool, &s->set, s->port, PACKET_ACCEPT);
    if (error) {
        if (s->port) CloseHandle(s->port);
        pthread_mutex_destroy(&s->lock);
        free(s);
        return error;
    }
    *state = s;
    return 0;
}

static void iocp_close(void *state) {
    struct iocp_server *s = state;
    if (!is_drained(s)) return; /* see OVERLAPPED_STOP_MS */
    if (!s->by_thread) acceptex_close(&s->pool);
    CloseHandle(s->port);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

const struct io_model io_model_self = {
    .name = "iocp",
    .summary = "IOCP: threads wait on a port where all operations end",
    .initiation = IO_OVERLAPPED,
    .notification = IO_COMPLETION_PORT,
    .options = options,
    .instances_by_main = false,
    .open = iocp_open,
    .run = iocp_run,
    .close = iocp_close,
};
