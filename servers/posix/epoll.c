/* epoll.c - the kernel keeps the set of sockets and reports which of them are ready (Linux 2.6).
 * Invariant: there is at most one event per connection at a time. So after a connection is closed
 * while its event is handled, no other event names it.
 *
 * System calls per echo in steady state: epoll_wait / (ready connections per wait) + recv + send.
 * With trigger=level the next wait looks at each of these connections once more and finds it not
 * ready. epoll_ctl is called when a connection is accepted, and with trigger=level when a send
 * blocks and when it can go on; never per message. */
#include "servers/conn.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

/* Receives in a row for one connection before the others get their turn (edge). */
#define EDGE_RECEIVES_PER_TURN 16

enum { OPTION_TRIGGER, OPTION_EVENTS };

static const struct model_option options[] = {
    {"trigger", "edge|level", 0, 0, 0,
     "edge: reported once when a socket becomes ready; level: reported while it is ready"},
    {"events", NULL, 512, 1, 4096, "most events that one epoll_wait returns"},
    {.name = NULL}};

/* One instance. */
struct epoll_server {
    struct conn_set set;        /* its connections */
    int epoll;                  /* the kernel's set of sockets */
    struct epoll_event *events; /* what one wait returns */
    int events_max;
    bool edge;               /* trigger=edge */
    struct conn *work_first; /* edge: connections that may be ready, in order */
    struct conn *work_last;  /* edge: the last of them */
};

static int watch(struct epoll_server *s, int operation, int fd, uint32_t events, void *tag) {
    struct epoll_event event = {.events = events, .data.ptr = tag};
    return epoll_ctl(s->epoll, operation, fd, &event) == 0 ? 0 : errno;
}

static int epoll_model_open(const struct server_config *config, os_socket listener, void **state) {
    struct epoll_server *s = calloc(1, sizeof *s);
    if (!s) return ENOMEM;
    int error = ENOMEM;
    s->edge = config->options[OPTION_TRIGGER] == 0;
    s->events_max = (int)config->options[OPTION_EVENTS];
    s->epoll = -1;
    s->events = calloc((size_t)s->events_max, sizeof *s->events);
    if (!s->events) goto fail;
    error = conn_set_open(&s->set, config, listener);
    if (error) goto fail;
    s->epoll = epoll_create1(EPOLL_CLOEXEC);
    error = s->epoll < 0 ? errno : watch(s, EPOLL_CTL_ADD, listener, EPOLLIN, &s->set);
    if (error) goto fail;
    *state = s;
    return 0;
fail:
    if (s->epoll >= 0) close(s->epoll);
    conn_set_close(&s->set);
    free(s->events);
    free(s);
    return error;
}

static void epoll_model_close(void *state) {
    struct epoll_server *s = state;
    close(s->epoll);
    conn_set_close(&s->set);
    free(s->events);
    free(s);
}

static void accept_some(struct epoll_server *s) {
    /* With edge both directions at once: one event more at the start, but no epoll_ctl later */
    uint32_t events = s->edge ? EPOLLIN | EPOLLPRI | EPOLLRDHUP | EPOLLOUT | EPOLLET : EPOLLIN;
    for (int i = 0; i < CONN_ACCEPTS_PER_TURN; i++) {
        struct conn *c = conn_accept(&s->set);
        if (!c) break;
        if (watch(s, EPOLL_CTL_ADD, c->socket, events, c) != 0) conn_refuse(&s->set, c);
    }
    if (!s->set.accepting) watch(s, EPOLL_CTL_DEL, s->set.listener, 0, NULL);
}

/* ---- trigger=level: one receive per event; bytes that are left are reported again ---- */

static void level_event(struct epoll_server *s, struct conn *c) {
    bool was_blocked = c->pending_start < c->pending_end;
    enum conn_outcome outcome =
        was_blocked ? conn_send_pending(&s->set, c) : conn_receive(&s->set, c);
    if (outcome == CONN_ENDED) {
        conn_close(&s->set, c);
        return;
    }
    bool is_blocked = outcome == CONN_BLOCKED;
    if (is_blocked != was_blocked &&
        watch(s, EPOLL_CTL_MOD, c->socket, is_blocked ? EPOLLOUT : EPOLLIN, c) != 0)
        conn_refuse(&s->set, c);
}

