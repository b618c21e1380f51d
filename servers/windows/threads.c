/* threads.c - blocking calls, a thread per connection: the system's scheduler is the event loop.
 * Invariant: a connection is in the list exactly as long as its socket is open, so stop never
 * touches a handle that now belongs to another connection.
 *
 * System calls per echo in steady state: recv + send. Each echo also wakes a thread: a context
 * switch, but no system call. */
#include "servers/model.h"

#include <windows.h>
#include <errno.h>
#include <process.h>
#include <stdlib.h>

/* Address space per thread; pages that are never touched take no memory. The buffer is not on the
 * stack. This file uses _beginthreadex, because pthread_create of mingw-w64 commits this size and
 * reserves 2 MiB. */
#define STACK_BYTES (256u * 1024u)

/* How long the acceptor ignores the listener when there is no descriptor, memory or thread. */
#define ACCEPT_RETRY_MS 100

/* After this time the server cancels the calls of remaining connections once more. */
#define END_AGAIN_MS 100

/* One instance. */
struct threads_server {
    os_socket listener;
    size_t buffer_bytes;        /* most that one receive returns */
    SRWLOCK lock;               /* guards all below */
    CONDITION_VARIABLE closed;  /* signalled whenever a connection has closed */
    struct thread_conn *first;  /* list of all connections */
    bool stopping;              /* from now on the server ends connections */
    struct server_stats totals; /* of the connections that have ended */
};

/* One connection and its thread. */
struct thread_conn {
    struct threads_server *server;
    struct thread_conn *previous; /* in the server's list */
    struct thread_conn *next;     /* in the same list */
    os_socket socket;             /* blocking */
    struct server_stats stats;    /* of this connection only, so it needs no lock */
    uint8_t buffer[];             /* server->buffer_bytes */
};

static int threads_open(const struct server_config *config, os_socket listener, void **state) {
    struct threads_server *s = calloc(1, sizeof *s);
    if (!s) return ENOMEM;
    s->listener = listener;
    s->buffer_bytes = config->buffer_bytes;
    InitializeSRWLock(&s->lock);
    InitializeConditionVariable(&s->closed);
    *state = s;
    return 0;
}

/* Takes a connection off the list and closes it; called with the lock held. */
static void remove_locked(struct thread_conn *c) {
    struct threads_server *s = c->server;
    if (c->previous)
        c->previous->next = c->next;
    else
        s->first = c->next;
    if (c->next) c->next->previous = c->previous;
    os_close(c->socket);
    server_stats_add(&s->totals, &c->stats);
    free(c);
    WakeConditionVariable(&s->closed);
}

/* Sends all of `size` bytes. Returns 0 or an error. */
static int send_all(struct thread_conn *c, size_t size) {
    for (size_t done = 0; done < size;) {
        size_t sent = 0;
        int error = os_send(c->socket, c->buffer + done, size - done, &sent);
        if (error && !os_error_would_block(error)) return error;
        c->stats.sends += sent > 0;
        c->stats.sends_partial += sent < size - done;
        c->stats.bytes_out += sent;
        done += sent;
    }
    return 0;
}

/* Echoes until the peer ends its input. Returns 0, or the error that ended the connection. */
static int echo(struct thread_conn *c) {
    for (;;) {
        size_t received = 0;
        int error = os_receive(c->socket, c->buffer, c->server->buffer_bytes, &received);
        c->stats.waits++;
        if (error && os_error_would_block(error)) continue; /* interrupted */
        if (error || received == 0) return error;
        c->stats.events++;
        c->stats.receives++;
        c->stats.bytes_in += received;
        echo_work();
        error = send_all(c, received);
        if (error) return error;
    }
}

static unsigned __stdcall connection_thread(void *argument) {
    struct thread_conn *c = argument;
    struct threads_server *s = c->server;
    int error = echo(c);
    AcquireSRWLockExclusive(&s->lock);
    if (!error || s->stopping)
        c->stats.closed_clean++;
    else if (os_error_peer_gone(error))
        c->stats.closed_reset++;
    else
        c->stats.closed_error++;
    remove_locked(c);
    ReleaseSRWLockExclusive(&s->lock);
    return 0;
}

