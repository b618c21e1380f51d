/* completion_routine.c - overlapped calls name a function that is called when they have completed:
 * in the thread that made the call, while that thread waits alertably. Invariant: one thread starts
 * all operations, so all routines run in that thread, one after the other, and connections need no
 * lock.
 *
 * System calls per echo in steady state: WSARecv + WSASend, and SleepEx x 2 / (routines per
 * SleepEx).
 *
 * WSAOVERLAPPED.hEvent holds the connection's address; the system ignores it if there is a routine.
 * The read routine sends, the write routine receives again.
 *
 * The loop of textbooks, accept=alternate, alternates an accept that does not wait with a short
 * SleepEx. But SleepEx returns only when no routine is left to run, and each routine starts an
 * operation that calls the next one. So it may not return before the load ends, and newcomers
 * starve. The other forms avoid that:
 *   inline    every 64th routine accepts
 *   deferred  read routines only queue received bytes, which are sent after SleepEx. It must
 * return, because unsent bytes call no routine thread    a separate thread waits for connections
 * and hands their sockets over by QueueUserAPC. The default: no connection starves, and the loop
 * never wakes up without work docs/models.md has measurements of all forms. */
#include "base/os_windows.h"

#include "servers/windows/overlapped.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

/* accept=inline: routines between two accepts. */
#define ROUTINES_PER_ACCEPT 64

/* accept=thread: the loop has nothing to do after this time, but must notice a failed acceptor. */
#define THREAD_SLEEP_MS 100

enum { OPTION_ACCEPT, OPTION_SLEEP_MS };

/* In the order of the words of the option. */
enum accept_form { ACCEPT_THREAD, ACCEPT_DEFERRED, ACCEPT_INLINE, ACCEPT_ALTERNATE };

static const struct model_option options[] = {
    {"accept", "thread|deferred|inline|alternate", 0, 0, 0,
     "thread: a thread accepts; deferred: the loop accepts, and sends after SleepEx; "
     "inline: loop and routines accept; alternate: the loop accepts"},
    {"sleep_ms", NULL, 1, 0, 100, "how long SleepEx waits between two accepts; not for thread"},
    {.name = NULL}};

/* One instance. */
struct routine_server {
    struct overlapped_set set;
    enum accept_form form;
    DWORD sleep_ms;                     /* of every SleepEx */
    struct server_stats *stats;         /* of the thread that runs all routines */
    struct overlapped_conn *first;      /* list of all connections */
    struct overlapped_conn *work_first; /* deferred: connections with bytes to send */
    struct overlapped_conn *work_last;  /* deferred: the last of them */
    uint32_t routines;                  /* inline: all that have run */
    _Atomic bool stopping;              /* routines end their connections */
    WSAOVERLAPPED stop_overlapped;      /* of the receive on the stop socket */
    char stop_byte;                     /* its buffer; no byte ever comes */
    bool stop_in_flight;                /* that receive has not ended */
    os_socket stop;
    HANDLE io_thread;                 /* accept=thread: the thread of all routines */
    pthread_t acceptor;               /* accept=thread */
    struct server_stats accept_stats; /* accept=thread: counters of the acceptor */
    int accept_error;                 /* accept=thread: why the acceptor ended early; else 0 */
};

static void CALLBACK read_routine(DWORD error, DWORD bytes, LPWSAOVERLAPPED overlapped,
                                  DWORD flags);
static void CALLBACK write_routine(DWORD error, DWORD bytes, LPWSAOVERLAPPED overlapped,
                                   DWORD flags);

/* ---- one connection; each function may end it ---- */

static void end(struct routine_server *s, struct overlapped_conn *c) {
    overlapped_unlink(&s->first, c);
    overlapped_close(&s->set, c);
}

/* Checks whether an operation was started. One that completes at once also calls its routine. */
static void started(struct routine_server *s, struct overlapped_conn *c, int result) {
    int error = result == 0 ? 0 : WSAGetLastError();
    if (!error || error == WSA_IO_PENDING) return;
    overlapped_failed(os_windows_error((DWORD)error), s->stats);
    end(s, c);
}

static void start_receive(struct routine_server *s, struct overlapped_conn *c) {
    DWORD flags = 0;
    overlapped_prepare(&s->set, c);
    started(s, c, WSARecv(c->socket, &c->part, 1, NULL, &flags, &c->overlapped, read_routine));
}

