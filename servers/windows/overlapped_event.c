/* overlapped_event.c - every operation names an event object that is set when it completes; a
 * thread waits for the events of its connections. Invariant: events[1 + i] of a thread belongs to
 * conns[i], which has one operation in flight.
 *
 * System calls per echo in steady state: WSARecv + WSASend, and WSAWaitForMultipleEvents x 2 /
 * (operations found complete per wait). The call that starts the next operation resets the event.
 *
 * A wait takes 64 handles, so a thread has 63 connections and one event for newcomers and stop. The
 * acceptor, in the thread of run, starts threads as connections come and gives each newcomer to the
 * first thread that has room. A wait reports only the first event that is set. So that the last
 * connections are served as well, a thread then checks all of its operations, without a system
 * call. The thread that waits for operations also starts them: they would end with their thread. */
#include "base/check.h"
#include "base/os_windows.h"

#include "servers/windows/overlapped.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#define CONNS (WSA_MAXIMUM_WAIT_EVENTS - 1)

/* A thread and its connections. */
struct event_thread {
    struct event_server *server;
    struct event_thread *next; /* in the server's list, oldest first */
    pthread_t thread;
    WSAEVENT events[WSA_MAXIMUM_WAIT_EVENTS]; /* the first is set for newcomers and for stop */
    struct overlapped_conn *conns[CONNS];
    size_t count;                      /* connections in use */
    _Atomic size_t taken;              /* count, and the newcomers that it has not taken yet */
    pthread_mutex_t lock;              /* guards the newcomers */
    struct overlapped_conn *newcomers; /* given by the acceptor, not served yet */
    struct server_stats stats;         /* of this thread only, so it needs no lock */
};

/* The instance. */
struct event_server {
    struct overlapped_set set;    /* only the acceptor uses it, except `room` */
    struct event_thread *threads; /* list of all */
    _Atomic bool stopping;        /* threads end */
};

/* ---- one connection of a thread ---- */

/* Removes conns[i] and closes it; the last connection and its event take its place. */
static void end(struct event_thread *t, size_t i) {
    size_t last = --t->count;
    WSAEVENT event = t->events[1 + i];
    overlapped_close(&t->server->set, t->conns[i]);
    t->conns[i] = t->conns[last];
    t->events[1 + i] = t->events[1 + last];
    t->events[1 + last] = event;
    t->taken--;
}

/* Starts the next operation of conns[i]; one that completes at once also sets the event. */
static void proceed(struct event_thread *t, size_t i) {
    struct overlapped_conn *c = t->conns[i];
    DWORD flags = 0;
    overlapped_prepare(&t->server->set, c);
    int result = c->sending ? WSASend(c->socket, &c->part, 1, NULL, 0, &c->overlapped, NULL)
                            : WSARecv(c->socket, &c->part, 1, NULL, &flags, &c->overlapped, NULL);
    int error = result == 0 ? 0 : WSAGetLastError();
    if (!error || error == WSA_IO_PENDING) return;
    overlapped_failed(os_windows_error((DWORD)error), &t->stats);
    end(t, i);
}

static void ended(struct event_thread *t, size_t i) {
    struct overlapped_conn *c = t->conns[i];
    int error = overlapped_error(c->socket, &c->overlapped);
    size_t bytes = c->overlapped.InternalHigh; /* documented as the number of bytes */
    t->stats.events++;
    if (c->sending ? overlapped_sent(c, error, bytes, &t->stats)
                   : overlapped_received(c, error, bytes, &t->stats))
        proceed(t, i);
    else
        end(t, i);
}

/* ---- a thread ---- */

static struct overlapped_conn *next_newcomer(struct event_thread *t) {
    pthread_mutex_lock(&t->lock);
    struct overlapped_conn *c = t->newcomers;
    if (c) overlapped_unlink(&t->newcomers, c);
    pthread_mutex_unlock(&t->lock);
    return c;
}

static void take_newcomers(struct event_thread *t) {
    struct overlapped_conn *c;
    while ((c = next_newcomer(t))) {
        size_t i = t->count++;
        t->conns[i] = c;
        c->overlapped.hEvent = t->events[1 + i];
        proceed(t, i);
    }
}

/* Ends the operations of all connections, then closes these. */
static void end_connections(struct event_thread *t) {
    struct overlapped_conn *c;
    uint64_t deadline_ns = os_clock_ns() + OVERLAPPED_STOP_MS * UINT64_C(1000000);
    for (size_t i = 0; i < t->count; i++)
        CancelIoEx((HANDLE)t->conns[i]->socket, &t->conns[i]->overlapped);
    while (t->count > 0) {
        uint64_t now_ns = os_clock_ns();
        DWORD left_ms = now_ns < deadline_ns ? (DWORD)((deadline_ns - now_ns) / 1000000u) : 0;
        c = t->conns[t->count - 1];
        bool has_ended = HasOverlappedIoCompleted(&c->overlapped) ||
                         WSAWaitForMultipleEvents(1, &t->events[t->count], TRUE, left_ms, FALSE) ==
                             WSA_WAIT_EVENT_0;
        if (has_ended) {
            overlapped_stopped(c, c->overlapped.InternalHigh, &t->stats);
            end(t, t->count - 1);
        } else {
            t->stats.closed_clean++;
            os_close(c->socket); /* its memory stays: see OVERLAPPED_STOP_MS */
            t->count--;
        }
    }
    while ((c = next_newcomer(t))) {
        t->stats.closed_clean++;
        overlapped_close(&t->server->set, c);
    }
}

