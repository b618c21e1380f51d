/* wsapoll.c - poll of Winsock: the program keeps the set of sockets and passes all of it to the
 * kernel at every wait. Invariant: rows 2 to count-1 of `polled` and `conns` belong together,
 * without gaps.
 *
 * System calls per echo in steady state: WSAPoll / (ready connections per wait) + recv + send. The
 * cost of WSAPoll itself grows with the number of connections: it looks at every row.
 *
 * Differences from poll: the events are POLLRDNORM and POLLWRNORM, because POLLIN and POLLPRI
 * include others, some of which make the call fail. The listener has the first row. While it is
 * paused the wait begins after that row, so no row is without a socket. */
#include "servers/conn.h"

#include <errno.h>
#include <stdlib.h>

#define ROW_LISTENER 0
#define ROW_STOP 1
#define ROWS_OWN 2   /* rows that are no connections */
#define ROWS_MIN 256 /* table size at the start; doubled when full */

/* One instance. */
struct wsapoll_server {
    struct conn_set set; /* its connections */
    WSAPOLLFD *polled;   /* the argument of WSAPoll */
    struct conn **conns; /* the connection of each row; NULL for listener and stop */
    size_t count;        /* rows in use */
    size_t capacity;     /* rows allocated */
};

/* Makes room for one more row. Returns false if there is no memory. */
static bool grow(struct wsapoll_server *s) {
    if (s->count < s->capacity) return true;
    size_t capacity = s->capacity ? s->capacity * 2 : ROWS_MIN;
    WSAPOLLFD *polled = realloc(s->polled, capacity * sizeof *polled);
    if (polled) s->polled = polled;
    struct conn **conns = realloc(s->conns, capacity * sizeof *conns);
    if (conns) s->conns = conns;
    if (!polled || !conns) return false;
    s->capacity = capacity;
    return true;
}

static void add_row(struct wsapoll_server *s, os_socket socket, struct conn *c) {
    s->polled[s->count] = (WSAPOLLFD){.fd = socket, .events = POLLRDNORM};
    s->conns[s->count] = c;
    if (c) c->slot = s->count;
    s->count++;
}

/* Closes a connection and puts the last row into its place. */
static void remove_row(struct wsapoll_server *s, struct conn *c) {
    size_t slot = c->slot, last = --s->count;
    s->polled[slot] = s->polled[last];
    s->conns[slot] = s->conns[last];
    s->conns[slot]->slot = slot;
    conn_close(&s->set, c);
}

static void wsapoll_close(void *state) {
    struct wsapoll_server *s = state;
    conn_set_close(&s->set);
    free(s->polled);
    free(s->conns);
    free(s);
}

static int wsapoll_open(const struct server_config *config, os_socket listener, void **state) {
    struct wsapoll_server *s = calloc(1, sizeof *s);
    if (!s) return ENOMEM;
    if (conn_set_open(&s->set, config, listener) != 0 || !grow(s)) {
        wsapoll_close(s);
        return ENOMEM;
    }
    *state = s;
    return 0;
}

static void accept_some(struct wsapoll_server *s) {
    for (int i = 0; i < CONN_ACCEPTS_PER_TURN; i++) {
        struct conn *c = conn_accept(&s->set);
        if (!c) break;
        if (grow(s))
            add_row(s, c->socket, c);
        else
            conn_refuse(&s->set, c);
    }
}

static void serve(struct wsapoll_server *s, struct conn *c) {
    enum conn_outcome outcome = c->pending_start < c->pending_end ? conn_send_pending(&s->set, c)
                                                                  : conn_receive(&s->set, c);
    if (outcome == CONN_ENDED)
        remove_row(s, c);
    else
        s->polled[c->slot].events = outcome == CONN_BLOCKED ? POLLWRNORM : POLLRDNORM;
}

/* Serves the `n` rows that are ready. It goes from the last to the first, so that the row that
 * replaces a closed one has been served already. New rows are added at the end. */
static void handle(struct wsapoll_server *s, int n) {
    for (size_t row = s->count; row > ROWS_OWN && n > 0; row--) {
        if (!s->polled[row - 1].revents) continue;
        n--;
        serve(s, s->conns[row - 1]);
    }
    if (s->polled[ROW_LISTENER].revents) accept_some(s);
}

static int wsapoll_run(void *state, os_socket stop, struct server_stats *stats) {
    struct wsapoll_server *s = state;
    s->set.stats = stats;
    add_row(s, s->set.listener, NULL);
    add_row(s, stop, NULL);
    int error = 0;
    while (!error && !s->polled[ROW_STOP].revents) {
        conn_accept_resumes(&s->set);
        s->polled[ROW_LISTENER].revents = 0; /* the wait may skip this row */
        size_t first = s->set.accepting ? ROW_LISTENER : ROW_STOP;
        int n = WSAPoll(s->polled + first, (ULONG)(s->count - first), conn_wait_ms(&s->set));
        if (n < 0) error = WSAGetLastError();
        if (n < 0) continue;
        stats->waits++;
        stats->events += (uint64_t)n;
        handle(s, n);
    }
    conn_close_all(&s->set);
    return error;
}

const struct io_model io_model_self = {
    .name = "wsapoll",
    .summary = "WSAPoll: the program hands over all sockets at every wait",
    .initiation = IO_NONBLOCKING,
    .notification = IO_READINESS,
    .instances_by_main = false,
    .open = wsapoll_open,
    .run = wsapoll_run,
    .close = wsapoll_close,
};
