/* event_select.c - WSAEventSelect: network events of a socket are recorded, and an event object is
 * set. A thread can wait for 64 of them, so every 63 connections have a thread. Invariant: rows 1
 * to count-1 of a worker belong to its connections, without gaps, and only the worker uses them.
 *
 * System calls per echo in steady state: WSAWaitForMultipleEvents / (ready connections per wait) +
 * WSAWaitForMultipleEvents (to find the next ready one) + WSAEnumNetworkEvents (which resets the
 * event) + recv (after which FD_READ can be recorded again, at once if there is more) + send.
 *
 * FD_WRITE is recorded after a send that found no room at all. FD_CLOSE is recorded once, maybe
 * while bytes are still to be received. The thread of the instance accepts and hands over; workers
 * are started as connections come, and stay. */
#include "base/check.h"

#include "servers/conn.h"

#include <windows.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#define ROW_WAKE 0 /* set by the acceptor: newcomers, or stop */
#define ROWS WSA_MAXIMUM_WAIT_EVENTS
#define WORKER_CONNECTIONS (ROWS - 1)

/* Receives in a row for one connection when no event would report further bytes. */
#define RECEIVES_PER_TURN 16

/* A thread and its connections. */
struct worker {
    struct event_select_server *server;
    struct worker *next; /* in the server's list */
    pthread_t thread;
    struct conn_set set;       /* its connections; it never accepts */
    struct server_stats stats; /* valid after the thread was joined */
    WSAEVENT events[ROWS];
    struct conn *conns[ROWS]; /* the connection of each row; NULL in the first */
    DWORD count;              /* rows in use */
    size_t assigned;          /* connections, newcomers included; under the server's lock */
    struct conn *newcomers;   /* queue of connections that it gets; under the server's lock */
};

/* One instance. */
struct event_select_server {
    struct server_config config; /* for the workers' sets */
    struct conn_set set;         /* accepts; connections leave it when they are handed over */
    SRWLOCK lock;                /* guards what workers and acceptor share */
    struct worker *workers;      /* list of all, the latest first; only the acceptor uses it */
    bool stopping;               /* workers are to end; under the lock */
};

/* ---- a worker ---- */

/* Gives a newcomer the next row. Returns false if that fails. */
static bool watch(struct worker *w, struct conn *c) {
    WSAEVENT event = WSACreateEvent();
    if (event == WSA_INVALID_EVENT) return false;
    /* it has inherited the selection of the listener, which must be removed first */
    if (WSAEventSelect(c->socket, NULL, 0) != 0 ||
        WSAEventSelect(c->socket, event, FD_READ | FD_WRITE | FD_CLOSE) != 0) {
        WSACloseEvent(event);
        return false;
    }
    w->events[w->count] = event;
    w->conns[w->count] = c;
    c->slot = w->count++;
    return true;
}

/* Counts that a connection is gone; the acceptor may give another one. */
static void unassign(struct worker *w) {
    AcquireSRWLockExclusive(&w->server->lock);
    w->assigned--;
    ReleaseSRWLockExclusive(&w->server->lock);
}

/* Closes a connection and puts the last row into its place. */
static void remove_row(struct worker *w, struct conn *c) {
    size_t row = c->slot, last = --w->count;
    WSAEVENT event = w->events[row];
    w->events[row] = w->events[last];
    w->conns[row] = w->conns[last];
    w->conns[row]->slot = row;
    conn_close(&w->set, c); /* before the event is closed: closing the socket may set it */
    WSACloseEvent(event);
    unassign(w);
}

/* Takes newcomers from the acceptor. Returns whether to stop. */
static bool woken(struct worker *w) {
    WSAResetEvent(w->events[ROW_WAKE]); /* first: later newcomers set it again */
    AcquireSRWLockExclusive(&w->server->lock);
    struct conn *c = w->newcomers;
    bool stop = w->server->stopping;
    w->newcomers = NULL;
    ReleaseSRWLockExclusive(&w->server->lock);
    while (c) {
        struct conn *next = c->next_work;
        conn_join(&w->set, c);
        if (!watch(w, c)) {
            conn_refuse(&w->set, c);
            unassign(w);
        }
        c = next;
    }
    return stop;
}

/* Sends until everything is sent or there is no room at all: only then is FD_WRITE recorded. */
static enum conn_outcome send_pending(struct worker *w, struct conn *c) {
    for (;;) {
        size_t start = c->pending_start;
        enum conn_outcome outcome = conn_send_pending(&w->set, c);
        if (outcome != CONN_BLOCKED || c->pending_start == start) return outcome;
    }
}