static void *serve(void *argument) {
    struct event_thread *t = argument;
    while (!t->server->stopping) {
        DWORD first =
            WSAWaitForMultipleEvents((DWORD)(1 + t->count), t->events, FALSE, WSA_INFINITE, FALSE);
        CHECK_OP(first, !=, WSA_WAIT_FAILED); /* only an invalid handle could cause that */
        t->stats.waits++;
        /* downwards: the last connection, which replaces a closed one, has been served already */
        for (size_t i = t->count; i-- > 0;)
            if (HasOverlappedIoCompleted(&t->conns[i]->overlapped)) ended(t, i);
        if (first == WSA_WAIT_EVENT_0) take_newcomers(t);
    }
    end_connections(t);
    return NULL;
}

static void thread_free(struct event_thread *t) {
    for (size_t i = 0; i < WSA_MAXIMUM_WAIT_EVENTS; i++)
        if (t->events[i]) CloseHandle(t->events[i]);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

/* Starts a thread, with an event for each possible connection. Returns 0 or an error. */
static int thread_start(struct event_server *s, struct event_thread **started) {
    struct event_thread *t = calloc(1, sizeof *t);
    if (!t) return ENOMEM;
    t->server = s;
    pthread_mutex_init(&t->lock, NULL);
    int error = 0;
    for (size_t i = 0; i < WSA_MAXIMUM_WAIT_EVENTS && !error; i++) {
        /* a wait resets the first one; starting an operation resets the others */
        t->events[i] = CreateEventW(NULL, i > 0, FALSE, NULL);
        if (!t->events[i]) error = os_windows_error(GetLastError());
    }
    if (!error) error = pthread_create(&t->thread, NULL, serve, t);
    if (error)
        thread_free(t);
    else
        *started = t;
    return error == EAGAIN ? ENOMEM : error;
}

/* ---- the acceptor ---- */

/* Finds a thread that has room, or starts one. Returns 0 or an error. */
static int find_room(struct event_server *s, struct event_thread **found) {
    struct event_thread **at = &s->threads;
    while (*at && (*at)->taken == CONNS) at = &(*at)->next;
    int error = *at ? 0 : thread_start(s, at);
    *found = *at;
    return error;
}

static void give(struct event_thread *t, struct overlapped_conn *c) {
    t->taken++;
    pthread_mutex_lock(&t->lock);
    overlapped_link(&t->newcomers, c);
    pthread_mutex_unlock(&t->lock);
    SetEvent(t->events[0]);
}

/* Accepts only connections that a thread has room for. */
static void accept_some(struct event_server *s, struct server_stats *stats) {
    for (int i = 0; i < OVERLAPPED_ACCEPTS_PER_TURN; i++) {
        struct event_thread *t;
        int error = find_room(s, &t);
        if (error) {
            overlapped_accept_failed(&s->set, stats);
            return;
        }
        struct overlapped_conn *c = overlapped_accept(&s->set, stats);
        if (!c) return;
        give(t, c);
    }
}

static int event_run(void *state, os_socket stop, struct server_stats *stats) {
    struct event_server *s = state;
    bool stopped = false;
    int error = 0;
    while (!error && !stopped) {
        error = overlapped_await(&s->set, stop, stats, &stopped);
        if (!error && !stopped) accept_some(s, stats);
    }
    s->stopping = true;
    for (struct event_thread *t = s->threads; t; t = t->next) SetEvent(t->events[0]);
    while (s->threads) {
        struct event_thread *t = s->threads;
        s->threads = t->next;
        pthread_join(t->thread, NULL);
        server_stats_add(stats, &t->stats);
        thread_free(t);
    }
    return error;
}

static int event_open(const struct server_config *config, os_socket listener, void **state) {
    struct event_server *s = calloc(1, sizeof *s);
    if (!s) return ENOMEM;
    overlapped_set_open(&s->set, config, listener);
    *state = s;
    return 0;
}

static void event_close(void *state) {
    free(state);
}

const struct io_model io_model_self = {
    .name = "overlapped-event",
    .summary = "overlapped IO with events: threads wait for the events of 63 operations each",
    .initiation = IO_OVERLAPPED,
    .notification = IO_EVENT_OBJECT,
    .instances_by_main = false,
    .open = event_open,
    .run = event_run,
    .close = event_close,
};
