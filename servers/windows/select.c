/* select.c - select of Winsock: lists of sockets, not bit sets, at most FD_SETSIZE in each.
 * Invariant: a connection is in exactly one of the two lists, in row `slot`, and in the hash table.
 *
 * System calls per echo in steady state: select / (ready connections per wait) + recv + send. The
 * cost of select, which gets all sockets at every wait, and of copying the list grows with the
 * number of connections.
 *
 * A program chooses FD_SETSIZE before winsock2.h; the default of 64 is too small for a server. It
 * counts sockets, not descriptors, so the limit is exact: two places are for the listener and for
 * stop. Connections beyond it are accepted, counted and closed.
 *
 * The macros of winsock2.h are not used: FD_SET and FD_CLR search the whole list. select leaves a
 * list of the ready sockets, in any order; a hash table finds the connection of each. */
#define FD_SETSIZE 8192 /* before all includes: base/os.h includes winsock2.h */
#include "servers/conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROW_STOP 0
#define ROW_LISTENER 1
#define ROWS_OWN 2 /* rows of the readers that are no connections */
#define CONNECTIONS_MAX (FD_SETSIZE - ROWS_OWN)

#define BUCKETS (2 * FD_SETSIZE) /* a power of two; never more than half full */

/* Sockets to wait for, and their connections. */
struct watched {
    fd_set sockets;                 /* select gets a copy */
    struct conn *conns[FD_SETSIZE]; /* the connection of each row; NULL for listener and stop */
};

/* One instance. */
struct select_server {
    struct conn_set set;           /* its connections */
    size_t count;                  /* number of connections */
    struct watched readers;        /* sockets to receive from, listener and stop among them */
    struct watched writers;        /* sockets whose send is blocked */
    fd_set readable;               /* the copy for select, then the ready ones */
    fd_set writable;               /* the same */
    struct conn *buckets[BUCKETS]; /* connections by socket; open addressing */
};

/* ---- connections by socket ---- */

/* Sockets are handles, multiples of four. */
static size_t home_of(os_socket s) {
    return (size_t)((s >> 2) * 0x9E3779B97F4A7C15u >> 32) % BUCKETS;
}

static struct conn *find(const struct select_server *s, os_socket socket) {
    size_t i = home_of(socket);
    while (s->buckets[i] && s->buckets[i]->socket != socket) i = (i + 1) % BUCKETS;
    return s->buckets[i];
}

static void table_add(struct select_server *s, struct conn *c) {
    size_t i = home_of(c->socket);
    while (s->buckets[i]) i = (i + 1) % BUCKETS;
    s->buckets[i] = c;
}

/* Empties a bucket, and moves later entries into the gap that could not be found across it. */
static void table_remove(struct select_server *s, const struct conn *c) {
    size_t gap = home_of(c->socket);
    while (s->buckets[gap] != c) gap = (gap + 1) % BUCKETS;
    for (size_t i = (gap + 1) % BUCKETS; s->buckets[i]; i = (i + 1) % BUCKETS) {
        size_t from_home = (i - home_of(s->buckets[i]->socket)) % BUCKETS;
        if (from_home < (i - gap) % BUCKETS) continue;
        s->buckets[gap] = s->buckets[i];
        gap = i;
    }
    s->buckets[gap] = NULL;
}

/* ---- lists ---- */

static void add_row(struct watched *w, os_socket socket, struct conn *c) {
    u_int row = w->sockets.fd_count++;
    w->sockets.fd_array[row] = socket;
    w->conns[row] = c;
    if (c) c->slot = row;
}

/* Puts the last row into the place of a connection. */
static void remove_row(struct watched *w, const struct conn *c) {
    u_int last = --w->sockets.fd_count;
    w->sockets.fd_array[c->slot] = w->sockets.fd_array[last];
    w->conns[c->slot] = w->conns[last];
    w->conns[c->slot]->slot = c->slot;
}

/* Copies only the rows in use. */
static void copy_rows(fd_set *to, const fd_set *from) {
    to->fd_count = from->fd_count;
    memcpy(to->fd_array, from->fd_array, from->fd_count * sizeof from->fd_array[0]);
}

/* ---- the instance ---- */

static void select_model_close(void *state) {
    struct select_server *s = state;
    conn_set_close(&s->set);
    free(s);
}