/* ---- trigger=edge: after an event a connection is in the queue until it is known not to be ready.
 * A receive that did not fill its buffer has emptied the socket, and later bytes are reported anew.
 * There are two exceptions. An end of input that came with those bytes was reported with them. And
 * urgent data (tcp(7)) stop a receive although more bytes are there ---- */

static void edge_queue(struct epoll_server *s, struct conn *c) {
    if (c->queued) return;
    c->queued = true;
    c->next_work = NULL;
    if (s->work_first)
        s->work_last->next_work = c;
    else
        s->work_first = c;
    s->work_last = c;
}

static void edge_event(struct epoll_server *s, struct conn *c, uint32_t events) {
    if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) c->hung_up = true;
    if (events & EPOLLPRI) c->urgent = true;
    edge_queue(s, c);
}

/* Sends until everything is sent or there is no room at all: only then is a new edge certain. */
static enum conn_outcome edge_send(struct epoll_server *s, struct conn *c) {
    for (;;) {
        size_t start = c->pending_start;
        enum conn_outcome outcome = conn_send_pending(&s->set, c);
        if (outcome != CONN_BLOCKED || c->pending_start == start) return outcome;
    }
}

static void edge_serve(struct epoll_server *s, struct conn *c) {
    enum conn_outcome outcome = c->pending_start < c->pending_end ? CONN_BLOCKED : CONN_ECHOED;
    for (int i = 0; i < EDGE_RECEIVES_PER_TURN; i++) {
        if (outcome == CONN_ECHOED) outcome = conn_receive(&s->set, c);
        if (outcome == CONN_BLOCKED) outcome = edge_send(s, c);
        if (outcome == CONN_SHORT && (c->hung_up || c->urgent)) outcome = CONN_ECHOED;
        if (outcome != CONN_ECHOED) break;
    }
    if (outcome == CONN_ENDED)
        conn_close(&s->set, c);
    else if (outcome == CONN_ECHOED)
        edge_queue(s, c); /* not empty, and no new edge will come */
}

/* Serves each connection that is in the queue now once. */
static void edge_serve_queue(struct epoll_server *s) {
    struct conn *c = s->work_first;
    s->work_first = s->work_last = NULL;
    while (c) {
        struct conn *next = c->next_work;
        c->queued = false;
        edge_serve(s, c);
        c = next;
    }
}

/* Handles what one wait returned. Returns whether to stop. */
static bool handle(struct epoll_server *s, int n) {
    bool stop = false, accept = false;
    for (int i = 0; i < n; i++) {
        void *tag = s->events[i].data.ptr;
        if (!tag)
            stop = true;
        else if (tag == &s->set)
            accept = true;
        else if (s->edge)
            edge_event(s, tag, s->events[i].events);
        else
            level_event(s, tag);
    }
    edge_serve_queue(s);
    if (accept) accept_some(s);
    return stop;
}

static int epoll_model_run(void *state, os_socket stop, struct server_stats *stats) {
    struct epoll_server *s = state;
    s->set.stats = stats;
    int error = watch(s, EPOLL_CTL_ADD, stop, EPOLLIN, NULL);
    bool stopped = false;
    while (!error && !stopped) {
        int n = epoll_wait(s->epoll, s->events, s->events_max,
                           s->work_first ? 0 : conn_wait_ms(&s->set));
        if (n < 0 && errno != EINTR) error = errno;
        if (n < 0) continue;
        stats->waits++;
        stats->events += (uint64_t)n;
        stopped = handle(s, n);
        if (conn_accept_resumes(&s->set))
            error = watch(s, EPOLL_CTL_ADD, s->set.listener, EPOLLIN, &s->set);
    }
    conn_close_all(&s->set);
    return error;
}

const struct io_model io_model_self = {
    .name = "epoll",
    .summary = "epoll: the kernel keeps the set and tells what is ready",
    .initiation = IO_NONBLOCKING,
    .notification = IO_READINESS,
    .options = options,
    .instances_by_main = true,
    .open = epoll_model_open,
    .run = epoll_model_run,
    .close = epoll_model_close,
};