/* Starts the thread of an accepted socket. Returns 0, or an error; then the socket is closed. */
static int serve(struct threads_server *s, os_socket socket) {
    struct thread_conn *c = malloc(sizeof *c + s->buffer_bytes);
    if (!c) {
        os_close(socket);
        return ENOMEM;
    }
    *c = (struct thread_conn){.server = s, .socket = socket};
    AcquireSRWLockExclusive(&s->lock);
    c->next = s->first;
    if (c->next) c->next->previous = c;
    s->first = c;
    HANDLE thread = (HANDLE)_beginthreadex(NULL, STACK_BYTES, connection_thread, c,
                                           STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    int error = thread ? 0 : errno;
    if (thread)
        CloseHandle(thread); /* it is never joined */
    else
        remove_locked(c);
    ReleaseSRWLockExclusive(&s->lock);
    return error;
}

/* Waits for stop and a connection; without `accepting` for stop only, up to ACCEPT_RETRY_MS.
 * Returns 0 or an error. */
static int wait_for(struct threads_server *s, os_socket stop, bool accepting, bool *stopped,
                    bool *connection) {
    int wait_ms = accepting ? -1 : ACCEPT_RETRY_MS;
    WSAPOLLFD polled[] = {{.fd = stop, .events = POLLRDNORM},
                          {.fd = s->listener, .events = POLLRDNORM}};
    int n = WSAPoll(polled, accepting ? 2 : 1, wait_ms);
    *stopped = n > 0 && polled[0].revents;
    *connection = n > 0 && polled[1].revents;
    return n < 0 ? WSAGetLastError() : 0;
}

/* Ends the current call of a connection, and all later ones. Winsock does not promise that shutdown
 * ends a call in progress; CancelIoEx does that. */
static void end_calls(const struct thread_conn *c) {
    shutdown(c->socket, SD_BOTH);
    CancelIoEx((HANDLE)c->socket, NULL);
}

/* Ends all connections and waits until their threads have removed them. It does so repeatedly,
 * because a thread may have been just before a call. */
static void end_connections(struct threads_server *s) {
    AcquireSRWLockExclusive(&s->lock);
    s->stopping = true;
    while (s->first) {
        for (struct thread_conn *c = s->first; c; c = c->next) end_calls(c);
        uint64_t again_ns = os_clock_ns() + END_AGAIN_MS * UINT64_C(1000000);
        while (s->first && os_clock_ns() < again_ns)
            SleepConditionVariableSRW(&s->closed, &s->lock, END_AGAIN_MS, 0);
    }
    ReleaseSRWLockExclusive(&s->lock);
}

static int threads_run(void *state, os_socket stop, struct server_stats *stats) {
    struct threads_server *s = state;
    bool stopped = false, connection = false, accepting = true;
    int error = 0;
    while (!error && !stopped) {
        error = wait_for(s, stop, accepting, &stopped, &connection);
        stats->waits++;
        stats->events += connection;
        accepting = true;
        if (!connection) continue;
        os_socket accepted;
        int failed = os_accept(s->listener, false, &accepted);
        if (!failed) {
            stats->accepted++;
            failed = serve(s, accepted);
            stats->closed_error += failed != 0;
            accepting = !failed;
        } else {
            accepting = os_error_would_block(failed) || os_error_peer_gone(failed);
        }
        stats->accept_errors += !accepting;
    }
    end_connections(s);
    server_stats_add(stats, &s->totals);
    return error;
}

const struct io_model io_model_self = {
    .name = "threads",
    .summary = "threads: blocking calls, a thread per connection",
    .initiation = IO_BLOCKING,
    .notification = IO_RETURN,
    .instances_by_main = false,
    .open = threads_open,
    .run = threads_run,
    .close = free,
};