static int select_model_open(const struct server_config *config, os_socket listener, void **state) {
    struct select_server *s = calloc(1, sizeof *s);
    if (!s) return ENOMEM;
    if (conn_set_open(&s->set, config, listener) != 0) {
        free(s);
        return ENOMEM;
    }
    *state = s;
    return 0;
}

static void accept_some(struct select_server *s) {
    for (int i = 0; i < CONN_ACCEPTS_PER_TURN; i++) {
        struct conn *c = conn_accept(&s->set);
        if (!c) break;
        if (s->count < CONNECTIONS_MAX) {
            s->count++;
            table_add(s, c);
            add_row(&s->readers, c->socket, c);
        } else {
            conn_refuse(&s->set, c);
        }
    }
}

static void forget(struct select_server *s, struct watched *w, struct conn *c) {
    remove_row(w, c);
    table_remove(s, c);
    s->count--;
    conn_close(&s->set, c);
}

static void move_row(struct watched *from, struct watched *to, struct conn *c) {
    remove_row(from, c);
    add_row(to, c->socket, c);
}

static void serve_writer(struct select_server *s, struct conn *c) {
    enum conn_outcome outcome = conn_send_pending(&s->set, c);
    if (outcome == CONN_ENDED)
        forget(s, &s->writers, c);
    else if (outcome == CONN_ECHOED)
        move_row(&s->writers, &s->readers, c);
}

static void serve_reader(struct select_server *s, struct conn *c) {
    enum conn_outcome outcome = conn_receive(&s->set, c);
    if (outcome == CONN_ENDED)
        forget(s, &s->readers, c);
    else if (outcome == CONN_BLOCKED)
        move_row(&s->readers, &s->writers, c);
}

/* Serves all that are ready. Newcomers come last: they may get the handles of closed connections.
 * Returns whether to stop. */
static bool handle(struct select_server *s, os_socket stop) {
    bool stopped = false, accept = false;
    for (u_int i = 0; i < s->writable.fd_count; i++)
        serve_writer(s, find(s, s->writable.fd_array[i]));
    for (u_int i = 0; i < s->readable.fd_count; i++) {
        os_socket socket = s->readable.fd_array[i];
        if (socket == stop)
            stopped = true;
        else if (socket == s->set.listener)
            accept = true;
        else
            serve_reader(s, find(s, socket));
    }
    if (accept) accept_some(s);
    return stopped;
}

/* One wait; sets *ready to the number of ready sockets. Returns 0 or an error. */
static int wait_ready(struct select_server *s, int *ready) {
    int wait_ms = conn_wait_ms(&s->set);
    struct timeval timeout = {.tv_usec = wait_ms * 1000}; /* 101 ms at most */
    copy_rows(&s->readable, &s->readers.sockets);
    copy_rows(&s->writable, &s->writers.sockets);
    if (!s->set.accepting) /* the order of the copy does not matter */
        s->readable.fd_array[ROW_LISTENER] = s->readable.fd_array[--s->readable.fd_count];
    /* an empty list is an error, but NULL is not; the first argument is ignored */
    *ready = select(0, &s->readable, s->writable.fd_count ? &s->writable : NULL, NULL,
                    wait_ms < 0 ? NULL : &timeout);
    if (*ready < 0) return WSAGetLastError();
    if (*ready == 0) s->readable.fd_count = s->writable.fd_count = 0;
    return 0;
}

static int select_model_run(void *state, os_socket stop, struct server_stats *stats) {
    struct select_server *s = state;
    s->set.stats = stats;
    add_row(&s->readers, stop, NULL);
    add_row(&s->readers, s->set.listener, NULL);
    int error = 0;
    bool stopped = false;
    while (!error && !stopped) {
        int ready;
        conn_accept_resumes(&s->set);
        error = wait_ready(s, &ready);
        if (error) break;
        stats->waits++;
        stats->events += (uint64_t)ready;
        stopped = handle(s, stop);
    }
    conn_close_all(&s->set);
    return error;
}

const struct io_model io_model_self = {
    .name = "select",
    .summary = "select: lists of FD_SETSIZE sockets, handed over at every wait",
    .initiation = IO_NONBLOCKING,
    .notification = IO_READINESS,
    .connections_limit = CONNECTIONS_MAX,
    .instances_by_main = false,
    .open = select_model_open,
    .run = select_model_run,
    .close = select_model_close,
};