static enum conn_outcome echo(struct worker *w, struct conn *c) {
    enum conn_outcome outcome = CONN_ECHOED;
    if (c->pending_start < c->pending_end) outcome = send_pending(w, c);
    /* FD_READ may have been reported while bytes were pending: receive now. Usually one receive is
     * enough, because FD_READ is then recorded for further bytes. But FD_CLOSE comes only once, so
     * after it everything must be received without further events */
    for (int i = 0; i < RECEIVES_PER_TURN && (i == 0 || c->hung_up); i++) {
        if (outcome == CONN_BLOCKED || outcome == CONN_ENDED) break;
        outcome = conn_receive(&w->set, c);
        if (outcome == CONN_BLOCKED) outcome = send_pending(w, c);
    }
    return outcome;
}

static void serve(struct worker *w, struct conn *c) {
    WSANETWORKEVENTS happened = {0};
    bool pending = c->pending_start < c->pending_end;
    if (WSAEnumNetworkEvents(c->socket, w->events[c->slot], &happened) != 0) {
        w->stats.closed_error++;
        remove_row(w, c);
        return;
    }
    if (happened.lNetworkEvents & FD_CLOSE) c->hung_up = true;
    /* the first FD_WRITE comes at once, when there is nothing to send */
    if (!pending && !c->hung_up && !(happened.lNetworkEvents & FD_READ)) return;
    enum conn_outcome outcome = echo(w, c);
    if (outcome == CONN_ENDED)
        remove_row(w, c);
    else if (c->hung_up && outcome != CONN_BLOCKED)
        WSASetEvent(
            w->events[c->slot]); /* its end is still to be received, and no event will report it */
}

/* Serves each row that is ready now once, so that the first rows, which a wait prefers, do not
 * starve the last. Returns whether to stop. */
static bool handle(struct worker *w, DWORD row) {
    bool stop = false, newcomers = false;
    while (row < w->count) {
        w->stats.events++;
        if (row == ROW_WAKE)
            newcomers = true;
        else
            serve(w, w->conns[row]);
        if (++row >= w->count)
            break; /* the row may have another connection now: it is served next turn */
        DWORD next = WSAWaitForMultipleEvents(w->count - row, w->events + row, FALSE, 0, FALSE);
        if (next >= WSA_WAIT_EVENT_0 + w->count - row) break; /* no other row is ready */
        row += next - WSA_WAIT_EVENT_0;
    }
    if (newcomers) stop = woken(w);
    return stop;
}

static void *worker_thread(void *argument) {
    struct worker *w = argument;
    bool stop = false;
    while (!stop) {
        DWORD first = WSAWaitForMultipleEvents(w->count, w->events, FALSE, WSA_INFINITE, FALSE);
        CHECK(first != WSA_WAIT_FAILED); /* all handles belong to this worker */
        w->stats.waits++;
        stop = handle(w, first - WSA_WAIT_EVENT_0);
    }
    conn_close_all(&w->set);
    while (w->count > 1) WSACloseEvent(w->events[--w->count]);
    return NULL;
}

/* ---- the acceptor ---- */

static void worker_free(struct worker *w) {
    if (w->events[ROW_WAKE] != WSA_INVALID_EVENT) WSACloseEvent(w->events[ROW_WAKE]);
    conn_set_close(&w->set);
    free(w);
}

/* Starts one more worker. Returns NULL if there are no memory or handles. */
static struct worker *worker_start(struct event_select_server *s) {
    struct worker *w = calloc(1, sizeof *w);
    if (!w) return NULL;
    int error = conn_set_open(&w->set, &s->config, OS_SOCKET_NONE);
    if (!error) w->events[ROW_WAKE] = WSACreateEvent();
    if (!error && w->events[ROW_WAKE] == WSA_INVALID_EVENT) error = ENOMEM;
    if (!error) {
        w->server = s;
        w->set.stats = &w->stats;
        w->count = 1;
        error = pthread_create(&w->thread, NULL, worker_thread, w);
    }
    if (error) {
        worker_free(w);
        return NULL;
    }
    w->next = s->workers;
    s->workers = w;
    return w;
}