static void start_send(struct routine_server *s, struct overlapped_conn *c) {
    started(s, c, WSASend(c->socket, &c->part, 1, NULL, 0, &c->overlapped, write_routine));
}

static void start_conn(struct routine_server *s, struct overlapped_conn *c) {
    c->owner = s;
    c->overlapped.hEvent = c;
    overlapped_link(&s->first, c);
    start_receive(s, c);
}

/* ---- newcomers ---- */

static void accept_some(struct routine_server *s) {
    for (int i = 0; i < OVERLAPPED_ACCEPTS_PER_TURN; i++) {
        struct overlapped_conn *c = overlapped_accept(&s->set, s->stats);
        if (!c) return;
        start_conn(s, c);
    }
}

/* thread: runs in the thread that does all IO. */
static void CALLBACK newcomer_routine(ULONG_PTR argument) {
    struct overlapped_conn *c = (struct overlapped_conn *)argument;
    struct routine_server *s = c->owner;
    if (s->stopping) {
        s->stats->closed_clean++;
        overlapped_close(&s->set, c);
    } else {
        start_conn(s, c);
    }
}

/* Accepts until stop. Here Winsock may wait: this thread has no routines to run. */
static void *accept_thread(void *argument) {
    struct routine_server *s = argument;
    struct server_stats *stats = &s->accept_stats;
    bool stopped = false;
    while (!s->accept_error && !stopped) {
        s->accept_error = overlapped_await(&s->set, s->stop, stats, &stopped);
        if (s->accept_error || stopped) break;
        struct overlapped_conn *c;
        while ((c = overlapped_accept(&s->set, stats))) {
            c->owner = s;
            if (QueueUserAPC(newcomer_routine, s->io_thread, (ULONG_PTR)c)) continue;
            stats->closed_error++;
            overlapped_close(&s->set, c);
            overlapped_accept_failed(&s->set, stats);
        }
    }
    s->stopping = true;
    return NULL;
}

/* ---- routines ---- */

static void queue(struct routine_server *s, struct overlapped_conn *c) {
    c->next_work = NULL;
    if (s->work_first)
        s->work_last->next_work = c;
    else
        s->work_first = c;
    s->work_last = c;
}

static void send_queued(struct routine_server *s) {
    struct overlapped_conn *c = s->work_first;
    s->work_first = s->work_last = NULL;
    while (c) {
        struct overlapped_conn *next = c->next_work;
        start_send(s, c);
        c = next;
    }
}

/* Every routine calls this first. Returns whether the connection goes on. */
static bool enter(struct routine_server *s, struct overlapped_conn *c, size_t bytes) {
    s->stats->events++;
    if (s->stopping) { /* otherwise SleepEx would not return */
        overlapped_stopped(c, bytes, s->stats);
        end(s, c);
        return false;
    }
    if (s->form == ACCEPT_INLINE && ++s->routines % ROUTINES_PER_ACCEPT == 0) accept_some(s);
    return true;
}

static void CALLBACK read_routine(DWORD error, DWORD bytes, LPWSAOVERLAPPED overlapped,
                                  DWORD flags) {
    struct overlapped_conn *c = overlapped->hEvent;
    struct routine_server *s = c->owner;
    (void)flags;
    if (!enter(s, c, bytes)) return;
    if (!overlapped_received(c, os_windows_error(error), bytes, s->stats))
        end(s, c);
    else if (s->form == ACCEPT_DEFERRED)
        queue(s, c);
    else
        start_send(s, c);
}

static void CALLBACK write_routine(DWORD error, DWORD bytes, LPWSAOVERLAPPED overlapped,
                                   DWORD flags) {
    struct overlapped_conn *c = overlapped->hEvent;
    struct routine_server *s = c->owner;
    (void)flags;
    if (!enter(s, c, bytes)) return;
    if (!overlapped_sent(c, os_windows_error(error), bytes, s->stats))
        end(s, c);
    else if (c->sending)
        start_send(s, c);
    else
        start_receive(s, c);
}

static void CALLBACK stop_routine(DWORD error, DWORD bytes, LPWSAOVERLAPPED overlapped,
                                  DWORD flags) {
    struct routine_server *s = overlapped->hEvent;
    (void)error, (void)bytes, (void)flags;
    s->stop_in_flight = false;
    s->stopping = true;
}