/* Finds a worker with room, or starts one. Returns NULL if that fails. */
static struct worker *worker_with_room(struct event_select_server *s) {
    struct worker *w = s->workers;
    AcquireSRWLockExclusive(&s->lock);
    while (w && w->assigned == WORKER_CONNECTIONS) w = w->next;
    ReleaseSRWLockExclusive(&s->lock);
    return w ? w : worker_start(s);
}

static void accept_some(struct event_select_server *s) {
    for (int i = 0; i < CONN_ACCEPTS_PER_TURN; i++) {
        struct conn *c = conn_accept(&s->set);
        if (!c) break;
        struct worker *w = worker_with_room(s);
        if (!w) {
            conn_refuse(&s->set, c);
            conn_accept_failed(&s->set);
            break;
        }
        conn_leave(&s->set, c);
        AcquireSRWLockExclusive(&s->lock);
        w->assigned++;
        c->next_work = w->newcomers;
        w->newcomers = c;
        ReleaseSRWLockExclusive(&s->lock);
        WSASetEvent(w->events[ROW_WAKE]);
    }
}

/* Ends all workers and adds up their counters. */
static void end_workers(struct event_select_server *s, struct server_stats *stats) {
    AcquireSRWLockExclusive(&s->lock);
    s->stopping = true;
    ReleaseSRWLockExclusive(&s->lock);
    for (struct worker *w = s->workers; w; w = w->next) WSASetEvent(w->events[ROW_WAKE]);
    for (struct worker *w = s->workers; w; w = w->next) {
        CHECK_OP(pthread_join(w->thread, NULL), ==, 0);
        server_stats_add(stats, &w->stats);
    }
}

static void event_select_close(void *state) {
    struct event_select_server *s = state;
    while (s->workers) {
        struct worker *w = s->workers;
        s->workers = w->next;
        worker_free(w);
    }
    conn_set_close(&s->set);
    free(s);
}

static int event_select_open(const struct server_config *config, os_socket listener, void **state) {
    struct event_select_server *s = calloc(1, sizeof *s);
    if (!s) return ENOMEM;
    int error = conn_set_open(&s->set, config, listener);
    if (error) {
        free(s);
        return error;
    }
    InitializeSRWLock(&s->lock);
    s->config = *config;
    *state = s;
    return 0;
}

/* Accepts until `stop_event` is set. Returns 0 or an error. */
static int accept_until(struct event_select_server *s, WSAEVENT stop_event, WSAEVENT accept_event) {
    const WSAEVENT events[] = {stop_event, accept_event}; /* the first is preferred */
    for (;;) {
        conn_accept_resumes(&s->set);
        int wait_ms = conn_wait_ms(&s->set);
        DWORD n = WSAWaitForMultipleEvents(s->set.accepting ? 2 : 1, events, FALSE,
                                           wait_ms < 0 ? WSA_INFINITE : (DWORD)wait_ms, FALSE);
        if (n == WSA_WAIT_FAILED) return WSAGetLastError();
        if (n == WSA_WAIT_EVENT_0) return 0;
        s->set.stats->waits++;
        /* before the accepts: after each of them the next waiting connection sets it again */
        WSAResetEvent(accept_event);
        accept_some(s);
    }
}

static int event_select_run(void *state, os_socket stop, struct server_stats *stats) {
    struct event_select_server *s = state;
    s->set.stats = stats;
    int error = 0;
    WSAEVENT stop_event = WSACreateEvent(), accept_event = WSACreateEvent();
    if (stop_event == WSA_INVALID_EVENT || accept_event == WSA_INVALID_EVENT) error = ENOMEM;
    if (!error && (WSAEventSelect(stop, stop_event, FD_READ | FD_CLOSE) != 0 ||
                   WSAEventSelect(s->set.listener, accept_event, FD_ACCEPT) != 0))
        error = WSAGetLastError();
    if (!error) error = accept_until(s, stop_event, accept_event);
    end_workers(s, stats);
    WSAEventSelect(s->set.listener, NULL, 0);
    WSAEventSelect(stop, NULL, 0);
    if (accept_event != WSA_INVALID_EVENT) WSACloseEvent(accept_event);
    if (stop_event != WSA_INVALID_EVENT) WSACloseEvent(stop_event);
    return error;
}

const struct io_model io_model_self = {
    .name = "event-select",
    .summary = "WSAEventSelect: an event object per socket, 63 connections a thread",
    .initiation = IO_NONBLOCKING,
    .notification = IO_EVENT_OBJECT,
    .instances_by_main = false,
    .open = event_select_open,
    .run = event_select_run,
    .close = event_select_close,
};