/* ---- the loop ---- */

/* Starts the receive that completes when the server is to stop. Returns 0 or an error. */
static int watch_stop(struct routine_server *s) {
    WSABUF part = {.len = 1, .buf = &s->stop_byte};
    DWORD flags = 0;
    s->stop_overlapped.hEvent = s;
    s->stop_in_flight = true;
    if (WSARecv(s->stop, &part, 1, NULL, &flags, &s->stop_overlapped, stop_routine) == 0) return 0;
    int error = WSAGetLastError();
    if (error == WSA_IO_PENDING) return 0;
    s->stop_in_flight = false;
    return os_windows_error((DWORD)error);
}

static void serve(struct routine_server *s) {
    while (!s->stopping) {
        if (s->form != ACCEPT_THREAD) accept_some(s);
        SleepEx(s->sleep_ms, TRUE);
        s->stats->waits++;
        send_queued(s);
    }
}

/* thread: serves while the acceptor runs. Returns 0 or an error. */
static int serve_with_acceptor(struct routine_server *s) {
    HANDLE self = GetCurrentProcess(); /* GetCurrentThread() is a pseudo handle: elsewhere it would
                                          mean the thread that uses it */
    if (!DuplicateHandle(self, GetCurrentThread(), self, &s->io_thread, 0, FALSE,
                         DUPLICATE_SAME_ACCESS))
        return os_windows_error(GetLastError());
    int error = pthread_create(&s->acceptor, NULL, accept_thread, s);
    if (!error) {
        serve(s);
        pthread_join(s->acceptor, NULL);
        SleepEx(0, TRUE); /* runs the last newcomer_routine calls */
        server_stats_add(s->stats, &s->accept_stats);
        error = s->accept_error;
    }
    CloseHandle(s->io_thread);
    return error;
}

/* Closes all connections, which ends their operations, and waits until the routines of all of them
 * have run. */
static void end_connections(struct routine_server *s) {
    s->stopping = true;
    while (s->work_first) { /* deferred: these have nothing in flight */
        struct overlapped_conn *c = s->work_first;
        s->work_first = c->next_work;
        s->stats->closed_clean++;
        end(s, c);
    }
    for (struct overlapped_conn *c = s->first; c; c = c->next) {
        os_close(c->socket); /* does not wait, so no routine runs meanwhile */
        c->socket = OS_SOCKET_NONE;
    }
    if (s->stop_in_flight) CancelIoEx((HANDLE)s->stop, &s->stop_overlapped);
    uint64_t deadline_ns = os_clock_ns() + OVERLAPPED_STOP_MS * UINT64_C(1000000);
    while ((s->first || s->stop_in_flight) && os_clock_ns() < deadline_ns) SleepEx(10, TRUE);
    for (struct overlapped_conn *c = s->first; c; c = c->next) s->stats->closed_clean++;
}

static int routine_run(void *state, os_socket stop, struct server_stats *stats) {
    struct routine_server *s = state;
    s->stats = stats;
    s->stop = stop;
    int error = watch_stop(s);
    if (!error && s->form == ACCEPT_THREAD)
        error = serve_with_acceptor(s);
    else if (!error)
        serve(s);
    end_connections(s);
    return error;
}

static int routine_open(const struct server_config *config, os_socket listener, void **state) {
    struct routine_server *s = calloc(1, sizeof *s);
    if (!s) return ENOMEM;
    overlapped_set_open(&s->set, config, listener);
    s->form = (enum accept_form)config->options[OPTION_ACCEPT];
    s->sleep_ms =
        s->form == ACCEPT_THREAD ? THREAD_SLEEP_MS : (DWORD)config->options[OPTION_SLEEP_MS];
    *state = s;
    return 0;
}

static void routine_close(void *state) {
    struct routine_server *s = state;
    if (!s->first && !s->stop_in_flight) free(s);
}

const struct io_model io_model_self = {
    .name = "completion-routine",
    .summary = "completion routines: the system calls a function when an operation has ended",
    .initiation = IO_OVERLAPPED,
    .notification = IO_COMPLETION_ROUTINE,
    .options = options,
    .instances_by_main = false,
    .open = routine_open,
    .run = routine_run,
    .close = routine_close,
};
